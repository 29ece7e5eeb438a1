/* Writes items as constants of C: what a type is made of stands before it, under a number.
 * Owns the numbers and the table's text until it ends. One thread, on the machine that builds. */
#include <stdbool.h>
#include <stdlib.h>

#include "abi2c.h"

static unsigned last;
static char *items;
static size_t items_len;
static FILE *items_out;

/* The names of the enums, as C has them. */
static const char *const kinds[] = {"ABI_UINT",  "ABI_INT",    "ABI_ADDRESS", "ABI_BOOL", "ABI_FIXED_BYTES",
                                    "ABI_BYTES", "ABI_STRING", "ABI_ARRAY",   "ABI_TUPLE"};
static const char *const item_kinds[] = {"ABI_ITEM_FUNCTION", "ABI_ITEM_EVENT", "ABI_ITEM_ERROR"};
static const char *const mutabilities[] = {"ABI_PURE", "ABI_VIEW", "ABI_NONPAYABLE", "ABI_PAYABLE"};

static unsigned write_list(FILE *out, const struct abi_params *params);
static unsigned write_parts(FILE *out, const struct abi_type *type);

static const char *word(bool flag) {
    return flag ? "true" : "false";
}

static void write_params(FILE *out, const struct abi_params *params, unsigned number) {
    if (params->n == 0) (void)fputs("{.n = 0}", out);
    if (params->n > 0) (void)fprintf(out, "{params_%u, %zu, %s}", number, params->n, word(params->named));
}

/* In: number, of what write_parts wrote. */
static void write_type(FILE *out, const struct abi_type *type, unsigned number) {
    (void)fprintf(out,
                  "{.kind = %s, .size = %u, .length = %lld, .is_function = %s, .dynamic = %s, .depth = %u, "
                  ".head_bytes = %zu",
                  kinds[type->kind], type->size, (long long)type->length, word(type->is_function), word(type->dynamic),
                  type->depth, type->head_bytes);
    if (type->kind == ABI_ARRAY) (void)fprintf(out, ", .item = &type_%u", number);
    if (type->kind == ABI_TUPLE) {
        (void)fputs(", .components = ", out);
        write_params(out, &type->components, number);
    }
    (void)fputs("}", out);
}

/* An array's element, or a tuple's components. Returns their number. */
static unsigned write_parts(FILE *out, const struct abi_type *type) {
    if (type->kind == ABI_TUPLE) return write_list(out, &type->components);
    if (type->kind != ABI_ARRAY) return 0;
    unsigned inner = write_parts(out, type->item), number = ++last;
    (void)fprintf(out, "static const struct abi_type type_%u = ", number);
    write_type(out, type->item, inner);
    (void)fputs(";\n", out);
    return number;
}

static unsigned write_list(FILE *out, const struct abi_params *params) {
    unsigned parts[ABI_MAX_PARAMS], number;
    if (params->n == 0) return 0;
    for (size_t i = 0; i < params->n; i++) parts[i] = write_parts(out, &params->list[i].type);
    number = ++last;
    (void)fprintf(out, "static const struct abi_param params_%u[] = {\n", number);
    for (size_t i = 0; i < params->n; i++) {
        const struct abi_param *param = &params->list[i];
        (void)fprintf(out, "    {.name = \"%s\", .indexed = %s, .type = ", param->name, word(param->indexed));
        write_type(out, &param->type, parts[i]);
        (void)fputs("},\n", out);
    }
    (void)fputs("};\n", out);
    return number;
}

static void write_item(FILE *out, const struct abi_item *item) {
    unsigned inputs = write_list(out, &item->inputs), outputs = write_list(out, &item->outputs);
    (void)fprintf(items_out, "    {.kind = %s,\n     .name = \"%s\",\n     .signature = \"%s\",\n     .hash = {{",
                  item_kinds[item->kind], item->name, item->signature);
    for (size_t i = 0; i < sizeof item->hash; i++) (void)fprintf(items_out, "0x%02x, ", item->hash.bytes[i]);
    (void)fprintf(items_out,
                  "}},\n     .mutability = %s,\n     .anonymous = %s,\n     .inputs = ", mutabilities[item->mutability],
                  word(item->anonymous));
    write_params(items_out, &item->inputs, inputs);
    (void)fputs(",\n     .outputs = ", items_out);
    write_params(items_out, &item->outputs, outputs);
    (void)fputs("},\n", items_out);
}

void table_begin(FILE *out) {
    items_out = open_memstream(&items, &items_len);
    if (items_out == NULL) abort();
    (void)fputs("/* Made from abi/ by dev/abi2c. */\n", out);
}

void table_add(FILE *out, const struct abi *abi) {
    for (size_t i = 0; i < abi->n_items; i++) {
        if (abi->items[i].kind != ABI_ITEM_CONSTRUCTOR) write_item(out, &abi->items[i]);
    }
}

void table_end(FILE *out) {
    if (fclose(items_out) != 0) abort();
    (void)fprintf(out, "static const struct abi_item abi_items[] = {\n%.*s};\n", (int)items_len, items);
    free(items);
}
