/* Reads signatures as people write them: "function transfer(address to, uint256 amount) returns (bool)". Spaces may
 * stand wherever Solidity has them.
 * Memory of what is read is the arena's; the text is borrowed.
 * Any thread: pure functions. Sources: viem's parseAbi; Solidity documentation, "Language Grammar". */
#include <string.h>

#include "abi_signature.h"

struct slice {
    const char *p;
    size_t len;
};

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

static bool equals(struct slice word, const char *text) {
    return strlen(text) == word.len && memcmp(word.p, text, word.len) == 0;
}

static void skip_space(struct abi_text *text) {
    while (text->p < text->end && is_space(*text->p)) text->p++;
}

bool abi_take_char(struct abi_text *text, char c) {
    skip_space(text);
    if (text->p == text->end || *text->p != c) return false;
    text->p++;
    return true;
}

/* Empty where none stands next. */
static struct slice take_word(struct abi_text *text) {
    skip_space(text);
    struct slice word = {.p = text->p};
    while (text->p < text->end && is_word(*text->p)) text->p++;
    word.len = (size_t)(text->p - word.p);
    return word;
}

bool abi_take_word(struct abi_text *text, const char *word) {
    struct abi_text after = *text;
    if (!equals(take_word(&after), word)) return false;
    *text = after;
    return true;
}

bool abi_take_name(struct abi_reading *reading, const char **out, const char *what, struct abi_text *text) {
    struct slice word = take_word(text);
    return abi_read_name(reading, out, what, word.p, word.len);
}

static bool expect_char(struct abi_reading *reading, struct abi_text *text, char c) {
    char shown[ABI_SHOWN_BYTES];
    if (abi_take_char(text, c)) return true;
    if (text->p == text->end) return abi_refuse(reading, "a %c is missing at the end", c);
    return abi_refuse(reading, "a %c is missing before \"%s\"", c,
                      abi_shown(shown, text->p, (size_t)(text->end - text->p)));
}

bool abi_expect_end(struct abi_reading *reading, struct abi_text *text) {
    char shown[ABI_SHOWN_BYTES];
    skip_space(text);
    if (text->p == text->end) return true;
    return abi_refuse(reading, "\"%s\" is not expected here", abi_shown(shown, text->p, (size_t)(text->end - text->p)));
}

static bool read_data_location(struct abi_reading *reading, const struct abi_param *param, struct slice word) {
    enum abi_kind kind = param->type.kind;
    if (kind == ABI_BYTES || kind == ABI_STRING || kind == ABI_ARRAY || kind == ABI_TUPLE) return true;
    return abi_refuse(reading, "%.*s is for arrays, bytes, strings and structs", (int)word.len, word.p);
}

/* The word behind a type, where it is one that may stand before the name. */
static bool read_modifier(struct abi_reading *reading, struct abi_param *param, struct abi_text *text,
                          enum abi_words allowed) {
    struct abi_text after = *text;
    struct slice word = take_word(&after);
    bool indexed = equals(word, "indexed");
    bool location = equals(word, "memory") || equals(word, "calldata") || equals(word, "storage");
    if (!indexed && !location) return true;
    if ((indexed && allowed != ABI_WORDS_EVENT) || (location && allowed != ABI_WORDS_FUNCTION)) {
        return abi_refuse(reading, "%.*s cannot stand here", (int)word.len, word.p);
    }
    *text = after;
    param->indexed = indexed;
    return indexed || read_data_location(reading, param, word);
}

static bool read_param_name(struct abi_reading *reading, struct abi_param *param, struct abi_text *text) {
    struct slice word = take_word(text);
    param->name = "";
    if (word.len == 0) return true;
    if (!abi_read_name(reading, &param->name, "a parameter", word.p, word.len)) return false;
    if (!abi_is_keyword(word.p, word.len)) return true;
    return abi_refuse(reading, "a parameter cannot be called %.*s, a word of Solidity's", (int)word.len, word.p);
}

/* In: text behind the opening parenthesis. */
static bool read_tuple(struct abi_reading *reading, struct abi_type *out, struct abi_text *text, unsigned depth) {
    struct abi_params components;
    if (depth == ABI_MAX_DEPTH) return abi_refuse(reading, "tuples are nested more than %d deep", ABI_MAX_DEPTH);
    if (!abi_read_list(reading, &components, text, &abi_tuple_list, depth + 1)) return false;
    return abi_make_tuple(reading, out, &components);
}

static bool read_base_type(struct abi_reading *reading, struct abi_type *out, struct abi_text *text, unsigned depth) {
    if (abi_take_char(text, '(')) return read_tuple(reading, out, text, depth);
    struct slice word = take_word(text);
    if (equals(word, "tuple") && abi_take_char(text, '(')) return read_tuple(reading, out, text, depth);
    if (equals(word, "address")) (void)abi_take_word(text, "payable");
    struct abi_struct *of = abi_find_struct(reading, word.p, word.len);
    return of != NULL ? abi_use_struct(reading, out, of, depth) : abi_read_elementary(reading, out, word.p, word.len);
}

static bool read_param(struct abi_reading *reading, struct abi_param *out, struct abi_text *text,
                       enum abi_words allowed, unsigned depth) {
    return read_base_type(reading, &out->type, text, depth) &&
           abi_read_arrays(reading, &out->type, &text->p, text->end) && read_modifier(reading, out, text, allowed) &&
           read_param_name(reading, out, text);
}

const struct abi_list abi_tuple_list = {.between = ',', .close = ')', .allowed = ABI_WORDS_NONE};
const struct abi_list abi_struct_list = {
    .between = ';', .close = '}', .may_end_with_between = true, .allowed = ABI_WORDS_NONE};
static const struct abi_list event_list = {.between = ',', .close = ')', .allowed = ABI_WORDS_EVENT};
static const struct abi_list function_list = {.between = ',', .close = ')', .allowed = ABI_WORDS_FUNCTION};

/* How many stand before the list's end, as separators tell. */
static size_t count_params(const struct abi_text *text, const struct abi_list *list) {
    size_t n = 0, depth = 0;
    bool is_blank = true;
    for (const char *p = text->p; p < text->end && (depth > 0 || *p != list->close); p++) {
        bool is_between = depth == 0 && *p == list->between;
        if (is_between) n++;
        if (*p == '(') depth++;
        if (*p == ')' && depth > 0) depth--;
        is_blank = is_between || (is_blank && is_space(*p));
    }
    return n + (is_blank ? 0 : 1);
}

bool abi_read_list(struct abi_reading *reading, struct abi_params *out, struct abi_text *text,
                   const struct abi_list *list, unsigned depth) {
    const size_t most = count_params(text, list);
    size_t n = 0;
    struct abi_param *params = abi_alloc_params(reading, most);
    if (params == NULL) return false;
    bool is_over = abi_take_char(text, list->close);
    while (!is_over) {
        if (n == most) return abi_refuse(reading, "a parameter is missing at the end");
        if (!read_param(reading, &params[n++], text, list->allowed, depth)) return false;
        is_over = abi_take_char(text, list->close);
        if (!is_over && !expect_char(reading, text, list->between)) return false;
        is_over = is_over || (list->may_end_with_between && abi_take_char(text, list->close));
    }
    return abi_set_params(reading, out, params, n);
}

/* What may stand behind the parameters of a function or constructor, one of each group. */
static const struct {
    const char *word;
    enum { VISIBILITY, MUTABILITY } group;
    enum abi_mutability mutability;
} modifiers[] = {
    {"external", VISIBILITY, ABI_NONPAYABLE},
    {"public", VISIBILITY, ABI_NONPAYABLE},
    {"pure", MUTABILITY, ABI_PURE},
    {"view", MUTABILITY, ABI_VIEW},
    {"nonpayable", MUTABILITY, ABI_NONPAYABLE},
    {"payable", MUTABILITY, ABI_PAYABLE},
};

enum { N_MODIFIERS = sizeof modifiers / sizeof modifiers[0] };

/* N_MODIFIERS where none stands next. */
static size_t take_modifier(struct abi_text *text) {
    size_t i = 0;
    while (i < N_MODIFIERS && !abi_take_word(text, modifiers[i].word)) i++;
    return i;
}

static bool read_modifiers(struct abi_reading *reading, struct abi_item *item, struct abi_text *text) {
    bool had[2] = {false, false};
    for (size_t i = take_modifier(text); i < N_MODIFIERS; i = take_modifier(text)) {
        if (had[modifiers[i].group])
            return abi_refuse(reading, "%s cannot stand behind another of its kind", modifiers[i].word);
        had[modifiers[i].group] = true;
        if (modifiers[i].group == MUTABILITY) item->mutability = modifiers[i].mutability;
    }
    return true;
}

static bool read_list(struct abi_reading *reading, struct abi_params *out, struct abi_text *text,
                      const struct abi_list *list) {
    return expect_char(reading, text, '(') && abi_read_list(reading, out, text, list, 0);
}

static bool read_function(struct abi_reading *reading, struct abi_item *item, struct abi_text *text) {
    if (!read_list(reading, &item->inputs, text, &function_list) || !read_modifiers(reading, item, text)) return false;
    return !abi_take_word(text, "returns") || read_list(reading, &item->outputs, text, &function_list);
}

static bool read_event(struct abi_reading *reading, struct abi_item *item, struct abi_text *text) {
    if (!read_list(reading, &item->inputs, text, &event_list)) return false;
    item->anonymous = abi_take_word(text, "anonymous");
    return true;
}

static bool read_error(struct abi_reading *reading, struct abi_item *item, struct abi_text *text) {
    return read_list(reading, &item->inputs, text, &abi_tuple_list);
}

static bool read_constructor(struct abi_reading *reading, struct abi_item *item, struct abi_text *text) {
    return read_list(reading, &item->inputs, text, &function_list) && read_modifiers(reading, item, text);
}

/* Read as a function that nobody keeps: no name, nothing in, nothing out. */
static bool read_fallback(struct abi_reading *reading, struct abi_item *item, struct abi_text *text) {
    if (!read_list(reading, &item->inputs, text, &function_list) || !read_modifiers(reading, item, text)) return false;
    return item->inputs.n == 0 || abi_refuse(reading, "fallback and receive take no parameters");
}

static const struct {
    const char *word;
    enum abi_item_kind kind;
    bool has_name;
    bool is_kept;
    bool (*read)(struct abi_reading *reading, struct abi_item *item,
                 struct abi_text *text); /* from the parameters on */
} kinds[] = {
    {"function", ABI_ITEM_FUNCTION, true, true, read_function},
    {"event", ABI_ITEM_EVENT, true, true, read_event},
    {"error", ABI_ITEM_ERROR, true, true, read_error},
    {"constructor", ABI_ITEM_CONSTRUCTOR, false, true, read_constructor},
    {"fallback", ABI_ITEM_FUNCTION, false, false, read_fallback},
    {"receive", ABI_ITEM_FUNCTION, false, false, read_fallback},
};

static bool read_kind(struct abi_reading *reading, struct abi_item *out, struct abi_text *text, size_t kind) {
    *out = (struct abi_item){.kind = kinds[kind].kind, .name = "", .mutability = ABI_NONPAYABLE};
    if (kinds[kind].has_name) {
        if (!abi_take_name(reading, &out->name, kinds[kind].word, text)) return false;
        reading->name = out->name;
    }
    return kinds[kind].read(reading, out, text) && abi_expect_end(reading, text) && abi_set_signature(reading, out);
}

bool abi_read_human(struct abi_reading *reading, struct abi_item *out, bool *is_kept, const char *p, size_t len) {
    char shown[ABI_SHOWN_BYTES];
    struct abi_text text = {.p = p, .end = p + len};
    *is_kept = false;
    if (abi_is_struct(&text)) return true; /* read before */
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!abi_take_word(&text, kinds[i].word)) continue;
        *is_kept = kinds[i].is_kept;
        return read_kind(reading, out, &text, i);
    }
    return abi_refuse(reading,
                      "\"%s\" does not begin with function, event, error, constructor, fallback, receive or "
                      "struct",
                      abi_shown(shown, p, len));
}
