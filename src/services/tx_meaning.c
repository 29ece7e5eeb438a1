/* By the ABIs of registered contracts, and those that dappd was built with. What no ABI knows, or fits, stays out. All
 * of it was written by strangers: JSON that gets too long ends the request. Owns nothing; the task's coroutine. */
#include "tx_meaning.h"

#include <stdlib.h>

#include "core/json_out.h"
#include "eth/abi_builtin.h"
#include "eth/abi_value.h"
#include "eth/transaction.h"
#include "event_json.h"
#include "revert.h"
#include "rpc/tx_read.h"

enum { SELECTOR_BYTES = 4 };

/* The contracts that a transaction has to do with; the recipient is the first of them. */
struct contracts {
    struct abi_store *abis;
    const struct source *source;
    address *addresses;
    const struct known_contract **known; /* NULL of those that are not registered */
    size_t n;
    bool has_recipient;
};

static bool find_recipient(address *out, const struct tx *tx) {
    if (tx->sent_here) {
        *out = tx->kept.to;
        return true;
    }
    *out = tx->receipt.to;
    return tx->origin == TX_LIVE && tx->receipt.state == RECEIPT_MINED && tx->receipt.has_to;
}

/* Each contract that has logged something once, behind the recipient. */
static enum err collect(struct task *task, struct contracts *out, const struct tx *tx) {
    const struct logs *logs = &tx->receipt.logs;
    size_t n = 0;
    out->addresses = arena_alloc(task->arena, (logs->n_events + 1) * sizeof *out->addresses);
    out->known = arena_alloc(task->arena, (logs->n_events + 1) * sizeof *out->known);
    if (out->addresses == NULL || out->known == NULL) return task_fail_memory(task);
    out->has_recipient = find_recipient(&out->addresses[0], tx);
    address *loggers = out->addresses + out->has_recipient;
    for (size_t i = 0; i < logs->n_events; i++) loggers[i] = logs->events[i].contract;
    qsort(loggers, logs->n_events, sizeof *loggers, address_compare);
    for (size_t i = 0; i < logs->n_events; i++) {
        if (n == 0 || !address_equal(&loggers[n - 1], &loggers[i])) loggers[n++] = loggers[i];
    }
    out->n = n + out->has_recipient;
    return ERR_OK;
}

static void find_known(struct task *child, void *arg, size_t i) {
    struct contracts *contracts = arg;
    const uint64_t until_ms = reactor_now_ms(child->reactor) + TX_DATABASE_WAIT_MS;
    (void)i;
    if (until_ms < child->deadline_ms) child->deadline_ms = until_ms;
    abi_store_find(child, contracts->abis, contracts->source, contracts->known, contracts->addresses, contracts->n);
}

static const struct abi *abi_of(const struct contracts *contracts, size_t i) {
    return contracts->known[i] != NULL ? contracts->known[i]->abi : NULL;
}

static const struct abi *abi_of_recipient(const struct contracts *contracts) {
    return contracts->has_recipient ? abi_of(contracts, 0) : NULL;
}

/* The call's bytes. */
struct call_data {
    const struct source *source;
    const struct tx *tx;
    struct rlp_bytes bytes; /* none: not known, or there is no call */
};

static void read_from_node(struct task *child, void *arg, size_t i) {
    struct call_data *data = arg;
    struct tx_read read;
    (void)i;
    if (tx_read(child, data->source->chain, &read, &data->tx->hash) != ERR_OK || !read.known || !read.has_to) return;
    data->bytes = (struct rlp_bytes){.p = read.data, .len = read.data_len};
}

static void read_from_notes(struct call_data *data) {
    char problem[TRANSACTION_PROBLEM_BYTES];
    const struct kept_tx *kept = &data->tx->kept;
    struct transaction decoded;
    if (kept->creates || transaction_decode(&decoded, problem, kept->raw, kept->raw_len) != ERR_OK) return;
    data->bytes = decoded.data;
}

static const struct abi_item *find_function(const struct abi *abi, const struct rlp_bytes *data) {
    const struct abi_item *function = NULL;
    if (data->len < SELECTOR_BYTES) return NULL;
    if (abi != NULL) function = abi_find_selector(abi, ABI_ITEM_FUNCTION, data->p);
    return function != NULL ? function : abi_find_selector(&abi_builtin, ABI_ITEM_FUNCTION, data->p);
}

static enum err explain_call(struct task *task, struct json_piece *out, const struct abi *abi,
                             const struct rlp_bytes *data) {
    char problem[ABI_PROBLEM_BYTES];
    struct buf args, text;
    struct json_out json;
    const struct abi_item *function = find_function(abi, data);
    if (function == NULL) return ERR_OK;
    buf_init(&args, JSON_PIECE_MAX_BYTES);
    buf_init(&text, JSON_PIECE_MAX_BYTES);
    json_out_init(&json, &text);
    enum err err = abi_decode(&args, problem, &function->inputs, data->p + SELECTOR_BYTES, data->len - SELECTOR_BYTES);
    if (err == ERR_OK) {
        json_out_object_begin(&json);
        json_out_key_str(&json, "function", function->name);
        json_out_key_str(&json, "signature", function->signature);
        json_out_key(&json, "args");
        json_out_raw(&json, args.data, args.len);
        json_out_object_end(&json);
    }
    buf_free(&args);
    return json_piece_take(task, out, &text);
}

static enum err find_call(struct task *task, struct tx *tx, const struct contracts *contracts) {
    struct call_data data = {.source = contracts->source, .tx = tx};
    const struct abi *abi = abi_of_recipient(contracts);
    if (tx->sent_here) {
        read_from_notes(&data);
    } else if (abi != NULL) {
        task_parallel(task, 1, read_from_node, &data);
    }
    return explain_call(task, &tx->meaning.call, abi, &data.bytes);
}

static const struct abi *find_logger(const struct contracts *contracts, const address *logger) {
    const size_t first = contracts->has_recipient;
    const address *found =
        bsearch(logger, contracts->addresses + first, contracts->n - first, sizeof *logger, address_compare);
    return found != NULL ? abi_of(contracts, (size_t)(found - contracts->addresses)) : NULL;
}

static enum err find_events(struct task *task, struct tx *tx, const struct contracts *contracts) {
    const struct logs *logs = &tx->receipt.logs;
    struct buf text;
    struct json_out json;
    buf_init(&text, JSON_PIECE_MAX_BYTES);
    json_out_init(&json, &text);
    json_out_array_begin(&json);
    for (size_t i = 0; i < logs->n_events; i++) {
        const struct event_log *log = &logs->events[i];
        const struct abi *abi = find_logger(contracts, &log->contract);
        if (abi == NULL) continue;
        json_out_object_begin(&json);
        json_out_key_u64(&json, "log_index", log->place.log_index);
        event_json_write(&json, log, abi);
        json_out_object_end(&json);
    }
    json_out_array_end(&json);
    return json_piece_take(task, &tx->meaning.events, &text);
}

static enum err find_revert(struct task *task, struct tx *tx, const struct contracts *contracts) {
    struct buf text;
    if (!tx->sent_here || tx->kept.revert_data == NULL) return ERR_OK;
    buf_init(&text, JSON_PIECE_MAX_BYTES);
    revert_write(&text, abi_of_recipient(contracts), tx->kept.revert_data, tx->kept.revert_len);
    return json_piece_take(task, &tx->meaning.revert, &text);
}

enum err tx_meaning_find(struct task *task, struct abi_store *abis, const struct source *source, struct tx *tx) {
    struct contracts contracts = {.abis = abis, .source = source};
    enum err err = collect(task, &contracts, tx);
    if (err == ERR_OK && contracts.n > 0) task_parallel(task, 1, find_known, &contracts);
    if (err == ERR_OK) err = find_call(task, tx, &contracts);
    if (err == ERR_OK) err = find_events(task, tx, &contracts);
    return err == ERR_OK ? find_revert(task, tx, &contracts) : err;
}
