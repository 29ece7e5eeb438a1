/* Fees, nonces and estimates, each at one block. Owns nothing; the task's coroutine. */
#include "services/fee_service.h"

#include "call_checks.h"
#include "fee_rules.h"
#include "pinned.h"
#include "revert.h"
#include "rpc/gas_estimate.h"
#include "rpc/tx_read.h"

static const struct block_spec newest = {.kind = BLOCK_LATEST};

static enum err read_fees(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    struct fee_facts facts;
    enum err err = fees_read(task, source->chain, &facts, block);
    if (err == ERR_OK) fee_rules_reckon(arg, &facts);
    return err;
}

enum err fee_service_get(struct task *task, const struct source *source, struct fees *out) {
    struct block_ref block;
    enum err err = pinned_read(task, source, &block, &newest, read_fees, out);
    out->block = block;
    return err;
}

/* One that is asked about twice: in a block, and in nodes' pools. */
struct counting {
    const struct source *source;
    const struct block_ref *block;
    const address *account;
    struct {
        uint64_t nonce;
        enum err err;
        struct fault fault;
    } parts[2];
};

static enum err count_in_block(struct task *task, const struct counting *counting, uint64_t *out) {
    struct state_read read = {.kind = STATE_NONCE, .to = *counting->account};
    enum err err = call_read(task, counting->source, counting->block, &read);
    if (err != ERR_OK) return err;
    const u256 nonce = u256_from_be(read.bytes);
    *out = nonce.limb[0]; /* the read has seen that it is no more */
    return ERR_OK;
}

static void count_part(struct task *task, void *arg, size_t i) {
    struct counting *counting = arg;
    uint64_t *out = &counting->parts[i].nonce;
    counting->parts[i].err = i == 0 ? count_in_block(task, counting, out)
                                    : tx_read_pending_nonce(task, counting->source->chain, out, counting->account);
    counting->parts[i].fault = task->fault;
}

/* What is asked for, and how it is answered. */
struct nonce_question {
    const address *account;
    struct nonces *out;
};

static enum err read_nonces(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    struct nonce_question *question = arg;
    struct nonces *out = question->out;
    struct counting counting = {.source = source, .block = block, .account = question->account};
    task_parallel(task, 2, count_part, &counting);
    for (size_t i = 0; i < 2; i++) {
        if (counting.parts[i].err == ERR_OK) continue;
        task->fault = counting.parts[i].fault;
        return counting.parts[i].err;
    }
    out->latest = counting.parts[0].nonce;
    out->pending = counting.parts[1].nonce > out->latest ? counting.parts[1].nonce : out->latest;
    return ERR_OK;
}

enum err fee_service_nonces(struct task *task, const struct source *source, struct nonces *out,
                            const address *account) {
    struct nonce_question question = {.account = account, .out = out};
    return pinned_read(task, source, &out->block, &newest, read_nonces, &question);
}

struct estimate_question {
    const struct draft *draft;
    struct abi_store *abis;
    const struct abi *abi;
    struct estimate *out;
};

static enum err fail_estimate(struct task *task, enum err err, const struct source *source,
                              const struct estimate_question *question, const struct gas_estimate *estimate) {
    const struct known_contract *known = NULL;
    const struct abi *abi = question->abi;
    if (!estimate->reverted) return err;
    if (abi == NULL && question->abis != NULL && estimate->has_to) {
        abi_store_find(task, question->abis, source, &known, &estimate->to, 1);
    }
    if (known != NULL) abi = known->abi;
    return revert_fail(task, abi, estimate->revert_data, estimate->revert_len);
}

static enum err read_estimate(struct task *task, const struct source *source, void *arg,
                              const struct block_ref *block) {
    const struct estimate_question *question = arg;
    const struct draft *draft = question->draft;
    const struct call_sender sender = {.from = draft->from, .value = draft->value};
    struct gas_estimate estimate = {.has_from = draft->has_from,
                                    .from = draft->from,
                                    .has_to = draft->has_to,
                                    .to = draft->to,
                                    .data = draft->data,
                                    .data_len = draft->data_len,
                                    .value = draft->value};
    enum err err = draft->has_from ? call_check_funds(task, source, block, &sender) : ERR_OK;
    if (err != ERR_OK) return err;
    err = gas_estimate_read(task, source->chain, &estimate, block);
    if (err != ERR_OK) return fail_estimate(task, err, source, question, &estimate);
    question->out->gas = estimate.gas < FEE_MIN_GAS ? FEE_MIN_GAS : estimate.gas;
    question->out->gas_limit = fee_rules_gas_limit(estimate.gas);
    return ERR_OK;
}

enum err fee_service_estimate(struct task *task, struct abi_store *abis, const struct source *source,
                              struct estimate *out, const struct abi *abi, const struct draft *draft) {
    struct estimate_question question = {.draft = draft, .abis = abis, .abi = abi, .out = out};
    return pinned_read(task, source, &out->block, &newest, read_estimate, &question);
}
