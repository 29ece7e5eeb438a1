/* Takes encoded items apart and puts them together. What bytes say about their own length is compared with how many
 * there are before it is believed.
 * Owns nothing: what is read is borrowed, what is written is the caller's. Any thread.
 * Source: yellow paper, appendix B. */
#include "eth/rlp.h"

#include <string.h>

enum {
    STRING_PREFIX = 0x80, /* below it, a byte is its own encoding */
    LIST_PREFIX = 0xc0,
    SHORT_MAX = 55, /* the longest content whose length the prefix itself says */
    U64_BYTES = 8,
    U256_BYTES = 32
};

/* Out: how long the content is, and the header before it. A length that a shorter header could say is refused. */
static bool read_header(size_t *header, size_t *content, const uint8_t *p, size_t len) {
    size_t n = p[0] < LIST_PREFIX ? p[0] - (size_t)STRING_PREFIX : p[0] - (size_t)LIST_PREFIX;
    *header = 1;
    *content = n;
    if (n <= SHORT_MAX) return true;
    n -= SHORT_MAX; /* bytes of the length, 1 to 8 */
    if (n >= len || p[1] == 0) return false;
    uint64_t length = 0;
    for (size_t i = 1; i <= n; i++) length = length << 8 | p[i];
    *header = 1 + n;
    *content = (size_t)length;
    return length > SHORT_MAX && length <= SIZE_MAX;
}

enum err rlp_next(struct rlp_item *out, struct rlp_bytes *rest) {
    const uint8_t *p = rest->p;
    size_t header = 0, content = 1;
    if (rest->len == 0) return ERR_INVALID_PARAMETER;
    if (p[0] >= STRING_PREFIX && !read_header(&header, &content, p, rest->len)) return ERR_INVALID_PARAMETER;
    if (content > rest->len - header) return ERR_INVALID_PARAMETER;
    if (p[0] == STRING_PREFIX + 1 && p[1] < STRING_PREFIX) return ERR_INVALID_PARAMETER;
    *out = (struct rlp_item){
        .is_list = p[0] >= LIST_PREFIX,
        .content = {.p = p + header, .len = content},
        .whole = {.p = p, .len = header + content},
    };
    *rest = (struct rlp_bytes){.p = p + header + content, .len = rest->len - header - content};
    return ERR_OK;
}

static enum err next_of_kind(struct rlp_bytes *out, struct rlp_bytes *rest, bool is_list) {
    struct rlp_bytes behind = *rest;
    struct rlp_item item;
    if (rlp_next(&item, &behind) != ERR_OK || item.is_list != is_list) return ERR_INVALID_PARAMETER;
    *out = item.content;
    *rest = behind;
    return ERR_OK;
}

enum err rlp_list(struct rlp_bytes *out, struct rlp_bytes *rest) {
    return next_of_kind(out, rest, true);
}

enum err rlp_string(struct rlp_bytes *out, struct rlp_bytes *rest) {
    return next_of_kind(out, rest, false);
}

/* Out: the integer as a word of that many bytes. */
static enum err read_integer(uint8_t *word, size_t size, struct rlp_bytes *rest) {
    struct rlp_bytes behind = *rest, digits;
    if (rlp_string(&digits, &behind) != ERR_OK || digits.len > size) return ERR_INVALID_PARAMETER;
    if (digits.len > 0 && digits.p[0] == 0) return ERR_INVALID_PARAMETER;
    memset(word, 0, size - digits.len);
    if (digits.len > 0) memcpy(word + size - digits.len, digits.p, digits.len);
    *rest = behind;
    return ERR_OK;
}

enum err rlp_u64(uint64_t *out, struct rlp_bytes *rest) {
    uint8_t word[U64_BYTES];
    enum err err = read_integer(word, sizeof word, rest);
    if (err != ERR_OK) return err;
    *out = 0;
    for (size_t i = 0; i < sizeof word; i++) *out = *out << 8 | word[i];
    return ERR_OK;
}

enum err rlp_u256(u256 *out, struct rlp_bytes *rest) {
    uint8_t word[U256_BYTES];
    enum err err = read_integer(word, sizeof word, rest);
    if (err == ERR_OK) *out = u256_from_be(word);
    return err;
}

enum err rlp_fixed(uint8_t *out, size_t n, struct rlp_bytes *rest) {
    struct rlp_bytes behind = *rest, string;
    if (rlp_string(&string, &behind) != ERR_OK || string.len != n) return ERR_INVALID_PARAMETER;
    memcpy(out, string.p, n);
    *rest = behind;
    return ERR_OK;
}

enum err rlp_count(size_t *out, struct rlp_bytes items) {
    struct rlp_item item;
    size_t n = 0;
    for (; items.len > 0; n++) {
        if (rlp_next(&item, &items) != ERR_OK) return ERR_INVALID_PARAMETER;
    }
    *out = n;
    return ERR_OK;
}

size_t rlp_header(uint8_t out[RLP_HEADER_BYTES], bool is_list, size_t len) {
    unsigned prefix = is_list ? LIST_PREFIX : STRING_PREFIX;
    if (len <= SHORT_MAX) {
        out[0] = (uint8_t)(prefix + len);
        return 1;
    }
    size_t n = 0;
    for (uint64_t left = len; left > 0; left >>= 8) n++;
    out[0] = (uint8_t)(prefix + SHORT_MAX + n);
    for (size_t i = 0; i < n; i++) out[n - i] = (uint8_t)((uint64_t)len >> 8 * i);
    return 1 + n;
}

void rlp_put_string(struct buf *out, const void *bytes, size_t len) {
    uint8_t header[RLP_HEADER_BYTES];
    bool is_own_encoding = len == 1 && *(const uint8_t *)bytes < STRING_PREFIX;
    if (!is_own_encoding) buf_append(out, header, rlp_header(header, false, len));
    buf_append(out, bytes, len);
}

void rlp_put_u256(struct buf *out, const u256 *value) {
    uint8_t word[U256_BYTES];
    size_t zeros = 0;
    u256_to_be(word, value);
    while (zeros < sizeof word && word[zeros] == 0) zeros++;
    rlp_put_string(out, word + zeros, sizeof word - zeros);
}

void rlp_put_u64(struct buf *out, uint64_t value) {
    u256 wide = u256_from_u64(value);
    rlp_put_u256(out, &wide);
}

void rlp_put_list(struct buf *out, size_t start) {
    uint8_t header[RLP_HEADER_BYTES];
    if (out->failed) return;
    size_t len = out->len - start;
    size_t n = rlp_header(header, true, len);
    if (buf_extend(out, n) == NULL) return;
    if (len > 0) memmove(out->data + start + n, out->data + start, len);
    memcpy(out->data + start, header, n);
}
