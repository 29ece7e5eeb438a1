/* Feeds http/target any request target: a second parser, byte by byte, must see the same parts, and what was decoded
 * must come back when it is encoded and parsed again.
 * Owns an arena for each input.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_BYTES = 1024 * 1024, MAX_PARTS = TARGET_MAX_SEGMENTS + 2 * REQUEST_MAX_QUERY };

/* The same rules as a machine that looks at one byte at a time: parts are segments, then names and values in turn. */
struct second {
    char *bytes; /* all parts, one behind the other */
    size_t used;
    size_t ends[MAX_PARTS + 2];
    size_t n;
    size_t n_segments;
};

static int nibble(int c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next byte of a part. Returns false when it is no byte: broken encoding, or an encoded NUL. */
static bool take_byte(struct second *second, const uint8_t **at, const uint8_t *end, bool in_query) {
    int c = *(*at)++;
    if (c == '%') {
        if (end - *at < 2 || nibble((*at)[0]) < 0 || nibble((*at)[1]) < 0) return false;
        c = nibble((*at)[0]) << 4 | nibble((*at)[1]);
        *at += 2;
        if (c == 0) return false;
    } else if (c == '+' && in_query) {
        c = ' ';
    }
    second->bytes[second->used++] = (char)c;
    return true;
}

static bool take_until(struct second *second, const uint8_t **at, const uint8_t *end, const char *stops,
                       bool in_query) {
    while (*at < end && (**at == 0 || strchr(stops, **at) == NULL)) {
        if (!take_byte(second, at, end, in_query)) return false;
    }
    second->ends[second->n++] = second->used;
    return true;
}

static bool read_path(struct second *second, const uint8_t **at, const uint8_t *end) {
    if (*at == end || **at != '/') return false;
    bool root = end - *at == 1 || (*at)[1] == '?';
    *at += root ? 1 : 0;
    while (!root && *at < end && **at == '/') {
        const uint8_t *begin = ++*at;
        if (second->n == TARGET_MAX_SEGMENTS || !take_until(second, at, end, "/?", false) || *at == begin) return false;
    }
    second->n_segments = second->n;
    return true;
}

static bool read_query(struct second *second, const uint8_t *at, const uint8_t *end) {
    while (at < end) {
        at++; /* the ? or & before */
        if (at == end || *at == '&') continue;
        if (second->n == second->n_segments + 2 * REQUEST_MAX_QUERY) return false;
        if (!take_until(second, &at, end, "=&", true)) return false;
        if (at < end && *at == '=') at++;
        if (!take_until(second, &at, end, "&", true)) return false;
    }
    return true;
}

static bool is_part(const struct second *second, size_t i, struct slice slice) {
    size_t begin = i > 0 ? second->ends[i - 1] : 0;
    return second->ends[i] - begin == slice.len && memcmp(second->bytes + begin, slice.p, slice.len) == 0;
}

static void check_same(const struct target *target, const struct second *second) {
    assert(second->n_segments == target->n_segments && second->n == target->n_segments + 2 * target->n_query);
    for (size_t i = 0; i < target->n_segments; i++) assert(is_part(second, i, target->segments[i]));
    for (size_t i = 0; i < target->n_query; i++) {
        assert(is_part(second, target->n_segments + 2 * i, target->query[i].name));
        assert(is_part(second, target->n_segments + 2 * i + 1, target->query[i].value));
    }
}

static void put_encoded(FILE *out, const char *before, struct slice slice) {
    (void)fputs(before, out);
    for (size_t i = 0; i < slice.len; i++) (void)fprintf(out, "%%%02x", (uint8_t)slice.p[i]);
}

/* Every byte of every part percent-encoded, so that nothing is left to be mistaken for a separator. */
static char *encode(const struct target *target, size_t *len) {
    char *text;
    FILE *out = open_memstream(&text, len);
    assert(out != NULL);
    if (target->n_segments == 0) (void)fputs("/", out);
    for (size_t i = 0; i < target->n_segments; i++) put_encoded(out, "/", target->segments[i]);
    for (size_t i = 0; i < target->n_query; i++) {
        put_encoded(out, i == 0 ? "?" : "&", target->query[i].name);
        put_encoded(out, "=", target->query[i].value);
    }
    assert(fclose(out) == 0);
    return text;
}

static bool slices_equal(struct slice a, struct slice b) {
    return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

/* A raw NUL has no encoding that is allowed. */
static bool has_nul(const uint8_t *data, size_t size) {
    return size > 0 && memchr(data, 0, size) != NULL;
}

static void check_round_trip(const struct target *target, struct arena *arena) {
    struct target again;
    size_t len;
    char *text = encode(target, &len);
    assert(target_parse(&again, arena, text, len) == ERR_OK);
    assert(again.n_segments == target->n_segments && again.n_query == target->n_query);
    for (size_t i = 0; i < again.n_segments; i++) assert(slices_equal(again.segments[i], target->segments[i]));
    for (size_t i = 0; i < again.n_query; i++) {
        assert(slices_equal(again.query[i].name, target->query[i].name));
        assert(slices_equal(again.query[i].value, target->query[i].value));
    }
    free(text);
}

/* Scheme and host end before the first character that can begin a path or a query. */
static void check_authority(const uint8_t *data, size_t size) {
    size_t len = target_authority_len((const char *)data, size);
    assert(len <= size);
    if (len == 0) return;
    const uint8_t *host = memmem(data, len, "://", 3);
    assert(host != NULL && (host - data == 4 || host - data == 5));
    for (host += 3; host < data + len; host++) assert(*host != '/' && *host != '?');
    assert(len == size || data[len] == '/' || data[len] == '?');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_authority(data, size);
    if (size > ARENA_BYTES / 8) return 0;
    struct arena *arena = arena_new(ARENA_BYTES);
    struct second second = {.bytes = malloc(size + 1)};
    struct target target;
    assert(second.bytes != NULL);

    const uint8_t *at = data;
    bool well = read_path(&second, &at, data + size) && read_query(&second, at, data + size);
    enum err err = target_parse(&target, arena, (const char *)data, size);
    assert((err == ERR_OK) == well && (target.problem == NULL) == well);
    if (well) check_same(&target, &second);
    if (well && !has_nul(data, size)) check_round_trip(&target, arena);

    free(second.bytes);
    arena_free(arena);
    return 0;
}
