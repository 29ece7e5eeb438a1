/* Writes CSV into a buf (RFC 4180): commas, quotes and CRLF by itself. Plain value, one thread.
 *
 * Spreadsheets run a text that begins like a formula, and texts come from strangers: one that begins with = + - @,
 * behind blanks or not, gets an apostrophe in front. */
#ifndef DAPPD_CORE_CSV_OUT_H
#define DAPPD_CORE_CSV_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

struct csv_out {
    struct buf *buf;
    bool in_row;
};

void csv_out_init(struct csv_out *out, struct buf *buf);

/* A text from a stranger. NULL writes an empty field. */
void csv_out_text(struct csv_out *out, const char *text);
/* Digits, hex and names of our own: without comma, quote or line break, written as they are. */
void csv_out_plain(struct csv_out *out, const char *text, size_t len);
void csv_out_u64(struct csv_out *out, uint64_t value);
void csv_out_end_row(struct csv_out *out);

#endif
