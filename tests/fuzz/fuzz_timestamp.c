/* Feeds core/timestamp any text: what is taken as a date is the one that libc's timegm makes of the same numbers.
 * Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In: text that was taken, and is no plain number. */
static int64_t second_opinion(const char *text, size_t len) {
    struct tm tm = {.tm_isdst = 0};
    int hours = 0, minutes = 0;
    assert(sscanf(text, "%4d-%2d-%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday) == 3);
    assert(sscanf(text + 11, "%2d:%2d:%2d", &tm.tm_hour, &tm.tm_min, &tm.tm_sec) == 3);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t seconds = timegm(&tm);
    if (text[len - 1] == 'Z' || text[len - 1] == 'z') return seconds;
    assert(sscanf(text + len - 5, "%2d:%2d", &hours, &minutes) == 2);
    int64_t offset = hours * 3600 + minutes * 60;
    return text[len - 6] == '-' ? seconds + offset : seconds - offset;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[128] = "";
    uint64_t seconds = 99;
    bool is_cut = true;
    if (size >= sizeof text) return 0;
    if (size > 0) memcpy(text, data, size);
    if (!timestamp_parse(&seconds, &is_cut, (const char *)data, size)) {
        assert(seconds == 99 && is_cut);
    } else if (strspn(text, "0123456789") < size) {
        assert((int64_t)seconds == second_opinion(text, size));
    }
    return 0;
}
