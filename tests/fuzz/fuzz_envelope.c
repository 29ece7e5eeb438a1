/* Feeds any text to the parser of replies, once with a tree of all of it and once with results taken out before: both
 * have to make the same of it, unless what was taken out is no JSON. The first byte says how many calls there are, the
 * second which of them read their results themselves.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_depth.h"
#include "rpc/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_CALLS = 4, FIRST_ID = 1 };

static json_t *parse_raw(const struct codec_item *item) {
    return json_loadb(item->raw, item->raw_len, JSON_ALLOW_NUL, NULL);
}

/* Of several answers to one call, and of a result beside an error, nobody sees what was taken out. */
static bool any_is_malformed(const struct codec_item *items, size_t n) {
    size_t i = 0;
    while (i < n && items[i].kind != CODEC_MALFORMED) i++;
    return i < n;
}

static bool all_are_json(const struct codec_item *items, size_t n) {
    bool valid = true;
    for (size_t i = 0; i < n && valid; i++) {
        if (items[i].raw == NULL) continue;
        json_t *root = parse_raw(&items[i]);
        valid = root != NULL;
        json_decref(root);
    }
    return valid;
}

static void check_item(const struct codec_item *cut, const struct codec_item *whole, bool reads_itself) {
    assert(cut->kind == whole->kind);
    assert(cut->raw == NULL || (cut->kind == CODEC_RESULT && reads_itself));
    if (cut->raw != NULL) {
        json_t *root = parse_raw(cut);
        assert(json_equal(root, whole->value));
        json_decref(root);
    } else if (cut->value != NULL) {
        assert(json_equal(cut->value, whole->value));
    }
}

/* In: whole, of which a tree could be made. */
static void check_same(const struct codec_reply *cut, const struct codec_item *cut_items,
                       const struct codec_reply *whole, const struct codec_item *whole_items, size_t n,
                       const bool *reads_itself) {
    assert(cut->kind == whole->kind);
    if (cut->kind == CODEC_WHOLE_ERROR) assert(json_equal(cut->error, whole->error));
    for (size_t i = 0; i < n && cut->kind == CODEC_ITEMS; i++) {
        check_item(&cut_items[i], &whole_items[i], reads_itself[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct rpc_reader reader;
    if (size < 2) return 0;
    size_t n = data[0] % MAX_CALLS + 1, len = size - 2;
    struct rpc_call calls[MAX_CALLS] = {{.method = "a"}};
    struct rpc_call *list[MAX_CALLS];
    bool reads_itself[MAX_CALLS];
    for (size_t i = 0; i < n; i++) {
        list[i] = &calls[i];
        reads_itself[i] = (data[1] >> i & 1) != 0;
        calls[i].reader = reads_itself[i] ? &reader : NULL;
    }
    char *text = malloc(len > 0 ? len : 1); /* no longer than it is, so that ASan sees one byte too many */
    memcpy(text, data + 2, len);
    struct codec_reply cut, whole;
    struct codec_item cut_items[MAX_CALLS], whole_items[MAX_CALLS];
    codec_parse(&whole, whole_items, n, FIRST_ID, text, len);
    codec_parse_calls(&cut, cut_items, list, n, FIRST_ID, text, len);
    bool has_nul = memchr(text, '\0', len) != NULL; /* which jansson passes over in some places */
    if (whole.root != NULL && !has_nul) {
        check_same(&cut, cut_items, &whole, whole_items, n, reads_itself);
    } else if (!has_nul) {
        assert(cut.kind == CODEC_NONSENSE || any_is_malformed(cut_items, n) || !all_are_json(cut_items, n));
    }
    json_decref(cut.root);
    json_decref(whole.root);
    free(text);
    return 0;
}
