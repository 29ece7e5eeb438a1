/* Tests eth/uri with RFC 3986's own examples, and what its grammar does not have. The messages of Sign-In with Ethereum
 * are more of the same, in test_siwe. */
#include "../vectors.h"

#include "eth/uri.h"

/* In: text with its length, so that it may hold a NUL. Returns a copy of exactly that size. */
static char *exact(const char *text, size_t len) {
    char *copy = malloc(len > 0 ? len : 1);
    memcpy(copy, text, len);
    return copy;
}

static bool is_uri(const char *text, size_t len) {
    char *copy = exact(text, len);
    struct uri uri = {.scheme_len = 99};
    bool taken = uri_parse(&uri, copy, len);
    if (!taken) assert_int_equal(uri.scheme_len, 99);
    free(copy);
    return taken;
}

static bool is_site(const char *text, size_t len) {
    char *copy = exact(text, len);
    bool taken = uri_is_site(copy, len);
    free(copy);
    return taken;
}

/* Section 1.1.2 and appendix C of RFC 3986. */
static void test_examples_of_the_standard(void **state) {
    (void)state;
    static const struct {
        const char *text, *scheme, *authority;
    } rows[] = {
        {"ftp://ftp.is.co.za/rfc/rfc1808.txt", "ftp", "ftp.is.co.za"},
        {"http://www.ietf.org/rfc/rfc2396.txt", "http", "www.ietf.org"},
        {"ldap://[2001:db8::7]/c=GB?objectClass?one", "ldap", "[2001:db8::7]"},
        {"mailto:John.Doe@example.com", "mailto", NULL},
        {"news:comp.infosystems.www.servers.unix", "news", NULL},
        {"tel:+1-816-555-1212", "tel", NULL},
        {"telnet://192.0.2.16:80/", "telnet", "192.0.2.16:80"},
        {"urn:oasis:names:specification:docbook:dtd:xml:4.1.2", "urn", NULL},
        {"foo://example.com:8042/over/there?name=ferret#nose", "foo", "example.com:8042"},
        {"file:///etc/hosts", "file", ""},
        {"http://a:@b:/", "http", "a:@b:"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uri uri;
        assert_true(uri_parse(&uri, rows[i].text, strlen(rows[i].text)));
        assert_int_equal(uri.scheme_len, strlen(rows[i].scheme));
        assert_memory_equal(uri.scheme, rows[i].scheme, uri.scheme_len);
        assert_int_equal(uri.authority == NULL, rows[i].authority == NULL);
        if (rows[i].authority == NULL) continue;
        assert_int_equal(uri.authority_len, strlen(rows[i].authority));
        assert_memory_equal(uri.authority, rows[i].authority, uri.authority_len);
    }
}

#define TEXT(literal) literal, sizeof(literal) - 1

static void test_what_is_no_uri(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        {TEXT("")},
        {TEXT("a")},
        {TEXT(":")},
        {TEXT("//h")},
        {TEXT("a\0b:c")},
        {TEXT("a:\0")},
        {TEXT("a:b\0c")},
        {TEXT("http://h\0/")},
        {TEXT("http://[::1\0]")},
        {TEXT("http://[::1")},
        {TEXT("http://[")},
        {TEXT("http://h:\0")},
        {TEXT("a:%")},
        {TEXT("a:%4")},
        {TEXT("a:%4g")},
        {TEXT("a:%g4")},
        {TEXT("a:?%")},
        {TEXT("a:#%4")},
        {TEXT("a://%@h")},
        {TEXT("a://\"@h")},
        {TEXT("a://[@h")},
        {TEXT("a://u@[h")},
        {TEXT("a://h]")},
        {TEXT("a:b[c")},
        {TEXT("a:b c")},
        {TEXT("a:\xc3\xa4")},
        {TEXT("\xc3\xa4:b")},
        {TEXT("a:#b#c")},
        {TEXT("a://[::1]\0:1")},
        {TEXT("a://[1:2:3:4:5:6:7:8:1111:2222:3333:4444:5555:6666:7777:8888]/")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is_uri(rows[i].text, rows[i].len)) fail_msg("%s was taken", rows[i].text);
    }
}

static void test_sites(void **state) {
    (void)state;
    static const char *const sites[] = {"h", "h:1", "h:65535", "1.2.3.4:80", "[::1]", "[::1]:80", "[v1f.a:b]", "%41"};
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++) assert_true(is_site(sites[i], strlen(sites[i])));
    static const struct {
        const char *text;
        size_t len;
    } others[] = {
        {TEXT("")},
        {TEXT(":1")},
        {TEXT("h:")},
        {TEXT("h:0")},
        {TEXT("h:01")},
        {TEXT("h:65536")},
        {TEXT("u@h")},
        {TEXT("h/")},
        {TEXT("h\0")},
        {TEXT("[::1")},
        {TEXT("[::1]1")},
        {TEXT("[::1\0]")},
        {TEXT("h:1\0")},
        {TEXT("h:1 ")},
        {TEXT("[]")},
        {TEXT("[v.a]")},
        {TEXT("[v1]")},
        {TEXT("[v1.]")},
        {TEXT("h:18446744073709551617")},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (is_site(others[i].text, others[i].len)) fail_msg("%s was taken", others[i].text);
    }
}

/* In: also, what there is beside letters, digits, unreserved characters and sub-delimiters. */
static bool is_expected(int c, const char *also) {
    const char *plain = "-._~!$&'()*+,;=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    return c != 0 && (strchr(plain, c) != NULL || strchr(also, c) != NULL);
}

static void test_every_character(void **state) {
    (void)state;
    for (int c = 0; c < 256; c++) {
        char path[] = {'a', ':', 'x', (char)c}, query[] = {'a', ':', '?', (char)c},
             fragment[] = {'a', ':', '#', (char)c};
        char host[] = {'a', ':', '/', '/', (char)c, 'x'}, scheme[] = {'a', (char)c, ':'}, pchar = (char)c;
        assert_int_equal(uri_is_plain((char)c), is_expected(c, ":/?#[]@"));
        assert_int_equal(uri_is_pchars(&pchar, 1), is_expected(c, ":@"));
        assert_int_equal(is_uri(path, sizeof path), is_expected(c, ":@/?#"));
        assert_int_equal(is_uri(query, sizeof query), is_expected(c, ":@/?#"));
        assert_int_equal(is_uri(fragment, sizeof fragment), is_expected(c, ":@/?"));
        assert_int_equal(is_uri(host, sizeof host), is_expected(c, "/?#@")); /* a port is not x */
        bool in_scheme = c == ':' || (is_expected(c, "") && strchr("_~!$&'()*,;=", c) == NULL);
        assert_int_equal(is_uri(scheme, sizeof scheme), in_scheme);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_of_the_standard),
        cmocka_unit_test(test_what_is_no_uri),
        cmocka_unit_test(test_sites),
        cmocka_unit_test(test_every_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
