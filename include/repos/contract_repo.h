/* Contracts that are registered with their ABI (table contracts). Errors: those of repos/pg.h with
 * ERR_CONTRACTS_UNAVAILABLE in the index's stead. Memory is the task's arena; the task's coroutine. */
#ifndef DAPPD_REPOS_CONTRACT_REPO_H
#define DAPPD_REPOS_CONTRACT_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/address.h"
#include "repos/audit_repo.h"
#include "repos/pg_session.h"

struct contract_row {
    int32_t id;
    uint64_t chain_id;
    address address;
    const char *name; /* NULL: none */
    const char *abi;  /* JSON text of an array; NULL in lists */
    size_t abi_len;
    int64_t version; /* counts its changes, those of its implementation included */
    bool proxy;      /* EIP-1967 is followed */
    bool has_implementation;
    address implementation;
    bool events; /* its logs are indexed */
    bool has_from_block;
    uint64_t from_block;
    bool configured;     /* by the configuration */
    uint64_t created_at; /* unix seconds */
    uint64_t updated_at;
};

/* A version of what is registered at an address that no other registration there has, before or after. */
static inline int64_t contract_abi_version(int32_t id, int64_t version) {
    return (int64_t)id << 32 | (version & UINT32_MAX);
}

/* Registers a contract, or replaces what is registered; what is as it is to be keeps its version. Those that have it as
 * their implementation get a new version too. In: everything but id, version and times; by, whoever does it, for the
 * log of changes; NULL: the configuration. ERR_PRECONDITION_FAILED unless it has one of the versions (n 0: any; of one
 * that is not registered, 0); ERR_CONTRACT_CONFIGURED where the configuration has registered it. Out: *created. */
enum err contract_repo_put(struct task *task, struct contract_row *out, bool *created, const struct contract_row *what,
                           const int64_t *versions, size_t n, const struct audit_actor *by) MUST_CHECK;

/* ERR_CONTRACT_NOT_FOUND. */
enum err contract_repo_get(struct task *task, struct contract_row *out, uint64_t chain_id,
                           const address *contract) MUST_CHECK;

/* Errors of both. In: versions and by as above. */
enum err contract_repo_delete(struct task *task, uint64_t chain_id, const address *contract, const int64_t *versions,
                              size_t n, const struct audit_actor *by) MUST_CHECK;

/* By address, behind `after` (NULL: from the first). Without ABIs. */
enum err contract_repo_page(struct task *task, struct contract_row **out, size_t *n, bool *more, uint64_t chain_id,
                            const address *after, size_t limit) MUST_CHECK;

/* All whose logs are indexed, by address, without ABIs. In: session, or NULL: any. */
enum err contract_repo_indexed(struct task *task, struct pg_session *session, struct contract_row **out, size_t *n,
                               uint64_t chain_id) MUST_CHECK;

/* What is registered of these addresses, with ABIs; those that are not are left out. */
enum err contract_repo_find(struct task *task, struct pg_session *session, struct contract_row **out, size_t *n,
                            uint64_t chain_id, const address *addresses, size_t n_addresses) MUST_CHECK;

/* The same without ABIs, which costs little. */
enum err contract_repo_versions(struct task *task, struct contract_row **out, size_t *n, uint64_t chain_id,
                                const address *addresses, size_t n_addresses) MUST_CHECK;

/* A proxy has this implementation now, NULL: none. If it had another, its version goes up. */
enum err contract_repo_set_implementation(struct task *task, uint64_t chain_id, const address *contract,
                                          const address *implementation) MUST_CHECK;

/* The configuration has these contracts of the chain: others that it had are requests' to change from now on. */
enum err contract_repo_keep_configured(struct task *task, uint64_t chain_id, const address *addresses,
                                       size_t n) MUST_CHECK;

#endif
