/* A stream of JSON values: the frames are the same however the bytes are cut, and what jansson reads as one object or
 * array ends where its frame ends.
 * Each input is freed before the next.
 * One thread. */
#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "core/json_depth.h"
#include "rpc/json_frame.h"

enum { MAX_FRAME_BYTES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In: step, the length of the pieces. */
static struct json_frame take_in_pieces(const char *text, size_t len, size_t step) {
    struct json_frame frame;
    json_frame_init(&frame, MAX_FRAME_BYTES);
    for (size_t at = 0; at < len && frame.state == JSON_FRAME_OPEN;) {
        size_t piece = len - at < step ? len - at : step;
        size_t taken = json_frame_take(&frame, text + at, piece);
        assert(taken <= piece && (taken == piece || frame.state != JSON_FRAME_OPEN));
        at += taken;
        assert(frame.len == at && at <= MAX_FRAME_BYTES);
    }
    return frame;
}

/* Not with NUL in the text: jansson may swallow one behind a number, and then miscounts. */
static void check_against_parser(const struct json_frame *frame, const char *text, size_t len) {
    json_error_t error;
    if (memchr(text, '\0', len) != NULL) return;
    json_t *value = json_loadb(text, len, JSON_DISABLE_EOF_CHECK, &error);
    if (value == NULL) return;
    assert(frame->state == JSON_FRAME_WHOLE && frame->len == (size_t)error.position);
    json_decref(value);
}

/* Returns the length of the first frame, or 0 when there is none. In: step, from 1. */
static size_t check_first(const char *text, size_t len, size_t step) {
    struct json_frame whole = take_in_pieces(text, len, len);
    struct json_frame cut = take_in_pieces(text, len, step);
    assert(cut.state == whole.state && cut.len == whole.len);
    bool fits = len <= MAX_FRAME_BYTES && json_depth_within(text, len, JSON_MAX_DEPTH);
    if (fits) check_against_parser(&whole, text, len);
    return whole.state == JSON_FRAME_WHOLE ? whole.len : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    size_t step = 1 + data[0] % 16;
    const char *text = (const char *)data + 1;
    size_t left = size - 1, len;
    while (left > 0 && (len = check_first(text, left, step)) > 0) {
        text += len;
        left -= len;
    }
    return 0;
}
