/* Pages of lists. What is made lives in the request's arena; the request's coroutine. */
#include "page.h"

#include <string.h>

#include "core/buf.h"
#include "core/decimal.h"
#include "core/siphash.h"
#include "services/indexed.h"

enum { LINK_MAX_BYTES = 64 * 1024 };

static enum err read_limit(struct request *req, size_t *out) {
    struct slice text;
    uint64_t value = PAGE_LIMIT_DEFAULT;
    if (request_query(req, &text, "limit") &&
        (!decimal_parse_u64(&value, text.p, text.len) || value < 1 || value > PAGE_LIMIT_MAX)) {
        return task_fail(&req->task, ERR_INVALID_PARAMETER, "limit \"%.*s\" is not a number from 1 to %d",
                         slice_shown(text), text.p, PAGE_LIMIT_MAX);
    }
    *out = (size_t)value;
    return ERR_OK;
}

/* The chain's id may have to be asked for, which only a cursor needs this early. */
static enum err read_cursor(struct request *req, struct page *out, const struct source *source, struct slice text) {
    enum err err = source != NULL ? indexed_begin(&req->task, source, &out->cursor.chain_id) : ERR_OK;
    if (err != ERR_OK) return err;
    if (cursor_decode(&out->cursor, text.p, text.len) == ERR_OK) return ERR_OK;
    return task_fail(&req->task, ERR_INVALID_CURSOR,
                     "cursor is not one that this list gave: send next_cursor back as it is, with the same parameters");
}

enum err page_read(struct request *req, struct page *out, const struct source *source, enum cursor_kind kind,
                   const void *filter, size_t filter_len, size_t place_len) {
    static const uint64_t key[2] = {9, 10};
    struct slice text;
    *out =
        (struct page){.source = source,
                      .cursor = {.kind = kind, .filter = siphash24(key, filter, filter_len), .place_len = place_len}};
    enum err err = read_limit(req, &out->limit);
    if (err != ERR_OK) return err;
    out->goes_on = request_query(req, &text, "cursor");
    return out->goes_on ? read_cursor(req, out, source, text) : ERR_OK;
}

/* Query arguments were decoded when the request was read. */
static void append_encoded(struct buf *buf, struct slice text) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c != '\0' && strchr(plain, c) != NULL) {
            buf_append_char(buf, c);
        } else {
            buf_printf(buf, "%%%02X", (unsigned)(unsigned char)c);
        }
    }
}

/* Source: RFC 8288. The same target with another cursor. */
static void write_link(struct buf *buf, const struct request *req, const char *next) {
    buf_append_char(buf, '<');
    buf_append(buf, req->path.p, req->path.len);
    buf_append_char(buf, '?');
    for (size_t i = 0; i < req->n_query; i++) {
        if (slice_is(req->query[i].name, "cursor")) continue;
        append_encoded(buf, req->query[i].name);
        buf_append_char(buf, '=');
        append_encoded(buf, req->query[i].value);
        buf_append_char(buf, '&');
    }
    buf_append_str(buf, "cursor=");
    buf_append_str(buf, next);
    buf_append_str(buf, ">; rel=\"next\"");
    buf_append_char(buf, '\0');
}

enum err page_set_next(struct request *req, struct response *res, struct page *page, const struct block_ref *block,
                       const void *place) {
    struct cursor *cursor = &page->cursor;
    char *text = arena_alloc(req->task.arena, CURSOR_TEXT_BYTES);
    struct buf link;
    if (text == NULL) return task_fail_memory(&req->task);
    if (page->source != NULL) {
        cursor->chain_id = chain_id(page->source->chain); /* known, since the list has been read */
        cursor->block_number = block->number;
        cursor->block_hash = block->hash;
    }
    memcpy(cursor->place, place, cursor->place_len);
    page->next = cursor_encode(text, cursor);
    buf_init(&link, LINK_MAX_BYTES);
    write_link(&link, req, page->next);
    if (!link.failed) response_header(res, "Link", link.data);
    buf_free(&link);
    return ERR_OK;
}

void page_log_place_write(uint8_t out[PAGE_LOG_PLACE_BYTES], const struct log_place *place) {
    uint8_t *p = cursor_put(out, place->block_number, 8);
    p = cursor_put(p, place->log_index, 4);
    memcpy(p, place->block_hash.bytes, sizeof place->block_hash.bytes);
}

void page_log_place_read(struct list_place *out, const struct page *page) {
    const struct cursor *cursor = &page->cursor;
    const uint8_t *p = cursor->place;
    *out = (struct list_place){.first_number = cursor->block_number, .first_hash = cursor->block_hash};
    out->block_number = cursor_get(&p, 8);
    out->log_index = (uint32_t)cursor_get(&p, 4);
    memcpy(out->block_hash.bytes, p, sizeof out->block_hash.bytes);
}

void page_render_next(struct json_out *out, const struct page *page) {
    json_out_key_str(out, "next_cursor", page->next);
}
