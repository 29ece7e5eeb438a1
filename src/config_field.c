/* What the fields of the file's lists have in common: names, numbers, and texts that refer to the environment.
 * Owns nothing; copies go into the loader's arena.
 * Main thread, while the configuration is loaded. */
#include "config_internal.h"

#include <string.h>

#include "core/buf.h"
#include "core/decimal.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

enum { MAX_NAME_LEN = 64, MAX_EXPANDED_BYTES = 64 * 1024 };

/* A name goes into URLs, logs and metrics, and stands beside chain ids: letters, digits and . _ -, not digits alone. */
static bool is_name(const char *text) {
    size_t len = strlen(text);
    return len >= 1 && len <= MAX_NAME_LEN && strspn(text, LETTERS DIGITS "._-") == len && strspn(text, DIGITS) < len;
}

enum err config_take_name(const struct config_loader *loader, const char **out, const char *origin, const char *whose,
                          const char *text) {
    if (text == NULL) return ERR_OK;
    if (is_name(text)) {
        *out = config_copy(loader, text, strlen(text));
        return ERR_OK;
    }
    char quoted[CONFIG_QUOTE_BYTES];
    return config_fail(loader,
                       "%s: the %s name %s is not allowed; it must be 1 to %d letters, digits, dots, dashes and "
                       "underscores, and not digits alone",
                       origin, whose, config_quote_name(quoted, text, strlen(text)), MAX_NAME_LEN);
}

static enum err take_number(const struct config_loader *loader, const struct config_item *item,
                            const struct config_number *number) {
    uint64_t value;
    const char *text = number->text;
    if (text == NULL) return ERR_OK;
    if (decimal_parse_u64(&value, text, strlen(text)) && value >= number->min && value <= number->max) {
        *number->out = value;
        return ERR_OK;
    }
    char quoted[CONFIG_QUOTE_BYTES];
    return config_fail(loader,
                       "%s: %s %s of %s is not allowed; it must be a number from %llu to %llu in plain decimal digits",
                       item->origin, number->key, config_quote_name(quoted, text, strlen(text)), item->what,
                       (unsigned long long)number->min, (unsigned long long)number->max);
}

enum err config_take_numbers(const struct config_loader *loader, const struct config_item *item,
                             const struct config_number *numbers, size_t n) {
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < n; i++) err = take_number(loader, item, &numbers[i]);
    return err;
}

/* Appends the value of the variable that a reference names. In: reference, from its ${ on. Out: end, behind its }. */
static enum err append_variable(struct buf *buf, const char **end, const struct config_loader *loader,
                                const struct config_item *item, const char *reference) {
    const char *name = reference + strlen("${");
    size_t len = strspn(name, LETTERS DIGITS "_");
    if (len == 0 || len >= CONFIG_NAME_BYTES || name[len] != '}' || strchr(DIGITS, name[0]) != NULL) {
        return config_fail(loader, "%s: %s: behind ${ must come the name of an environment variable and }",
                           item->origin, item->what);
    }
    char copy[CONFIG_NAME_BYTES] = "";
    memcpy(copy, name, len);
    const char *value = loader->env(copy);
    if (value == NULL || value[0] == '\0') {
        return config_fail(loader, "%s: %s: the environment variable %s is not set, or empty", item->origin, item->what,
                           copy);
    }
    buf_append_str(buf, value);
    *end = name + len + 1;
    return ERR_OK;
}

static enum err expand(struct buf *buf, const struct config_loader *loader, const struct config_item *item,
                       const char *text) {
    const char *reference;
    while ((reference = strstr(text, "${")) != NULL) {
        buf_append(buf, text, (size_t)(reference - text));
        enum err err = append_variable(buf, &text, loader, item, reference);
        if (err != ERR_OK) return err;
    }
    buf_append_str(buf, text);
    if (buf->failed) return config_fail(loader, "%s: %s: a value is too long", item->origin, item->what);
    return ERR_OK;
}

enum err config_expand(const struct config_loader *loader, const char **out, const struct config_item *item,
                       const char *text) {
    struct buf buf;
    buf_init(&buf, MAX_EXPANDED_BYTES);
    enum err err = expand(&buf, loader, item, text);
    if (err == ERR_OK) *out = config_copy(loader, buf.len > 0 ? buf.data : "", buf.len);
    buf_free(&buf);
    return err;
}
