/* Leaves of the chain's partition: made when a transfer needs one, indexed at once where the chain is served, else when
 * a backfill has filled them.
 * The indexer's coroutine. */
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "index_writer_internal.h"
#include "partition_sql.h"

static bool is_known(const struct index_writer *writer, uint64_t leaf) {
    for (size_t i = 0; i < INDEX_LEAVES_KNOWN; i++) {
        if (writer->leaves[i] == leaf + 1) return true;
    }
    return false;
}

static void know(struct index_writer *writer, uint64_t leaf) {
    writer->leaves[writer->next_leaf++ % INDEX_LEAVES_KNOWN] = leaf + 1;
}

static enum err exists(struct task *task, struct index_writer *writer, bool *out, const char *relation) {
    struct pg_params params = {.n = 0};
    pg_param_text(&params, relation);
    return index_ask(task, writer, out, INDEX_HAS_RELATION, &params);
}

static enum err make_leaf(struct task *task, struct index_writer *writer, const char *name, uint64_t leaf) {
    struct pg_params params;
    char ddl[PARTITION_DDL_BYTES];
    bool served;
    index_params_begin(&params, writer);
    enum err err = index_ask(task, writer, &served, INDEX_SERVES_TRANSFERS, &params);
    if (err != ERR_OK) return err;
    err = pg_session_execute(task, writer->session,
                             partition_leaf_ddl(ddl, writer->chain_id, leaf, writer->partition_blocks));
    for (size_t i = 0; err == ERR_OK && served && i < PARTITION_INDEXES; i++) {
        err = pg_session_execute(task, writer->session, partition_index_ddl(ddl, name, &partition_indexes[i]));
    }
    return err;
}

enum err index_leaf_ensure(struct task *task, struct index_writer *writer, uint64_t block) {
    uint64_t leaf = block / writer->partition_blocks;
    char name[PARTITION_NAME_BYTES];
    bool found;
    if (is_known(writer, leaf)) return ERR_OK;
    enum err err = exists(task, writer, &found, partition_leaf_name(name, writer->chain_id, leaf));
    if (err == ERR_OK && !found) err = make_leaf(task, writer, name, leaf);
    if (err == ERR_OK) know(writer, leaf);
    return err;
}

/* The next index that a leaf lacks, and how many that leaf lacks. */
struct lacking {
    char leaf[PARTITION_NAME_BYTES];
    size_t index;
    int64_t count; /* 0: nothing is lacking anywhere */
};

static enum err find_lacking(struct task *task, struct index_writer *writer, struct lacking *out) {
    char chain[PARTITION_NAME_BYTES];
    struct pg_params params = {.n = 0};
    struct pg_rows rows;
    size_t len;
    out->count = 0;
    pg_param_text(&params, partition_chain_name(chain, writer->chain_id));
    pg_param_text(&params, PARTITION_INDEX_SUFFIXES);
    enum err err = index_query(task, writer, &rows, INDEX_LACKING_INDEX, &params);
    if (err != ERR_OK || rows.n == 0) return err;
    const char *leaf = pg_text(&rows, 0, 0, &len);
    int64_t place = pg_i64(&rows, 0, 1);
    if (leaf == NULL || len >= sizeof out->leaf || place < 1 || place > PARTITION_INDEXES) rows.broken = true;
    err = pg_rows_check(task, &rows);
    if (err != ERR_OK) return err;
    memcpy(out->leaf, leaf, len);
    out->leaf[len] = '\0';
    out->index = (size_t)place - 1;
    out->count = pg_i64(&rows, 0, 2);
    return pg_rows_check(task, &rows);
}

/* A leaf that has them all is counted too: until then the planner knows nothing of it. */
static enum err build(struct task *task, struct index_writer *writer, void *arg) {
    struct lacking *lacking = arg;
    char ddl[PARTITION_DDL_BYTES];
    enum err err = find_lacking(task, writer, lacking);
    if (err != ERR_OK || lacking->count == 0) return err;
    log_write(LOG_INDEX, LOG_DEBUG, "building an index", LOG_STR("leaf", lacking->leaf),
              LOG_STR("of", partition_indexes[lacking->index].suffix));
    err = pg_session_execute(task, writer->session,
                             partition_index_ddl(ddl, lacking->leaf, &partition_indexes[lacking->index]));
    if (err != ERR_OK || lacking->count > 1) return err;
    (void)snprintf(ddl, sizeof ddl, "ANALYZE %s", lacking->leaf);
    return pg_session_execute(task, writer->session, ddl);
}

enum err index_writer_build_index(struct task *task, struct index_writer *writer, bool *done) {
    struct lacking lacking;
    *done = false;
    enum err err = index_transaction(task, writer, build, &lacking);
    if (err == ERR_OK) *done = lacking.count == 0;
    return err;
}
