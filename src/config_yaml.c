/* Reads the YAML file with libcyaml, every scalar as text, and turns libcyaml's log into one sentence with file and
 * line. The loaded texts belong to libcyaml until config_yaml_free.
 * Main thread, while the configuration is loaded. */
#include "config_internal.h"

#include <cyaml/cyaml.h>
#include <stdio.h>
#include <string.h>

#define TEXT_FIELD(key_, offset_) \
    { \
        .key = (key_), .data_offset = (uint32_t)(offset_), .value = { \
            CYAML_VALUE_STRING(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, char *, 0, CYAML_UNLIMITED) \
        } \
    }

static const cyaml_schema_field_t header_fields[] = {
    TEXT_FIELD("name", offsetof(struct yaml_header, name)),
    TEXT_FIELD("value", offsetof(struct yaml_header, value)),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t header_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_header, header_fields)};

static const cyaml_schema_field_t upstream_fields[] = {
    TEXT_FIELD("name", offsetof(struct yaml_upstream, name)),
    TEXT_FIELD("url", offsetof(struct yaml_upstream, url)),
    TEXT_FIELD("priority", offsetof(struct yaml_upstream, priority)),
    TEXT_FIELD("calls_per_s", offsetof(struct yaml_upstream, calls_per_s)),
    TEXT_FIELD("max_batch", offsetof(struct yaml_upstream, max_batch)),
    CYAML_FIELD_SEQUENCE_COUNT("headers", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_upstream, headers,
                               n_headers, &header_schema, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t upstream_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_upstream, upstream_fields)};

static const cyaml_schema_value_t token_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED)};

static const cyaml_schema_field_t contract_fields[] = {
    TEXT_FIELD("address", offsetof(struct yaml_contract, address)),
    TEXT_FIELD("name", offsetof(struct yaml_contract, name)),
    TEXT_FIELD("abi", offsetof(struct yaml_contract, abi)),
    TEXT_FIELD("from_block", offsetof(struct yaml_contract, from_block)),
    TEXT_FIELD("proxy", offsetof(struct yaml_contract, proxy)),
    TEXT_FIELD("events", offsetof(struct yaml_contract, events)),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t contract_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_contract, contract_fields)};

static const cyaml_schema_field_t chain_fields[] = {
    TEXT_FIELD("name", offsetof(struct yaml_chain, name)),
    TEXT_FIELD("id", offsetof(struct yaml_chain, id)),
    TEXT_FIELD("native_symbol", offsetof(struct yaml_chain, native_symbol)),
    TEXT_FIELD("native_decimals", offsetof(struct yaml_chain, native_decimals)),
    TEXT_FIELD("block_time_ms", offsetof(struct yaml_chain, block_time_ms)),
    TEXT_FIELD("index_from", offsetof(struct yaml_chain, index_from)),
    CYAML_FIELD_SEQUENCE_COUNT("index_tokens", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_chain,
                               index_tokens, n_index_tokens, &token_schema, 0, CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE_COUNT("contracts", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_chain, contracts,
                               n_contracts, &contract_schema, 0, CYAML_UNLIMITED),
    CYAML_FIELD_SEQUENCE_COUNT("upstreams", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_chain, upstreams,
                               n_upstreams, &upstream_schema, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t chain_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct yaml_chain, chain_fields)};

static const cyaml_schema_field_t file_fields[] = {
#define SETTING(field, ...) \
    TEXT_FIELD(#field, offsetof(struct yaml_file, settings) + SETTING_INDEX_##field * sizeof(char *)),
#include "config.def"
#undef SETTING
    CYAML_FIELD_SEQUENCE_COUNT("chains", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct yaml_file, chains, n_chains,
                               &chain_schema, 0, CYAML_UNLIMITED),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct yaml_file, file_fields)};

/* By how many lists stand around: the keys of the file, of a chain, of an upstream, of a header. */
static const struct level {
    const cyaml_schema_field_t *fields;
    const char *where;
} levels[] = {
    {file_fields, "at the top level"},
    {chain_fields, "in a chain"},
    {upstream_fields, "in an upstream"},
    {header_fields, "in a header"},
};
static const struct level contract_level = {contract_fields, "in a contract"};
enum { LEVELS = sizeof levels / sizeof levels[0] };

enum finding { OTHER, UNKNOWN_KEY, KEY_TWICE, WRONG_SHAPE, BAD_SYNTAX, MORE_DOCUMENTS };

/* What libcyaml's log said. Its backtrace goes from the inside out, so the first of each kind counts. */
struct report {
    enum finding what;
    char text[128]; /* the key, or the message */
    char field[64]; /* the innermost key around, or "" */
    bool in_entry;  /* of a list that is the field's value */
    size_t n_lists; /* around */
    bool in_contracts;
    size_t line; /* 0 while unknown */
    size_t column;
};

/* The beginnings of libcyaml's format strings that matter here. */
static const struct clue {
    const char *format;
    enum finding what;
} clues[] = {
    {"Load: Unexpected key: ", UNKNOWN_KEY}, {"Load: Mapping field already seen: ", KEY_TWICE},
    {"Load: Expecting ", WRONG_SHAPE},       {"Load: libyaml: ", BAD_SYNTAX},
    {"Ignoring documents", MORE_DOCUMENTS},
};

/* In: a line of the backtrace, such as "  in mapping field 'listen' (line: 2, column: 3)". */
static void note_place(struct report *report, const char *place) {
    const char *at = strstr(place, "(line: ");
    if (report->line == 0 && at != NULL) {
        (void)sscanf(at, "(line: %zu, column: %zu)", &report->line, &report->column);
    }
    bool is_entry = strstr(place, "in sequence entry") != NULL;
    if (is_entry) report->n_lists++;
    report->in_contracts = report->in_contracts || strstr(place, "in mapping field 'contracts'") != NULL;
    if (report->field[0] != '\0') return;
    report->in_entry = report->in_entry || is_entry;
    (void)sscanf(place, " in mapping field '%63[^']'", report->field);
}

/* libcyaml's log function. */
__attribute__((format(printf, 3, 0))) static void collect(cyaml_log_t level, void *context, const char *format,
                                                          va_list args) {
    (void)level;
    struct report *report = context;
    char message[256];
    if (strncmp(format, "  in ", strlen("  in ")) == 0) {
        (void)vsnprintf(message, sizeof message, format, args);
        note_place(report, message);
        return;
    }
    for (size_t i = 0; i < sizeof clues / sizeof clues[0]; i++) {
        size_t len = strlen(clues[i].format);
        if (report->what != OTHER || strncmp(format, clues[i].format, len) != 0) continue;
        (void)vsnprintf(message, sizeof message, format, args);
        report->what = clues[i].what;
        (void)snprintf(report->text, sizeof report->text, "%.*s", (int)strcspn(message + len, "\n"), message + len);
        return;
    }
}

/* True when a line that starts here begins with the key, as itself, quoted or as the first of a list's entry. */
static bool begins_with_key(const char *at, const char *end, const char *key) {
    size_t len = strlen(key);
    while (at < end && strchr(" -\"'", *at) != NULL && *at != '\0') at++;
    if ((size_t)(end - at) < len || memcmp(at, key, len) != 0) return false;
    at += len;
    while (at < end && strchr(" \"'", *at) != NULL && *at != '\0') at++;
    return at < end && *at == ':';
}

size_t config_yaml_find_key(const char *key, const uint8_t *text, size_t len, size_t line, size_t column) {
    const char *at = (const char *)text, *end = at + len;
    for (size_t n = 1; at < end; n++) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (line_end == NULL) line_end = end;
        size_t skip = n == line && column > 1 ? column - 1 : 0;
        bool reached = n >= line && skip <= (size_t)(line_end - at);
        if (reached && begins_with_key(at + skip, line_end, key)) return n;
        at = line_end + 1;
    }
    return 0;
}

static const char *nearest_key(const struct level *level, const char *key) {
    const char *candidates[SETTINGS_COUNT + 1];
    size_t n = 0;
    for (const cyaml_schema_field_t *field = level->fields; field->key != NULL; field++) candidates[n++] = field->key;
    return config_nearest(candidates, n, key, strlen(key));
}

/* A YAML shape in words, for libcyaml's name of a type or an event. */
static const char *shape_in_words(const char *name) {
    if (strncmp(name, "SEQUENCE", strlen("SEQUENCE")) == 0) return "a list";
    if (strncmp(name, "MAPPING", strlen("MAPPING")) == 0) return "keys with values";
    return "a single value";
}

static enum err fail_shape(const struct config_loader *loader, const char *place, const struct report *report) {
    char wanted[32] = "", found[32] = "";
    (void)sscanf(report->text, "%31[A-Z_], got event: %31[A-Z_]", wanted, found);
    char quoted[CONFIG_QUOTE_BYTES] = "the file";
    if (report->field[0] != '\0') (void)config_quote_name(quoted, report->field, strlen(report->field));
    return config_fail(loader, "%s: %s%s must be %s, not %s", place, report->in_entry ? "each entry of " : "", quoted,
                       shape_in_words(wanted), shape_in_words(found));
}

static enum err fail_report(const struct config_loader *loader, const char *place, const struct report *report,
                            cyaml_err_t error) {
    const struct level *level = report->in_contracts && report->n_lists == 2
                                    ? &contract_level
                                    : &levels[report->n_lists < LEVELS ? report->n_lists : LEVELS - 1];
    char quoted[CONFIG_QUOTE_BYTES];
    (void)config_quote_name(quoted, report->text, strlen(report->text));
    switch (report->what) {
    case UNKNOWN_KEY:
        return config_fail(loader, "%s: unknown key %s %s; the nearest known one is \"%s\"", place, quoted,
                           level->where, nearest_key(level, report->text));
    case KEY_TWICE:
        return config_fail(loader, "%s: the key %s appears twice", place, quoted);
    case WRONG_SHAPE:
        return fail_shape(loader, place, report);
    case BAD_SYNTAX:
        return config_fail(loader, "%s: not valid YAML: %s", place, report->text);
    case MORE_DOCUMENTS:
        return config_fail(loader, "%s: more than one YAML document", place);
    case OTHER:
        break;
    }
    return config_fail(loader, "%s: cannot be read: %s", place, cyaml_strerror(error));
}

static const cyaml_config_t *cyaml_settings(cyaml_config_t *out, struct report *report) {
    *out = (cyaml_config_t){.log_fn = collect,
                            .log_ctx = report,
                            .mem_fn = cyaml_mem,
                            .log_level = CYAML_LOG_DEBUG, /* the level of a message is not the same in all releases */
                            .flags = CYAML_CFG_NO_ALIAS};
    return out;
}

enum err config_yaml_parse(struct yaml_file **out, const struct config_loader *loader, const char *name,
                           const uint8_t *text, size_t len) {
    *out = NULL;
    if (len == 0) return ERR_OK; /* libyaml takes no empty text */
    struct report report = {.what = OTHER};
    cyaml_config_t settings;
    cyaml_data_t *data = NULL;
    cyaml_err_t error = cyaml_load_data(text, len, cyaml_settings(&settings, &report), &file_schema, &data, NULL);
    *out = data;
    if (error == CYAML_OK && report.what == OTHER) return ERR_OK;

    config_yaml_free(*out);
    *out = NULL;
    size_t line = report.line;
    if (report.what == UNKNOWN_KEY || report.what == KEY_TWICE) {
        /* libcyaml tells where the value before the key stands. */
        size_t found = config_yaml_find_key(report.text, text, len, report.line, report.column);
        if (found > 0) line = found;
    }
    char place[CONFIG_ORIGIN_BYTES];
    return fail_report(loader, config_place(place, name, line), &report, error);
}

void config_yaml_free(struct yaml_file *yaml) {
    struct report unused = {.what = OTHER};
    cyaml_config_t settings;
    if (yaml != NULL) (void)cyaml_free(cyaml_settings(&settings, &unused), &file_schema, yaml, 0);
}
