/* UUIDs as ids of rows: version 7, so that they sort in the order in which they were made. Plain values, any thread.
 * Source: RFC 9562. */
#ifndef DAPPD_CORE_UUID_H
#define DAPPD_CORE_UUID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

typedef struct uuid {
    uint8_t bytes[16];
} uuid;

enum { UUID_TEXT_BYTES = 37 }; /* with NUL */

/* A new one: the wall clock's milliseconds, then 74 random bits that nobody can guess. */
uuid uuid_new(void);

/* 36 characters, hex digits in any case. ERR_INVALID_PARAMETER otherwise; *out is untouched then. */
enum err uuid_parse(uuid *out, const char *text, size_t len) MUST_CHECK;

/* Lower case, with NUL. Returns out. */
char *uuid_format(char out[UUID_TEXT_BYTES], const uuid *id);

bool uuid_equal(const uuid *a, const uuid *b);

#endif
