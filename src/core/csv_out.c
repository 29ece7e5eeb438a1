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

void csv_out_text(struct csv_out *out, const char *text) {
    begin_field(out);
    if (text == NULL || *text == '\0') return;
    bool is_formula = strchr("=+-@\t\r", *text) != NULL;
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
