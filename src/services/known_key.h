/* API keys by their id, as the database has them or had them a few seconds ago. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_KNOWN_KEY_H
#define DAPPD_SERVICES_KNOWN_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/task.h"
#include "core/uuid.h"
#include "services/auth.h"

struct known_key {
    bool exists; /* the rest says nothing otherwise */
    bool admin;
    uint32_t scopes;
    uuid user;
    uint8_t secret_hash[SHA256_BYTES];
    uint64_t created_at_s;
    uint64_t expires_at_s; /* 0: never */
    uint64_t used_at_s;    /* as it was noted last; 0: never */
};

/* In: fresh, ask the database whatever is kept. ERR_ACCOUNTS_UNAVAILABLE, ERR_TIMEOUT, ERR_INTERNAL. */
enum err known_key_get(struct task *task, struct auth *auth, struct known_key *out, const uuid *id,
                       bool fresh) MUST_CHECK;

/* The key was used: is noted in the database at most once a minute, while the request goes on. */
void known_key_note_use(struct task *task, struct auth *auth, struct known_key *key, const uuid *id, uint64_t now_s);

#endif
