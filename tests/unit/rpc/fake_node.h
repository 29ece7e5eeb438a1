/* A node that says what a test tells it to: HTTP/1.1 on a free port of the loopback interface. It answers eth_chainId
 * by itself and leaves every other request to the test's function. A struct fake_node belongs to its test. One thread
 * accepts, one serves each connection; the test's function runs on the latter, so what it counts is atomic. */
#ifndef DAPPD_TESTS_FAKE_NODE_H
#define DAPPD_TESTS_FAKE_NODE_H

#include <arpa/inet.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FAKE_MAX_CONNECTIONS = 64, FAKE_MAX_REQUEST = 1024 * 1024, FAKE_MAX_HEADERS = 4096 };

struct fake_node;

struct fake_request {
    struct fake_node *node;
    int socket;
    unsigned nth; /* counts the requests that the test's function sees, from 0 */
    json_t *body; /* one call, or an array */
    const char *text;
    bool close; /* set to end the connection behind the reply */
};

typedef void (*fake_serve)(struct fake_request *request);

struct fake_node {
    char url[128];
    atomic_uint chain_id;
    atomic_uint chain_id_questions;
    atomic_uint requests;           /* without those */
    char headers[FAKE_MAX_HEADERS]; /* of the last request; read it when the node has stopped */
    void *arg;                      /* the test's own */
    fake_serve serve;
    int listener;
    pthread_t acceptor;
    pthread_mutex_t mutex; /* guards the three below and headers */
    pthread_t threads[FAKE_MAX_CONNECTIONS];
    int sockets[FAKE_MAX_CONNECTIONS];
    unsigned n_connections;
};

static inline void fake_write(struct fake_request *request, const char *text, size_t len) {
    while (len > 0) {
        ssize_t n = send(request->socket, text, len, MSG_NOSIGNAL);
        if (n <= 0) return;
        text += n;
        len -= (size_t)n;
    }
}

/* In: headers, further lines that each end with CRLF, or "". */
static inline void fake_send(struct fake_request *request, int status, const char *headers, const char *body) {
    char head[512];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %d Whatever\r\nContent-Length: %zu\r\n%s\r\n", status, strlen(body),
                     headers);
    fake_write(request, head, (size_t)n);
    fake_write(request, body, strlen(body));
}

/* Says nothing until the client goes away. */
static inline void fake_hang(struct fake_request *request) {
    char byte;
    while (recv(request->socket, &byte, 1, 0) > 0) continue;
    request->close = true;
}

static inline const char *fake_method(const json_t *call) {
    const char *method = json_string_value(json_object_get(call, "method"));
    return method != NULL ? method : "";
}

/* The text of one of a call's parameters. */
static inline const char *fake_param(const json_t *call, size_t i) {
    const char *text = json_string_value(json_array_get(json_object_get(call, "params"), i));
    return text != NULL ? text : "";
}

/* A reply to one call: member is "result" or "error", json its value. */
static inline json_t *fake_reply(const json_t *call, const char *member, const char *json) {
    json_t *reply = json_object();
    json_object_set_new(reply, "jsonrpc", json_string("2.0"));
    json_object_set(reply, "id", json_object_get(call, "id"));
    json_object_set_new(reply, member, json_loads(json, JSON_DECODE_ANY, NULL));
    return reply;
}

/* In: reply, taken over. */
static inline void fake_send_json(struct fake_request *request, int status, json_t *reply) {
    char *text = json_dumps(reply, JSON_COMPACT);
    fake_send(request, status, "Content-Type: application/json\r\n", text);
    free(text);
    json_decref(reply);
}

/* Answers the request, each call of it the same. */
static inline void fake_answer(struct fake_request *request, const char *member, const char *json) {
    if (json_is_object(request->body)) {
        fake_send_json(request, 200, fake_reply(request->body, member, json));
        return;
    }
    json_t *replies = json_array();
    for (size_t i = 0; i < json_array_size(request->body); i++) {
        json_array_append_new(replies, fake_reply(json_array_get(request->body, i), member, json));
    }
    fake_send_json(request, 200, replies);
}

static inline void fake_dispatch(struct fake_request *request) {
    struct fake_node *node = request->node;
    if (strcmp(fake_method(request->body), "eth_chainId") == 0 && atomic_load(&node->chain_id) != 0) {
        char id[32];
        snprintf(id, sizeof id, "\"0x%x\"", atomic_load(&node->chain_id));
        atomic_fetch_add(&node->chain_id_questions, 1);
        fake_answer(request, "result", id);
        return;
    }
    request->nth = atomic_fetch_add(&node->requests, 1);
    node->serve(request);
}

/* Reads up to the end of one request; returns its length, or 0 when the client has gone. Out: body, where it begins. */
static inline size_t fake_read_request(int socket, char *text, size_t *body) {
    size_t len = 0;
    for (;;) {
        ssize_t n = recv(socket, text + len, FAKE_MAX_REQUEST - len, 0);
        if (n <= 0) return 0;
        len += (size_t)n;
        text[len] = '\0';
        char *end = strstr(text, "\r\n\r\n");
        char *length = strcasestr(text, "content-length:");
        if (end == NULL || length == NULL) continue;
        *body = (size_t)(end - text) + 4;
        if (len >= *body + strtoul(length + 15, NULL, 10)) return len;
    }
}

struct fake_connection {
    struct fake_node *node;
    int socket;
};

static inline void *fake_serve_connection(void *arg) {
    struct fake_connection *connection = arg;
    struct fake_request request = {.node = connection->node, .socket = connection->socket};
    char *text = malloc(FAKE_MAX_REQUEST + 1);
    size_t body;
    while (!request.close && fake_read_request(request.socket, text, &body) > 0) {
        pthread_mutex_lock(&request.node->mutex);
        snprintf(request.node->headers, FAKE_MAX_HEADERS, "%.*s", (int)body, text);
        pthread_mutex_unlock(&request.node->mutex);
        request.text = text + body;
        request.body = json_loads(request.text, 0, NULL);
        fake_dispatch(&request);
        json_decref(request.body);
    }
    shutdown(request.socket, SHUT_RDWR);
    free(text);
    free(connection);
    return NULL;
}

static inline void *fake_accept(void *arg) {
    struct fake_node *node = arg;
    for (;;) {
        int socket = accept(node->listener, NULL, NULL);
        if (socket < 0) return NULL;
        struct fake_connection *connection = malloc(sizeof *connection);
        *connection = (struct fake_connection){node, socket};
        pthread_mutex_lock(&node->mutex);
        if (node->n_connections == FAKE_MAX_CONNECTIONS) abort();
        node->sockets[node->n_connections] = socket;
        pthread_create(&node->threads[node->n_connections++], NULL, fake_serve_connection, connection);
        pthread_mutex_unlock(&node->mutex);
    }
}

/* In: address, with room for the one that the listener gets. */
static inline void fake_listen(struct fake_node *node, fake_serve serve, struct sockaddr *address, socklen_t len) {
    int yes = 1;
    memset(node, 0, sizeof *node);
    node->serve = serve;
    atomic_store(&node->chain_id, 1);
    pthread_mutex_init(&node->mutex, NULL);
    node->listener = socket(address->sa_family, SOCK_STREAM, 0);
    setsockopt(node->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(node->listener, address, len) != 0 || listen(node->listener, 64) != 0) abort();
    getsockname(node->listener, address, &len);
    pthread_create(&node->acceptor, NULL, fake_accept, node);
}

/* In: port, 0 for a free one. */
static inline void fake_start_at(struct fake_node *node, fake_serve serve, unsigned port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fake_listen(node, serve, (struct sockaddr *)&address, sizeof address);
    snprintf(node->url, sizeof node->url, "http://127.0.0.1:%u/secret-key", ntohs(address.sin_port));
}

/* On a Unix socket. In: path, of which nothing may be there; it stays behind when the node stops. */
static inline void fake_start_unix(struct fake_node *node, fake_serve serve, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    fake_listen(node, serve, (struct sockaddr *)&address, sizeof address);
    snprintf(node->url, sizeof node->url, "http+unix:%s:/secret-key", path);
}

static inline void fake_start(struct fake_node *node, fake_serve serve) {
    fake_start_at(node, serve, 0);
}

/* From then on, connections to it are refused. */
static inline void fake_stop(struct fake_node *node) {
    if (node->listener < 0) return;
    shutdown(node->listener, SHUT_RDWR);
    pthread_join(node->acceptor, NULL);
    close(node->listener);
    node->listener = -1;
    for (unsigned i = 0; i < node->n_connections; i++) shutdown(node->sockets[i], SHUT_RDWR);
    for (unsigned i = 0; i < node->n_connections; i++) {
        pthread_join(node->threads[i], NULL);
        close(node->sockets[i]);
    }
    pthread_mutex_destroy(&node->mutex);
}

#endif
