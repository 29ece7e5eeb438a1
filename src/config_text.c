/* The words of a configuration problem: names, quoted values, the nearest known name.
 * Owns nothing; what lives longer goes into the loader's arena.
 * Main thread, while the configuration is loaded. */
#include "config_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

char *config_flag_name(char out[CONFIG_NAME_BYTES], const char *key) {
    (void)snprintf(out, CONFIG_NAME_BYTES, "--%s", key);
    for (char *c = out; *c != '\0'; c++) {
        if (*c == '_') *c = '-';
    }
    return out;
}

char *config_env_name(char out[CONFIG_NAME_BYTES], const char *key) {
    bool is_common = strcmp(key, "database_url") == 0; /* under this name all programs look for it */
    (void)snprintf(out, CONFIG_NAME_BYTES, "%s%s", is_common ? "" : "DAPPD_", key);
    for (char *c = out; *c != '\0'; c++) *c = (char)toupper((unsigned char)*c);
    return out;
}

enum err config_fail(const struct config_loader *loader, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(loader->problem, CONFIG_PROBLEM_BYTES, format, args);
    va_end(args);
    return ERR_INVALID_PARAMETER;
}

/* The arena's cap lies far above what arguments, environment and a file of limited size can ask for. */
static void *must(void *memory) {
    if (memory == NULL) abort();
    return memory;
}

char *config_copy(const struct config_loader *loader, const char *text, size_t len) {
    return must(arena_strndup(loader->arena, text, len));
}

void *config_alloc(const struct config_loader *loader, size_t n, size_t size) {
    return must(arena_alloc(loader->arena, n * size));
}

char *config_quote(char out[CONFIG_QUOTE_BYTES], const char *text, size_t len) {
    enum { SHOWN_BYTES = CONFIG_QUOTE_BYTES - sizeof("\"\"...") };
    char clean[SHOWN_BYTES + 1];
    (void)utf8_clean(clean, sizeof clean, text, len);
    (void)snprintf(out, CONFIG_QUOTE_BYTES, "\"%s\"%s", clean, len > SHOWN_BYTES ? "..." : "");
    return out;
}

char *config_quote_name(char out[CONFIG_QUOTE_BYTES], const char *text, size_t len) {
    if (memmem(text, len, "://", 3) == NULL) return config_quote(out, text, len);
    (void)snprintf(out, CONFIG_QUOTE_BYTES, "(a URL, not shown)");
    return out;
}

char *config_place(char out[CONFIG_ORIGIN_BYTES], const char *file, size_t line) {
    if (line > 0) {
        (void)snprintf(out, CONFIG_ORIGIN_BYTES, "%.*s:%zu", CONFIG_ORIGIN_BYTES - 24, file, line);
    } else {
        (void)snprintf(out, CONFIG_ORIGIN_BYTES, "%s", file);
    }
    return out;
}

static bool same_letter(char a, char b) {
    return a == b || ((a == '-' || a == '_') && (b == '-' || b == '_'));
}

/* Levenshtein's distance, one row of the matrix at a time: row[i] is that of the first i letters of the candidate. */
static size_t edit_distance(const char *candidate, const char *text, size_t len) {
    size_t row[CONFIG_NAME_BYTES + 1];
    size_t n = strnlen(candidate, CONFIG_NAME_BYTES);
    for (size_t i = 0; i <= n; i++) row[i] = i;
    for (size_t t = 0; t < len; t++) {
        size_t diagonal = row[0];
        row[0] = t + 1;
        for (size_t i = 1; i <= n; i++) {
            size_t best = diagonal + (same_letter(candidate[i - 1], text[t]) ? 0 : 1);
            if (row[i] + 1 < best) best = row[i] + 1;
            if (row[i - 1] + 1 < best) best = row[i - 1] + 1;
            diagonal = row[i];
            row[i] = best;
        }
    }
    return row[n];
}

const char *config_nearest(const char *const *candidates, size_t n, const char *text, size_t len) {
    const char *nearest = candidates[0];
    size_t nearest_distance = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        size_t distance = edit_distance(candidates[i], text, len);
        if (distance >= nearest_distance) continue;
        nearest = candidates[i];
        nearest_distance = distance;
    }
    return nearest;
}
