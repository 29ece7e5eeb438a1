/* Headers are read without a tree: with each come the hashes of all its transactions. Two tries of one call may run at
 * once, and each has a whole header or leaves things as they are. Memory is the caller's.
 * On the task's thread, in a coroutine. */
#include "headers.h"

#include <stdio.h>
#include <stdlib.h>

#include "header_scan.h"

enum { MAX_AT_ONCE = 256 };

static enum rpc_outcome take_header(const struct rpc_call *call, const char *text, size_t len) {
    const struct header_call *wanted = call->reader->arg;
    struct header header;
    if (!header_scan(&header, text, len)) return RPC_NONSENSE;
    bool right =
        wanted->by_number ? header.block.number == wanted->number : hash32_equal(&header.block.hash, &wanted->hash);
    if (!right) return RPC_NONSENSE;
    *wanted->out = header;
    return RPC_OK;
}

static void prepare(struct header_call *header, struct rpc_call *call, const char *method) {
    header->reader = (struct rpc_reader){.result = take_header, .arg = header};
    *call = (struct rpc_call){.method = method, .params = header->params, .reader = &header->reader};
}

void header_call_number(struct header_call *header, struct rpc_call *call, struct header *out, uint64_t number) {
    *header = (struct header_call){.by_number = true, .number = number, .out = out};
    block_params_number(header->params, number);
    prepare(header, call, "eth_getBlockByNumber");
}

void header_call_hash(struct header_call *header, struct rpc_call *call, struct header *out, const hash32 *hash) {
    char hex[HASH32_TEXT_BYTES];
    *header = (struct header_call){.hash = *hash, .out = out};
    (void)snprintf(header->params, sizeof(header->params), "[\"%s\",false]", hash32_format(hex, hash));
    prepare(header, call, "eth_getBlockByHash");
}

static void *array_new(size_t n, size_t size) {
    void *array = calloc(n, size);
    if (array == NULL) abort();
    return array;
}

/* The first failure stands for all. */
static enum err read_piece(struct task *task, struct chain *chain, struct header *out, const uint64_t *numbers,
                           size_t n) {
    struct header_call *headers = array_new(n, sizeof(*headers));
    struct rpc_call *calls = array_new(n, sizeof(*calls));
    for (size_t i = 0; i < n; i++) header_call_number(&headers[i], &calls[i], &out[i], numbers[i]);
    rpc_batch(task, chain, calls, n);
    enum err err = ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        err = calls[i].err;
        if (err == ERR_OK) continue;
        (void)task_fail(task, err, "%s", calls[i].detail);
        task->fault.retry_after_s = calls[i].retry_after_s;
    }
    free(calls);
    free(headers);
    return err;
}

enum err headers_read_each(struct task *task, struct chain *chain, struct header *out, const uint64_t *numbers,
                           size_t n) {
    enum err err = ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i += MAX_AT_ONCE) {
        size_t piece = n - i < MAX_AT_ONCE ? n - i : MAX_AT_ONCE;
        err = read_piece(task, chain, out + i, numbers + i, piece);
    }
    return err;
}

enum err headers_read(struct task *task, struct chain *chain, struct header *out, uint64_t first, size_t n) {
    uint64_t *numbers = array_new(n, sizeof(*numbers));
    for (size_t i = 0; i < n; i++) numbers[i] = first + i;
    enum err err = headers_read_each(task, chain, out, numbers, n);
    free(numbers);
    return err;
}

enum err header_read_hash(struct task *task, struct chain *chain, struct header *out, const hash32 *hash) {
    struct header_call header;
    struct rpc_call call;
    header_call_hash(&header, &call, out, hash);
    return rpc_call(task, chain, &call);
}
