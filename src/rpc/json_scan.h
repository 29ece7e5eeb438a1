/* Reads JSON front to back without making a tree of it: for replies that are long and of a known shape. It takes what
 * jansson takes (RFC 8259, UTF-8, JSON_MAX_DEPTH levels) and refuses the rest. Reads untrusted bytes; a scan belongs to
 * one function call, any thread. */
#ifndef DAPPD_RPC_JSON_SCAN_H
#define DAPPD_RPC_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "eth/address.h"
#include "eth/u256.h"

struct json_scan {
    const char *at;
    const char *end;
    unsigned depth;
    struct buf text; /* of a string with escapes, without them */
};

/* In: text, borrowed. */
void json_scan_init(struct json_scan *scan, const char *text, size_t len);
void json_scan_free(struct json_scan *scan);

/* All functions that return bool: false means that the text is refused, and where the scan stands is then of no
 * interest. Each takes the white space in front of what it looks for. */

/* Takes this character if it comes next. */
bool json_scan_take(struct json_scan *scan, char c);

/* Nothing but white space is left. */
bool json_scan_at_end(struct json_scan *scan);

/* Takes any value. */
bool json_scan_skip(struct json_scan *scan);

/* Takes an array, calling item for each of its items, which has to take it. */
typedef bool (*json_scan_item)(struct json_scan *scan, void *arg);
bool json_scan_array(struct json_scan *scan, json_scan_item item, void *arg);

/* A member of an object that somebody wants. */
struct json_scan_field {
    const char *name;
    size_t name_len;
    bool required;
    json_scan_item read;
};

/* Takes an object, calling read for the fields that it has; other members are skipped. Refuses one in which a required
 * field is missing, or any field comes twice. In: n, at most 32. */
bool json_scan_object(struct json_scan *scan, const struct json_scan_field *fields, size_t n, void *arg);

/* Hex strings, as eth/hex.h takes them. */
bool json_scan_address(struct json_scan *scan, address *out);
bool json_scan_hash(struct json_scan *scan, hash32 *out);
bool json_scan_bytes(struct json_scan *scan, uint8_t *out, size_t n);
bool json_scan_u64(struct json_scan *scan, uint64_t *out);
bool json_scan_u256(struct json_scan *scan, u256 *out);

/* Data of any length, of which the first n bytes are wanted, where there are so many. Out: len, of all. */
bool json_scan_data(struct json_scan *scan, uint8_t *out, size_t n, size_t *len);

/* All of it. Out: bytes, to be freed; NULL of none, and when it is refused. */
bool json_scan_data_new(struct json_scan *scan, uint8_t **bytes, size_t *len);

bool json_scan_bool(struct json_scan *scan, bool *out);

/* Takes null if that comes next; false: it does not. */
bool json_scan_null(struct json_scan *scan);

#endif
