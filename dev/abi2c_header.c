/* Writes the header of an ABI. Its names are the items' in snake case: balanceOf of erc20.abi gives
 * erc20_balance_of_encode. Of several with one name, the second and further ones have _2, _3 behind it.
 * Owns nothing. One thread, on the machine that builds. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "abi2c.h"
#include "core/buf.h"
#include "eth/abi_read.h"

enum {
    SNAKE_MAX_BYTES = 2 * ABI_MAX_NAME_BYTES + 16,
    ID_MAX_BYTES = SNAKE_MAX_BYTES + NAME_MAX_BYTES + 32,
    TEXT_MAX = 64 * 1024 * 1024
};

struct id {
    char lower[ID_MAX_BYTES];
    char upper[ID_MAX_BYTES];
};

/* balanceOf: balance_of; tokenURI: token_uri; DOMAIN_SEPARATOR: domain_separator; ERC20Bad: erc20_bad; $: _ */
static void snake(char out[SNAKE_MAX_BYTES], const char *name) {
    size_t n = 0;
    for (const char *p = name; *p != '\0'; p++) {
        bool begins_word = p > name && isupper((unsigned char)*p) && p[-1] != '_' &&
                           (!isupper((unsigned char)p[-1]) || islower((unsigned char)p[1]));
        if (begins_word) out[n++] = '_';
        out[n++] = *p == '$' ? '_' : (char)tolower((unsigned char)*p);
    }
    out[n] = '\0';
}

static void make_id(struct id *out, const char *prefix, const struct abi_item *item) {
    static const char *const kinds[] = {
        [ABI_ITEM_FUNCTION] = "", [ABI_ITEM_EVENT] = "_event", [ABI_ITEM_ERROR] = "_error"};
    char name[SNAKE_MAX_BYTES];
    snake(name, item->name);
    (void)snprintf(out->lower, sizeof out->lower, "%s_%s%s", prefix, name, kinds[item->kind]);
}

static void upper_case(char out[ID_MAX_BYTES], const char *name) {
    size_t len = strlen(name);
    for (size_t i = 0; i <= len; i++) out[i] = (char)toupper((unsigned char)name[i]);
}

/* Behind those before it that would be called the same. */
static void number_id(struct id *id, const char *prefix, const struct abi *abi, size_t which) {
    struct id other;
    unsigned n = 1;
    for (size_t i = 0; i < which; i++) {
        if (abi->items[i].kind == ABI_ITEM_CONSTRUCTOR) continue;
        make_id(&other, prefix, &abi->items[i]);
        if (strcmp(other.lower, id->lower) == 0) n++;
    }
    size_t len = strlen(id->lower);
    if (n > 1) (void)snprintf(id->lower + len, sizeof id->lower - len, "_%u", n);
    upper_case(id->upper, id->lower);
}

static bool is_word(const struct abi_type *type) {
    return type->kind != ABI_ARRAY && type->kind != ABI_TUPLE && !type->dynamic;
}

static bool are_words(const struct abi_params *params) {
    for (size_t i = 0; i < params->n; i++) {
        if (!is_word(&params->list[i].type)) return false;
    }
    return true;
}

/* What C, or an encoder itself, uses already. */
static bool is_taken(const char *name) {
    static const char *const words[] = {
        "auto",   "break",    "case",     "char",     "const",  "continue", "default", "do",     "double",
        "else",   "enum",     "extern",   "float",    "for",    "goto",     "if",      "inline", "int",
        "long",   "register", "restrict", "return",   "short",  "signed",   "sizeof",  "static", "struct",
        "switch", "typedef",  "union",    "unsigned", "void",   "volatile", "while",   "bool",   "true",
        "false",  "out",      "address",  "u256",     "hash32", "memcpy",   "asm",     "typeof"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i], name) == 0) return true;
    }
    return false;
}

/* The parameter's name, or its place where it has none or shares it. */
static void param_name(char out[SNAKE_MAX_BYTES], const struct abi_params *params, size_t which) {
    char other[SNAKE_MAX_BYTES];
    bool is_unique = params->list[which].name[0] != '\0';
    snake(out, params->list[which].name);
    for (size_t i = 0; i < params->n; i++) {
        snake(other, params->list[i].name);
        if (i != which && strcmp(out, other) == 0) is_unique = false;
    }
    if (!is_unique) (void)snprintf(out, SNAKE_MAX_BYTES, "arg%zu", which);
    size_t len = strlen(out);
    if (is_taken(out)) (void)snprintf(out + len, SNAKE_MAX_BYTES - len, "_");
}

static void write_param(FILE *out, const struct abi_type *type, const char *name) {
    bool is_wide = type->size > 64;
    if (type->kind == ABI_ADDRESS) (void)fprintf(out, "const address *%s", name);
    if (type->kind == ABI_BOOL) (void)fprintf(out, "bool %s", name);
    if (type->kind == ABI_FIXED_BYTES) (void)fprintf(out, "const uint8_t %s[%u]", name, type->size);
    if (type->kind == ABI_UINT) (void)fprintf(out, is_wide ? "const u256 *%s" : "uint64_t %s", name);
    if (type->kind == ABI_INT) (void)fprintf(out, is_wide ? "const u256 *%s" : "int64_t %s", name);
}

static void write_word(FILE *out, const struct abi_type *type, const char *name, size_t at) {
    bool is_wide = type->size > 64;
    const char *word = type->kind == ABI_ADDRESS       ? "address"
                       : type->kind == ABI_FIXED_BYTES ? "bytes"
                       : type->kind == ABI_INT         ? (is_wide ? "i256" : "i64")
                                                       : (is_wide ? "u256" : "u64");
    (void)fprintf(out, "    abi_word_%s(out + %zu, %s", word, at, name);
    if (type->kind != ABI_ADDRESS) (void)fprintf(out, ", %u", type->kind == ABI_BOOL ? 1 : type->size);
    (void)fputs(");\n", out);
}

static void write_encoder(FILE *out, const struct id *id, const struct abi_params *inputs) {
    char name[SNAKE_MAX_BYTES];
    (void)fprintf(out, "enum { %s_BYTES = %zu };\n", id->upper, 4 + 32 * inputs->n);
    (void)fprintf(out, "static inline void %s_encode(uint8_t out[%s_BYTES]", id->lower, id->upper);
    for (size_t i = 0; i < inputs->n; i++) {
        (void)fputs(", ", out);
        param_name(name, inputs, i);
        write_param(out, &inputs->list[i].type, name);
    }
    (void)fprintf(out, ") {\n    memcpy(out, %s_selector, sizeof %s_selector);\n", id->lower, id->lower);
    for (size_t i = 0; i < inputs->n; i++) {
        param_name(name, inputs, i);
        write_word(out, &inputs->list[i].type, name, 4 + 32 * i);
    }
    (void)fputs("}\n", out);
}

static void write_bytes(FILE *out, const uint8_t *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) (void)fprintf(out, "%s0x%02x", i > 0 ? ", " : "", bytes[i]);
}

static void write_readable(FILE *out, const struct abi_item *item) {
    struct buf text;
    buf_init(&text, TEXT_MAX);
    abi_write_signature(&text, item);
    (void)fprintf(out, "\n/* %.*s */\n", (int)text.len, text.data);
    buf_free(&text);
}

static void write_item(FILE *out, const struct id *id, const struct abi_item *item) {
    bool is_event = item->kind == ABI_ITEM_EVENT;
    write_readable(out, item);
    (void)fprintf(out, "#define %s_SIGNATURE \"%s\"\n", id->upper, item->signature);
    if (item->anonymous) return;
    (void)fprintf(out, "#define %s_%s ", id->upper, is_event ? "TOPIC" : "SELECTOR");
    write_bytes(out, item->hash.bytes, is_event ? sizeof item->hash : 4);
    (void)fprintf(out,
                  is_event ? "\nstatic const hash32 %s_topic = {{%s_TOPIC}};\n"
                           : "\nstatic const uint8_t %s_selector[4] = {%s_SELECTOR};\n",
                  id->lower, id->upper);
    if (item->kind == ABI_ITEM_FUNCTION && are_words(&item->inputs)) write_encoder(out, id, &item->inputs);
}

void header_write(FILE *out, const char *name, const char *path, const struct abi *abi) {
    char guard[ID_MAX_BYTES];
    upper_case(guard, name);
    (void)fprintf(out,
                  "/* Made from %s by dev/abi2c: constants, and encoders of calls whose arguments are words. Pure\n"
                  " * functions and static data, any thread. */\n",
                  path);
    (void)fprintf(out, "#ifndef DAPPD_ABI_%s_H\n#define DAPPD_ABI_%s_H\n\n#include \"eth/abi_word.h\"\n", guard, guard);
    for (size_t i = 0; i < abi->n_items; i++) {
        struct id id;
        if (abi->items[i].kind == ABI_ITEM_CONSTRUCTOR) continue;
        make_id(&id, name, &abi->items[i]);
        number_id(&id, name, abi, i);
        write_item(out, &id, &abi->items[i]);
    }
    (void)fputs("\n#endif\n", out);
}
