/* Which streams are read together: each block is asked for once for all who still need it. Plain values, pure, any
 * thread. */
#ifndef DAPPD_INDEXER_GROUP_H
#define DAPPD_INDEXER_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repos/index_writer.h"
#include "rpc/logs.h"

enum { GROUP_MAX = 200 /* addresses in one question for logs */ };

/* Streams of one kind that all stand at the same block. */
struct group {
    enum stream_kind kind;
    struct index_stream streams[GROUP_MAX];
    address tokens[GROUP_MAX]; /* theirs; none of a stream of every token */
    size_t n;
    size_t n_tokens;
    uint64_t from; /* where they stand */
    uint64_t to;   /* how far they go by themselves: to where others of their kind stand, or to the target; below from
                      when they have   reached it */
};

/* What is asked for of them. Borrows the group. */
struct logs_filter group_filter(const struct group *group);

/* Of the streams that are not live, those that are furthest behind. Returns false when there are none. In: target, the
 * last block to be read this way. */
bool group_pick(struct group *out, const struct index_stream *streams, size_t n, uint64_t target);

#endif
