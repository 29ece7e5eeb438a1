/* Parameters and columns in PostgreSQL's binary format: integers in network order, everything else as its bytes.
 * Parameters live with whoever declares them; rows belong to the task's arena.
 * The task's coroutine. */
#include "repos/pg_value.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include <libpq-fe.h>

enum { FORMAT_BINARY = 1, OID_BYTEA = 17, OID_INT8 = 20, OID_INT4 = 23, ARRAY_HEADER_BYTES = 20 };

static void put_be(char *out, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; i++) out[i] = (char)(uint8_t)(value >> (8 * (size - 1 - i)));
}

static uint64_t get_be(const char *in, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) value = value << 8 | (uint8_t)in[i];
    return value;
}

static void add(struct pg_params *params, const void *data, size_t len) {
    assert(params->n < PG_MAX_PARAMS && len <= INT_MAX);
    params->values[params->n] = data;
    params->lengths[params->n] = (int)len;
    params->formats[params->n] = FORMAT_BINARY;
    params->n++;
}

/* Room for a copy of the next parameter. */
static char *storage(struct pg_params *params) {
    assert(params->n < PG_MAX_PARAMS);
    return params->storage[params->n];
}

static void add_integer(struct pg_params *params, int64_t value, size_t size) {
    char *copy = storage(params);
    put_be(copy, (uint64_t)value, size);
    add(params, copy, size);
}

void pg_param_i64(struct pg_params *params, int64_t value) {
    add_integer(params, value, 8);
}

void pg_param_u64(struct pg_params *params, uint64_t value) {
    pg_param_i64(params, value < INT64_MAX ? (int64_t)value : INT64_MAX);
}

void pg_param_i32(struct pg_params *params, int32_t value) {
    add_integer(params, value, 4);
}

void pg_param_i16(struct pg_params *params, int16_t value) {
    add_integer(params, value, 2);
}

void pg_param_bool(struct pg_params *params, bool value) {
    add_integer(params, value, 1);
}

void pg_param_u256(struct pg_params *params, const u256 *value) {
    char *copy = storage(params);
    add(params, copy, pg_numeric_write((uint8_t *)copy, value));
}

/* A parameter without an address would be null. */
void pg_param_bytes(struct pg_params *params, const void *data, size_t len) {
    add(params, len > 0 ? data : "", len);
}

void pg_param_address(struct pg_params *params, const address *value) {
    add(params, value->bytes, sizeof value->bytes);
}

void pg_param_hash32(struct pg_params *params, const hash32 *value) {
    add(params, value->bytes, sizeof value->bytes);
}

void pg_param_text(struct pg_params *params, const char *text) {
    add(params, text, text != NULL ? strlen(text) : 0);
}

void pg_param_uuid(struct pg_params *params, const uuid *value) {
    add(params, value, value != NULL ? sizeof value->bytes : 0);
}

void pg_param_null(struct pg_params *params) {
    add(params, NULL, 0);
}

/* An array of one dimension: dimensions, nulls or not, the elements' type, length, lower bound; then the elements, each
 * behind its length, which take content_len bytes together. Returns where the first one goes, or NULL once the arena's
 * cap is passed. */
static char *add_elements(struct task *task, struct pg_params *params, unsigned type, size_t n, size_t content_len) {
    size_t len = ARRAY_HEADER_BYTES + 4 * n + content_len;
    char *data = n <= INT_MAX / 8 && content_len <= INT_MAX / 4 ? arena_alloc(task->arena, len) : NULL;
    if (data == NULL) return NULL;
    put_be(data, 1, 4);
    put_be(data + 4, 0, 4);
    put_be(data + 8, type, 4);
    put_be(data + 12, n, 4);
    put_be(data + 16, 1, 4);
    add(params, data, len);
    return data + ARRAY_HEADER_BYTES;
}

static char *add_array(struct task *task, struct pg_params *params, unsigned type, size_t n, size_t size) {
    bool fits = size == 0 || n <= INT_MAX / 4 / size; /* every token's name is empty */
    return fits ? add_elements(task, params, type, n, n * size) : NULL;
}

bool pg_param_bytes_list(struct task *task, struct pg_params *params, const struct pg_bytes *values, size_t n) {
    size_t len = 0;
    for (size_t i = 0; i < n; i++) len += values[i].len;
    char *at = add_elements(task, params, OID_BYTEA, n, len);
    if (at == NULL) return false;
    for (size_t i = 0; i < n; i++) {
        put_be(at, values[i].len, 4);
        if (values[i].len > 0) memcpy(at + 4, values[i].data, values[i].len);
        at += 4 + values[i].len;
    }
    return true;
}

bool pg_param_bytes_array(struct task *task, struct pg_params *params, const void *values, size_t n, size_t size) {
    char *at = add_array(task, params, OID_BYTEA, n, size);
    if (at == NULL) return false;
    for (size_t i = 0; i < n; i++, at += 4 + size) {
        put_be(at, size, 4);
        memcpy(at + 4, (const char *)values + i * size, size);
    }
    return true;
}

bool pg_param_i32_array(struct task *task, struct pg_params *params, const int32_t *values, size_t n) {
    char *at = add_array(task, params, OID_INT4, n, 4);
    if (at == NULL) return false;
    for (size_t i = 0; i < n; i++, at += 8) {
        put_be(at, 4, 4);
        put_be(at + 4, (uint32_t)values[i], 4);
    }
    return true;
}

bool pg_param_i64_array(struct task *task, struct pg_params *params, const int64_t *values, size_t n) {
    char *at = add_array(task, params, OID_INT8, n, 8);
    if (at == NULL) return false;
    for (size_t i = 0; i < n; i++, at += 12) {
        put_be(at, 8, 4);
        put_be(at + 4, (uint64_t)values[i], 8);
    }
    return true;
}

static const PGresult *result_of(const struct pg_rows *rows) {
    return (const PGresult *)rows->result;
}

/* Returns NULL for no value. */
static const char *column_bytes(const struct pg_rows *rows, size_t row, int column, size_t *len) {
    assert(row < rows->n);
    const PGresult *result = result_of(rows);
    *len = 0;
    if (column >= PQnfields(result) || PQgetisnull(result, (int)row, column)) return NULL;
    *len = (size_t)PQgetlength(result, (int)row, column);
    return PQgetvalue(result, (int)row, column);
}

/* Returns NULL, and marks the rows, unless there is a value of that size. */
static const char *column_of(struct pg_rows *rows, size_t row, int column, size_t size) {
    size_t len;
    const char *data = column_bytes(rows, row, column, &len);
    if (data != NULL && len == size && PQfformat(result_of(rows), column) == FORMAT_BINARY) return data;
    rows->broken = true;
    return NULL;
}

bool pg_is_null(const struct pg_rows *rows, size_t row, int column) {
    size_t len;
    return column_bytes(rows, row, column, &len) == NULL;
}

int64_t pg_i64(struct pg_rows *rows, size_t row, int column) {
    const char *data = column_of(rows, row, column, 8);
    return data != NULL ? (int64_t)get_be(data, 8) : 0;
}

int32_t pg_i32(struct pg_rows *rows, size_t row, int column) {
    const char *data = column_of(rows, row, column, 4);
    return data != NULL ? (int32_t)get_be(data, 4) : 0;
}

int16_t pg_i16(struct pg_rows *rows, size_t row, int column) {
    const char *data = column_of(rows, row, column, 2);
    return data != NULL ? (int16_t)get_be(data, 2) : 0;
}

bool pg_bool(struct pg_rows *rows, size_t row, int column) {
    const char *data = column_of(rows, row, column, 1);
    return data != NULL && *data != 0;
}

u256 pg_u256(struct pg_rows *rows, size_t row, int column, bool *negative) {
    size_t len;
    u256 value;
    bool below_zero;
    const char *data = column_bytes(rows, row, column, &len);
    bool read = data != NULL && pg_numeric_read(&value, &below_zero, (const uint8_t *)data, len);
    if (negative != NULL) *negative = read && below_zero;
    if (read && (!below_zero || negative != NULL)) return value;
    rows->broken = true;
    return u256_from_u64(0);
}

address pg_address(struct pg_rows *rows, size_t row, int column) {
    address value = {{0}};
    const char *data = column_of(rows, row, column, sizeof value.bytes);
    if (data != NULL) memcpy(value.bytes, data, sizeof value.bytes);
    return value;
}

hash32 pg_hash32(struct pg_rows *rows, size_t row, int column) {
    hash32 value = {{0}};
    const char *data = column_of(rows, row, column, sizeof value.bytes);
    if (data != NULL) memcpy(value.bytes, data, sizeof value.bytes);
    return value;
}

uuid pg_uuid(struct pg_rows *rows, size_t row, int column) {
    uuid value = {{0}};
    const char *data = column_of(rows, row, column, sizeof value.bytes);
    if (data != NULL) memcpy(value.bytes, data, sizeof value.bytes);
    return value;
}

const char *pg_text(struct pg_rows *rows, size_t row, int column, size_t *len) {
    return column_bytes(rows, row, column, len);
}

/* libpq puts a NUL behind each value, and a text of PostgreSQL's holds none. */
const char *pg_string(const struct pg_rows *rows, size_t row, int column) {
    size_t len;
    return column_bytes(rows, row, column, &len);
}

enum err pg_rows_check(struct task *task, const struct pg_rows *rows) {
    if (!rows->broken) return ERR_OK;
    return task_fail(task, ERR_INTERNAL, "the index holds a value of another form than was expected");
}
