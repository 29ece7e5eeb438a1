/* Reads the head of a request under the limits, before anyone else sees it. Works on an exchange, on its server's
 * thread. Source of the rules of framing: RFC 9112, section 6. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "server_internal.h"

static enum http_method parse_method(const char *name) {
    static const struct {
        const char *name;
        enum http_method method;
    } table[] = {{"GET", HTTP_GET},     {"HEAD", HTTP_HEAD},     {"POST", HTTP_POST},      {"PUT", HTTP_PUT},
                 {"PATCH", HTTP_PATCH}, {"DELETE", HTTP_DELETE}, {"OPTIONS", HTTP_OPTIONS}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, name) == 0) return table[i].method;
    }
    return HTTP_OTHER;
}

/* The headers that say where a request ends and whom it is for. */
struct framing {
    unsigned lengths, encodings, hosts;
    const char *length;
    const char *encoding;
    bool odd_name; /* "Content-Length : 5" is a length to some and nothing to others */
    bool folded;
};

/* A line that begins with a blank goes on with the one before. libmicrohttpd until 0.9.75 has it go on with the name of
 * that header instead of its value, so that one is lost, and another is there that no proxy has seen. It makes that
 * name anew, behind all that was received, where otherwise values stand behind their names. */
static bool is_folded(const char *name, const char *value) {
    return (uintptr_t)value <= (uintptr_t)name + strlen(name);
}

static enum MHD_Result note_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value) {
    struct framing *framing = cls;
    (void)kind;
    if (is_folded(name, value)) framing->folded = true;
    for (const char *p = name; *p != '\0'; p++) {
        if (!isgraph((unsigned char)*p)) framing->odd_name = true;
    }
    if (strcasecmp(name, "Host") == 0) framing->hosts++;
    if (strcasecmp(name, "Content-Length") == 0) {
        framing->lengths++;
        framing->length = value;
    }
    if (strcasecmp(name, "Transfer-Encoding") == 0) {
        framing->encodings++;
        framing->encoding = value;
    }
    return MHD_YES;
}

/* Returns what is wrong, or NULL. A proxy in front may read other requests out of the same bytes than we do, unless
 * whatever can be read in two ways is refused and its connection closed. */
static const char *find_ambiguity(const struct framing *framing) {
    if (framing->folded) return "a header goes on in a second line";
    if (framing->odd_name) return "a header's name has a space or a control character";
    if (framing->lengths + framing->encodings > 1) return "the length of the request body is given twice";
    if (framing->hosts > 1) return "Host is given twice";
    if (framing->encoding != NULL && strcasecmp(framing->encoding, "chunked") != 0) {
        return "Transfer-Encoding is not chunked";
    }
    return NULL;
}

enum err head_fail_body(struct exchange *exchange) {
    return task_fail(&exchange->req.task, ERR_BODY_TOO_LARGE, "the request body is larger than %zu bytes",
                     exchange->server->options.limits.max_body_bytes);
}

/* A client that is cut off while it sends sees a broken connection instead of the answer, so a body that is a little
 * too long is read to its end, and dropped. One that waits for leave to send needs no such care. */
static bool is_worth_reading(struct exchange *exchange, unsigned long long length) {
    exchange->body.failed = true;
    bool is_short = length / BODY_MAX_OVERRUN < exchange->body.max;
    return is_short && request_header(&exchange->req, "Expect") == NULL;
}

static bool accept_length(struct exchange *exchange, const struct framing *framing) {
    unsigned long long length = framing->length != NULL ? strtoull(framing->length, NULL, 10) : 0;
    if (exchange->req.task.fault.code != ERR_OK) return is_worth_reading(exchange, length);
    if (length > exchange->server->options.limits.max_body_bytes) {
        (void)head_fail_body(exchange);
        return is_worth_reading(exchange, length);
    }
    return true;
}

static void check_head(struct exchange *exchange, const struct framing *framing, const char *version) {
    struct task *task = &exchange->req.task;
    size_t max = exchange->server->options.limits.max_header_bytes;
    size_t len =
        MHD_get_connection_info(exchange->req.connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if (task->fault.code != ERR_OK) return;
    if (len > max) {
        (void)task_fail(task, ERR_HEADERS_TOO_LARGE, "the request head has %zu bytes; at most %zu are allowed", len,
                        max);
    } else if (strcmp(version, "HTTP/1.1") == 0 && framing->hosts == 0) {
        (void)task_fail(task, ERR_BAD_REQUEST, "HTTP/1.1 needs a Host header");
    }
}

bool head_accept(struct exchange *exchange, const char *method, const char *version) {
    struct request *req = &exchange->req;
    struct framing framing = {.lengths = 0};
    req->method_name = arena_strndup(req->task.arena, method, strlen(method));
    req->method = parse_method(method);
    (void)MHD_get_connection_values(req->connection, MHD_HEADER_KIND, note_header, &framing);
    const char *ambiguity = find_ambiguity(&framing);
    if (ambiguity != NULL) {
        (void)task_fail(&req->task, ERR_BAD_REQUEST, "%s", ambiguity);
        exchange->must_close = true;
        return false;
    }
    check_head(exchange, &framing, version);
    return accept_length(exchange, &framing);
}
