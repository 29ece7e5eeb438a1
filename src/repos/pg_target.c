/* libpq looks names up while the caller waits, unless it is given addresses beside the names. So the hosts of the
 * connection string are looked up first and each is listed as often as it has addresses. Owned by the connector.
 * On the reactor's thread. */
#include "pg_target.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

enum { MAX_LIST_BYTES = 64 * 1024 };

/* A host that is gone without a word is given up after that time, also by a cancellation, which blocks. */
static const char DEFAULT_USER_TIMEOUT_MS[] = "10000";

/* An element of one of the string's comma-separated lists. */
struct piece {
    const char *text;
    int len;
};

struct pg_target {
    const char *url;
    PQconninfoOption *options;  /* of the connection string */
    PQconninfoOption *defaults; /* of the environment */
    size_t n_hosts;             /* in the string; 0: libpq's own default, which is no name */
    size_t first;               /* the one that the list begins with */
    size_t at;                  /* how many are dealt with */
    char *name;                 /* the one to look up next */
    struct buf hosts, addresses, ports;
    size_t n_listed;
};

static const char *option_in(const PQconninfoOption *options, const char *keyword) {
    for (; options != NULL && options->keyword != NULL; options++) {
        if (strcmp(options->keyword, keyword) == 0) return options->val;
    }
    return NULL;
}

/* Returns "" where neither the string nor the environment says anything. */
static const char *option_of(const struct pg_target *target, const char *keyword) {
    const char *value = option_in(target->options, keyword);
    if (value == NULL) value = option_in(target->defaults, keyword);
    return value != NULL ? value : "";
}

static size_t count_pieces(const char *list) {
    size_t n = 1;
    while ((list = strchr(list, ',')) != NULL) {
        list++;
        n++;
    }
    return n;
}

static struct piece piece_of(const char *list, size_t i) {
    for (; i > 0; i--) list = strchr(list, ',') + 1;
    return (struct piece){.text = list, .len = (int)strcspn(list, ",")};
}

/* A list of one port is for all hosts; one of another length than the list of hosts is libpq's to refuse. */
static struct piece port_of(const struct pg_target *target, size_t i) {
    const char *ports = option_of(target, "port");
    return piece_of(ports, count_pieces(ports) == 1 ? 0 : i);
}

static bool lists_match(const struct pg_target *target) {
    size_t n_addresses = count_pieces(option_of(target, "hostaddr"));
    size_t n_ports = count_pieces(option_of(target, "port"));
    bool has_addresses = *option_of(target, "hostaddr") != '\0';
    return (!has_addresses || n_addresses == target->n_hosts) && (n_ports == 1 || n_ports == target->n_hosts);
}

static struct piece address_of(const struct pg_target *target, size_t i) {
    const char *list = option_of(target, "hostaddr");
    return *list == '\0' ? (struct piece){.text = ""} : piece_of(list, i);
}

static void list_host(struct pg_target *target, struct piece host, const char *address, int address_len,
                      struct piece port) {
    const char *comma = target->n_listed++ > 0 ? "," : "";
    buf_printf(&target->hosts, "%s%.*s", comma, host.len, host.text);
    buf_printf(&target->addresses, "%s%.*s", comma, address_len, address);
    buf_printf(&target->ports, "%s%.*s", comma, port.len, port.text);
}

/* A name is neither the folder of a Unix socket nor an address. */
static bool is_name(const char *host) {
    uint8_t address[16];
    if (*host == '\0' || *host == '/' || *host == '@') return false;
    return inet_pton(AF_INET, host, address) != 1 && strchr(host, ':') == NULL;
}

static size_t host_index(const struct pg_target *target) {
    return (target->first + target->at) % target->n_hosts;
}

/* Lists hosts as they are up to the next one to look up. */
static void go_on(struct pg_target *target) {
    free(target->name);
    target->name = NULL;
    for (; target->at < target->n_hosts; target->at++) {
        size_t i = host_index(target);
        struct piece host = piece_of(option_of(target, "host"), i), address = address_of(target, i);
        target->name = strndup(host.text, (size_t)host.len);
        if (target->name == NULL) abort();
        if (address.len == 0 && is_name(target->name)) return;
        list_host(target, host, address.text, address.len, port_of(target, i));
        free(target->name);
        target->name = NULL;
    }
}

struct pg_target *pg_target_new(const char *url, unsigned turn) {
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    if (options == NULL) return NULL;
    struct pg_target *target = calloc(1, sizeof *target);
    if (target == NULL) abort();
    target->url = url;
    target->options = options;
    target->defaults = PQconndefaults();
    buf_init(&target->hosts, MAX_LIST_BYTES);
    buf_init(&target->addresses, MAX_LIST_BYTES);
    buf_init(&target->ports, MAX_LIST_BYTES);
    const char *hosts = option_of(target, "host");
    if (*hosts == '\0') return target;
    target->n_hosts = count_pieces(hosts);
    if (!lists_match(target)) target->n_hosts = 0;
    if (target->n_hosts > 0) target->first = turn % target->n_hosts;
    go_on(target);
    return target;
}

void pg_target_free(struct pg_target *target) {
    PQconninfoFree(target->options);
    PQconninfoFree(target->defaults);
    buf_free(&target->hosts);
    buf_free(&target->addresses);
    buf_free(&target->ports);
    free(target->name);
    free(target);
}

const char *pg_target_next_name(const struct pg_target *target) {
    return target->name;
}

void pg_target_set_addresses(struct pg_target *target, const char (*addresses)[RESOLVE_TEXT_BYTES], size_t n) {
    size_t i = host_index(target);
    struct piece host = piece_of(option_of(target, "host"), i);
    for (size_t j = 0; j < n; j++) {
        list_host(target, host, addresses[j], (int)strlen(addresses[j]), port_of(target, i));
    }
    target->at++;
    go_on(target);
}

bool pg_target_has_host(const struct pg_target *target) {
    return target->n_hosts == 0 || target->n_listed > 0;
}

/* Returns the list as a string, NULL: as the connection string has it. */
static const char *list_of(const struct pg_target *target, struct buf *list) {
    if (target->n_hosts == 0) return NULL;
    buf_append_char(list, '\0');
    return list->data;
}

PGconn *pg_target_connect(struct pg_target *target, const char *settings, const char *application_name) {
    const char *keywords[] = {
        "dbname",           "host", "hostaddr", "port", "options", "fallback_application_name", "client_encoding",
        "tcp_user_timeout", NULL};
    const char *user_timeout_ms = option_of(target, "tcp_user_timeout");
    struct buf options;
    buf_init(&options, MAX_LIST_BYTES);
    buf_printf(&options, "%s %s", option_of(target, "options"), settings);
    buf_append_char(&options, '\0');
    const char *values[] = {target->url,
                            list_of(target, &target->hosts),
                            list_of(target, &target->addresses),
                            list_of(target, &target->ports),
                            options.data,
                            application_name,
                            "UTF8",
                            *user_timeout_ms != '\0' ? user_timeout_ms : DEFAULT_USER_TIMEOUT_MS,
                            NULL};
    const int first_is_a_connection_string = 1;
    PGconn *conn = PQconnectStartParams(keywords, values, first_is_a_connection_string);
    buf_free(&options);
    return conn;
}
