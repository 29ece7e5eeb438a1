/* A simulation is asked anew each time: what it pretends is seldom pretended twice. Memory is the task's arena; the
 * task's coroutine. */
#include "services/simulate_service.h"

#include "call_checks.h"
#include "core/json_out.h"
#include "decode_result.h"
#include "event_json.h"
#include "function.h"
#include "pinned.h"
#include "revert.h"

enum { MAX_CONTRACTS = 64 }; /* whose logs are read by their ABIs; the rest of them stay as they are */

/* One simulation, as it is run on a block. */
struct run {
    const struct contract_simulation *what;
    struct function_call function; /* of data, without the function */
    struct simulated simulated;
};

static const struct account_override *find_override(const struct contract_simulation *what, const address *account) {
    for (size_t i = 0; i < what->n_overrides; i++) {
        if (address_equal(&what->overrides[i].account, account)) return &what->overrides[i];
    }
    return NULL;
}

static enum err check_funds(struct task *task, const struct source *source, const struct contract_simulation *what,
                            const struct block_ref *block) {
    const struct account_override *account = find_override(what, &what->sender.from);
    if (account == NULL || !account->has_balance) return call_check_funds(task, source, block, &what->sender);
    if (u256_cmp(&account->balance, &what->sender.value) >= 0) return ERR_OK;
    return task_fail(task, ERR_INSUFFICIENT_FUNDS, "the value is more than the balance that overrides give the sender");
}

static enum err check_code(struct task *task, const struct source *source, const struct contract_simulation *what,
                           const struct block_ref *block) {
    const struct account_override *account = find_override(what, &what->contract);
    if (account != NULL && account->has_code && account->code_len > 0) return ERR_OK;
    return call_check_code(task, source, block, &what->contract);
}

static enum err run_at(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    struct run *run = arg;
    const struct contract_simulation *what = run->what;
    const struct simulation simulation = {.to = what->contract,
                                          .data = run->function.data,
                                          .data_len = run->function.len,
                                          .has_from = what->sender.has_from,
                                          .from = what->sender.from,
                                          .value = what->sender.value,
                                          .gas = what->gas,
                                          .overrides = what->overrides,
                                          .n_overrides = what->n_overrides};
    enum err err = check_funds(task, source, what, block);
    if (err == ERR_OK) err = simulate_run(task, source->chain, block, &run->simulated, &simulation);
    if (err != ERR_OK) return err;
    const bool empty = run->simulated.outcome == RPC_OK && run->simulated.len == 0;
    return empty ? check_code(task, source, what, block) : ERR_OK;
}

static enum err take_bytes(struct task *task, struct json_piece *out, const struct simulated *simulated) {
    struct buf text;
    struct json_out json;
    buf_init(&text, JSON_PIECE_MAX_BYTES);
    json_out_init(&json, &text);
    json_out_hex(&json, simulated->bytes, simulated->len);
    return json_piece_take(task, out, &text);
}

static enum err take_revert(struct task *task, struct contract_simulation *out, const struct run *run) {
    struct buf json;
    buf_init(&json, JSON_PIECE_MAX_BYTES);
    revert_write(&json, run->function.abi, run->simulated.bytes, run->simulated.len);
    return json_piece_take(task, &out->revert, &json);
}

/* Contracts that have logged something, each once. */
struct loggers {
    address addresses[MAX_CONTRACTS];
    const struct known_contract *known[MAX_CONTRACTS];
    size_t n;
};

static size_t find_logger(const struct loggers *loggers, const address *contract) {
    size_t i = 0;
    while (i < loggers->n && !address_equal(&loggers->addresses[i], contract)) i++;
    return i;
}

static void collect(struct loggers *loggers, const struct simulated *simulated) {
    for (size_t i = 0; i < simulated->n_logs; i++) {
        const address *contract = &simulated->logs[i].contract;
        const size_t at = find_logger(loggers, contract);
        if (at == loggers->n && at < MAX_CONTRACTS) loggers->addresses[loggers->n++] = *contract;
    }
}

static enum err take_logs(struct task *task, struct abi_store *store, const struct source *source,
                          struct json_piece *out, const struct simulated *simulated) {
    struct loggers *loggers = arena_alloc(task->arena, sizeof *loggers);
    struct json_out json;
    struct buf buf;
    if (loggers == NULL) return task_fail_memory(task);
    collect(loggers, simulated);
    abi_store_find(task, store, source, loggers->known, loggers->addresses, loggers->n);
    buf_init(&buf, JSON_PIECE_MAX_BYTES);
    json_out_init(&json, &buf);
    json_out_array_begin(&json);
    for (size_t i = 0; i < simulated->n_logs && !buf.failed; i++) {
        const size_t at = find_logger(loggers, &simulated->logs[i].contract);
        const struct known_contract *known = at < loggers->n ? loggers->known[at] : NULL;
        json_out_object_begin(&json);
        event_json_write(&json, &simulated->logs[i], known != NULL ? known->abi : NULL);
        json_out_object_end(&json);
    }
    json_out_array_end(&json);
    return json_piece_take(task, out, &buf);
}

static enum err take(struct task *task, struct abi_store *store, const struct source *source,
                     struct contract_simulation *out, const struct run *run) {
    const struct simulated *simulated = &run->simulated;
    enum err err;
    if (simulated->outcome == RPC_OUT_OF_GAS) {
        return task_fail(task, ERR_EXECUTION_REVERTED, "the call ran out of gas");
    }
    out->reverted = simulated->outcome == RPC_REVERTED;
    out->traced = simulated->traced;
    out->gas_used = simulated->gas_used;
    if (out->reverted) {
        err = take_revert(task, out, run);
    } else if (run->function.function == NULL) {
        err = take_bytes(task, &out->result, simulated);
    } else {
        err =
            decode_result(task, &out->result, &out->contract, run->function.function, simulated->bytes, simulated->len);
    }
    return err == ERR_OK && simulated->traced ? take_logs(task, store, source, &out->logs, simulated) : err;
}

/* The errors of what is called by its data are known if it is registered. */
static enum err choose(struct task *task, struct abi_store *store, const struct source *source,
                       const struct contract_simulation *what, struct function_call *out) {
    const struct known_contract *known = NULL;
    if (what->function.text != NULL) {
        return function_choose(task, store, source, out, &what->contract, &what->function);
    }
    abi_store_find(task, store, source, &known, &what->contract, 1);
    *out = (struct function_call){.abi = known != NULL ? known->abi : NULL, .data = what->data, .len = what->data_len};
    return ERR_OK;
}

enum err simulate_service_run(struct task *task, struct abi_store *store, const struct source *source,
                              struct contract_simulation *simulation, struct block_ref *block,
                              const struct block_spec *spec) {
    struct run run = {.what = simulation};
    enum err err = choose(task, store, source, simulation, &run.function);
    if (err != ERR_OK) return err;
    if (run.function.function != NULL) simulation->signature = run.function.function->signature;
    err = pinned_read(task, source, block, spec, run_at, &run);
    return err == ERR_OK ? take(task, store, source, simulation, &run) : err;
}
