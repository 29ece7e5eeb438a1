/* Feeds middleware/accept_encoding any header: a second reader that works with libc's string functions must agree, and
 * neither spaces around the commas nor other codings may change the answer.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "middleware/accept_encoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cuts spaces and tabs off both ends, in place. */
static char *trim(char *text) {
    text += strspn(text, " \t");
    size_t len = strlen(text);
    while (len > 0 && strchr(" \t", text[len - 1]) != NULL) text[--len] = '\0';
    return text;
}

/* In: parameters, what follows the coding's name. The first q counts. */
static bool has_weight(char *parameters) {
    char *parameter;
    while ((parameter = strsep(&parameters, ";")) != NULL) {
        char *name = strsep(&parameter, "=");
        if (strcasecmp(trim(name), "q") != 0) continue;
        char *weight = strsep(&parameter, "=");
        return weight != NULL && strspn(trim(weight), "0.") < strlen(trim(weight));
    }
    return true;
}

/* In: text is cut to pieces. */
static bool second_opinion(char *text) {
    bool any = false;
    char *item;
    while ((item = strsep(&text, ",")) != NULL) {
        char *coding = trim(strsep(&item, ";"));
        if (strcasecmp(coding, "gzip") == 0 || strcasecmp(coding, "x-gzip") == 0) return has_weight(item);
        if (strcmp(coding, "*") == 0) any = has_weight(item);
    }
    return any;
}

static void check_variant(const char *before, const char *text, const char *behind, bool want) {
    char *variant;
    int len = asprintf(&variant, "%s%s%s", before, text, behind);
    assert(len >= 0 && accepts_gzip(variant, (size_t)len) == want);
    free(variant);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    bool accepted = accepts_gzip((const char *)data, size);
    if (size > 0 && memchr(data, '\0', size) != NULL) return 0; /* for the sanitizers alone */
    char *text = strndup((const char *)data, size);
    assert(text != NULL);

    check_variant("br;q=0.5, deflate ,", text, "", accepted);
    check_variant(" ", text, "\t,, identity;q=0", accepted);
    check_variant("gzip,", text, "", true);
    check_variant("gzip;q=0.0,", text, "", false);
    assert(second_opinion(text) == accepted);
    free(text);
    return 0;
}
