/* Unix seconds and RFC 3339. Owns nothing; pure. */
#include "core/timestamp.h"

#include "core/decimal.h"

enum { SECONDS_A_DAY = 86400 };

struct reader {
    const char *p;
    const char *end;
    bool failed;
};

static bool take(struct reader *r, const char *any) {
    for (; r->p < r->end && *any != '\0'; any++) {
        if (*r->p != *any) continue;
        r->p++;
        return true;
    }
    return false;
}

static void expect(struct reader *r, const char *any) {
    if (!take(r, any)) r->failed = true;
}

static bool is_digit(const struct reader *r) {
    return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

static int64_t number(struct reader *r, int digits, int64_t min, int64_t max) {
    int64_t value = 0;
    for (int i = 0; i < digits; i++) {
        if (!is_digit(r)) {
            r->failed = true;
            return min;
        }
        value = value * 10 + (*r->p++ - '0');
    }
    if (value < min || value > max) r->failed = true;
    return value;
}

static int64_t days_in_month(int64_t year, int64_t month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

/* Days since 1970-01-01 of the Gregorian calendar: leap days before the year, then the months before. */
static int64_t days_before(int64_t year, int64_t month, int64_t day) {
    int64_t y = year - 1;
    int64_t days = 365 * (year - 1970) + (y / 4 - y / 100 + y / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
    for (int64_t m = 1; m < month; m++) days += days_in_month(year, m);
    return days + day - 1;
}

static int64_t date(struct reader *r) {
    int64_t year = number(r, 4, 1969, 9999); /* an offset may lead from 1969 to 1970 */
    expect(r, "-");
    int64_t month = number(r, 2, 1, 12);
    expect(r, "-");
    if (r->failed) return 0;
    int64_t day = number(r, 2, 1, days_in_month(year, month));
    return days_before(year, month, day) * SECONDS_A_DAY;
}

static int64_t time_of_day(struct reader *r) {
    int64_t hour = number(r, 2, 0, 23);
    expect(r, ":");
    int64_t minute = number(r, 2, 0, 59);
    expect(r, ":");
    return hour * 3600 + minute * 60 + number(r, 2, 0, 60); /* 60: a leap second, which unix time does not count */
}

static bool fraction(struct reader *r) {
    bool any = false;
    if (!take(r, ".")) return false;
    if (!is_digit(r)) r->failed = true;
    for (; is_digit(r); r->p++) any = any || *r->p != '0';
    return any;
}

static int64_t offset(struct reader *r) {
    if (take(r, "Zz")) return 0;
    bool is_west = take(r, "-");
    if (!is_west) expect(r, "+ ");
    int64_t hours = number(r, 2, 0, 23);
    expect(r, ":");
    int64_t seconds = hours * 3600 + number(r, 2, 0, 59) * 60;
    return is_west ? -seconds : seconds;
}

bool timestamp_parse(uint64_t *seconds, bool *is_cut, const char *text, size_t len) {
    if (decimal_parse_u64(seconds, text, len)) {
        *is_cut = false;
        return true;
    }
    struct reader r = {.p = text, .end = text + len};
    int64_t value = date(&r);
    expect(&r, "Tt ");
    value += time_of_day(&r);
    bool cut = fraction(&r);
    value -= offset(&r);
    if (r.failed || r.p != r.end || value < 0) return false;
    *seconds = (uint64_t)value;
    *is_cut = cut;
    return true;
}
