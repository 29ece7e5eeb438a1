/* libcurl's multi interface on a reactor's loop: many HTTP transfers at once, none of them blocking. One thread. */
#ifndef DAPPD_RPC_MULTI_H
#define DAPPD_RPC_MULTI_H

#include <curl/curl.h>

#include "core/reactor.h"

struct multi;

/* Called on the loop's stack when a transfer has ended; it has been removed by then. */
typedef void (*multi_done_fn)(CURL *easy, CURLcode code);

struct multi *multi_new(struct reactor *reactor, multi_done_fn done);

/* All transfers must have ended or been removed. Its memory goes once the loop has closed its handles. */
void multi_free(struct multi *multi);

/* Starts a transfer in this turn of the loop. */
void multi_add(struct multi *multi, CURL *easy);

/* Gives up a transfer that has not ended. */
void multi_remove(struct multi *multi, CURL *easy);

#endif
