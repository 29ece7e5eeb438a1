/* The route table itself: what the router takes for granted holds for every row.
 * Owns nothing.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "http/route.h"
#include "http/target.h"

/* A pattern's segments. */
struct segments {
    struct slice at[TARGET_MAX_SEGMENTS];
    size_t n;
    size_t n_params;
};

static struct segments split(const char *pattern) {
    struct segments out = {.n = 0};
    assert_int_equal(pattern[0], '/');
    for (const char *p = pattern; *p == '/' && p[1] != '\0';) {
        struct slice segment = {p + 1, strcspn(p + 1, "/")};
        assert_true(segment.len > 0 && out.n < TARGET_MAX_SEGMENTS);
        if (segment.p[0] == ':') out.n_params++;
        out.at[out.n++] = segment;
        p += 1 + segment.len;
        assert_false(*p == '/' && p[1] == '\0');
    }
    return out;
}

static bool same(struct slice a, struct slice b) {
    return a.len == b.len && memcmp(a.p, b.p, a.len) == 0;
}

static void test_rows_are_well_formed(void **state) {
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        const struct route *route = &routes[i];
        struct segments segments = split(route->pattern);
        assert_non_null(route->handler);
        assert_true(segments.n_params <= REQUEST_MAX_PARAMS);
        for (size_t a = 0; a < segments.n; a++) {
            assert_null(memchr(segments.at[a].p, '%', segments.at[a].len));
            if (segments.at[a].p[0] != ':') continue;
            assert_true(segments.at[a].len > 1);
            for (size_t b = 0; b < a; b++) assert_false(same(segments.at[a], segments.at[b]));
        }
    }
}

/* HEAD and OPTIONS are answered by the router. */
static void test_methods(void **state) {
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        enum http_method method = routes[i].method;
        assert_true(method != HTTP_HEAD && method != HTTP_OPTIONS && method != HTTP_OTHER);
        if (method != HTTP_GET) assert_int_equal(routes[i].cache, CACHE_CLASS_NONE);
    }
}

static void test_query_lists(void **state) {
    (void)state;
    static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789_ .*"; /* arg.*: any name behind the point */
    for (size_t i = 0; i < routes_count; i++) {
        const char *list = routes[i].query;
        size_t len = strlen(list);
        assert_null(strstr(list, "  "));
        assert_true(len == 0 || (list[0] != ' ' && list[len - 1] != ' '));
        for (size_t j = 0; j < len; j++) assert_non_null(memchr(characters, list[j], strlen(characters)));
    }
}

/* Two rows of one method that one path could match must differ in their number of parameters: else the order of the
 * table would decide. */
static bool may_meet(const struct segments *a, const struct segments *b) {
    if (a->n != b->n) return false;
    for (size_t i = 0; i < a->n; i++) {
        bool literals = a->at[i].p[0] != ':' && b->at[i].p[0] != ':';
        if (literals && !same(a->at[i], b->at[i])) return false;
    }
    return true;
}

static void test_order_does_not_matter(void **state) {
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        for (size_t j = 0; j < i; j++) {
            struct segments a = split(routes[i].pattern), b = split(routes[j].pattern);
            if (routes[i].method != routes[j].method || a.n_params != b.n_params || !may_meet(&a, &b)) continue;
            fail_msg("%s and %s match the same paths", routes[i].pattern, routes[j].pattern);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_are_well_formed),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_query_lists),
        cmocka_unit_test(test_order_does_not_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
