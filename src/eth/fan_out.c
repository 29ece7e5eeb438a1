/* Many reads in one eth_call on a chain without Multicall3: an eth_call without `to` runs its data as init code, and
 * what the code returns comes back in place of a contract. Owns nothing: the caller's buffer grows, answers are
 * borrowed. Any thread: pure functions. Source: Ethereum Yellow Paper; EIP-150, EIP-170, EIP-3541, EIP-3860. */
#include "eth/multicall.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "evm.h"

/* The init code is the program, the room for data (2 bytes) and the items; all numbers are big-endian.
 *   item:    1 byte kind, 2 bytes n, 20 bytes address, n bytes of calldata
 *   answer:  1 byte of the enum of multicall_item, 2 bytes n, n bytes of data
 *   returns: block number (32 bytes, the first of them 0 as EIP-3541 demands), hash of the block before, the answers */
enum { ROOM_BYTES = 2, ITEM_BYTES = 23, ANSWER_BYTES = 3, WORD_BYTES = 32, WITNESS_BYTES = 2 * WORD_BYTES };
enum { KIND_CALL = 0, KIND_BALANCE = 1 };

/* While the program runs, what it will return lies at the beginning of the EVM's memory, and the init code behind:
 * calldata must be in memory to be sent. */
enum { MEM_CODE = FAN_OUT_MAX_RETURN_BYTES };

/* A call may use up to an eighth of the gas and of the room that are left: a hog costs its neighbours little. */
enum { SHARE = 8 };

/* There are contracts that answer, wrongly, when a call inside of theirs runs out of gas. So with less than GAS_ENOUGH
 * a call is not tried, and what took more than half of its share is no answer: an inner call gets all gas but a
 * sixty-fourth, so one that has run out of it leaves little. What is set aside pays for the return, 200 a byte as if a
 * contract were stored, and for balances. */
enum {
    GAS_ENOUGH = 300000,
    GAS_TO_RETURN = FAN_OUT_MAX_RETURN_BYTES * 200 + MULTICALL_MAX_ITEMS * 3200,
    GAS_TO_CALL = GAS_TO_RETURN + SHARE * GAS_ENOUGH
};

/* Bytes from the beginning of the init code. */
enum {
    AT_LOOP = 32,
    AT_ITEM = 48,
    AT_BALANCE = 145,
    AT_OMITTED = 171,
    AT_FAILED = 179,
    AT_ANSWER = 184,
    PROGRAM_BYTES = 223,
    AT_ROOM = PROGRAM_BYTES,
    AT_ITEMS = AT_ROOM + ROOM_BYTES
};

static const uint8_t program[] = {
#define CODE(...) __VA_ARGS__,
#include "fan_out.def"
#undef CODE
};
_Static_assert(sizeof program == PROGRAM_BYTES, "the items begin where the program ends");

/* What the answers leave for data when each is given its three bytes. */
static size_t room_for(size_t n) {
    return FAN_OUT_MAX_RETURN_BYTES - WITNESS_BYTES - n * ANSWER_BYTES;
}

static size_t data_bytes(const struct multicall_item *item) {
    return item->kind == MULTICALL_CALL ? item->data_len : 0;
}

size_t fan_out_fits(const struct multicall_item *items, size_t n) {
    size_t fits = 0;
    for (size_t len = AT_ITEMS; fits < n && fits < MULTICALL_MAX_ITEMS; fits++) {
        len += ITEM_BYTES + data_bytes(&items[fits]);
        if (len > FAN_OUT_MAX_CODE_BYTES) break;
    }
    return fits;
}

static void append_item(struct buf *out, const struct multicall_item *item) {
    size_t len = data_bytes(item);
    assert(len <= MULTICALL_MAX_ITEM_DATA);
    const uint8_t head[] = {item->kind == MULTICALL_BALANCE ? KIND_BALANCE : KIND_CALL, BE16(len)};
    buf_append(out, head, sizeof head);
    buf_append(out, item->to.bytes, sizeof item->to.bytes);
    buf_append(out, item->data, len);
}

void fan_out_encode(struct buf *out, const struct multicall_item *items, size_t n) {
    assert(n >= 1 && fan_out_fits(items, n) == n);
    const uint8_t room[ROOM_BYTES] = {BE16(room_for(n))};
    buf_append(out, program, sizeof program);
    buf_append(out, room, sizeof room);
    for (size_t i = 0; i < n; i++) append_item(out, &items[i]);
}

/* What the program says of an item, no more than it ever would. */
static bool is_plausible(const struct multicall_item *item, unsigned answer, size_t len) {
    switch (answer) {
    case MULTICALL_OK:
        return item->kind == MULTICALL_CALL || len == WORD_BYTES;
    case MULTICALL_FAILED:
        return item->kind == MULTICALL_CALL && len == 0;
    case MULTICALL_OMITTED:
        return len == 0;
    default:
        return false;
    }
}

/* Takes an answer from the front of the data. */
static bool take_answer(struct multicall_item *item, const uint8_t **data, size_t *left) {
    if (*left < ANSWER_BYTES) return false;
    const uint8_t *head = *data;
    size_t len = (size_t)head[1] << 8 | head[2];
    if (len > *left - ANSWER_BYTES || !is_plausible(item, head[0], len)) return false;
    item->answer = head[0];
    item->bytes = head[0] == MULTICALL_OK ? head + ANSWER_BYTES : NULL;
    item->len = len;
    *data += ANSWER_BYTES + len;
    *left -= ANSWER_BYTES + len;
    return true;
}

enum err fan_out_decode(hash32 *parent_hash, struct multicall_item *items, size_t n, const uint8_t *data, size_t len) {
    static const uint8_t zeros[WORD_BYTES - sizeof(uint64_t)]; /* of a block number */
    if (len < WITNESS_BYTES || len > FAN_OUT_MAX_RETURN_BYTES) return ERR_UPSTREAM_ERROR;
    if (memcmp(data, zeros, sizeof zeros) != 0) return ERR_UPSTREAM_ERROR;
    const uint8_t *answers = data + WITNESS_BYTES;
    size_t left = len - WITNESS_BYTES;
    for (size_t i = 0; i < n; i++) {
        if (!take_answer(&items[i], &answers, &left)) return ERR_UPSTREAM_ERROR;
    }
    if (left > 0) return ERR_UPSTREAM_ERROR;
    memcpy(parent_hash->bytes, data + WORD_BYTES, sizeof parent_hash->bytes);
    return ERR_OK;
}
