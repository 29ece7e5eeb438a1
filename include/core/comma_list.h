/* Comma-separated lists, as settings are written. A value that walks along borrowed text; pure functions, any
 * thread. */
#ifndef DAPPD_CORE_COMMA_LIST_H
#define DAPPD_CORE_COMMA_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct comma_list {
    const char *entry; /* not NUL-terminated */
    size_t len;
    const char *rest; /* NULL: this is the last entry */
};

/* Before the first entry. "" has none; ",", as no list should be written, has two empty ones. */
struct comma_list comma_list_of(const char *text);

/* Goes to the next entry. Returns false behind the last one. */
bool comma_list_next(struct comma_list *list);

size_t comma_list_count(const char *text);

#endif
