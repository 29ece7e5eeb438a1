/* The files of sql/ as they were when this binary was made, in order: the first brings the database from nothing to
 * version 1. Constant; any thread. */
#ifndef DAPPD_REPOS_MIGRATION_H
#define DAPPD_REPOS_MIGRATION_H

struct migration {
    const char *file; /* "sql/0001_init.sql" */
    const char *text; /* with a NUL behind it */
    const char *end;  /* of the text, at that NUL */
};

extern const struct migration migrations[];
extern const struct migration migrations_end[];

#endif
