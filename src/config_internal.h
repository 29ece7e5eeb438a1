/* What the parts of the configuration share: the settings as a table, the YAML file as text, and how a wrong value is
 * told. Used while loading, on the main thread. */
#ifndef DAPPD_CONFIG_INTERNAL_H
#define DAPPD_CONFIG_INTERNAL_H

#include <stdarg.h>
#include <stdbool.h>

#include "config.h"
#include "core/arena.h"
#include "core/buf.h"

enum setting_index {
#define SETTING(field, ...) SETTING_INDEX_##field,
#include "config.def"
#undef SETTING
    SETTINGS_COUNT
};

enum setting_type { SETTING_TYPE_TEXT, SETTING_TYPE_COUNT };

/* One row of config.def. */
struct setting {
    const char *key; /* in the YAML file; flag and environment variable follow from it */
    enum setting_type type;
    const char *default_text;
    const char *unit; /* "" for none */
    uint64_t min, max;
    bool secret;
    const char *help;
    size_t offset; /* in struct config */
};

extern const struct setting config_settings[SETTINGS_COUNT];

enum {
    CONFIG_NAME_BYTES = 64,
    CONFIG_QUOTE_BYTES = 96,
    CONFIG_ORIGIN_BYTES = 320,
    CONFIG_ITEM_BYTES = 160,
    CONFIG_MAX_FILE_BYTES = 1024 * 1024
};

/* Write --request-timeout-ms and DAPPD_REQUEST_TIMEOUT_MS, or DATABASE_URL. Return out. */
char *config_flag_name(char out[CONFIG_NAME_BYTES], const char *key);
char *config_env_name(char out[CONFIG_NAME_BYTES], const char *key);

/* A configuration being put together. */
struct config_loader {
    struct config *config;
    struct arena *arena;
    char *problem;                       /* CONFIG_PROBLEM_BYTES */
    const char *origins[SETTINGS_COUNT]; /* where the value in force came from: "DAPPD_RPC_URLS", "dappd.yaml:3" */
    const char *(*env)(const char *name);
};

/* Writes the problem and returns ERR_INVALID_PARAMETER. */
enum err config_fail(const struct config_loader *loader, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns a copy that lives as long as the configuration. */
char *config_copy(const struct config_loader *loader, const char *text, size_t len);

/* Returns zeroed memory for n items that lives as long as the configuration. */
void *config_alloc(const struct config_loader *loader, size_t n, size_t size);

/* Write a text in quotes for a problem sentence, cleaned and cut. Where a name is expected, a URL that stands there by
 * mistake is not shown: it may hold an API key. Return out. */
char *config_quote(char out[CONFIG_QUOTE_BYTES], const char *text, size_t len);
char *config_quote_name(char out[CONFIG_QUOTE_BYTES], const char *text, size_t len);

/* Writes "dappd.yaml:3", or the name alone where the line is not known (0). Returns out. */
char *config_place(char out[CONFIG_ORIGIN_BYTES], const char *file, size_t line);

/* Returns the candidate with the smallest edit distance; - and _ count as equal. In: n > 0. */
const char *config_nearest(const char *const *candidates, size_t n, const char *text, size_t len);

/* Checks a value and stores it. In: origin, where it came from, as told in the problem. */
enum err config_set(struct config_loader *loader, const struct setting *setting, const char *value,
                    const char *origin) MUST_CHECK;

/* The YAML file: texts as written, NULL where absent. */
struct yaml_header {
    char *name;
    char *value;
};

struct yaml_upstream {
    char *name;
    char *url;
    char *priority;
    char *calls_per_s;
    char *max_batch;
    struct yaml_header *headers;
    unsigned n_headers;
};

struct yaml_contract {
    char *address;
    char *name;
    char *abi;
    char *from_block;
    char *proxy;
    char *events;
};

struct yaml_chain {
    char *name;
    char *id;
    char *native_symbol;
    char *native_decimals;
    char *block_time_ms;
    char *index_from;
    char **index_tokens;
    unsigned n_index_tokens;
    struct yaml_contract *contracts;
    unsigned n_contracts;
    struct yaml_upstream *upstreams;
    unsigned n_upstreams;
};

struct yaml_file {
    char *settings[SETTINGS_COUNT];
    struct yaml_chain *chains;
    unsigned n_chains;
};

/* Out: *out, to be freed with config_yaml_free; NULL when the file says nothing. In: name, of the file, for the
 * problem. */
enum err config_yaml_parse(struct yaml_file **out, const struct config_loader *loader, const char *name,
                           const uint8_t *text, size_t len) MUST_CHECK;
void config_yaml_free(struct yaml_file *yaml);

/* Returns the line, from 1, on which the key comes first after a line and column (both from 1), or 0 when there is
 * none. */
size_t config_yaml_find_key(const char *key, const uint8_t *text, size_t len, size_t line, size_t column);

/* What a problem is about: in which file or variable, and which part of it, such as "upstream 2 of chain main". */
struct config_item {
    const char *origin;
    char what[CONFIG_ITEM_BYTES];
};

/* Checks a name that the file gives and copies it; NULL leaves *out as it is. In: whose, "chain's" or "upstream's". */
enum err config_take_name(const struct config_loader *loader, const char **out, const char *origin, const char *whose,
                          const char *text) MUST_CHECK;

/* A number that the file may give. */
struct config_number {
    uint64_t *out;
    const char *key;
    const char *text; /* NULL where the file has none: *out stays */
    uint64_t min, max;
};
enum err config_take_numbers(const struct config_loader *loader, const struct config_item *item,
                             const struct config_number *numbers, size_t n) MUST_CHECK;

/* Copies a text with each ${NAME} in it replaced by that environment variable. An empty variable is as none. */
enum err config_expand(const struct config_loader *loader, const char **out, const struct config_item *item,
                       const char *text) MUST_CHECK;

/* Gives a chain its upstreams: those that the file lists, or those of rpc_urls. In and out: n_upstreams, of all chains
 * so far; their names, where none are given, come from it. */
enum err config_build_upstreams(const struct config_loader *loader, struct chain_config *chain, size_t *n_upstreams,
                                const struct yaml_chain *yaml, const char *file) MUST_CHECK;
enum err config_list_upstreams(const struct config_loader *loader, struct chain_config *chain, size_t *n_upstreams,
                               const char *urls) MUST_CHECK;

/* Copies the headers of an upstream, checked. In: item, upstream. */
enum err config_build_headers(const struct config_loader *loader, struct upstream_config *upstream,
                              const struct config_item *item, const struct yaml_upstream *yaml) MUST_CHECK;

/* Says what of each chain is to be indexed, once the chains are built: as the file has it, or for the first chain the
 * settings index_tokens and index_from. */
enum err config_build_index(const struct config_loader *loader, const struct yaml_file *yaml,
                            const char *file) MUST_CHECK;

/* Says which contracts of each chain are registered, once the chains are built, with what their ABI files hold. */
enum err config_build_contracts(const struct config_loader *loader, const struct yaml_file *yaml,
                                const char *file) MUST_CHECK;

/* Appends the whole file. Returns 0 or an errno; EFBIG past the buffer's maximum. */
int config_read_file(struct buf *text, const char *file);

/* Puts chains and upstreams together from the file (may be NULL) and the setting rpc_urls. */
enum err config_build_chains(const struct config_loader *loader, const struct yaml_file *yaml,
                             const char *file) MUST_CHECK;

/* config_load, given the file's text instead of its name. In: file and text NULL without one. */
enum err config_load_text(struct config **out, char problem[CONFIG_PROBLEM_BYTES], const char *file,
                          const uint8_t *text, size_t len, int argc, char **argv,
                          const char *(*env)(const char *name)) MUST_CHECK;

#endif
