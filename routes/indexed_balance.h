/* The part of GET /balance/:address/:token that may answer from the index. The request's coroutine. */
#ifndef DAPPD_ROUTES_INDEXED_BALANCE_H
#define DAPPD_ROUTES_INDEXED_BALANCE_H

#include "eth/address.h"
#include "http/route.h"

enum balance_source { BALANCE_LIVE, BALANCE_INDEXED, BALANCE_AUTO };

/* ?source=; without it BALANCE_LIVE. */
enum err indexed_balance_source(struct request *req, enum balance_source *out) MUST_CHECK;

/* Answers a request whose source is not BALANCE_LIVE. */
enum err indexed_balance_answer(struct request *req, struct response *res, enum balance_source source,
                                const address *holder, const address *token) MUST_CHECK;

#endif
