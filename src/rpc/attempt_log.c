/* A node's message is the quickest way to see what is wrong, but some nodes echo the URL, which holds a key.
 * Owns nothing.
 * On the task's thread. */
#include "attempt_log.h"

#include <curl/curl.h>
#include <string.h>

#include "core/log.h"
#include "core/utf8.h"

enum { MIN_SECRET_BYTES = 8, MAX_SECRET_BYTES = 255, MAX_MESSAGE_BYTES = 256 };

bool attempt_log_leaks(const char *url, const char *text) {
    static const char separators[] = "/?&=@:# ";
    const char *part = strstr(url, "://");
    part = part == NULL ? url : part + 3;
    while (*part != '\0') {
        size_t len = strcspn(part, separators);
        char secret[MAX_SECRET_BYTES + 1];
        size_t kept = len < MAX_SECRET_BYTES ? len : MAX_SECRET_BYTES;
        memcpy(secret, part, kept);
        secret[kept] = '\0';
        if (kept >= MIN_SECRET_BYTES && strstr(text, secret) != NULL) return true;
        part += len + (part[len] != '\0' ? 1 : 0);
    }
    return false;
}

/* Nodes also echo keys that came in headers. */
static bool leaks_any(const struct upstream *upstream, const char *text) {
    if (attempt_log_leaks(upstream->url, text)) return true;
    for (const struct curl_slist *header = upstream->endpoint->configured; header != NULL; header = header->next) {
        if (attempt_log_leaks(header->data, text)) return true;
    }
    return false;
}

static void log_error(const struct attempt *attempt, const char *method, enum rpc_outcome outcome,
                      const json_t *error) {
    char message[MAX_MESSAGE_BYTES];
    struct codec_error read = codec_error_read(error);
    utf8_clean(message, sizeof(message), read.text, read.text_len);
    bool leaks = leaks_any(attempt->upstream, message);
    log_write(LOG_RPC, LOG_DEBUG, "node reports an error", LOG_STR("upstream", attempt->upstream->name),
              LOG_STR("method", method), LOG_STR("outcome", rpc_outcome_name(outcome)), LOG_I64("code", read.code),
              LOG_STR("message", leaks ? "(withheld: repeats the URL or a header)" : message));
}

void attempt_log_errors(const struct attempt *attempt, const struct codec_item *items, const json_t *whole) {
    if (!log_enabled(LOG_RPC, LOG_DEBUG)) return;
    if (whole != NULL) log_error(attempt, attempt->calls[0]->method, attempt->outcomes[0], whole);
    for (size_t i = 0; i < attempt->n && whole == NULL; i++) {
        if (items[i].kind != CODEC_ERROR) continue;
        log_error(attempt, attempt->calls[i]->method, attempt->outcomes[i], items[i].value);
    }
}
