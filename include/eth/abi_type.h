/* A contract's ABI as it has been read: functions, events, errors and the types of what goes in and comes out. Plain
 * values, constant once read; any thread. Source: Solidity ABI specification. */
#ifndef DAPPD_ETH_ABI_TYPE_H
#define DAPPD_ETH_ABI_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eth/address.h"

enum {
    ABI_MAX_ITEMS = 4096,         /* of one ABI */
    ABI_MAX_PARAMS = 255,         /* of a function, or components of a tuple */
    ABI_MAX_DEPTH = 12,           /* arrays and tuples within each other */
    ABI_MAX_NAME_BYTES = 255,     /* of an identifier */
    ABI_MAX_HEAD_BYTES = 1 << 20, /* of what a fixed array, a tuple or all parameters take in place */
    ABI_MAX_TYPES = 65536,        /* in all of an ABI, a struct's counted wherever it is used */
    ABI_MAX_SIGNATURE_BYTES = 16384,
    ABI_PROBLEM_BYTES = 256
};

enum abi_kind {
    ABI_UINT,
    ABI_INT,
    ABI_ADDRESS,
    ABI_BOOL,
    ABI_FIXED_BYTES, /* bytes1 to bytes32; a `function` is a bytes24 */
    ABI_BYTES,
    ABI_STRING,
    ABI_ARRAY,
    ABI_TUPLE
};

enum { ABI_ANY_LENGTH = -1 };

struct abi_param;

struct abi_params {
    const struct abi_param *list;
    size_t n;
    bool named; /* there are some, each with a name of its own: in JSON they are an object, else an array */
};

struct abi_type {
    enum abi_kind kind;
    unsigned size;                /* bits of an integer, 8 to 256; bytes of fixed bytes, 1 to 32 */
    const struct abi_type *item;  /* of an array */
    int64_t length;               /* of an array, at least 1, or ABI_ANY_LENGTH where it varies */
    struct abi_params components; /* of a tuple, at least one */
    bool is_function;             /* fixed bytes that signatures call `function` */
    bool dynamic;                 /* it stands behind an offset */
    unsigned depth;               /* of arrays and tuples within each other; 0 of what is neither */
    size_t head_bytes;            /* what it takes in place, at least 32: 32 of a dynamic one */
};

struct abi_param {
    const char *name; /* "" where it has none */
    struct abi_type type;
    bool indexed; /* of an event */
};

enum abi_item_kind { ABI_ITEM_FUNCTION, ABI_ITEM_EVENT, ABI_ITEM_ERROR, ABI_ITEM_CONSTRUCTOR };

enum abi_mutability { ABI_PURE, ABI_VIEW, ABI_NONPAYABLE, ABI_PAYABLE };

struct abi_item {
    enum abi_item_kind kind;
    const char *name;               /* "" of a constructor */
    const char *signature;          /* canonical: transfer(address,uint256); constructor(uint256) */
    hash32 hash;                    /* Keccak-256 of that: an event's topic0; its first four bytes are the selector.
                                       Zero of a constructor */
    enum abi_mutability mutability; /* of functions and constructors */
    bool anonymous;                 /* of an event: it has no topic0 */
    struct abi_params inputs;
    struct abi_params outputs;
};

/* Functions of one name with different inputs are items of their own. fallback and receive are left out. */
struct abi {
    const struct abi_item *items;
    size_t n_items;
};

/* By the first four bytes of calldata or revert data. NULL when there is none. */
const struct abi_item *abi_find_selector(const struct abi *abi, enum abi_item_kind kind, const uint8_t selector[4]);

/* The event of which this is a log: by topic0, and by as many indexed parameters as there are further topics, which is
 * how ERC-20 and ERC-721 differ. Anonymous events are never found. NULL when there is none. */
const struct abi_item *abi_find_event(const struct abi *abi, const hash32 *topics, size_t n_topics);

/* The next item of this kind behind `after` (NULL: the first) that has this name or this canonical signature. */
const struct abi_item *abi_next_named(const struct abi *abi, enum abi_item_kind kind, const char *name, size_t len,
                                      const struct abi_item *after);

const struct abi_item *abi_find_constructor(const struct abi *abi);

#endif
