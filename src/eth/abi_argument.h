/* JSON values as the ABI's types want them, one at a time; how they are laid out is for whoever asks. Reads untrusted
 * JSON; pure functions, any thread.
 *
 * Errors: ERR_INVALID_ARGUMENT, with a problem that names the place and what is allowed there. */
#ifndef DAPPD_ETH_ABI_ARGUMENT_H
#define DAPPD_ETH_ABI_ARGUMENT_H

#include <jansson.h>

#include "abi_place.h"
#include "core/buf.h"

/* Who asks, and where the value stands. */
struct abi_argument {
    char *problem; /* ABI_PROBLEM_BYTES */
    struct abi_place place;
};

/* The word of an integer, address, bool or of fixed bytes. */
enum err abi_argument_word(uint8_t word[32], const struct abi_argument *at, const struct abi_type *type,
                           const json_t *value) MUST_CHECK;

/* Appends what bytes or a string have in them. */
enum err abi_argument_bytes(struct buf *out, const struct abi_argument *at, const struct abi_type *type,
                            const json_t *value) MUST_CHECK;

/* Out: how many items an array has. */
enum err abi_argument_count(size_t *n, const struct abi_argument *at, const struct abi_type *type,
                            const json_t *value) MUST_CHECK;

/* The values of parameters, as an object or a list, taken one after the other. */
struct abi_members {
    const struct abi_argument *at; /* where they all are */
    const struct abi_params *params;
    const json_t *values;
    size_t n_taken;
    void *next; /* of an object: the member behind the last one taken */
};

/* ERR_INVALID_ARGUMENT unless the value can be these parameters. NULL: it has none. */
enum err abi_members_begin(struct abi_members *members, const struct abi_argument *at, const struct abi_params *params,
                           const json_t *values) MUST_CHECK;

/* Takes the next one and says where it is. In: there is one. */
enum err abi_members_take(struct abi_argument *member_at, const json_t **member,
                          struct abi_members *members) MUST_CHECK;

#endif
