/* Amounts from the cache or the nodes. Memory is the task's arena; the task's coroutine. */
#include "services/amount.h"

#include <stdlib.h>

#include "amount_kept.h"
#include "eth/abi.h"
#include "eth/erc20.h"
#include "fetch.h"
#include "kept.h"

/* Precompiled contracts answer whatever they are called with: 32 bytes of SHA-256 look like a balance. They have the
 * addresses 1 to 0x11 and 0x100 (EIP-7951), and Arbitrum's end below 0x200; tokens that a chain has built in, such as
 * 0x802 on Moonbeam, lie above. */
static bool is_precompile(const struct amount_read *read) {
    const uint8_t *bytes = read->token.bytes;
    if (read->kind == AMOUNT_NATIVE_BALANCE) return false;
    for (size_t i = 0; i < 18; i++) {
        if (bytes[i] != 0) return false;
    }
    return bytes[18] <= 1 && (bytes[18] | bytes[19]) != 0;
}

size_t amount_look_up(const struct task *task, const struct source *source, struct amount_read *reads, size_t n,
                      const struct block_ref *block) {
    size_t missing = 0;
    for (size_t i = 0; i < n; i++) {
        struct amount_read *read = &reads[i];
        read->answer = NULL;
        read->err = ERR_OK;
        read->no_code = false;
        read->retry_after_s = 0;
        read->detail = "";
        read->missing = false;
        if (is_precompile(read)) {
            read->no_code = true;
            amount_fail(read, ERR_NOT_A_TOKEN, "the token's address is that of a precompiled contract");
            continue;
        }
        read->missing = !amount_kept_find(task, source, read, block);
        if (read->missing) missing++;
    }
    return missing;
}

static void encode_call(struct abi_call *call, const struct amount_read *read) {
    switch (read->kind) {
    case AMOUNT_TOKEN_BALANCE:
        erc20_call_balance_of(call, &read->owner);
        return;
    case AMOUNT_ALLOWANCE:
        erc20_call_allowance(call, &read->owner, &read->spender);
        return;
    case AMOUNT_TOTAL_SUPPLY:
        erc20_call_getter(call, ERC20_TOTAL_SUPPLY);
        return;
    case AMOUNT_NATIVE_BALANCE:
        break;
    }
    abort(); /* a native balance is no contract call */
}

static const struct state_read *ask(struct fetch *fetch, const struct amount_read *read) {
    struct abi_call call;
    if (read->kind == AMOUNT_NATIVE_BALANCE) return fetch_account(fetch, STATE_BALANCE, &read->owner);
    encode_call(&call, read);
    return fetch_call(fetch, &read->token, &call);
}

void amount_ask(struct fetch *fetch, struct amount_read *reads, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (reads[i].missing) reads[i].answer = ask(fetch, &reads[i]);
    }
}

void amount_fail(struct amount_read *read, enum err err, const char *detail) {
    read->err = err;
    read->detail = detail != NULL ? detail : "";
}

static void take_failure(struct amount_read *read, const struct state_read *answer) {
    amount_fail(read, answer->err, answer->detail);
    read->retry_after_s = answer->retry_after_s;
}

/* Returns false when nothing came back: why is still to be found out. */
static bool take_answer(struct task *task, struct amount_read *read) {
    const struct state_read *answer = read->answer;
    char token[ADDRESS_TEXT_BYTES];
    if (answer->err != ERR_OK) {
        take_failure(read, answer);
    } else if (answer->len == 0) {
        return false;
    } else if (abi_decode_u256(&read->amount, answer->bytes, answer->len) != ERR_OK) {
        amount_fail(read, ERR_NOT_A_TOKEN,
                    arena_printf(task->arena, "%s answered %zu bytes instead of an amount",
                                 address_format(token, &read->token), answer->len));
    }
    return true;
}

/* Is there no contract, or one without this function? */
static void take_code(struct task *task, struct amount_read *read, const struct block_ref *block) {
    const struct state_read *answer = read->answer;
    char token[ADDRESS_TEXT_BYTES];
    (void)address_format(token, &read->token);
    if (answer->err != ERR_OK) {
        take_failure(read, answer);
    } else if (answer->len > 0) {
        amount_fail(read, ERR_NOT_A_TOKEN, arena_printf(task->arena, "the contract at %s answers nothing", token));
    } else {
        read->no_code = true;
        amount_fail(read, ERR_NOT_A_TOKEN,
                    arena_printf(task->arena, "there is no contract at %s in block %llu", token,
                                 (unsigned long long)block->number));
    }
}

static void keep(struct task *task, const struct source *source, struct amount_read *const *reads, size_t n,
                 const struct block_ref *block) {
    if (n == 0 || kept_is_late(source, block)) return;
    for (size_t i = 0; i < n; i++) amount_kept_put(task, source, reads[i], block);
}

/* A node that is behind could also say nothing, so the code is asked for before a client is told that the address is no
 * token. */
static void explain(struct task *task, const struct source *source, struct amount_read **empty, size_t n,
                    const struct block_ref *block) {
    struct fetch fetch;
    if (n == 0) return;
    bool fits = fetch_begin(task, &fetch, n);
    for (size_t i = 0; fits && i < n; i++) empty[i]->answer = fetch_account(&fetch, STATE_CODE, &empty[i]->token);
    if (fits) fetch_send(task, source, &fetch, block);
    for (size_t i = 0; i < n; i++) {
        if (fits) {
            take_code(task, empty[i], block);
        } else {
            amount_fail(empty[i], ERR_OVERLOADED, "the request needs too much memory");
        }
    }
    keep(task, source, empty, n, block);
}

void amount_take(struct task *task, const struct source *source, struct amount_read *reads, size_t n,
                 const struct block_ref *block) {
    struct amount_read **known =
        arena_alloc(task->arena, n * sizeof *known); /* from the front; the rest from the end */
    size_t n_known = 0, n_empty = 0;
    for (size_t i = 0; i < n; i++) {
        if (!reads[i].missing) continue;
        if (known == NULL) {
            amount_fail(&reads[i], ERR_OVERLOADED, "the request needs too much memory");
        } else if (take_answer(task, &reads[i])) {
            known[n_known++] = &reads[i];
        } else {
            known[n - ++n_empty] = &reads[i];
        }
    }
    if (known == NULL) return;
    keep(task, source, known, n_known, block);
    explain(task, source, known + n - n_empty, n_empty, block);
}

enum err amount_read_check(struct task *task, const struct amount_read *read) {
    if (read->err == ERR_OK) return ERR_OK;
    enum err err = task_fail(task, read->err, "%s", read->detail);
    task->fault.retry_after_s = read->retry_after_s;
    return err;
}
