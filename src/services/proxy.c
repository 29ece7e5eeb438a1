/* Reads a proxy's slots at the newest block, and asks its beacon. Memory is the task's arena; the task's coroutine. */
#include "proxy.h"

#include <string.h>

#include "pinned.h"
#include "rpc/state.h"

enum { WORD_BYTES = 32, SLOTS = 2 };

/* keccak256("eip1967.proxy.implementation") - 1 and keccak256("eip1967.proxy.beacon") - 1. */
static const uint8_t slots[SLOTS][WORD_BYTES] = {
    {0x36, 0x08, 0x94, 0xa1, 0x3b, 0xa1, 0xa3, 0x21, 0x06, 0x67, 0xc8, 0x28, 0x49, 0x2d, 0xb9, 0x8d,
     0xca, 0x3e, 0x20, 0x76, 0xcc, 0x37, 0x35, 0xa9, 0x20, 0xa3, 0xca, 0x50, 0x5d, 0x38, 0x2b, 0xbc},
    {0xa3, 0xf0, 0xad, 0x74, 0xe5, 0x42, 0x3a, 0xeb, 0xfd, 0x80, 0xd3, 0xef, 0x43, 0x46, 0x57, 0x83,
     0x35, 0xa9, 0xa7, 0x2a, 0xea, 0xee, 0x59, 0xff, 0x6c, 0xb3, 0x58, 0x2b, 0x35, 0x13, 0x3d, 0x50},
};

static const uint8_t implementation_selector[4] = {0x5c, 0x60, 0xda, 0x1b}; /* implementation() */

/* Returns false when the word is no address, or the zero address. */
static bool take_address(address *out, const struct state_read *read) {
    static const uint8_t zeros[WORD_BYTES - sizeof out->bytes];
    static const address zero;
    if (read->err != ERR_OK || read->len < WORD_BYTES || memcmp(read->bytes, zeros, sizeof zeros) != 0) return false;
    memcpy(out->bytes, read->bytes + sizeof zeros, sizeof out->bytes);
    return !address_equal(out, &zero);
}

static enum err fail_read(struct task *task, const struct state_read *read) {
    (void)task_fail(task, read->err, "%s", read->detail);
    task->fault.retry_after_s = read->retry_after_s;
    return read->err;
}

/* One that reverts, or says something else, has no implementation to tell of. */
static enum err ask_beacon(struct task *task, const struct source *source, struct proxy_look *look,
                           const address *beacon, const struct block_ref *block) {
    struct state_read read = {
        .kind = STATE_CALL, .to = *beacon, .data = implementation_selector, .data_len = sizeof implementation_selector};
    state_read_many(task, source->chain, block, &read, 1);
    if (read.err != ERR_OK && read.err != ERR_EXECUTION_REVERTED) return fail_read(task, &read);
    look->found = take_address(&look->implementation, &read);
    return ERR_OK;
}

static enum err look_at(struct task *task, const struct source *source, void *arg, const struct block_ref *block) {
    struct proxy_look *look = arg;
    struct state_read reads[SLOTS];
    address beacon;
    for (size_t i = 0; i < SLOTS; i++) {
        reads[i] = (struct state_read){
            .kind = STATE_STORAGE, .to = look->contract, .data = slots[i], .data_len = sizeof slots[i]};
    }
    state_read_many(task, source->chain, block, reads, SLOTS);
    for (size_t i = 0; i < SLOTS; i++) {
        if (reads[i].err != ERR_OK) return fail_read(task, &reads[i]);
    }
    look->found = take_address(&look->implementation, &reads[0]);
    if (look->found || !take_address(&beacon, &reads[1])) return ERR_OK;
    return ask_beacon(task, source, look, &beacon, block);
}

enum err proxy_read(struct task *task, const struct source *source, struct proxy_look *look) {
    static const struct block_spec latest = {.kind = BLOCK_LATEST};
    struct block_ref block;
    look->found = false;
    return pinned_read(task, source, &block, &latest, look_at, look);
}
