/* Takes its input as a program for core/json_out, builds the same value with jansson, and compares what jansson reads
 * in the text that was written. jansson also judges which strings are UTF-8. Owns buffer and trees for each input. One
 * thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/json_out.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_TEXT_BYTES = 16 * 1024 * 1024 };

struct input {
    const uint8_t *at;
    const uint8_t *end;
};

static uint64_t take(struct input *input, size_t bytes) {
    uint64_t value = 0;
    for (; bytes > 0 && input->at < input->end; bytes--) value = value << 8 | *input->at++;
    return value;
}

/* What a string that is no UTF-8 becomes is compared no further than this. */
static json_t *broken_text(void) {
    return json_string("\xef\xbf\xbd");
}

static json_t *write_string(struct json_out *out, struct input *input) {
    size_t len = (size_t)take(input, 1);
    if (len > (size_t)(input->end - input->at)) len = (size_t)(input->end - input->at);
    const char *text = (const char *)input->at;
    input->at += len;
    json_out_strn(out, text, len);
    json_t *tree = json_stringn(text, len);
    return tree != NULL ? tree : broken_text();
}

static json_t *write_scalar(struct json_out *out, struct input *input, unsigned kind) {
    int64_t number = (int64_t)take(input, kind % 2 == 0 ? 1 : 8);
    switch (kind % 5) {
    case 0:
        json_out_i64(out, number);
        return json_integer(number);
    case 1:
        json_out_u64(out, (uint64_t)number >> 1);
        return json_integer((int64_t)((uint64_t)number >> 1));
    case 2:
        json_out_bool(out, number % 2 != 0);
        return json_boolean(number % 2 != 0);
    case 3:
        json_out_raw(out, "[{\"raw\": 1.5}]", 14);
        return json_pack("[{s:f}]", "raw", 1.5);
    default:
        json_out_null(out);
        return json_null();
    }
}

static json_t *write_value(struct json_out *out, struct input *input, unsigned depth);

static json_t *write_array(struct json_out *out, struct input *input, unsigned depth, size_t n) {
    json_t *tree = json_array();
    json_out_array_begin(out);
    for (; n > 0; n--) assert(json_array_append_new(tree, write_value(out, input, depth + 1)) == 0);
    json_out_array_end(out);
    return tree;
}

/* Keys differ by their number, whatever else is in them. */
static json_t *write_object(struct json_out *out, struct input *input, unsigned depth, size_t n) {
    json_t *tree = json_object();
    json_out_object_begin(out);
    for (; n > 0; n--) {
        char key[16];
        (void)snprintf(key, sizeof key, "%zu%c\"\\", n, 1 + (int)(take(input, 1) % 127));
        json_out_key(out, key);
        assert(json_object_set_new(tree, key, write_value(out, input, depth + 1)) == 0);
    }
    json_out_object_end(out);
    return tree;
}

static json_t *write_value(struct json_out *out, struct input *input, unsigned depth) {
    unsigned kind = (unsigned)take(input, 1);
    size_t n = kind / 8 % 8;
    if (input->at == input->end || depth == JSON_OUT_MAX_DEPTH) return write_scalar(out, input, kind);
    switch (kind % 8) {
    case 0:
    case 1:
        return write_array(out, input, depth, n);
    case 2:
    case 3:
        return write_object(out, input, depth, n);
    case 4:
    case 5:
        return write_string(out, input);
    default:
        return write_scalar(out, input, kind / 8);
    }
}

/* The same as json_equal, but for strings with U+FFFD: there a bad byte was, and its place is all that is checked. */
static void check_equal(const json_t *have, const json_t *want) {
    size_t i;
    const char *key;
    json_t *child;
    json_t *container = (json_t *)(uintptr_t)want;
    assert(json_typeof(have) == json_typeof(want));
    if (json_is_array(want)) {
        assert(json_array_size(have) == json_array_size(want));
        json_array_foreach(container, i, child) check_equal(json_array_get(have, i), child);
    } else if (json_is_object(want)) {
        assert(json_object_size(have) == json_object_size(want));
        json_object_foreach(container, key, child) check_equal(json_object_get(have, key), child);
    } else if (json_is_string(want) && strcmp(json_string_value(want), "\xef\xbf\xbd") == 0) {
        size_t len = json_string_length(have);
        assert(memmem(json_string_value(have), len, "\xef\xbf\xbd", 3) != NULL);
    } else {
        assert(json_equal(have, want));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input input = {data, data + size};
    struct buf buf;
    struct json_out out;
    buf_init(&buf, MAX_TEXT_BYTES);
    json_out_init(&out, &buf);
    json_t *want = write_value(&out, &input, 0);
    assert(out.depth == 0 && !buf.failed);

    json_error_t error;
    json_t *have = json_loadb(buf.data, buf.len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, &error);
    assert(have != NULL);
    check_equal(have, want);
    json_decref(have);
    json_decref(want);
    buf_free(&buf);
    return 0;
}
