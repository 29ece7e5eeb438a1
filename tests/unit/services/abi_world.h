/* The store of ABIs with a table of the test's in the database's place. An ABI here is a text of letters, each a
 * function of that name. Owns the store of one test. Tests only; one thread, but for the table and what counts. */
#ifndef DAPPD_TESTS_SERVICES_ABI_WORLD_H
#define DAPPD_TESTS_SERVICES_ABI_WORLD_H

#include "services/fake_chain.h"

#include <pthread.h>
#include <stdatomic.h>

#include "eth/abi_read.h"
#include "repos/contract_repo.h"
#include "services/abi_store.h"

enum { MAX_ROWS = 16, STORE_BYTES = 1024 * 1024, FRESH_MS = 1000 };

static struct {
    pthread_mutex_t mutex;
    struct contract_row rows[MAX_ROWS];
    size_t n_rows;
    bool away;
    unsigned sleep_ms; /* for each question */
    unsigned asked_versions, asked_all, set;
} db;
static atomic_uint parsed;
static struct abi_store *store;

static struct contract_row *row_of(const address *contract) {
    for (size_t i = 0; i < db.n_rows; i++) {
        if (address_equal(&db.rows[i].address, contract)) return &db.rows[i];
    }
    return NULL;
}

static enum err answer(struct task *task, struct contract_row **out, size_t *n, const address *addresses,
                       size_t n_addresses, bool with_abi, unsigned *counter) {
    if (db.sleep_ms > 0) reactor_sleep_ms(task->reactor, db.sleep_ms);
    if (reactor_now_ms(task->reactor) >= task->deadline_ms) return task_fail(task, ERR_TIMEOUT, "late");
    *n = 0;
    *out = arena_alloc(task->arena, n_addresses * sizeof **out);
    (void)pthread_mutex_lock(&db.mutex);
    (*counter)++;
    for (size_t i = 0; i < n_addresses; i++) {
        const struct contract_row *row = row_of(&addresses[i]);
        if (row == NULL) continue;
        (*out)[(*n)++] = *row;
        if (!with_abi) (*out)[*n - 1].abi = NULL;
    }
    (void)pthread_mutex_unlock(&db.mutex);
    return db.away ? task_fail(task, ERR_CONTRACTS_UNAVAILABLE, "away") : ERR_OK;
}

enum err contract_repo_versions(struct task *task, struct contract_row **out, size_t *n, uint64_t chain,
                                const address *addresses, size_t n_addresses) {
    (void)chain;
    return answer(task, out, n, addresses, n_addresses, false, &db.asked_versions);
}

enum err contract_repo_find(struct task *task, struct pg_session *session, struct contract_row **out, size_t *n,
                            uint64_t chain, const address *addresses, size_t n_addresses) {
    (void)session;
    (void)chain;
    return answer(task, out, n, addresses, n_addresses, true, &db.asked_all);
}

enum err contract_repo_set_implementation(struct task *task, uint64_t chain, const address *contract,
                                          const address *implementation) {
    struct contract_row *row = row_of(contract);
    (void)task;
    (void)chain;
    db.set++;
    row->version++;
    row->has_implementation = implementation != NULL;
    if (implementation != NULL) row->implementation = *implementation;
    return ERR_OK;
}

uint64_t chain_block_time_ms(const struct chain *chain) {
    (void)chain;
    return 0;
}

/* "!" is a constructor, and "?" nothing that can be read. */
enum err abi_read_text(const struct abi **out, struct arena *arena, char problem[ABI_PROBLEM_BYTES], const char *text,
                       size_t len) {
    struct abi *abi = arena_alloc(arena, sizeof *abi);
    struct abi_item *items = arena_alloc(arena, len * sizeof *items);
    atomic_fetch_add(&parsed, 1);
    (void)snprintf(problem, ABI_PROBLEM_BYTES, "there is a question mark");
    for (size_t i = 0; i < len; i++) {
        items[i].kind = text[i] == '!' ? ABI_ITEM_CONSTRUCTOR : ABI_ITEM_FUNCTION;
        items[i].name = arena_strndup(arena, &text[i], 1);
        items[i].hash.bytes[0] = (uint8_t)text[i];
        if (text[i] == '?') return ERR_INVALID_ABI;
    }
    *abi = (struct abi){.items = items, .n_items = len};
    *out = abi;
    return ERR_OK;
}

static inline struct contract_row *add_row(uint8_t byte, const char *abi) {
    struct contract_row *row = &db.rows[db.n_rows++];
    *row = (struct contract_row){.id = (int32_t)db.n_rows,
                                 .chain_id = 1337,
                                 .address = fake_address(byte),
                                 .name = "N",
                                 .abi = abi,
                                 .abi_len = strlen(abi),
                                 .version = 1};
    return row;
}

static inline void set_abi(struct contract_row *row, const char *abi) {
    row->abi = abi;
    row->abi_len = strlen(abi);
}

static void begin(const struct fake_answer *answers, size_t n) {
    fake_begin(answers, n);
    memset(&db, 0, sizeof db);
    (void)pthread_mutex_init(&db.mutex, NULL);
    atomic_store(&parsed, 0);
    store = abi_store_new(STORE_BYTES);
}

static void end(void) {
    abi_store_free(store);
    fake_end();
}

static const struct known_contract *get(struct task *task, const struct source *source, uint8_t byte) {
    const address contract = fake_address(byte);
    const struct known_contract *known = NULL;
    enum err err = abi_store_get(task, store, source, &known, &contract);
    check((err == ERR_OK) == (known != NULL) && (err == ERR_OK || task->fault.code == err));
    return known;
}

static bool has_functions(const struct known_contract *known, const char *names) {
    bool same = known != NULL && known->abi->n_items == strlen(names);
    for (size_t i = 0; same && i < known->abi->n_items; i++) same = *known->abi->items[i].name == names[i];
    return same;
}

static inline void pass_ms(uint64_t ms) {
    fake_set_now(reactor_now_ms(fake.reactor) + ms);
}

#endif
