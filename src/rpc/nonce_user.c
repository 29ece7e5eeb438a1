/* A block with its transactions may have some megabytes, of which a hash is wanted: it is read without a tree. Owns
 * nothing.
 * On the task's thread, in a coroutine. */
#include "rpc/nonce_user.h"

#include <stdio.h>

#include "json_scan.h"
#include "rpc/rpc.h"

enum { PARAMS_BYTES = HASH32_TEXT_BYTES + sizeof "[\"\",true]" };

struct search {
    const address *sender;
    uint64_t nonce;
    hash32 block;
    bool found;
    hash32 hash;
};

/* One of the block's. */
struct transaction_read {
    hash32 hash;
    address from;
    uint64_t nonce;
};

static bool read_hash(struct json_scan *scan, void *arg) {
    return json_scan_hash(scan, &((struct transaction_read *)arg)->hash);
}

static bool read_from(struct json_scan *scan, void *arg) {
    return json_scan_address(scan, &((struct transaction_read *)arg)->from);
}

static bool read_nonce(struct json_scan *scan, void *arg) {
    return json_scan_u64(scan, &((struct transaction_read *)arg)->nonce);
}

#define FIELD(name, read) \
    { name, sizeof(name) - 1, true, read }
static const struct json_scan_field fields_of_transaction[] = {
    FIELD("hash", read_hash),
    FIELD("from", read_from),
    FIELD("nonce", read_nonce),
};

static bool take_transaction(struct json_scan *scan, void *arg) {
    struct search *search = arg;
    struct transaction_read read;
    if (!json_scan_object(scan, fields_of_transaction, sizeof(fields_of_transaction) / sizeof(fields_of_transaction[0]),
                          &read)) {
        return false;
    }
    if (read.nonce == search->nonce && address_equal(&read.from, search->sender)) {
        search->found = true;
        search->hash = read.hash;
    }
    return true;
}

static bool read_block_hash(struct json_scan *scan, void *arg) {
    return json_scan_hash(scan, &((struct search *)arg)->block);
}

static bool read_transactions(struct json_scan *scan, void *arg) {
    return json_scan_array(scan, take_transaction, arg);
}

static const struct json_scan_field fields_of_block[] = {
    FIELD("hash", read_block_hash),
    FIELD("transactions", read_transactions),
};
#undef FIELD

bool nonce_user_scan(hash32 *out, bool *found, const char *text, size_t len, const address *sender, uint64_t nonce,
                     const hash32 *block) {
    struct search search = {.sender = sender, .nonce = nonce};
    struct json_scan scan;
    json_scan_init(&scan, text, len);
    bool valid =
        json_scan_object(&scan, fields_of_block, sizeof(fields_of_block) / sizeof(fields_of_block[0]), &search) &&
        json_scan_at_end(&scan) && hash32_equal(&search.block, block);
    json_scan_free(&scan);
    if (!valid) return false;
    *found = search.found;
    if (search.found) *out = search.hash;
    return true;
}

/* What is looked for, and where what is found goes. */
struct question {
    const address *sender;
    uint64_t nonce;
    const hash32 *block;
    hash32 *out;
    bool *found;
};

static enum rpc_outcome take_block(const struct rpc_call *call, const char *text, size_t len) {
    const struct question *question = call->reader->arg;
    bool valid =
        nonce_user_scan(question->out, question->found, text, len, question->sender, question->nonce, question->block);
    return valid ? RPC_OK : RPC_NONSENSE;
}

enum err nonce_user_find(struct task *task, struct chain *chain, hash32 *out, bool *found, const address *sender,
                         uint64_t nonce, const hash32 *block) {
    char params[PARAMS_BYTES], hex[HASH32_TEXT_BYTES];
    struct question question = {.sender = sender, .nonce = nonce, .block = block, .out = out, .found = found};
    struct rpc_reader reader = {.result = take_block, .arg = &question};
    struct rpc_call call = {.method = "eth_getBlockByHash", .params = params, .reader = &reader};
    *found = false;
    (void)snprintf(params, sizeof params, "[\"%s\",true]", hash32_format(hex, block));
    return rpc_call(task, chain, &call);
}
