/* Asks for versions first, then for the contracts that have another than the table, together with the implementations
 * of those that are proxies. What is put together lives in an arena of its own, which the table frees.
 * The task's coroutine. */
#include "abi_load.h"

#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "eth/abi_join.h"
#include "eth/abi_read.h"
#include "repos/contract_repo.h"

/* What is being brought up to date. */
struct load {
    struct task *task;
    struct abi_table *table;
    const struct abi_entry **held;
    uint64_t chain_id;
    const address *addresses;
    size_t n;
    uint64_t asked_ms;
    uint64_t doubts;
    struct contract_row *versions; /* of those that are registered */
    size_t n_versions;
    address *wanted; /* contracts to be read, and their implementations */
    size_t n_wanted;
};

static const struct contract_row *find_row(const struct contract_row *rows, size_t n, const address *contract) {
    for (size_t i = 0; i < n; i++) {
        if (address_equal(&rows[i].address, contract)) return &rows[i];
    }
    return NULL;
}

/* Returns true when the entry is what the row says; NULL: nothing is registered. */
static bool is_same(const struct abi_entry *entry, const struct contract_row *row) {
    if (row == NULL || !entry->registered) return row == NULL && !entry->registered;
    return entry->id == row->id && entry->version == row->version;
}

static struct abi_entry *entry_new(const struct load *load, const address *contract) {
    struct abi_entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL) abort();
    entry->chain_id = load->chain_id;
    entry->address = *contract;
    return entry;
}

static void put(const struct load *load, size_t i, struct abi_entry *entry_take) {
    abi_table_put_take(load->table, entry_take, load->asked_ms, load->doubts);
    load->held[i] = entry_take;
}

/* Returns true when the table's own entry is true; then it is held. */
static bool confirm(const struct load *load, size_t i, const struct contract_row *row) {
    uint64_t checked_ms;
    const struct abi_entry *entry = abi_table_hold(load->table, load->chain_id, &load->addresses[i], &checked_ms);
    if (entry == NULL) return false;
    if (!is_same(entry, row)) {
        abi_table_release(load->table, entry);
        return false;
    }
    abi_table_confirm(load->table, entry, load->asked_ms, load->doubts);
    load->held[i] = entry;
    return true;
}

/* It was checked when it was registered; by another dappd, which may take more than this one. */
static const struct abi *read_abi(struct arena *arena, const struct contract_row *row) {
    static const struct abi nothing;
    char problem[ABI_PROBLEM_BYTES], text[ADDRESS_TEXT_BYTES];
    const struct abi *abi;
    enum err err = abi_read_text(&abi, arena, problem, row->abi, row->abi_len);
    if (err == ERR_OK) return abi;
    log_write(LOG_DB, LOG_ERROR, "a registered ABI cannot be read",
              LOG_STR("contract", address_format(text, &row->address)),
              LOG_STR("reason", err == ERR_INVALID_ABI ? problem : "it is too large"));
    return &nothing;
}

/* In: behind, what its implementation has registered, or NULL. */
static struct abi_entry *entry_of(const struct load *load, const struct contract_row *row,
                                  const struct contract_row *behind) {
    struct abi_entry *entry = entry_new(load, &row->address);
    struct arena *arena = arena_new(3 * (size_t)ABI_STORE_MAX_ABI_BYTES);
    entry->registered = true;
    entry->id = row->id;
    entry->version = row->version;
    entry->proxy = row->proxy;
    entry->has_implementation = row->has_implementation;
    entry->implementation = row->implementation;
    entry->arena = arena;
    entry->contract = (struct known_contract){
        .address = row->address, .version = row->version, .abi_version = contract_abi_version(row->id, row->version)};
    if (row->name != NULL) entry->contract.name = arena_strndup(arena, row->name, strlen(row->name));
    entry->contract.abi = read_abi(arena, row);
    if (behind != NULL) entry->contract.abi = abi_join(arena, entry->contract.abi, read_abi(arena, behind));
    return entry;
}

static bool is_wanted(const struct load *load, const address *contract) {
    for (size_t i = 0; i < load->n_wanted; i++) {
        if (address_equal(&load->wanted[i], contract)) return true;
    }
    return false;
}

/* One whose implementation has changed since its version was read will be read again. */
static void put_contract(const struct load *load, size_t i, const struct contract_row *rows, size_t n_rows) {
    const struct contract_row *row = find_row(rows, n_rows, &load->addresses[i]), *behind = NULL;
    if (row == NULL) {
        put(load, i, entry_new(load, &load->addresses[i]));
        return;
    }
    bool follows = row->proxy && row->has_implementation;
    if (follows) behind = find_row(rows, n_rows, &row->implementation);
    struct abi_entry *entry = entry_of(load, row, behind);
    if (follows && !is_wanted(load, &row->implementation)) entry->version = 0;
    put(load, i, entry);
}

static void want(struct load *load, size_t i) {
    const struct contract_row *row = find_row(load->versions, load->n_versions, &load->addresses[i]);
    if (row == NULL) return;
    load->wanted[load->n_wanted++] = row->address;
    if (row->proxy && row->has_implementation) load->wanted[load->n_wanted++] = row->implementation;
}

/* What the table has no true entry of. */
static enum err read_contracts(struct load *load) {
    struct contract_row *rows = NULL;
    size_t n_rows = 0;
    for (size_t i = 0; i < load->n; i++) {
        const struct contract_row *row = find_row(load->versions, load->n_versions, &load->addresses[i]);
        if (!confirm(load, i, row)) want(load, i);
    }
    enum err err = load->n_wanted == 0 ? ERR_OK
                                       : contract_repo_find(load->task, NULL, &rows, &n_rows, load->chain_id,
                                                            load->wanted, load->n_wanted);
    for (size_t i = 0; err == ERR_OK && i < load->n; i++) {
        if (load->held[i] == NULL) put_contract(load, i, rows, n_rows);
    }
    return err;
}

enum err abi_load(struct task *task, struct abi_table *table, const struct abi_entry **held, uint64_t chain_id,
                  const address *addresses, size_t n) {
    struct load load = {.task = task,
                        .table = table,
                        .held = held,
                        .chain_id = chain_id,
                        .addresses = addresses,
                        .n = n,
                        .asked_ms = reactor_now_ms(task->reactor),
                        .doubts = abi_table_doubts(table)};
    for (size_t i = 0; i < n; i++) held[i] = NULL;
    load.wanted = arena_alloc(task->arena, 2 * n * sizeof *load.wanted);
    if (load.wanted == NULL) return task_fail_memory(task);
    enum err err = contract_repo_versions(task, &load.versions, &load.n_versions, chain_id, addresses, n);
    if (err == ERR_OK) err = read_contracts(&load);
    for (size_t i = 0; err != ERR_OK && i < n; i++) {
        if (held[i] != NULL) abi_table_release(table, held[i]);
        held[i] = NULL;
    }
    return err;
}
