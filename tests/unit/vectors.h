/* Reads the vector files under tests/vectors: one row a line, fields between tabs, # begins a comment line.
 * A struct vectors lives on the test's stack; its fields are borrowed until the next row.
 * Tests only, one thread. Hex is read by libc, so that our own decoder is no judge in its own case. */
#ifndef DAPPD_TESTS_VECTORS_H
#define DAPPD_TESTS_VECTORS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VECTORS_MAX_FIELDS = 8 };

struct vectors {
    FILE *file;
    char *line;
    size_t cap;
    size_t rows;
    char *fields[VECTORS_MAX_FIELDS];
};

static inline void vectors_open(struct vectors *v, const char *name) {
    char path[256];
    snprintf(path, sizeof(path), "tests/vectors/%s", name);
    *v = (struct vectors){.file = fopen(path, "r")};
    if (v->file == NULL) fail_msg("%s: cannot be opened (run from the root of the checkout)", path);
}

/* Reads a row of exactly that many fields. Returns false behind the last one. */
static inline bool vectors_next(struct vectors *v, size_t fields) {
    ssize_t len;
    do {
        len = getline(&v->line, &v->cap, v->file);
        if (len < 0) return false;
    } while (v->line[0] == '#');

    v->line[strcspn(v->line, "\n")] = '\0';
    char *rest = v->line;
    size_t n = 0;
    while (rest != NULL && n < VECTORS_MAX_FIELDS) v->fields[n++] = strsep(&rest, "\t");
    assert_int_equal(n, fields);
    v->rows++;
    return true;
}

/* In: the rows there must have been, so that an empty file passes no test. */
static inline void vectors_close(struct vectors *v, size_t min_rows) {
    assert_true(v->rows >= min_rows);
    free(v->line);
    fclose(v->file);
}

/* Returns the bytes of 0x text in memory of exactly that size, so that ASan sees each overrun. The caller frees it. */
static inline uint8_t *vectors_bytes(size_t *n, const char *text) {
    assert_memory_equal(text, "0x", 2);
    *n = strlen(text + 2) / 2;
    uint8_t *bytes = malloc(*n > 0 ? *n : 1);
    for (size_t i = 0; i < *n; i++) {
        char pair[3] = {text[2 + 2 * i], text[3 + 2 * i], '\0'};
        bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return bytes;
}

/* Returns what the text stands for, as above: 0x text in which (ab*300) is a byte 300 times. The caller frees it. */
static inline uint8_t *vectors_unpacked(size_t *n, const char *text) {
    size_t len = 0, cap = strlen(text) + 1;
    uint8_t *bytes = malloc(cap);
    assert_memory_equal(text, "0x", 2);
    for (text += 2; *text != '\0';) {
        bool is_run = *text == '(';
        char pair[3] = {text[is_run], text[1 + is_run], '\0'}, *end;
        size_t times = is_run ? strtoul(text + 4, &end, 10) : 1;
        text = is_run ? end + 1 : text + 2;
        cap += times;
        bytes = realloc(bytes, cap);
        memset(bytes + len, (int)strtoul(pair, NULL, 16), times);
        len += times;
    }
    *n = len;
    return realloc(bytes, len > 0 ? len : 1);
}

#endif
