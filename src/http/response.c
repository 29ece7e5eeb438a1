/* Filling in a response. Owned by the exchange it belongs to; one thread. */
#include "http/response.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static struct response_header *find(const struct response *res, const char *name) {
    for (size_t i = 0; i < res->n_headers; i++) {
        const struct response_header *h = &res->headers[i];
        if (strcasecmp(h->name, name) == 0) return (struct response_header *)(uintptr_t)h;
    }
    return NULL;
}

/* In: value lives as long as the response. NULL (the arena's cap is passed) leaves the header out: a missing header is
 * an inconvenience, a truncated one a lie. */
static void set(struct response *res, const char *name, const char *value) {
    struct response_header *header = find(res, name);
    if (value == NULL) return;
    if (header == NULL) {
        assert(res->n_headers < RESPONSE_MAX_HEADERS);
        header = &res->headers[res->n_headers++];
    }
    *header = (struct response_header){name, value};
}

void response_header(struct response *res, const char *name, const char *value) {
    set(res, name, arena_strndup(res->arena, value, strlen(value)));
}

void response_headerf(struct response *res, const char *name, const char *format, ...) {
    char value[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(value, sizeof value, format, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof value);
    set(res, name, arena_strndup(res->arena, value, (size_t)len));
}

const char *response_get_header(const struct response *res, const char *name) {
    const struct response_header *header = find(res, name);
    return header != NULL ? header->value : NULL;
}

/* In: list, separated by commas. */
static bool is_listed(const char *list, const char *member) {
    size_t member_len = strlen(member);
    while (*list != '\0') {
        list += strspn(list, ", \t");
        size_t len = strcspn(list, ", \t");
        if (len == member_len && strncasecmp(list, member, len) == 0) return true;
        list += len;
    }
    return false;
}

void response_vary(struct response *res, const char *member) {
    const char *have = response_get_header(res, "Vary");
    if (have == NULL) {
        response_header(res, "Vary", member);
    } else if (!is_listed(have, member)) {
        set(res, "Vary", arena_printf(res->arena, "%s, %s", have, member));
    }
}

void response_json(struct response *res, render_fn render, const void *view) {
    res->content_type = "application/json";
    res->static_body = NULL;
    res->render = render;
    res->view = view;
}

void response_static(struct response *res, const char *content_type, const char *body, size_t len) {
    res->content_type = content_type;
    res->render = NULL;
    res->static_body = body;
    res->static_len = len;
}

void response_realize(struct response *res) {
    if (res->render == NULL) return;
    struct json_out out;
    json_out_init(&out, &res->body);
    res->render(&out, res->view);
    buf_append_char(&res->body, '\n');
    res->render = NULL;
}

const char *response_body(const struct response *res, size_t *len) {
    *len = res->static_body != NULL ? res->static_len : res->body.len;
    return res->static_body != NULL ? res->static_body : res->body.data;
}

static void remove_header(struct response *res, const char *name) {
    struct response_header *header = find(res, name);
    if (header == NULL) return;
    struct response_header *last = &res->headers[--res->n_headers];
    *header = *last;
}

void response_reset_body(struct response *res, int status) {
    buf_clear(&res->body);
    res->status = status;
    res->content_type = NULL;
    res->static_body = NULL;
    res->static_len = 0;
    res->render = NULL;
    res->stream = NULL;
    res->etag = NULL;
    remove_header(res, "Cache-Control");
}
