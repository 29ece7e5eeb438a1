/* Only the brackets and strings of what is taken out are looked at, several times as fast as any parser would be: who
 * takes it reads it anyway. Owns nothing.
 * Any thread: functions on bytes. */
#include "envelope.h"

#include <string.h>

#include "core/json_depth.h"

struct walk {
    const char *at;
    const char *end;
    const char *copied; /* everything before is in the rest already */
    unsigned depth;
    struct buf *rest;
    struct envelope_result *results;
    const struct envelope_calls *calls;
};

/* What an object says of itself; of members that come twice the last counts, as for a parser. */
struct answer {
    bool has_id;
    uint64_t id;
    struct envelope_result result;
};

static void skip_space(struct walk *walk) {
    while (walk->at < walk->end && memchr(" \t\r\n", *walk->at, 4) != NULL) walk->at++;
}

static bool take(struct walk *walk, char c) {
    skip_space(walk);
    if (walk->at == walk->end || *walk->at != c) return false;
    walk->at++;
    return true;
}

static bool is_escaped(const char *start, const char *quote) {
    const char *at = quote;
    while (at > start && at[-1] == '\\') at--;
    return (quote - at) % 2 != 0;
}

/* Returns what stands behind the string that begins at `at`, behind its opening quote; NULL when it does not end. */
static const char *string_end(const char *at, const char *end) {
    const char *start = at;
    const char *quote;
    while ((quote = memchr(at, '"', (size_t)(end - at))) != NULL) {
        if (!is_escaped(start, quote)) return quote + 1;
        at = quote + 1;
    }
    return NULL;
}

/* Takes an array or object of whatever kind by its brackets. Returns false when it does not end, or lies too deep. */
static bool skip_brackets(struct walk *walk) {
    unsigned depth = walk->depth;
    while (walk->at < walk->end) {
        switch (*walk->at++) {
        case '"':
            walk->at = string_end(walk->at, walk->end);
            if (walk->at == NULL) return false;
            break;
        case '[':
        case '{':
            if (++depth > JSON_MAX_DEPTH) return false;
            break;
        case ']':
        case '}':
            if (--depth == walk->depth) return true;
            break;
        default:
            break;
        }
    }
    return false;
}

/* A number or word ends where something begins that may follow a value. */
static bool skip_plain(struct walk *walk) {
    const char *start = walk->at;
    while (walk->at < walk->end && memchr(" \t\r\n,]}", *walk->at, 7) == NULL) walk->at++;
    return walk->at > start;
}

/* Out: value, where it stands. */
static bool skip_value(struct walk *walk, struct envelope_result *value) {
    skip_space(walk);
    if (walk->at == walk->end) return false;
    const char *start = walk->at;
    bool skipped;
    if (*start == '"') {
        walk->at = string_end(start + 1, walk->end);
        skipped = walk->at != NULL;
    } else {
        skipped = *start == '[' || *start == '{' ? skip_brackets(walk) : skip_plain(walk);
    }
    if (skipped) *value = (struct envelope_result){.text = start, .len = (size_t)(walk->at - start)};
    return skipped;
}

static void read_id(struct answer *answer, const struct envelope_result *value) {
    answer->id = 0;
    answer->has_id = value->len > 0 && value->len < 19;
    for (size_t i = 0; i < value->len && answer->has_id; i++) {
        answer->has_id = value->text[i] >= '0' && value->text[i] <= '9';
        answer->id = answer->id * 10 + (uint64_t)(value->text[i] - '0');
    }
}

static bool is_key(const struct envelope_result *key, const char *name) {
    size_t len = strlen(name);
    return key->len == len + 2 && memcmp(key->text + 1, name, len) == 0;
}

static bool read_member(struct walk *walk, struct answer *answer) {
    struct envelope_result key, value;
    skip_space(walk);
    if (walk->at == walk->end || *walk->at != '"' || !skip_value(walk, &key)) return false;
    if (!take(walk, ':') || !skip_value(walk, &value)) return false;
    if (is_key(&key, "id")) read_id(answer, &value);
    if (is_key(&key, "result")) {
        bool may_go = *value.text == '[' || *value.text == '{';
        answer->result = may_go ? value : (struct envelope_result){.text = NULL};
    }
    return true;
}

static void copy_until(struct walk *walk, const char *until) {
    buf_append(walk->rest, walk->copied, (size_t)(until - walk->copied));
    walk->copied = until;
}

static void take_out(struct walk *walk, const struct answer *answer) {
    const struct envelope_calls *calls = walk->calls;
    if (!answer->has_id || answer->id < calls->first_id || answer->id - calls->first_id >= calls->n) return;
    size_t i = (size_t)(answer->id - calls->first_id);
    if (!calls->wanted[i]) return;
    walk->results[i] = answer->result;
    if (answer->result.text == NULL) return;
    copy_until(walk, answer->result.text);
    buf_append_str(walk->rest, "true");
    walk->copied += answer->result.len;
}

static bool read_answer(struct walk *walk) {
    struct answer answer = {.has_id = false};
    walk->depth++;
    if (!take(walk, '{')) return false;
    if (!take(walk, '}')) {
        do {
            if (!read_member(walk, &answer)) return false;
        } while (take(walk, ','));
        if (!take(walk, '}')) return false;
    }
    walk->depth--;
    take_out(walk, &answer);
    return true;
}

static bool read_item(struct walk *walk) {
    struct envelope_result value;
    skip_space(walk);
    if (walk->at < walk->end && *walk->at == '{') return read_answer(walk);
    return skip_value(walk, &value);
}

static void read_items(struct walk *walk) {
    walk->depth++;
    while (read_item(walk) && take(walk, ',')) continue;
}

void envelope_open(struct buf *rest, struct envelope_result *results, const struct envelope_calls *calls,
                   const char *text, size_t len) {
    struct walk walk = {
        .at = text, .end = text + len, .copied = text, .rest = rest, .results = results, .calls = calls};
    for (size_t i = 0; i < calls->n; i++) results[i] = (struct envelope_result){.text = NULL};
    if (take(&walk, '[')) {
        read_items(&walk);
    } else {
        (void)read_item(&walk); /* what it makes no sense of, a parser will refuse */
    }
    copy_until(&walk, text + len);
}
