/* How PostgreSQL answers a statement: what its plan reads, by EXPLAIN ANALYZE. What it changes is rolled back.
 * Owns nothing. One thread. */
#ifndef DAPPD_TESTS_PLANS_H
#define DAPPD_TESTS_PLANS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "repos/pg_session.h"

struct asked {
    const char *statement;
    const char *arguments;
    bool walks; /* one filter beside another: it may read more rows than it gives */
    bool sorts; /* few rows, at the end */
};

struct cost {
    double rows;   /* that scans touched */
    bool seq_scan; /* of a table that is not tiny */
    bool sort;
};

static bool is(const json_t *node, const char *key, const char *value) {
    const char *text = json_string_value(json_object_get(node, key));
    return text != NULL && strcmp(text, value) == 0;
}

static double number(const json_t *node, const char *key) {
    return json_number_value(json_object_get(node, key));
}

/* A leaf that has no rows yet, and the few chains, may be read in any way. */
static void add(struct cost *cost, const json_t *node) {
    double loops = number(node, "Actual Loops");
    double rows = (number(node, "Actual Rows") + number(node, "Rows Removed by Filter")) * loops;
    bool is_scan = json_object_get(node, "Relation Name") != NULL;
    if (is_scan) cost->rows += rows;
    if (is(node, "Node Type", "Seq Scan") && rows > 10) cost->seq_scan = true;
    if (is(node, "Node Type", "Sort") || is(node, "Node Type", "Incremental Sort")) cost->sort = true;
    size_t i;
    json_t *child;
    json_array_foreach(json_object_get(node, "Plans"), i, child) add(cost, child);
}

static const struct pg_statement *find(const char *name) {
    for (size_t i = 0; i < pg_statement_tables_count; i++) {
        const struct pg_statement_table *table = &pg_statement_tables[i];
        for (size_t j = 0; j < table->n; j++) {
            if (strcmp(table->statements[j].name, name) == 0) return &table->statements[j];
        }
    }
    fail_msg("%s is no statement", name);
    return NULL;
}

static void explain(struct cost *cost, PGconn *db, const struct asked *row) {
    char text[4096];
    json_error_t error;
    const struct pg_statement *statement = find(row->statement);
    PQclear(PQprepare(db, statement->name, statement->sql, 0, NULL)); /* already there for the second row */
    (void)snprintf(text, sizeof text, "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE %s(%s)", statement->name, row->arguments);
    PQclear(PQexec(db, "BEGIN"));
    PGresult *result = PQexec(db, text);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) fail_msg("%s: %s", text, PQresultErrorMessage(result));
    json_t *plans = json_loads(PQgetvalue(result, 0, 0), 0, &error);
    assert_non_null(plans);
    *cost = (struct cost){0};
    add(cost, json_object_get(json_array_get(plans, 0), "Plan"));
    json_decref(plans);
    PQclear(result);
    PQclear(PQexec(db, "ROLLBACK"));
}

/* Returns what is wrong with it, or NULL. */
static const char *judge(const struct cost *cost, const struct asked *row, double max_read) {
    if (cost->seq_scan) return "reads a whole table";
    if (cost->sort && !row->sorts) return "sorts";
    return cost->rows > max_read && !row->walks ? "reads too many rows" : NULL;
}

/* In: max_read, rows that the scans of a plan may touch unless it walks. */
static void assert_plans(PGconn *db, const struct asked *asked, size_t n, double max_read) {
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) {
        struct cost cost;
        explain(&cost, db, &asked[i]);
        const char *problem = judge(&cost, &asked[i], max_read);
        if (problem == NULL) continue;
        print_error("%s(%s) %s: %.0f\n", asked[i].statement, asked[i].arguments, problem, cost.rows);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static bool is_listed(const char *const *names, const char *name) {
    while (*names != NULL && strcmp(*names, name) != 0) names++;
    return *names != NULL;
}

/* In: repos, behind the last NULL. Returns how many statements they have. */
static size_t assert_all_asked(const char *const *repos, const struct asked *asked, size_t n_asked) {
    size_t n = 0;
    for (size_t i = 0; i < pg_statement_tables_count; i++) {
        const struct pg_statement_table *table = &pg_statement_tables[i];
        bool counts = is_listed(repos, table->repo);
        for (size_t j = 0; counts && j < table->n; j++, n++) {
            size_t k = 0;
            while (k < n_asked && strcmp(asked[k].statement, table->statements[j].name) != 0) k++;
            if (k == n_asked) fail_msg("%s is not asked", table->statements[j].name);
        }
    }
    return n;
}

#endif
