/* Something that may be used once has been used: known here where there is no database that would know it, and at most
 * for as long as it could be used again.
 * Owns a fixed number of entries, in chains by hash; one that is free again is in the chain of the free. What was never
 * used is never touched, and so takes no memory.
 * Any thread: one mutex. */
#include "services/spent.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/siphash.h"

enum { ID_BYTES = 16, SWEPT_CHAINS = 2 };

struct entry {
    struct entry *next;
    uint8_t id[ID_BYTES];
    uint64_t expires_s;
};

struct spent {
    pthread_mutex_t mutex;
    uint64_t hash_key[2];
    struct entry *entries;
    size_t n_entries;
    size_t n_fresh; /* how many of them, from the end, have never been used */
    struct entry *free;
    struct entry **chains;
    size_t n_chains; /* a power of two */
    size_t hand;     /* the chain that is swept next */
    uint64_t full_s; /* when it was swept as a whole last, and all was still good */
};

struct spent *spent_new(size_t max_ids) {
    struct spent *spent = calloc(1, sizeof *spent);
    if (spent == NULL) abort();
    spent->n_chains = 1;
    while (spent->n_chains < max_ids) spent->n_chains *= 2;
    spent->entries = calloc(max_ids, sizeof *spent->entries);
    spent->chains = calloc(spent->n_chains, sizeof *spent->chains);
    if (spent->entries == NULL || spent->chains == NULL) abort();
    spent->n_entries = spent->n_fresh = max_ids;
    secure_random(spent->hash_key, sizeof spent->hash_key);
    pthread_mutex_init(&spent->mutex, NULL);
    return spent;
}

void spent_free(struct spent *spent) {
    if (spent == NULL) return;
    pthread_mutex_destroy(&spent->mutex);
    free(spent->chains);
    free(spent->entries);
    free(spent);
}

static struct entry **chain_of(const struct spent *spent, const uint8_t *id) {
    return &spent->chains[siphash24(spent->hash_key, id, ID_BYTES) & (spent->n_chains - 1)];
}

/* Frees what has expired in a chain. An entry outlives its second, whichever way others compare. */
static void sweep(struct spent *spent, struct entry **link, uint64_t now_s) {
    while (*link != NULL) {
        struct entry *entry = *link;
        if (entry->expires_s >= now_s) {
            link = &entry->next;
            continue;
        }
        *link = entry->next;
        entry->next = spent->free;
        spent->free = entry;
    }
}

static bool is_full(const struct spent *spent) {
    return spent->free == NULL && spent->n_fresh == 0;
}

/* NULL when all are in use. */
static struct entry *take_free(struct spent *spent) {
    struct entry *entry = spent->free;
    if (entry != NULL) {
        spent->free = entry->next;
    } else if (spent->n_fresh > 0) {
        entry = &spent->entries[spent->n_entries - spent->n_fresh--];
    }
    return entry;
}

/* Each id that comes clears a little, so that all is swept long before it is full; what is full nevertheless is swept
 * as a whole, but not twice in a second, when nothing more can have expired. */
static void make_room(struct spent *spent, uint64_t now_s) {
    size_t n = SWEPT_CHAINS;
    if (is_full(spent) && spent->full_s != now_s) n = spent->n_chains;
    for (size_t i = 0; i < n; i++) {
        spent->hand = (spent->hand + 1) & (spent->n_chains - 1);
        sweep(spent, &spent->chains[spent->hand], now_s);
    }
    if (is_full(spent)) spent->full_s = now_s;
}

static bool has(const struct spent *spent, const uint8_t *id, uint64_t now_s) {
    for (const struct entry *entry = *chain_of(spent, id); entry != NULL; entry = entry->next) {
        if (memcmp(entry->id, id, ID_BYTES) == 0) return entry->expires_s >= now_s;
    }
    return false;
}

/* With the mutex held. */
static enum err add(struct spent *spent, const uint8_t *id, uint64_t expires_s, uint64_t now_s) {
    if (has(spent, id, now_s)) return ERR_INVALID_NONCE;
    struct entry **chain = chain_of(spent, id);
    sweep(spent, chain, now_s);
    make_room(spent, now_s);
    struct entry *entry = take_free(spent);
    if (entry == NULL) return ERR_SIGN_IN_UNAVAILABLE;
    *entry = (struct entry){.next = *chain, .expires_s = expires_s};
    memcpy(entry->id, id, ID_BYTES);
    *chain = entry;
    return ERR_OK;
}

enum err spent_add(struct spent *spent, const uint8_t id[16], uint64_t expires_s, uint64_t now_s) {
    pthread_mutex_lock(&spent->mutex);
    enum err err = add(spent, id, expires_s, now_s);
    pthread_mutex_unlock(&spent->mutex);
    return err;
}

bool spent_has(struct spent *spent, const uint8_t id[16], uint64_t now_s) {
    pthread_mutex_lock(&spent->mutex);
    bool found = has(spent, id, now_s);
    pthread_mutex_unlock(&spent->mutex);
    return found;
}
