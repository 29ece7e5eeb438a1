/* What of a long reply is not wanted costs no more than being looked at once, and what is wanted is decoded where it
 * stands. A scan owns the one buffer for strings with escapes, which no node sends where they matter.
 * Any thread: functions on bytes. */
#include "json_scan.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_depth.h"
#include "eth/hex.h"
#include "json_text.h"

void json_scan_init(struct json_scan *scan, const char *text, size_t len) {
    *scan = (struct json_scan){.at = text, .end = text + len};
    buf_init(&scan->text, len);
}

void json_scan_free(struct json_scan *scan) {
    buf_free(&scan->text);
}

static size_t left(const struct json_scan *scan) {
    return (size_t)(scan->end - scan->at);
}

static void skip_space(struct json_scan *scan) {
    while (scan->at < scan->end && (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\r' || *scan->at == '\t')) {
        scan->at++;
    }
}

/* Behind white space. */
static bool next_is(struct json_scan *scan, char c) {
    skip_space(scan);
    return scan->at < scan->end && *scan->at == c;
}

bool json_scan_take(struct json_scan *scan, char c) {
    if (!next_is(scan, c)) return false;
    scan->at++;
    return true;
}

bool json_scan_at_end(struct json_scan *scan) {
    skip_space(scan);
    return scan->at == scan->end;
}

/* The end of a word is where something begins that could follow it. */
static bool take_word(struct json_scan *scan, const char *word, size_t len) {
    skip_space(scan);
    if (left(scan) < len || memcmp(scan->at, word, len) != 0) return false;
    scan->at += len;
    return true;
}

bool json_scan_null(struct json_scan *scan) {
    return take_word(scan, "null", 4);
}

bool json_scan_bool(struct json_scan *scan, bool *out) {
    *out = take_word(scan, "true", 4);
    return *out || take_word(scan, "false", 5);
}

/* Numbers are rare where this is used, and how large one may be is jansson's business. */
static bool skip_number(struct json_scan *scan) {
    const char *start = scan->at;
    while (scan->at < scan->end && *scan->at != '\0' && strchr("+-.0123456789Ee", *scan->at) != NULL) scan->at++;
    json_t *number = json_loadb(start, (size_t)(scan->at - start), JSON_DECODE_ANY, NULL);
    bool valid = json_is_number(number);
    json_decref(number);
    return valid;
}

static bool enter(struct json_scan *scan, char bracket) {
    return json_scan_take(scan, bracket) && ++scan->depth <= JSON_MAX_DEPTH;
}

static bool leave(struct json_scan *scan) {
    scan->depth--;
    return true;
}

bool json_scan_array(struct json_scan *scan, json_scan_item item, void *arg) {
    if (!enter(scan, '[')) return false;
    if (json_scan_take(scan, ']')) return leave(scan);
    do {
        if (!item(scan, arg)) return false;
    } while (json_scan_take(scan, ','));
    return json_scan_take(scan, ']') && leave(scan);
}

/* Takes a key and its colon. Out: the key, borrowed until the next one. */
static bool take_key(struct json_scan *scan, const char **key, size_t *len) {
    if (!next_is(scan, '"')) return false;
    const char *start = scan->at + 1;
    const char *close = json_text_end(start, scan->end);
    if (close == NULL) return false;
    *key = start;
    *len = (size_t)(close - start);
    if (memchr(start, '\\', *len) != NULL) {
        buf_clear(&scan->text);
        if (!json_text_unescape(&scan->text, start, *len) || memchr(scan->text.data, '\0', scan->text.len) != NULL)
            return false;
        *key = scan->text.data;
        *len = scan->text.len;
    }
    scan->at = close + 1;
    return json_scan_take(scan, ':');
}

/* Returns its index, or n. */
static size_t find_field(const struct json_scan_field *fields, size_t n, const char *key, size_t len) {
    size_t i = 0;
    while (i < n && (fields[i].name_len != len || memcmp(fields[i].name, key, len) != 0)) i++;
    return i;
}

static bool has_required(const struct json_scan_field *fields, size_t n, uint32_t seen) {
    for (size_t i = 0; i < n; i++) {
        if (fields[i].required && (seen >> i & 1) == 0) return false;
    }
    return true;
}

bool json_scan_object(struct json_scan *scan, const struct json_scan_field *fields, size_t n, void *arg) {
    assert(n <= 32);
    uint32_t seen = 0;
    if (!enter(scan, '{')) return false;
    if (json_scan_take(scan, '}')) return has_required(fields, n, seen) && leave(scan);
    do {
        const char *key;
        size_t len;
        if (!take_key(scan, &key, &len)) return false;
        size_t i = find_field(fields, n, key, len);
        uint32_t bit = i < n ? UINT32_C(1) << i : 0;
        if ((seen & bit) != 0) return false;
        seen |= bit;
        if (!(i < n ? fields[i].read(scan, arg) : json_scan_skip(scan))) return false;
    } while (json_scan_take(scan, ','));
    return json_scan_take(scan, '}') && has_required(fields, n, seen) && leave(scan);
}

static bool skip_item(struct json_scan *scan, void *arg) {
    (void)arg;
    return json_scan_skip(scan);
}

static bool skip_string(struct json_scan *scan) {
    const char *close = json_text_end(scan->at + 1, scan->end);
    if (close == NULL) return false;
    scan->at = close + 1;
    return true;
}

bool json_scan_skip(struct json_scan *scan) {
    bool truth;
    skip_space(scan);
    if (scan->at == scan->end) return false;
    switch (*scan->at) {
    case '"':
        return skip_string(scan);
    case '{':
        return json_scan_object(scan, NULL, 0, NULL);
    case '[':
        return json_scan_array(scan, skip_item, NULL);
    case 't':
    case 'f':
        return json_scan_bool(scan, &truth);
    case 'n':
        return json_scan_null(scan);
    default:
        return skip_number(scan);
    }
}

/* --- hex strings --- */

typedef bool (*read_text)(void *out, const char *text, size_t len);

/* Nothing that reads as hex holds a backslash or a quote, so what reads as hex up to the next quote is the string; only
 * when it does not can there be escapes in it. */
static bool take_hex(struct json_scan *scan, read_text read, void *out) {
    if (!next_is(scan, '"')) return false;
    const char *start = scan->at + 1;
    const char *close = memchr(start, '"', (size_t)(scan->end - start));
    if (close == NULL) return false;
    if (!read(out, start, (size_t)(close - start))) {
        close = json_text_end(start, scan->end);
        buf_clear(&scan->text);
        if (close == NULL || !json_text_unescape(&scan->text, start, (size_t)(close - start))) return false;
        if (scan->text.len == 0 || !read(out, scan->text.data, scan->text.len)) return false;
    }
    scan->at = close + 1;
    return true;
}

struct byte_field {
    uint8_t *bytes;
    size_t n;
    size_t len; /* of data of any length, which n is only a part of */
};

static bool has_prefix(const char *text, size_t len) {
    return len >= 2 && text[0] == '0' && text[1] == 'x';
}

static bool read_bytes(void *out, const char *text, size_t len) {
    const struct byte_field *field = out;
    return len == 2 + 2 * field->n && has_prefix(text, len) && hex_read(field->bytes, field->n, text + 2);
}

static bool read_data(void *out, const char *text, size_t len) {
    struct byte_field *field = out;
    uint8_t rest[64];
    if (!has_prefix(text, len) || len % 2 != 0) return false;
    field->len = (len - 2) / 2;
    size_t wanted = field->len < field->n ? field->len : field->n;
    if (!hex_read(field->bytes, wanted, text + 2)) return false;
    for (size_t i = wanted; i < field->len; i += sizeof(rest)) {
        size_t n = field->len - i < sizeof(rest) ? field->len - i : sizeof(rest);
        if (!hex_read(rest, n, text + 2 + 2 * i)) return false;
    }
    return true;
}

static bool read_data_new(void *out, const char *text, size_t len) {
    struct byte_field *field = out;
    if (!has_prefix(text, len) || len % 2 != 0) return false;
    field->len = (len - 2) / 2;
    if (field->len == 0) return true;
    free(field->bytes);
    field->bytes = malloc(field->len);
    if (field->bytes == NULL) abort();
    return hex_read(field->bytes, field->len, text + 2);
}

static bool read_u64(void *out, const char *text, size_t len) {
    return hex_decode_u64(out, text, len) == ERR_OK;
}

static bool read_u256(void *out, const char *text, size_t len) {
    return u256_from_hex(out, text, len) == ERR_OK;
}

bool json_scan_bytes(struct json_scan *scan, uint8_t *out, size_t n) {
    return take_hex(scan, read_bytes, &(struct byte_field){.bytes = out, .n = n});
}

bool json_scan_address(struct json_scan *scan, address *out) {
    return json_scan_bytes(scan, out->bytes, sizeof(out->bytes));
}

bool json_scan_hash(struct json_scan *scan, hash32 *out) {
    return json_scan_bytes(scan, out->bytes, sizeof(out->bytes));
}

bool json_scan_data(struct json_scan *scan, uint8_t *out, size_t n, size_t *len) {
    struct byte_field field = {.bytes = out, .n = n};
    bool read = take_hex(scan, read_data, &field);
    *len = field.len;
    return read;
}

bool json_scan_data_new(struct json_scan *scan, uint8_t **bytes, size_t *len) {
    struct byte_field field = {.bytes = NULL};
    bool read = take_hex(scan, read_data_new, &field);
    if (!read) free(field.bytes);
    *bytes = read ? field.bytes : NULL;
    *len = field.len;
    return read;
}

bool json_scan_u64(struct json_scan *scan, uint64_t *out) {
    return take_hex(scan, read_u64, out);
}

bool json_scan_u256(struct json_scan *scan, u256 *out) {
    return take_hex(scan, read_u256, out);
}
