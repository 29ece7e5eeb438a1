/* The one error type. A function that can fail returns enum err; ERR_OK is 0. Plain values, any thread. */
#ifndef DAPPD_CORE_ERR_H
#define DAPPD_CORE_ERR_H

#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))

enum err {
    ERR_OK = 0,
#define ERROR(name, status, code, title, retry_helps) ERR_##name,
#include "core/errors.def"
#undef ERROR
    ERR_COUNT
};

/* What the outside sees of an error: one row of errors.def. */
struct err_info {
    int status;        /* HTTP status, 400 to 599 */
    const char *code;  /* stable, snake_case */
    const char *title; /* one sentence */
    bool retry_helps;
};

/* In: any code except ERR_OK. Returns a static row, never NULL. */
const struct err_info *err_info(enum err err);

#endif
