/* The listening sockets: that they can be connected to, and that nobody else's port or path is ever taken.
 * Each test closes what it opens; Unix paths live in a directory of their own that goes with the last test.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http/listener.h"

enum { N = 3 };

static struct listen_address address_of(const char *text) {
    struct listen_address address;
    assert_int_equal(listen_address_parse(&address, text, strlen(text)), ERR_OK);
    return address;
}

static const struct sockaddr *sockaddr_of(const struct listen_address *address) {
    return (const struct sockaddr *)&address->addr;
}

static size_t count_descriptors(void) {
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;
    assert_non_null(dir);
    while (readdir(dir) != NULL) n++;
    (void)closedir(dir);
    return n;
}

static void close_all(const int *fds, size_t n) {
    for (size_t i = 0; i < n; i++) assert_int_equal(close(fds[i]), 0);
}

static void open_well(int fds[N], struct listen_address *address) {
    char problem[LISTENER_PROBLEM_BYTES] = "";
    if (listener_open(fds, N, address, problem) != ERR_OK) fail_msg("%s", problem);
}

/* Refused, with a sentence that names the address and says why, and nothing left open. */
static void assert_refused(struct listen_address address, const char *why) {
    int fds[N];
    char problem[LISTENER_PROBLEM_BYTES] = "", text[LISTEN_TEXT_BYTES];
    size_t before = count_descriptors();
    assert_int_equal(listener_open(fds, N, &address, problem), ERR_INVALID_PARAMETER);
    if (strstr(problem, why) == NULL) fail_msg("\"%s\" does not say \"%s\"", problem, why);
    assert_non_null(strstr(problem, listen_address_format(text, &address)));
    assert_int_equal(count_descriptors(), before);
}

static int connect_to(const struct listen_address *address) {
    int fd = socket(address->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (connect(fd, sockaddr_of(address), address->addr_len) == 0) return fd;
    (void)close(fd);
    return -1;
}

static int accept_any(const int fds[N]) {
    struct pollfd polls[N];
    for (size_t i = 0; i < N; i++) polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    assert_true(poll(polls, N, 10000) > 0);
    for (size_t i = 0; i < N; i++) {
        int fd = polls[i].revents != 0 ? accept4(fds[i], NULL, NULL, SOCK_CLOEXEC) : -1;
        if (fd >= 0) return fd;
    }
    return -1;
}

static int int_option(int fd, int level, int name) {
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
    return value;
}

/* What every server expects of its descriptor. */
static void assert_usable(const int fds[N], const struct listen_address *address) {
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(int_option(fds[i], SOL_SOCKET, SO_ACCEPTCONN), 1);
        assert_true((fcntl(fds[i], F_GETFL) & O_NONBLOCK) != 0);
        assert_true((fcntl(fds[i], F_GETFD) & FD_CLOEXEC) != 0);
        for (size_t j = 0; j < i; j++) assert_int_not_equal(fds[i], fds[j]);
    }
    for (int i = 0; i < 20; i++) {
        int client = connect_to(address);
        assert_true(client >= 0);
        int server = accept_any(fds);
        assert_true(server >= 0);
        (void)close(server);
        (void)close(client);
    }
}

static uint16_t port_of(const struct listen_address *address) {
    struct sockaddr_in6 in6;
    memcpy(&in6, &address->addr, sizeof in6); /* the port has the same place in both families */
    return ntohs(in6.sin6_port);
}

static struct listen_address with_port(const char *host, uint16_t port) {
    char text[LISTEN_TEXT_BYTES];
    (void)snprintf(text, sizeof text, "%s:%u", host, port);
    return address_of(text);
}

/* A listener that knows nothing of ours, on a free port, which it writes into *address. */
static int open_foreign(struct listen_address *address, bool share_port, bool dual_stack) {
    int on = 1, off = 0, fd = socket(address->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    if (share_port) assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), 0);
    if (dual_stack) assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off), 0);
    assert_int_equal(bind(fd, sockaddr_of(address), address->addr_len), 0);
    assert_int_equal(listen(fd, 8), 0);
    address->addr_len = sizeof address->addr;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address->addr, &address->addr_len), 0);
    return fd;
}

static const char *const loopbacks[] = {"127.0.0.1:0", "[::1]:0"};

static bool have_ipv6(void) {
    struct listen_address address = address_of("[::1]:0");
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool have = fd >= 0 && bind(fd, sockaddr_of(&address), address.addr_len) == 0;
    if (fd >= 0) (void)close(fd);
    return have;
}

static size_t n_loopbacks(void) {
    return have_ipv6() ? 2 : 1;
}

static void test_tcp_listeners_share_a_free_port(void **state) {
    (void)state;
    for (size_t i = 0; i < n_loopbacks(); i++) {
        int fds[N];
        struct listen_address address = address_of(loopbacks[i]);
        open_well(fds, &address);
        assert_int_not_equal(port_of(&address), 0);
        assert_usable(fds, &address);
        for (size_t j = 0; j < N; j++) assert_int_equal(int_option(fds[j], SOL_SOCKET, SO_REUSEPORT), 1);
        close_all(fds, N);
        assert_int_equal(connect_to(&address), -1);
    }
}

static void test_a_port_is_free_again_at_once(void **state) {
    (void)state;
    for (size_t i = 0; i < n_loopbacks(); i++) {
        struct listen_address address = address_of(loopbacks[i]);
        for (int round = 0; round < 3; round++) {
            int fds[N];
            open_well(fds, &address);     /* the port that the first round was given */
            assert_usable(fds, &address); /* closes the server's end first: the port is left in TIME_WAIT */
            close_all(fds, N);
        }
    }
}

static void test_a_port_in_use_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < n_loopbacks(); i++) {
        for (int share = 0; share < 2; share++) {
            struct listen_address address = address_of(loopbacks[i]);
            int foreign = open_foreign(&address, share != 0, false);
            assert_refused(address, strerror(EADDRINUSE));
            (void)close(foreign);
        }
    }
}

static void test_our_own_port_is_refused_too(void **state) {
    (void)state;
    for (size_t i = 0; i < n_loopbacks(); i++) {
        int fds[N];
        struct listen_address address = address_of(loopbacks[i]);
        open_well(fds, &address);
        assert_refused(address, strerror(EADDRINUSE));
        close_all(fds, N);
    }
}

static void test_a_wildcard_in_use_covers_the_loopback(void **state) {
    (void)state;
    struct listen_address any = address_of("0.0.0.0:0");
    int foreign = open_foreign(&any, true, false);
    assert_refused(with_port("127.0.0.1", port_of(&any)), strerror(EADDRINUSE));
    (void)close(foreign);

    struct listen_address loopback = address_of("127.0.0.1:0");
    foreign = open_foreign(&loopback, true, false);
    assert_refused(with_port("0.0.0.0", port_of(&loopback)), strerror(EADDRINUSE));
    (void)close(foreign);
}

static void test_a_dual_stack_wildcard_in_use_covers_ipv4(void **state) {
    (void)state;
    if (!have_ipv6()) skip();
    struct listen_address any = address_of("[::]:0");
    int foreign = open_foreign(&any, true, true);
    assert_refused(with_port("127.0.0.1", port_of(&any)), strerror(EADDRINUSE));
    assert_refused(with_port("[::1]", port_of(&any)), strerror(EADDRINUSE));
    (void)close(foreign);
}

static void test_ipv6_is_ipv6_only(void **state) {
    (void)state;
    if (!have_ipv6()) skip();
    int fds[N], others[N];
    struct listen_address any = address_of("[::]:0");
    open_well(fds, &any);
    struct listen_address ipv4 = with_port("127.0.0.1", port_of(&any));
    assert_int_equal(connect_to(&ipv4), -1);
    open_well(others, &ipv4); /* the port of the other family is another port */
    assert_usable(others, &ipv4);
    close_all(others, N);
    close_all(fds, N);
}

static void test_an_address_of_another_machine(void **state) {
    (void)state;
    assert_refused(address_of("192.0.2.1:0"), strerror(EADDRNOTAVAIL));
}

static char directory[] = "/tmp/dappd-test-listener-XXXXXX";

static int make_directory(void **state) {
    (void)state;
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int remove_directory(void **state) {
    (void)state;
    return rmdir(directory);
}

static struct listen_address path_address(const char *name) {
    char text[LISTEN_TEXT_BYTES + 32];
    (void)snprintf(text, sizeof text, "unix:%s/%s", directory, name);
    return address_of(text);
}

/* A socket bound to the path. In: backlog, -1: not listening. */
static int bind_foreign(const struct listen_address *address, int type, int backlog) {
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, sockaddr_of(address), address->addr_len), 0);
    if (backlog >= 0) assert_int_equal(listen(fd, backlog), 0);
    return fd;
}

static mode_t type_of(const char *path) {
    struct stat status;
    return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

static void test_unix_listeners_are_one_socket(void **state) {
    (void)state;
    int fds[N];
    struct listen_address address = path_address("fresh");
    open_well(fds, &address);
    assert_int_equal(type_of(address.path), S_IFSOCK);
    assert_usable(fds, &address);
    assert_refused(address, "another process listens there");
    assert_usable(fds, &address); /* as before */
    close_all(fds, N);
    listener_cleanup(&address);
    assert_int_equal(type_of(address.path), 0);
}

static void test_the_longest_path(void **state) {
    (void)state;
    int fds[N];
    char name[LISTEN_PATH_BYTES] = "";
    memset(name, 'x', LISTEN_PATH_BYTES - 1 - strlen(directory) - 1);
    struct listen_address address = path_address(name);
    assert_int_equal(strlen(address.path), LISTEN_PATH_BYTES - 1);
    open_well(fds, &address);
    assert_usable(fds, &address);
    assert_refused(address, "another process listens there"); /* the sentence has room for it */
    close_all(fds, N);
    listener_cleanup(&address);
}

static void test_a_stale_file_is_replaced(void **state) {
    (void)state;
    static const int backlogs[] = {-1, 8};
    for (size_t i = 0; i < 2; i++) {
        int fds[N];
        struct listen_address address = path_address("stale");
        (void)close(bind_foreign(&address, SOCK_STREAM, backlogs[i]));
        assert_int_equal(type_of(address.path), S_IFSOCK);
        open_well(fds, &address);
        assert_usable(fds, &address);
        close_all(fds, N);
        listener_cleanup(&address);
    }
}

static void test_a_live_socket_is_left_alone(void **state) {
    (void)state;
    struct listen_address address = path_address("live");
    int foreign = bind_foreign(&address, SOCK_STREAM, 8);
    assert_refused(address, "another process listens there");
    int client = connect_to(&address);
    assert_true(client >= 0);
    (void)close(client);
    (void)close(foreign);
    (void)unlink(address.path);
}

/* Somebody who does not get round to accepting is alive all the same, and may not stop us from saying so. */
static void test_a_busy_socket_is_left_alone(void **state) {
    (void)state;
    int clients[16];
    struct listen_address address = path_address("busy");
    int foreign = bind_foreign(&address, SOCK_STREAM, 0);
    for (size_t i = 0; i < 16; i++) {
        clients[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(clients[i] >= 0);
        (void)connect(clients[i], sockaddr_of(&address), address.addr_len); /* until its backlog is full */
    }
    (void)alarm(30); /* instead of waiting for ever */
    assert_refused(address, "does not answer");
    (void)alarm(0);
    assert_int_equal(type_of(address.path), S_IFSOCK);
    close_all(clients, 16);
    (void)close(foreign);
    (void)unlink(address.path);
}

static void test_a_datagram_socket_is_left_alone(void **state) {
    (void)state;
    struct listen_address address = path_address("datagram");
    int foreign = bind_foreign(&address, SOCK_DGRAM, -1);
    assert_refused(address, "does not answer");
    assert_int_equal(type_of(address.path), S_IFSOCK);
    (void)close(foreign);
    (void)unlink(address.path);
}

static void test_what_is_no_socket_is_left_alone(void **state) {
    (void)state;
    struct listen_address file = path_address("file"), folder = path_address("folder"), link = path_address("link");
    struct listen_address stale = path_address("stale");
    int fd = open(file.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "precious", 8), 8);
    (void)close(fd);
    assert_int_equal(mkdir(folder.path, 0700), 0);
    (void)close(bind_foreign(&stale, SOCK_STREAM, 8));
    assert_int_equal(symlink(stale.path, link.path), 0);

    assert_refused(file, "is no socket");
    assert_refused(folder, "is no socket");
    assert_refused(link, "is no socket");
    assert_refused(path_address("no-such-folder/socket"), strerror(ENOENT));

    struct stat status;
    assert_int_equal(stat(file.path, &status), 0);
    assert_int_equal(status.st_size, 8);
    assert_int_equal(type_of(link.path), S_IFLNK);
    assert_int_equal(unlink(file.path) | rmdir(folder.path) | unlink(link.path) | unlink(stale.path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tcp_listeners_share_a_free_port),
        cmocka_unit_test(test_a_port_is_free_again_at_once),
        cmocka_unit_test(test_a_port_in_use_is_refused),
        cmocka_unit_test(test_our_own_port_is_refused_too),
        cmocka_unit_test(test_a_wildcard_in_use_covers_the_loopback),
        cmocka_unit_test(test_a_dual_stack_wildcard_in_use_covers_ipv4),
        cmocka_unit_test(test_ipv6_is_ipv6_only),
        cmocka_unit_test(test_an_address_of_another_machine),
        cmocka_unit_test(test_unix_listeners_are_one_socket),
        cmocka_unit_test(test_the_longest_path),
        cmocka_unit_test(test_a_stale_file_is_replaced),
        cmocka_unit_test(test_a_live_socket_is_left_alone),
        cmocka_unit_test(test_a_busy_socket_is_left_alone),
        cmocka_unit_test(test_a_datagram_socket_is_left_alone),
        cmocka_unit_test(test_what_is_no_socket_is_left_alone),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
