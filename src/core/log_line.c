/* Turns a log event into one line, JSON for machines or aligned text for people, without allocating.
 * Owns nothing but each thread's text of the current second.
 * Any thread: runs in the caller of log_write, whichever that is. */
#include "log_line.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/json_out.h"
#include "core/utf8.h"

const char *const log_level_names[LOG_LEVEL_COUNT] = {"error", "warn", "info", "debug"};
const char *const log_module_names[LOG_MODULE_COUNT] = {"app", "http", "access", "rpc", "head", "db", "index"};

static const char *const level_columns[LOG_LEVEL_COUNT] = {"ERROR", "WARN ", "INFO ", "DEBUG"};
static const char *const level_colours[LOG_LEVEL_COUNT] = {"\033[31m", "\033[33m", "\033[32m", "\033[2m"};
static const char colour_off[] = "\033[0m";

enum {
    SECOND_CHARS = 19,   /* 2026-01-01T00:00:00 */
    DATE_CHARS = 11,     /* of them, up to and with the T */
    MODULE_COLUMN = 6,   /* the longest module's name */
    MESSAGE_COLUMN = 28, /* most messages are shorter */
    MESSAGE_LIMIT = 256,
    TEXT_LIMIT = 1024
};

/* Escapes make up to six bytes of one: each limit is tried when the one before gave a line that is too long. */
static const size_t text_limits[] = {TEXT_LIMIT, 64, 0};

struct line {
    struct buf *buf;
    size_t text_limit;
    bool cut; /* some text was shortened */
};

/* A buf on memory that is there already: since cap is max, it never allocates, and must not be freed. */
static struct buf buf_over(char *memory, size_t size) {
    return (struct buf){.data = memory, .cap = size, .max = size};
}

/* The second's text changes once a second and is asked for on every line. */
static const char *second_text(uint64_t second) {
    static _Thread_local char text[SECOND_CHARS + 1];
    static _Thread_local uint64_t cached;
    if (text[0] == '\0' || cached != second) {
        time_t t = (time_t)second;
        struct tm utc;
        (void)gmtime_r(&t, &utc);
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
        cached = second;
    }
    return text;
}

/* Appends the last digits of a number, with leading zeros. */
static void append_digits(struct buf *buf, uint64_t value, size_t width) {
    char *at = buf_extend(buf, width);
    for (size_t i = width; at != NULL && i > 0; i--, value /= 10) at[i - 1] = (char)('0' + value % 10);
}

static void append_us_as_ms(struct buf *buf, uint64_t us) {
    buf_append_u64(buf, us / 1000);
    buf_append_char(buf, '.');
    append_digits(buf, us, 3);
}

/* How many bytes of the text to show: at most max, and never half a character. */
static size_t shown_len(struct line *line, const char *text, size_t max) {
    size_t len = strnlen(text, max + 1);
    if (len <= max) return len;
    line->cut = true;
    len = max;
    while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80) len--;
    return len;
}

static bool is_shown(const struct log_field *field) {
    return field->type != LOG_FIELD_STR || field->value.str != NULL;
}

static void json_time(struct json_out *out, uint64_t wall_us) {
    char text[SECOND_CHARS + sizeof(".123456Z")];
    struct buf buf = buf_over(text, sizeof text);
    buf_append(&buf, second_text(wall_us / 1000000), SECOND_CHARS);
    buf_append_char(&buf, '.');
    append_digits(&buf, wall_us, 6);
    buf_append_char(&buf, 'Z');
    json_out_key(out, "time");
    json_out_strn(out, buf.data, buf.len);
}

static void json_value(struct json_out *out, struct line *line, const struct log_field *field) {
    char number[32];
    struct buf buf = buf_over(number, sizeof number);
    switch (field->type) {
    case LOG_FIELD_STR:
        json_out_strn(out, field->value.str, shown_len(line, field->value.str, line->text_limit));
        break;
    case LOG_FIELD_U64:
        json_out_u64(out, field->value.u64);
        break;
    case LOG_FIELD_I64:
        json_out_i64(out, field->value.i64);
        break;
    case LOG_FIELD_MS:
        append_us_as_ms(&buf, field->value.u64);
        json_out_raw(out, buf.data, buf.len);
        break;
    }
}

static void json_line(struct line *line, const struct log_event *event) {
    struct json_out out;
    json_out_init(&out, line->buf);
    json_out_object_begin(&out);
    json_time(&out, event->wall_us);
    json_out_key_str(&out, "level", log_level_names[event->level]);
    json_out_key_str(&out, "module", log_module_names[event->module]);
    json_out_key(&out, "msg");
    json_out_strn(&out, event->message, shown_len(line, event->message, MESSAGE_LIMIT));
    for (size_t i = 1; i < event->n_fields; i++) {
        if (!is_shown(&event->fields[i])) continue;
        json_out_key(&out, event->fields[i].key);
        json_value(&out, line, &event->fields[i]);
    }
    if (line->cut) json_out_key_bool(&out, "cut", true);
    json_out_object_end(&out);
}

static void append_column(struct buf *buf, const char *text, size_t len, size_t width) {
    static const char spaces[] = "                                ";
    static_assert(sizeof spaces > MESSAGE_COLUMN, "the widest column can be filled");
    buf_append(buf, text, len);
    if (len < width) buf_append(buf, spaces, width - len);
}

/* A terminal obeys control characters in what it shows, so strangers' text goes out without them. */
static void text_string(struct line *line, const char *text) {
    char clean[TEXT_LIMIT + 1];
    size_t len = utf8_clean(clean, sizeof clean, text, shown_len(line, text, line->text_limit));
    if (len > 0 && clean[strcspn(clean, " =\"\\")] == '\0') {
        buf_append(line->buf, clean, len);
    } else {
        struct json_out quoted;
        json_out_init(&quoted, line->buf);
        json_out_strn(&quoted, clean, len);
    }
}

static void text_value(struct line *line, const struct log_field *field) {
    switch (field->type) {
    case LOG_FIELD_STR:
        text_string(line, field->value.str);
        break;
    case LOG_FIELD_U64:
        buf_append_u64(line->buf, field->value.u64);
        break;
    case LOG_FIELD_I64:
        buf_printf(line->buf, "%lld", (long long)field->value.i64);
        break;
    case LOG_FIELD_MS:
        append_us_as_ms(line->buf, field->value.u64);
        buf_append_str(line->buf, "ms");
        break;
    }
}

static void text_fields(struct line *line, const struct log_event *event) {
    for (size_t i = 1; i < event->n_fields; i++) {
        if (!is_shown(&event->fields[i])) continue;
        buf_append_char(line->buf, ' ');
        buf_append_str(line->buf, event->fields[i].key);
        buf_append_char(line->buf, '=');
        text_value(line, &event->fields[i]);
    }
}

/* 12:34:56.789 WARN  rpc    upstream failed              upstream=rpc1 tries=2 */
static void text_line(struct line *line, const struct log_event *event, bool colour) {
    struct buf *buf = line->buf;
    buf_append(buf, second_text(event->wall_us / 1000000) + DATE_CHARS, SECOND_CHARS - DATE_CHARS);
    buf_append_char(buf, '.');
    append_digits(buf, event->wall_us / 1000, 3);
    buf_append_char(buf, ' ');
    if (colour) buf_append_str(buf, level_colours[event->level]);
    buf_append_str(buf, level_columns[event->level]);
    if (colour) buf_append_str(buf, colour_off);
    buf_append_char(buf, ' ');
    const char *module = log_module_names[event->module];
    append_column(buf, module, strlen(module), MODULE_COLUMN);
    buf_append_char(buf, ' ');

    char message[MESSAGE_LIMIT + 1];
    size_t shown = shown_len(line, event->message, MESSAGE_LIMIT);
    size_t len = utf8_clean(message, sizeof message, event->message, shown);
    append_column(buf, message, len, event->n_fields > 1 ? MESSAGE_COLUMN : 0);
    text_fields(line, event);
    if (line->cut) buf_append_str(buf, " (cut)");
}

size_t log_line_format(char out[LOG_LINE_BYTES], enum log_style style, const struct log_event *event) {
    for (size_t i = 0; i < sizeof text_limits / sizeof text_limits[0]; i++) {
        struct buf buf = buf_over(out, LOG_LINE_BYTES);
        struct line line = {.buf = &buf, .text_limit = text_limits[i]};
        if (style == LOG_STYLE_JSON) {
            json_line(&line, event);
        } else {
            text_line(&line, event, style == LOG_STYLE_COLOUR);
        }
        buf_append_char(&buf, '\n');
        if (!buf.failed) return buf.len;
    }
    return 0; /* hundreds of fields: no caller has them */
}
