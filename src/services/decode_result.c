/* A contract may return anything: what does not fit is told, never guessed. Memory is the task's arena; the task's
 * coroutine. */
#include "decode_result.h"

#include "eth/abi_value.h"

enum err decode_result(struct task *task, struct json_piece *out, const address *contract,
                       const struct abi_item *function, const uint8_t *data, size_t len) {
    char problem[ABI_PROBLEM_BYTES] = "", text[ADDRESS_TEXT_BYTES];
    struct buf json;
    buf_init(&json, JSON_PIECE_MAX_BYTES);
    enum err err = abi_decode_result(&json, problem, &function->outputs, data, len);
    if (err == ERR_OK) return json_piece_take(task, out, &json);
    buf_free(&json);
    if (err == ERR_OVERLOADED) {
        return task_fail(task, err, "%s returned more than an answer may hold", address_format(text, contract));
    }
    return task_fail(task, err, "%s returned %zu bytes for %s: %s", address_format(text, contract), len, function->name,
                     problem);
}
