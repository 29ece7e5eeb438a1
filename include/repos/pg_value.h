/* Values on their way to PostgreSQL and back, all in its binary format. Plain values; the task's coroutine.
 *
 * Whoever reads a row asks for what the statement selects; a value of another size than its type has is not believed:
 * the getter gives zero and the rows are marked broken, which pg_rows_check tells at the end. */
#ifndef DAPPD_REPOS_PG_VALUE_H
#define DAPPD_REPOS_PG_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/task.h"
#include "core/uuid.h"
#include "eth/address.h"
#include "eth/u256.h"

enum { PG_MAX_PARAMS = 20, PG_NUMERIC_BYTES = 8 + 2 * 20 /* a header and up to 20 digits of base 10,000 */ };

struct pg_params {
    int n;
    const char *values[PG_MAX_PARAMS];
    int lengths[PG_MAX_PARAMS];
    int formats[PG_MAX_PARAMS];
    char storage[PG_MAX_PARAMS][PG_NUMERIC_BYTES];
};

/* Add the next parameter. Numbers are copied; bytes, texts, addresses and UUIDs are borrowed until the query returns.
 * The SQL has to name the type where it does not follow: $1::bigint. */
void pg_param_i64(struct pg_params *params, int64_t value);                  /* bigint */
void pg_param_u64(struct pg_params *params, uint64_t value);                 /* bigint, which ends at 2^63 - 1 */
void pg_param_i32(struct pg_params *params, int32_t value);                  /* integer */
void pg_param_i16(struct pg_params *params, int16_t value);                  /* smallint */
void pg_param_bool(struct pg_params *params, bool value);                    /* boolean */
void pg_param_u256(struct pg_params *params, const u256 *value);             /* numeric */
void pg_param_bytes(struct pg_params *params, const void *data, size_t len); /* bytea */
void pg_param_address(struct pg_params *params, const address *value);       /* bytea */
void pg_param_hash32(struct pg_params *params, const hash32 *value);         /* bytea */
void pg_param_text(struct pg_params *params, const char *text);              /* text; NULL: null */
void pg_param_uuid(struct pg_params *params, const uuid *value);             /* uuid; NULL: null */
void pg_param_null(struct pg_params *params);
/* bytea[]. In: n values of size bytes each. Returns false once the arena's cap is passed. */
bool pg_param_bytes_array(struct task *task, struct pg_params *params, const void *values, size_t n,
                          size_t size) MUST_CHECK;
/* bytea[] of values that are not of one size. */
struct pg_bytes {
    const void *data;
    size_t len;
};
bool pg_param_bytes_list(struct task *task, struct pg_params *params, const struct pg_bytes *values,
                         size_t n) MUST_CHECK;
/* integer[]. */
bool pg_param_i32_array(struct task *task, struct pg_params *params, const int32_t *values, size_t n) MUST_CHECK;
/* bigint[]. */
bool pg_param_i64_array(struct task *task, struct pg_params *params, const int64_t *values, size_t n) MUST_CHECK;

struct pg_result; /* libpq's PGresult */

struct pg_rows {
    const struct pg_result *result; /* lives as long as the task's arena */
    size_t n;
    bool broken;
};

bool pg_is_null(const struct pg_rows *rows, size_t row, int column);
int64_t pg_i64(struct pg_rows *rows, size_t row, int column);
int32_t pg_i32(struct pg_rows *rows, size_t row, int column);
int16_t pg_i16(struct pg_rows *rows, size_t row, int column);
bool pg_bool(struct pg_rows *rows, size_t row, int column);
/* numeric. Out: *negative, or NULL where it cannot be. */
u256 pg_u256(struct pg_rows *rows, size_t row, int column, bool *negative);
address pg_address(struct pg_rows *rows, size_t row, int column);
hash32 pg_hash32(struct pg_rows *rows, size_t row, int column);
uuid pg_uuid(struct pg_rows *rows, size_t row, int column);
/* text or bytea, borrowed from the result. */
const char *pg_text(struct pg_rows *rows, size_t row, int column, size_t *len);
/* text, borrowed; NULL for null. */
const char *pg_string(const struct pg_rows *rows, size_t row, int column);

/* ERR_INTERNAL when a value was not what the statement promised. */
enum err pg_rows_check(struct task *task, const struct pg_rows *rows) MUST_CHECK;

/* numeric's binary format: 16-bit words in network order: digits, weight, sign, scale, then digits of base 10,000.
 * Write returns the length. Read returns false for fractions, NaN, infinities, more than 256 bits, or a wrong length.
 */
size_t pg_numeric_write(uint8_t out[PG_NUMERIC_BYTES], const u256 *value);
bool pg_numeric_read(u256 *out, bool *negative, const uint8_t *data, size_t len);

#endif
