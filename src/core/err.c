/* The error table, expanded once from errors.def. Static data, any thread. */
#include "core/err.h"

#include <assert.h>
#include <stddef.h>

static const struct err_info table[ERR_COUNT] = {
#define ERROR(name, status_, code_, title_, retry_helps_) \
    [ERR_##name] = {.status = (status_), .code = (code_), .title = (title_), .retry_helps = (retry_helps_)},
#include "core/errors.def"
#undef ERROR
};

const struct err_info *err_info(enum err err) {
    assert(err > ERR_OK && err < ERR_COUNT);
    return &table[err];
}
