/* A JSON writer on top of buf: no tree, no allocation of its own. Plain value; one thread. */
#include "core/json_out.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/hex.h"
#include "core/utf8.h"

void json_out_init(struct json_out *out, struct buf *buf) {
    *out = (struct json_out){.buf = buf};
}

static_assert(JSON_OUT_MAX_DEPTH <= 32, "a level is a bit");

/* The bit of the innermost container. */
static uint32_t level(const struct json_out *out) {
    return UINT32_C(1) << (out->depth - 1);
}

static bool in_object(const struct json_out *out) {
    return out->depth > 0 && (out->is_object & level(out)) != 0;
}

/* Writes the comma between two items of a container. */
static void before_item(struct json_out *out) {
    if ((out->has_item & level(out)) != 0) buf_append_char(out->buf, ',');
    out->has_item |= level(out);
}

static void before_value(struct json_out *out) {
    assert(out->after_key == in_object(out));
    if (out->depth > 0 && !out->after_key) before_item(out);
    out->after_key = false;
}

static void begin(struct json_out *out, char bracket, bool is_object) {
    before_value(out);
    assert(out->depth < JSON_OUT_MAX_DEPTH);
    out->depth++;
    out->has_item &= ~level(out);
    out->is_object &= ~level(out);
    if (is_object) out->is_object |= level(out);
    buf_append_char(out->buf, bracket);
}

static void end(struct json_out *out, char bracket, bool is_object) {
    assert(out->depth > 0 && !out->after_key && in_object(out) == is_object);
    out->depth--;
    buf_append_char(out->buf, bracket);
}

void json_out_object_begin(struct json_out *out) {
    begin(out, '{', true);
}

void json_out_object_end(struct json_out *out) {
    end(out, '}', true);
}

void json_out_array_begin(struct json_out *out) {
    begin(out, '[', false);
}

void json_out_array_end(struct json_out *out) {
    end(out, ']', false);
}

/* A stranger's text may be nothing else, for megabytes. */
static void append_code(struct buf *buf, uint8_t c) {
    static const char digits[] = "0123456789abcdef";
    const char code[] = {'\\', 'u', '0', '0', digits[c >> 4], digits[c & 0xf]};
    buf_append(buf, code, sizeof code);
}

static void append_escaped(struct buf *buf, uint8_t c) {
    switch (c) {
    case '"':
        buf_append(buf, "\\\"", 2);
        return;
    case '\\':
        buf_append(buf, "\\\\", 2);
        return;
    case '\n':
        buf_append(buf, "\\n", 2);
        return;
    case '\r':
        buf_append(buf, "\\r", 2);
        return;
    case '\t':
        buf_append(buf, "\\t", 2);
        return;
    default:
        append_code(buf, c);
        return;
    }
}

/* How many bytes from p on stand for themselves in a JSON string. */
static size_t plain_run(const uint8_t *p, size_t len) {
    size_t n = 0;
    while (n < len && p[n] >= 0x20 && p[n] < 0x80 && p[n] != '"' && p[n] != '\\') n++;
    return n;
}

/* Most texts: they go out in one piece. */
static void append_plain(struct buf *buf, const char *text, size_t len) {
    char *at = buf_extend(buf, len + 2);
    if (at == NULL) return;
    at[0] = '"';
    memcpy(at + 1, text, len);
    at[len + 1] = '"';
}

static void append_quoted(struct buf *buf, const char *text, size_t len) {
    const uint8_t *p = (const uint8_t *)text;
    if (plain_run(p, len) == len) {
        append_plain(buf, text, len);
        return;
    }
    buf_append_char(buf, '"');
    while (len > 0) {
        size_t n = plain_run(p, len);
        if (n > 0) {
            buf_append(buf, p, n);
        } else if (p[0] < 0x80) {
            append_escaped(buf, p[0]);
            n = 1;
        } else if ((n = utf8_sequence(p, len)) > 0) {
            buf_append(buf, p, n);
        } else {
            buf_append(buf, "\xEF\xBF\xBD", 3);
            n = 1;
        }
        p += n;
        len -= n;
    }
    buf_append_char(buf, '"');
}

void json_out_key(struct json_out *out, const char *key) {
    assert(in_object(out) && !out->after_key);
    before_item(out);
    append_quoted(out->buf, key, strlen(key));
    buf_append_char(out->buf, ':');
    out->after_key = true;
}

void json_out_strn(struct json_out *out, const char *text, size_t len) {
    before_value(out);
    append_quoted(out->buf, text, len);
}

void json_out_str(struct json_out *out, const char *text) {
    if (text == NULL) {
        json_out_null(out);
    } else {
        json_out_strn(out, text, strlen(text));
    }
}

void json_out_hex(struct json_out *out, const uint8_t *bytes, size_t n) {
    before_value(out);
    buf_append(out->buf, "\"0x", 3);
    char *digits = buf_extend(out->buf, 2 * n + 1);
    if (digits == NULL) return;
    (void)hex_write(digits, bytes, n);
    digits[2 * n] = '"';
}

void json_out_u64(struct json_out *out, uint64_t value) {
    before_value(out);
    buf_append_u64(out->buf, value);
}

void json_out_i64(struct json_out *out, int64_t value) {
    before_value(out);
    buf_printf(out->buf, "%lld", (long long)value);
}

void json_out_raw(struct json_out *out, const char *text, size_t len) {
    before_value(out);
    buf_append(out->buf, text, len);
}

void json_out_bool(struct json_out *out, bool value) {
    json_out_raw(out, value ? "true" : "false", value ? 4 : 5);
}

void json_out_null(struct json_out *out) {
    json_out_raw(out, "null", 4);
}

void json_out_key_str(struct json_out *out, const char *key, const char *text) {
    json_out_key(out, key);
    json_out_str(out, text);
}

void json_out_key_u64(struct json_out *out, const char *key, uint64_t value) {
    json_out_key(out, key);
    json_out_u64(out, value);
}

void json_out_key_bool(struct json_out *out, const char *key, bool value) {
    json_out_key(out, key);
    json_out_bool(out, value);
}

void json_out_key_null(struct json_out *out, const char *key) {
    json_out_key(out, key);
    json_out_null(out);
}
