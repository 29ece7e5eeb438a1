/* The streams that are furthest behind go on alone until they meet the next ones, and from there together. Owns
 * nothing. Pure: on the caller's thread. */
#include "group.h"

static const struct index_stream *furthest_behind(const struct index_stream *streams, size_t n) {
    const struct index_stream *last = NULL;
    for (size_t i = 0; i < n; i++) {
        if (streams[i].live) continue;
        if (last == NULL || streams[i].next_block < last->next_block) last = &streams[i];
    }
    return last;
}

static void add(struct group *group, const struct index_stream *stream) {
    if (!stream->every) group->tokens[group->n_tokens++] = stream->token;
    group->streams[group->n++] = *stream;
}

bool group_pick(struct group *out, const struct index_stream *streams, size_t n, uint64_t target) {
    const struct index_stream *last = furthest_behind(streams, n);
    out->n = out->n_tokens = 0;
    if (last == NULL) return false;
    out->kind = last->kind;
    out->from = last->next_block;
    out->to = target;
    for (size_t i = 0; i < n; i++) {
        const struct index_stream *stream = &streams[i];
        if (stream->live || stream->kind != out->kind) continue;
        if (stream->next_block > out->from && stream->next_block - 1 < out->to) out->to = stream->next_block - 1;
        if (stream->next_block == out->from && out->n < GROUP_MAX) add(out, stream);
    }
    return true;
}

struct logs_filter group_filter(const struct group *group) {
    return (struct logs_filter){.kind = group->kind == STREAM_EVENTS ? LOGS_EVENTS : LOGS_TRANSFERS,
                                .tokens = group->tokens,
                                .n_tokens = group->n_tokens};
}
