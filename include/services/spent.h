/* Ids that must not be used again before they expire, in a bounded amount of memory: nonces and ended sessions where
 * there is no database. Shared by all reactors, locks for itself. Any thread. */
#ifndef DAPPD_SERVICES_SPENT_H
#define DAPPD_SERVICES_SPENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

struct spent;

struct spent *spent_new(size_t max_ids);
void spent_free(struct spent *spent);

/* Spends it. ERR_INVALID_NONCE when it has been before, ERR_SIGN_IN_UNAVAILABLE while there are as many that have not
 * expired as it may hold: none is ever forgotten before its time. */
enum err spent_add(struct spent *spent, const uint8_t id[16], uint64_t expires_s, uint64_t now_s) MUST_CHECK;

bool spent_has(struct spent *spent, const uint8_t id[16], uint64_t now_s);

#endif
