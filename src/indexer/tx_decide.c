/* The lives of transactions, one function for each state that they can be in. Owns nothing.
 * Pure: on the caller's thread.
 * A question is asked only when the answers before it leave it open, since it costs the nodes something. */
#include "tx_decide.h"

#include <assert.h>

enum {
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
    [KEPT_TX_REFUSED] = MINED | BIT(REFUSED),
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

/* A moment that is further ahead than the wait was written by a clock that has been set back since. */
static bool is_due(const struct tx_facts *facts, uint64_t since_s, uint64_t wait_s) {
    return facts->now_s >= since_s + wait_s || facts->now_s + wait_s < since_s;
}

static bool is_in_block(const struct tx_facts *facts) {
    return facts->mined == TX_MINED_SUCCEEDED || facts->mined == TX_MINED_FAILED;
}

static struct tx_decision enter_block(const struct tx_facts *facts) {
    if (facts->agreed == TX_AGREED_UNASKED) return ask(TX_ASK_AGREED);
    if (facts->agreed != TX_AGREED) return wait;
    if (facts->mined == TX_MINED_SUCCEEDED) return enter(KEPT_TX_CONFIRMED);
    return facts->replayed ? enter(KEPT_TX_REVERTED) : ask(TX_ASK_REPLAY);
}

/* One node that counts its nonces wrong replaces nothing. */
static struct tx_decision replace(const struct tx_facts *facts) {
    if (facts->past == TX_AGREED_UNASKED) return ask(TX_ASK_PAST);
    return facts->past == TX_AGREED ? enter(KEPT_TX_REPLACED) : wait;
}

/* In a block it is, or never will be: its nonce is past; or a node has it there, while another one counts the nonces of
 * a chain that it does not know well. A receipt that most nodes deny is none. */
static struct tx_decision settle(const struct tx_facts *facts) {
    if (facts->mined == TX_MINED_UNASKED) return ask(TX_ASK_RECEIPT);
    if (facts->mined == TX_MINED_UNCLEAR) return wait;
    if (is_in_block(facts) && facts->agreed != TX_AGREED_NOT) return enter_block(facts);
    if (facts->nonce != TX_NONCE_PAST) return wait;
    if (facts->user == TX_USER_UNASKED) return ask(TX_ASK_USER);
    if (facts->user == TX_USER_ITSELF) return wait;
    return facts->user == TX_USER_OTHER || facts->past_s >= UNKNOWN_USER_S ? replace(facts) : wait;
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
        /* it may be with a node that is silent now, from before: by whoever did not live to write that down */
        decision = drop(facts);
    } else if (is_given_up(facts)) {
        decision = drop(facts);
    } else {
        decision = note(row, row->sent_at == 0 ? "sent" : NULL, false);
    }
    decision.sent = true;
    return decision;
}

static struct tx_decision decide_accepted(const struct kept_tx *row, const struct tx_facts *facts) {
    const bool due = row->sent_at == 0 ? is_due(facts, row->updated_at, facts->grace_s)
                                       : is_due(facts, row->sent_at, UNSURE_AGAIN_S);
    if (facts->nonce == TX_NONCE_PAST) return settle(facts);
    if (facts->sent) return after_sending(row, facts);
    if (facts->nonce == TX_NONCE_UNCLEAR || !due) return wait;
    if (facts->known == TX_KNOWN_UNASKED) return ask(TX_ASK_KNOWN);
    if (facts->known == TX_KNOWN_TO_SOME || facts->known == TX_KNOWN_IN_BLOCK) return enter(KEPT_TX_PENDING);
    return ask(TX_SEND);
}

/* No node has it any more: it is offered to them again and again, for some time. */
static struct tx_decision offer_again(const struct kept_tx *row, const struct tx_facts *facts) {
    if (is_given_up(facts)) return drop(facts);
    if (!facts->sent) return is_due(facts, row->sent_at, facts->resend_s) ? ask(TX_SEND) : wait;
    struct tx_decision decision = note(row, facts->verdict == TX_TAKEN ? "resent" : NULL, false);
    decision.sent = true;
    return decision;
}

static struct tx_decision decide_pending(const struct kept_tx *row, const struct tx_facts *facts) {
    const bool due =
        is_due(facts, row->sent_at, facts->resend_s) && (!facts->looked || facts->looked_ago_s >= facts->resend_s);
    if (facts->nonce == TX_NONCE_PAST) return settle(facts);
    if (facts->nonce == TX_NONCE_UNCLEAR) return wait;
    if (facts->known == TX_KNOWN_UNASKED) return due ? ask(TX_ASK_KNOWN) : wait;
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

/* It is in the chain after all, say most nodes. */
static struct tx_decision leave_replaced(const struct tx_facts *facts) {
    if (facts->agreed == TX_AGREED_UNASKED) return ask(TX_ASK_AGREED);
    return facts->agreed == TX_AGREED ? go_back() : wait;
}

/* Or its nonce is free again, when what replaced it was taken back by a reorg. */
static struct tx_decision decide_replaced(const struct kept_tx *row, const struct tx_facts *facts) {
    const bool ends = facts->nonce_at_final == TX_NONCE_PAST;
    const bool due = facts->reorged || ends || !facts->looked || facts->looked_ago_s >= REPLACED_LOOK_S;
    if (facts->nonce == TX_NONCE_UNCLEAR || facts->head_is_behind) return wait;
    if (facts->nonce == TX_NONCE_PAST) {
        if (facts->mined == TX_MINED_UNASKED) return due ? ask(TX_ASK_RECEIPT) : wait;
        if (is_in_block(facts) && facts->agreed != TX_AGREED_NOT) return leave_replaced(facts);
        if (facts->mined == TX_MINED_UNCLEAR || !ends) return wait;
    }
    if (facts->past == TX_AGREED_UNASKED) return ask(TX_ASK_PAST);
    if (facts->nonce == TX_NONCE_FREE) return facts->past == TX_AGREED_NOT ? go_back() : wait;
    return facts->past == TX_AGREED ? note(row, "final", true) : wait;
}

/* Nothing is done for it any more; but it is signed, and anybody may send it. */
static struct tx_decision decide_dropped(const struct kept_tx *row, const struct tx_facts *facts) {
    (void)row;
    return facts->nonce == TX_NONCE_PAST ? settle(facts) : wait;
}

/* Some node may have taken it from others, or from us before we were killed: for some time that is looked out for. It
 * is not sent again, since the client was told so. */
static struct tx_decision decide_refused(const struct kept_tx *row, const struct tx_facts *facts) {
    struct tx_decision decision = facts->nonce == TX_NONCE_PAST ? settle(facts) : wait;
    const bool replaced = decision.act == TX_MOVE && decision.to == KEPT_TX_REPLACED;
    const bool over = facts->nonce == TX_NONCE_FREE && is_due(facts, row->updated_at, facts->drop_after_s);
    return replaced || over ? note(row, NULL, true) : decision;
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
