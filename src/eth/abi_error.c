/* Why a call was reverted, as its contract said it. Owns nothing; the output is the caller's.
 * Any thread: pure functions. Source: Solidity documentation, "Panic via assert and Error via require". */
#include <string.h>

#include "abi_reader.h"
#include "eth/abi_value.h"

enum { SELECTOR_BYTES = 4 };

static const struct abi_param message = {.name = "message",
                                         .type = {.kind = ABI_STRING, .dynamic = true, .head_bytes = 32}};
static const struct abi_param code = {.name = "code", .type = {.kind = ABI_UINT, .size = 256, .head_bytes = 32}};

/* What every contract can say, whatever its ABI has. */
static const struct abi_item built_in[] = {
    {.kind = ABI_ITEM_ERROR,
     .name = "Error",
     .signature = "Error(string)",
     .hash = {{0x08, 0xc3, 0x79, 0xa0}},
     .inputs = {.list = &message, .n = 1, .named = true}},
    {.kind = ABI_ITEM_ERROR,
     .name = "Panic",
     .signature = "Panic(uint256)",
     .hash = {{0x4e, 0x48, 0x7b, 0x71}},
     .inputs = {.list = &code, .n = 1, .named = true}},
};

static const struct abi_item *find(const struct abi *abi, const uint8_t selector[SELECTOR_BYTES]) {
    const struct abi_item *error = abi != NULL ? abi_find_selector(abi, ABI_ITEM_ERROR, selector) : NULL;
    for (size_t i = 0; error == NULL && i < sizeof built_in / sizeof built_in[0]; i++) {
        if (memcmp(built_in[i].hash.bytes, selector, SELECTOR_BYTES) == 0) error = &built_in[i];
    }
    return error;
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
