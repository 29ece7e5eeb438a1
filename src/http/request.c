/* Reading a request. Owned by its exchange; one thread. */
#include "http/request.h"

#include <microhttpd.h>
#include <string.h>
#include <strings.h>

enum { SHOWN_BYTES = 80 };

bool slice_is(struct slice text, const char *word) {
    return text.len == strlen(word) && memcmp(text.p, word, text.len) == 0;
}

int slice_shown(struct slice text) {
    return (int)(text.len < SHOWN_BYTES ? text.len : SHOWN_BYTES);
}

const char *request_header(const struct request *req, const char *name) {
    return MHD_lookup_connection_value(req->connection, MHD_HEADER_KIND, name);
}

/* The values of one name, joined: counted while text is NULL, written then. */
struct header_list {
    const char *name;
    char *text;
    size_t len;
};

static enum MHD_Result add_to_list(void *cls, enum MHD_ValueKind kind, const char *name, const char *value) {
    static const char separator[] = ", ";
    struct header_list *list = cls;
    (void)kind;
    if (strcasecmp(name, list->name) != 0) return MHD_YES;
    const char *const parts[] = {list->len > 0 ? separator : "", value};
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(parts[i]);
        if (list->text != NULL) memcpy(list->text + list->len, parts[i], len);
        list->len += len;
    }
    return MHD_YES;
}

const char *request_header_list(const struct request *req, const char *name) {
    struct header_list list = {.name = name};
    const char *first = request_header(req, name);
    if (first == NULL) return NULL;
    (void)MHD_get_connection_values(req->connection, MHD_HEADER_KIND, add_to_list, &list);
    if (list.len == strlen(first)) return first;
    list.text = arena_alloc(req->task.arena, list.len + 1);
    if (list.text == NULL) return "";
    list.text[list.len] = '\0';
    list.len = 0;
    (void)MHD_get_connection_values(req->connection, MHD_HEADER_KIND, add_to_list, &list);
    return list.text;
}

struct peer_address request_peer(const struct request *req) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(req->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return peer_address_of(info != NULL ? info->client_addr : NULL);
}

bool request_query(const struct request *req, struct slice *out, const char *name) {
    for (size_t i = 0; i < req->n_query; i++) {
        const struct query_arg *arg = &req->query[i];
        if (slice_is(arg->name, name)) {
            *out = arg->value;
            return true;
        }
    }
    return false;
}
