/* Feeds eth/abi_value's decoders a signature and any bytes: what is taken has an encoding, which decodes to the same
 * JSON. Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include "abi_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_params(struct abi_input *in, const struct abi_params *params, const struct buf *text) {
    struct buf encoded, again;
    buf_init(&encoded, 64 * ABI_INPUT_MAX_BYTES);
    buf_init(&again, ABI_INPUT_MAX_BYTES);
    json_t *values = json_loadb(text->data, text->len, JSON_ALLOW_NUL, NULL);
    enum err err = abi_encode(&encoded, in->problem, params, values);
    assert(err == ERR_OK);
    err = abi_decode(&again, in->problem, params, (const uint8_t *)encoded.data, encoded.len);
    assert(err == ERR_OK && again.len == text->len && memcmp(again.data, text->data, text->len) == 0);
    json_decref(values);
    buf_free(&encoded);
    buf_free(&again);
}

static void decode_params(struct abi_input *in, const struct abi_params *params) {
    struct buf text;
    buf_init(&text, ABI_INPUT_MAX_BYTES);
    enum err err = abi_decode(&text, in->problem, params, in->rest, in->len);
    assert(err == ERR_OK || err == ERR_ABI_MISMATCH || err == ERR_OVERLOADED);
    if (err == ERR_OK) check_params(in, params, &text);
    assert(err == ERR_OK || text.len == 0);
    buf_clear(&text);
    err = abi_decode_result(&text, in->problem, params, in->rest, in->len);
    json_t *result = err == ERR_OK ? json_loadb(text.data, text.len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL) : NULL;
    assert(err != ERR_OK || result != NULL);
    json_decref(result);
    buf_free(&text);
}

/* In: the topics before the data, as many as the log should have. */
static void decode_log(struct abi_input *in) {
    struct buf text;
    hash32 topics[256];
    size_t n = in->item->anonymous ? 0 : 1;
    for (size_t i = 0; i < in->item->inputs.n; i++) n += in->item->inputs.list[i].indexed;
    if (n * sizeof topics[0] > in->len) return;
    memcpy(topics, in->rest, n * sizeof topics[0]);
    if (!in->item->anonymous) topics[0] = in->item->hash;
    buf_init(&text, ABI_INPUT_MAX_BYTES);
    enum err err = abi_decode_event(&text, in->problem, in->item, topics, n, in->rest + n * sizeof topics[0],
                                    in->len - n * sizeof topics[0]);
    json_t *args = err == ERR_OK ? json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL) : NULL;
    assert(err == ERR_ABI_MISMATCH || err == ERR_OVERLOADED || json_is_object(args) || json_is_array(args));
    json_decref(args);
    buf_free(&text);
}

static void decode_error(struct abi_input *in) {
    struct buf text, data;
    const struct abi abi = {.items = in->item, .n_items = 1};
    buf_init(&text, ABI_INPUT_MAX_BYTES);
    buf_init(&data, in->len + 4);
    buf_append(&data, in->item->hash.bytes, 4);
    buf_append(&data, in->rest, in->len);
    bool done = abi_decode_error(&text, &abi, (const uint8_t *)data.data, data.len);
    json_t *error = done ? json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL) : NULL;
    assert(done == json_is_object(error) && (done || text.len == 0));
    json_decref(error);
    (void)abi_decode_error(&text, NULL, in->rest, in->len);
    buf_free(&text);
    buf_free(&data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct abi_input in;
    if (!abi_input_begin(&in, data, size)) return 0;
    decode_params(&in, in.item->kind == ABI_ITEM_FUNCTION ? &in.item->outputs : &in.item->inputs);
    if (in.item->kind == ABI_ITEM_EVENT) decode_log(&in);
    if (in.item->kind == ABI_ITEM_ERROR) decode_error(&in);
    abi_input_end(&in);
    return 0;
}
