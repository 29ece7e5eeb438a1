/* A client that uses its key does so many times a second, and one that tries keys which do not exist even more often:
 * the database is asked once in a few seconds for each of them.
 * Entries are the cache's; a note of a key's use belongs to the coroutine that writes it.
 * The task's coroutine; what is kept is shared by all reactors. */
#include "known_key.h"

#include <stdlib.h>
#include <string.h>

#include "core/cache.h"
#include "core/clock.h"
#include "core/log.h"
#include "repos/key_repo.h"

enum {
    KEPT_MS = 5000,
    NOTED_EVERY_S = 60,
    MAX_NOTES = 8, /* at a time, of the whole process: requests have a better use for the database's sessions */
    NOTE_ARENA_BYTES = 65536,
    NOTE_TIMEOUT_MS = 2000
};

static void keep(struct auth *auth, const struct known_key *key, const uuid *id) {
    cache_put(auth->cache, CACHE_API_KEY, id->bytes, sizeof id->bytes, key, sizeof *key,
              clock_now_us() / 1000 + KEPT_MS);
}

static void set_known(struct known_key *out, const struct api_key *row) {
    out->exists = true;
    out->admin = row->admin;
    out->scopes = row->scopes;
    out->user = row->user;
    memcpy(out->secret_hash, row->secret_hash, sizeof out->secret_hash);
    out->created_at_s = row->created_at_s;
    out->expires_at_s = row->expires_at_s;
    out->used_at_s = row->last_used_at_s;
}

enum err known_key_get(struct task *task, struct auth *auth, struct known_key *out, const uuid *id, bool fresh) {
    struct api_key row;
    if (!fresh && cache_get(auth->cache, CACHE_API_KEY, out, sizeof *out, id->bytes, sizeof id->bytes,
                            reactor_now_ms(task->reactor))) {
        return ERR_OK;
    }
    memset(out, 0, sizeof *out);
    enum err err = key_repo_get(task, &row, id);
    if (err != ERR_OK && err != ERR_KEY_NOT_FOUND) return err;
    if (err == ERR_OK) set_known(out, &row);
    keep(auth, out, id);
    return ERR_OK;
}

void auth_forget_key(struct auth *auth, const uuid *id) {
    struct known_key gone;
    memset(&gone, 0, sizeof gone);
    keep(auth, &gone, id);
}

/* A use that is being written down. */
struct note {
    struct task task;
    struct auth *auth;
    uuid id;
    uint64_t now_s;
};

static void write_note(void *arg) {
    struct note *note = arg;
    struct task *task = &note->task;
    if (key_repo_touch(task, &note->id, note->now_s) != ERR_OK) {
        log_write(LOG_DB, LOG_WARN, "the use of an API key was not noted", LOG_STR("reason", task->fault.detail));
    }
    atomic_fetch_sub(&note->auth->notes, 1);
    arena_free(task->arena);
    free(note);
}

static void spawn_note(const struct task *task, struct auth *auth, const uuid *id, uint64_t now_s) {
    struct note *note = malloc(sizeof *note);
    if (note == NULL) abort();
    *note = (struct note){.task = {.reactor = task->reactor,
                                   .arena = arena_new(NOTE_ARENA_BYTES),
                                   .deadline_ms = reactor_now_ms(task->reactor) + NOTE_TIMEOUT_MS,
                                   .trace = task->trace,
                                   .name = "key use"},
                          .auth = auth,
                          .id = *id,
                          .now_s = now_s};
    reactor_spawn(task->reactor, write_note, note);
}

/* Where there is no room for the note, the next use after this entry's end is noted instead. */
void known_key_note_use(struct task *task, struct auth *auth, struct known_key *key, const uuid *id, uint64_t now_s) {
    if (now_s < key->used_at_s + NOTED_EVERY_S) return;
    key->used_at_s = now_s;
    keep(auth, key, id);
    if (atomic_fetch_add(&auth->notes, 1) < MAX_NOTES && reactor_has_room(task->reactor)) {
        spawn_note(task, auth, id, now_s);
    } else {
        atomic_fetch_sub(&auth->notes, 1);
    }
}
