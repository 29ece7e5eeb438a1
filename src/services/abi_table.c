/* A hash table with chains of entries, and a list of those that nobody holds, by when they were last released. Owns its
 * entries: one whose place another has taken goes with its last holder. Any thread. */
#include "abi_table.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/siphash.h"

enum { BUCKETS = 4096 };

struct abi_table {
    pthread_mutex_t mutex;
    struct abi_entry *buckets[BUCKETS];
    struct abi_entry *oldest, *newest; /* of those that nobody holds */
    size_t idle_bytes;                 /* of these */
    size_t max_bytes;
    uint64_t doubts;
    uint64_t hash_key[2];
};

struct abi_table *abi_table_new(size_t max_bytes) {
    struct abi_table *table = calloc(1, sizeof *table);
    if (table == NULL || pthread_mutex_init(&table->mutex, NULL) != 0) abort();
    table->max_bytes = max_bytes;
    clock_random(table->hash_key, sizeof table->hash_key);
    return table;
}

static void free_entry(struct abi_entry *entry) {
    arena_free(entry->arena);
    free(entry);
}

void abi_table_free(struct abi_table *table) {
    if (table == NULL) return;
    for (size_t i = 0; i < BUCKETS; i++) {
        struct abi_entry *next;
        for (struct abi_entry *entry = table->buckets[i]; entry != NULL; entry = next) {
            next = entry->next;
            assert(entry->holders == 0);
            free_entry(entry);
        }
    }
    (void)pthread_mutex_destroy(&table->mutex);
    free(table);
}

static void lock(struct abi_table *table) {
    if (pthread_mutex_lock(&table->mutex) != 0) abort();
}

static void unlock(struct abi_table *table) {
    if (pthread_mutex_unlock(&table->mutex) != 0) abort();
}

/* Returns the link to the entry, or the last one of its bucket. */
static struct abi_entry **find(struct abi_table *table, uint64_t chain_id, const address *contract) {
    uint8_t key[sizeof chain_id + sizeof contract->bytes];
    memcpy(key, &chain_id, sizeof chain_id);
    memcpy(key + sizeof chain_id, contract->bytes, sizeof contract->bytes);
    struct abi_entry **link = &table->buckets[siphash24(table->hash_key, key, sizeof key) % BUCKETS];
    while (*link != NULL && ((*link)->chain_id != chain_id || !address_equal(&(*link)->address, contract))) {
        link = &(*link)->next;
    }
    return link;
}

static void leave_idle(struct abi_table *table, struct abi_entry *entry) {
    *(entry->older != NULL ? &entry->older->newer : &table->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &table->newest) = entry->older;
    entry->older = entry->newer = NULL;
    table->idle_bytes -= entry->bytes;
}

static void unlist(struct abi_table *table, struct abi_entry **link) {
    struct abi_entry *entry = *link;
    *link = entry->next;
    entry->listed = false;
    if (entry->holders > 0) return;
    leave_idle(table, entry);
    free_entry(entry);
}

static void become_idle(struct abi_table *table, struct abi_entry *entry) {
    entry->older = table->newest;
    *(table->newest != NULL ? &table->newest->newer : &table->oldest) = entry;
    table->newest = entry;
    table->idle_bytes += entry->bytes;
    while (table->idle_bytes > table->max_bytes) {
        const struct abi_entry *oldest = table->oldest;
        unlist(table, find(table, oldest->chain_id, &oldest->address));
    }
}

const struct abi_entry *abi_table_hold(struct abi_table *table, uint64_t chain_id, const address *contract,
                                       uint64_t *checked_ms) {
    lock(table);
    struct abi_entry *entry = *find(table, chain_id, contract);
    if (entry != NULL) {
        if (entry->holders++ == 0) leave_idle(table, entry);
        *checked_ms = entry->checked_ms;
    }
    unlock(table);
    return entry;
}

void abi_table_release(struct abi_table *table, const struct abi_entry *held) {
    struct abi_entry *entry = (struct abi_entry *)(uintptr_t)held;
    lock(table);
    assert(entry->holders > 0);
    bool last = --entry->holders == 0, gone = last && !entry->listed;
    if (last && !gone) become_idle(table, entry);
    unlock(table);
    if (gone) free_entry(entry);
}

uint64_t abi_table_doubts(struct abi_table *table) {
    lock(table);
    uint64_t doubts = table->doubts;
    unlock(table);
    return doubts;
}

void abi_table_put_take(struct abi_table *table, struct abi_entry *entry, uint64_t checked_ms, uint64_t doubts) {
    lock(table);
    struct abi_entry **link = find(table, entry->chain_id, &entry->address);
    if (*link != NULL) {
        entry->looked_ms = (*link)->looked_ms;
        unlist(table, link);
        link = find(table, entry->chain_id, &entry->address);
    }
    *link = entry;
    entry->next = NULL;
    entry->listed = true;
    entry->bytes = sizeof *entry + (entry->arena != NULL ? arena_used(entry->arena) : 0);
    entry->checked_ms = doubts == table->doubts ? checked_ms : 0;
    entry->holders = 1;
    unlock(table);
}

void abi_table_confirm(struct abi_table *table, const struct abi_entry *held, uint64_t checked_ms, uint64_t doubts) {
    struct abi_entry *entry = (struct abi_entry *)(uintptr_t)held;
    lock(table);
    if (doubts == table->doubts) entry->checked_ms = checked_ms;
    unlock(table);
}

static bool is_about(const struct abi_entry *entry, uint64_t chain_id, const address *contract) {
    if (entry->chain_id != chain_id) return false;
    return address_equal(&entry->address, contract) ||
           (entry->has_implementation && address_equal(&entry->implementation, contract));
}

void abi_table_doubt(struct abi_table *table, uint64_t chain_id, const address *contract) {
    lock(table);
    table->doubts++;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct abi_entry *entry = table->buckets[i]; entry != NULL; entry = entry->next) {
            if (is_about(entry, chain_id, contract)) entry->checked_ms = 0;
        }
    }
    unlock(table);
}

bool abi_table_claim_look(struct abi_table *table, const struct abi_entry *held, uint64_t now_ms, uint64_t every_ms) {
    struct abi_entry *entry = (struct abi_entry *)(uintptr_t)held;
    lock(table);
    bool due = entry->looked_ms == 0 || entry->looked_ms + every_ms <= now_ms;
    if (due) entry->looked_ms = now_ms;
    unlock(table);
    return due;
}
