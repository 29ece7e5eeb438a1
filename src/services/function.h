/* Functions as clients name them, and the calls of them. Memory is the task's arena; the task's coroutine. */
#ifndef DAPPD_SERVICES_FUNCTION_H
#define DAPPD_SERVICES_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "eth/abi_type.h"
#include "services/abi_store.h"
#include "services/contract_call.h"

enum { FUNCTION_MAX_CALL_BYTES = 1024 * 1024 }; /* more than any node takes */

struct function_call {
    const struct abi_item *function;
    const struct abi *abi; /* of the contract, for its errors; NULL while it is not registered */
    bool is_view;          /* by that ABI or a standard, whatever a client's signature says */
    const uint8_t *data;
    size_t len;
};

/* A whole human-readable signature stands for itself; a name, or one with types, is looked up in what is registered of
 * the contract. Errors: those of abi_store_get, abi_read_signature and abi_choose_call. */
enum err function_choose(struct task *task, struct abi_store *store, const struct source *source,
                         struct function_call *out, const address *contract,
                         const struct named_function *what) MUST_CHECK;

#endif
