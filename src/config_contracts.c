/* Contracts that the file registers, each with its ABI from a file of its own, which is read and checked here: a path
 * that is not absolute begins where the configuration file is. What is built lives in the loader's arena.
 * Main thread, while the configuration is loaded. */
#include "config_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_CONTRACTS = 1000 /* of a chain */, MAX_ABI_BYTES = 1024 * 1024, MAX_ALL_ABIS_BYTES = 32 * 1024 * 1024 };

/* Contracts while they are put together. */
struct contract_build {
    const struct config_loader *loader;
    const char *file;
    size_t abi_bytes; /* so far */
};

static enum err fail_item(const struct contract_build *build, const struct config_item *item, const char *problem) {
    return config_fail(build->loader, "%s: %s: %.256s", build->file, item->what, problem);
}

static enum err take_address(const struct contract_build *build, struct contract_wish *out,
                             const struct config_item *item, const char *text) {
    char quoted[CONFIG_QUOTE_BYTES], problem[CONFIG_QUOTE_BYTES + CONFIG_ITEM_BYTES];
    if (text == NULL) return fail_item(build, item, "the address is missing");
    enum err err = address_parse(&out->address, text, strlen(text));
    if (err == ERR_OK) return ERR_OK;
    (void)snprintf(problem, sizeof problem, "the address %s %s", config_quote_name(quoted, text, strlen(text)),
                   err == ERR_CHECKSUM_MISMATCH ? "fails its EIP-55 checksum: is it a typing mistake?"
                                                : "is not 0x and 40 hex digits");
    return fail_item(build, item, problem);
}

/* One of two words that the file may give; absent is the one that *out has. */
static enum err take_word(const struct contract_build *build, bool *out, const struct config_item *item,
                          const char *key, const char *text, const char *yes, const char *no) {
    char quoted[CONFIG_QUOTE_BYTES], problem[CONFIG_QUOTE_BYTES + CONFIG_ITEM_BYTES];
    if (text == NULL) return ERR_OK;
    *out = strcmp(text, yes) == 0;
    if (*out || strcmp(text, no) == 0) return ERR_OK;
    (void)snprintf(problem, sizeof problem, "%s is %s, not %s or %s", key,
                   config_quote_name(quoted, text, strlen(text)), yes, no);
    return fail_item(build, item, problem);
}

/* Returns false when the path is too long. */
static bool find_path(char out[PATH_MAX], const char *beside, const char *text) {
    const char *slash = strrchr(beside, '/');
    int folder = *text == '/' || slash == NULL ? 0 : (int)(slash - beside) + 1;
    int len = snprintf(out, PATH_MAX, "%.*s%s", folder, beside, text);
    return len > 0 && len < PATH_MAX;
}

/* A pipe would keep dappd from starting. */
static bool is_plain_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static enum err read_abi(struct contract_build *build, struct contract_wish *out, const struct config_item *item,
                         const char *path) {
    char problem[PATH_MAX + CONFIG_ITEM_BYTES];
    struct buf text;
    buf_init(&text, MAX_ABI_BYTES);
    int failure = is_plain_file(path) ? config_read_file(&text, path) : -1;
    build->abi_bytes += text.len;
    if (failure == 0 && build->abi_bytes <= MAX_ALL_ABIS_BYTES) {
        out->abi = config_copy(build->loader, text.len > 0 ? text.data : "", text.len);
        out->abi_len = text.len;
    }
    buf_free(&text);
    if (out->abi != NULL) return ERR_OK;
    (void)snprintf(problem, sizeof problem, failure == -1 ? "there is no file %.160s" : "cannot read %.160s: %s", path,
                   failure > 0 ? strerror(failure) : "the ABIs take more than 32 MB together");
    return fail_item(build, item, problem);
}

static enum err take_abi(struct contract_build *build, struct contract_wish *out, const struct config_item *item,
                         const char *text) {
    char path[PATH_MAX];
    if (text == NULL) return ERR_OK;
    if (*text == '\0' || !find_path(path, build->file, text)) return fail_item(build, item, "abi is not a file's name");
    return read_abi(build, out, item, path);
}

/* The file of an ABI is named beside what is wrong with it. */
static enum err check_wish(const struct contract_build *build, const struct contract_wish *wish,
                           const struct config_item *item, const struct yaml_contract *yaml) {
    char problem[ABI_PROBLEM_BYTES], whole[ABI_PROBLEM_BYTES + CONFIG_QUOTE_BYTES], quoted[CONFIG_QUOTE_BYTES];
    enum err err = contract_wish_check(problem, wish);
    if (err == ERR_OK) return ERR_OK;
    if (err != ERR_INVALID_ABI) return fail_item(build, item, problem);
    (void)snprintf(whole, sizeof whole, "%s: %s", config_quote(quoted, yaml->abi, strlen(yaml->abi)), problem);
    return fail_item(build, item, whole);
}

static enum err take_contract(struct contract_build *build, struct contract_wish *out, const struct config_item *item,
                              const struct yaml_contract *yaml) {
    const struct config_number numbers[] = {{&out->from_block, "from_block", yaml->from_block, 0, INT64_MAX}};
    *out = (struct contract_wish){.events = true, .has_from_block = yaml->from_block != NULL};
    if (yaml->name != NULL) out->name = config_copy(build->loader, yaml->name, strlen(yaml->name));
    enum err err = take_address(build, out, item, yaml->address);
    if (err == ERR_OK) err = config_take_numbers(build->loader, item, numbers, 1);
    if (err == ERR_OK) err = take_word(build, &out->proxy, item, "proxy", yaml->proxy, "auto", "none");
    if (err == ERR_OK) err = take_word(build, &out->events, item, "events", yaml->events, "true", "false");
    if (err == ERR_OK) err = take_abi(build, out, item, yaml->abi);
    return err == ERR_OK ? check_wish(build, out, item, yaml) : err;
}

static bool is_among(const struct contract_wish *list, size_t n, const address *contract) {
    for (size_t i = 0; i < n; i++) {
        if (address_equal(&list[i].address, contract)) return true;
    }
    return false;
}

static enum err take_chain(struct contract_build *build, struct configured_contracts *out,
                           const struct chain_config *chain, const struct yaml_chain *yaml) {
    struct config_item item = {.origin = build->file};
    if (yaml->n_contracts > MAX_CONTRACTS) {
        return config_fail(build->loader, "%s: chain %s has %u contracts; at most %d are allowed", build->file,
                           chain->name, yaml->n_contracts, MAX_CONTRACTS);
    }
    struct contract_wish *list = config_alloc(build->loader, yaml->n_contracts, sizeof *list);
    for (size_t i = 0; i < yaml->n_contracts; i++) {
        (void)snprintf(item.what, sizeof item.what, "contract %zu of chain %s", i + 1, chain->name);
        enum err err = take_contract(build, &list[i], &item, &yaml->contracts[i]);
        if (err != ERR_OK) return err;
        if (is_among(list, i, &list[i].address)) return fail_item(build, &item, "its address is listed twice");
    }
    *out = (struct configured_contracts){.list = list, .n = yaml->n_contracts};
    return ERR_OK;
}

enum err config_build_contracts(const struct config_loader *loader, const struct yaml_file *yaml, const char *file) {
    struct config *config = loader->config;
    struct contract_build build = {.loader = loader, .file = file};
    if (config->n_chains == 0) return ERR_OK;
    struct configured_contracts *contracts = config_alloc(loader, config->n_chains, sizeof *contracts);
    size_t n_listed = yaml != NULL ? yaml->n_chains : 0;
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < n_listed; i++) {
        err = take_chain(&build, &contracts[i], &config->chains[i], &yaml->chains[i]);
    }
    config->contracts = contracts;
    return err;
}
