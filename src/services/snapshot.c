/* Looks up, asks and takes, for amounts and metadata alike. Memory is the task's arena; the task's coroutine.
 *
 * Nothing waits between the look-up and the question, nor between the answer and the cache: so no two coroutines of a
 * reactor ask the same. */
#include "snapshot.h"

#include "fetch.h"

static void fail_missing(struct snapshot *snapshot) {
    static const char detail[] = "the request needs too much memory";
    for (size_t i = 0; i < snapshot->n_amounts; i++) {
        if (snapshot->amounts[i].missing) amount_fail(&snapshot->amounts[i], ERR_OVERLOADED, detail);
    }
    for (size_t i = 0; i < snapshot->n_tokens; i++) {
        if (snapshot->tokens[i].missing) metadata_fail(&snapshot->tokens[i], ERR_OVERLOADED, detail);
    }
}

void snapshot_read(struct task *task, const struct source *source, struct snapshot *snapshot,
                   const struct block_ref *block) {
    struct fetch fetch;
    size_t missing = amount_look_up(task, source, snapshot->amounts, snapshot->n_amounts, block);
    missing += metadata_look_up(task, source, snapshot->tokens, snapshot->n_tokens, block) * METADATA_GETTERS;
    if (missing == 0) return;
    if (!fetch_begin(task, &fetch, missing)) {
        fail_missing(snapshot);
        return;
    }
    amount_ask(&fetch, snapshot->amounts, snapshot->n_amounts);
    metadata_ask(&fetch, snapshot->tokens, snapshot->n_tokens);
    fetch_send(task, source, &fetch, block);
    metadata_take(task, source, snapshot->tokens, snapshot->n_tokens, block);
    amount_take(task, source, snapshot->amounts, snapshot->n_amounts, block); /* last: it may wait */
}
