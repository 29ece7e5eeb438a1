/* The rules of registered contracts. Owns nothing; the task's coroutine. */
#include "services/contract_service.h"

#include <string.h>

#include "code_check.h"
#include "proxy.h"
#include "services/chain_service.h"

enum { READS = 2 };

/* One that has no ABI of its own. */
static const char no_abi[] = "[]";

static enum err check_wish(struct task *task, const struct contract_wish *wish) {
    char problem[ABI_PROBLEM_BYTES];
    enum err err = contract_wish_check(problem, wish);
    return err == ERR_OK ? ERR_OK : task_fail(task, err, "%s", problem);
}

/* A proxy without an ABI of its own is of use only where its implementation has one. */
static enum err check_implementation(struct task *task, const struct contract_row *row) {
    char text[ADDRESS_TEXT_BYTES];
    struct contract_row *rows;
    size_t n;
    if (!row->proxy) {
        return task_fail(task, ERR_INVALID_PARAMETER,
                         "abi is missing, and %s is no proxy by EIP-1967 with an implementation",
                         address_format(text, &row->address));
    }
    enum err err = contract_repo_versions(task, &rows, &n, row->chain_id, &row->implementation, 1);
    if (err != ERR_OK || n > 0) return err;
    return task_fail(task, ERR_INVALID_PARAMETER, "abi is missing, and the implementation %s is not registered either",
                     address_format(text, &row->implementation));
}

/* What is not by EIP-1967 has nothing that could be followed. */
static enum err find_implementation(struct task *task, const struct source *source, struct contract_row *row,
                                    const struct contract_wish *wish) {
    struct proxy_look look = {.contract = wish->address};
    enum err err = wish->proxy ? proxy_read(task, source, &look) : ERR_OK;
    if (err != ERR_OK) return err;
    row->proxy = row->has_implementation = look.found;
    row->implementation = look.implementation;
    return wish->abi == NULL ? check_implementation(task, row) : ERR_OK;
}

/* Out: *row, as it is to be written. */
static enum err prepare(struct task *task, const struct source *source, struct contract_row *row,
                        const struct contract_wish *wish) {
    *row = (struct contract_row){.address = wish->address,
                                 .name = wish->name,
                                 .abi = wish->abi != NULL ? wish->abi : no_abi,
                                 .abi_len = wish->abi != NULL ? wish->abi_len : strlen(no_abi),
                                 .events = wish->events,
                                 .has_from_block = wish->has_from_block,
                                 .from_block = wish->from_block};
    enum err err = check_wish(task, wish);
    if (err == ERR_OK) err = chain_service_id(task, source->chain, &row->chain_id);
    if (err == ERR_OK) err = code_check(task, source, &wish->address);
    return err == ERR_OK ? find_implementation(task, source, row, wish) : err;
}

/* Versions as the repo takes them: none is any, and -1 nobody's. */
struct versions {
    int64_t list[MAX_EXPECTED_VERSIONS];
    size_t n;
};

/* "*" is any version of what is there. */
static enum err take_versions(struct task *task, struct versions *out, const struct expected_versions *expected,
                              uint64_t chain, const address *contract) {
    struct contract_row row;
    *out = (struct versions){.list = {-1}, .n = expected->any ? 0 : 1};
    for (size_t i = 0; i < expected->n; i++) out->list[i] = (int64_t)expected->versions[i];
    if (expected->n > 0) out->n = expected->n;
    if (!expected->must_exist) return ERR_OK;
    enum err err = contract_repo_get(task, &row, chain, contract);
    if (err != ERR_CONTRACT_NOT_FOUND) return err;
    return task_fail(task, ERR_PRECONDITION_FAILED, "the contract is not registered");
}

enum err contract_service_put(struct task *task, const struct caller *caller, struct abi_store *store,
                              const struct source *source, struct contract_row *out, bool *created,
                              const struct contract_wish *wish, const struct expected_versions *expected) {
    const struct audit_actor actor = caller_actor(caller);
    struct versions versions;
    struct contract_row row;
    enum err err = auth_check_admin(task, caller->principal, SCOPE_CONTRACTS_WRITE);
    if (err == ERR_OK) err = prepare(task, source, &row, wish);
    if (err == ERR_OK) err = take_versions(task, &versions, expected, row.chain_id, &row.address);
    if (err == ERR_OK) err = contract_repo_put(task, out, created, &row, versions.list, versions.n, &actor);
    if (err == ERR_OK) abi_store_forget(store, row.chain_id, &row.address);
    return err;
}

enum err contract_service_delete(struct task *task, const struct caller *caller, struct abi_store *store,
                                 const struct source *source, const address *contract,
                                 const struct expected_versions *expected) {
    const struct audit_actor actor = caller_actor(caller);
    struct versions versions;
    uint64_t id;
    enum err err = auth_check_admin(task, caller->principal, SCOPE_CONTRACTS_WRITE);
    if (err == ERR_OK) err = chain_service_id(task, source->chain, &id);
    if (err == ERR_OK) err = take_versions(task, &versions, expected, id, contract);
    if (err == ERR_OK) err = contract_repo_delete(task, id, contract, versions.list, versions.n, &actor);
    if (err == ERR_OK) abi_store_forget(store, id, contract);
    return err;
}

enum err contract_service_configure(struct task *task, struct abi_store *store, const struct source *source,
                                    const struct contract_wish *wish) {
    struct contract_row row, out;
    bool created;
    enum err err = prepare(task, source, &row, wish);
    row.configured = true;
    if (err == ERR_OK) err = contract_repo_put(task, &out, &created, &row, NULL, 0, NULL);
    if (err == ERR_OK) abi_store_forget(store, row.chain_id, &row.address);
    return err;
}

enum err contract_service_keep_configured(struct task *task, const struct source *source,
                                          const struct contract_wish *wishes, size_t n) {
    address *kept = arena_alloc(task->arena, n * sizeof *kept);
    uint64_t id;
    if (kept == NULL) return task_fail_memory(task);
    for (size_t i = 0; i < n; i++) kept[i] = wishes[i].address;
    enum err err = chain_service_id(task, source->chain, &id);
    return err == ERR_OK ? contract_repo_keep_configured(task, id, kept, n) : err;
}

/* The store is asked first, since it notices a new implementation. Another instance may change the contract between the
 * two answers, which then are not of one version: once more will do. */
enum err contract_service_get(struct task *task, struct abi_store *store, const struct source *source,
                              struct contract_row *out, const struct known_contract **known, const address *contract) {
    enum err err = ERR_OK;
    for (int i = 0; i < READS && err == ERR_OK; i++) {
        err = abi_store_get(task, store, source, known, contract);
        if (err == ERR_OK) err = contract_repo_get(task, out, chain_id(source->chain), contract);
        if (err != ERR_OK || (*known)->version == out->version) break;
        abi_store_forget(store, chain_id(source->chain), contract);
    }
    return err;
}

enum err contract_service_page(struct task *task, const struct source *source, struct contract_page *out,
                               const address *after, size_t limit) {
    uint64_t id;
    enum err err = chain_service_id(task, source->chain, &id);
    return err == ERR_OK ? contract_repo_page(task, &out->rows, &out->n_rows, &out->more, id, after, limit) : err;
}
