/* Looks in the table first; what is missing or older than a second is asked of the database: its version, and all of it
 * only when that is another one. While the database cannot be asked, what is known is given on.
 *
 * Where several on a reactor want the same contract, one asks and the others wait. The store owns the table and the
 * list of those questions; the table locks for itself, the store's mutex guards the list. The task's coroutine. */
#include "services/abi_store.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "abi_load.h"
#include "abi_table.h"
#include "proxy.h"
#include "repos/contract_repo.h"
#include "services/chain_service.h"

enum { FRESH_MS = 1000, LOOK_EVERY_MS = 3000, LOOK_LIMIT_MS = 1500 };

/* Somebody who waits for another's question, on its stack. */
struct follower {
    struct waiter waiter;
    bool told; /* what has come of it: the question is no more */
    enum err err;
    struct fault fault;
    struct follower *next;
};

/* A question that is under way, on the stack of whoever asks. */
struct flight {
    const struct reactor *reactor;
    uint64_t chain_id;
    const address *contract;
    struct follower *followers; /* the reactor's thread alone sees them */
    struct flight *next;
};

struct abi_store {
    struct abi_table *table;
    pthread_mutex_t mutex;
    struct flight *flights;
};

struct abi_store *abi_store_new(size_t max_bytes) {
    struct abi_store *store = calloc(1, sizeof *store);
    if (store == NULL || pthread_mutex_init(&store->mutex, NULL) != 0) abort();
    store->table = abi_table_new(max_bytes);
    return store;
}

void abi_store_free(struct abi_store *store) {
    if (store == NULL) return;
    assert(store->flights == NULL);
    abi_table_free(store->table);
    (void)pthread_mutex_destroy(&store->mutex);
    free(store);
}

void abi_store_forget(struct abi_store *store, uint64_t chain_id, const address *contract) {
    abi_table_doubt(store->table, chain_id, contract);
}

static void lock(struct abi_store *store) {
    if (pthread_mutex_lock(&store->mutex) != 0) abort();
}

static void unlock(struct abi_store *store) {
    if (pthread_mutex_unlock(&store->mutex) != 0) abort();
}

static bool is_fresh(const struct task *task, uint64_t checked_ms) {
    return checked_ms != 0 && reactor_now_ms(task->reactor) < checked_ms + FRESH_MS;
}

/* What a task holds on to until its arena goes. */
struct hold {
    struct abi_table *table;
    const struct abi_entry *entry;
};

static void release(void *arg) {
    const struct hold *hold = arg;
    abi_table_release(hold->table, hold->entry);
}

/* Takes over what the caller held. Out: *out, NULL of an address at which nothing is registered. */
static enum err give(struct task *task, struct abi_store *store, const struct known_contract **out,
                     const struct abi_entry *entry_take) {
    struct hold *hold = entry_take->registered ? arena_alloc(task->arena, sizeof *hold) : NULL;
    *out = NULL;
    if (hold == NULL) {
        bool registered = entry_take->registered;
        abi_table_release(store->table, entry_take);
        return registered ? task_fail_memory(task) : ERR_OK;
    }
    *hold = (struct hold){store->table, entry_take};
    *out = &entry_take->contract;
    if (arena_defer(task->arena, release, hold)) return ERR_OK;
    *out = NULL;
    return task_fail_memory(task);
}

/* Finds who asks the same on this reactor, or becomes the one. */
static struct flight *join_or_start(struct abi_store *store, struct flight *mine) {
    lock(store);
    struct flight *flight = store->flights;
    while (flight != NULL && (flight->reactor != mine->reactor || flight->chain_id != mine->chain_id ||
                              !address_equal(flight->contract, mine->contract))) {
        flight = flight->next;
    }
    if (flight == NULL) {
        mine->next = store->flights;
        store->flights = mine;
    }
    unlock(store);
    return flight;
}

static void end_flight(struct abi_store *store, struct flight *flight, enum err err, const struct fault *fault) {
    lock(store);
    struct flight **link = &store->flights;
    while (*link != flight) link = &(*link)->next;
    *link = flight->next;
    unlock(store);
    for (struct follower *follower = flight->followers; follower != NULL; follower = follower->next) {
        follower->told = true;
        follower->err = err;
        follower->fault = *fault;
        waiter_wake(&follower->waiter, err);
    }
}

/* Returns what the one who asks came to. Whose time is up before that leaves the question, which goes on. */
static enum err follow(struct task *task, struct flight *flight) {
    struct follower me = {.next = flight->followers};
    waiter_init(&me.waiter, task->reactor);
    flight->followers = &me;
    enum err err = waiter_wait(&me.waiter, task->deadline_ms);
    (void)err; /* who is told in the moment in which its time is up has been told */
    if (me.told) {
        if (me.err != ERR_OK) task->fault = me.fault;
        return me.err;
    }
    struct follower **link = &flight->followers;
    while (*link != &me) link = &(*link)->next;
    *link = me.next;
    return task_fail(task, ERR_TIMEOUT, "the deadline passed while waiting for the contract");
}

/* Asks the database, or waits for who does. Out: *entry, held, by who has asked; NULL: look again. */
static enum err refresh(struct task *task, struct abi_store *store, const struct abi_entry **entry, uint64_t chain_id,
                        const address *contract) {
    struct flight mine = {.reactor = task->reactor, .chain_id = chain_id, .contract = contract};
    struct flight *other = join_or_start(store, &mine);
    *entry = NULL;
    if (other != NULL) {
        enum err err = follow(task, other);
        bool had_less_time = err == ERR_TIMEOUT && reactor_now_ms(task->reactor) < task->deadline_ms;
        return had_less_time ? ERR_OK : err;
    }
    enum err err = abi_load(task, store->table, entry, chain_id, contract, 1);
    end_flight(store, &mine, err, &task->fault);
    return err;
}

/* Out: *entry, held, not older than is_fresh says, unless the database cannot be asked. */
static enum err hold_fresh(struct task *task, struct abi_store *store, const struct abi_entry **entry,
                           uint64_t chain_id, const address *contract) {
    enum err err = ERR_OK;
    *entry = NULL;
    while (err == ERR_OK && *entry == NULL) {
        uint64_t checked_ms;
        const struct abi_entry *known = abi_table_hold(store->table, chain_id, contract, &checked_ms);
        if (known != NULL && is_fresh(task, checked_ms)) {
            *entry = known;
            break;
        }
        err = refresh(task, store, entry, chain_id, contract);
        if (err == ERR_CONTRACTS_UNAVAILABLE && known != NULL && known->registered) {
            *entry = known;
            return ERR_OK;
        }
        if (known != NULL) abi_table_release(store->table, known);
    }
    return err;
}

/* A node that does not answer soon is no reason to fail: then the implementation is as it was known. */
static bool has_moved(struct task *task, const struct source *source, struct proxy_look *look,
                      const struct abi_entry *entry) {
    struct task child = task_child(task);
    uint64_t until_ms = reactor_now_ms(task->reactor) + LOOK_LIMIT_MS;
    if (until_ms < child.deadline_ms) child.deadline_ms = until_ms;
    enum err err = proxy_read(&child, source, look);
    task->rpc_us += child.rpc_us;
    task->rpc_calls += child.rpc_calls;
    if (err != ERR_OK) return false;
    return look->found != entry->has_implementation ||
           (look->found && !address_equal(&look->implementation, &entry->implementation));
}

/* Returns true when the proxy has another implementation, and the database knows it now. */
static bool follow_proxy(struct task *task, struct abi_store *store, const struct source *source,
                         const struct abi_entry *entry) {
    struct proxy_look look = {.contract = entry->address};
    uint64_t now_ms = reactor_now_ms(task->reactor);
    if (!entry->registered || !entry->proxy) return false;
    if (!abi_table_claim_look(store->table, entry, now_ms, LOOK_EVERY_MS)) return false;
    if (!has_moved(task, source, &look, entry)) return false;
    enum err err = contract_repo_set_implementation(task, entry->chain_id, &entry->address,
                                                    look.found ? &look.implementation : NULL);
    if (err == ERR_OK) abi_store_forget(store, entry->chain_id, &entry->address);
    return err == ERR_OK;
}

static enum err hold_current(struct task *task, struct abi_store *store, const struct source *source,
                             const struct abi_entry **entry, uint64_t chain_id, const address *contract) {
    enum err err = hold_fresh(task, store, entry, chain_id, contract);
    if (err != ERR_OK || !follow_proxy(task, store, source, *entry)) return err;
    abi_table_release(store->table, *entry);
    return hold_fresh(task, store, entry, chain_id, contract);
}

enum err abi_store_get(struct task *task, struct abi_store *store, const struct source *source,
                       const struct known_contract **out, const address *contract) {
    const struct abi_entry *entry;
    uint64_t id;
    enum err err = chain_service_id(task, source->chain, &id);
    if (err == ERR_OK) err = hold_current(task, store, source, &entry, id, contract);
    if (err == ERR_OK) err = give(task, store, out, entry);
    if (err != ERR_OK || *out != NULL) return err;
    char text[ADDRESS_TEXT_BYTES];
    return task_fail(task, ERR_CONTRACT_NOT_FOUND, "no contract is registered at %s", address_format(text, contract));
}

/* Entries of many contracts, held; NULL where the table has none. Those that are not fresh are at the places in
 * `stale`.
 */
struct finding {
    const struct abi_entry **entries;
    size_t *stale;
    address *wanted; /* of these */
    size_t n_stale;
};

static bool look_up(struct task *task, struct abi_store *store, struct finding *finding, uint64_t chain_id,
                    const address *addresses, size_t n) {
    finding->entries = arena_alloc(task->arena, n * sizeof *finding->entries);
    finding->stale = arena_alloc(task->arena, n * sizeof *finding->stale);
    finding->wanted = arena_alloc(task->arena, n * sizeof *finding->wanted);
    if (finding->entries == NULL || finding->stale == NULL || finding->wanted == NULL) return false;
    for (size_t i = 0; i < n; i++) {
        uint64_t checked_ms;
        finding->entries[i] = abi_table_hold(store->table, chain_id, &addresses[i], &checked_ms);
        if (finding->entries[i] != NULL && is_fresh(task, checked_ms)) continue;
        finding->wanted[finding->n_stale] = addresses[i];
        finding->stale[finding->n_stale++] = i;
    }
    return true;
}

/* While the database cannot be asked, what is known stays. */
static void bring_up_to_date(struct task *task, struct abi_store *store, struct finding *finding, uint64_t chain_id) {
    const struct abi_entry **loaded = arena_alloc(task->arena, finding->n_stale * sizeof *loaded);
    if (loaded == NULL || finding->n_stale == 0) return;
    if (abi_load(task, store->table, loaded, chain_id, finding->wanted, finding->n_stale) != ERR_OK) return;
    for (size_t i = 0; i < finding->n_stale; i++) {
        const struct abi_entry **entry = &finding->entries[finding->stale[i]];
        if (*entry != NULL) abi_table_release(store->table, *entry);
        *entry = loaded[i];
    }
}

void abi_store_find(struct task *task, struct abi_store *store, const struct source *source,
                    const struct known_contract **out, const address *addresses, size_t n) {
    struct task child = task_child(task);
    struct finding finding = {.n_stale = 0};
    uint64_t id;
    for (size_t i = 0; i < n; i++) out[i] = NULL;
    if (n == 0 || chain_service_id(&child, source->chain, &id) != ERR_OK) return;
    if (!look_up(&child, store, &finding, id, addresses, n)) return;
    bring_up_to_date(&child, store, &finding, id);
    task->db_us += child.db_us;
    task->db_queries += child.db_queries;
    for (size_t i = 0; i < n; i++) {
        enum err err = finding.entries[i] != NULL ? give(&child, store, &out[i], finding.entries[i]) : ERR_OK;
        (void)err; /* without room for it, it is as if it were not known */
    }
}
