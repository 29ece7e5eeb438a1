/* Feeds eth/abi_value's encoders a signature and any JSON: what is taken decodes to values that encode to the same
 * bytes, and what is not says why. Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include "abi_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_topics(struct abi_input *in, const json_t *args) {
    const struct abi_params *params = &in->item->inputs;
    for (size_t i = 0; i < params->n && i < json_array_size(args); i++) {
        hash32 topic;
        enum err err = abi_encode_topic(&topic, in->problem, &params->list[i], json_array_get(args, i));
        assert(err == ERR_OK || (err == ERR_INVALID_ARGUMENT && in->problem[0] != '\0'));
    }
}

/* A function chooses itself. */
static void choose(struct abi_input *in, const json_t *args, const struct buf *encoded) {
    struct buf call;
    const struct abi abi = {.items = in->item, .n_items = 1};
    const struct abi_item *chosen;
    buf_init(&call, ABI_INPUT_MAX_BYTES);
    enum err err = abi_choose_call(&chosen, &call, in->problem, &abi, in->item->name, strlen(in->item->name), args);
    assert(err == ERR_OK && chosen == in->item && call.len == 4 + encoded->len);
    assert(encoded->len == 0 || memcmp(call.data + 4, encoded->data, encoded->len) == 0);
    buf_free(&call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct abi_input in;
    struct buf encoded;
    if (!abi_input_begin(&in, data, size)) return 0;
    json_t *args = json_loadb((const char *)in.rest, in.len, JSON_ALLOW_NUL, NULL);
    buf_init(&encoded, ABI_INPUT_MAX_BYTES / 2);
    enum err err = abi_encode(&encoded, in.problem, &in.item->inputs, args);
    assert(err == ERR_OK || (encoded.len == 0 && !encoded.failed));
    assert(err == ERR_OK || err == ERR_OVERLOADED || (err == ERR_INVALID_ARGUMENT && in.problem[0] != '\0'));
    if (err == ERR_OK) abi_input_check_encoding(&in, &in.item->inputs, &encoded);
    if (err == ERR_OK && in.item->kind == ABI_ITEM_FUNCTION) choose(&in, args, &encoded);
    encode_topics(&in, args);
    buf_free(&encoded);
    json_decref(args);
    abi_input_end(&in);
    return 0;
}
