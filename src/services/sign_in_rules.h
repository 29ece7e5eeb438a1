/* What a message must say to be taken here and now, beyond being one: all that needs neither a node nor a key. Owns
 * nothing; pure but for the task's fault, any thread. Source: EIP-4361. */
#ifndef DAPPD_SERVICES_SIGN_IN_RULES_H
#define DAPPD_SERVICES_SIGN_IN_RULES_H

#include <stdint.h>

#include "core/task.h"
#include "eth/siwe.h"
#include "services/secrets.h"

/* How far a wallet's clock, or another instance's, may be from ours. */
enum { SIGN_IN_SKEW_S = 60 };

/* ERR_SIGN_IN_UNAVAILABLE when there are no domains. */
enum err sign_in_check_configured(struct task *task, const char *domains) MUST_CHECK;

/* The domain is one of those, byte for byte, and its scheme, where it has one, https; http on this machine alone, for
 * pages that are being written. In: domains, comma-separated. ERR_DOMAIN_MISMATCH. */
enum err sign_in_check_domain(struct task *task, const struct siwe_message *message, const char *domains) MUST_CHECK;

/* The URI is a page of that domain, with the same schemes. ERR_URI_MISMATCH. */
enum err sign_in_check_uri(struct task *task, const struct siwe_message *message) MUST_CHECK;

/* It was not issued in the future, has not expired and is valid already. In: now_s, unix seconds.
 * ERR_ISSUED_IN_FUTURE, ERR_MESSAGE_EXPIRED, ERR_MESSAGE_NOT_YET_VALID. */
enum err sign_in_check_times(struct task *task, const struct siwe_message *message, uint64_t now_s) MUST_CHECK;

/* The nonce has not expired, and was there when the message was issued. ERR_INVALID_NONCE. */
enum err sign_in_check_nonce(struct task *task, const struct siwe_message *message, const struct nonce *nonce,
                             uint64_t now_s) MUST_CHECK;

#endif
