/* Where a list goes on: what a client gets as next_cursor and sends back as it is. Not secret and not signed: a cursor
 * made up by a client reads nothing that its query would not. Reads untrusted bytes; pure, any thread. */
#ifndef DAPPD_SERVICES_CURSOR_H
#define DAPPD_SERVICES_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "eth/address.h"

/* Which list; the numbers are part of the format. */
enum cursor_kind {
    CURSOR_TRANSFERS = 1,
    CURSOR_BALANCES = 2,
    CURSOR_TOKENS = 3,
    CURSOR_HOLDERS = 4,
    CURSOR_USERS = 5,
    CURSOR_KEYS = 6,
    CURSOR_AUDIT = 7,
    CURSOR_TRANSACTIONS = 8,
    CURSOR_CONTRACTS = 9,
    CURSOR_EVENTS = 10,
    CURSOR_STATES = 11
};

enum { CURSOR_MAX_PLACE_BYTES = 64, CURSOR_TEXT_BYTES = 176 };

struct cursor {
    enum cursor_kind kind;
    uint64_t chain_id;     /* 0: of no chain, and then of no block */
    uint64_t filter;       /* a hash of what was asked for: with another filter the place means nothing */
    uint64_t block_number; /* of the walk's first page */
    hash32 block_hash;
    uint8_t place[CURSOR_MAX_PLACE_BYTES]; /* of the last item shown, as its list writes it */
    size_t place_len;
};

/* Writes base64url without padding (RFC 4648, section 5) and NUL. Returns out. */
char *cursor_encode(char out[CURSOR_TEXT_BYTES], const struct cursor *cursor);

/* Reads what cursor_encode of this version wrote for this kind, chain and filter, with a place of this length, and
 * nothing else: ERR_INVALID_CURSOR. In: *cursor with kind, chain_id, filter and place_len; the rest is filled in. */
enum err cursor_decode(struct cursor *cursor, const char *text, size_t len) MUST_CHECK;

/* Big-endian numbers of a place. Put returns behind what it wrote; get moves *p on. */
uint8_t *cursor_put(uint8_t *p, uint64_t value, size_t bytes);
uint64_t cursor_get(const uint8_t **p, size_t bytes);

#endif
