/* Reads overrides strictly, since nodes differ in what they make of odd ones. Memory is the task's arena; the request's
 * coroutine. */
#include "overrides.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "body.h"
#include "chain_value.h"
#include "params.h"

enum { WHERE_BYTES = 64, NAME_BYTES = WHERE_BYTES + 16 };

/* Overrides as they are read. */
struct parsing {
    struct task *task;
    struct account_override *accounts;
    size_t n;
    size_t n_slots; /* of all accounts */
};

static enum err fail(struct parsing *parsing, const char *where, const char *what) {
    return task_fail(parsing->task, ERR_INVALID_PARAMETER, "%s %s", where, what);
}

/* The same slot can be written in several ways. */
static bool has_slot(const struct slot_override *slots, size_t n, const hash32 *slot) {
    for (size_t i = 0; i < n; i++) {
        if (hash32_equal(&slots[i].slot, slot)) return true;
    }
    return false;
}

static enum err parse_slot(struct parsing *parsing, const struct slot_override *slots, size_t n,
                           struct slot_override *out, const char *key, const json_t *value, const char *where) {
    if (hash32_parse(&out->slot, key, strlen(key)) != ERR_OK) {
        return fail(parsing, where, "has a slot that is not 0x and 64 hex digits");
    }
    if (has_slot(slots, n, &out->slot)) return fail(parsing, where, "has the same slot twice");
    return chain_value_hash(parsing->task, &out->value, value, where);
}

static enum err parse_slots(struct parsing *parsing, struct account_override *out, const json_t *object,
                            const char *where) {
    const size_t n = json_object_size(object);
    const char *key;
    json_t *value;
    if (!json_is_object(object)) return fail(parsing, where, "is not an object of slots");
    if (n > OVERRIDES_MAX_SLOTS - parsing->n_slots) return fail(parsing, "overrides", "have more than 1024 slots");
    struct slot_override *slots = arena_alloc(parsing->task->arena, n * sizeof *slots);
    if (slots == NULL) return task_fail_memory(parsing->task);
    parsing->n_slots += n;
    json_object_foreach((json_t *)(uintptr_t)object, key, value) {
        enum err err = parse_slot(parsing, slots, out->n_slots, &slots[out->n_slots], key, value, where);
        if (err != ERR_OK) return err;
        out->n_slots++;
    }
    out->slots = slots;
    return ERR_OK;
}

static enum err parse_storage(struct parsing *parsing, struct account_override *out, const json_t *object,
                              const char *where) {
    const json_t *state = body_value(object, "state"), *diff = body_value(object, "stateDiff");
    char name[NAME_BYTES];
    if (state != NULL && diff != NULL) return fail(parsing, where, "has both state and stateDiff");
    if (state == NULL && diff == NULL) return ERR_OK;
    out->has_storage = true;
    out->replaces_storage = state != NULL;
    (void)snprintf(name, sizeof name, "%s.%s", where, state != NULL ? "state" : "stateDiff");
    return parse_slots(parsing, out, state != NULL ? state : diff, name);
}

static enum err parse_numbers(struct parsing *parsing, struct account_override *out, const json_t *object,
                              const char *where) {
    const json_t *balance = body_value(object, "balance"), *nonce = body_value(object, "nonce");
    char name[NAME_BYTES];
    enum err err = ERR_OK;
    out->has_balance = balance != NULL;
    out->has_nonce = nonce != NULL;
    (void)snprintf(name, sizeof name, "%s.balance", where);
    if (balance != NULL) err = chain_value_u256(parsing->task, &out->balance, balance, name);
    (void)snprintf(name, sizeof name, "%s.nonce", where);
    if (err == ERR_OK && nonce != NULL) err = chain_value_u64(parsing->task, &out->nonce, nonce, name);
    return err;
}

static enum err parse_code(struct parsing *parsing, struct account_override *out, const json_t *object,
                           const char *where) {
    const json_t *code = body_value(object, "code");
    char name[NAME_BYTES];
    out->has_code = code != NULL;
    if (code == NULL) return ERR_OK;
    (void)snprintf(name, sizeof name, "%s.code", where);
    return chain_value_bytes(parsing->task, &out->code, &out->code_len, code, OVERRIDES_MAX_CODE_BYTES, name);
}

static enum err parse_account(struct parsing *parsing, const char *key, const json_t *object) {
    static const char *const known[] = {"balance", "nonce", "code", "state", "stateDiff", NULL};
    struct account_override *out = &parsing->accounts[parsing->n];
    char where[WHERE_BYTES], text[ADDRESS_TEXT_BYTES];
    enum err err = params_parse_address(parsing->task, &out->account, (struct slice){key, strlen(key)}, "overrides:");
    if (err != ERR_OK) return err;
    (void)snprintf(where, sizeof where, "overrides.%s", address_format(text, &out->account));
    for (size_t i = 0; i < parsing->n; i++) {
        if (address_equal(&parsing->accounts[i].account, &out->account)) return fail(parsing, where, "is there twice");
    }
    if (!json_is_object(object)) return fail(parsing, where, "is not an object");
    err = body_check_members(parsing->task, object, known, where);
    if (err == ERR_OK) err = parse_numbers(parsing, out, object, where);
    if (err == ERR_OK) err = parse_code(parsing, out, object, where);
    if (err == ERR_OK) err = parse_storage(parsing, out, object, where);
    if (err == ERR_OK) parsing->n++;
    return err;
}

enum err overrides_parse(struct task *task, const struct account_override **out, size_t *n, const json_t *overrides) {
    struct parsing parsing = {.task = task};
    const char *key;
    json_t *object;
    *n = 0;
    if (overrides == NULL) return ERR_OK;
    if (!json_is_object(overrides)) return fail(&parsing, "overrides", "is not an object");
    if (json_object_size(overrides) > OVERRIDES_MAX_ACCOUNTS) {
        return fail(&parsing, "overrides", "are of more than 64 accounts");
    }
    parsing.accounts = arena_alloc(task->arena, (json_object_size(overrides) + 1) * sizeof *parsing.accounts);
    if (parsing.accounts == NULL) return task_fail_memory(task);
    json_object_foreach((json_t *)(uintptr_t)overrides, key, object) {
        enum err err = parse_account(&parsing, key, object);
        if (err != ERR_OK) return err;
    }
    *out = parsing.accounts;
    *n = parsing.n;
    return ERR_OK;
}
