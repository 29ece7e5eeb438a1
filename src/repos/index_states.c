/* What watched calls answered on its way into their history, block by block. The batch belongs to the caller.
 * The indexer's coroutine. */
#include "index_writer_internal.h"

static enum err add_states(struct task *task, struct pg_params *params, const struct index_state *states, size_t n) {
    uuid *ids = arena_alloc(task->arena, n * sizeof *ids);
    int32_t *reverted = arena_alloc(task->arena, n * sizeof *reverted);
    struct pg_bytes *data = arena_alloc(task->arena, n * sizeof *data);
    if (ids == NULL || reverted == NULL || data == NULL) return index_out_of_memory(task);
    for (size_t i = 0; i < n; i++) {
        ids[i] = states[i].watch;
        reverted[i] = states[i].reverted;
        data[i] = (struct pg_bytes){states[i].data, states[i].data_len};
    }
    bool added = pg_param_bytes_array(task, params, ids, n, sizeof *ids) &&
                 pg_param_i32_array(task, params, reverted, n) && pg_param_bytes_list(task, params, data, n);
    return added ? ERR_OK : index_out_of_memory(task);
}

/* Of one block. */
static enum err put_states(struct task *task, struct index_writer *writer, const struct index_state *states, size_t n) {
    struct pg_params params;
    index_params_begin(&params, writer);
    enum err err = add_states(task, &params, states, n);
    if (err != ERR_OK) return err;
    index_param_tip(&params, states[0].block);
    return index_run(task, writer, INDEX_PUT_STATES, &params);
}

enum err index_states_put(struct task *task, struct index_writer *writer, const struct index_batch *batch) {
    enum err err = ERR_OK;
    for (size_t at = 0, end; err == ERR_OK && at < batch->n_states; at = end) {
        const struct index_state *states = batch->states + at;
        for (end = at + 1; end < batch->n_states && batch->states[end].block == states->block;) end++;
        err = put_states(task, writer, states, end - at);
    }
    return err;
}
