/* How often a client may ask: by API key, user or address, in the classes of the route table. Runs on the request's
 * coroutine, never waits. */
#ifndef DAPPD_MIDDLEWARE_RATE_LIMIT_H
#define DAPPD_MIDDLEWARE_RATE_LIMIT_H

#include "core/err.h"
#include "http/request.h"
#include "http/response.h"

/* Whoever guesses credentials makes dappd look them up, so bad ones are counted, for their address, as single reads
 * are. Check returns ERR_RATE_LIMITED while there have been too many, before the next is looked up. */
enum err rate_limit_check_guesses(struct request *req, struct response *res) MUST_CHECK;
void rate_limit_count_guess(struct request *req, struct response *res);

/* Gives the metrics their values of the label `class`. */
void rate_limit_set_metric_labels(void);

#endif
