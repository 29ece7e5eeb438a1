/* Feeds middleware/etag_list any list: libc's regular expressions must find the same tags, weak or not, and a tag that
 * is put at the end of a list is found there. Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <regex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "middleware/etag_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Searches the quoted strings of the list one after the other. */
static bool second_opinion(const char *list, const char *quoted) {
    regex_t expression;
    regmatch_t found;
    bool has = strcmp(list, "*") == 0;
    assert(regcomp(&expression, "\"[^\"]*\"", REG_EXTENDED) == 0);
    while (!has && regexec(&expression, list, 1, &found, 0) == 0) {
        size_t len = (size_t)(found.rm_eo - found.rm_so);
        has = len == strlen(quoted) && strncmp(list + found.rm_so, quoted, len) == 0;
        list += found.rm_eo;
    }
    regfree(&expression);
    return has;
}

static size_t count_quotes(const char *text) {
    size_t n = 0;
    for (; *text != '\0'; text++) n += *text == '"';
    return n;
}

static void check_appended(const char *list, const char *etag) {
    char *longer;
    int len = asprintf(&longer, "%s, %s", list, etag);
    assert(len >= 0);
    if (count_quotes(list) % 2 == 0) assert(etag_list_has(longer, (size_t)len, etag)); /* else it closes a quote */
    free(longer);
}

static void check(const char *list, const char *etag) {
    char weak[64];
    (void)snprintf(weak, sizeof weak, "W/%s", etag);
    bool has = etag_list_has(list, strlen(list), etag);
    assert(etag_list_has(list, strlen(list), weak) == has);
    assert(second_opinion(list, etag) == has);
    check_appended(list, weak);
}

/* The first bytes, up to a line feed, are the tag that is looked for; the rest is the list. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    (void)etag_list_has((const char *)data, size, "W/\"0123456789abcdef0123456789abcdef\"");
    if (size > 0 && memchr(data, '\0', size) != NULL) return 0; /* for the sanitizers alone */
    char *text = strndup((const char *)data, size), *list = text, etag[32];
    assert(text != NULL);
    const char *tag = strsep(&list, "\n");
    if (list != NULL && strchr(tag, '"') == NULL && strlen(tag) < sizeof etag - 3) {
        (void)snprintf(etag, sizeof etag, "\"%s\"", tag);
        check(list, etag);
    }
    free(text);
    return 0;
}
