/* JSON-RPC 2.0 on the wire: requests out, replies matched to their calls by id. Reads untrusted bytes, does no I/O;
 * any thread. Source: JSON-RPC 2.0 specification. */
#ifndef DAPPD_RPC_CODEC_H
#define DAPPD_RPC_CODEC_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "rpc/rpc.h"

/* Appends the request: one object for a single call, else an array. The call at index i has the id first_id + i. */
void codec_build(struct buf *out, struct rpc_call *const *calls, size_t n, uint64_t first_id);

/* What a reply says about one call. */
struct codec_item {
    enum {
        CODEC_MISSING,  /* nothing */
        CODEC_RESULT,   /* value is the result, which may be null */
        CODEC_ERROR,    /* value is the error: an object, or just text */
        CODEC_MALFORMED /* neither or both, or several answers to one id */
    } kind;
    const json_t *value; /* borrowed from the reply's root; where raw is set it only stands in its place */
    const char *raw;     /* of a call that reads its result itself: an array's or object's text, borrowed from the
                            reply's, perhaps no JSON; else NULL */
    size_t raw_len;
};

struct codec_reply {
    enum {
        CODEC_NONSENSE,   /* no JSON, nested too deep, or no answer to any call of ours */
        CODEC_ITEMS,      /* every call has its item */
        CODEC_WHOLE_ERROR /* one error answers for all calls */
    } kind;
    json_t *root;        /* owned by the caller: json_decref; NULL when there is no JSON */
    const json_t *error; /* of CODEC_WHOLE_ERROR; borrowed from root */
    size_t root_len;     /* length of the text that root was made of */
};

/* Out: the reply, and its n items in the order of the calls. */
void codec_parse(struct codec_reply *out, struct codec_item *items, size_t n, uint64_t first_id, const char *text,
                 size_t len);

/* Returns true when the call has a reader for its result. */
bool codec_reads_itself(const struct rpc_call *call);

/* The same, but results of such calls are left as they are. */
void codec_parse_calls(struct codec_reply *out, struct codec_item *items, struct rpc_call *const *calls, size_t n,
                       uint64_t first_id, const char *text, size_t len);

/* Code and message of an error, whatever shape a node gave it: 0 and "" where it has none. The text is borrowed and
 * may hold any character. */
struct codec_error {
    int64_t code;
    const char *text;
    size_t text_len;
};
struct codec_error codec_error_read(const json_t *error);

#endif
