/* Live streams move together, so their logs are asked for together. Owns nothing.
 * On the indexer's coroutine.
 * What they are is the indexer's state. */
#include "live.h"

#include "indexer_state.h"

bool live_any(const struct indexer *indexer) {
    for (size_t i = 0; i < indexer->n_streams; i++) {
        if (indexer->streams[i].live) return true;
    }
    return false;
}

void live_filter(const struct indexer *indexer, struct logs_filter *filter, address tokens[GROUP_MAX]) {
    *filter = (struct logs_filter){.tokens = tokens};
    for (size_t i = 0; i < indexer->n_streams; i++) {
        const struct index_stream *stream = &indexer->streams[i];
        if (!stream->live) continue;
        if (stream->every || filter->n_tokens == GROUP_MAX) {
            filter->n_tokens = 0;
            return;
        }
        tokens[filter->n_tokens++] = stream->token;
    }
}

static bool is_live(const struct indexer *indexer, const address *token) {
    for (size_t i = 0; i < indexer->n_streams; i++) {
        const struct index_stream *stream = &indexer->streams[i];
        if (stream->live && (stream->every || address_equal(&stream->token, token))) return true;
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
