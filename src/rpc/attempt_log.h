/* Logs what nodes say, at level debug, without giving away where they live. On the task's thread. */
#ifndef DAPPD_RPC_ATTEMPT_LOG_H
#define DAPPD_RPC_ATTEMPT_LOG_H

#include "attempt.h"
#include "codec.h"

/* In: items, one per call of the attempt; whole: the error for all of them, or NULL. */
void attempt_log_errors(const struct attempt *attempt, const struct codec_item *items, const json_t *whole);

/* Returns true when the text repeats a part of the URL that may be secret: a host, user, path or key of 8 characters
 * or more. */
bool attempt_log_leaks(const char *url, const char *text);

#endif
