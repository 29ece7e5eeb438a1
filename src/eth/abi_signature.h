/* Human-readable signatures while they are read: their text, lists of parameters, and structs. Plain values on the
 * stack of whoever reads. Pure functions, any thread. What returns bool fails as abi_reading.h says, but for what takes
 * something or not. */
#ifndef DAPPD_ETH_ABI_SIGNATURE_H
#define DAPPD_ETH_ABI_SIGNATURE_H

#include "abi_reading.h"

/* What is left to read. */
struct abi_text {
    const char *p;
    const char *end;
};

/* What may stand between a parameter's type and its name. */
enum abi_words { ABI_WORDS_NONE, ABI_WORDS_EVENT, ABI_WORDS_FUNCTION };

struct abi_list {
    char between;
    char close;
    bool may_end_with_between;
    enum abi_words allowed;
};

extern const struct abi_list abi_tuple_list;
extern const struct abi_list abi_struct_list;

/* Takes what stands next, behind spaces, if it is that. */
bool abi_take_char(struct abi_text *text, char c);
bool abi_take_word(struct abi_text *text, const char *word);

bool abi_take_name(struct abi_reading *reading, const char **out, const char *what, struct abi_text *text);
bool abi_expect_end(struct abi_reading *reading, struct abi_text *text);

/* Parameters up to and with the list's end. In: depth, of the tuples around. */
bool abi_read_list(struct abi_reading *reading, struct abi_params *out, struct abi_text *text,
                   const struct abi_list *list, unsigned depth);

bool abi_is_struct(const struct abi_text *text);

/* NULL when there is no such struct. */
struct abi_struct *abi_find_struct(const struct abi_reading *reading, const char *name, size_t len);

/* The type that a struct stands for. In: depth, of the tuples around. */
bool abi_use_struct(struct abi_reading *reading, struct abi_type *out, struct abi_struct *of, unsigned depth);

#endif
