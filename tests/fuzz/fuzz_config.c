/* The YAML file: any bytes give either a configuration within its rules or one clean sentence.
 * Each configuration is freed before the next.
 * One thread. */
#include <assert.h>
#include <string.h>

#include "config_internal.h"
#include "core/utf8.h"
#include "rpc/node_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One variable holds what could end a header's line. */
static const char *variable(const char *name) {
    return strcmp(name, "KEY") == 0 ? "a\r\nb" : strcmp(name, "HOST") == 0 ? "node.example" : NULL;
}

static void check_settings(const struct config *config) {
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        const struct setting *setting = &config_settings[i];
        const char *at = (const char *)config + setting->offset;
        if (setting->type == SETTING_TYPE_COUNT) {
            uint64_t count;
            memcpy(&count, at, sizeof count);
            assert(count >= setting->min && count <= setting->max);
        } else {
            const char *text;
            memcpy(&text, at, sizeof text);
            assert(text != NULL && strlen(text) <= setting->max);
        }
    }
}

/* Every header is one line of its own, whatever the file says. */
static void check_header(const struct header_config *header) {
    assert(header->name[0] != '\0' && header->value[0] != '\0' && strcasecmp(header->name, "Host") != 0);
    for (const char *c = header->name; *c != '\0'; c++) assert(*c > ' ' && *c <= '~' && *c != ':');
    for (const char *c = header->value; *c != '\0'; c++) assert(*c >= ' ' && *c <= '~');
}

static void check_upstream(const struct upstream_config *upstream) {
    struct node_url url;
    const char *fault = node_url_parse(&url, upstream->url);
    assert(upstream->name[0] != '\0' && fault == NULL);
    assert(upstream->priority <= 1000 && upstream->max_batch <= 1000);
    assert(upstream->n_headers == 0 || url.scheme != NODE_IPC);
    assert((url.scheme == NODE_HTTP) == (url.socket_path[0] == '\0'));
    for (size_t i = 0; i < upstream->n_headers; i++) check_header(&upstream->headers[i]);
}

static void check_chains(const struct config *config) {
    for (size_t c = 0; c < config->n_chains; c++) {
        const struct chain_config *chain = &config->chains[c];
        assert(chain->n_upstreams > 0 && chain->name[0] != '\0' && chain->native_symbol[0] != '\0');
        for (size_t d = 0; d < c; d++) assert(strcmp(config->chains[d].name, chain->name) != 0);
        for (size_t i = 0; i < chain->n_upstreams; i++) check_upstream(&chain->upstreams[i]);
    }
}

static void check_problem(const char *problem) {
    char clean[CONFIG_PROBLEM_BYTES];
    size_t len = strlen(problem);
    assert(len > 0 && len < CONFIG_PROBLEM_BYTES - 1);
    size_t clean_len = utf8_clean(clean, sizeof clean, problem, len);
    assert(clean_len == len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct config *config;
    char problem[CONFIG_PROBLEM_BYTES];
    enum err err = config_load_text(&config, problem, "fuzz.yaml", data, size, 0, NULL, variable);
    if (err != ERR_OK) {
        assert(config == NULL);
        check_problem(problem);
        return 0;
    }
    check_settings(config);
    check_chains(config);
    config_free(config);
    return 0;
}
