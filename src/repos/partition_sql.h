/* How transfers are cut into partitions: names, and the statements that make them. Each chain has a partition, and
 * below it one for each range of blocks, its leaves. Leaves have indexes of their own, which the parents lack: so that
 * a backfill may fill a leaf first and index it afterwards. Text alone, made of numbers; any thread. */
#ifndef DAPPD_REPOS_PARTITION_SQL_H
#define DAPPD_REPOS_PARTITION_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PARTITION_NAME_BYTES = 64, PARTITION_DDL_BYTES = 1024 };

/* The indexes of a leaf besides its primary key. Each serves the lists of one route, newest first, or a look-up. */
struct partition_index {
    const char *suffix; /* of the leaf's name */
    const char *over;
};
#define PARTITION_INDEX_SUFFIXES "_from,_to,_token,_tx" /* those of the table, for SQL */
enum { PARTITION_INDEXES = 4 };
extern const struct partition_index partition_indexes[PARTITION_INDEXES];

/* Returns out. */
char *partition_chain_name(char out[PARTITION_NAME_BYTES], uint64_t chain_id);

/* In: leaf, the number of the range: blocks / partition_blocks. */
char *partition_leaf_name(char out[PARTITION_NAME_BYTES], uint64_t chain_id, uint64_t leaf);

/* A table is made first and attached then: that keeps no reader waiting, as making it a partition at once would. */
char *partition_chain_ddl(char out[PARTITION_DDL_BYTES], uint64_t chain_id);
char *partition_leaf_ddl(char out[PARTITION_DDL_BYTES], uint64_t chain_id, uint64_t leaf, uint64_t partition_blocks);
char *partition_index_ddl(char out[PARTITION_DDL_BYTES], const char *leaf_name, const struct partition_index *index);

/* A token's holders, largest first. Made once there are balances, since that is several times faster. */
#define BALANCES_INDEX_NAME "balances_holders"
#define BALANCES_INDEX_DDL \
    "CREATE INDEX IF NOT EXISTS " BALANCES_INDEX_NAME " ON balances (token_id, amount DESC, holder)"

#endif
