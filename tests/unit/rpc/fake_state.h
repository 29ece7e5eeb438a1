/* A fake node with state: it runs plain and packed calls of contracts whose address tells how they behave, and counts
 * what it is asked. A struct fake_state is the arg of its fake node and belongs to the test.
 * The node's threads serve; the test sets flags before, and reads counts after. */
#ifndef DAPPD_TESTS_FAKE_STATE_H
#define DAPPD_TESTS_FAKE_STATE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "net.h"
#include "eth/hex.h"
#include "eth/multicall.h"
#include "rpc/chain_state.h"

enum { STATE_MAX_BYTES = 512 * 1024, MUCH_BYTES = 40 * 1024, RUNTIME_BYTES = 0xee0 };

/* How a contract behaves: the first byte of its address. */
enum behaviour {
    WELL = 0x01,    /* returns the last four bytes of the calldata as a word */
    REVERTS = 0x02, /* "no" */
    STARVES = 0x03, /* fails among others, does well alone */
    POISONS = 0x04, /* a call with it and others, or packed at all, fails: out of gas */
    ANSWERS_NOTHING = 0x05,
    ANSWERS_MUCH = 0x06, /* zeros, when it is called alone */
    REVERTS_MUCH = 0x07  /* with as much data as that */
};

struct fake_state {
    bool multicall3, fan_out; /* what the node has */
    bool wrong_code;          /* something else lives where Multicall3 should */
    uint8_t witness;          /* every byte of the parent hash of the block where calls really run */
    bool knows_witness;       /* it is the hash of a block that the node has */
    size_t max_items;         /* more of them in a call run out of gas; 0: no limit */
    void (*instead)(struct fake_request *request, struct fake_state *state); /* serves packed calls otherwise */
    atomic_bool mixed;                           /* aggregate3 has been given different contracts */
    atomic_uint packed, items, largest;          /* packed calls; reads in them; the most in one */
    atomic_uint plain, codes;                    /* eth_call and reads of numbers; eth_getCode */
    atomic_uint init_codes;                      /* eth_call without `to` that packs nothing */
    atomic_uint packed_requests, plain_requests; /* HTTP requests with packed calls, and without */
};

/* The block that tests read at. */
enum { PARENT_BYTE = 0xaa };
static inline struct block_ref state_block(uint8_t which) {
    struct block_ref block = {.number = 100};
    memset(block.hash.bytes, which, sizeof block.hash.bytes);
    memset(block.parent_hash.bytes, PARENT_BYTE, sizeof block.parent_hash.bytes);
    return block;
}

static inline address state_address(enum behaviour behaviour) {
    address a = {{(uint8_t)behaviour}};
    return a;
}

/* One read inside a packed call. Returns the enum of multicall_item. Out: what came back. */
static inline int fake_run_item(const uint8_t *to, const uint8_t *data, size_t len, const uint8_t **out, size_t *n) {
    static _Thread_local uint8_t word[32];
    *out = word;
    *n = sizeof word;
    memset(word, 0, sizeof word);
    if (to[0] <= POISONS && len >= 4) memcpy(word + 28, data + len - 4, 4);
    if (to[0] == ANSWERS_NOTHING) *n = 0;
    if (to[0] == ANSWERS_MUCH) {
        static const uint8_t much[MUCH_BYTES];
        *out = much;
        *n = sizeof much;
        return MULTICALL_OMITTED;
    }
    if (to[0] == 0 && to[19] == 4) { /* the identity contract */
        *out = data;
        *n = len;
    }
    return to[0] == REVERTS || to[0] == STARVES || to[0] == REVERTS_MUCH ? MULTICALL_FAILED : MULTICALL_OK;
}

static inline size_t fake_number(const uint8_t *word) {
    return (size_t)word[29] << 16 | (size_t)word[30] << 8 | word[31];
}

static inline void fake_put_number(uint8_t *word, size_t value) {
    memset(word, 0, 32);
    word[29] = (uint8_t)(value >> 16);
    word[30] = (uint8_t)(value >> 8);
    word[31] = (uint8_t)value;
}

static inline void fake_count_items(struct fake_state *state, size_t n) {
    atomic_fetch_add(&state->items, (unsigned)n);
    if (n > atomic_load(&state->largest)) atomic_store(&state->largest, (unsigned)n);
}

/* Runs aggregate3. Returns the length of what it returns, or 0: out of gas. */
static inline size_t fake_run_multicall3(struct fake_state *state, uint8_t *out, const uint8_t *data) {
    const uint8_t *array = data + 4 + 32;
    size_t n = fake_number(array);
    const uint8_t *heads = array + 32;
    size_t at = 64 + 32 * n;
    bool out_of_gas = false;
    const uint8_t *contract = NULL;
    fake_put_number(out, 32);
    fake_put_number(out + 32, n);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *call = heads + fake_number(heads + 32 * i);
        const uint8_t *to = call + 12;
        const uint8_t *calldata = call + 128;
        const uint8_t *returned;
        uint8_t own[32];
        size_t len;
        int answer = MULTICALL_OK;
        if (memcmp(to, multicall3_address.bytes, 20) == 0) { /* a block hash, or a balance */
            memset(own, calldata[0] == 0x27 ? state->witness : 0, 32);
            if (calldata[0] != 0x27) own[31] = calldata[35];
            returned = own;
            len = 32;
        } else {
            answer = fake_run_item(to, calldata, fake_number(call + 96), &returned, &len);
            if (contract != NULL && memcmp(contract, to, 20) != 0) atomic_store(&state->mixed, true);
            contract = to;
            out_of_gas = out_of_gas || to[0] == POISONS;
        }
        fake_put_number(out + 64 + 32 * i, at - 64);
        fake_put_number(out + at, answer == MULTICALL_OK);
        fake_put_number(out + at + 32, 64);
        fake_put_number(out + at + 64, len);
        memset(out + at + 96, 0, (len + 31) / 32 * 32);
        memcpy(out + at + 96, returned, len);
        at += 96 + (len + 31) / 32 * 32;
    }
    fake_count_items(state, n - 1);
    return out_of_gas || (state->max_items > 0 && n - 1 > state->max_items) ? 0 : at;
}

/* Where the items of a fan-out begin. */
static inline size_t fake_fan_out_start(void) {
    const struct multicall_item item = {.kind = MULTICALL_BALANCE};
    struct buf code;
    buf_init(&code, FAN_OUT_MAX_CODE_BYTES);
    fan_out_encode(&code, &item, 1);
    size_t start = code.len - 23;
    buf_free(&code);
    return start;
}

/* The same for init code. */
static inline size_t fake_run_fan_out(struct fake_state *state, uint8_t *out, const uint8_t *code, size_t code_len) {
    size_t at = 64, n = 0;
    bool out_of_gas = false;
    fake_put_number(out, 100);
    memset(out + 32, state->witness, 32);
    for (size_t from = fake_fan_out_start(); from < code_len; n++) {
        const uint8_t *item = code + from;
        size_t data_len = (size_t)item[1] << 8 | item[2];
        const uint8_t *returned;
        size_t len;
        uint8_t own[32] = {0};
        int answer = MULTICALL_OK;
        if (item[0] == 1) { /* a balance */
            own[31] = item[22];
            returned = own;
            len = 32;
        } else {
            answer = fake_run_item(item + 3, item + 23, data_len, &returned, &len);
            out_of_gas = out_of_gas || item[3] == POISONS;
        }
        if (answer != MULTICALL_OK) len = 0;
        out[at] = (uint8_t)answer;
        out[at + 1] = (uint8_t)(len >> 8);
        out[at + 2] = (uint8_t)len;
        memcpy(out + at + 3, returned, len);
        at += 3 + len;
        from += 23 + data_len;
    }
    fake_count_items(state, n);
    return out_of_gas || (state->max_items > 0 && n > state->max_items) ? 0 : at;
}

static inline json_t *fake_data_reply(const json_t *call, const uint8_t *data, size_t len) {
    char *text = malloc(2 * len + 3);
    json_t *reply = fake_reply(call, "result", "null");
    json_object_set_new(reply, "result", json_string(hex_encode(text, data, len)));
    free(text);
    return reply;
}

static inline json_t *fake_run_packed(struct fake_state *state, const json_t *call, const uint8_t *data, size_t len,
                                      bool multicall) {
    uint8_t *out = malloc(STATE_MAX_BYTES);
    bool there = multicall ? state->multicall3 : state->fan_out;
    size_t n = 0;
    json_t *reply;
    if (there) n = multicall ? fake_run_multicall3(state, out, data) : fake_run_fan_out(state, out, data, len);
    if (!there && !multicall) {
        reply = fake_reply(call, "error", "{\"code\":-32602,\"message\":\"missing to\"}");
    } else if (there && n == 0) {
        reply = fake_reply(call, "error", "{\"code\":-32000,\"message\":\"out of gas\"}");
    } else {
        reply = fake_data_reply(call, out, n);
    }
    free(out);
    return reply;
}

static inline json_t *fake_run_plain(const json_t *call, const uint8_t *to, const uint8_t *data, size_t len) {
    const uint8_t *returned;
    if (to[0] == REVERTS) {
        return fake_reply(call, "error",
                          "{\"code\":3,\"message\":\"execution reverted: no\",\"data\":\"0x08c379a0"
                          "0000000000000000000000000000000000000000000000000000000000000020"
                          "0000000000000000000000000000000000000000000000000000000000000002"
                          "6e6f000000000000000000000000000000000000000000000000000000000000\"}");
    }
    size_t n;
    if (to[0] == REVERTS_MUCH) {
        static char error[2 * MUCH_BYTES + 64];
        snprintf(error, sizeof error, "{\"code\":3,\"message\":\"reverted\",\"data\":\"0x%0*d\"}", 2 * MUCH_BYTES, 0);
        return fake_reply(call, "error", error);
    }
    (void)fake_run_item(to, data, len, &returned, &n);
    return fake_data_reply(call, returned, n);
}

/* Multicall3's code, out of the transaction that deploys it everywhere. */
static inline void fake_runtime(uint8_t out[RUNTIME_BYTES]) {
    static char text[16384];
    FILE *file = fopen("dev/chain/multicall3.tx", "r");
    if (file == NULL) abort();
    size_t len = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    text[len] = '\0';
    char *code = strstr(text, "6000f3fe");
    if (code == NULL) abort();
    code += 6; /* two digits of the init code give way to 0x */
    code[0] = '0';
    code[1] = 'x';
    if (hex_decode_exact(out, RUNTIME_BYTES, code, 2 + 2 * RUNTIME_BYTES) != ERR_OK) abort();
}

static inline json_t *fake_get_code(struct fake_state *state, const json_t *call) {
    uint8_t code[RUNTIME_BYTES];
    char multicall3[43];
    atomic_fetch_add(&state->codes, 1);
    hex_encode(multicall3, multicall3_address.bytes, 20);
    if (strcmp(fake_param(call, 0), multicall3) != 0) return fake_data_reply(call, (const uint8_t *)"\x60", 1);
    fake_runtime(code);
    if (state->wrong_code) code[7] ^= 1;
    return fake_data_reply(call, code, state->multicall3 || state->wrong_code ? RUNTIME_BYTES : 0);
}

static inline size_t fake_hex(uint8_t *out, size_t cap, const json_t *text) {
    size_t len = 0;
    if (hex_decode(out, cap, &len, json_string_value(text), json_string_length(text)) != ERR_OK) abort();
    return len;
}

/* Code without `to` is a fan-out, or as short as the calldata of a read: then it returns that as a word, or reverts
 * when it begins with the opcode that does. */
enum { INIT_CODE_BYTES = 4, INIT_CODE_REVERTS = 0xfd };

static inline json_t *fake_run_init_code(struct fake_state *state, const json_t *call, const uint8_t *code) {
    uint8_t word[32] = {0};
    atomic_fetch_add(&state->init_codes, 1);
    if (code[0] == INIT_CODE_REVERTS) {
        return fake_reply(call, "error", "{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0x\"}");
    }
    memcpy(word + sizeof word - INIT_CODE_BYTES, code, INIT_CODE_BYTES);
    return fake_data_reply(call, word, sizeof word);
}

static inline json_t *fake_run_call(struct fake_state *state, const json_t *call) {
    const json_t *args = json_array_get(json_object_get(call, "params"), 0);
    uint8_t *data = malloc(STATE_MAX_BYTES);
    uint8_t to[20] = {0};
    size_t len = fake_hex(data, STATE_MAX_BYTES, json_object_get(args, "data"));
    bool init_code = json_object_get(args, "to") == NULL;
    if (!init_code) fake_hex(to, sizeof to, json_object_get(args, "to"));
    bool multicall = memcmp(to, multicall3_address.bytes, 20) == 0;
    json_t *reply;
    if (init_code && len == INIT_CODE_BYTES) {
        reply = fake_run_init_code(state, call, data);
    } else if (init_code || multicall) {
        reply = fake_run_packed(state, call, data, len, multicall);
    } else {
        atomic_fetch_add(&state->plain, 1);
        reply = fake_run_plain(call, to, data, len);
    }
    free(data);
    return reply;
}

static inline json_t *fake_get_block(const struct fake_state *state, const json_t *call) {
    char block[256];
    snprintf(block, sizeof block,
             "{\"number\":\"0x62\",\"hash\":\"%s\",\"parentHash\":\"0x%064d\",\"timestamp\":\"0x1\"}",
             fake_param(call, 0), 0);
    return fake_reply(call, "result", state->knows_witness ? block : "null");
}

static inline json_t *fake_state_reply(struct fake_state *state, const json_t *call) {
    if (strcmp(fake_method(call), "eth_getBlockByHash") == 0) return fake_get_block(state, call);
    if (strcmp(fake_method(call), "eth_getCode") == 0) return fake_get_code(state, call);
    if (strcmp(fake_method(call), "eth_call") == 0) return fake_run_call(state, call);
    atomic_fetch_add(&state->plain, 1);
    char number[80]; /* of a balance or a nonce what the address ends with, of a slot its own number */
    bool is_slot = strcmp(fake_method(call), "eth_getStorageAt") == 0;
    snprintf(number, sizeof number, "\"0x%s\"", is_slot ? fake_param(call, 1) + 2 : fake_param(call, 0) + 40);
    return fake_reply(call, "result", number);
}

static inline bool is_packed_call(const json_t *call) {
    const json_t *args = json_array_get(json_object_get(call, "params"), 0);
    const char *to = json_string_value(json_object_get(args, "to"));
    if (!json_is_object(args)) return false;
    if (to == NULL) return json_string_length(json_object_get(args, "data")) > 2 + 2 * INIT_CODE_BYTES;
    return strncmp(to, "0xca11bde0", 10) == 0;
}

static inline unsigned count_packed_calls(const json_t *body) {
    unsigned packed = is_packed_call(body) ? 1 : 0;
    for (size_t i = 0; i < json_array_size(body); i++) packed += is_packed_call(json_array_get(body, i)) ? 1 : 0;
    return packed;
}

static inline void serve_state_as_ever(struct fake_request *request) {
    struct fake_state *state = request->node->arg;
    if (json_is_object(request->body)) {
        fake_send_json(request, 200, fake_state_reply(state, request->body));
        return;
    }
    json_t *replies = json_array();
    for (size_t i = 0; i < json_array_size(request->body); i++) {
        json_array_append_new(replies, fake_state_reply(state, json_array_get(request->body, i)));
    }
    fake_send_json(request, 200, replies);
}

static inline void serve_state(struct fake_request *request) {
    struct fake_state *state = request->node->arg;
    unsigned packed = count_packed_calls(request->body);
    atomic_fetch_add(&state->packed, packed);
    atomic_fetch_add(packed > 0 ? &state->packed_requests : &state->plain_requests, 1);
    if (packed > 0 && state->instead != NULL) {
        state->instead(request, state);
    } else {
        serve_state_as_ever(request);
    }
}

/* Starts nodes that serve these states. */
static inline void state_start(struct net *net, struct fake_state *states, size_t n) {
    fake_serve serves[NET_MAX_NODES];
    for (size_t i = 0; i < n; i++) serves[i] = serve_state;
    net_start(net, serves, n);
    for (size_t i = 0; i < n; i++) net->nodes[i].arg = &states[i];
    net_open(net, 1, 0);
}

/* As if probed just now. */
static inline void state_set_method(struct chain *chain, enum method method, bool provable) {
    atomic_store(&chain->batching.chosen, (int)method);
    atomic_store(&chain->batching.probed, true);
    atomic_store(&chain->batching.due_ms, UINT64_MAX);
    atomic_store(&chain->batching.provable, provable);
}

/* A read of a contract, and room for its calldata. */
struct one_read {
    uint8_t data[4];
    struct state_read read;
};

static inline void make_read(struct one_read *one, enum behaviour behaviour, uint32_t value) {
    one->data[0] = (uint8_t)(value >> 24);
    one->data[1] = (uint8_t)(value >> 16);
    one->data[2] = (uint8_t)(value >> 8);
    one->data[3] = (uint8_t)value;
    one->read = (struct state_read){
        .kind = STATE_CALL, .to = state_address(behaviour), .data = one->data, .data_len = sizeof one->data};
}

/* The same of init code, for a node that takes its calldata as such. */
static inline void make_init_code(struct one_read *one, uint32_t value) {
    make_read(one, WELL, value);
    one->read.kind = STATE_INIT_CODE;
    one->read.to = (address){{0}};
}

/* The value that a contract that does well has given back. */
static inline uint32_t read_value(const struct state_read *read) {
    if (read->err != ERR_OK || read->len != 32) return UINT32_MAX;
    return (uint32_t)read->bytes[28] << 24 | (uint32_t)read->bytes[29] << 16 | (uint32_t)read->bytes[30] << 8 |
           read->bytes[31];
}

#endif
