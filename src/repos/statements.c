/* Every statement that dappd prepares, for a lint to prepare them all. Static data; each table is its repo's.
 * Any thread. */
#include "audit_repo_sql.h"
#include "balance_repo_sql.h"
#include "contract_repo_sql.h"
#include "event_repo_sql.h"
#include "idempotency.h"
#include "index_watch_repo_sql.h"
#include "index_writer_sql.h"
#include "key_repo_sql.h"
#include "live_session.h"
#include "migrate_sql.h"
#include "nonces.h"
#include "repos/pg_session.h"
#include "session_repo_sql.h"
#include "token_repo_sql.h"
#include "transaction_repo_sql.h"
#include "transfer_repo_sql.h"
#include "user_repo_sql.h"
#include "watch_repo_sql.h"

const struct pg_statement_table pg_statement_tables[] = {
    {"audit_repo", audit_repo_statements, AUDIT_REPO_STATEMENT_COUNT},
    {"balance_repo", balance_repo_statements, BALANCE_REPO_STATEMENT_COUNT},
    {"contract_repo", contract_repo_statements, CONTRACT_REPO_STATEMENT_COUNT},
    {"event_repo", event_repo_statements, EVENT_REPO_STATEMENT_COUNT},
    {"idempotency", idempotency_statements, IDEMPOTENCY_STATEMENT_COUNT},
    {"index_watch_repo", index_watch_repo_sql, INDEX_WATCH_SQL_COUNT},
    {"index_writer", index_writer_sql, INDEX_SQL_COUNT},
    {"key_repo", key_repo_statements, KEY_REPO_STATEMENT_COUNT},
    {"live_session", live_session_statements, LIVE_SESSION_STATEMENT_COUNT},
    {"migrate", migrate_statements, MIGRATE_STATEMENTS},
    {"nonces", nonces_statements, NONCES_STATEMENT_COUNT},
    {"session_repo", session_repo_statements, SESSION_REPO_STATEMENT_COUNT},
    {"token_repo", token_repo_statements, TOKEN_REPO_STATEMENT_COUNT},
    {"transaction_repo", transaction_repo_statements, TRANSACTION_REPO_STATEMENT_COUNT},
    {"transfer_repo", transfer_repo_statements, TRANSFER_REPO_STATEMENT_COUNT},
    {"user_repo", user_repo_statements, USER_REPO_STATEMENT_COUNT},
    {"watch_repo", watch_repo_statements, WATCH_REPO_STATEMENT_COUNT},
};
const size_t pg_statement_tables_count = sizeof pg_statement_tables / sizeof *pg_statement_tables;
