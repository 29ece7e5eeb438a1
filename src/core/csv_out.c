/* CSV without a library: quoting is two rules. Owns nothing; one thread. Source: RFC 4180. */
#include "core/csv_out.h"

#include <string.h>

void csv_out_init(struct csv_out *out, struct buf *buf) {
    *out = (struct csv_out){.buf = buf};
}

static void begin_field(struct csv_out *out) {
    if (out->in_row) buf_append_char(out->buf, ',');
    out->in_row = true;
}

/* The first of the words that the text begins with, or NULL. */
static const char *beginning(const char *text, const char *const *words) {
    while (*words != NULL && strncmp(text, *words, strlen(*words)) != 0) words++;
    return *words;
}

/* What spreadsheets skip may stand before it; some take the signs in full width too. Source: OWASP, CSV Injection. */
static bool would_run(const char *text) {
    static const char *const skipped[] = {" ", "\t", "\r", "\n", "\xc2\xa0", "\xe3\x80\x80", "\xef\xbb\xbf", NULL};
    static const char *const signs[] = {
        "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0", NULL};
    const char *word;
    while ((word = beginning(text, skipped)) != NULL) text += strlen(word);
    return beginning(text, signs) != NULL;
}

void csv_out_text(struct csv_out *out, const char *text) {
    begin_field(out);
    if (text == NULL || *text == '\0') return;
    bool is_formula = would_run(text);
    bool is_quoted = is_formula || text[strcspn(text, ",\"\r\n")] != '\0';
    if (is_quoted) buf_append_char(out->buf, '"');
    if (is_formula) buf_append_char(out->buf, '\'');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"') buf_append_char(out->buf, '"');
        buf_append_char(out->buf, *p);
    }
    if (is_quoted) buf_append_char(out->buf, '"');
}

void csv_out_plain(struct csv_out *out, const char *text, size_t len) {
    begin_field(out);
    buf_append(out->buf, text, len);
}

void csv_out_u64(struct csv_out *out, uint64_t value) {
    begin_field(out);
    buf_append_u64(out->buf, value);
}

void csv_out_end_row(struct csv_out *out) {
    buf_append(out->buf, "\r\n", 2);
    out->in_row = false;
}
