/* Writes JSON into a buf: commas, quotes and escapes by itself, values in the order given. Plain value, one thread.
 * Nesting past JSON_OUT_MAX_DEPTH and unbalanced calls are bugs of ours (assert). */
#ifndef DAPPD_CORE_JSON_OUT_H
#define DAPPD_CORE_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum { JSON_OUT_MAX_DEPTH = 32 };

struct json_out {
    struct buf *buf;
    uint32_t has_item;  /* bit n: the container at depth n + 1 has an item already */
    uint32_t is_object; /* bit n: it is an object */
    unsigned depth;
    bool after_key;
};

void json_out_init(struct json_out *out, struct buf *buf);

void json_out_object_begin(struct json_out *out);
void json_out_object_end(struct json_out *out);
void json_out_array_begin(struct json_out *out);
void json_out_array_end(struct json_out *out);
void json_out_key(struct json_out *out, const char *key);

/* Text is escaped per RFC 8259; bytes that are not UTF-8 become U+FFFD. NULL writes null. */
void json_out_str(struct json_out *out, const char *text);
void json_out_strn(struct json_out *out, const char *text, size_t len);
/* 0x and two lower-case digits for each byte. */
void json_out_hex(struct json_out *out, const uint8_t *bytes, size_t n);
void json_out_u64(struct json_out *out, uint64_t value);
void json_out_i64(struct json_out *out, int64_t value);
void json_out_bool(struct json_out *out, bool value);
void json_out_null(struct json_out *out);
/* Writes text that is JSON already. */
void json_out_raw(struct json_out *out, const char *text, size_t len);

/* A key and its value in one call. */
void json_out_key_str(struct json_out *out, const char *key, const char *text);
void json_out_key_u64(struct json_out *out, const char *key, uint64_t value);
void json_out_key_bool(struct json_out *out, const char *key, bool value);
void json_out_key_null(struct json_out *out, const char *key);

#endif
