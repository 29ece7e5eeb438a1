/* How fast ABI values become JSON and JSON becomes them. What they are comes from whoever compares with it.
 * Owns the shapes.
 * One thread. usage: abi ROUNDS < SHAPES, an array of {"types", "values", "data"}. Prints JSON: microseconds each. */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/hex.h"
#include "eth/abi_read.h"
#include "eth/abi_value.h"

enum { MAX_BYTES = 16 * 1024 * 1024, ROUND_US = 4000 /* shorter than a turn of the scheduler */, BATCH = 4 };

struct shape {
    const struct abi_params *params;
    const json_t *values;
    uint8_t *data;
    size_t len;
};

static struct buf out;
static char problem[ABI_PROBLEM_BYTES];

static void load(struct shape *shape, struct arena *arena, const json_t *json) {
    struct buf signature;
    const struct abi_item *item;
    const char *hex = json_string_value(json_object_get(json, "data"));
    buf_init(&signature, MAX_BYTES);
    buf_printf(&signature, "function f(%s)", json_string_value(json_object_get(json, "types")));
    if (abi_read_signature(&item, arena, problem, signature.data, signature.len) != ERR_OK) abort();
    buf_free(&signature);
    shape->params = &item->inputs;
    shape->values = json_object_get(json, "values");
    shape->len = strlen(hex) / 2 - 1;
    shape->data = malloc(shape->len);
    if (shape->data == NULL || !hex_read(shape->data, shape->len, hex + 2)) abort();
}

static void encode(const struct shape *shape) {
    buf_clear(&out);
    if (abi_encode(&out, problem, shape->params, shape->values) != ERR_OK) abort();
}

static void decode(const struct shape *shape) {
    buf_clear(&out);
    if (abi_decode(&out, problem, shape->params, shape->data, shape->len) != ERR_OK) abort();
}

/* Both sides must have done the same. */
static void check(const struct shape *shape) {
    encode(shape);
    if (out.len != shape->len || memcmp(out.data, shape->data, out.len) != 0) abort();
    decode(shape);
    json_t *again = json_loadb(out.data, out.len, 0, NULL);
    if (!json_equal(again, shape->values)) abort();
    json_decref(again);
}

static double measure_us(void (*run)(const struct shape *shape), const struct shape *shape) {
    uint64_t n = 0, start_us = clock_now_us(), us;
    do {
        for (unsigned i = 0; i < BATCH; i++) run(shape);
        n += BATCH;
        us = clock_now_us() - start_us;
    } while (us < ROUND_US);
    return (double)us / (double)n;
}

int main(int argc, char **argv) {
    unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    struct arena *arena = arena_new(MAX_BYTES);
    json_t *json = json_loadf(stdin, 0, NULL);
    buf_init(&out, MAX_BYTES);
    for (size_t i = 0; i < json_array_size(json); i++) {
        struct shape shape;
        double encode_us = 1e9, decode_us = 1e9;
        load(&shape, arena, json_array_get(json, i));
        check(&shape);
        for (unsigned long round = 0; round < rounds; round++) {
            double us = measure_us(encode, &shape);
            if (us < encode_us) encode_us = us;
            us = measure_us(decode, &shape);
            if (us < decode_us) decode_us = us;
        }
        (void)printf("%s{\"encode\":%.4f,\"decode\":%.4f}", i > 0 ? "," : "[", encode_us, decode_us);
        free(shape.data);
    }
    (void)printf("]\n");
    buf_free(&out);
    json_decref(json);
    arena_free(arena);
    return 0;
}
