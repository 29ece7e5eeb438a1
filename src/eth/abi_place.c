/* A wrong value deep inside of nested arguments is found by its path, so each problem begins with it.
 * Owns nothing; places are the caller's.
 * Any thread: pure functions. */
#include "abi_place.h"

#include <stdarg.h>
#include <stdio.h>

enum { NAME_SHOWN_BYTES = 64 };

struct abi_place abi_place_of(const struct abi_place *up, const struct abi_params *params, size_t index) {
    const char *name = params->list[index].name;
    return (struct abi_place){.up = up, .name = name[0] != '\0' ? name : NULL, .index = index};
}

/* Appends to the text of len bytes in out. Returns its length, which stays below cap. */
static size_t append(char *out, size_t cap, size_t len, const char *format, ...) __attribute__((format(printf, 4, 5)));

static size_t append_list(char *out, size_t cap, size_t len, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

static size_t append_list(char *out, size_t cap, size_t len, const char *format, va_list args) {
    int n = vsnprintf(out + len, cap - len, format, args);
    if (n < 0) return len;
    return (size_t)n < cap - len ? len + (size_t)n : cap - 1;
}

static size_t append(char *out, size_t cap, size_t len, const char *format, ...) {
    va_list args;
    va_start(args, format);
    len = append_list(out, cap, len, format, args);
    va_end(args);
    return len;
}

static size_t write_place(char *out, size_t cap, const struct abi_place *place) {
    if (place->up == NULL) return append(out, cap, 0, "%s", place->name);
    size_t len = write_place(out, cap, place->up);
    if (place->name == NULL) return append(out, cap, len, "[%zu]", place->index);
    return append(out, cap, len, ".%.*s", NAME_SHOWN_BYTES, place->name);
}

enum err abi_fail(char problem[ABI_PROBLEM_BYTES], enum err err, const struct abi_place *place, const char *format,
                  ...) {
    va_list args;
    size_t len = write_place(problem, ABI_PROBLEM_BYTES, place);
    len = append(problem, ABI_PROBLEM_BYTES, len, " ");
    va_start(args, format);
    (void)append_list(problem, ABI_PROBLEM_BYTES, len, format, args);
    va_end(args);
    return err;
}

const char *abi_kind_name(char out[ABI_KIND_BYTES], const struct abi_type *type) {
    static const char *const names[] = {
        [ABI_UINT] = "uint",  [ABI_INT] = "int",       [ABI_ADDRESS] = "address",
        [ABI_BOOL] = "bool",  [ABI_BYTES] = "bytes",   [ABI_FIXED_BYTES] = "bytes",
        [ABI_ARRAY] = "list", [ABI_STRING] = "string", [ABI_TUPLE] = "tuple",
    };
    bool is_sized = type->kind == ABI_UINT || type->kind == ABI_INT || type->kind == ABI_FIXED_BYTES;
    (void)snprintf(out, ABI_KIND_BYTES, is_sized ? "%s%u" : "%s", names[type->kind], type->size);
    return out;
}

bool abi_is_word(const struct abi_type *type) {
    return type->kind <= ABI_FIXED_BYTES;
}

size_t abi_head_bytes(const struct abi_params *params) {
    size_t bytes = 0;
    for (size_t i = 0; i < params->n; i++) bytes += params->list[i].type.head_bytes;
    return bytes;
}
