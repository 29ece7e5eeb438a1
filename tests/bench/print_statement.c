/* Prints the SQL of one prepared statement, so that another program can be measured with the very same.
 * Nothing is owned.
 * One thread. */
#include <stdio.h>
#include <string.h>

#include "repos/pg_session.h"

int main(int argc, char **argv) {
    for (size_t i = 0; argc == 2 && i < pg_statement_tables_count; i++) {
        const struct pg_statement_table *table = &pg_statement_tables[i];
        for (size_t j = 0; j < table->n; j++) {
            if (strcmp(table->statements[j].name, argv[1]) == 0) return puts(table->statements[j].sql) < 0;
        }
    }
    (void)fprintf(stderr, "usage: print_statement NAME\n");
    return 2;
}
