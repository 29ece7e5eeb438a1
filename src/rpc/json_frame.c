/* A Unix socket carries one JSON value after the other with nothing that must stand between them, so the end of a reply
 * has to be read off its brackets.
 * Owns nothing.
 * Any thread: pure functions. */
#include "json_frame.h"

#include <assert.h>

#include "core/json_depth.h"

static_assert(JSON_MAX_DEPTH <= 64, "objects has a bit for each level");

void json_frame_init(struct json_frame *frame, size_t max_bytes) {
    *frame = (struct json_frame){.state = JSON_FRAME_OPEN, .max = max_bytes};
}

static void open_bracket(struct json_frame *frame, bool object) {
    if (frame->depth == JSON_MAX_DEPTH) {
        frame->state = JSON_FRAME_BROKEN;
        return;
    }
    uint64_t bit = UINT64_C(1) << frame->depth++;
    frame->objects = object ? frame->objects | bit : frame->objects & ~bit;
}

static void close_bracket(struct json_frame *frame, bool object) {
    if (frame->depth == 0 || ((frame->objects >> (frame->depth - 1)) & 1) != (object ? 1 : 0)) {
        frame->state = JSON_FRAME_BROKEN;
    } else if (--frame->depth == 0) {
        frame->state = JSON_FRAME_WHOLE;
    }
}

static void take_in_string(struct json_frame *frame, char c) {
    if (frame->escaped) {
        frame->escaped = false;
    } else if (c == '\\') {
        frame->escaped = true;
    } else if (c == '"') {
        frame->in_string = false;
    }
}

static void take_byte(struct json_frame *frame, char c) {
    switch (c) {
    case '{':
    case '[':
        open_bracket(frame, c == '{');
        break;
    case '}':
    case ']':
        close_bracket(frame, c == '}');
        break;
    case ' ':
    case '\t':
    case '\r':
    case '\n':
        break;
    default:
        if (frame->depth == 0) frame->state = JSON_FRAME_BROKEN;
        frame->in_string = c == '"';
        break;
    }
}

size_t json_frame_take(struct json_frame *frame, const char *data, size_t len) {
    size_t taken = 0;
    while (frame->state == JSON_FRAME_OPEN && taken < len) {
        if (frame->len == frame->max) {
            frame->state = JSON_FRAME_TOO_LONG;
            break;
        }
        if (frame->in_string) {
            take_in_string(frame, data[taken]);
        } else {
            take_byte(frame, data[taken]);
        }
        taken++;
        frame->len++;
    }
    return taken;
}
