/* A node on a Unix socket that does what a test tells it to, a request a line. Tests say what it writes, byte by byte
 * where that matters. A struct fake_ipc belongs to its test. One thread accepts, one serves each connection; the test's
 * function runs on the latter, so what it counts is atomic. */
#ifndef DAPPD_TESTS_FAKE_IPC_H
#define DAPPD_TESTS_FAKE_IPC_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { IPC_MAX_CONNECTIONS = 64, IPC_MAX_LINE = 4 * 1024 * 1024 };

struct fake_ipc;

struct ipc_request {
    struct fake_ipc *node;
    int socket;
    unsigned nth; /* counts the requests to the node, from 0 */
    char *line;   /* without its end */
    size_t len;
    bool close; /* set to end the connection behind the reply */
};

typedef void (*ipc_serve)(struct ipc_request *request);

struct fake_ipc {
    char path[108];
    ipc_serve serve;
    void *arg; /* the test's own */
    atomic_uint connections;
    atomic_uint requests;
    atomic_uint gone; /* connections that the other side has closed */
    int listener;
    pthread_t acceptor;
    pthread_mutex_t mutex; /* guards the two below */
    pthread_t threads[IPC_MAX_CONNECTIONS];
    int sockets[IPC_MAX_CONNECTIONS];
};

static inline void ipc_write(struct ipc_request *request, const char *text, size_t len) {
    while (len > 0) {
        ssize_t n = send(request->socket, text, len, MSG_NOSIGNAL);
        if (n <= 0) return;
        text += n;
        len -= (size_t)n;
    }
}

static inline void ipc_say(struct ipc_request *request, const char *text) {
    ipc_write(request, text, strlen(text));
}

/* Says nothing until the client goes away. */
static inline void ipc_hang(struct ipc_request *request) {
    char byte;
    while (recv(request->socket, &byte, 1, 0) > 0) continue;
    request->close = true;
}

/* Reads up to the end of one line. Returns false when the client has gone. */
static inline bool ipc_read_line(struct ipc_request *request) {
    request->len = 0;
    while (request->len == 0 || request->line[request->len - 1] != '\n') {
        if (request->len == IPC_MAX_LINE) abort();
        ssize_t n = recv(request->socket, request->line + request->len, IPC_MAX_LINE - request->len, 0);
        if (n <= 0) return false;
        request->len += (size_t)n;
    }
    request->line[--request->len] = '\0';
    return true;
}

struct ipc_connection {
    struct fake_ipc *node;
    int socket;
};

static inline void *ipc_serve_connection(void *arg) {
    struct ipc_connection *connection = arg;
    struct ipc_request request = {.node = connection->node, .socket = connection->socket};
    request.line = malloc(IPC_MAX_LINE + 1);
    while (!request.close && ipc_read_line(&request)) {
        request.nth = atomic_fetch_add(&request.node->requests, 1);
        request.node->serve(&request);
    }
    if (!request.close) atomic_fetch_add(&request.node->gone, 1);
    shutdown(request.socket, SHUT_RDWR);
    free(request.line);
    free(connection);
    return NULL;
}

static inline void *ipc_accept(void *arg) {
    struct fake_ipc *node = arg;
    for (;;) {
        int socket = accept(node->listener, NULL, NULL);
        if (socket < 0) return NULL;
        struct ipc_connection *connection = malloc(sizeof *connection);
        *connection = (struct ipc_connection){node, socket};
        pthread_mutex_lock(&node->mutex);
        unsigned i = atomic_fetch_add(&node->connections, 1);
        if (i == IPC_MAX_CONNECTIONS) abort();
        node->sockets[i] = socket;
        pthread_create(&node->threads[i], NULL, ipc_serve_connection, connection);
        pthread_mutex_unlock(&node->mutex);
    }
}

/* In: path, of which nothing may be there. */
static inline void ipc_start(struct fake_ipc *node, const char *path, ipc_serve serve) {
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memset(node, 0, sizeof *node);
    node->serve = serve;
    snprintf(node->path, sizeof node->path, "%s", path);
    memcpy(at.sun_path, node->path, sizeof at.sun_path);
    pthread_mutex_init(&node->mutex, NULL);
    node->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(node->listener, (struct sockaddr *)&at, sizeof at) != 0) abort();
    if (listen(node->listener, 64) != 0) abort();
    pthread_create(&node->acceptor, NULL, ipc_accept, node);
}

/* From then on, there is no socket. */
static inline void ipc_stop(struct fake_ipc *node) {
    unlink(node->path);
    shutdown(node->listener, SHUT_RDWR);
    pthread_join(node->acceptor, NULL);
    close(node->listener);
    unsigned n = atomic_load(&node->connections);
    for (unsigned i = 0; i < n; i++) shutdown(node->sockets[i], SHUT_RDWR);
    for (unsigned i = 0; i < n; i++) {
        pthread_join(node->threads[i], NULL);
        close(node->sockets[i]);
    }
    pthread_mutex_destroy(&node->mutex);
}

#endif
