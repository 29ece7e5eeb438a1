/* A hash table with open addressing, at most half full. Addresses come from strangers: the hash has a random key.
 * It owns its slots.
 * One coroutine. */
#include "token_ids.h"

#include <stdlib.h>
#include <sys/random.h>

#include "core/siphash.h"

enum { FIRST_SLOTS = 1024 };

struct slot {
    address token;
    int32_t id; /* TOKEN_ID_NONE: free */
};

struct token_ids {
    uint64_t key[2];
    struct slot *slots;
    size_t n_slots; /* a power of two */
    size_t used;
};

static void allocate(struct token_ids *ids, size_t n_slots) {
    ids->slots = calloc(n_slots, sizeof *ids->slots);
    if (ids->slots == NULL) abort();
    ids->n_slots = n_slots;
    ids->used = 0;
}

struct token_ids *token_ids_new(void) {
    struct token_ids *ids = calloc(1, sizeof *ids);
    if (ids == NULL) abort();
    if (getrandom(ids->key, sizeof ids->key, 0) != (ssize_t)sizeof ids->key) abort();
    allocate(ids, FIRST_SLOTS);
    return ids;
}

void token_ids_free(struct token_ids *ids) {
    if (ids == NULL) return;
    free(ids->slots);
    free(ids);
}

size_t token_ids_count(const struct token_ids *ids) {
    return ids->used;
}

void token_ids_clear(struct token_ids *ids) {
    free(ids->slots);
    allocate(ids, FIRST_SLOTS);
}

/* The token's slot, or the free one where it belongs. */
static struct slot *find(const struct token_ids *ids, const address *token) {
    size_t at = (size_t)siphash24(ids->key, token, sizeof *token);
    for (;; at++) {
        struct slot *slot = &ids->slots[at & (ids->n_slots - 1)];
        if (slot->id == TOKEN_ID_NONE || address_equal(&slot->token, token)) return slot;
    }
}

static void grow(struct token_ids *ids) {
    struct slot *old = ids->slots;
    size_t n = ids->n_slots;
    allocate(ids, 2 * n);
    for (size_t i = 0; i < n; i++) {
        if (old[i].id == TOKEN_ID_NONE) continue;
        *find(ids, &old[i].token) = old[i];
        ids->used++;
    }
    free(old);
}

int32_t token_ids_get(const struct token_ids *ids, const address *token) {
    return find(ids, token)->id;
}

void token_ids_set(struct token_ids *ids, const address *token, int32_t id) {
    struct slot *slot = find(ids, token);
    if (slot->id == TOKEN_ID_NONE) {
        if (2 * (ids->used + 1) > ids->n_slots) {
            grow(ids);
            slot = find(ids, token);
        }
        ids->used++;
        slot->token = *token;
    }
    slot->id = id;
}
