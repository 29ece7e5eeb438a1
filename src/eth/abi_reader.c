/* What a contract sends back is as hostile as its author: each offset and length is checked against the data before
 * anything is read, and what has been read is paid for. Owns nothing.
 * Any thread: pure functions. Source: Solidity ABI specification. */
#include "abi_reader.h"

#include <assert.h>
#include <string.h>

#include "abi_integer.h"
#include "eth/address.h"
#include "eth/hex.h"

void abi_reader_init(struct abi_reader *reader, struct buf *out, char problem[ABI_PROBLEM_BYTES], const uint8_t *data,
                     size_t len) {
    *reader = (struct abi_reader){.data = data, .len = len, .budget = 2 * len, .start = out->len, .problem = problem};
    json_out_init(&reader->json, out);
    problem[0] = '\0';
}

enum err abi_reader_end(struct abi_reader *reader, enum err err) {
    struct buf *out = reader->json.buf;
    if (out->failed) err = ERR_OVERLOADED;
    if (err == ERR_OK) return ERR_OK;
    out->len = reader->start;
    out->failed = false;
    return err;
}

static enum err refuse(struct abi_reader *reader, const struct abi_place *place, const char *what) {
    return abi_fail(reader->problem, ERR_ABI_MISMATCH, place, "%s", what);
}

enum err abi_reader_take(struct abi_reader *reader, const struct abi_place *place, size_t at, size_t n) {
    if (at > reader->len || n > reader->len - at) return refuse(reader, place, "is not all there");
    if (n > reader->budget) return refuse(reader, place, "lies where too much has been read already");
    reader->budget -= n;
    return ERR_OK;
}

/* The word at `at`, taken already, as a number of bytes or items. What does not fit is more than there can be. */
static size_t read_size(const struct abi_reader *reader, size_t at) {
    static const uint8_t zeros[ABI_WORD_BYTES - sizeof(size_t)];
    const uint8_t *word = reader->data + at;
    size_t size = 0;
    if (memcmp(word, zeros, sizeof zeros) != 0) return SIZE_MAX;
    for (size_t i = sizeof zeros; i < ABI_WORD_BYTES; i++) size = size << 8 | word[i];
    return size;
}

static bool is_zero(const uint8_t *bytes, size_t n) {
    uint8_t any = 0;
    for (size_t i = 0; i < n; i++) any |= bytes[i];
    return any == 0;
}

static bool write_uint(struct json_out *json, const struct abi_type *type, const uint8_t *word) {
    return abi_integer_write(json, (struct abi_integer_type){.bits = type->size}, word);
}

static bool write_int(struct json_out *json, const struct abi_type *type, const uint8_t *word) {
    return abi_integer_write(json, (struct abi_integer_type){.bits = type->size, .is_signed = true}, word);
}

static bool write_address(struct json_out *json, const struct abi_type *type, const uint8_t *word) {
    (void)type;
    address a;
    char text[1 + ADDRESS_TEXT_BYTES] = "\"";
    const size_t padding = ABI_WORD_BYTES - sizeof a.bytes;
    if (!is_zero(word, padding)) return false;
    memcpy(a.bytes, word + padding, sizeof a.bytes);
    (void)address_format(text + 1, &a);
    text[ADDRESS_TEXT_BYTES] = '"';
    json_out_raw(json, text, sizeof text);
    return true;
}

static bool write_bool(struct json_out *json, const struct abi_type *type, const uint8_t *word) {
    (void)type;
    if (!is_zero(word, ABI_WORD_BYTES - 1) || word[ABI_WORD_BYTES - 1] > 1) return false;
    json_out_bool(json, word[ABI_WORD_BYTES - 1] == 1);
    return true;
}

static bool write_fixed_bytes(struct json_out *json, const struct abi_type *type, const uint8_t *word) {
    if (!is_zero(word + type->size, ABI_WORD_BYTES - type->size)) return false;
    json_out_hex(json, word, type->size);
    return true;
}

/* NULL: it is more than a word. */
static bool (*const writers[])(struct json_out *json, const struct abi_type *type, const uint8_t *word) = {
    [ABI_UINT] = write_uint,
    [ABI_INT] = write_int,
    [ABI_ADDRESS] = write_address,
    [ABI_BOOL] = write_bool,
    [ABI_FIXED_BYTES] = write_fixed_bytes,
    [ABI_TUPLE] = NULL,
};

enum err abi_reader_word(struct abi_reader *reader, const struct abi_place *place, const struct abi_type *type,
                         const uint8_t word[32]) {
    char name[ABI_KIND_BYTES];
    if (writers[type->kind](&reader->json, type, word)) return ERR_OK;
    return abi_fail(reader->problem, ERR_ABI_MISMATCH, place, "is no %s", abi_kind_name(name, type));
}

static enum err read_word(struct abi_reader *reader, const struct abi_place *place, const struct abi_type *type,
                          size_t at) {
    return abi_reader_word(reader, place, type, reader->data + at);
}

static enum err read_bytes(struct abi_reader *reader, const struct abi_place *place, const struct abi_type *type,
                           size_t at) {
    enum err err = abi_reader_take(reader, place, at, ABI_WORD_BYTES);
    if (err != ERR_OK) return err;
    size_t len = read_size(reader, at);
    const uint8_t *bytes = reader->data + at + ABI_WORD_BYTES;
    err = abi_reader_take(reader, place, at + ABI_WORD_BYTES, len);
    if (err != ERR_OK) return err;
    if (type->kind == ABI_STRING) {
        json_out_strn(&reader->json, (const char *)bytes, len);
    } else {
        json_out_hex(&reader->json, bytes, len);
    }
    return ERR_OK;
}

/* In: base, where the heads of n items stand, taken already. */
static enum err read_items(struct abi_reader *reader, const struct abi_place *place, const struct abi_type *item,
                           size_t n, size_t base) {
    enum err err = ERR_OK;
    json_out_array_begin(&reader->json);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        struct abi_place of = {.up = place, .index = i};
        err = abi_reader_value(reader, &of, item, base, base + i * item->head_bytes);
        if (reader->json.buf->failed) err = ERR_OVERLOADED;
    }
    if (err == ERR_OK) json_out_array_end(&reader->json);
    return err;
}

static enum err read_array(struct abi_reader *reader, const struct abi_place *place, const struct abi_type *type,
                           size_t at) {
    const size_t head = type->item->head_bytes;
    size_t n = (size_t)type->length, bytes;
    enum err err = ERR_OK;
    assert(head >= ABI_WORD_BYTES); /* or the data could claim items without end */
    if (type->length == ABI_ANY_LENGTH) {
        err = abi_reader_take(reader, place, at, ABI_WORD_BYTES);
        if (err != ERR_OK) return err;
        n = read_size(reader, at);
        at += ABI_WORD_BYTES;
    }
    if (__builtin_mul_overflow(n, head, &bytes)) bytes = SIZE_MAX;
    if (type->dynamic) err = abi_reader_take(reader, place, at, bytes);
    return err == ERR_OK ? read_items(reader, place, type->item, n, at) : err;
}

static enum err read_tuple(struct abi_reader *reader, const struct abi_place *place, const struct abi_type *type,
                           size_t at) {
    enum err err = ERR_OK;
    if (type->dynamic) err = abi_reader_take(reader, place, at, abi_head_bytes(&type->components));
    return err == ERR_OK ? abi_reader_params(reader, place, &type->components, at) : err;
}

enum err abi_reader_value(struct abi_reader *reader, const struct abi_place *place, const struct abi_type *type,
                          size_t base, size_t at) {
    static enum err (*const reads[])(struct abi_reader *, const struct abi_place *, const struct abi_type *, size_t) = {
        [ABI_UINT] = read_word,        [ABI_INT] = read_word,    [ABI_ADDRESS] = read_word,
        [ABI_BOOL] = read_word,        [ABI_BYTES] = read_bytes, [ABI_STRING] = read_bytes,
        [ABI_FIXED_BYTES] = read_word, [ABI_ARRAY] = read_array, [ABI_TUPLE] = read_tuple,
    };
    if (type->dynamic) {
        size_t offset = read_size(reader, at);
        if (offset > reader->len - base) return refuse(reader, place, "lies outside of the data");
        at = base + offset;
    }
    return reads[type->kind](reader, place, type, at);
}

void abi_reader_open(struct abi_reader *reader, const struct abi_params *params) {
    if (params->named) {
        json_out_object_begin(&reader->json);
    } else {
        json_out_array_begin(&reader->json);
    }
}

void abi_reader_name(struct abi_reader *reader, const struct abi_params *params, size_t index) {
    if (params->named) json_out_key(&reader->json, params->list[index].name);
}

void abi_reader_close(struct abi_reader *reader, const struct abi_params *params) {
    if (params->named) {
        json_out_object_end(&reader->json);
    } else {
        json_out_array_end(&reader->json);
    }
}

enum err abi_reader_params(struct abi_reader *reader, const struct abi_place *place, const struct abi_params *params,
                           size_t at) {
    enum err err = ERR_OK;
    const size_t base = at;
    abi_reader_open(reader, params);
    for (size_t i = 0; i < params->n && err == ERR_OK; i++) {
        const struct abi_type *type = &params->list[i].type;
        struct abi_place member = abi_place_of(place, params, i);
        abi_reader_name(reader, params, i);
        err = abi_reader_value(reader, &member, type, base, at);
        at += type->head_bytes;
    }
    if (err == ERR_OK) abi_reader_close(reader, params);
    return err;
}
