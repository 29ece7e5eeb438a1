/* An ABI while it is read: what its readers share. Plain values on the stack of whoever reads, memory of what is read
 * is the arena's. Pure functions, any thread.
 *
 * What returns bool returns false once it has said in err and problem what is wrong. */
#ifndef DAPPD_ETH_ABI_READING_H
#define DAPPD_ETH_ABI_READING_H

#include "core/arena.h"
#include "core/err.h"
#include "eth/abi_type.h"

struct json_t;
struct abi_struct;

enum { ABI_NO_INDEX = -1, ABI_SHOWN_BYTES = 68 };

struct abi_reading {
    struct arena *arena;
    char *problem;
    enum err err;
    long index;                 /* of the item that is read; ABI_NO_INDEX of a signature by itself */
    const char *name;           /* of that item, "" while it is not known */
    size_t n_types;             /* read so far */
    struct abi_struct *structs; /* by name, of human-readable signatures */
    size_t n_structs;
};

/* Fails with ERR_INVALID_ABI and a problem that begins with the item. Returns false. */
bool abi_refuse(struct abi_reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Untrusted text fit for a problem: cut, and only what can be printed. Returns out. */
const char *abi_shown(char out[ABI_SHOWN_BYTES], const char *text, size_t len);

/* As arena_alloc; NULL is a failure of the reading. */
void *abi_alloc(struct abi_reading *reading, size_t size);

/* Copies an identifier; anything else, and one that is too long, is refused. In: what, what it is the name of. */
bool abi_read_name(struct abi_reading *reading, const char **out, const char *what, const char *text, size_t len);

/* A word that no parameter can be called: a type's name, or one that Solidity keeps for itself. */
bool abi_is_keyword(const char *word, size_t len);

/* Types, whose derived members are set here, and counted. What is too large is refused. */
bool abi_read_elementary(struct abi_reading *reading, struct abi_type *out, const char *word, size_t len);
bool abi_make_tuple(struct abi_reading *reading, struct abi_type *out, const struct abi_params *components);
bool abi_count_types(struct abi_reading *reading, size_t n);

/* Wraps the type into the arrays that follow it: [] and [n], up to the first other character. Moves *text there. */
bool abi_read_arrays(struct abi_reading *reading, struct abi_type *type, const char **text, const char *end);

/* Room for n parameters, and what is derived of all once they are read. */
struct abi_param *abi_alloc_params(struct abi_reading *reading, size_t n);
bool abi_set_params(struct abi_reading *reading, struct abi_params *out, const struct abi_param *list, size_t n);

/* Derives signature and hash of an item, and checks what its kind cannot be. */
bool abi_set_signature(struct abi_reading *reading, struct abi_item *item);

/* One item. Out: *is_kept false of fallback and receive, which no ABI keeps, and of a struct. */
bool abi_read_object(struct abi_reading *reading, struct abi_item *out, bool *is_kept, const struct json_t *json);
bool abi_read_human(struct abi_reading *reading, struct abi_item *out, bool *is_kept, const char *text, size_t len);

/* The structs among the strings of an ABI, so that signatures can refer to them. In: a JSON array. */
bool abi_read_structs(struct abi_reading *reading, const struct json_t *items);

#endif
