/* The statements of event_repo. Constant; any thread. */
#ifndef DAPPD_REPOS_EVENT_REPO_SQL_H
#define DAPPD_REPOS_EVENT_REPO_SQL_H

#include "repos/pg_session.h"

/* By what a list is walked: all of the contract's, or those with one topic. Each in two directions. */
enum event_repo_statement {
    EVENT_REPO_ALL,
    EVENT_REPO_TOPIC0,
    EVENT_REPO_TOPIC1,
    EVENT_REPO_TOPIC2,
    EVENT_REPO_TOPIC3,
    EVENT_REPO_NEWEST_STEP, /* from oldest first to newest first */
    EVENT_REPO_STATEMENT_COUNT = 2 * EVENT_REPO_NEWEST_STEP
};

extern const struct pg_statement event_repo_statements[EVENT_REPO_STATEMENT_COUNT];

#endif
