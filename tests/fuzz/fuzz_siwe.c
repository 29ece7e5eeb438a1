/* Feeds eth/siwe any message: what is taken can be written again from its fields, byte for byte, so that no byte of it
 * was passed over. Times have many spellings: the one that stands there is read a second time, with libc.
 * Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "eth/siwe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
    const char *p;
    const char *end;
};

static void pass(struct walk *w, const char *text, size_t len) {
    assert((size_t)(w->end - w->p) >= len && memcmp(w->p, text, len) == 0);
    w->p += len;
}

static void pass_words(struct walk *w, const char *words) {
    pass(w, words, strlen(words));
}

/* The field is the very place in the message that the walk has come to. */
static void pass_field(struct walk *w, struct siwe_text text) {
    assert(text.p == w->p && text.len <= (size_t)(w->end - w->p));
    w->p += text.len;
}

/* Returns how far the zone is east of Greenwich. In: what stands behind seconds and fraction. */
static int64_t zone_offset(const char *zone, size_t len) {
    char text[7] = "";
    int hours = 0, minutes = 0;
    if (len == 1) {
        assert(*zone == 'Z' || *zone == 'z');
        return 0;
    }
    assert(len == 6 && (*zone == '+' || *zone == '-'));
    memcpy(text, zone, len);
    assert(sscanf(text + 1, "%2d:%2d", &hours, &minutes) == 2);
    int64_t offset = hours * 3600 + minutes * 60;
    return *zone == '-' ? -offset : offset;
}

/* Returns the seconds, a fraction rounded up if asked. */
static uint64_t pass_time(struct walk *w, bool up) {
    char text[20] = "";
    struct tm tm = {.tm_isdst = 0};
    size_t left = (size_t)(w->end - w->p);
    assert(left > 19);
    memcpy(text, w->p, 19);
    assert(sscanf(text, "%4d-%2d-%2d%*1[Tt]%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
                  &tm.tm_sec) == 6);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    const char *zone = w->p + 19;
    bool is_cut = false;
    if (*zone == '.') {
        for (zone++; zone < w->end && *zone >= '0' && *zone <= '9'; zone++) is_cut = is_cut || *zone != '0';
    }
    const char *feed = memchr(zone, '\n', (size_t)(w->end - zone));
    w->p = feed != NULL ? feed : w->end;
    return (uint64_t)(timegm(&tm) - zone_offset(zone, (size_t)(w->p - zone)) + (up && is_cut ? 1 : 0));
}

static void pass_head(struct walk *w, const struct siwe_message *m) {
    char digits[ADDRESS_TEXT_BYTES];
    if (m->scheme.p != NULL) {
        pass_field(w, m->scheme);
        pass_words(w, "://");
    }
    pass_field(w, m->domain);
    pass_words(w, " wants you to sign in with your Ethereum account:\n");
    pass_words(w, address_format(digits, &m->address));
    pass_words(w, "\n\n");
    if (m->statement.p != NULL) {
        pass_field(w, m->statement);
        pass_words(w, "\n");
    }
}

static void pass_tail(struct walk *w, const struct siwe_message *m) {
    if (m->has_expiration) {
        pass_words(w, "\nExpiration Time: ");
        assert(pass_time(w, false) == m->expiration_s);
    }
    if (m->has_not_before) {
        pass_words(w, "\nNot Before: ");
        assert(pass_time(w, true) == m->not_before_s);
    }
    if (m->request_id.p != NULL) {
        pass_words(w, "\nRequest ID: ");
        pass_field(w, m->request_id);
    }
    if (w->p < w->end) pass_words(w, "\nResources:");
    for (size_t i = 0; i < m->n_resources; i++) {
        pass_words(w, "\n- ");
        const char *feed = memchr(w->p, '\n', (size_t)(w->end - w->p));
        w->p = feed != NULL ? feed : w->end;
    }
}

static void check(const struct siwe_message *m, const char *text, size_t size) {
    struct walk w = {.p = text, .end = text + size};
    char number[64];
    pass_head(&w, m);
    pass_words(&w, "\nURI: ");
    pass_field(&w, m->uri);
    snprintf(number, sizeof number, "\nVersion: 1\nChain ID: %" PRIu64 "\nNonce: ", m->chain_id);
    pass_words(&w, number);
    pass_field(&w, m->nonce);
    pass_words(&w, "\nIssued At: ");
    assert(pass_time(&w, false) == m->issued_at_s);
    pass_tail(&w, m);
    assert(w.p == w.end);
}

/* A URI of the message's domain begins with it, and what follows cannot lengthen the host. */
static void check_domain(const struct siwe_message *m) {
    if (!siwe_uri_is_of_domain(m)) return;
    struct walk w = {.p = m->uri.p, .end = m->uri.p + m->uri.len};
    pass_words(&w, "http");
    if (*w.p == 's') w.p++;
    pass_words(&w, "://");
    pass(&w, m->domain.p, m->domain.len);
    assert(w.p == w.end || *w.p == '/' || *w.p == '?' || *w.p == '#');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const char *text = (const char *)data;
    char problem[SIWE_PROBLEM_BYTES];
    struct siwe_message m;
    memset(problem, 'x', sizeof problem);
    if (siwe_parse(&m, problem, text, size) == ERR_OK) {
        check(&m, text, size);
        check_domain(&m);
    } else {
        assert(memchr(problem, '\0', sizeof problem) != NULL);
    }
    return 0;
}
