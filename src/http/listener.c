/* Opens the listening sockets. The descriptors belong to the caller; before any thread starts. */
#include "http/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 4096 };

static enum err fail(char problem[LISTENER_PROBLEM_BYTES], const struct listen_address *address, const char *what) {
    char text[LISTEN_TEXT_BYTES];
    (void)snprintf(problem, LISTENER_PROBLEM_BYTES, "cannot listen on %s: %s", listen_address_format(text, address),
                   what);
    return ERR_INVALID_PARAMETER;
}

static void close_all(const int *fds, unsigned n) {
    for (unsigned i = 0; i < n; i++) (void)close(fds[i]);
}

/* A bound socket, not yet listening, or -1 with errno. */
static int bind_socket(const struct listen_address *address, bool share_port) {
    int fd = socket(address->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1;
    bool ok = true;
    if (address->addr.ss_family != AF_UNIX) ok = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0;
    if (address->addr.ss_family == AF_INET6) ok = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0 && ok;
    if (share_port) ok = setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 && ok;
    if (ok && bind(fd, (const struct sockaddr *)&address->addr, address->addr_len) == 0) return fd;
    int saved = errno;
    (void)close(fd);
    errno = saved;
    return -1;
}

static int listen_socket(const struct listen_address *address, bool share_port) {
    int fd = bind_socket(address, share_port);
    if (fd >= 0 && listen(fd, BACKLOG) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* With SO_REUSEPORT a second dappd would silently take half of the first one's connections, so a plain bind has to
 * succeed first; it also turns port 0 into a real one. */
static bool claim_port(struct listen_address *address) {
    int fd = bind_socket(address, false);
    if (fd < 0) return false;
    address->addr_len = sizeof address->addr;
    bool ok = getsockname(fd, (struct sockaddr *)&address->addr, &address->addr_len) == 0;
    (void)close(fd);
    return ok;
}

static enum err open_tcp(int *fds, unsigned n, struct listen_address *address, char *problem) {
    if (!claim_port(address)) return fail(problem, address, strerror(errno));
    for (unsigned i = 0; i < n; i++) {
        fds[i] = listen_socket(address, true);
        if (fds[i] >= 0) continue;
        int saved = errno;
        close_all(fds, i);
        return fail(problem, address, strerror(saved));
    }
    return ERR_OK;
}

/* Removes the file of a process that is gone. Returns NULL, or why the path cannot be used. */
static const char *clear_stale(const struct listen_address *address) {
    struct stat status;
    if (lstat(address->path, &status) != 0) return errno == ENOENT ? NULL : strerror(errno);
    if (!S_ISSOCK(status.st_mode)) return "the file exists and is no socket";
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); /* a full backlog must not hold us up */
    if (fd < 0) return strerror(errno);
    bool answered = connect(fd, (const struct sockaddr *)&address->addr, address->addr_len) == 0;
    bool refused = !answered && errno == ECONNREFUSED;
    (void)close(fd);
    if (!refused) return answered ? "another process listens there" : "the socket exists and does not answer";
    return unlink(address->path) == 0 ? NULL : strerror(errno);
}

static enum err open_unix(int *fds, unsigned n, const struct listen_address *address, char *problem) {
    const char *why = clear_stale(address);
    if (why != NULL) return fail(problem, address, why);
    fds[0] = listen_socket(address, false);
    if (fds[0] < 0) return fail(problem, address, strerror(errno));
    for (unsigned i = 1; i < n; i++) {
        fds[i] = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);
        if (fds[i] >= 0) continue;
        int saved = errno;
        close_all(fds, i);
        return fail(problem, address, strerror(saved));
    }
    return ERR_OK;
}

enum err listener_open(int *fds, unsigned n, struct listen_address *address, char problem[LISTENER_PROBLEM_BYTES]) {
    return address->path[0] != '\0' ? open_unix(fds, n, address, problem) : open_tcp(fds, n, address, problem);
}

void listener_cleanup(const struct listen_address *address) {
    if (address->path[0] != '\0') (void)unlink(address->path);
}
