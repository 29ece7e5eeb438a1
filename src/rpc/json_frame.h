/* Finds where one JSON value ends in a stream of bytes, however the stream is cut into pieces. Only objects and arrays,
 * which is what JSON-RPC sends; whether the value is valid is for a parser to say. Reads untrusted bytes; plain value,
 * any thread. */
#ifndef DAPPD_RPC_JSON_FRAME_H
#define DAPPD_RPC_JSON_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum json_frame_state {
    JSON_FRAME_OPEN,    /* more has to come */
    JSON_FRAME_WHOLE,   /* the value is complete */
    JSON_FRAME_BROKEN,  /* no object or array, brackets that do not match, or more than JSON_MAX_DEPTH levels */
    JSON_FRAME_TOO_LONG /* the maximum is reached before the end */
};

struct json_frame {
    enum json_frame_state state;
    size_t len; /* taken so far, with the white space in front */
    size_t max;
    uint64_t objects; /* bit d: the bracket of depth d is that of an object */
    unsigned depth;
    bool in_string;
    bool escaped; /* the byte before was a backslash */
};

void json_frame_init(struct json_frame *frame, size_t max_bytes);

/* Takes bytes up to the end of the value, white space in front included. Returns how many: all of them while the frame
 * stays open, none once it no longer is. */
size_t json_frame_take(struct json_frame *frame, const char *data, size_t len);

#endif
