/* Fees, nonce and gas of a draft. Owns nothing; the task's coroutine. */
#include "services/unsigned_tx.h"

#include "services/chain_service.h"

static enum err take_fee(struct task *task, const struct source *source, struct unsigned_tx *out) {
    struct fees fees;
    enum err err = fee_service_get(task, source, &fees);
    if (err != ERR_OK) return err;
    out->has_base_fee = fees.has_base_fee;
    out->fee = fees.speeds[FEE_STANDARD];
    return ERR_OK;
}

static enum err take_gas(struct task *task, const struct source *source, struct unsigned_tx *out,
                         const struct abi *abi) {
    struct estimate estimate;
    enum err err = fee_service_estimate(task, NULL, source, &estimate, abi, &out->draft);
    if (err == ERR_OK) out->gas = estimate.gas_limit;
    return err;
}

static enum err take_nonce(struct task *task, const struct source *source, struct unsigned_tx *out) {
    struct nonces nonces;
    enum err err = fee_service_nonces(task, source, &nonces, &out->draft.from);
    if (err == ERR_OK) out->nonce = nonces.pending;
    return err;
}

enum err unsigned_tx_make(struct task *task, const struct source *source, struct unsigned_tx *out,
                          const struct draft *draft, const struct abi *abi) {
    *out = (struct unsigned_tx){.draft = *draft};
    enum err err = chain_service_id(task, source->chain, &out->chain_id);
    if (err == ERR_OK) err = take_fee(task, source, out);
    if (err != ERR_OK || !draft->has_from) return err;
    err = take_gas(task, source, out, abi);
    return err == ERR_OK ? take_nonce(task, source, out) : err;
}
