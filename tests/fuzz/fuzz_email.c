/* Feeds services/email any text: it must agree with a regular expression of libc and with the lengths of the standard.
 * Owns the compiled expression, until the process ends.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <regex.h>
#include <stdint.h>
#include <string.h>

#include "services/email.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ATOM "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
#define LABEL "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#define LAST "[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

static const regex_t *expression(void) {
    static regex_t compiled;
    static int made;
    if (!made)
        assert(regcomp(&compiled, "^" ATOM "(\\." ATOM ")*@(" LABEL "\\.)+" LAST "$", REG_EXTENDED | REG_NOSUB) == 0);
    made = 1;
    return &compiled;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    char copy[EMAIL_MAX_BYTES + 1];
    bool valid = email_is_valid(text, size), expected = size <= EMAIL_MAX_BYTES;
    if (expected) {
        memcpy(copy, text, size);
        copy[size] = '\0';
        expected = strlen(copy) == size && strcspn(copy, "@") <= EMAIL_LOCAL_MAX_BYTES &&
                   regexec(expression(), copy, 0, NULL, 0) == 0;
    }
    assert(valid == expected);
    return 0;
}
