/* The upstreams of a chain, from the file's list or from the setting rpc_urls. No sentence here holds a node's URL: it
 * may hold an API key. What is built lives in the loader's arena.
 * Main thread, while the configuration is loaded. */
#include "config_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/comma_list.h"
#include "rpc/node_url.h"

enum {
    MAX_UPSTREAMS = 32, /* of a chain */
    MAX_PRIORITY = 1000,
    MAX_CALLS_PER_S = 1000000,
    MAX_BATCH = 1000 /* as the setting rpc_max_batch */
};

static struct config_item item_of(const struct chain_config *chain, const char *origin, size_t i) {
    struct config_item item = {.origin = origin};
    (void)snprintf(item.what, sizeof item.what, "upstream %zu of chain %s", i + 1, chain->name);
    return item;
}

/* Gives a chain room for n upstreams, named rpc1, rpc2, ... by their place among those of all chains, and each of lower
 * priority than those before it. */
static enum err alloc_upstreams(const struct config_loader *loader, struct upstream_config **upstreams,
                                struct chain_config *chain, size_t *n_upstreams, const char *origin, size_t n) {
    if (n == 0 || n > MAX_UPSTREAMS) {
        return config_fail(loader, "%s: chain %s has %zu upstreams; it must have 1 to %d", origin, chain->name, n,
                           MAX_UPSTREAMS);
    }
    *upstreams = config_alloc(loader, n, sizeof **upstreams);
    for (size_t i = 0; i < n; i++) {
        char name[32];
        int len = snprintf(name, sizeof name, "rpc%zu", ++*n_upstreams);
        (*upstreams)[i].name = config_copy(loader, name, (size_t)len);
        (*upstreams)[i].priority = (unsigned)i + 1;
    }
    chain->upstreams = *upstreams;
    chain->n_upstreams = n;
    return ERR_OK;
}

static enum err check_url(const struct config_loader *loader, const struct config_item *item, const char *url) {
    struct node_url parsed;
    const char *fault = node_url_parse(&parsed, url);
    return fault == NULL ? ERR_OK : config_fail(loader, "%s: %s: %s", item->origin, item->what, fault);
}

static enum err take_limits(const struct config_loader *loader, struct upstream_config *out,
                            const struct config_item *item, const struct yaml_upstream *yaml) {
    uint64_t priority = out->priority, calls_per_s = 0, max_batch = 0;
    const struct config_number numbers[] = {
        {&priority, "priority", yaml->priority, 0, MAX_PRIORITY},
        {&calls_per_s, "calls_per_s", yaml->calls_per_s, 1, MAX_CALLS_PER_S},
        {&max_batch, "max_batch", yaml->max_batch, 1, MAX_BATCH},
    };
    enum err err = config_take_numbers(loader, item, numbers, sizeof numbers / sizeof numbers[0]);
    out->priority = (unsigned)priority;
    out->calls_per_s = (unsigned)calls_per_s;
    out->max_batch = (unsigned)max_batch;
    return err;
}

static enum err build_upstream(const struct config_loader *loader, struct upstream_config *out,
                               const struct config_item *item, const struct yaml_upstream *yaml) {
    enum err err = config_take_name(loader, &out->name, item->origin, "upstream's", yaml->name);
    if (err == ERR_OK) err = config_expand(loader, &out->url, item, yaml->url != NULL ? yaml->url : "");
    if (err == ERR_OK) err = check_url(loader, item, out->url);
    if (err == ERR_OK) err = take_limits(loader, out, item, yaml);
    if (err == ERR_OK) err = config_build_headers(loader, out, item, yaml);
    return err;
}

enum err config_build_upstreams(const struct config_loader *loader, struct chain_config *chain, size_t *n_upstreams,
                                const struct yaml_chain *yaml, const char *file) {
    struct upstream_config *upstreams;
    enum err err = alloc_upstreams(loader, &upstreams, chain, n_upstreams, file, yaml->n_upstreams);
    for (size_t i = 0; err == ERR_OK && i < yaml->n_upstreams; i++) {
        struct config_item item = item_of(chain, file, i);
        err = build_upstream(loader, &upstreams[i], &item, &yaml->upstreams[i]);
    }
    return err;
}

enum err config_list_upstreams(const struct config_loader *loader, struct chain_config *chain, size_t *n_upstreams,
                               const char *urls) {
    const char *origin = loader->origins[SETTING_INDEX_rpc_urls];
    struct comma_list list = comma_list_of(urls);
    struct upstream_config *upstreams;
    enum err err = alloc_upstreams(loader, &upstreams, chain, n_upstreams, origin, comma_list_count(urls));
    for (size_t i = 0; err == ERR_OK && comma_list_next(&list); i++) {
        struct config_item item = item_of(chain, origin, i);
        upstreams[i].url = config_copy(loader, list.entry, list.len);
        err = check_url(loader, &item, upstreams[i].url);
    }
    return err;
}
