/* A connection to the Unix socket of another process on this machine, for coroutines: whoever reads or writes waits,
 * the loop does not. Owned by whoever opened it; used by one coroutine at a time, on the reactor's thread.
 *
 * What can fail returns 0 or an errno: ETIMEDOUT once the deadline has passed, ECONNRESET when the other side has
 * closed the connection. After an error there is nothing left but to close it. */
#ifndef DAPPD_CORE_LOCAL_SOCKET_H
#define DAPPD_CORE_LOCAL_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/reactor.h"

struct local_socket;

/* Connects at once or not at all; EAGAIN when too many others wait to be taken up. In: path, shorter than sun_path. */
int local_socket_open(struct local_socket **out, struct reactor *reactor, const char *path) MUST_CHECK;

/* No coroutine may be waiting for it. */
void local_socket_close(struct local_socket *socket);

/* Writes all of it. */
int local_socket_write(struct local_socket *socket, const void *data, size_t len, uint64_t deadline_ms) MUST_CHECK;

/* Reads what has come, at least one byte. In: deadline_ms, 0: only what has come already. */
int local_socket_read(struct local_socket *socket, size_t *n, void *out, size_t size, uint64_t deadline_ms) MUST_CHECK;

/* Ends the wait of another coroutine, and all later ones, as if the deadline had passed. */
void local_socket_cancel(struct local_socket *socket);

#endif
