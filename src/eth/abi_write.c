/* Writes items as signatures: the canonical one that is hashed, and the one that people read.
 * Owns nothing: the caller's buffer grows.
 * Any thread: pure functions. Sources: Solidity ABI specification, "Function Selector"; viem's formatAbi. */
#include <string.h>

#include "abi_reading.h"
#include "core/buf.h"
#include "eth/abi_read.h"
#include "eth/keccak.h"

enum { MAX_TOPICS = 3 }; /* behind topic0 */

struct style {
    const char *between;
    bool has_names; /* and whether a parameter is indexed */
};

static const struct style canonical = {.between = ",", .has_names = false};
static const struct style readable = {.between = ", ", .has_names = true};

static void write_params(struct buf *out, const struct abi_params *params, const struct style *style);

static void write_array(struct buf *out, int64_t length) {
    buf_append_char(out, '[');
    if (length != ABI_ANY_LENGTH) buf_append_u64(out, (unsigned long long)length);
    buf_append_char(out, ']');
}

static void write_type(struct buf *out, const struct abi_type *type, const struct style *style) {
    static const char *const names[] = {
        [ABI_UINT] = "uint",         [ABI_INT] = "int",     [ABI_ADDRESS] = "address", [ABI_BOOL] = "bool",
        [ABI_FIXED_BYTES] = "bytes", [ABI_BYTES] = "bytes", [ABI_STRING] = "string",
    };
    if (type->kind == ABI_ARRAY) {
        write_type(out, type->item, style);
        write_array(out, type->length);
    } else if (type->kind == ABI_TUPLE) {
        write_params(out, &type->components, style);
    } else if (type->is_function) {
        buf_append_str(out, "function");
    } else {
        buf_append_str(out, names[type->kind]);
        if (type->size > 0) buf_append_u64(out, type->size);
    }
}

static void write_params(struct buf *out, const struct abi_params *params, const struct style *style) {
    buf_append_char(out, '(');
    for (size_t i = 0; i < params->n; i++) {
        const struct abi_param *param = &params->list[i];
        if (i > 0) buf_append_str(out, style->between);
        write_type(out, &param->type, style);
        if (style->has_names && param->indexed) buf_append_str(out, " indexed");
        size_t len = strlen(param->name);
        if (!style->has_names || len == 0 || abi_is_keyword(param->name, len)) continue;
        buf_append_char(out, ' ');
        buf_append_str(out, param->name);
    }
    buf_append_char(out, ')');
}

void abi_write_signature(struct buf *out, const struct abi_item *item) {
    static const char *const kinds[] = {[ABI_ITEM_FUNCTION] = "function ",
                                        [ABI_ITEM_EVENT] = "event ",
                                        [ABI_ITEM_ERROR] = "error ",
                                        [ABI_ITEM_CONSTRUCTOR] = "constructor"};
    static const char *const mutabilities[] = {
        [ABI_PURE] = " pure", [ABI_VIEW] = " view", [ABI_NONPAYABLE] = "", [ABI_PAYABLE] = " payable"};
    buf_append_str(out, kinds[item->kind]);
    buf_append_str(out, item->name);
    write_params(out, &item->inputs, &readable);
    bool runs = item->kind == ABI_ITEM_FUNCTION || item->kind == ABI_ITEM_CONSTRUCTOR;
    if (runs) buf_append_str(out, mutabilities[item->mutability]);
    if (item->anonymous) buf_append_str(out, " anonymous");
    if (item->outputs.n == 0) return;
    buf_append_str(out, " returns ");
    write_params(out, &item->outputs, &readable);
}

static bool check_indexed(struct abi_reading *reading, const struct abi_item *item) {
    size_t n = 0;
    const size_t most = MAX_TOPICS + (item->anonymous ? 1 : 0);
    for (size_t i = 0; i < item->inputs.n; i++) n += item->inputs.list[i].indexed ? 1 : 0;
    if (n <= most) return true;
    return abi_refuse(reading, "the event has %zu indexed parameters; a log has topics for %zu", n, most);
}

bool abi_set_signature(struct abi_reading *reading, struct abi_item *item) {
    struct buf text;
    if (!check_indexed(reading, item)) return false;
    buf_init(&text, ABI_MAX_SIGNATURE_BYTES);
    buf_append_str(&text, item->kind == ABI_ITEM_CONSTRUCTOR ? "constructor" : item->name);
    write_params(&text, &item->inputs, &canonical);
    bool fits = !text.failed;
    char *copy = fits ? abi_alloc(reading, text.len + 1) : NULL;
    if (copy != NULL) memcpy(copy, text.data, text.len);
    if (copy != NULL && item->kind != ABI_ITEM_CONSTRUCTOR) keccak256(item->hash.bytes, copy, text.len);
    item->signature = copy;
    buf_free(&text);
    return fits ? copy != NULL : abi_refuse(reading, "its signature is longer than %d bytes", ABI_MAX_SIGNATURE_BYTES);
}
