/* Turns ABIs into C while dappd is built, so that selectors, topics and encoders of what is known by then cost nothing
 * when it runs.
 *     abi2c FILE           writes the header of one ABI: constants, and encoders of static arguments
 *     abi2c --table FILE.. writes the items of all as one table
 * A file is human-readable, one signature a line (.abi), or JSON (.json), as compilers write it or an artefact that has
 * it as "abi". Owns nothing that outlives the process. One thread, on the machine that builds. */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi2c.h"
#include "eth/abi_read.h"

enum { ARENA_BYTES = 64 * 1024 * 1024, MAX_LINES = 65536 };

_Noreturn static void fail(const char *path, long line, const char *problem) {
    if (line > 0) (void)fprintf(stderr, "abi2c: %s:%ld: %s\n", path, line, problem);
    if (line <= 0) (void)fprintf(stderr, "abi2c: %s: %s\n", path, problem);
    exit(1);
}

/* The line on which each item stands; 0 of JSON. */
static long lines[MAX_LINES];

static json_t *read_lines(const char *path) {
    FILE *file = fopen(path, "r");
    if (file == NULL) fail(path, 0, strerror(errno));
    json_t *items = json_array();
    char *line = NULL;
    size_t cap = 0;
    long number = 0;
    for (ssize_t len; (len = getline(&line, &cap, file)) >= 0;) {
        number++;
        const char *text = line + strspn(line, " \t\r\n");
        if (*text == '\0' || strncmp(text, "//", 2) == 0) continue;
        if (json_array_size(items) == MAX_LINES) fail(path, number, "the file is too long");
        lines[json_array_size(items)] = number;
        json_t *item = json_stringn(line, strcspn(line, "\r\n"));
        if (item == NULL) fail(path, number, "no UTF-8");
        json_array_append_new(items, item);
    }
    free(line);
    (void)fclose(file);
    return items;
}

static json_t *read_json(const char *path) {
    json_error_t error;
    json_t *json = json_load_file(path, 0, &error);
    if (json == NULL) fail(path, error.line, error.text);
    json_t *abi = json_object_get(json, "abi");
    if (abi == NULL) return json;
    json_incref(abi);
    json_decref(json);
    return abi;
}

static bool ends(const char *text, const char *with) {
    size_t n = strlen(text), m = strlen(with);
    return n >= m && strcmp(text + n - m, with) == 0;
}

/* What is wrong with item 7 is wrong with its line. */
static long line_of(const char *problem) {
    const char prefix[] = "abi[";
    if (strncmp(problem, prefix, sizeof prefix - 1) != 0) return 0;
    long item = strtol(problem + sizeof prefix - 1, NULL, 10);
    return item >= 0 && item < MAX_LINES ? lines[item] : 0;
}

static const struct abi *read_file(struct arena *arena, const char *path) {
    char problem[ABI_PROBLEM_BYTES];
    const struct abi *abi;
    memset(lines, 0, sizeof lines);
    if (!ends(path, ".abi") && !ends(path, ".json")) fail(path, 0, "the name must end in .abi or .json");
    json_t *json = ends(path, ".abi") ? read_lines(path) : read_json(path);
    if (abi_read(&abi, arena, problem, json) != ERR_OK) fail(path, line_of(problem), problem);
    json_decref(json);
    return abi;
}

/* The file's name up to its first dot: what all that is made of it is called. */
static void name_of(char out[NAME_MAX_BYTES], const char *path) {
    char *copy = strdup(path);
    if (copy == NULL) abort();
    const char *name = basename(copy);
    size_t len = strcspn(name, ".");
    if (len == 0 || len >= NAME_MAX_BYTES || !islower((unsigned char)name[0]) ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") < len) {
        fail(path, 0, "the name must be lower-case letters, digits and _, as it begins the names that are made");
    }
    memcpy(out, name, len);
    out[len] = '\0';
    free(copy);
}

/* Of abi/x.abi and abi/x.json only one could be abi/x.h. */
static void check_name(char **paths, int which) {
    char name[NAME_MAX_BYTES], other[NAME_MAX_BYTES];
    name_of(name, paths[which]);
    for (int i = 0; i < which; i++) {
        name_of(other, paths[i]);
        if (strcmp(name, other) == 0) fail(paths[which], 0, "another file has this name, with another ending");
    }
}

int main(int argc, char **argv) {
    struct arena *arena = arena_new(ARENA_BYTES);
    bool is_table = argc > 1 && strcmp(argv[1], "--table") == 0;
    if (argc < 2 || (!is_table && argc != 2)) {
        (void)fputs("usage: abi2c FILE, or abi2c --table FILE...\n", stderr);
        return 2;
    }
    if (is_table) {
        table_begin(stdout);
        for (int i = 2; i < argc; i++) {
            check_name(argv + 2, i - 2);
            table_add(stdout, read_file(arena, argv[i]));
        }
        table_end(stdout);
    } else {
        char name[NAME_MAX_BYTES];
        name_of(name, argv[1]);
        header_write(stdout, name, argv[1], read_file(arena, argv[1]));
    }
    bool written = fflush(stdout) == 0 && !ferror(stdout);
    if (!written) perror("abi2c: stdout");
    arena_free(arena);
    return written ? 0 : 1;
}
