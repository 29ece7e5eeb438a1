/* The lives of transactions, one function for each state that they can be in. Owns nothing.
 * Pure: on the caller's thread.
 * A question is asked only when the answers before it leave it open, since it costs the nodes something. */
#include "tx_decide.h"

#include <assert.h>

enum {
    SENDER_GRACE_S = 2,  /* whoever has accepted it sends it at once */
    UNSURE_AGAIN_S = 5,  /* until what may have been sent is looked for, and sent again */
    UNKNOWN_USER_S = 30, /* nodes take a while to have receipts of what they have in blocks */
    REPLACED_LOOK_S = 30 /* between looks at what was replaced, unless there was a reorg */
};

#define BIT(state) (1U << KEPT_TX_##state)
#define MINED (BIT(CONFIRMED) | BIT(REVERTED))

static const unsigned edges[KEPT_TX_STATE_COUNT] = {
    [KEPT_TX_ACCEPTED] = BIT(ACCEPTED) | BIT(PENDING) | MINED | BIT(REPLACED) | BIT(DROPPED) | BIT(REFUSED),
    [KEPT_TX_PENDING] = BIT(PENDING) | MINED | BIT(REPLACED) | BIT(DROPPED),
    [KEPT_TX_CONFIRMED] = BIT(CONFIRMED) | BIT(PENDING),
    [KEPT_TX_REVERTED] = BIT(REVERTED) | BIT(PENDING),
    [KEPT_TX_REPLACED] = BIT(REPLACED) | BIT(PENDING),
    [KEPT_TX_DROPPED] = MINED | BIT(REPLACED),
};

bool tx_may_move(enum kept_tx_state from, enum kept_tx_state to) {
    return (edges[from] >> to & 1U) != 0;
}

static const struct tx_decision wait = {.act = TX_WAIT};

static struct tx_decision ask(enum tx_act act) {
    return (struct tx_decision){.act = act};
}

static struct tx_decision enter(enum kept_tx_state to) {
    return (struct tx_decision){.act = TX_MOVE, .to = to, .step = kept_tx_state_name(to)};
}

/* It stays what it is. */
static struct tx_decision note(const struct kept_tx *row, const char *step, bool final) {
    return (struct tx_decision){.act = TX_MOVE, .to = row->state, .step = step, .final = final};
}

static struct tx_decision go_back(void) {
    return (struct tx_decision){.act = TX_MOVE, .to = KEPT_TX_PENDING, .step = "reorged"};
}

static struct tx_decision enter_block(const struct tx_facts *facts) {
    if (facts->doubted && facts->agreed == TX_AGREED_UNASKED) return ask(TX_ASK_AGREED);
    if (facts->doubted && facts->agreed != TX_AGREED) return wait;
    if (facts->mined == TX_MINED_SUCCEEDED) return enter(KEPT_TX_CONFIRMED);
    return facts->replayed ? enter(KEPT_TX_REVERTED) : ask(TX_ASK_REPLAY);
}

/* In a block it is, or never will be: its nonce is past; or a node has it there, while another one counts the nonces of
 * a chain that it does not know well. */
static struct tx_decision settle(const struct tx_facts *facts) {
    switch (facts->mined) {
    case TX_MINED_UNASKED:
        return ask(TX_ASK_RECEIPT);
    case TX_MINED_UNCLEAR:
        return wait;
    case TX_MINED_SUCCEEDED:
    case TX_MINED_FAILED:
        return enter_block(facts);
    case TX_MINED_NOWHERE:
        break;
    }
    if (facts->nonce != TX_NONCE_PAST) return wait;
    if (facts->user == TX_USER_UNASKED) return ask(TX_ASK_USER);
    if (facts->user == TX_USER_ITSELF) return wait;
    if (facts->user == TX_USER_OTHER) return enter(KEPT_TX_REPLACED);
    if (facts->past_s < UNKNOWN_USER_S) return wait;
    if (facts->agreed == TX_AGREED_UNASKED) return ask(TX_ASK_AGREED);
    return facts->agreed != TX_AGREED ? wait : enter(KEPT_TX_REPLACED);
}

/* Why nodes did not take it when it was last sent. NULL: they did, or said nothing. */
static const char *reason_of(const struct tx_facts *facts) {
    const enum err err = tx_verdict_info(facts->verdict)->err;
    return err == ERR_OK ? NULL : err_info(err)->code;
}

/* A nonce that is past shows at the head as well, soon. */
static bool is_refusal(enum tx_verdict verdict) {
    return verdict != TX_TAKEN && verdict != TX_UNCERTAIN && verdict != TX_NONCE_USED;
}

static struct tx_decision drop(const struct tx_facts *facts) {
    struct tx_decision decision = enter(KEPT_TX_DROPPED);
    decision.reason = reason_of(facts);
    return decision;
}

static bool is_given_up(const struct tx_facts *facts) {
    return facts->missing_s >= facts->drop_after_s;
}

static struct tx_decision after_sending(const struct kept_tx *row, const struct tx_facts *facts) {
    struct tx_decision decision;
    if (facts->verdict == TX_TAKEN) {
        decision = enter(KEPT_TX_PENDING);
    } else if (is_refusal(facts->verdict)) {
        /* what was sent before may be with a node that is silent now, and come back */
        decision = enter(row->sent_at == 0 ? KEPT_TX_REFUSED : KEPT_TX_DROPPED);
        decision.reason = reason_of(facts);
        decision.final = row->sent_at == 0;
    } else if (is_given_up(facts)) {
        decision = drop(facts);
    } else {
        decision = note(row, row->sent_at == 0 ? "sent" : NULL, false);
    }
    decision.sent = true;
    return decision;
}

static struct tx_decision decide_accepted(const struct kept_tx *row, const struct tx_facts *facts) {
    const uint64_t due_s = row->sent_at == 0 ? row->updated_at + SENDER_GRACE_S : row->sent_at + UNSURE_AGAIN_S;
    if (facts->nonce == TX_NONCE_PAST) return settle(facts);
    if (facts->sent) return after_sending(row, facts);
    if (facts->nonce == TX_NONCE_UNCLEAR || facts->now_s < due_s) return wait;
    if (facts->known == TX_KNOWN_UNASKED) return ask(TX_ASK_KNOWN);
    if (facts->known == TX_KNOWN_TO_SOME || facts->known == TX_KNOWN_IN_BLOCK) return enter(KEPT_TX_PENDING);
    return ask(TX_SEND);
}

/* No node has it any more: it is offered to them again and again, for some time. */
static struct tx_decision offer_again(const struct kept_tx *row, const struct tx_facts *facts) {
    if (is_given_up(facts)) return drop(facts);
    if (!facts->sent) return facts->now_s >= row->sent_at + facts->resend_s ? ask(TX_SEND) : wait;
    struct tx_decision decision = note(row, facts->verdict == TX_TAKEN ? "resent" : NULL, false);
    decision.sent = true;
    return decision;
}

static struct tx_decision decide_pending(const struct kept_tx *row, const struct tx_facts *facts) {
    const uint64_t last_s = row->sent_at > facts->looked_s ? row->sent_at : facts->looked_s;
    if (facts->nonce == TX_NONCE_PAST) return settle(facts);
    if (facts->nonce == TX_NONCE_UNCLEAR) return wait;
    if (facts->known == TX_KNOWN_UNASKED) return facts->now_s < last_s + facts->resend_s ? wait : ask(TX_ASK_KNOWN);
    if (facts->known == TX_KNOWN_IN_BLOCK) return settle(facts);
    return facts->known == TX_KNOWN_TO_NONE ? offer_again(row, facts) : wait;
}

static struct tx_decision decide_mined(const struct kept_tx *row, const struct tx_facts *facts) {
    if (facts->place == TX_PLACE_ORPHANED) return go_back();
    if (facts->place != TX_PLACE_FINAL) return wait;
    switch (facts->agreed) {
    case TX_AGREED_UNASKED:
        return ask(TX_ASK_AGREED);
    case TX_AGREED_UNCLEAR:
        return wait;
    case TX_AGREED:
        return note(row, "final", true);
    case TX_AGREED_NOT:
        break;
    }
    return go_back(); /* whoever told of it has made it up */
}

/* It is in the chain after all, or its nonce is free again, when what replaced it was taken back by a reorg. */
static struct tx_decision decide_replaced(const struct kept_tx *row, const struct tx_facts *facts) {
    const bool due =
        facts->reorged || facts->nonce_at_final == TX_NONCE_PAST || facts->now_s >= facts->looked_s + REPLACED_LOOK_S;
    if (facts->nonce == TX_NONCE_UNCLEAR || facts->head_is_behind) return wait;
    if (facts->nonce == TX_NONCE_FREE) return go_back();
    if (facts->mined == TX_MINED_UNASKED) return due ? ask(TX_ASK_RECEIPT) : wait;
    if (facts->mined == TX_MINED_SUCCEEDED || facts->mined == TX_MINED_FAILED) return go_back();
    if (facts->mined != TX_MINED_NOWHERE || facts->nonce_at_final != TX_NONCE_PAST) return wait;
    return note(row, "final", true);
}

/* Nothing is done for it any more; but it is signed, and anybody may send it. */
static struct tx_decision decide_dropped(const struct kept_tx *row, const struct tx_facts *facts) {
    (void)row;
    return facts->nonce == TX_NONCE_PAST ? settle(facts) : wait;
}

static struct tx_decision decide_refused(const struct kept_tx *row, const struct tx_facts *facts) {
    (void)row;
    (void)facts;
    return wait;
}

struct tx_decision tx_decide(const struct kept_tx *row, const struct tx_facts *facts) {
    static struct tx_decision (*const deciders[KEPT_TX_STATE_COUNT])(const struct kept_tx *,
                                                                     const struct tx_facts *) = {
        [KEPT_TX_ACCEPTED] = decide_accepted, [KEPT_TX_PENDING] = decide_pending,   [KEPT_TX_CONFIRMED] = decide_mined,
        [KEPT_TX_REVERTED] = decide_mined,    [KEPT_TX_REPLACED] = decide_replaced, [KEPT_TX_DROPPED] = decide_dropped,
        [KEPT_TX_REFUSED] = decide_refused,
    };
    struct tx_decision decision = deciders[row->state](row, facts);
    assert(decision.act != TX_MOVE || tx_may_move(row->state, decision.to));
    return decision;
}
