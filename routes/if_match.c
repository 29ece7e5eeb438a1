/* Reads If-Match. Owns nothing; the request's coroutine. */
#include "if_match.h"

#include <string.h>

#include "core/decimal.h"

static const char *skip_blanks(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t')) p++;
    return p;
}

/* etagc of RFC 9110, section 8.8.3. */
static bool is_tag_character(unsigned char c) {
    return c == 0x21 || (c >= 0x23 && c != 0x7f);
}

/* One tag, "..." or W/"...". Returns what follows it, or NULL. Out: *tag, what is between the quotes. */
static const char *read_tag(struct slice *tag, bool *weak, const char *p, const char *end) {
    *weak = end - p > 1 && p[0] == 'W' && p[1] == '/';
    if (*weak) p += 2;
    if (p == end || *p++ != '"') return NULL;
    *tag = (struct slice){p, 0};
    while (p < end && is_tag_character((unsigned char)*p)) p++;
    tag->len = (size_t)(p - tag->p);
    return p < end && *p == '"' ? p + 1 : NULL;
}

/* Returns false when there is no room for one more. */
static bool add_version(struct expected_versions *out, struct slice tag) {
    uint64_t version;
    if (!decimal_parse_u64(&version, tag.p, tag.len) || version == 0 || version > INT64_MAX) return true;
    if (out->n == MAX_EXPECTED_VERSIONS) return false;
    out->versions[out->n++] = version;
    return true;
}

bool if_match_parse(struct expected_versions *out, const char *text, size_t len) {
    const char *end = text + len;
    *out = (struct expected_versions){.any = len == 1 && *text == '*'};
    out->must_exist = out->any;
    if (out->any) return true;
    for (const char *p = skip_blanks(text, end);; p++) {
        struct slice tag;
        bool weak;
        p = read_tag(&tag, &weak, skip_blanks(p, end), end);
        if (p == NULL || (!weak && !add_version(out, tag))) return false;
        p = skip_blanks(p, end);
        if (p == end) return true;
        if (*p != ',') return false;
    }
}

enum err if_match_read(struct request *req, struct expected_versions *out, bool required) {
    const char *text = request_header_list(req, "If-Match");
    *out = (struct expected_versions){.any = true};
    if (text == NULL && required) {
        return task_fail(&req->task, ERR_PRECONDITION_REQUIRED, "send the ETag of what you have read as If-Match");
    }
    if (text == NULL || if_match_parse(out, text, strlen(text))) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_PARAMETER,
                     "If-Match is neither * nor a list of at most %d entity tags in quotes", MAX_EXPECTED_VERSIONS);
}

void if_match_set_etag(struct response *res, uint64_t version) {
    res->etag = arena_printf(res->arena, "\"%llu\"", (unsigned long long)version);
}
