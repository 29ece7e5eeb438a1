/* Calldata and deployments for wallets to sign. Runs on the task's coroutine. */
#ifndef DAPPD_SERVICES_ENCODE_SERVICE_H
#define DAPPD_SERVICES_ENCODE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "services/abi_store.h"
#include "services/contract_call.h"
#include "services/source.h"
#include "services/unsigned_tx.h"

struct json_t;

struct function_encoding {
    /* in */
    address contract;
    struct named_function function;
    struct call_sender sender;
    /* out */
    const char *signature; /* canonical */
    struct unsigned_tx tx;
};

/* Errors: those of a function of call_service_call; ERR_NOT_A_CONTRACT; ERR_INVALID_ARGUMENT for a value that the
 * function does not take; those of unsigned_tx_make. */
enum err encode_service_function(struct task *task, struct abi_store *store, const struct source *source,
                                 struct function_encoding *encoding) MUST_CHECK;

struct deployment {
    /* in */
    bool registered; /* the ABI is that of the contract at `like` */
    address like;
    const struct json_t *abi; /* otherwise; NULL: none, and no constructor */
    const uint8_t *bytecode;  /* borrowed */
    size_t bytecode_len;
    const struct json_t *args; /* of the constructor; NULL: none */
    struct call_sender sender;
    /* out */
    const char *signature; /* of the constructor, canonical; NULL: the ABI has none */
    bool has_address;      /* where it will be, if its sender sends nothing before it */
    address address;
    struct unsigned_tx tx;
};

/* Errors: those of abi_store_get; ERR_INVALID_ABI; ERR_INVALID_ARGUMENT for arguments, or a value, that the constructor
 * does not take; those of unsigned_tx_make. */
enum err encode_service_deployment(struct task *task, struct abi_store *store, const struct source *source,
                                   struct deployment *deployment) MUST_CHECK;

#endif
