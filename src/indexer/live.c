/* Live streams move together, so their logs are asked for together, those of one kind in one question. Owns nothing.
 * On the indexer's coroutine.
 * What they are is the indexer's state. */
#include "live.h"

#include "group.h"
#include "indexer_state.h"

bool live_any_of(const struct indexer *indexer, enum stream_kind kind) {
    for (size_t i = 0; i < indexer->n_streams; i++) {
        if (indexer->streams[i].live && indexer->streams[i].kind == kind) return true;
    }
    return false;
}

bool live_any(const struct indexer *indexer) {
    return live_any_of(indexer, STREAM_TRANSFERS) || live_any_of(indexer, STREAM_EVENTS);
}

/* Transfers of every contract are few enough to be sifted here; events are not. */
static bool is_too_many(enum stream_kind kind, size_t n) {
    return kind == STREAM_TRANSFERS && n > GROUP_MAX;
}

enum err live_filter(struct indexer *indexer, enum stream_kind kind, struct logs_filter *filter) {
    address *tokens = arena_alloc(indexer->job.task.arena, (indexer->n_streams + 1) * sizeof *tokens);
    if (tokens == NULL) return task_fail_memory(&indexer->job.task);
    *filter = (struct logs_filter){.kind = kind == STREAM_EVENTS ? LOGS_EVENTS : LOGS_TRANSFERS, .tokens = tokens};
    for (size_t i = 0; i < indexer->n_streams; i++) {
        const struct index_stream *stream = &indexer->streams[i];
        if (!stream->live || stream->kind != kind) continue;
        tokens[filter->n_tokens++] = stream->token;
        if (!stream->every && !is_too_many(kind, filter->n_tokens)) continue;
        filter->n_tokens = 0;
        break;
    }
    return ERR_OK;
}

static bool is_live(const struct indexer *indexer, const address *token) {
    for (size_t i = 0; i < indexer->n_streams; i++) {
        const struct index_stream *stream = &indexer->streams[i];
        if (!stream->live || stream->kind != STREAM_TRANSFERS) continue;
        if (stream->every || address_equal(&stream->token, token)) return true;
    }
    return false;
}

void live_keep(const struct indexer *indexer, struct logs *logs) {
    size_t transfers = 0, odd = 0;
    for (size_t i = 0; i < logs->n_transfers; i++) {
        if (is_live(indexer, &logs->transfers[i].token)) logs->transfers[transfers++] = logs->transfers[i];
    }
    for (size_t i = 0; i < logs->n_odd; i++) {
        if (is_live(indexer, &logs->odd[i].token)) logs->odd[odd++] = logs->odd[i];
    }
    logs->n_transfers = transfers;
    logs->n_odd = odd;
}
