/* Page by page: what can be told of all at once, then what some of them need, until there is nothing left to ask;
 * whatever has changed is written, each transaction for itself, and only if it still is where it was read. Few have
 * their turn to ask what is slow in one round, all they need, and in the next round those behind them: so thousands
 * which nodes have forgotten do not hold up the others. Memory is the job's arena. On the follower's coroutine. */
#include "tx_round.h"

#include <assert.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/metrics.h"
#include "final.h"
#include "tx_ask.h"
#include "tx_steps.h"

enum {
    PAGE = 200,
    PASSES = 6, /* no transaction has more questions */
    WORKERS = 8,
    SLOW_TURNS = 64,   /* in one round, */
    VOTE_TURNS = 128,  /* and for polls, which end the wait for a receipt */
    BLOCKS_BELOW = 64, /* that are searched for what has used a nonce */
    LIMIT_MS = 60 * 1000,
    SLOW_LIMIT_MS = 15 * 1000
};

/* What is known of the chain at the beginning. */
static enum err look(struct tx_follower *follower, struct tx_view *view) {
    const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct task *task = &follower->job.task;
    *view = (struct tx_view){.now_s = clock_wall_s(), .steady_s = reactor_now_ms(follower->reactor) / 1000 + 1};
    enum err err = chain_resolve(task, follower->chain, &view->head, &latest);
    if (err != ERR_OK) return err;
    err = tx_window_follow(task, follower->chain, &follower->window, &view->head, &view->reorged, &view->behind);
    if (err == ERR_BLOCK_NOT_FOUND) chain_forget_head(follower->chain, &view->head.hash);
    if (err != ERR_OK) return err;
    view->final = final_of_chain(follower->chain, view->head.number);
    follower->head = view->head.hash;
    return ERR_OK;
}

static void begin_case(struct tx_follower *follower, const struct tx_view *view, struct tx_case *one,
                       const struct kept_tx *row) {
    *one = (struct tx_case){.row = row, .note = tx_notes_take(&follower->notes, row->id)};
    const struct tx_note *note = &one->note;
    one->facts = (struct tx_facts){.now_s = view->now_s,
                                   .grace_s = follower->options.grace_s,
                                   .resend_s = follower->options.resend_s,
                                   .drop_after_s = follower->options.drop_after_s,
                                   .head_is_behind = view->behind,
                                   .reorged = view->reorged,
                                   .looked = note->looked_s != 0,
                                   .looked_ago_s = view->steady_s - note->looked_s,
                                   .verdict = note->verdict};
}

/* The slow questions of one pass, each asked by whoever of the workers comes to it first. */
struct questions {
    struct tx_follower *follower;
    const struct tx_view *view;
    struct tx_case **cases;
    size_t n;
    size_t next;
};

static void ask_next(struct task *task, void *arg, size_t worker) {
    struct questions *questions = arg;
    (void)worker;
    while (questions->next < questions->n) {
        struct tx_case *one = questions->cases[questions->next++];
        one->settled = !tx_ask_one(task, questions->follower, questions->view, one);
        if (one->settled) one->decision = (struct tx_decision){.act = TX_WAIT};
    }
}

/* Whose turn it is in this round. */
struct turns {
    int64_t after; /* the id that the last round came to */
    int64_t last;
    size_t left;
    bool waiting; /* somebody behind the last one */
};

/* TX_QUESTION_KINDS of what is not asked one by one. */
static enum tx_question_kind kind_of(enum tx_act act) {
    switch (act) {
    case TX_ASK_AGREED:
    case TX_ASK_PAST:
        return TX_QUESTION_VOTE;
    case TX_ASK_REPLAY:
    case TX_ASK_USER:
    case TX_ASK_KNOWN:
    case TX_SEND:
        return TX_QUESTION_SLOW;
    default:
        return TX_QUESTION_KINDS;
    }
}

static bool takes_turn(struct turns *turns, struct tx_case *one, enum tx_question_kind kind) {
    const int64_t id = one->row->id;
    turns += kind;
    if (one->has_turn[kind] || id <= turns->after) return one->has_turn[kind];
    turns->waiting = turns->waiting || turns->left == 0;
    if (turns->left == 0) return false;
    turns->left--;
    turns->last = id;
    one->has_turn[kind] = true;
    return true;
}

/* Where blocks are missing it is searched in fewer of them, and not found: which is no reason to hold up the others. */
static void make_searchable(struct tx_follower *follower, const struct tx_view *view) {
    struct task *task = &follower->job.task;
    const uint64_t head = view->head.number;
    const struct fault before = task->fault;
    enum err err =
        tx_window_reach(task, follower->chain, &follower->window, head > BLOCKS_BELOW ? head - BLOCKS_BELOW : 0);
    if (err != ERR_OK) task->fault = before;
}

/* Whose turn it is not waits for the next round. */
static enum err ask_slowly(struct tx_follower *follower, const struct tx_view *view, struct tx_case *cases, size_t n,
                           struct turns *turns) {
    struct task *task = &follower->job.task;
    struct questions questions = {.follower = follower, .view = view};
    bool searches = false;
    questions.cases = arena_alloc(task->arena, n * sizeof *questions.cases);
    if (questions.cases == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < n; i++) {
        const enum tx_question_kind kind = kind_of(cases[i].decision.act);
        if (cases[i].settled || kind == TX_QUESTION_KINDS) continue;
        cases[i].settled = !takes_turn(turns, &cases[i], kind);
        if (cases[i].settled) cases[i].decision = (struct tx_decision){.act = TX_WAIT};
        if (cases[i].settled) continue;
        searches = searches || cases[i].decision.act == TX_ASK_USER;
        questions.cases[questions.n++] = &cases[i];
    }
    if (questions.n == 0) return ERR_OK;
    if (searches) make_searchable(follower, view);
    job_limit(&follower->job, SLOW_LIMIT_MS);
    task_parallel(task, questions.n < WORKERS ? questions.n : WORKERS, ask_next, &questions);
    job_limit(&follower->job, LIMIT_MS);
    return ERR_OK;
}

/* Returns true when there is something to ask. */
static bool decide(struct tx_case *cases, size_t n) {
    bool asks = false;
    for (size_t i = 0; i < n; i++) {
        struct tx_case *one = &cases[i];
        if (one->settled) continue;
        one->decision = tx_decide(one->row, &one->facts);
        one->settled = one->decision.act == TX_WAIT || one->decision.act == TX_MOVE;
        asks = asks || !one->settled;
    }
    return asks;
}

static enum err settle(struct tx_follower *follower, const struct tx_view *view, struct tx_case *cases, size_t n,
                       struct turns *turns) {
    struct task *task = &follower->job.task;
    enum err err = ERR_OK;
    tx_ask_places(task, follower, view, cases, n);
    tx_ask_nonces(task, follower, view, cases, n);
    for (unsigned pass = 0; err == ERR_OK && pass < PASSES && decide(cases, n); pass++) {
        tx_ask_receipts(task, follower, view, cases, n);
        err = ask_slowly(follower, view, cases, n, turns);
    }
    return err;
}

static bool is_mined(enum kept_tx_state state) {
    return state == KEPT_TX_CONFIRMED || state == KEPT_TX_REVERTED;
}

/* What stays in its block, stays with what is known of that. */
static const struct kept_tx_block *block_of(const struct tx_case *one) {
    if (!is_mined(one->decision.to)) return NULL;
    return one->decision.to == one->row->state ? &one->row->block : &one->mined;
}

static enum err write_move(struct tx_follower *follower, const struct tx_case *one, bool *moved) {
    const struct kept_tx *row = one->row;
    const struct tx_decision *decision = &one->decision;
    const struct kept_tx_move move = {
        .chain_id = row->chain_id,
        .hash = row->hash,
        .from = row->state,
        .to = decision->to,
        .from_block = is_mined(row->state) ? &row->block : NULL,
        .to_block = block_of(one),
        .step = decision->step,
        .reason = decision->reason,
        .revert_data = decision->to == KEPT_TX_REVERTED ? one->revert_data : NULL,
        .revert_len = one->revert_len,
        .replaced_by = decision->to == KEPT_TX_REPLACED && one->has_user ? &one->user : NULL,
        .final = decision->final,
        .sent = decision->sent,
    };
    enum err err = transaction_repo_move(&follower->job.task, follower->session, moved, &move);
    follower->lost = err != ERR_OK;
    if (err == ERR_OK && *moved) tx_steps_tell(follower, &move);
    return err;
}

static enum err write_page(struct tx_follower *follower, struct tx_case *cases, size_t n, uint64_t *open,
                           bool *any_moved) {
    for (size_t i = 0; i < n; i++) {
        struct tx_case *one = &cases[i];
        bool moved = false;
        tx_notes_put(&follower->notes, &one->note);
        enum err err = one->decision.act == TX_MOVE ? write_move(follower, one, &moved) : ERR_OK;
        if (err != ERR_OK) return err;
        *open += !(moved && one->decision.final);
        *any_moved = *any_moved || (moved && one->decision.to != one->row->state);
    }
    return ERR_OK;
}

static enum err read_page(struct tx_follower *follower, struct kept_tx **rows, size_t *n, int64_t after) {
    struct task *task = job_begin(&follower->job, LIMIT_MS);
    enum err err = transaction_repo_open(task, follower->session, rows, n, chain_id(follower->chain), after, PAGE);
    follower->lost = err != ERR_OK;
    return err;
}

static enum err take_page(struct tx_follower *follower, const struct tx_view *view, const struct kept_tx *rows,
                          size_t n, struct turns *turns, uint64_t *open, bool *moved) {
    struct task *task = &follower->job.task;
    struct tx_case *cases = arena_alloc(task->arena, n * sizeof *cases);
    if (cases == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < n; i++) begin_case(follower, view, &cases[i], &rows[i]);
    enum err err = settle(follower, view, cases, n, turns);
    return err == ERR_OK ? write_page(follower, cases, n, open, moved) : err;
}

enum err tx_round(struct tx_follower *follower, uint64_t *open, bool *moved) {
    struct tx_view view;
    struct kept_tx *rows;
    struct turns turns[TX_QUESTION_KINDS] = {
        [TX_QUESTION_SLOW] = {.left = SLOW_TURNS, .after = follower->turns_to[TX_QUESTION_SLOW]},
        [TX_QUESTION_VOTE] = {.left = VOTE_TURNS, .after = follower->turns_to[TX_QUESTION_VOTE]},
    };
    size_t n;
    *open = 0;
    *moved = false;
    enum err err = read_page(follower, &rows, &n, 0);
    if (err == ERR_OK && n > 0) err = look(follower, &view);
    tx_notes_begin(&follower->notes);
    while (err == ERR_OK && n > 0) {
        const int64_t last = rows[n - 1].id;
        const bool full = n == PAGE;
        err = take_page(follower, &view, rows, n, turns, open, moved);
        n = 0;
        if (err == ERR_OK && full) err = read_page(follower, &rows, &n, last);
    }
    for (size_t i = 0; i < TX_QUESTION_KINDS; i++) follower->turns_to[i] = turns[i].waiting ? turns[i].last : 0;
    if (err == ERR_OK) tx_notes_end(&follower->notes);
    return err;
}
