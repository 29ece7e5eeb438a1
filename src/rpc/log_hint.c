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

/* Returns false when there is no digit, or more than a block number holds. */
static bool read_digits(struct cursor *cursor, uint64_t *out, unsigned base) {
    const char *start = cursor->at;
    *out = 0;
    while (cursor->at < cursor->end) {
        int digit = hex_digit(*cursor->at);
        bool comma = base == 10 && *cursor->at == ',' && cursor->at > start && cursor->end - cursor->at > 3;
        if (comma && cursor->at[1] >= '0' && cursor->at[1] <= '9')
            digit = -1; /* 10,000 */
        else if (digit < 0 || digit >= (int)base)
            break;
        if (digit >= 0 && __builtin_mul_overflow(*out, base, out)) return false;
        if (digit >= 0 && __builtin_add_overflow(*out, (unsigned)digit, out)) return false;
        cursor->at++;
    }
    return cursor->at > start;
}

/* 2000, 2,000, 2k, 0x7d0 */
static bool read_number(struct cursor *cursor, uint64_t *out) {
    bool hex = cursor->end - cursor->at > 2 && cursor->at[0] == '0' && cursor->at[1] == 'x';
    if (hex) cursor->at += 2;
    if (!read_digits(cursor, out, hex ? 16 : 10)) return false;
    bool thousands = !hex && cursor->at < cursor->end && *cursor->at == 'k';
    if (!thousands) return true;
    cursor->at++;
    return !__builtin_mul_overflow(*out, UINT64_C(1000), out);
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
        if (find(&cursor, text, len, &limits[i], 1) && read_number(&cursor, &limit)) return limit;
    }
    return 0;
}

/* The range has to begin where ours does and be shorter: anything else is no answer to our question. */
static uint64_t read_suggestion(const char *text, size_t len, uint64_t from, uint64_t to) {
    struct cursor cursor;
    uint64_t first, last;
    if (!find(&cursor, text, len, suggestions, COUNT(suggestions)) || !read_number(&cursor, &first)) return 0;
    while (cursor.at < cursor.end && (*cursor.at == ' ' || *cursor.at == ',' || *cursor.at == '-')) cursor.at++;
    if (!read_number(&cursor, &last)) return 0;
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
