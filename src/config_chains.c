/* Chains and their upstreams, from the file's list and from the setting rpc_urls. No sentence here holds a node's URL:
 * it may hold an API key. What is built lives in the loader's arena.
 * Main thread, while the configuration is loaded. */
#include "config_internal.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/decimal.h"
#include "core/utf8.h"
#include "eth/u256.h"

enum {
    MAX_CHAINS = 64,
    MAX_UPSTREAMS = 32, /* of a chain */
    MAX_NAME_LEN = 64,
    MAX_SYMBOL_LEN = 16,
    MAX_URL_LEN = 2048,
    MAX_BLOCK_TIME_MS = 3600000
};

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

/* A name goes into URLs, logs and metrics, and stands beside chain ids: letters, digits and . _ -, not digits alone. */
static bool is_name(const char *text) {
    static const char digits[] = "0123456789";
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t len = strlen(text);
    return len >= 1 && len <= MAX_NAME_LEN && strspn(text, allowed) == len && strspn(text, digits) < len;
}

static enum err fail_name(const struct build *build, const char *whose, const char *text) {
    char quoted[CONFIG_QUOTE_BYTES];
    return config_fail(build->loader,
                       "%s: the %s name %s is not allowed; it must be 1 to %d letters, digits, dots, dashes and "
                       "underscores, and not digits alone",
                       build->file, whose, config_quote_name(quoted, text, strlen(text)), MAX_NAME_LEN);
}

/* A number of a chain as the file has it. */
struct number {
    uint64_t *out;
    const char *key;
    const char *text; /* NULL where the file has none: *out stays */
    uint64_t min, max;
};

static enum err set_number(const struct build *build, const struct chain_config *chain, const struct number *number) {
    uint64_t value;
    const char *text = number->text;
    if (text == NULL) return ERR_OK;
    if (decimal_parse_u64(&value, text, strlen(text)) && value >= number->min && value <= number->max) {
        *number->out = value;
        return ERR_OK;
    }
    char quoted[CONFIG_QUOTE_BYTES];
    return config_fail(build->loader,
                       "%s: %s %s of chain %s is not allowed; it must be a number from %llu to %llu in plain decimal "
                       "digits",
                       build->file, number->key, config_quote_name(quoted, text, strlen(text)), chain->name,
                       (unsigned long long)number->min, (unsigned long long)number->max);
}

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

/* host, host:port, [IPv6] or [IPv6]:port, behind user and password if there are any. */
static bool is_authority(const char *text, size_t len) {
    const char *at = memrchr(text, '@', len);
    if (at != NULL) {
        len -= (size_t)(at + 1 - text);
        text = at + 1;
    }
    const char *host_end = len > 0 && text[0] == '[' ? memchr(text, ']', len) : memchr(text, ':', len);
    if (len > 0 && text[0] == '[') {
        if (host_end == NULL) return false;
        host_end++;
    } else if (host_end == NULL) {
        host_end = text + len;
    }
    size_t host_len = (size_t)(host_end - text);
    if (host_len == 0 || host_len == len) return host_len > 0;
    uint64_t port;
    return *host_end == ':' && decimal_parse_u64(&port, host_end + 1, len - host_len - 1) && port >= 1 && port <= 65535;
}

/* Returns what is wrong with a node's URL, or NULL. */
static const char *url_fault(const char *url) {
    if (url[0] == '\0') return "the URL is missing";
    if (strlen(url) > MAX_URL_LEN) return "the URL is longer than 2048 bytes";
    if (strncasecmp(url, "ws:", 3) == 0 || strncasecmp(url, "wss:", 4) == 0) {
        return "WebSocket URLs (ws:, wss:) are not supported; give the node's http:// or https:// URL";
    }
    for (const char *c = url; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') return "the URL holds a space, a control character or one beyond ASCII";
    }
    const char *authority = NULL;
    if (strncasecmp(url, "http://", 7) == 0) authority = url + 7;
    if (strncasecmp(url, "https://", 8) == 0) authority = url + 8;
    if (authority == NULL) return "the URL must begin with http:// or https://";
    return is_authority(authority, strcspn(authority, "/?#")) ? NULL : "the URL has no valid host and port";
}

static enum err check_urls(const struct build *build, const struct chain_config *chain, const char *origin) {
    for (size_t i = 0; i < chain->n_upstreams; i++) {
        const char *fault = url_fault(chain->upstreams[i].url);
        if (fault == NULL) continue;
        return config_fail(build->loader, "%s: upstream %zu of chain %s: %s", origin, i + 1, chain->name, fault);
    }
    return ERR_OK;
}

/* Gives a chain room for n upstreams, named rpc1, rpc2, ... by their place among those of all chains. */
static enum err alloc_upstreams(struct build *build, struct upstream_config **upstreams, struct chain_config *chain,
                                const char *origin, size_t n) {
    if (n == 0 || n > MAX_UPSTREAMS) {
        return config_fail(build->loader, "%s: chain %s has %zu upstreams; it must have 1 to %d", origin, chain->name,
                           n, MAX_UPSTREAMS);
    }
    *upstreams = config_alloc(build->loader, n, sizeof **upstreams);
    for (size_t i = 0; i < n; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "rpc%zu", ++build->n_upstreams);
        (*upstreams)[i].name = config_copy(build->loader, name, (size_t)len);
    }
    chain->upstreams = *upstreams;
    chain->n_upstreams = n;
    return ERR_OK;
}

static enum err add_file_upstreams(struct build *build, struct chain_config *chain, const struct yaml_chain *yaml) {
    struct upstream_config *upstreams;
    enum err err = alloc_upstreams(build, &upstreams, chain, build->file, yaml->n_upstreams);
    if (err != ERR_OK) return err;
    for (size_t i = 0; i < yaml->n_upstreams; i++) {
        const char *name = yaml->upstreams[i].name;
        const char *url = yaml->upstreams[i].url != NULL ? yaml->upstreams[i].url : "";
        if (name != NULL && !is_name(name)) return fail_name(build, "upstream's", name);
        if (name != NULL) upstreams[i].name = config_copy(build->loader, name, strlen(name));
        upstreams[i].url = config_copy(build->loader, url, strlen(url));
    }
    return check_urls(build, chain, build->file);
}

/* Makes the entries of the setting rpc_urls the upstreams of a chain. */
static enum err add_listed_upstreams(struct build *build, struct chain_config *chain, const char *urls) {
    const char *origin = build->loader->rpc_urls_from;
    size_t n = 1;
    for (const char *c = urls; *c != '\0'; c++) n += *c == ',' ? 1 : 0;
    struct upstream_config *upstreams;
    enum err err = alloc_upstreams(build, &upstreams, chain, origin, n);
    if (err != ERR_OK) return err;
    for (size_t i = 0; i < n; i++) {
        size_t len = strcspn(urls, ",");
        upstreams[i].url = config_copy(build->loader, urls, len);
        urls += len + 1;
    }
    return check_urls(build, chain, origin);
}

/* What the file says of a chain, but for its upstreams. */
static enum err read_chain(const struct build *build, struct chain_config *chain, const struct yaml_chain *yaml) {
    if (yaml->name != NULL) {
        if (!is_name(yaml->name)) return fail_name(build, "chain's", yaml->name);
        chain->name = config_copy(build->loader, yaml->name, strlen(yaml->name));
    }
    uint64_t decimals = chain->native_decimals;
    const struct number numbers[] = {
        {&chain->id, "id", yaml->id, 1, MAX_CHAIN_ID},
        {&decimals, "native_decimals", yaml->native_decimals, 0, U256_MAX_DECIMALS},
        {&chain->block_time_ms, "block_time_ms", yaml->block_time_ms, 0, MAX_BLOCK_TIME_MS},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        enum err err = set_number(build, chain, &numbers[i]);
        if (err != ERR_OK) return err;
    }
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
    return urls != NULL ? add_listed_upstreams(build, chain, urls) : add_file_upstreams(build, chain, yaml);
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

enum err config_build_chains(const struct config_loader *loader, const struct yaml_file *yaml, const char *file) {
    const char *urls = loader->config->rpc_urls[0] != '\0' ? loader->config->rpc_urls : NULL;
    size_t n_listed = yaml != NULL ? yaml->n_chains : 0;
    if (n_listed == 0 && urls == NULL) {
        return config_fail(loader, "no node to talk to: set DAPPD_RPC_URLS or --rpc-urls to the URL of an Ethereum "
                                   "JSON-RPC node, or list chains in the YAML file");
    }
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
    loader->config->chains = build.chains;
    loader->config->n_chains = build.n_chains;
    return err;
}
