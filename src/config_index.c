/* What of each chain is to be indexed: from the chain's part of the file, or for the first chain from the settings
 * index_tokens and index_from. What is built lives in the loader's arena.
 * Main thread, while the configuration is loaded. */
#include "config_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/comma_list.h"
#include "core/decimal.h"

static const char every_token[] = "every";

enum { MAX_TOKENS = 1000 /* of a chain */ };

/* A chain's list, from wherever it stands. */
struct token_list {
    struct config_item item;
    const char *const *texts;
    size_t n;
};

static enum err fail_entry(const struct config_loader *loader, const struct token_list *list, const char *text,
                           const char *why) {
    char quoted[CONFIG_QUOTE_BYTES];
    return config_fail(loader, "%s: %s of %s %s", list->item.origin, config_quote_name(quoted, text, strlen(text)),
                       list->item.what, why);
}

static bool is_among(const address *tokens, size_t n, const address *token) {
    for (size_t i = 0; i < n; i++) {
        if (address_equal(&tokens[i], token)) return true;
    }
    return false;
}

static enum err take_tokens(const struct config_loader *loader, struct index_config *out,
                            const struct token_list *list) {
    address *tokens = config_alloc(loader, list->n, sizeof *tokens);
    for (size_t i = 0; i < list->n; i++) {
        const char *text = list->texts[i];
        if (strcmp(text, every_token) == 0) return fail_entry(loader, list, text, "must stand alone");
        enum err err = address_parse(&tokens[i], text, strlen(text));
        if (err == ERR_CHECKSUM_MISMATCH) {
            return fail_entry(loader, list, text, "fails its EIP-55 checksum: is it a typing mistake?");
        }
        if (err != ERR_OK) {
            return fail_entry(loader, list, text, "is not allowed; it must be every, or 0x and 40 hex digits");
        }
        if (is_among(tokens, i, &tokens[i])) return fail_entry(loader, list, text, "is listed twice");
    }
    out->tokens = tokens;
    out->n_tokens = list->n;
    return ERR_OK;
}

static enum err take_list(const struct config_loader *loader, struct index_config *out, const struct token_list *list) {
    if (list->n > MAX_TOKENS) {
        return config_fail(loader, "%s: %s has %zu entries; at most %d are allowed, or every", list->item.origin,
                           list->item.what, list->n, MAX_TOKENS);
    }
    out->every = list->n == 1 && strcmp(list->texts[0], every_token) == 0;
    return out->every ? ERR_OK : take_tokens(loader, out, list);
}

/* In: text, checked to be there. */
static enum err take_from(const struct config_loader *loader, struct index_config *out, const char *origin,
                          const char *whose, const char *text) {
    out->has_from = decimal_parse_u64(&out->from_block, text, strlen(text)) && out->from_block <= INT64_MAX;
    if (out->has_from) return ERR_OK;
    char quoted[CONFIG_QUOTE_BYTES];
    return config_fail(loader, "%s: index_from %s of %s is not allowed; it must be a block number in decimal digits",
                       origin, config_quote_name(quoted, text, strlen(text)), whose);
}

/* The setting's value, split at its commas. */
static const char *const *split(const struct config_loader *loader, const char *text, size_t *n) {
    const char **texts = config_alloc(loader, comma_list_count(text), sizeof *texts);
    *n = 0;
    for (struct comma_list list = comma_list_of(text); comma_list_next(&list);) {
        texts[(*n)++] = config_copy(loader, list.entry, list.len);
    }
    return texts;
}

static enum err build(const struct config_loader *loader, struct index_config *out, const struct chain_config *chain,
                      const struct yaml_chain *yaml, const char *file) {
    const struct config *config = loader->config;
    bool is_default = chain == config->chains;
    struct token_list list = {.item = {.origin = file}};
    const char *from = yaml != NULL ? yaml->index_from : NULL, *from_origin = file;
    if (yaml != NULL) {
        list.texts = (const char *const *)yaml->index_tokens;
        list.n = yaml->n_index_tokens;
    }
    if (is_default && config->index_tokens[0] != '\0') {
        list.item.origin = loader->origins[SETTING_INDEX_index_tokens];
        list.texts = split(loader, config->index_tokens, &list.n);
    }
    if (is_default && config->index_from[0] != '\0') {
        from_origin = loader->origins[SETTING_INDEX_index_from];
        from = config->index_from;
    }
    (void)snprintf(list.item.what, sizeof list.item.what, "index_tokens of chain %s", chain->name);
    char whose[CONFIG_ITEM_BYTES];
    (void)snprintf(whose, sizeof whose, "chain %s", chain->name);
    enum err err = list.n > 0 ? take_list(loader, out, &list) : ERR_OK;
    return err == ERR_OK && from != NULL ? take_from(loader, out, from_origin, whose, from) : err;
}

enum err config_build_index(const struct config_loader *loader, const struct yaml_file *yaml, const char *file) {
    struct config *config = loader->config;
    if (config->n_chains == 0) return ERR_OK;
    struct index_config *indexes = config_alloc(loader, config->n_chains, sizeof *indexes);
    size_t n_listed = yaml != NULL ? yaml->n_chains : 0;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < config->n_chains; i++) {
        err = build(loader, &indexes[i], &config->chains[i], i < n_listed ? &yaml->chains[i] : NULL, file);
    }
    config->indexes = indexes;
    return err;
}

bool config_indexes_any(const struct config *config) {
    for (size_t i = 0; i < config->n_chains; i++) {
        if (config->indexes[i].every || config->indexes[i].n_tokens > 0) return true;
    }
    return false;
}
