/* Parameters and results of calls. Owns nothing; the output is the caller's.
 * Any thread: pure functions. Source: Solidity ABI specification. */
#include "abi_reader.h"
#include "eth/abi_value.h"

enum err abi_decode(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_params *params,
                    const uint8_t *data, size_t len) {
    static const struct abi_place root = {.name = "args"};
    struct abi_reader reader;
    if (out->failed) return ERR_OVERLOADED;
    abi_reader_init(&reader, out, problem, data, len);
    enum err err = abi_reader_take(&reader, &root, 0, abi_head_bytes(params));
    if (err == ERR_OK) err = abi_reader_params(&reader, &root, params, 0);
    return abi_reader_end(&reader, err);
}

static enum err read_result(struct abi_reader *reader, const struct abi_params *outputs) {
    static const struct abi_place root = {.name = "result"};
    enum err err = abi_reader_take(reader, &root, 0, abi_head_bytes(outputs));
    if (err != ERR_OK) return err;
    if (outputs->n == 1) return abi_reader_value(reader, &root, &outputs->list[0].type, 0, 0);
    if (outputs->n > 1) return abi_reader_params(reader, &root, outputs, 0);
    json_out_null(&reader->json);
    return ERR_OK;
}

enum err abi_decode_result(struct buf *out, char problem[ABI_PROBLEM_BYTES], const struct abi_params *outputs,
                           const uint8_t *data, size_t len) {
    struct abi_reader reader;
    if (out->failed) return ERR_OVERLOADED;
    abi_reader_init(&reader, out, problem, data, len);
    return abi_reader_end(&reader, read_result(&reader, outputs));
}
