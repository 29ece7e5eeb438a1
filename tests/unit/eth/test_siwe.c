/* Tests eth/siwe with the standard's examples, messages that viem writes, and messages with one thing wrong each. */
#include "../vectors.h"

#include <inttypes.h>

#include "eth/siwe.h"

/* In: text with \n and \xHH. Returns it in memory of exactly its size; the caller frees it. */
static char *unescape(size_t *len, const char *text) {
    char *out = malloc(strlen(text) + 1);
    *len = 0;
    while (*text != '\0') {
        if (text[0] == '\\' && text[1] == 'n') {
            out[(*len)++] = '\n';
            text += 2;
        } else if (text[0] == '\\') {
            char digits[3] = {text[2], text[3], '\0'};
            out[(*len)++] = (char)strtoul(digits, NULL, 16);
            text += 4;
        } else {
            out[(*len)++] = *text++;
        }
    }
    return realloc(out, *len > 0 ? *len : 1);
}

static enum err parse(struct siwe_message *m, char problem[SIWE_PROBLEM_BYTES], const char *text, size_t len) {
    memset(problem, 'x', SIWE_PROBLEM_BYTES);
    enum err err = siwe_parse(m, problem, text, len);
    if (err != ERR_OK) {
        size_t n = strnlen(problem, SIWE_PROBLEM_BYTES);
        assert_in_range(n, 20, SIWE_PROBLEM_BYTES - 2); /* none is cut off */
    }
    return err;
}

static void show_text(FILE *out, struct siwe_text text) {
    if (text.p == NULL) text = (struct siwe_text){.p = "^", .len = 1};
    fprintf(out, "%.*s|", (int)text.len, text.p);
}

static void show_time(FILE *out, bool has, uint64_t seconds) {
    if (has) fprintf(out, "%" PRIu64 "|", seconds);
    if (!has) fputs("^|", out);
}

/* Returns the fields as siwe_accepted.tsv has them; the caller frees it. */
static char *show(const struct siwe_message *m) {
    char *text = NULL, digits[ADDRESS_TEXT_BYTES];
    size_t len;
    FILE *out = open_memstream(&text, &len);
    show_text(out, m->scheme);
    show_text(out, m->domain);
    fprintf(out, "%s|", address_format(digits, &m->address));
    show_text(out, m->statement);
    show_text(out, m->uri);
    fprintf(out, "%" PRIu64 "|", m->chain_id);
    show_text(out, m->nonce);
    show_time(out, true, m->issued_at_s);
    show_time(out, m->has_expiration, m->expiration_s);
    show_time(out, m->has_not_before, m->not_before_s);
    show_text(out, m->request_id);
    fprintf(out, "%zu", m->n_resources);
    fclose(out);
    return text;
}

static void test_messages_by_the_grammar(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "siwe_accepted.tsv");
    while (vectors_next(&v, 3)) {
        struct siwe_message m;
        char problem[SIWE_PROBLEM_BYTES];
        size_t len;
        char *text = unescape(&len, v.fields[1]);
        if (parse(&m, problem, text, len) != ERR_OK) fail_msg("%s: %s", v.fields[0], problem);
        char *shown = show(&m);
        if (strcmp(shown, v.fields[2]) != 0) fail_msg("%s: %s, not %s", v.fields[0], shown, v.fields[2]);
        free(shown);
        free(text);
    }
    vectors_close(&v, 280);
}

static void test_messages_with_something_wrong(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "siwe_refused.tsv");
    while (vectors_next(&v, 3)) {
        struct siwe_message m = {.chain_id = 7}, untouched = m;
        char problem[SIWE_PROBLEM_BYTES], line[40];
        size_t len;
        char *text = unescape(&len, v.fields[1]);
        enum err err = parse(&m, problem, text, len);
        if (err != ERR_INVALID_MESSAGE) fail_msg("%s: was taken", v.fields[0]);
        snprintf(line, sizeof line, "line %s of the message: ", v.fields[2]);
        if (strncmp(problem, line, strlen(line)) != 0) fail_msg("%s: %s, not %s", v.fields[0], problem, line);
        assert_memory_equal(&m, &untouched, sizeof m);
        free(text);
    }
    vectors_close(&v, 450);
}

#define HEAD "example.com wants you to sign in with your Ethereum account:\n"
#define ADDRESS "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2\n"
#define TAIL \
    "\n\nURI: https://example.com/login\nVersion: 1\nChain ID: 1\nNonce: 32891756\n" \
    "Issued At: 2021-09-30T16:25:24Z"

static void test_addresses_without_their_checksum(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "siwe_checksums.tsv");
    while (vectors_next(&v, 2)) {
        struct siwe_message m;
        char problem[SIWE_PROBLEM_BYTES], text[512];
        snprintf(text, sizeof text, HEAD "%s\n" TAIL, v.fields[1]);
        assert_int_equal(parse(&m, problem, text, strlen(text)), ERR_CHECKSUM_MISMATCH);
        assert_non_null(strstr(problem, "line 2 "));
    }
    vectors_close(&v, 6);
}

/* What is signed is all of it: no part of a message is one. */
static void test_every_prefix_is_refused(void **state) {
    (void)state;
    const char text[] = HEAD ADDRESS TAIL;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        struct siwe_message m;
        char problem[SIWE_PROBLEM_BYTES], *exact = malloc(len + 1);
        memcpy(exact, text, len);
        assert_int_equal(parse(&m, problem, exact, len), ERR_INVALID_MESSAGE);
        free(exact);
    }
}

static void test_every_byte_is_checked(void **state) {
    (void)state;
    char text[] = HEAD ADDRESS TAIL;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        char kept = text[i];
        for (int c = 0; c < 256; c++) {
            struct siwe_message m;
            char problem[SIWE_PROBLEM_BYTES];
            if (c == kept || (c >= ' ' && c <= '~')) continue;
            text[i] = (char)c;
            if (parse(&m, problem, text, sizeof text - 1) != ERR_INVALID_MESSAGE) fail_msg("byte %zu: 0x%02x", i, c);
            assert_true(c == '\n' || strstr(problem, "printable ASCII") != NULL); /* a CR is hard to find otherwise */
        }
        text[i] = kept;
    }
}

static void test_bounded_size(void **state) {
    (void)state;
    char text[SIWE_MAX_BYTES + 2], problem[SIWE_PROBLEM_BYTES];
    struct siwe_message m;
    int n = snprintf(text, sizeof text, HEAD ADDRESS TAIL "\nRequest ID: ");
    memset(text + n, 'a', sizeof text - (size_t)n);
    assert_int_equal(parse(&m, problem, text, SIWE_MAX_BYTES), ERR_OK);
    assert_int_equal(m.request_id.len, SIWE_MAX_BYTES - n);
    assert_int_equal(parse(&m, problem, text, SIWE_MAX_BYTES + 1), ERR_INVALID_MESSAGE);
    assert_int_equal(parse(&m, problem, NULL, 0), ERR_INVALID_MESSAGE);
}

/* What a client is told is our own words: it may come back to a page that shows it. */
static void test_problem_echoes_nothing(void **state) {
    (void)state;
    const char text[] = "<script>alert(1)</script> wants you to sign in with your Ethereum account:\n";
    char problem[SIWE_PROBLEM_BYTES];
    struct siwe_message m;
    assert_int_equal(parse(&m, problem, text, sizeof text - 1), ERR_INVALID_MESSAGE);
    assert_null(strstr(problem, "script"));
}

static struct siwe_text text_of(const char *text) {
    if (strcmp(text, "^") == 0) return (struct siwe_text){.p = NULL};
    return (struct siwe_text){.p = text, .len = strlen(text)};
}

static void test_uri_of_the_domain(void **state) {
    (void)state;
    struct vectors v;
    vectors_open(&v, "siwe_uris.tsv");
    while (vectors_next(&v, 4)) {
        struct siwe_message m = {
            .domain = text_of(v.fields[0]), .scheme = text_of(v.fields[1]), .uri = text_of(v.fields[2])};
        bool expected = v.fields[3][0] == '1';
        if (siwe_uri_is_of_domain(&m) != expected) fail_msg("%s: %s", v.fields[0], v.fields[2]);
    }
    vectors_close(&v, 60);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_by_the_grammar),
        cmocka_unit_test(test_messages_with_something_wrong),
        cmocka_unit_test(test_addresses_without_their_checksum),
        cmocka_unit_test(test_every_prefix_is_refused),
        cmocka_unit_test(test_every_byte_is_checked),
        cmocka_unit_test(test_bounded_size),
        cmocka_unit_test(test_problem_echoes_nothing),
        cmocka_unit_test(test_uri_of_the_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
