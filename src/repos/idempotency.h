/* Requests that may be sent again: what was made under a key is found instead of made twice. Owns nothing; the task's
 * coroutine. */
#ifndef DAPPD_REPOS_IDEMPOTENCY_H
#define DAPPD_REPOS_IDEMPOTENCY_H

#include "repos/pg_session.h"
#include "repos/user_repo.h"

enum idempotency_statement { IDEMPOTENCY_BEGIN, IDEMPOTENCY_FIND, IDEMPOTENCY_STATEMENT_COUNT };
extern const struct pg_statement idempotency_statements[IDEMPOTENCY_STATEMENT_COUNT];

enum { SEALED_SECRET_BYTES = 24 };

/* What a request makes, or has made. */
struct idempotency_record {
    uuid resource;
    bool has_sealed_secret;
    uint8_t sealed_secret[SEALED_SECRET_BYTES];
};

/* Within the transaction that makes what the record tells, before it does. While another transaction is at the same
 * request this waits for its end. In: user, who asks; what, NULL: not to be sent again. Out: *replayed, then record is
 * what was made before. ERR_IDEMPOTENCY_KEY_REUSED; ERR_USER_NOT_FOUND when who asks is gone. */
enum err idempotency_begin(struct task *task, struct pg_session *session, bool *replayed,
                           struct idempotency_record *record, const uuid *user,
                           const struct idempotency *what) MUST_CHECK;

/* The same question outside of transactions, for whoever would have much to do before it began one: what is done at
 * this moment is not found. */
enum err idempotency_find(struct task *task, bool *replayed, struct idempotency_record *record, const uuid *user,
                          const struct idempotency *what) MUST_CHECK;

#endif
