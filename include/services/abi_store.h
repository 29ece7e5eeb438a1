/* The ABIs of registered contracts, read once and shared by all reactors: a call costs no database read. Made and freed
 * by app; locks for itself. An ABI stays as long as somebody holds it. */
#ifndef DAPPD_SERVICES_ABI_STORE_H
#define DAPPD_SERVICES_ABI_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/abi_type.h"
#include "services/source.h"

struct abi_store;

enum { ABI_STORE_MAX_ABI_BYTES = 32 * 1024 * 1024 /* that an ABI takes once it is read */ };

/* In: max_bytes, of ABIs that nobody holds. */
struct abi_store *abi_store_new(size_t max_bytes);
void abi_store_free(struct abi_store *store);

/* A contract as it is registered. Held until the task's arena goes. */
struct known_contract {
    address address;
    const char *name; /* NULL: none */
    int64_t version;
    int64_t abi_version;   /* by which the index reads its logs */
    const struct abi *abi; /* with its implementation's behind its own, where it is a proxy that is followed */
};

/* What is registered at this address, at most a second old; another instance may have changed it meanwhile. Of a proxy
 * that is followed, its slots are read every few seconds while somebody asks for it: so a new implementation is
 * noticed. ERR_CONTRACT_NOT_FOUND; ERR_CONTRACTS_UNAVAILABLE when it is not known and the database cannot be asked. */
enum err abi_store_get(struct task *task, struct abi_store *store, const struct source *source,
                       const struct known_contract **out, const address *contract) MUST_CHECK;

/* The same of many: out[i] is NULL of an address that is not registered, or while nobody can tell. No slots are read.
 */
void abi_store_find(struct task *task, struct abi_store *store, const struct source *source,
                    const struct known_contract **out, const address *addresses, size_t n);

/* This instance has just changed it. */
void abi_store_forget(struct abi_store *store, uint64_t chain_id, const address *contract);

#endif
