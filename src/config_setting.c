/* The settings table, and what is allowed in each: the same check for flag, environment, file and default.
 * Owns nothing; values are copied into the loader's arena.
 * Main thread, while the configuration is loaded. */
#include "config_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/comma_list.h"
#include "core/decimal.h"
#include "core/listen_address.h"
#include "core/log.h"
#include "core/peer_address.h"
#include "eth/address.h"
#include "repos/pg.h"
#include "services/auth.h"
#include "services/key_ring.h"

const struct setting config_settings[SETTINGS_COUNT] = {
#define SETTING(field, type_, default_, unit_, min_, max_, secret_, help_) \
    [SETTING_INDEX_##field] = {.key = #field, \
                               .type = SETTING_TYPE_##type_, \
                               .default_text = (default_), \
                               .unit = (unit_), \
                               .min = (min_), \
                               .max = (max_), \
                               .secret = (secret_), \
                               .help = (help_), \
                               .offset = offsetof(struct config, field)},
#include "config.def"
#undef SETTING
};

/* A part of a value. */
struct part {
    const char *p;
    size_t len;
};

/* Returns false and sets *bad to the part that is wrong. */
typedef bool (*check_fn)(struct part *bad, const char *value);

static bool check_listen(struct part *bad, const char *value) {
    struct listen_address listen;
    *bad = (struct part){value, strlen(value)};
    return listen_address_parse(&listen, value, bad->len) == ERR_OK;
}

static bool check_log(struct part *bad, const char *value) {
    enum log_level levels[LOG_MODULE_COUNT];
    return log_parse(levels, &bad->p, &bad->len, value);
}

/* In: words, ended by NULL. */
static bool check_word(struct part *bad, const char *value, const char *const *words) {
    *bad = (struct part){value, strlen(value)};
    while (*words != NULL && strcmp(value, *words) != 0) words++;
    return *words != NULL;
}

static bool check_log_format(struct part *bad, const char *value) {
    return check_word(bad, value, (const char *const[]){"json", "text", "auto", NULL});
}

static bool check_switch(struct part *bad, const char *value) {
    return check_word(bad, value, (const char *const[]){"on", "off", NULL});
}

static bool check_database_url(struct part *bad, const char *value) {
    *bad = (struct part){value, strlen(value)};
    return value[0] == '\0' || pg_url_is_valid(value);
}

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

/* How many bytes from the start are of the set, at most len. */
static size_t span(const char *text, size_t len, const char *set) {
    size_t n = strspn(text, set);
    return n < len ? n : len;
}

/* A host, or host:port, in lower case as browsers write it. */
static bool is_authority(const char *text, size_t len) {
    size_t n;
    if (len > 0 && text[0] == '[') {
        n = 1 + span(text + 1, len - 1, DIGITS "abcdef:.");
        if (n == 1 || n == len || text[n++] != ']') return false;
    } else {
        n = span(text, len, LOWER DIGITS ".-_");
        if (n == 0) return false;
    }
    if (n == len) return true;
    uint64_t port;
    return text[n] == ':' && decimal_parse_u64(&port, text + n + 1, len - n - 1) && port >= 1 && port <= 65535;
}

/* *, or an origin: scheme://host or scheme://host:port. Source: RFC 6454, section 6.2. */
static bool is_origin(const char *text, size_t len) {
    if (len == 1 && text[0] == '*') return true;
    size_t n = span(text, len, LOWER DIGITS "+.-");
    if (n == 0 || len - n < 3 || memcmp(text + n, "://", 3) != 0) return false;
    return is_authority(text + n + 3, len - n - 3);
}

static bool is_address(const char *text, size_t len) {
    address parsed;
    return address_parse(&parsed, text, len) == ERR_OK;
}

/* In: max, how many entries there may be. */
static bool check_list(struct part *bad, const char *value, bool (*is_entry)(const char *text, size_t len),
                       size_t max) {
    for (struct comma_list list = comma_list_of(value); comma_list_next(&list); max--) {
        *bad = (struct part){list.entry, list.len};
        if (max == 0 || !is_entry(list.entry, list.len)) return false;
    }
    return true;
}

static bool check_cors_origins(struct part *bad, const char *value) {
    return check_list(bad, value, is_origin, SIZE_MAX);
}

static bool check_auth_domains(struct part *bad, const char *value) {
    return check_list(bad, value, is_authority, MAX_AUTH_DOMAINS);
}

static bool check_admins(struct part *bad, const char *value) {
    return check_list(bad, value, is_address, MAX_ADMINS);
}

static bool is_network(const char *text, size_t len) {
    struct peer_network parsed;
    return peer_network_parse(&parsed, text, len);
}

static bool check_trusted_proxies(struct part *bad, const char *value) {
    return check_list(bad, value, is_network, SIZE_MAX);
}

static bool check_auth_keys(struct part *bad, const char *value) {
    return key_ring_setting_is_valid(&bad->p, &bad->len, value);
}

static bool check_data_dir(struct part *bad, const char *value) {
    *bad = (struct part){value, strlen(value)};
    return bad->len > 0;
}

/* What a text must be beyond its length. A list may have spaces around its commas. */
static const struct rule {
    bool is_list;
    check_fn check;
    const char *allowed;
} rules[SETTINGS_COUNT] = {
    [SETTING_INDEX_listen] = {false, check_listen, "a numeric IPv4 address:port, [IPv6 address]:port or unix:/path"},
    [SETTING_INDEX_log] =
        {true, check_log,
         "a level (error, warn, info, debug), or levels per module (app, http, access, rpc, head, db, index) such as "
         "info,rpc=debug"},
    [SETTING_INDEX_log_format] = {false, check_log_format, "json, text or auto"},
    [SETTING_INDEX_cors_origins] = {true, check_cors_origins,
                                    "a list of * or scheme://host[:port], in lower case and without a path"},
    [SETTING_INDEX_database_url] = {false, check_database_url,
                                    "a libpq connection string, such as postgresql://user@host/database"},
    [SETTING_INDEX_index] = {false, check_switch, "on or off"},
    [SETTING_INDEX_auth_domains] = {true, check_auth_domains,
                                    "a list of at most 64 host or host:port, in lower case and without a scheme"},
    [SETTING_INDEX_auth_keys] = {true, check_auth_keys,
                                 "a list of at most 16 name:base64url, each name once, each key of 32 to 1024 bytes"},
    [SETTING_INDEX_admins] = {true, check_admins,
                              "a list of at most 64 addresses, in mixed case only with the right checksum"},
    [SETTING_INDEX_data_dir] = {false, check_data_dir, "the path of a folder"},
    [SETTING_INDEX_trusted_proxies] = {true, check_trusted_proxies,
                                       "a list of numeric addresses, networks such as 10.0.0.0/8 or fd00::/8 with no "
                                       "bits behind the prefix, or unix"},
    [SETTING_INDEX_rate_limit] = {false, check_switch, "on or off"},
    [SETTING_INDEX_index_tokens] = {.is_list = true}, /* checked where a chain's index is put together */
    [SETTING_INDEX_rpc_urls] = {.is_list = true},     /* checked where they become upstreams */
};

/* Takes out the spaces around commas and at both ends, in place. */
static void trim_list(char *text) {
    char *to = text, *entry = text;
    for (const char *from = text;; from++) {
        if (*from == ' ' && to == entry) continue;
        bool ends = *from == ',' || *from == '\0';
        while (ends && to > entry && to[-1] == ' ') to--;
        *to++ = *from;
        if (*from == '\0') return;
        if (ends) entry = to;
    }
}

/* The start of every sentence about a wrong value: setting, value and where it came from. */
static char *wrong_value(char out[CONFIG_ORIGIN_BYTES], const struct setting *setting, const char *value,
                         const char *origin) {
    char quoted[CONFIG_QUOTE_BYTES] = "the value";
    if (!setting->secret) (void)config_quote(quoted, value, strlen(value));
    (void)snprintf(out, CONFIG_ORIGIN_BYTES, "%s: %s from %s is not allowed", setting->key, quoted, origin);
    return out;
}

static enum err set_count(const struct config_loader *loader, const struct setting *setting, const char *value,
                          const char *origin) {
    uint64_t count;
    if (decimal_parse_u64(&count, value, strlen(value)) && count >= setting->min && count <= setting->max) {
        memcpy((char *)loader->config + setting->offset, &count, sizeof count);
        return ERR_OK;
    }
    char start[CONFIG_ORIGIN_BYTES];
    return config_fail(loader, "%s; it must be a number%s%s from %llu to %llu in plain decimal digits",
                       wrong_value(start, setting, value, origin), setting->unit[0] != '\0' ? " of " : "",
                       setting->unit, (unsigned long long)setting->min, (unsigned long long)setting->max);
}

static enum err set_text(const struct config_loader *loader, const struct setting *setting, const char *value,
                         const char *origin) {
    size_t len = strlen(value);
    if (len > setting->max) {
        return config_fail(loader, "%s: the value from %s is too long; at most %llu bytes are allowed", setting->key,
                           origin, (unsigned long long)setting->max);
    }
    const struct rule *rule = &rules[setting - config_settings];
    char *copy = config_copy(loader, value, len);
    if (rule->is_list) trim_list(copy);

    struct part bad;
    if (rule->check != NULL && !rule->check(&bad, copy)) {
        char start[CONFIG_ORIGIN_BYTES], where[CONFIG_QUOTE_BYTES] = "";
        bool is_part = bad.len < strlen(copy) && !setting->secret;
        return config_fail(loader, "%s%s%s; it must be %s", wrong_value(start, setting, value, origin),
                           is_part ? " at " : "", is_part ? config_quote(where, bad.p, bad.len) : "", rule->allowed);
    }
    memcpy((char *)loader->config + setting->offset, &copy, sizeof copy);
    return ERR_OK;
}

enum err config_set(struct config_loader *loader, const struct setting *setting, const char *value,
                    const char *origin) {
    loader->origins[setting - config_settings] = config_copy(loader, origin, strlen(origin));
    return setting->type == SETTING_TYPE_COUNT ? set_count(loader, setting, value, origin)
                                               : set_text(loader, setting, value, origin);
}
