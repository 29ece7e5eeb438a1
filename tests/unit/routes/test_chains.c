/* GET /chains: what is known is shown, what is not is null, and the tag follows all of it.
 * Each test makes its request and frees it.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "handlers.h"
#include "http/answer.h"
#include "services/chain_service.h"

enum { ETAG_BYTES = 64 };

/* Chains that know no network. */
struct chain {
    struct chain_summary summary;
    unsigned max_age_s;
};
void chain_service_describe(struct chain_summary *out, struct chain *chain) {
    *out = chain->summary;
}
unsigned chain_service_max_age_s(const struct chain *chain) {
    return chain->max_age_s;
}

static struct block_ref block_of(uint8_t byte) {
    struct block_ref block = {.number = byte, .timestamp = 1700000000 + byte};
    memset(block.hash.bytes, byte, sizeof block.hash.bytes);
    return block;
}

static struct chain mainnet(void) {
    return (struct chain){.max_age_s = 7,
                          .summary = {.id = 1,
                                      .name = "mainnet",
                                      .native_symbol = "ETH",
                                      .native_decimals = 18,
                                      .block_time_ms = 12000,
                                      .head = block_of(0x33),
                                      .safe = block_of(0x22),
                                      .finalized = block_of(0x11),
                                      .has_head = true,
                                      .has_safe = true,
                                      .has_finalized = true}};
}

static const struct chain unknown = {.max_age_s = 9,
                                     .summary = {.name = "other", .native_symbol = "POL", .native_decimals = 6}};

static void ask(struct answer *answer, struct chain *first, struct chain *second) {
    struct chain *list[] = {first, second};
    struct app app = {.chains = list, .n_chains = second != NULL ? 2 : 1};
    answer_begin(answer, HTTP_GET, "/chains");
    answer->req.app = &app;
    assert_int_equal(route_chains(&answer->req, &answer->res), ERR_OK);
    answer->req.app = NULL;
}

static json_t *block_json(int number, const char *digit) {
    char hash[] = "0x1111111111111111111111111111111111111111111111111111111111111111";
    memset(hash + 2, digit[0], sizeof hash - 3);
    return json_pack("{s:i,s:s,s:i}", "number", number, "hash", hash, "timestamp", 1700000000 + number);
}

static void test_all_that_is_known_is_shown(void **state) {
    (void)state;
    struct chain first = mainnet(), second = unknown;
    struct answer answer;
    ask(&answer, &first, &second);
    json_t *have = answer_json(&answer);
    json_t *want = json_pack(
        "{s:[{s:i,s:s,s:b,s:{s:s,s:i},s:i,s:o,s:o,s:o},{s:n,s:s,s:b,s:{s:s,s:i},s:i,s:n,s:n,s:n}]}", "items", "id", 1,
        "name", "mainnet", "default", 1, "native", "symbol", "ETH", "decimals", 18, "block_time_ms", 12000, "head",
        block_json(0x33, "3"), "safe", block_json(0x22, "2"), "finalized", block_json(0x11, "1"), "id", "name", "other",
        "default", 0, "native", "symbol", "POL", "decimals", 6, "block_time_ms", 0, "head", "safe", "finalized");
    assert_non_null(want);
    if (!json_equal(have, want)) fail_msg("%s", json_dumps(have, 0));
    assert_string_equal(answer.res.content_type, "application/json");
    json_decref(have);
    json_decref(want);
    answer_end(&answer);
}

/* One chain is enough to make the whole list out of date. */
static void test_it_lasts_until_the_first_next_block(void **state) {
    (void)state;
    static const struct {
        unsigned first, second;
        const char *want;
    } rows[] = {{7, 9, "public, max-age=7"}, {9, 7, "public, max-age=7"}, {1, 1, "public, max-age=1"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct chain first = mainnet(), second = unknown;
        struct answer answer;
        first.max_age_s = rows[i].first;
        second.max_age_s = rows[i].second;
        ask(&answer, &first, &second);
        assert_header(&answer, "Cache-Control", rows[i].want);
        answer_end(&answer);
    }
}

static void make_etag(char out[ETAG_BYTES], struct chain *chain) {
    struct answer answer;
    ask(&answer, chain, NULL);
    assert_true(strlen(answer.res.etag) < ETAG_BYTES);
    memcpy(out, answer.res.etag, strlen(answer.res.etag) + 1);
    answer_end(&answer);
}

static void test_the_tag_follows_all_that_is_shown(void **state) {
    (void)state;
    enum { VARIANTS = 11 };
    struct chain variants[VARIANTS];
    char etags[VARIANTS][ETAG_BYTES], again[ETAG_BYTES];
    for (size_t i = 0; i < VARIANTS; i++) variants[i] = mainnet();
    variants[1].summary.id = 2;
    variants[2].summary.name = "mainnet2";
    variants[3].summary.native_symbol = "XETH";
    variants[4].summary.native_decimals = 17;
    variants[5].summary.block_time_ms = 11999;
    variants[6].summary.head.hash.bytes[31] = 0;
    variants[7].summary.safe.hash.bytes[31] = 0;
    variants[8].summary.finalized.hash.bytes[31] = 0;
    variants[9].summary.has_head = false;
    variants[10].summary.has_finalized = false;
    for (size_t i = 0; i < VARIANTS; i++) {
        make_etag(etags[i], &variants[i]);
        make_etag(again, &variants[i]);
        assert_string_equal(etags[i], again);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(etags[i], etags[j]) == 0) fail_msg("%zu and %zu are alike", i, j);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_that_is_known_is_shown),
        cmocka_unit_test(test_it_lasts_until_the_first_next_block),
        cmocka_unit_test(test_the_tag_follows_all_that_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
