/* Every provider words its limits differently; a limit that is understood saves all the questions it takes to find it
 * by halving. Owns nothing but constant tables.
 * Any thread: pure functions. */
#include "log_hint.h"

#include "core/hex.h"
#include "phrase.h"

/* Behind these stands how many blocks a node gives at once. Lower case; '*' stands for any text. */
static const char *const limits[] = {
    "up to a ",                   /* Alchemy */
    "range*exceeds limit of ",    /* Infura */
    "limited to a ",              /* QuickNode */
    "limited to 0 - ",            /* 1rpc */
    "ranges over ",               /* dRPC */
    "maximum block range: ",      /* publicnode */
    "maximum block range ",       /* geth */
    "max block range ",           /* reth */
    "max range: ",                /* Cloudflare */
    "range*narrow your filter: ", /* Erigon */
};

/* What is in the blocks is too much, whatever else the text says of ranges. */
static const char *const contents[] = {
    "response size",
    "returned more than",
    "max results",
    "too many logs",
};

/* Behind these stands a range that would do. */
static const char *const suggestions[] = {
    "should work: [",  /* Alchemy */
    "block range [",   /* Infura */
    "with the range ", /* reth */
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct cursor {
    const char *at;
    const char *end;
};

/* Returns false when there is no digit, or more than 64 bits hold. */
static bool read_digits(struct cursor *cursor, uint64_t *out, unsigned base) {
    const char *start = cursor->at;
    *out = 0;
    for (; cursor->at < cursor->end; cursor->at++) {
        int digit = hex_digit(*cursor->at);
        if (digit < 0 || digit >= (int)base) break;
        if (__builtin_mul_overflow(*out, base, out) || __builtin_add_overflow(*out, (unsigned)digit, out)) return false;
    }
    return cursor->at > start;
}

/* The number of a block: 0x7d0 or 2000. */
static bool read_block(struct cursor *cursor, uint64_t *out) {
    bool hex = cursor->end - cursor->at > 2 && cursor->at[0] == '0' && cursor->at[1] == 'x';
    if (hex) cursor->at += 2;
    return read_digits(cursor, out, hex ? 16 : 10);
}

/* A comma and three digits. */
static bool read_group(struct cursor *cursor, uint64_t *out) {
    if (cursor->end - cursor->at < 4 || *cursor->at != ',') return false;
    struct cursor group = {cursor->at + 1, cursor->at + 4};
    if (!read_digits(&group, out, 10) || group.at != group.end) return false;
    cursor->at = group.end;
    return true;
}

/* How many: 2000, 2,000 or 2k. */
static bool read_count(struct cursor *cursor, uint64_t *out) {
    uint64_t group;
    if (!read_digits(cursor, out, 10)) return false;
    while (read_group(cursor, &group)) {
        if (__builtin_mul_overflow(*out, 1000u, out) || __builtin_add_overflow(*out, group, out)) return false;
    }
    bool thousands = cursor->at < cursor->end && *cursor->at == 'k';
    return !thousands || !__builtin_mul_overflow(*out, 1000u, out);
}

static bool find(struct cursor *behind, const char *text, size_t len, const char *const *patterns, size_t n) {
    for (size_t i = 0; i < n; i++) {
        behind->at = phrase_find(text, len, patterns[i]);
        behind->end = text + len;
        if (behind->at != NULL) return true;
    }
    return false;
}

static uint64_t read_limit(const char *text, size_t len) {
    struct cursor cursor;
    uint64_t limit;
    for (size_t i = 0; i < COUNT(limits); i++) {
        if (find(&cursor, text, len, &limits[i], 1) && read_count(&cursor, &limit)) return limit;
    }
    return 0;
}

/* The range has to begin where ours does and be shorter: anything else is no answer to our question. */
static uint64_t read_suggestion(const char *text, size_t len, uint64_t from, uint64_t to) {
    struct cursor cursor;
    uint64_t first, last;
    if (!find(&cursor, text, len, suggestions, COUNT(suggestions)) || !read_block(&cursor, &first)) return 0;
    while (cursor.at < cursor.end && (*cursor.at == ' ' || *cursor.at == ',' || *cursor.at == '-')) cursor.at++;
    if (!read_block(&cursor, &last)) return 0;
    return first == from && last >= first && last < to ? last : 0;
}

struct log_hint log_hint_read(const char *text, size_t len, uint64_t from, uint64_t to) {
    char folded[PHRASE_MAX_BYTES];
    struct cursor cursor;
    size_t n = phrase_fold(folded, text, len);
    struct log_hint hint = {.max_blocks = read_limit(folded, n), .to = read_suggestion(folded, n, from, to)};
    bool by_content = find(&cursor, folded, n, contents, COUNT(contents));
    bool by_range = hint.max_blocks > 0 || phrase_find(folded, n, "range") != NULL;
    hint.too_many_blocks = by_range && !by_content;
    return hint;
}
