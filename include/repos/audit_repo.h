/* The log of every change to accounts, which the changes' own transactions write. Runs on the task's coroutine.
 *
 * All account repos: ERR_ACCOUNTS_UNAVAILABLE when the database cannot be reached, ERR_TIMEOUT, ERR_INTERNAL. What is
 * given lives in the task's arena. */
#ifndef DAPPD_REPOS_AUDIT_REPO_H
#define DAPPD_REPOS_AUDIT_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "core/uuid.h"
#include "eth/address.h"

/* Who makes a change, for its row. Borrowed. */
struct audit_actor {
    const uuid *user;    /* NULL: dappd itself */
    const uuid *key;     /* NULL: not with an API key */
    const uuid *session; /* NULL: not in a session. In no row: what outlives a session is given in a live one only */
    const char *request_id;
};

struct audit_row {
    uint64_t id;
    uint64_t at_s;
    bool has_actor, has_actor_key, has_subject;
    uuid actor, actor_key, subject;
    const char *action;
    uuid user;
    const char **members;
    size_t n_members;
    const char *request_id; /* NULL: none */
    bool has_contract;      /* it is about this one */
    uint64_t chain_id;
    address contract;
};

struct audit_page {
    struct audit_row *rows; /* newest first */
    size_t n_rows;
    bool more;
};

/* In: before, the id of the last row shown, 0: from the newest; user, NULL: about all. */
enum err audit_repo_page(struct task *task, struct audit_page *out, uint64_t before, const uuid *user,
                         size_t limit) MUST_CHECK;

#endif
