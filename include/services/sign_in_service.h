/* Signing in with a wallet, and what keeps it signed in. Runs on the task's coroutine. Source: EIP-4361, ERC-1271,
 * ERC-6492. */
#ifndef DAPPD_SERVICES_SIGN_IN_SERVICE_H
#define DAPPD_SERVICES_SIGN_IN_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/principal.h"
#include "core/task.h"
#include "eth/address.h"
#include "repos/user_repo.h"
#include "services/access_token.h"
#include "services/auth.h"
#include "services/secrets.h"

/* What a wallet is to sign with its message. Nothing is kept of it. ERR_SIGN_IN_UNAVAILABLE when no domain is
 * configured. Out: *expires_s, unix seconds. */
enum err sign_in_nonce(struct task *task, struct auth *auth, char out[NONCE_TEXT_BYTES],
                       uint64_t *expires_s) MUST_CHECK;

/* A message whose signature has been verified, and all that it says checked but whether its nonce was spent before. */
struct proof {
    address address;
    uint64_t chain_id;
    bool any_chain; /* the address's own key has signed; else a contract of that chain has agreed */
    struct nonce nonce;
};

/* Nothing is spent, whatever comes of it. Errors: ERR_SIGN_IN_UNAVAILABLE as above; ERR_INVALID_MESSAGE,
 * ERR_CHECKSUM_MISMATCH, ERR_INVALID_SIGNATURE, ERR_DOMAIN_MISMATCH, ERR_URI_MISMATCH, ERR_CHAIN_NOT_SERVED,
 * ERR_INVALID_NONCE, ERR_ISSUED_IN_FUTURE, ERR_MESSAGE_EXPIRED, ERR_MESSAGE_NOT_YET_VALID, ERR_SIGNATURE_MISMATCH; of
 * contracts, and while the chain's id is not known, those of reads. In: signature, bytes. */
enum err sign_in_prove(struct task *task, struct auth *auth, struct proof *out, const char *message, size_t message_len,
                       const uint8_t *signature, size_t signature_len) MUST_CHECK;

/* What using a proof uses up, to be kept by the transaction that the proof allows: longer than the nonce is good, since
 * another instance's clock may be behind. ERR_INVALID_NONCE when the nonce has expired meanwhile. */
enum err sign_in_spend(struct task *task, struct spending *out, const struct proof *proof) MUST_CHECK;

/* What a client is given. */
struct grant {
    char access_token[ACCESS_TOKEN_BYTES];
    char refresh_token[REFRESH_TOKEN_BYTES]; /* "" without a database */
    struct access_claims claims;
    uint64_t refresh_expires_s; /* of the refresh token */
    bool created;               /* the user is new */
};

/* A proof becomes a session. An address that the configuration names is an admin's when its own key has signed or its
 * contract is on the first chain: on another one the same address may be somebody else's. ERR_INVALID_NONCE when it was
 * spent, by whichever instance; ERR_SIGN_IN_UNAVAILABLE when no more can be kept without a database. */
enum err sign_in_begin(struct task *task, struct auth *auth, struct grant *out, const struct proof *proof,
                       const char *request_id) MUST_CHECK;

/* ERR_INVALID_REFRESH_TOKEN, ERR_REFRESH_TOKEN_REUSED; ERR_ACCOUNTS_UNAVAILABLE without a database. */
enum err sign_in_refresh(struct task *task, struct auth *auth, struct grant *out, const char *token, size_t len,
                         const char *request_id) MUST_CHECK;

/* Ends the principal's session. */
enum err sign_in_end(struct task *task, struct auth *auth, const struct principal *principal,
                     const char *request_id) MUST_CHECK;

#endif
