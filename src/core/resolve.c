/* getaddrinfo blocks, so libuv's thread pool asks it. A look-up is freed on the loop when the answer has come, also
 * when nobody waits for it any more.
 * On the reactor's thread. */
#include "core/resolve.h"

#include <netdb.h>
#include <stdlib.h>
#include <string.h>

struct resolve {
    uv_getaddrinfo_t request;
    struct reactor *reactor;
    char *host;
    resolve_fn fn; /* NULL: cancelled */
    void *arg;
};

/* Returns how many; each is written once. */
static size_t write_addresses(char (*out)[RESOLVE_TEXT_BYTES], const struct addrinfo *found) {
    size_t n = 0;
    for (const struct addrinfo *at = found; at != NULL && n < RESOLVE_MAX; at = at->ai_next) {
        int error = getnameinfo(at->ai_addr, at->ai_addrlen, out[n], RESOLVE_TEXT_BYTES, NULL, 0, NI_NUMERICHOST);
        size_t same = 0;
        while (same < n && strcmp(out[same], out[n]) != 0) same++;
        if (error == 0 && same == n) n++;
    }
    return n;
}

static void finish(struct resolve *resolve, const struct addrinfo *found) {
    char addresses[RESOLVE_MAX][RESOLVE_TEXT_BYTES];
    size_t n = write_addresses(addresses, found);
    if (resolve->fn != NULL) resolve->fn(resolve->arg, (const char(*)[RESOLVE_TEXT_BYTES])addresses, n);
    free(resolve->host);
    free(resolve);
}

static void on_answer(uv_getaddrinfo_t *request, int status, struct addrinfo *found) {
    finish(request->data, status == 0 ? found : NULL);
    uv_freeaddrinfo(found);
}

/* A name that getaddrinfo cannot be asked for is answered the same way as one that it does not know: later. */
static void answer_none(void *arg) {
    finish(arg, NULL);
}

struct resolve *resolve_start(struct reactor *reactor, const char *host, resolve_fn fn, void *arg) {
    static const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct resolve *resolve = calloc(1, sizeof *resolve);
    if (resolve == NULL || (resolve->host = strdup(host)) == NULL) abort();
    resolve->request.data = resolve;
    resolve->reactor = reactor;
    resolve->fn = fn;
    resolve->arg = arg;
    int error = uv_getaddrinfo(reactor_loop(reactor), &resolve->request, on_answer, resolve->host, NULL, &hints);
    if (error != 0) reactor_post(reactor, answer_none, resolve);
    return resolve;
}

void resolve_cancel(struct resolve *resolve) {
    resolve->fn = NULL;
    (void)uv_cancel((uv_req_t *)&resolve->request); /* while it has not begun; otherwise its answer is dropped */
}
