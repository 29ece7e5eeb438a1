/* A wallet shows the message to its owner line by line, so dappd reads nothing in it that the owner could not see: each
 * line is the one that the standard's grammar has in its place, and nothing stands between, before or behind them.
 * Owns nothing; what is parsed points into the message.
 * Any thread: pure functions. Source: EIP-4361; RFC 3986 for domain and URIs, RFC 3339 for times. */
#include "eth/siwe.h"

#include <stdio.h>
#include <string.h>

#include "core/decimal.h"
#include "core/timestamp.h"
#include "uri.h"

enum { NONCE_MIN_CHARACTERS = 8 };

struct reader {
    const char *next; /* NULL behind the last line */
    const char *end;
    struct siwe_text line; /* p is NULL behind the last one */
    size_t number;         /* of the line, from 1 */
    char *problem;
};

static enum err refuse(const struct reader *r, const char *belongs) {
    snprintf(r->problem, SIWE_PROBLEM_BYTES, "line %zu of the message: %s", r->number, belongs);
    return ERR_INVALID_MESSAGE;
}

/* A line feed at the very end begins one more line, an empty one, which belongs nowhere. */
static void advance(struct reader *r) {
    r->number++;
    r->line = (struct siwe_text){.p = NULL};
    if (r->next == NULL) return;
    const char *feed = memchr(r->next, '\n', (size_t)(r->end - r->next));
    const char *stop = feed != NULL ? feed : r->end;
    r->line = (struct siwe_text){.p = r->next, .len = (size_t)(stop - r->next)};
    r->next = feed != NULL ? feed + 1 : NULL;
}

static bool is_empty(struct siwe_text line) {
    return line.p != NULL && line.len == 0;
}

/* Out: what follows the label. */
static bool has_label(struct siwe_text *value, struct siwe_text line, const char *label) {
    size_t n = strlen(label);
    if (line.len < n || memcmp(line.p, label, n) != 0) return false;
    *value = (struct siwe_text){.p = line.p + n, .len = line.len - n};
    return true;
}

static bool text_equal(struct siwe_text text, const char *p, size_t len) {
    return text.len == len && memcmp(text.p, p, len) == 0;
}

static bool is_uri(struct siwe_text text) {
    struct uri uri;
    return uri_parse(&uri, text.p, text.len);
}

static bool read_domain(struct siwe_message *m, struct siwe_text line) {
    static const char after[] = " wants you to sign in with your Ethereum account:";
    size_t n = sizeof after - 1;
    if (line.len < n || memcmp(line.p + line.len - n, after, n) != 0) return false;
    struct siwe_text domain = {.p = line.p, .len = line.len - n};
    const char *colon = memchr(domain.p, ':', domain.len);
    struct siwe_text rest = {.p = NULL};
    if (colon != NULL) rest = (struct siwe_text){.p = colon, .len = domain.len - (size_t)(colon - domain.p)};
    if (has_label(&rest, rest, "://")) {
        m->scheme = (struct siwe_text){.p = domain.p, .len = (size_t)(colon - domain.p)};
        if (!uri_is_scheme(m->scheme.p, m->scheme.len)) return false;
        domain = rest;
    }
    m->domain = domain;
    return uri_is_site(domain.p, domain.len);
}

/* The standard wants the checksum, also where address_parse takes digits of one case for want of one. */
static enum err read_address(struct siwe_message *m, const struct reader *r) {
    enum err err = address_parse(&m->address, r->line.p, r->line.len);
    if (err == ERR_INVALID_ADDRESS) return refuse(r, "an address, 0x and 40 hex digits");
    char expected[ADDRESS_TEXT_BYTES];
    if (err == ERR_OK && text_equal(r->line, address_format(expected, &m->address), ADDRESS_TEXT_BYTES - 1)) return err;
    (void)refuse(r, "the address must be in the upper and lower case of EIP-55");
    return ERR_CHECKSUM_MISMATCH;
}

static bool is_statement(struct siwe_text line) {
    for (size_t i = 0; i < line.len; i++) {
        if (line.p[i] != ' ' && !uri_is_plain(line.p[i])) return false;
    }
    return true;
}

/* A statement may be absent (two empty lines in all), or there and empty (three). */
static enum err read_statement(struct siwe_message *m, struct reader *r) {
    if (!is_empty(r->line)) return refuse(r, "an empty line");
    advance(r);
    if (r->line.p == NULL || !is_statement(r->line)) {
        return refuse(r, "a statement of letters, digits, blanks and -._~:/?#[]@!$&'()*+,;= or an empty line");
    }
    struct siwe_text line = r->line;
    advance(r);
    if (line.len == 0 && !is_empty(r->line)) return ERR_OK;
    if (!is_empty(r->line)) return refuse(r, "an empty line");
    m->statement = line;
    advance(r);
    return ERR_OK;
}

static enum err read_head(struct siwe_message *m, struct reader *r) {
    advance(r);
    if (!read_domain(m, r->line)) {
        return refuse(r, "host or host:port, and \" wants you to sign in with your Ethereum account:\"");
    }
    advance(r);
    enum err err = read_address(m, r);
    if (err != ERR_OK) return err;
    advance(r);
    return read_statement(m, r);
}

static bool read_uri(struct siwe_message *m, struct siwe_text value) {
    m->uri = value;
    return is_uri(value);
}

static bool read_version(struct siwe_message *m, struct siwe_text value) {
    (void)m;
    return text_equal(value, "1", 1);
}

/* The grammar has leading zeros, and EIP-155 no chain 0; a number written in two ways is of use to nobody honest. */
static bool read_chain_id(struct siwe_message *m, struct siwe_text value) {
    return decimal_parse_u64(&m->chain_id, value.p, value.len) && m->chain_id > 0;
}

static bool read_nonce(struct siwe_message *m, struct siwe_text value) {
    m->nonce = value;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.p[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z')) return false;
    }
    return value.len >= NONCE_MIN_CHARACTERS;
}

/* timestamp_parse also takes unix seconds, and a blank for T and +. */
static bool read_time(uint64_t *seconds, bool *is_cut, struct siwe_text value) {
    bool is_date = value.len > 4 && value.p[4] == '-' && memchr(value.p, ' ', value.len) == NULL;
    return is_date && timestamp_parse(seconds, is_cut, value.p, value.len);
}

static bool read_issued_at(struct siwe_message *m, struct siwe_text value) {
    bool is_cut;
    return read_time(&m->issued_at_s, &is_cut, value);
}

static bool read_expiration(struct siwe_message *m, struct siwe_text value) {
    bool is_cut;
    m->has_expiration = true;
    return read_time(&m->expiration_s, &is_cut, value);
}

static bool read_not_before(struct siwe_message *m, struct siwe_text value) {
    bool is_cut = false;
    m->has_not_before = true;
    if (!read_time(&m->not_before_s, &is_cut, value)) return false;
    m->not_before_s += is_cut ? 1 : 0;
    return true;
}

static bool read_request_id(struct siwe_message *m, struct siwe_text value) {
    m->request_id = value;
    return uri_is_pchars(value.p, value.len);
}

#define A_TIME "a date and time of RFC 3339, not before 1970"

static const struct {
    const char *label;
    bool (*read)(struct siwe_message *m, struct siwe_text value);
    bool optional;
    const char *belongs;
} fields[] = {
    {"URI: ", read_uri, false, "\"URI: \" and a URI of RFC 3986"},
    {"Version: ", read_version, false, "\"Version: 1\""},
    {"Chain ID: ", read_chain_id, false, "\"Chain ID: \" and a number from 1 to 2^64-1 without leading zeros"},
    {"Nonce: ", read_nonce, false, "\"Nonce: \" and 8 or more letters and digits"},
    {"Issued At: ", read_issued_at, false, "\"Issued At: \" and " A_TIME},
    {"Expiration Time: ", read_expiration, true, "\"Expiration Time: \" and " A_TIME},
    {"Not Before: ", read_not_before, true, "\"Not Before: \" and " A_TIME},
    {"Request ID: ", read_request_id, true, "\"Request ID: \" and characters that a URI's path may have"},
};

static enum err read_fields(struct siwe_message *m, struct reader *r) {
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct siwe_text value;
        bool is_there = has_label(&value, r->line, fields[i].label);
        if (!is_there && fields[i].optional) continue;
        if (!is_there || !fields[i].read(m, value)) return refuse(r, fields[i].belongs);
        advance(r);
    }
    return ERR_OK;
}

static enum err read_resources(struct siwe_message *m, struct reader *r) {
    if (r->line.p == NULL) return ERR_OK;
    struct siwe_text value;
    if (!has_label(&value, r->line, "Resources:") || value.len > 0) {
        return refuse(r,
                      "Expiration Time, Not Before, Request ID or Resources, each once and in this order, or the end");
    }
    for (advance(r); r->line.p != NULL; advance(r)) {
        if (!has_label(&value, r->line, "- ") || !is_uri(value)) return refuse(r, "\"- \" and a URI of RFC 3986");
        m->n_resources++;
    }
    return ERR_OK;
}

static enum err check_characters(struct reader *r, const char *text, size_t len) {
    r->number = 1;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '\n') {
            r->number++;
        } else if (text[i] < ' ' || text[i] > '~') {
            return refuse(r, "there are printable ASCII characters and line feeds only in a message");
        }
    }
    r->number = 0;
    return ERR_OK;
}

enum err siwe_parse(struct siwe_message *out, char problem[SIWE_PROBLEM_BYTES], const char *text, size_t len) {
    if (len == 0 || len > SIWE_MAX_BYTES) {
        snprintf(problem, SIWE_PROBLEM_BYTES, "the message must have 1 to %d bytes", SIWE_MAX_BYTES);
        return ERR_INVALID_MESSAGE;
    }
    struct siwe_message m = {.chain_id = 0};
    struct reader r = {.next = text, .end = text + len, .problem = problem};
    enum err err = check_characters(&r, text, len);
    if (err == ERR_OK) err = read_head(&m, &r);
    if (err == ERR_OK) err = read_fields(&m, &r);
    if (err == ERR_OK) err = read_resources(&m, &r);
    if (err == ERR_OK) *out = m;
    return err;
}

bool siwe_uri_is_of_domain(const struct siwe_message *message) {
    struct uri uri;
    if (!uri_parse(&uri, message->uri.p, message->uri.len) || uri.authority == NULL) return false;
    struct siwe_text scheme = {.p = uri.scheme, .len = uri.scheme_len};
    if (!text_equal(scheme, "https", 5) && !text_equal(scheme, "http", 4)) return false;
    if (message->scheme.p != NULL && !text_equal(scheme, message->scheme.p, message->scheme.len)) return false;
    return text_equal(message->domain, uri.authority, uri.authority_len);
}
