/* Statements that make partitions. The buffers are the caller's.
 * Nothing here is owned.
 * Any thread. */
#include "partition_sql.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const struct partition_index partition_indexes[PARTITION_INDEXES] = {
    {"_from", "(from_address, block_number, log_index)"},
    {"_to", "(to_address, block_number, log_index)"},
    {"_token", "(token_id, block_number, log_index)"},
    {"_tx", "USING hash (tx_hash)"},
};

/* Names and numbers are of bounded length: what does not fit is a bug. */
__attribute__((format(printf, 3, 4))) static char *print(char *out, size_t size, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int len = vsnprintf(out, size, format, args);
    va_end(args);
    assert(len > 0 && (size_t)len < size);
    return out;
}

char *partition_chain_name(char out[PARTITION_NAME_BYTES], uint64_t chain_id) {
    return print(out, PARTITION_NAME_BYTES, "transfers_%" PRIu64, chain_id);
}

char *partition_leaf_name(char out[PARTITION_NAME_BYTES], uint64_t chain_id, uint64_t leaf) {
    return print(out, PARTITION_NAME_BYTES, "transfers_%" PRIu64 "_%" PRIu64, chain_id, leaf);
}

char *partition_chain_ddl(char out[PARTITION_DDL_BYTES], uint64_t chain_id) {
    char name[PARTITION_NAME_BYTES];
    partition_chain_name(name, chain_id);
    return print(out, PARTITION_DDL_BYTES,
                 "CREATE TABLE %s (LIKE transfers) PARTITION BY RANGE (block_number); "
                 "ALTER TABLE transfers ATTACH PARTITION %s FOR VALUES IN (%" PRIu64 ")",
                 name, name, chain_id);
}

char *partition_leaf_ddl(char out[PARTITION_DDL_BYTES], uint64_t chain_id, uint64_t leaf, uint64_t partition_blocks) {
    char chain[PARTITION_NAME_BYTES], name[PARTITION_NAME_BYTES];
    partition_chain_name(chain, chain_id);
    partition_leaf_name(name, chain_id, leaf);
    uint64_t first = leaf * partition_blocks;
    return print(out, PARTITION_DDL_BYTES,
                 "CREATE TABLE %s (LIKE transfers); "
                 "ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%" PRIu64 ") TO (%" PRIu64 ")",
                 name, chain, name, first, first + partition_blocks);
}

char *partition_index_ddl(char out[PARTITION_DDL_BYTES], const char *leaf_name, const struct partition_index *index) {
    return print(out, PARTITION_DDL_BYTES, "CREATE INDEX %s%s ON %s %s", leaf_name, index->suffix, leaf_name,
                 index->over);
}
