/* Leveled structured log: JSON lines on stderr, human-readable on a terminal. Lines go through one bounded buffer to a
 * writer thread, so that a slow reader never blocks a reactor; what does not fit is dropped and counted. Any thread. */
#ifndef DAPPD_CORE_LOG_H
#define DAPPD_CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_LEVEL_COUNT };

/* The modules a level can be set for. */
enum log_module { LOG_APP, LOG_HTTP, LOG_ACCESS, LOG_RPC, LOG_HEAD, LOG_DB, LOG_INDEX, LOG_MODULE_COUNT };

/* Parses "info" or "info,rpc=debug" (levels: error warn info debug; modules: app http access rpc head db index), the
 * value of the setting `log`. Returns false and sets *bad to the offending part (borrowed from text) with its length.
 */
bool log_parse(enum log_level out[LOG_MODULE_COUNT], const char **bad, size_t *bad_len, const char *text);

/* Starts the writer thread. In: levels per module; json: false prints for people. Call once, before other threads.
 * Before it errors alone are written; before it and after log_stop the caller writes them itself. */
void log_start(const enum log_level levels[LOG_MODULE_COUNT], bool json);

/* Writes everything out, waiting at most about a second for a blocked stderr, and ends the writer thread. */
void log_stop(void);

/* Cheap: true when a line of this level would be written. */
bool log_enabled(enum log_module module, enum log_level level);

/* One typed field of a line. Use the macros below. */
struct log_field {
    const char *key;
    enum {
        LOG_FIELD_STR,
        LOG_FIELD_U64,
        LOG_FIELD_I64,
        LOG_FIELD_MS
    } type; /* MS: microseconds shown as ms, 3 digits */
    union {
        const char *str;
        uint64_t u64;
        int64_t i64;
    } value;
};

#define LOG_STR(key_, v) ((struct log_field){.key = (key_), .type = LOG_FIELD_STR, .value.str = (v)})
#define LOG_U64(key_, v) ((struct log_field){.key = (key_), .type = LOG_FIELD_U64, .value.u64 = (v)})
#define LOG_I64(key_, v) ((struct log_field){.key = (key_), .type = LOG_FIELD_I64, .value.i64 = (v)})
#define LOG_US_AS_MS(key_, v) ((struct log_field){.key = (key_), .type = LOG_FIELD_MS, .value.u64 = (v)})

/* log_write(LOG_RPC, LOG_WARN, "upstream failed", LOG_STR("upstream", name), LOG_U64("tries", 2));
 * A NULL string field is left out. */
#define log_write(module, level, ...) \
    do { \
        if (log_enabled((module), (level))) log_emit_((module), (level), LOG_ARGS_(__VA_ARGS__)); \
    } while (0)
#define LOG_ARGS_(message, ...) \
    (message), (const struct log_field[]){{.key = NULL}, ##__VA_ARGS__}, \
        sizeof((const struct log_field[]){{.key = NULL}, ##__VA_ARGS__}) / sizeof(struct log_field)

/* fields[0] is a filler with key NULL. */
void log_emit_(enum log_module module, enum log_level level, const char *message, const struct log_field *fields,
               size_t n);

#endif
