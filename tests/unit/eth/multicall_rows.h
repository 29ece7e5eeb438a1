/* The rows of multicall3.tsv and fan_out.tsv: what is asked, how it is encoded, what came back, and what that means.
 * A struct multicall_row owns all it holds; row_free gives it back.
 * Tests only, one thread. */
#ifndef DAPPD_TESTS_MULTICALL_ROWS_H
#define DAPPD_TESTS_MULTICALL_ROWS_H

#include "../vectors.h"

#include "core/buf.h"
#include "eth/multicall.h"

enum { ROW_FIELDS = 6 };

struct expected_answer {
    int answer;
    uint8_t *bytes;
    size_t len;
};

struct multicall_row {
    const char *what;
    size_t n;
    struct multicall_item items[MULTICALL_MAX_ITEMS];
    uint8_t *calldata[MULTICALL_MAX_ITEMS]; /* what the items borrow */
    struct expected_answer answers[MULTICALL_MAX_ITEMS];
    uint8_t *code, *parent_hash, *returned;
    size_t code_len, parent_hash_len, returned_len;
};

static inline void row_add_item(struct multicall_row *row, char *text) {
    struct multicall_item *item = &row->items[row->n];
    bool is_call = strcmp(strsep(&text, ":"), "call") == 0;
    size_t len;
    uint8_t *to = vectors_bytes(&len, strsep(&text, ":"));
    assert_int_equal(len, sizeof item->to.bytes);
    *item = (struct multicall_item){.kind = is_call ? MULTICALL_CALL : MULTICALL_BALANCE};
    memcpy(item->to.bytes, to, len);
    free(to);
    item->data = row->calldata[row->n] = vectors_bytes(&item->data_len, text);
    row->n++;
}

static inline void row_set_answer(struct expected_answer *expected, char *text) {
    static const char *const names[] = {"failed", "ok", "omitted"};
    const char *name = strsep(&text, ":");
    while (strcmp(names[expected->answer], name) != 0) assert_true(++expected->answer <= MULTICALL_OMITTED);
    expected->bytes = vectors_bytes(&expected->len, text);
}

/* Reads the next row into memory of exactly the size of each part. Returns NULL behind the last one. */
static inline struct multicall_row *row_next(struct vectors *v) {
    if (!vectors_next(v, ROW_FIELDS)) return NULL;
    struct multicall_row *row = calloc(1, sizeof *row);
    row->what = v->fields[0];
    char *items = v->fields[1];
    while (items != NULL) row_add_item(row, strsep(&items, ";"));
    row->code = vectors_bytes(&row->code_len, v->fields[2]);
    row->parent_hash = vectors_bytes(&row->parent_hash_len, v->fields[3]);
    char *answers = v->fields[4];
    for (size_t i = 0; i < row->n; i++) row_set_answer(&row->answers[i], strsep(&answers, ";"));
    assert_null(answers);
    row->returned = vectors_bytes(&row->returned_len, v->fields[5]);
    return row;
}

static inline void row_free(struct multicall_row *row) {
    for (size_t i = 0; i < row->n; i++) {
        free(row->calldata[i]);
        free(row->answers[i].bytes);
    }
    free(row->code);
    free(row->parent_hash);
    free(row->returned);
    free(row);
}

/* The first row of a file with that name. */
static inline struct multicall_row *row_named(const char *file, const char *what) {
    struct vectors v;
    struct multicall_row *row;
    vectors_open(&v, file);
    while ((row = row_next(&v)) != NULL && strcmp(row->what, what) != 0) row_free(row);
    if (row == NULL) fail_msg("%s has no row '%s'", file, what);
    vectors_close(&v, 1);
    row->what = what;
    return row;
}

typedef void encode_fn(struct buf *out, const struct multicall_item *items, size_t n);
typedef enum err decode_fn(hash32 *parent_hash, struct multicall_item *items, size_t n, const uint8_t *data,
                           size_t len);

static inline void row_check_encode(const struct multicall_row *row, encode_fn *encode) {
    struct buf out;
    buf_init(&out, row->code_len);
    encode(&out, row->items, row->n);
    if (out.failed || out.len != row->code_len) fail_msg("%s: not as long as it should be", row->what);
    for (size_t i = 0; i < out.len; i++) {
        if ((uint8_t)out.data[i] != row->code[i]) fail_msg("%s: byte %zu differs", row->what, i);
    }
    buf_free(&out);
}

static inline void row_check_decode(struct multicall_row *row, decode_fn *decode) {
    hash32 parent_hash;
    if (decode(&parent_hash, row->items, row->n, row->returned, row->returned_len) != ERR_OK) fail_msg("%s", row->what);
    assert_int_equal(row->parent_hash_len, sizeof parent_hash.bytes);
    assert_memory_equal(parent_hash.bytes, row->parent_hash, sizeof parent_hash.bytes);
    for (size_t i = 0; i < row->n; i++) {
        const struct multicall_item *item = &row->items[i];
        const struct expected_answer *expected = &row->answers[i];
        bool same = (int)item->answer == expected->answer && item->len == expected->len;
        if (!same || (item->len > 0 && memcmp(item->bytes, expected->bytes, item->len) != 0)) {
            fail_msg("%s: item %zu", row->what, i);
        }
    }
}

/* The same for every row of a file. */
static inline void rows_check(const char *file, size_t min_rows, encode_fn *encode, decode_fn *decode) {
    struct vectors v;
    struct multicall_row *row;
    vectors_open(&v, file);
    while ((row = row_next(&v)) != NULL) {
        row_check_encode(row, encode);
        row_check_decode(row, decode);
        row_free(row);
    }
    vectors_close(&v, min_rows);
}

/* Decodes a copy of exactly len bytes, so that ASan sees each overrun. */
static inline enum err row_decode_copy(struct multicall_row *row, decode_fn *decode, const uint8_t *data, size_t len) {
    hash32 parent_hash;
    uint8_t *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, data, len);
    enum err err = decode(&parent_hash, row->items, row->n, copy, len);
    size_t sum = 0;
    for (size_t i = 0; err == ERR_OK && i < row->n; i++) {
        for (size_t k = 0; k < row->items[i].len; k++) sum += row->items[i].bytes[k];
    }
    assert_true(sum <= len * row->n * UINT8_MAX);
    free(copy);
    return err;
}

#endif
