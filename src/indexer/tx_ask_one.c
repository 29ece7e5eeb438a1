/* Questions about one transaction, which are rare: why it failed, what has used its nonce, whether most nodes agree,
 * whether they still have it, and the offer to take it again. Owns nothing; what comes back lives in the task's arena.
 * On the follower's thread, in coroutines that are children of its task. */
#include "eth/transaction.h"
#include "rpc/nonce_user.h"
#include "rpc/state.h"
#include "rpc/tx_poll.h"
#include "rpc/tx_read.h"
#include "rpc/tx_replay.h"
#include "tx_ask.h"

/* As it was signed, which lists do not bring along. */
static bool read_raw(struct task *task, struct kept_tx *out, const struct tx_case *which) {
    return transaction_repo_get(task, out, which->row->chain_id, &which->row->hash) == ERR_OK && out->raw != NULL;
}

static bool ask_replay(struct task *task, struct tx_follower *follower, const struct tx_view *view,
                       struct tx_case *which) {
    char problem[TRANSACTION_PROBLEM_BYTES];
    struct transaction transaction;
    struct kept_tx kept;
    static const uint8_t none[1];
    (void)view;
    if (!read_raw(task, &kept, which)) return false;
    which->facts.replayed = true;
    if (transaction_decode(&transaction, problem, kept.raw, kept.raw_len) != ERR_OK) return true;
    struct tx_replay replay = {.from = transaction.sender,
                               .creates = transaction.is_creation,
                               .to = transaction.to,
                               .value = transaction.value,
                               .gas = transaction.gas,
                               .data = transaction.data.p,
                               .data_len = transaction.data.len};
    if (tx_replay(task, follower->chain, &replay, &which->block.parent_hash) != ERR_OK || !replay.reverted) return true;
    which->revert_data = replay.revert_data != NULL ? replay.revert_data : none;
    which->revert_len = replay.revert_len;
    return true;
}

/* Whether the sender's nonce was past the transaction's at a block of the window. */
static bool read_past(struct task *task, struct tx_follower *follower, bool *past, const struct tx_case *which,
                      size_t at) {
    struct state_read read = {.kind = STATE_NONCE, .to = which->row->sender};
    state_read_many(task, follower->chain, &follower->window.blocks[at], &read, 1);
    if (read.err != ERR_OK || read.len != 32) return false;
    const u256 own = u256_from_u64(which->row->nonce), count = u256_from_be(read.bytes);
    *past = u256_cmp(&count, &own) > 0;
    return true;
}

/* Downwards from the head in longer and longer steps, since it was most likely a moment ago, and up again by halves.
 * Out: at, the block in which the nonce was used; found, false when that is below the window. */
static bool find_move(struct task *task, struct tx_follower *follower, size_t *at, bool *found,
                      const struct tx_case *which) {
    size_t high = follower->window.n - 1, low = high;
    bool past = true;
    for (size_t step = 1; past && low > 0; step *= 2) {
        high = low;
        low = low > step ? low - step : 0;
        if (!read_past(task, follower, &past, which, low)) return false;
    }
    *found = !past;
    while (*found && high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (!read_past(task, follower, &past, which, middle)) return false;
        if (past) high = middle;
        if (!past) low = middle;
    }
    *at = high;
    return true;
}

static bool ask_user(struct task *task, struct tx_follower *follower, const struct tx_view *view,
                     struct tx_case *which) {
    size_t at;
    bool found;
    (void)view;
    if (follower->window.n == 0 || !find_move(task, follower, &at, &found, which)) return false;
    if (found) {
        const struct block_ref *block = &follower->window.blocks[at];
        enum err err = nonce_user_find(task, follower->chain, &which->user, &found, &which->row->sender,
                                       which->row->nonce, &block->hash);
        if (err != ERR_OK) return false;
    }
    which->facts.user = TX_USER_UNCLEAR;
    if (!found) return true;
    which->has_user = true;
    which->facts.user = hash32_equal(&which->user, &which->row->hash) ? TX_USER_ITSELF : TX_USER_OTHER;
    return true;
}

static const enum tx_agreed agreed[] = {
    [TX_POLL_UNCLEAR] = TX_AGREED_UNCLEAR, [TX_POLL_YES] = TX_AGREED, [TX_POLL_NO] = TX_AGREED_NOT};

/* About the receipt that is written of it, or that a node has just shown. */
static bool ask_agreed(struct task *task, struct tx_follower *follower, const struct tx_view *view,
                       struct tx_case *which) {
    const struct kept_tx *row = which->row;
    const bool written = row->state == KEPT_TX_CONFIRMED || row->state == KEPT_TX_REVERTED;
    const bool failed = written ? row->state == KEPT_TX_REVERTED : which->facts.mined == TX_MINED_FAILED;
    const hash32 *block = written ? &row->block.hash : &which->mined.hash;
    (void)view;
    which->facts.agreed = agreed[tx_poll_receipt(task, follower->chain, &row->hash, block, failed)];
    return true;
}

static bool ask_past(struct task *task, struct tx_follower *follower, const struct tx_view *view,
                     struct tx_case *which) {
    const struct kept_tx *row = which->row;
    which->facts.past = agreed[tx_poll_nonce(task, follower->chain, &row->sender, row->nonce, &view->head.hash)];
    return true;
}

/* Of one that may never have got to a node, silence says as much as that none has it. */
static void note_known(struct tx_case *which, const struct tx_view *view) {
    const enum tx_known known = which->facts.known;
    const bool missing =
        known == TX_KNOWN_TO_NONE || (known == TX_KNOWN_UNCLEAR && which->row->state == KEPT_TX_ACCEPTED);
    struct tx_note *note = &which->note;
    note->looked_s = view->steady_s;
    if (known == TX_KNOWN_TO_SOME || known == TX_KNOWN_IN_BLOCK) note->missing_since_s = 0;
    if (missing && note->missing_since_s == 0) note->missing_since_s = view->steady_s;
    which->facts.missing_s = note->missing_since_s == 0 ? 0 : view->steady_s - note->missing_since_s;
}

static bool ask_known(struct task *task, struct tx_follower *follower, const struct tx_view *view,
                      struct tx_case *which) {
    struct tx_read read;
    enum err err = tx_read(task, follower->chain, &read, &which->row->hash);
    which->facts.known = TX_KNOWN_UNCLEAR;
    if (err == ERR_OK) which->facts.known = read.in_block ? TX_KNOWN_IN_BLOCK : TX_KNOWN_TO_SOME;
    if (err == ERR_OK && !read.known) which->facts.known = TX_KNOWN_TO_NONE;
    note_known(which, view);
    return true;
}

static bool send_it(struct task *task, struct tx_follower *follower, const struct tx_view *view,
                    struct tx_case *which) {
    struct kept_tx kept;
    unsigned taken;
    (void)view;
    if (!read_raw(task, &kept, which)) return false;
    which->facts.verdict =
        tx_send(task, follower->chain, &taken, kept.raw, kept.raw_len, &which->row->hash, follower->options.nodes);
    which->facts.sent = true;
    which->note.verdict = which->facts.verdict;
    return true;
}

bool tx_ask_one(struct task *task, struct tx_follower *follower, const struct tx_view *view, struct tx_case *which) {
    static bool (*const ways[TX_ACT_COUNT])(struct task *, struct tx_follower *, const struct tx_view *,
                                            struct tx_case *) = {
        [TX_ASK_REPLAY] = ask_replay, [TX_ASK_USER] = ask_user,   [TX_ASK_AGREED] = ask_agreed,
        [TX_ASK_PAST] = ask_past,     [TX_ASK_KNOWN] = ask_known, [TX_SEND] = send_it};
    return ways[which->decision.act](task, follower, view, which);
}
