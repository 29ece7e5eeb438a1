/* Recursive Length Prefix, read strictly: every value has one encoding, and any other is refused. Reads untrusted
 * bytes where they lie, allocates nothing and never recurses: a list is read item by item, as deep as its reader goes.
 * Pure functions, any thread. Source: yellow paper, appendix B. */
#ifndef DAPPD_ETH_RLP_H
#define DAPPD_ETH_RLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "eth/u256.h"

enum { RLP_HEADER_BYTES = 9 }; /* the longest: a prefix and a length of eight bytes */

/* Borrowed. Of a list: the encodings of its items that are still to be read, one behind the other. */
struct rlp_bytes {
    const uint8_t *p;
    size_t len;
};

struct rlp_item {
    bool is_list;
    struct rlp_bytes content; /* a string's bytes, or a list's items */
    struct rlp_bytes whole;   /* with its header */
};

/* Take the first item off rest. Each returns ERR_INVALID_PARAMETER when there is none, when it is cut or not in its
 * shortest form, and when it is not what is asked for; rest and *out are untouched then. What a list holds is looked at
 * only once it is read itself. */
enum err rlp_next(struct rlp_item *out, struct rlp_bytes *rest) MUST_CHECK;
enum err rlp_list(struct rlp_bytes *out, struct rlp_bytes *rest) MUST_CHECK;
enum err rlp_string(struct rlp_bytes *out, struct rlp_bytes *rest) MUST_CHECK;
/* Integers are big-endian without leading zeros; zero is the empty string. */
enum err rlp_u64(uint64_t *out, struct rlp_bytes *rest) MUST_CHECK;
enum err rlp_u256(u256 *out, struct rlp_bytes *rest) MUST_CHECK;
/* A string of exactly n bytes. */
enum err rlp_fixed(uint8_t *out, size_t n, struct rlp_bytes *rest) MUST_CHECK;

/* How many items there are. ERR_INVALID_PARAMETER when one of them is malformed. */
enum err rlp_count(size_t *out, struct rlp_bytes items) MUST_CHECK;

/* Writes the header of a list, or of a string of two bytes or more, whose content has that length. Returns how many
 * bytes it takes. */
size_t rlp_header(uint8_t out[RLP_HEADER_BYTES], bool is_list, size_t len);

void rlp_put_string(struct buf *out, const void *bytes, size_t len);
void rlp_put_u64(struct buf *out, uint64_t value);
void rlp_put_u256(struct buf *out, const u256 *value);

/* Makes one list of all that stands behind the first start bytes of out. */
void rlp_put_list(struct buf *out, size_t start);

#endif
