/* The types of typed structured data: what a struct is made of, and the hash that says so. Reads untrusted JSON; pure
 * functions, any thread. Source: EIP-712. */
#ifndef DAPPD_ETH_TYPED_TYPES_H
#define DAPPD_ETH_TYPED_TYPES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "typed_data.h"

/* Far past what anybody signs; together they bound how much one small request makes us hash: a struct's hash is over
 * the text of every struct that it can reach. */
enum { TYPED_MAX_STRUCTS = 128, TYPED_MAX_MEMBERS = 256, TYPED_MAX_TEXT_BYTES = 16384 };

enum typed_kind {
    TYPED_BOOL,
    TYPED_ADDRESS,
    TYPED_UINT,
    TYPED_INT,
    TYPED_FIXED_BYTES,
    TYPED_BYTES,
    TYPED_STRING,
    TYPED_STRUCT,
};

/* A member's type: an element, and the arrays around it. */
struct typed_ref {
    enum typed_kind kind;
    unsigned size;                 /* bits of an integer, bytes of fixed bytes */
    const struct typed_struct *of; /* of a struct, else NULL */
    const char *arrays;            /* "[3][]": the last one is the outermost */
    size_t arrays_len;
};

struct typed_member {
    const char *name; /* an identifier */
    const char *type; /* as it was written, and is hashed */
    struct typed_ref ref;
};

struct typed_struct {
    const char *name;
    struct typed_member *members;
    size_t n_members;
    uint8_t type_hash[32];
};

struct typed_types {
    struct typed_struct *structs; /* by name */
    size_t n;
};

/* In: the member "types"; it must outlive *out, which borrows its names. Every type must be well formed and every
 * struct declared, used or not. ERR_INVALID_JSON, or ERR_OVERLOADED once the arena's cap is passed. */
enum err typed_types_read(struct typed_types *out, char problem[TYPED_DATA_PROBLEM_BYTES], struct arena *arena,
                          json_t *types) MUST_CHECK;

/* Returns NULL when there is none of that name. */
const struct typed_struct *typed_types_find(const struct typed_types *types, const char *name, size_t len);

#endif
