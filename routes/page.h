/* The pages of lists: limit and cursor in, next_cursor and Link out. The request's coroutine. */
#ifndef DAPPD_ROUTES_PAGE_H
#define DAPPD_ROUTES_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/json_out.h"
#include "eth/block.h"
#include "eth/transfer_log.h"
#include "http/request.h"
#include "http/response.h"
#include "services/cursor.h"
#include "services/source.h"

enum { PAGE_LIMIT_DEFAULT = 50, PAGE_LIMIT_MAX = 1000 };

struct page {
    const struct source *source;
    size_t limit;
    bool goes_on;         /* there was a cursor: its place is where the page before ended */
    struct cursor cursor; /* of this list, whichever page */
    const char *next;     /* what the client is given; NULL on the last page */
};

/* ?limit= and ?cursor= of a list. In: source, whose chain it is of, NULL: of none; filter, what tells lists of this
 * kind on a chain apart; place_len, of its places. Errors: ERR_INVALID_PARAMETER, ERR_INVALID_CURSOR. */
enum err page_read(struct request *req, struct page *out, const struct source *source, enum cursor_kind kind,
                   const void *filter, size_t filter_len, size_t place_len) MUST_CHECK;

/* There is a page behind this one: makes its cursor and the Link header. In: block, of this page, NULL without a chain;
 * place, of the last item, as long as page_read was told. */
enum err page_set_next(struct request *req, struct response *res, struct page *page, const struct block_ref *block,
                       const void *place) MUST_CHECK;

/* The place of a log, as lists of logs tell it to page_read and page_set_next, and where their cursor says to go on. */
enum { PAGE_LOG_PLACE_BYTES = 8 + 4 + 32 };
void page_log_place_write(uint8_t out[PAGE_LOG_PLACE_BYTES], const struct log_place *place);
void page_log_place_read(struct list_place *out, const struct page *page);

/* "next_cursor", null on the last page. */
void page_render_next(struct json_out *out, const struct page *page);

#endif
