/* The listening sockets. Opened by app before the reactors start; each descriptor then belongs to a server. */
#ifndef DAPPD_HTTP_LISTENER_H
#define DAPPD_HTTP_LISTENER_H

#include "core/err.h"
#include "core/listen_address.h"

enum { LISTENER_PROBLEM_BYTES = 320 };

/* Out: n non-blocking listening descriptors. On TCP they share the port (SO_REUSEPORT), after a plain bind has shown
 * that no other process has it; a Unix socket is opened once and duplicated, a stale file of a dead process is
 * replaced. *address gets the real port where 0 was asked for. Returns ERR_INVALID_PARAMETER and a sentence for people;
 * nothing is left open then. */
enum err listener_open(int *fds, unsigned n, struct listen_address *address,
                       char problem[LISTENER_PROBLEM_BYTES]) MUST_CHECK;

/* Removes the socket's file of a Unix listener. */
void listener_cleanup(const struct listen_address *address);

#endif
