/* Lists in texts, walked entry by entry where they stand. Owns nothing; any thread. */
#include "core/comma_list.h"

#include <string.h>

struct comma_list comma_list_of(const char *text) {
    return (struct comma_list){.rest = *text != '\0' ? text : NULL};
}

bool comma_list_next(struct comma_list *list) {
    if (list->rest == NULL) return false;
    list->entry = list->rest;
    list->len = strcspn(list->entry, ",");
    list->rest = list->entry[list->len] == ',' ? list->entry + list->len + 1 : NULL;
    return true;
}

size_t comma_list_count(const char *text) {
    size_t n = 0;
    for (struct comma_list list = comma_list_of(text); comma_list_next(&list);) n++;
    return n;
}
