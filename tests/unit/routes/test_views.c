/* The JSON pieces that answers share, read back by jansson, and what an answer's validator depends on.
 * Each test frees its buffer and its tree.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "http/answer.h"
#include "services/chain_service.h"
#include "views.h"

unsigned chain_service_max_age_s(const struct chain *chain) {
    (void)chain;
    return 12;
}

/* Writes an object with write(out, arg) and reads it back. The caller frees the tree. */
static json_t *written(void (*write)(struct json_out *out, const void *arg), const void *arg) {
    struct buf buf;
    struct json_out out;
    buf_init(&buf, 64 * 1024);
    json_out_init(&out, &buf);
    json_out_object_begin(&out);
    write(&out, arg);
    json_out_object_end(&out);
    assert_false(buf.failed);
    json_t *json = json_loadb(buf.data, buf.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    buf_free(&buf);
    return json;
}

static void assert_json(json_t *have, json_t *want) {
    char *text = json_dumps(have, JSON_COMPACT | JSON_SORT_KEYS);
    if (!json_equal(have, want)) fail_msg("%s", text);
    free(text);
    json_decref(have);
    json_decref(want);
}

static void write_address(struct json_out *out, const void *arg) {
    view_address(out, "who", arg);
}

static void test_addresses_are_checksummed(void **state) {
    (void)state;
    static const char text[] = "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045";
    address a;
    assert_int_equal(address_parse(&a, text, sizeof text - 1), ERR_OK);
    assert_json(written(write_address, &a), json_pack("{s:s}", "who", text));
}

static void write_nothing(struct json_out *out, const void *arg) {
    const struct json_piece none = {.text = arg};
    view_address(out, "address", NULL);
    view_amount(out, "amount", NULL);
    view_block(out, "block", NULL);
    view_piece(out, "piece", &none);
}

static void test_what_is_not_there_is_null(void **state) {
    (void)state;
    assert_json(written(write_nothing, NULL), json_pack("{s:n,s:n,s:n,s:n}", "address", "amount", "block", "piece"));
}

static void write_integer(struct json_out *out, const void *arg) {
    view_integer(out, "n", *(const uint64_t *)arg);
}

/* Readers of JSON may take longer integers for others. */
static void test_integers_that_would_lose_digits_are_strings(void **state) {
    (void)state;
    const uint64_t most = ((uint64_t)1 << 53) - 1, longer = most + 1, longest = UINT64_MAX;
    assert_json(written(write_integer, &(uint64_t){0}), json_pack("{s:i}", "n", 0));
    assert_json(written(write_integer, &most), json_pack("{s:I}", "n", (json_int_t)9007199254740991));
    assert_json(written(write_integer, &longer), json_pack("{s:s}", "n", "9007199254740992"));
    assert_json(written(write_integer, &longest), json_pack("{s:s}", "n", "18446744073709551615"));
}

static void write_block(struct json_out *out, const void *arg) {
    view_block(out, "block", arg);
}

static void test_blocks(void **state) {
    (void)state;
    struct block_ref block = {.number = 19000000, .timestamp = 1700000000, .finalized = true};
    memset(block.hash.bytes, 0xab, sizeof block.hash.bytes);
    memset(block.parent_hash.bytes, 0xcd, sizeof block.parent_hash.bytes);
    assert_json(written(write_block, &block),
                json_pack("{s:{s:i,s:s,s:i}}", "block", "number", 19000000, "hash",
                          "0xabababababababababababababababababababababababababababababababab", "timestamp",
                          1700000000));
}

static void test_no_block_is_null(void **state) {
    (void)state;
    assert_json(written(write_block, NULL), json_pack("{s:n}", "block"));
}

struct shown {
    u256 amount;
    struct erc20_metadata metadata;
};

static void write_shown(struct json_out *out, const void *arg) {
    const struct shown *shown = arg;
    view_symbol_and_decimals(out, &shown->metadata);
    view_amount(out, "amount", &shown->amount);
    view_formatted(out, &shown->amount, &shown->metadata);
}

static struct shown show(const char *amount, const char *symbol, int decimals) {
    struct shown shown = {.metadata.decimals = (int16_t)decimals, .metadata.has_symbol = symbol != NULL};
    assert_int_equal(u256_from_dec(&shown.amount, amount, strlen(amount)), ERR_OK);
    if (symbol != NULL) memcpy(shown.metadata.symbol, symbol, strlen(symbol) + 1);
    return shown;
}

/* Amounts are strings, never numbers; unknown decimals are null and then so is the formatted amount. */
static void test_amounts(void **state) {
    (void)state;
    static const char most[] = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
    struct shown usdc = show("1234567", "USDC", 6), whole = show("42", "X", 0), empty = show("0", "", 18);
    struct shown unknown = show("5", NULL, -1), large = show(most, "L", 77);
    assert_json(written(write_shown, &usdc), json_pack("{s:s,s:i,s:s,s:s}", "symbol", "USDC", "decimals", 6, "amount",
                                                       "1234567", "formatted", "1.234567"));
    assert_json(written(write_shown, &whole),
                json_pack("{s:s,s:i,s:s,s:s}", "symbol", "X", "decimals", 0, "amount", "42", "formatted", "42"));
    assert_json(written(write_shown, &empty),
                json_pack("{s:s,s:i,s:s,s:s}", "symbol", "", "decimals", 18, "amount", "0", "formatted", "0"));
    assert_json(written(write_shown, &unknown),
                json_pack("{s:n,s:n,s:s,s:n}", "symbol", "decimals", "amount", "5", "formatted"));
    assert_json(written(write_shown, &large),
                json_pack("{s:s,s:i,s:s,s:s}", "symbol", "L", "decimals", 77, "amount", most, "formatted",
                          "1.15792089237316195423570985008687907853269984665640564039457584007913129639935"));
}

/* What an answer is made of. */
struct state {
    struct block_spec spec;
    struct block_ref block;
    struct erc20_metadata metadata;
};

enum { ETAG_BYTES = 64 };

static void set_caching(struct answer *answer, const struct state *s) {
    const struct source source = {.chain = NULL};
    answer_begin(answer, HTTP_GET, "/tokens/x");
    view_set_caching(&answer->req, &answer->res, &source, &s->spec, &s->block, &s->metadata);
}

static void make_etag(char out[ETAG_BYTES], const struct state *s) {
    struct answer answer;
    set_caching(&answer, s);
    assert_true(strlen(answer.res.etag) < ETAG_BYTES);
    memcpy(out, answer.res.etag, strlen(answer.res.etag) + 1);
    answer_end(&answer);
}

static void fill(char text[256], char c) {
    memset(text, c, 255);
    text[255] = '\0';
}

/* Each change of what is shown is a change of the validator: else a client is told that what it has is still true. */
static void test_the_etag_follows_all_that_is_shown(void **state) {
    (void)state;
    enum { VARIANTS = 11 };
    struct state variants[VARIANTS];
    char etags[VARIANTS][ETAG_BYTES], again[ETAG_BYTES];
    struct state plain = {.metadata = {.has_name = true, .has_symbol = true, .decimals = 6}};
    fill(plain.metadata.name, 'n');
    fill(plain.metadata.symbol, 's');
    for (size_t i = 0; i < VARIANTS; i++) variants[i] = plain;
    variants[1].block.hash.bytes[31] = 1;
    variants[2].metadata.decimals = 7;
    variants[3].metadata.decimals = -1;
    variants[4].metadata.symbol[0] = 'S';
    variants[5].metadata.symbol[254] = 'S';
    variants[6].metadata.name[0] = 'N';
    variants[7].metadata.name[254] = 'N';
    variants[8].metadata.symbol[254] = '\0';
    memset(variants[9].metadata.symbol, 0, 256); /* empty ... */
    memset(variants[10].metadata.symbol, 0, 256);
    variants[10].metadata.has_symbol = false; /* ... is not null */
    for (size_t i = 0; i < VARIANTS; i++) {
        make_etag(etags[i], &variants[i]);
        make_etag(again, &variants[i]);
        assert_string_equal(etags[i], again);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(etags[i], etags[j]) == 0) fail_msg("%zu and %zu are alike", i, j);
        }
    }
}

/* Bytes behind the end of a text are not shown. */
static void test_the_etag_follows_nothing_else(void **state) {
    (void)state;
    char etags[2][ETAG_BYTES];
    struct state s = {.metadata = {.name = "abc", .symbol = "def", .has_name = true, .has_symbol = true}};
    make_etag(etags[0], &s);
    s.metadata.name[5] = s.metadata.symbol[5] = 'x';
    s.block.parent_hash.bytes[0] = 1;
    make_etag(etags[1], &s);
    assert_string_equal(etags[0], etags[1]);
}

static void test_only_a_named_final_block_is_for_ever(void **state) {
    (void)state;
    static const struct block_spec specs[] = {{.kind = BLOCK_LATEST},
                                              {.kind = BLOCK_SAFE},
                                              {.kind = BLOCK_FINALIZED},
                                              {.kind = BLOCK_NUMBER},
                                              {.kind = BLOCK_HASH}};
    for (size_t i = 0; i < 5; i++) {
        for (int finalized = 0; finalized < 2; finalized++) {
            struct answer answer;
            struct state s = {.spec = specs[i], .block.finalized = finalized != 0};
            set_caching(&answer, &s);
            bool for_ever = finalized != 0 && i >= 3;
            assert_header(&answer, "Cache-Control",
                          for_ever ? "public, max-age=31536000, immutable" : "public, max-age=12");
            answer_end(&answer);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_are_checksummed),
        cmocka_unit_test(test_what_is_not_there_is_null),
        cmocka_unit_test(test_integers_that_would_lose_digits_are_strings),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_no_block_is_null),
        cmocka_unit_test(test_amounts),
        cmocka_unit_test(test_the_etag_follows_all_that_is_shown),
        cmocka_unit_test(test_the_etag_follows_nothing_else),
        cmocka_unit_test(test_only_a_named_final_block_is_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
