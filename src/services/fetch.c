/* Puts a request's reads of state together. Memory is the task's arena; the task's coroutine. */
#include "fetch.h"

#include <assert.h>

bool fetch_begin(struct task *task, struct fetch *fetch, size_t max) {
    *fetch = (struct fetch){.max = max};
    fetch->reads = arena_alloc(task->arena, max * sizeof *fetch->reads);
    fetch->calls = arena_alloc(task->arena, max * sizeof *fetch->calls);
    return fetch->reads != NULL && fetch->calls != NULL;
}

static struct state_read *add(struct fetch *fetch, enum state_kind kind, const address *to) {
    assert(fetch->n < fetch->max);
    struct state_read *read = &fetch->reads[fetch->n++];
    read->kind = kind;
    read->to = *to;
    return read;
}

const struct state_read *fetch_call(struct fetch *fetch, const address *to, const struct abi_call *call) {
    struct abi_call *kept = &fetch->calls[fetch->n];
    struct state_read *read = add(fetch, STATE_CALL, to);
    *kept = *call;
    read->data = kept->data;
    read->data_len = kept->len;
    return read;
}

const struct state_read *fetch_account(struct fetch *fetch, enum state_kind kind, const address *account) {
    return add(fetch, kind, account);
}

void fetch_send(struct task *task, const struct source *source, struct fetch *fetch, const struct block_ref *block) {
    if (fetch->n > 0) state_read_many(task, source->chain, block, fetch->reads, fetch->n);
}
