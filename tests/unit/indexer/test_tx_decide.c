/* Every decision about a transaction, one row for each: what is written of it, what the nodes say, and what follows.
 * Static data.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "indexer/tx_decide.h"

/* Seconds of the settings, and times: it was accepted at 1000. */
enum { GRACE_S = 2, RESEND_S = 60, DROP_AFTER_S = 600, T = 1000 };

#define ROW(state_, ...) .row = {.state = KEPT_TX_##state_, .created_at = T, .updated_at = T, ##__VA_ARGS__}
#define FACTS(now, ...) \
    .facts = {.now_s = (now), .grace_s = GRACE_S, .resend_s = RESEND_S, .drop_after_s = DROP_AFTER_S, ##__VA_ARGS__}
#define FREE .nonce = TX_NONCE_FREE
#define PAST .nonce = TX_NONCE_PAST
#define MOST .agreed = TX_AGREED
#define WAITS .expected = {.act = TX_WAIT}
#define ASKS(act_) .expected = {.act = TX_##act_}
#define MOVES(to_, step_, ...) .expected = {.act = TX_MOVE, .to = KEPT_TX_##to_, .step = (step_), ##__VA_ARGS__}

struct example {
    const char *name;
    struct kept_tx row;
    struct tx_facts facts;
    struct tx_decision expected;
};

static const struct example accepted[] = {
    {"whoever has accepted it is sending it", ROW(ACCEPTED), FACTS(T + 1, FREE), WAITS},
    {"nobody has sent it", ROW(ACCEPTED), FACTS(T + 2, FREE), ASKS(ASK_KNOWN)},
    {"its sender's nonce is not known", ROW(ACCEPTED), FACTS(T + 50), WAITS},
    {"it was sent, but not noted", ROW(ACCEPTED), FACTS(T + 2, FREE, .known = TX_KNOWN_TO_SOME),
     MOVES(PENDING, "pending")},
    {"no node has it", ROW(ACCEPTED), FACTS(T + 2, FREE, .known = TX_KNOWN_TO_NONE), ASKS(SEND)},
    {"nodes do not say whether they have it", ROW(ACCEPTED), FACTS(T + 2, FREE, .known = TX_KNOWN_UNCLEAR), ASKS(SEND)},
    {"taken", ROW(ACCEPTED), FACTS(T + 2, FREE, .sent = true, .verdict = TX_TAKEN),
     MOVES(PENDING, "pending", .sent = true)},
    {"sent, who knows where it got to", ROW(ACCEPTED), FACTS(T + 2, FREE, .sent = true, .verdict = TX_UNCERTAIN),
     MOVES(ACCEPTED, "sent", .sent = true)},
    {"a node that is ahead", ROW(ACCEPTED), FACTS(T + 2, FREE, .sent = true, .verdict = TX_NONCE_USED),
     MOVES(ACCEPTED, "sent", .sent = true)},
    {"refused, but who accepted it may have sent it", ROW(ACCEPTED),
     FACTS(T + 2, FREE, .sent = true, .verdict = TX_NO_FUNDS),
     MOVES(DROPPED, "dropped", .reason = "insufficient_funds", .sent = true)},
    {"the clock was set back by less than anybody would notice", ROW(ACCEPTED), FACTS(T - 2, FREE), WAITS},
    {"the clock was set back", ROW(ACCEPTED), FACTS(T - 3, FREE), ASKS(ASK_KNOWN)},
    {"the clock was set back after it was sent", ROW(ACCEPTED, .sent_at = T + 2), FACTS(T - 4, FREE), ASKS(ASK_KNOWN)},
    {"sent a moment ago", ROW(ACCEPTED, .sent_at = T + 2), FACTS(T + 6, FREE), WAITS},
    {"sent before", ROW(ACCEPTED, .sent_at = T + 2), FACTS(T + 7, FREE), ASKS(ASK_KNOWN)},
    {"unsure again", ROW(ACCEPTED, .sent_at = T + 2), FACTS(T + 7, FREE, .sent = true, .verdict = TX_UNCERTAIN),
     MOVES(ACCEPTED, NULL, .sent = true)},
    {"unsure for long enough", ROW(ACCEPTED, .sent_at = T + 2),
     FACTS(T + 700, FREE, .sent = true, .verdict = TX_UNCERTAIN, .missing_s = DROP_AFTER_S),
     MOVES(DROPPED, "dropped", .sent = true)},
    {"refused, but a silent node may have it", ROW(ACCEPTED, .sent_at = T + 2),
     FACTS(T + 7, FREE, .sent = true, .verdict = TX_UNDERPRICED),
     MOVES(DROPPED, "dropped", .reason = "replacement_underpriced", .sent = true)},
    {"mined before anybody looked", ROW(ACCEPTED), FACTS(T + 1, PAST, .mined = TX_MINED_SUCCEEDED, MOST),
     MOVES(CONFIRMED, "confirmed")},
};

static const struct example pending[] = {
    {"asked about not long ago", ROW(PENDING, .sent_at = T), FACTS(T + 59, FREE), WAITS},
    {"its sender's nonce is not known", ROW(PENDING, .sent_at = T), FACTS(T + 999), WAITS},
    {"do nodes still have it", ROW(PENDING, .sent_at = T), FACTS(T + 60, FREE), ASKS(ASK_KNOWN)},
    {"looked a moment ago", ROW(PENDING, .sent_at = T), FACTS(T + 90, FREE, .looked = true, .looked_ago_s = 30), WAITS},
    {"they do", ROW(PENDING, .sent_at = T), FACTS(T + 60, FREE, .known = TX_KNOWN_TO_SOME), WAITS},
    {"they have it in a block, and count its nonce wrong", ROW(PENDING, .sent_at = T),
     FACTS(T + 60, FREE, .known = TX_KNOWN_IN_BLOCK), ASKS(ASK_RECEIPT)},
    {"in a block that is canonical", ROW(PENDING, .sent_at = T),
     FACTS(T + 60, FREE, .known = TX_KNOWN_IN_BLOCK, .mined = TX_MINED_SUCCEEDED), ASKS(ASK_AGREED)},
    {"in a block that is canonical, most say", ROW(PENDING, .sent_at = T),
     FACTS(T + 60, FREE, .known = TX_KNOWN_IN_BLOCK, .mined = TX_MINED_SUCCEEDED, MOST), MOVES(CONFIRMED, "confirmed")},
    {"in a block, which most deny", ROW(PENDING, .sent_at = T),
     FACTS(T + 60, FREE, .known = TX_KNOWN_IN_BLOCK, .mined = TX_MINED_SUCCEEDED, .agreed = TX_AGREED_NOT), WAITS},
    {"the clock was set back", ROW(PENDING, .sent_at = T), FACTS(T - 61, FREE), ASKS(ASK_KNOWN)},
    {"in a block without its receipt", ROW(PENDING, .sent_at = T),
     FACTS(T + 60, FREE, .known = TX_KNOWN_IN_BLOCK, .mined = TX_MINED_NOWHERE), WAITS},
    {"they do not say", ROW(PENDING, .sent_at = T), FACTS(T + 60, FREE, .known = TX_KNOWN_UNCLEAR), WAITS},
    {"they do not", ROW(PENDING, .sent_at = T), FACTS(T + 60, FREE, .known = TX_KNOWN_TO_NONE), ASKS(SEND)},
    {"they take it again", ROW(PENDING, .sent_at = T),
     FACTS(T + 60, FREE, .known = TX_KNOWN_TO_NONE, .sent = true, .verdict = TX_TAKEN),
     MOVES(PENDING, "resent", .sent = true)},
    {"they do not take it now", ROW(PENDING, .sent_at = T),
     FACTS(T + 60, FREE, .known = TX_KNOWN_TO_NONE, .sent = true, .verdict = TX_FEE_TOO_LOW),
     MOVES(PENDING, NULL, .sent = true)},
    {"they have taken and lost it for long enough", ROW(PENDING, .sent_at = T + 600),
     FACTS(T + 660, FREE, .known = TX_KNOWN_TO_NONE, .missing_s = DROP_AFTER_S), MOVES(DROPPED, "dropped")},
    {"they have not taken it for long enough", ROW(PENDING, .sent_at = T + 600),
     FACTS(T + 660, FREE, .known = TX_KNOWN_TO_NONE, .missing_s = DROP_AFTER_S, .verdict = TX_FEE_TOO_LOW),
     MOVES(DROPPED, "dropped", .reason = "fee_too_low")},
    {"its nonce is past", ROW(PENDING, .sent_at = T), FACTS(T + 1, PAST), ASKS(ASK_RECEIPT)},
    {"by a receipt of a fork, or none", ROW(PENDING, .sent_at = T), FACTS(T + 1, PAST, .mined = TX_MINED_UNCLEAR),
     WAITS},
    {"mined", ROW(PENDING, .sent_at = T), FACTS(T + 1, PAST, .mined = TX_MINED_SUCCEEDED, MOST),
     MOVES(CONFIRMED, "confirmed")},
    {"mined, says one node", ROW(PENDING, .sent_at = T), FACTS(T + 1, PAST, .mined = TX_MINED_SUCCEEDED),
     ASKS(ASK_AGREED)},
    {"mined, and the others do not say", ROW(PENDING, .sent_at = T),
     FACTS(T + 1, PAST, .mined = TX_MINED_SUCCEEDED, .agreed = TX_AGREED_UNCLEAR), WAITS},
    {"mined, which most deny: who has used its nonce", ROW(PENDING, .sent_at = T),
     FACTS(T + 1, PAST, .mined = TX_MINED_SUCCEEDED, .agreed = TX_AGREED_NOT), ASKS(ASK_USER)},
    {"failed, says one node", ROW(PENDING, .sent_at = T), FACTS(T + 1, PAST, .mined = TX_MINED_FAILED),
     ASKS(ASK_AGREED)},
    {"failed: why", ROW(PENDING, .sent_at = T), FACTS(T + 1, PAST, .mined = TX_MINED_FAILED, MOST), ASKS(ASK_REPLAY)},
    {"failed", ROW(PENDING, .sent_at = T), FACTS(T + 1, PAST, .mined = TX_MINED_FAILED, .replayed = true, MOST),
     MOVES(REVERTED, "reverted")},
    {"without a receipt: who has used its nonce", ROW(PENDING, .sent_at = T),
     FACTS(T + 1, PAST, .mined = TX_MINED_NOWHERE), ASKS(ASK_USER)},
    {"itself: the receipt is on its way", ROW(PENDING, .sent_at = T),
     FACTS(T + 99, PAST, .mined = TX_MINED_NOWHERE, .user = TX_USER_ITSELF, .past_s = 99), WAITS},
    {"another: do most say that the nonce is past", ROW(PENDING, .sent_at = T),
     FACTS(T + 1, PAST, .mined = TX_MINED_NOWHERE, .user = TX_USER_OTHER), ASKS(ASK_PAST)},
    {"another, says one node alone", ROW(PENDING, .sent_at = T),
     FACTS(T + 1, PAST, .mined = TX_MINED_NOWHERE, .user = TX_USER_OTHER, .past = TX_AGREED_NOT), WAITS},
    {"another", ROW(PENDING, .sent_at = T),
     FACTS(T + 1, PAST, .mined = TX_MINED_NOWHERE, .user = TX_USER_OTHER, .past = TX_AGREED),
     MOVES(REPLACED, "replaced")},
    {"another, whatever one node shows", ROW(PENDING, .sent_at = T),
     FACTS(T + 1, PAST, .mined = TX_MINED_FAILED, .agreed = TX_AGREED_NOT, .user = TX_USER_OTHER, .past = TX_AGREED),
     MOVES(REPLACED, "replaced")},
    {"nobody knows, yet", ROW(PENDING, .sent_at = T),
     FACTS(T + 29, PAST, .mined = TX_MINED_NOWHERE, .user = TX_USER_UNCLEAR, .past_s = 29), WAITS},
    {"nobody will ever know", ROW(PENDING, .sent_at = T),
     FACTS(T + 30, PAST, .mined = TX_MINED_NOWHERE, .user = TX_USER_UNCLEAR, .past_s = 30), ASKS(ASK_PAST)},
    {"and only one node says that the nonce is past", ROW(PENDING, .sent_at = T),
     FACTS(T + 30, PAST, .mined = TX_MINED_NOWHERE, .user = TX_USER_UNCLEAR, .past_s = 30, .past = TX_AGREED_NOT),
     WAITS},
    {"and nobody can tell", ROW(PENDING, .sent_at = T),
     FACTS(T + 30, PAST, .mined = TX_MINED_NOWHERE, .user = TX_USER_UNCLEAR, .past_s = 30, .past = TX_AGREED_UNCLEAR),
     WAITS},
    {"but the nonce is past, say most", ROW(PENDING, .sent_at = T),
     FACTS(T + 30, PAST, .mined = TX_MINED_NOWHERE, .user = TX_USER_UNCLEAR, .past_s = 30, .past = TX_AGREED),
     MOVES(REPLACED, "replaced")},
};

static const struct example mined[] = {
    {"in the chain", ROW(CONFIRMED), FACTS(T + 9, .place = TX_PLACE_CANONICAL), WAITS},
    {"who knows", ROW(CONFIRMED), FACTS(T + 9, FREE, .place = TX_PLACE_UNCLEAR), WAITS},
    {"taken back", ROW(CONFIRMED), FACTS(T + 9, .place = TX_PLACE_ORPHANED), MOVES(PENDING, "reorged")},
    {"final: do most say so", ROW(CONFIRMED), FACTS(T + 9, .place = TX_PLACE_FINAL), ASKS(ASK_AGREED)},
    {"nobody can tell", ROW(CONFIRMED), FACTS(T + 9, .place = TX_PLACE_FINAL, .agreed = TX_AGREED_UNCLEAR), WAITS},
    {"one node made it up", ROW(CONFIRMED), FACTS(T + 9, .place = TX_PLACE_FINAL, .agreed = TX_AGREED_NOT),
     MOVES(PENDING, "reorged")},
    {"final", ROW(CONFIRMED), FACTS(T + 9, .place = TX_PLACE_FINAL, .agreed = TX_AGREED),
     MOVES(CONFIRMED, "final", .final = true)},
    {"failed, in the chain", ROW(REVERTED), FACTS(T + 9, .place = TX_PLACE_CANONICAL), WAITS},
    {"failed, taken back", ROW(REVERTED), FACTS(T + 9, .place = TX_PLACE_ORPHANED), MOVES(PENDING, "reorged")},
    {"failed, final", ROW(REVERTED), FACTS(T + 9, .place = TX_PLACE_FINAL, .agreed = TX_AGREED),
     MOVES(REVERTED, "final", .final = true)},
};

#define LOOKED(ago_s) .looked = true, .looked_ago_s = (ago_s)
#define AT_FINAL .nonce_at_final = TX_NONCE_PAST

static const struct example replaced[] = {
    {"never looked at", ROW(REPLACED), FACTS(T, PAST), ASKS(ASK_RECEIPT)},
    {"looked at a moment ago", ROW(REPLACED), FACTS(T + 29, PAST, LOOKED(29)), WAITS},
    {"looked at a while ago", ROW(REPLACED), FACTS(T + 30, PAST, LOOKED(30)), ASKS(ASK_RECEIPT)},
    {"after a reorg", ROW(REPLACED), FACTS(T + 1, PAST, LOOKED(1), .reorged = true), ASKS(ASK_RECEIPT)},
    {"its nonce is not known", ROW(REPLACED), FACTS(T + 99), WAITS},
    {"the other one is gone, says one node", ROW(REPLACED), FACTS(T + 1, FREE, LOOKED(1)), ASKS(ASK_PAST)},
    {"which is not so", ROW(REPLACED), FACTS(T + 1, FREE, LOOKED(1), .past = TX_AGREED), WAITS},
    {"which nobody can tell", ROW(REPLACED), FACTS(T + 1, FREE, LOOKED(1), .past = TX_AGREED_UNCLEAR), WAITS},
    {"the other one is gone", ROW(REPLACED), FACTS(T + 1, FREE, LOOKED(1), .past = TX_AGREED_NOT),
     MOVES(PENDING, "reorged")},
    {"nodes that lag", ROW(REPLACED), FACTS(T + 1, FREE, LOOKED(1), .head_is_behind = true, .past = TX_AGREED_NOT),
     WAITS},
    {"in the chain after all, says one node", ROW(REPLACED),
     FACTS(T + 30, PAST, LOOKED(30), .mined = TX_MINED_SUCCEEDED), ASKS(ASK_AGREED)},
    {"which nobody can tell, so it does not end", ROW(REPLACED),
     FACTS(T + 30, PAST, LOOKED(30), .mined = TX_MINED_SUCCEEDED, AT_FINAL, .agreed = TX_AGREED_UNCLEAR), WAITS},
    {"in the chain after all", ROW(REPLACED), FACTS(T + 30, PAST, LOOKED(30), .mined = TX_MINED_SUCCEEDED, MOST),
     MOVES(PENDING, "reorged")},
    {"failed after all", ROW(REPLACED), FACTS(T + 30, PAST, LOOKED(30), .mined = TX_MINED_FAILED, MOST),
     MOVES(PENDING, "reorged")},
    {"still replaced", ROW(REPLACED),
     FACTS(T + 30, PAST, LOOKED(30), .nonce_at_final = TX_NONCE_FREE, .mined = TX_MINED_NOWHERE), WAITS},
    {"final: a last look", ROW(REPLACED), FACTS(T + 1, PAST, LOOKED(1), AT_FINAL), ASKS(ASK_RECEIPT)},
    {"final, if they answer", ROW(REPLACED), FACTS(T + 1, PAST, LOOKED(1), AT_FINAL, .mined = TX_MINED_UNCLEAR), WAITS},
    {"final, says one node", ROW(REPLACED), FACTS(T + 1, PAST, LOOKED(1), AT_FINAL, .mined = TX_MINED_NOWHERE),
     ASKS(ASK_PAST)},
    {"final, says one node alone", ROW(REPLACED),
     FACTS(T + 1, PAST, LOOKED(1), AT_FINAL, .mined = TX_MINED_NOWHERE, .past = TX_AGREED_NOT), WAITS},
    {"final", ROW(REPLACED), FACTS(T + 1, PAST, LOOKED(1), AT_FINAL, .mined = TX_MINED_NOWHERE, .past = TX_AGREED),
     MOVES(REPLACED, "final", .final = true)},
    {"final, whatever one node shows", ROW(REPLACED),
     FACTS(T + 1, PAST, LOOKED(1), AT_FINAL, .mined = TX_MINED_SUCCEEDED, .agreed = TX_AGREED_NOT, .past = TX_AGREED),
     MOVES(REPLACED, "final", .final = true)},
};

#define USED .mined = TX_MINED_NOWHERE, .user = TX_USER_OTHER, .past = TX_AGREED

static const struct example given_up[] = {
    {"dropped", ROW(DROPPED), FACTS(T + 9999, FREE), WAITS},
    {"dropped, and its nonce is past", ROW(DROPPED), FACTS(T + 9999, PAST), ASKS(ASK_RECEIPT)},
    {"dropped, and mined all the same", ROW(DROPPED), FACTS(T + 9999, PAST, .mined = TX_MINED_SUCCEEDED, MOST),
     MOVES(CONFIRMED, "confirmed")},
    {"dropped, and replaced", ROW(DROPPED), FACTS(T + 9999, PAST, USED), MOVES(REPLACED, "replaced")},
    {"refused", ROW(REFUSED), FACTS(T + 599, FREE), WAITS},
    {"refused, and who knows", ROW(REFUSED), FACTS(T + 9999), WAITS},
    {"refused for long enough", ROW(REFUSED), FACTS(T + 600, FREE), MOVES(REFUSED, NULL, .final = true)},
    {"refused, and its nonce is past", ROW(REFUSED), FACTS(T + 9999, PAST), ASKS(ASK_RECEIPT)},
    {"refused, and mined all the same", ROW(REFUSED), FACTS(T + 9999, PAST, .mined = TX_MINED_SUCCEEDED, MOST),
     MOVES(CONFIRMED, "confirmed")},
    {"refused, and mined, which nobody else can tell", ROW(REFUSED),
     FACTS(T + 9999, PAST, .mined = TX_MINED_SUCCEEDED, .agreed = TX_AGREED_UNCLEAR), WAITS},
    {"refused, and replaced", ROW(REFUSED), FACTS(T + 1, PAST, USED), MOVES(REFUSED, NULL, .final = true)},
};

static void check_text(const char *name, const char *text, const char *expected) {
    if (expected == NULL ? text == NULL : text != NULL && strcmp(text, expected) == 0) return;
    fail_msg("%s: %s instead of %s", name, text == NULL ? "nothing" : text, expected == NULL ? "nothing" : expected);
}

static void check_all(const struct example *examples, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const struct example *example = &examples[i];
        const struct tx_decision *expected = &example->expected;
        struct tx_decision decision = tx_decide(&example->row, &example->facts);
        if (decision.act != expected->act || decision.to != expected->to || decision.final != expected->final ||
            decision.sent != expected->sent) {
            fail_msg("%s: act %u to %u, final %d, sent %d", example->name, (unsigned)decision.act,
                     (unsigned)decision.to, decision.final, decision.sent);
        }
        check_text(example->name, decision.step, expected->step);
        check_text(example->name, decision.reason, expected->reason);
    }
}

#define CHECK_ALL(examples) check_all(examples, sizeof(examples) / sizeof *(examples))

static void test_accepted(void **state) {
    (void)state;
    CHECK_ALL(accepted);
}

static void test_pending(void **state) {
    (void)state;
    CHECK_ALL(pending);
}

static void test_mined(void **state) {
    (void)state;
    CHECK_ALL(mined);
}

static void test_replaced(void **state) {
    (void)state;
    CHECK_ALL(replaced);
}

static void test_given_up(void **state) {
    (void)state;
    CHECK_ALL(given_up);
}

/* Whatever the facts are: a decision is made, and no question is asked that has been answered. The function itself
 * asserts that each move is legal. */
static void test_every_combination(void **state) {
    (void)state;
    unsigned moves = 0;
    for (unsigned bits = 0; bits < 1U << 23; bits += 7) {
        const struct kept_tx row = {.state = (enum kept_tx_state)((bits & 7) % KEPT_TX_STATE_COUNT),
                                    .created_at = T,
                                    .updated_at = T,
                                    .sent_at = bits >> 3 & 1 ? T : 0};
        const struct tx_facts facts = {.now_s = T + (bits >> 4 & 1 ? 9999 : 1),
                                       .resend_s = RESEND_S,
                                       .drop_after_s = DROP_AFTER_S,
                                       .head_is_behind = bits >> 5 & 1,
                                       .place = (enum tx_place)(bits >> 6 & 3),
                                       .agreed = (enum tx_agreed)(bits >> 21 & 3),
                                       .nonce = (enum tx_nonce)((bits >> 8 & 3) % 3),
                                       .nonce_at_final = (enum tx_nonce)((bits >> 10 & 3) % 3),
                                       .mined = (enum tx_mined)((bits >> 12 & 7) % 5),
                                       .replayed = bits >> 15 & 1,
                                       .past = (enum tx_agreed)(bits >> 18 & 3),
                                       .looked = bits >> 19 & 1,
                                       .user = (enum tx_user)(bits >> 16 & 3),
                                       .known = (enum tx_known)((bits >> 16 & 7) % TX_KNOWN_COUNT),
                                       .sent = bits >> 20 & 1,
                                       .verdict = (enum tx_verdict)((bits >> 20 & 7) % TX_VERDICT_COUNT)};
        struct tx_decision decision = tx_decide(&row, &facts);
        assert_true(decision.act < TX_ACT_COUNT);
        assert_false(decision.act == TX_ASK_RECEIPT && facts.mined != TX_MINED_UNASKED);
        assert_false(decision.act == TX_ASK_REPLAY && facts.replayed);
        assert_false(decision.act == TX_ASK_USER && facts.user != TX_USER_UNASKED);
        assert_false(decision.act == TX_ASK_KNOWN && facts.known != TX_KNOWN_UNASKED);
        assert_false(decision.act == TX_ASK_AGREED && facts.agreed != TX_AGREED_UNASKED);
        assert_false(decision.act == TX_ASK_PAST && facts.past != TX_AGREED_UNASKED);
        assert_false(decision.act == TX_SEND && facts.sent);
        assert_false(decision.act == TX_SEND && row.state != KEPT_TX_ACCEPTED && row.state != KEPT_TX_PENDING);
        if (decision.act != TX_MOVE) continue;
        moves++;
        assert_true(tx_may_move(row.state, decision.to));
        /* nothing is said to be in a block, out of one, or final on one node's word */
        const bool in_block = decision.to == KEPT_TX_CONFIRMED || decision.to == KEPT_TX_REVERTED;
        const bool final = decision.final && row.state != KEPT_TX_REFUSED;
        if (in_block) assert_int_equal(facts.agreed, TX_AGREED);
        if (decision.to == KEPT_TX_REPLACED) assert_int_equal(facts.past, TX_AGREED);
        if (final) assert_true(facts.agreed == TX_AGREED || facts.past == TX_AGREED);
        assert_true(decision.reason == NULL || decision.to == KEPT_TX_DROPPED || decision.to == KEPT_TX_REFUSED);
    }
    assert_true(moves > 1000);
}

/* What a final state is left for, or which state is skipped, no decision may say. */
static void test_edges(void **state) {
    (void)state;
    static const char *const edges[KEPT_TX_STATE_COUNT] = {
        /* to: accepted pending confirmed reverted replaced dropped refused */
        [KEPT_TX_ACCEPTED] = "1111111", [KEPT_TX_PENDING] = "0111110",  [KEPT_TX_CONFIRMED] = "0110000",
        [KEPT_TX_REVERTED] = "0101000", [KEPT_TX_REPLACED] = "0100100", [KEPT_TX_DROPPED] = "0011100",
        [KEPT_TX_REFUSED] = "0011001",
    };
    for (unsigned from = 0; from < KEPT_TX_STATE_COUNT; from++) {
        for (unsigned to = 0; to < KEPT_TX_STATE_COUNT; to++) {
            assert_int_equal(tx_may_move((enum kept_tx_state)from, (enum kept_tx_state)to), edges[from][to] == '1');
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted), cmocka_unit_test(test_pending),  cmocka_unit_test(test_mined),
        cmocka_unit_test(test_replaced), cmocka_unit_test(test_given_up), cmocka_unit_test(test_every_combination),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
