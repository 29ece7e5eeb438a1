/* Questions about a page of transactions: where their blocks stand, which the window mostly knows; how far their
 * senders' nonces are, one read for each sender; and receipts of those whose nonce is past. A block counts as canonical
 * by the head that most nodes agree on, never by the word of the node that named it. Owns nothing.
 * On the follower's coroutine. */
#include "tx_ask.h"

#include <string.h>

#include "rpc/receipt.h"
#include "rpc/state.h"
#include "rpc/tx_poll.h"

enum {
    FINAL_MARGIN_S = 60, /* between the clocks of blocks and our own */
    WATCH_MIN_S = 1,     /* between looks at what was dropped or refused, and a part of the time since then */
    WATCH_DROPPED_PARTS = 16,
    WATCH_REFUSED_PARTS = 1,
    WATCH_MAX_S = 3600
};

/* The canonical block of this number, out of the window or, far below it, as a node has it. Returns false when that
 * cannot be told now. */
static bool find_block(struct task *task, struct tx_follower *follower, struct block_ref *out, uint64_t number,
                       uint64_t final) {
    const struct block_spec spec = {.kind = BLOCK_NUMBER, .number = number};
    const struct block_ref *block = tx_window_at(&follower->window, number);
    if (block != NULL) *out = *block;
    if (block != NULL) return true;
    return number <= final && chain_resolve(task, follower->chain, out, &spec) == ERR_OK;
}

/* A window that does not reach down to a transaction's block is read further. What is below its end counts once it is
 * final. */
static bool reach(struct task *task, struct tx_follower *follower, uint64_t number) {
    const struct block_ref *top = tx_window_top(&follower->window);
    if (top == NULL || number > top->number) return false;
    if (tx_window_at(&follower->window, number) != NULL) return true;
    return tx_window_reach(task, follower->chain, &follower->window, number) == ERR_OK;
}

static bool is_mined(enum kept_tx_state state) {
    return state == KEPT_TX_CONFIRMED || state == KEPT_TX_REVERTED;
}

/* Far below the window no block is asked for: whether the receipt is in this very one is for most of the nodes to say.
 */
static enum tx_place place_of(struct task *task, struct tx_follower *follower, const struct tx_view *view,
                              const struct kept_tx_block *block) {
    if (!reach(task, follower, block->number)) return TX_PLACE_UNCLEAR;
    const struct block_ref *there = tx_window_at(&follower->window, block->number);
    if (there != NULL && !hash32_equal(&there->hash, &block->hash)) return TX_PLACE_ORPHANED;
    if (block->number <= view->final) return TX_PLACE_FINAL;
    return there != NULL ? TX_PLACE_CANONICAL : TX_PLACE_UNCLEAR;
}

void tx_ask_places(struct task *task, struct tx_follower *follower, const struct tx_view *view, struct tx_case *cases,
                   size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (!is_mined(cases[i].row->state)) continue;
        cases[i].note.past_since_s = 0;
        cases[i].facts.place = place_of(task, follower, view, &cases[i].row->block);
    }
}

/* Reads of the nonces of some senders at one block, each sender once. */
struct nonces {
    struct state_read *reads;
    size_t n;
};

static struct state_read *read_of(struct nonces *nonces, const address *sender) {
    size_t i = 0;
    while (i < nonces->n && !address_equal(&nonces->reads[i].to, sender)) i++;
    if (i == nonces->n) nonces->reads[nonces->n++] = (struct state_read){.kind = STATE_NONCE, .to = *sender};
    return &nonces->reads[i];
}

static enum tx_nonce nonce_of(const struct state_read *read, uint64_t nonce) {
    if (read->err != ERR_OK || read->len != 32) return TX_NONCE_UNCLEAR;
    const u256 own = u256_from_u64(nonce), count = u256_from_be(read->bytes);
    return u256_cmp(&count, &own) > 0 ? TX_NONCE_PAST : TX_NONCE_FREE;
}

static bool nonces_init(struct task *task, struct nonces *nonces, size_t n) {
    *nonces = (struct nonces){.reads = arena_alloc(task->arena, n * sizeof *nonces->reads)};
    return nonces->reads != NULL;
}

static bool is_given_up(enum kept_tx_state state) {
    return state == KEPT_TX_DROPPED || state == KEPT_TX_REFUSED;
}

static bool is_watch_due(const struct tx_case *one, const struct tx_view *view) {
    const uint64_t since_s = one->row->updated_at;
    const unsigned parts = one->row->state == KEPT_TX_REFUSED ? WATCH_REFUSED_PARTS : WATCH_DROPPED_PARTS;
    const uint64_t part_s = view->now_s > since_s ? (view->now_s - since_s) / parts : 0;
    const uint64_t every_s = part_s < WATCH_MAX_S ? WATCH_MIN_S + part_s : WATCH_MAX_S;
    return one->note.looked_s == 0 || view->steady_s - one->note.looked_s >= every_s;
}

/* At one head nonces stand still: what has been told once is not asked again. */
static bool wants_nonce(const struct tx_case *one, const struct tx_view *view) {
    const enum kept_tx_state state = one->row->state;
    if (is_mined(state) || (is_given_up(state) && !is_watch_due(one, view))) return false;
    return !(one->note.was_free && hash32_equal(&one->note.free_at, &view->head.hash));
}

static void take_nonce(struct tx_case *one, const struct tx_view *view, enum tx_nonce nonce) {
    one->facts.nonce = nonce;
    if (nonce == TX_NONCE_FREE) {
        one->note.past_since_s = 0;
        one->note.was_free = true;
        one->note.free_at = view->head.hash;
        if (is_given_up(one->row->state)) one->note.looked_s = view->steady_s;
    }
}

static void ask_at_head(struct task *task, struct tx_follower *follower, const struct tx_view *view,
                        struct tx_case *cases, size_t n) {
    struct nonces nonces;
    if (!nonces_init(task, &nonces, n)) return;
    for (size_t i = 0; i < n; i++) {
        if (wants_nonce(&cases[i], view)) (void)read_of(&nonces, &cases[i].row->sender);
    }
    state_read_many(task, follower->chain, &view->head, nonces.reads, nonces.n);
    for (size_t i = 0; i < n; i++) {
        struct tx_case *one = &cases[i];
        if (wants_nonce(one, view)) {
            take_nonce(one, view, nonce_of(read_of(&nonces, &one->row->sender), one->row->nonce));
        } else if (one->note.was_free && !is_mined(one->row->state) && !is_given_up(one->row->state)) {
            one->facts.nonce = TX_NONCE_FREE;
        }
    }
}

/* Nodes that keep no state that old: the nonce was past when it was written down as replaced, and is still; a final
 * block younger than that has seen it. */
static enum tx_nonce nonce_at_final(const struct tx_case *one, const struct state_read *read,
                                    const struct block_ref *final) {
    if (read->err != ERR_STATE_UNAVAILABLE) return nonce_of(read, one->row->nonce);
    return final->timestamp > one->row->updated_at + FINAL_MARGIN_S ? TX_NONCE_PAST : TX_NONCE_FREE;
}

static bool wants_final(const struct tx_case *one, const struct tx_view *view) {
    return one->row->state == KEPT_TX_REPLACED && one->facts.nonce == TX_NONCE_PAST && one->note.final < view->final;
}

static void ask_at_final(struct task *task, struct tx_follower *follower, const struct tx_view *view,
                         struct tx_case *cases, size_t n) {
    struct nonces nonces;
    struct block_ref final;
    size_t wanted = 0;
    for (size_t i = 0; i < n; i++) wanted += wants_final(&cases[i], view);
    if (wanted == 0 || !nonces_init(task, &nonces, wanted)) return;
    if (!find_block(task, follower, &final, view->final, view->final)) return;
    for (size_t i = 0; i < n; i++) {
        if (wants_final(&cases[i], view)) (void)read_of(&nonces, &cases[i].row->sender);
    }
    state_read_many(task, follower->chain, &final, nonces.reads, nonces.n);
    for (size_t i = 0; i < n; i++) {
        struct tx_case *one = &cases[i];
        if (!wants_final(one, view)) continue;
        one->facts.nonce_at_final = nonce_at_final(one, read_of(&nonces, &one->row->sender), &final);
        if (one->facts.nonce_at_final == TX_NONCE_FREE) one->note.final = view->final;
    }
}

void tx_ask_nonces(struct task *task, struct tx_follower *follower, const struct tx_view *view, struct tx_case *cases,
                   size_t n) {
    ask_at_head(task, follower, view, cases, n);
    ask_at_final(task, follower, view, cases, n);
}

/* Out: the block, if it is canonical; what lies below the window's reach is looked up by its hash. */
static bool is_canonical(struct task *task, struct tx_follower *follower, struct block_ref *out,
                         const struct block_ref *block) {
    const struct block_spec spec = {.kind = BLOCK_HASH, .hash = block->hash};
    if (!reach(task, follower, block->number)) return false;
    const struct block_ref *there = tx_window_at(&follower->window, block->number);
    if (there == NULL) return chain_resolve(task, follower->chain, out, &spec) == ERR_OK;
    *out = *there;
    return hash32_equal(&there->hash, &block->hash);
}

static void take_mined(struct tx_case *one, const struct receipt *receipt, const struct block_ref *block) {
    one->block = *block;
    one->mined = (struct kept_tx_block){.number = block->number,
                                        .hash = block->hash,
                                        .timestamp = block->timestamp,
                                        .index = receipt->index,
                                        .gas_used = receipt->gas_used.limb[0],
                                        .gas_price = receipt->gas_price};
    one->facts.mined = receipt->has_status && !receipt->succeeded ? TX_MINED_FAILED : TX_MINED_SUCCEEDED;
}

static void take_receipt(struct task *task, struct tx_follower *follower, struct tx_case *one,
                         const struct receipt *receipt, enum err err) {
    struct block_ref block;
    one->facts.mined = TX_MINED_UNCLEAR;
    if (err != ERR_OK) return;
    if (receipt->state == RECEIPT_UNKNOWN) {
        one->facts.mined = TX_MINED_NOWHERE;
        return;
    }
    if (!address_equal(&receipt->from, &one->row->sender) || !u256_fits_u64(&receipt->gas_used)) return;
    if (!is_canonical(task, follower, &block, &receipt->block)) return;
    take_mined(one, receipt, &block);
    if (tx_poll_nodes(follower->chain) == 1) one->facts.agreed = TX_AGREED; /* there is nobody else to ask */
}

/* From when on its nonce has been used, and nobody knew by what. */
static void note_receipt(struct tx_case *one, const struct tx_view *view) {
    if (one->row->state == KEPT_TX_REPLACED) one->note.looked_s = view->steady_s;
    if (one->note.past_since_s == 0) one->note.past_since_s = view->steady_s;
    one->facts.past_s = view->steady_s - one->note.past_since_s;
}

static bool wants_receipt(const struct tx_case *one) {
    return !one->settled && one->decision.act == TX_ASK_RECEIPT;
}

void tx_ask_receipts(struct task *task, struct tx_follower *follower, const struct tx_view *view, struct tx_case *cases,
                     size_t n) {
    size_t wanted = 0;
    for (size_t i = 0; i < n; i++) wanted += wants_receipt(&cases[i]);
    hash32 *hashes = arena_alloc(task->arena, wanted * sizeof *hashes);
    struct receipt *receipts = arena_alloc(task->arena, wanted * sizeof *receipts);
    enum err *errs = arena_alloc(task->arena, wanted * sizeof *errs);
    if (wanted == 0 || hashes == NULL || receipts == NULL || errs == NULL) return;
    for (size_t i = 0, at = 0; i < n; i++) {
        if (wants_receipt(&cases[i])) hashes[at++] = cases[i].row->hash;
    }
    receipt_read_many(task, follower->chain, receipts, errs, hashes, wanted);
    for (size_t i = 0, at = 0; i < n; i++) {
        if (!wants_receipt(&cases[i])) continue;
        take_receipt(task, follower, &cases[i], &receipts[at], errs[at]);
        note_receipt(&cases[i], view);
        receipt_free(&receipts[at++]);
    }
}
