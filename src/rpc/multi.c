/* libcurl says which sockets and which time-out it waits for, libuv waits, libcurl goes on. Owned by the reactor's
 * transport; each socket's watch lives from libcurl's first interest in the socket to its last.
 * On the reactor's thread. libcurl is called from the loop's stack only, except to add and remove transfers. */
#include "multi.h"

#include <stdlib.h>

enum { MAX_IDLE_CONNECTIONS = 256 };

struct multi {
    CURLM *curl;
    struct reactor *reactor;
    uv_timer_t timer;
    bool due; /* libcurl's time-out has passed */
    multi_done_fn done;
};

struct watch {
    uv_poll_t poll;
    curl_socket_t socket;
    struct multi *multi;
};

static void collect_done(struct multi *multi) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi->curl, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result; /* the message dies with the removal */
        multi_remove(multi, easy);
        multi->done(easy, code);
    }
}

static void go_on(struct multi *multi, curl_socket_t socket, int events) {
    int running;
    if (curl_multi_socket_action(multi->curl, socket, events, &running) != CURLM_OK) abort();
    collect_done(multi);
}

static void on_readiness(uv_poll_t *poll, int status, int events) {
    struct watch *watch = poll->data;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
    go_on(watch->multi, watch->socket, flags);
}

static void free_watch(uv_handle_t *handle) {
    free(handle->data);
}

static struct watch *watch_new(struct multi *multi, curl_socket_t socket) {
    struct watch *watch = malloc(sizeof(*watch));
    if (watch == NULL) abort();
    watch->multi = multi;
    watch->socket = socket;
    if (uv_poll_init(reactor_loop(multi->reactor), &watch->poll, socket) != 0) abort();
    watch->poll.data = watch;
    curl_multi_assign(multi->curl, socket, watch);
    return watch;
}

static int on_interest(CURL *easy, curl_socket_t socket, int what, void *arg, void *socket_arg) {
    (void)easy;
    struct multi *multi = arg;
    struct watch *watch = socket_arg;
    if (what == CURL_POLL_REMOVE) {
        if (watch == NULL) return 0;
        curl_multi_assign(multi->curl, socket, NULL);
        uv_close((uv_handle_t *)&watch->poll, free_watch); /* unwatched at once: libcurl may close the socket now */
        return 0;
    }
    if (watch == NULL) watch = watch_new(multi, socket);
    int events = (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
    if (uv_poll_start(&watch->poll, events, on_readiness) != 0) abort();
    return 0;
}

static void on_timer(uv_timer_t *timer) {
    struct multi *multi = timer->data;
    multi->due = true;
}

/* libcurl must not be called from here, so what is due now waits for the hook, in the same turn of the loop. */
static int on_timeout_change(CURLM *curl, long timeout_ms, void *arg) {
    (void)curl;
    struct multi *multi = arg;
    multi->due = timeout_ms == 0;
    if (timeout_ms > 0) {
        if (uv_timer_start(&multi->timer, on_timer, (uint64_t)timeout_ms, 0) != 0) abort();
    } else {
        uv_timer_stop(&multi->timer);
    }
    return 0;
}

static bool run_due(void *arg) {
    struct multi *multi = arg;
    if (!multi->due) return false;
    multi->due = false;
    go_on(multi, CURL_SOCKET_TIMEOUT, 0);
    return true;
}

struct multi *multi_new(struct reactor *reactor, multi_done_fn done) {
    struct multi *multi = calloc(1, sizeof(*multi));
    if (multi == NULL || (multi->curl = curl_multi_init()) == NULL) abort();
    multi->reactor = reactor;
    multi->done = done;
    if (uv_timer_init(reactor_loop(reactor), &multi->timer) != 0) abort();
    multi->timer.data = multi;
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETFUNCTION, on_interest);
    curl_multi_setopt(multi->curl, CURLMOPT_SOCKETDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERFUNCTION, on_timeout_change);
    curl_multi_setopt(multi->curl, CURLMOPT_TIMERDATA, multi);
    curl_multi_setopt(multi->curl, CURLMOPT_MAXCONNECTS, (long)MAX_IDLE_CONNECTIONS);
    reactor_add_hook(reactor, run_due, multi);
    return multi;
}

static void free_multi(uv_handle_t *timer) {
    free(timer->data);
}

void multi_free(struct multi *multi) {
    CURLM *curl = multi->curl;
    curl_multi_cleanup(curl); /* still calls on_interest */
    reactor_remove_hook(multi->reactor, run_due, multi);
    uv_close((uv_handle_t *)&multi->timer, free_multi);
}

void multi_add(struct multi *multi, CURL *easy) {
    if (curl_multi_add_handle(multi->curl, easy) != CURLM_OK) abort();
}

void multi_remove(struct multi *multi, CURL *easy) {
    if (curl_multi_remove_handle(multi->curl, easy) != CURLM_OK) abort();
}
