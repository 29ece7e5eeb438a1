/* Feeds routes/balances_body any body: whatever is taken, jansson must read the same in the text, and it must still be
 * taken, and mean the same, when it is written anew. Whatever is refused has a detail that can be shown.
 * Owns a task's arena for each input.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "balances_body.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 4 * 1024 * 1024 };

static void check_detail(const struct task *task, enum err err) {
    const char *detail = task->fault.detail;
    char clean[TASK_DETAIL_BYTES];
    assert(task->fault.code == err && err_info(err)->status == 400);
    assert(strlen(detail) > 0 && utf8_clean(clean, sizeof clean, detail, strlen(detail)) == strlen(detail));
}

static void check_address(const address *have, const json_t *want) {
    char text[ADDRESS_TEXT_BYTES];
    assert(strcasecmp(address_format(text, have), json_string_value(want)) == 0);
}

/* The text again, read without our code. */
static void check_against_jansson(const struct balances_body *body, const char *text, size_t len) {
    json_t *root = json_loadb(text, len, 0, NULL);
    const json_t *items = json_object_get(root, "items");
    assert(json_array_size(items) == body->n_items && body->n_items >= 1 && body->n_items <= BALANCES_MAX_ITEMS);
    for (size_t i = 0; i < body->n_items; i++) {
        const json_t *item = json_array_get(items, i), *token = json_object_get(item, "token");
        const struct amount_read *read = &body->items[i].read;
        bool native = token == NULL || json_is_null(token);
        assert(read->kind == (native ? AMOUNT_NATIVE_BALANCE : AMOUNT_TOKEN_BALANCE));
        assert(json_object_size(item) == (token != NULL ? 2 : 1));
        check_address(&read->owner, json_object_get(item, "address"));
        if (!native) check_address(&read->token, token);
    }
    const json_t *block = json_object_get(root, "block");
    assert(json_object_size(root) == (block != NULL ? 2 : 1));
    if (block == NULL || json_is_null(block)) assert(body->spec.kind == BLOCK_LATEST);
    if (json_is_integer(block)) assert(body->spec.number == (uint64_t)json_integer_value(block));
    json_decref(root);
}

static void write_spec(FILE *out, const struct block_spec *spec) {
    static const char *const tags[] = {
        [BLOCK_LATEST] = "latest", [BLOCK_SAFE] = "safe", [BLOCK_FINALIZED] = "finalized"};
    char hash[HASH32_TEXT_BYTES];
    if (spec->kind == BLOCK_NUMBER) {
        (void)fprintf(out, "\"%" PRIu64 "\"", spec->number);
    } else {
        (void)fprintf(out, "\"%s\"", spec->kind == BLOCK_HASH ? hash32_format(hash, &spec->hash) : tags[spec->kind]);
    }
}

static char *write_body(const struct balances_body *body, size_t *len) {
    char *text, owner[ADDRESS_TEXT_BYTES], token[ADDRESS_TEXT_BYTES];
    FILE *out = open_memstream(&text, len);
    assert(out != NULL);
    (void)fputs("{\"block\":", out);
    write_spec(out, &body->spec);
    for (size_t i = 0; i < body->n_items; i++) {
        const struct amount_read *read = &body->items[i].read;
        (void)fprintf(out, "%s{\"address\":\"%s\"", i == 0 ? ",\"items\":[" : ",", address_format(owner, &read->owner));
        if (read->kind == AMOUNT_TOKEN_BALANCE) {
            (void)fprintf(out, ",\"token\":\"%s\"", address_format(token, &read->token));
        }
        (void)fputc('}', out);
    }
    (void)fputs("]}", out);
    assert(fclose(out) == 0);
    return text;
}

static void check_round_trip(struct task *task, const struct balances_body *body) {
    struct balances_body again;
    size_t len;
    char *text = write_body(body, &len);
    assert(balances_body_parse(task, &again, (struct slice){text, len}) == ERR_OK);
    assert(again.n_items == body->n_items && again.spec.kind == body->spec.kind);
    if (body->spec.kind == BLOCK_NUMBER) assert(again.spec.number == body->spec.number);
    if (body->spec.kind == BLOCK_HASH) assert(hash32_equal(&again.spec.hash, &body->spec.hash));
    for (size_t i = 0; i < body->n_items; i++) {
        const struct amount_read *a = &again.items[i].read, *b = &body->items[i].read;
        assert(a->kind == b->kind && address_equal(&a->owner, &b->owner) && address_equal(&a->token, &b->token));
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct task task = {.arena = arena_new(ARENA_BYTES)};
    struct balances_body body = {.n_items = 0};
    const char *text = (const char *)data;
    enum err err = balances_body_parse(&task, &body, (struct slice){text, size});
    if (err != ERR_OK) {
        check_detail(&task, err);
    } else {
        check_against_jansson(&body, text, size);
        check_round_trip(&task, &body);
    }
    arena_free(task.arena);
    return 0;
}
