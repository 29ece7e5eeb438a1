/* Addresses of host names, without blocking the loop. A look-up belongs to whoever started it until fn is called or it
 * is cancelled; the reactor's thread. */
#ifndef DAPPD_CORE_RESOLVE_H
#define DAPPD_CORE_RESOLVE_H

#include <stddef.h>

#include "core/reactor.h"

enum { RESOLVE_MAX = 16, RESOLVE_TEXT_BYTES = 64 };

struct resolve;

/* Called on the loop's stack, once. In: up to RESOLVE_MAX addresses as text, in the order in which to try them; none
 * when the name has none. Borrowed. */
typedef void (*resolve_fn)(void *arg, const char (*addresses)[RESOLVE_TEXT_BYTES], size_t n);

struct resolve *resolve_start(struct reactor *reactor, const char *host, resolve_fn fn, void *arg);

/* fn will not be called any more. */
void resolve_cancel(struct resolve *resolve);

#endif
