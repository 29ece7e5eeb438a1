/* Chains, from the file's list; without one, a single chain for the setting rpc_urls. What is built lives in the
 * loader's arena.
 * Main thread, while the configuration is loaded. */
#include "config_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/utf8.h"
#include "eth/u256.h"

enum { MAX_CHAINS = 64, MAX_SYMBOL_LEN = 16, MAX_BLOCK_TIME_MS = 3600000 };

/* EIP-2294: room for the signature's v within 64 bits. */
#define MAX_CHAIN_ID (UINT64_MAX / 2 - 36)

/* Chains while they are put together: the fields of struct chain_config are constant to everybody else. */
struct build {
    const struct config_loader *loader;
    const char *file;
    struct chain_config *chains;
    size_t n_chains;
    size_t n_upstreams; /* of all chains so far */
};

static enum err set_symbol(const struct build *build, struct chain_config *chain, const char *text) {
    if (text == NULL) return ERR_OK;
    char clean[MAX_SYMBOL_LEN + 1];
    size_t len = strlen(text);
    if (len >= 1 && len <= MAX_SYMBOL_LEN && utf8_clean(clean, sizeof clean, text, len) == len) {
        chain->native_symbol = config_copy(build->loader, text, len);
        return ERR_OK;
    }
    char quoted[CONFIG_QUOTE_BYTES];
    return config_fail(build->loader,
                       "%s: native_symbol %s of chain %s is not allowed; it must be 1 to %d bytes of printable text",
                       build->file, config_quote_name(quoted, text, len), chain->name, MAX_SYMBOL_LEN);
}

/* What the file says of a chain, but for its upstreams. */
static enum err read_chain(const struct build *build, struct chain_config *chain, const struct yaml_chain *yaml) {
    enum err err = config_take_name(build->loader, &chain->name, build->file, "chain's", yaml->name);
    if (err != ERR_OK) return err;
    struct config_item item = {.origin = build->file};
    (void)snprintf(item.what, sizeof item.what, "chain %s", chain->name);
    uint64_t decimals = chain->native_decimals;
    const struct config_number numbers[] = {
        {&chain->id, "id", yaml->id, 1, MAX_CHAIN_ID},
        {&decimals, "native_decimals", yaml->native_decimals, 0, U256_MAX_DECIMALS},
        {&chain->block_time_ms, "block_time_ms", yaml->block_time_ms, 0, MAX_BLOCK_TIME_MS},
    };
    err = config_take_numbers(build->loader, &item, numbers, sizeof numbers / sizeof numbers[0]);
    if (err != ERR_OK) return err;
    chain->native_decimals = (unsigned)decimals;
    return set_symbol(build, chain, yaml->native_symbol);
}

static enum err build_chain(struct build *build, struct chain_config *chain, const struct yaml_chain *yaml,
                            const char *urls) {
    *chain = (struct chain_config){.name = "default", .native_symbol = "ETH", .native_decimals = 18};
    if (yaml != NULL) {
        enum err err = read_chain(build, chain, yaml);
        if (err != ERR_OK) return err;
    }
    if (urls != NULL) return config_list_upstreams(build->loader, chain, &build->n_upstreams, urls);
    return config_build_upstreams(build->loader, chain, &build->n_upstreams, yaml, build->file);
}

static enum err check_chains_differ(const struct build *build) {
    for (size_t b = 0; b < build->n_chains; b++) {
        for (size_t a = 0; a < b; a++) {
            const struct chain_config *one = &build->chains[a], *other = &build->chains[b];
            if (strcmp(one->name, other->name) == 0) {
                return config_fail(build->loader, "%s: chains %zu and %zu are both named \"%s\"; names must differ",
                                   build->file, a + 1, b + 1, one->name);
            }
            if (one->id != 0 && one->id == other->id) {
                return config_fail(build->loader, "%s: chains %s and %s both have the id %llu", build->file, one->name,
                                   other->name, (unsigned long long)one->id);
            }
        }
    }
    return ERR_OK;
}

/* How many upstreams of all chains have the name. */
static size_t count_upstreams(const struct build *build, const char *name) {
    size_t n = 0;
    for (size_t c = 0; c < build->n_chains; c++) {
        for (size_t i = 0; i < build->chains[c].n_upstreams; i++) {
            n += strcmp(build->chains[c].upstreams[i].name, name) == 0 ? 1 : 0;
        }
    }
    return n;
}

/* Metrics know an upstream by its name alone, so names differ across chains too. */
static enum err check_upstreams_differ(const struct build *build) {
    for (size_t c = 0; c < build->n_chains; c++) {
        for (size_t i = 0; i < build->chains[c].n_upstreams; i++) {
            const char *name = build->chains[c].upstreams[i].name;
            if (count_upstreams(build, name) == 1) continue;
            return config_fail(build->loader,
                               "%s: more than one upstream is named \"%s\"; names must differ in all chains",
                               build->file, name);
        }
    }
    return ERR_OK;
}

/* A node that is listed twice would have two votes on what the newest block is. */
static enum err check_nodes_differ(const struct build *build) {
    for (size_t c = 0; c < build->n_chains; c++) {
        const struct chain_config *chain = &build->chains[c];
        for (size_t b = 0; b < chain->n_upstreams; b++) {
            for (size_t a = 0; a < b; a++) {
                if (strcmp(chain->upstreams[a].url, chain->upstreams[b].url) != 0) continue;
                return config_fail(build->loader, "upstreams %s and %s of chain %s have the same URL; list a node once",
                                   chain->upstreams[a].name, chain->upstreams[b].name, chain->name);
            }
        }
    }
    return ERR_OK;
}

enum err config_build_chains(const struct config_loader *loader, const struct yaml_file *yaml, const char *file) {
    const char *urls = loader->config->rpc_urls[0] != '\0' ? loader->config->rpc_urls : NULL;
    size_t n_listed = yaml != NULL ? yaml->n_chains : 0;
    if (n_listed == 0 && urls == NULL) return ERR_OK;
    if (n_listed > MAX_CHAINS) {
        return config_fail(loader, "%s: %zu chains are listed; at most %d are allowed", file, n_listed, MAX_CHAINS);
    }
    struct build build = {.loader = loader, .file = file, .n_chains = n_listed > 0 ? n_listed : 1};
    build.chains = config_alloc(loader, build.n_chains, sizeof *build.chains);
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < build.n_chains; i++) {
        err = build_chain(&build, &build.chains[i], n_listed > 0 ? &yaml->chains[i] : NULL, i == 0 ? urls : NULL);
    }
    if (err == ERR_OK) err = check_chains_differ(&build);
    if (err == ERR_OK) err = check_upstreams_differ(&build);
    if (err == ERR_OK) err = check_nodes_differ(&build);
    loader->config->chains = build.chains;
    loader->config->n_chains = build.n_chains;
    return err;
}
