/* Why a call was reverted, as its contract said it. Owns nothing; the output is the caller's.
 * Any thread: pure functions. Source: Solidity documentation, "Panic via assert and Error via require". */
#include "abi_reader.h"
#include "eth/abi_builtin.h"
#include "eth/abi_value.h"

enum { SELECTOR_BYTES = 4 };

/* The contract's own, else what Solidity and the standards have. */
static const struct abi_item *find(const struct abi *abi, const uint8_t selector[SELECTOR_BYTES]) {
    const struct abi_item *error = abi != NULL ? abi_find_selector(abi, ABI_ITEM_ERROR, selector) : NULL;
    return error != NULL ? error : abi_find_selector(&abi_builtin, ABI_ITEM_ERROR, selector);
}

static enum err read_error(struct abi_reader *reader, const struct abi_item *error) {
    static const struct abi_place root = {.name = "args"};
    json_out_object_begin(&reader->json);
    json_out_key_str(&reader->json, "name", error->name);
    json_out_key_str(&reader->json, "signature", error->signature);
    json_out_key(&reader->json, "args");
    enum err err = abi_reader_take(reader, &root, 0, abi_head_bytes(&error->inputs));
    if (err == ERR_OK) err = abi_reader_params(reader, &root, &error->inputs, 0);
    if (err == ERR_OK) json_out_object_end(&reader->json);
    return err;
}

bool abi_decode_error(struct buf *out, const struct abi *abi, const uint8_t *data, size_t len) {
    char problem[ABI_PROBLEM_BYTES];
    struct abi_reader reader;
    if (out->failed || len < SELECTOR_BYTES) return false;
    const struct abi_item *error = find(abi, data);
    if (error == NULL) return false;
    abi_reader_init(&reader, out, problem, data + SELECTOR_BYTES, len - SELECTOR_BYTES);
    return abi_reader_end(&reader, read_error(&reader, error)) == ERR_OK;
}
