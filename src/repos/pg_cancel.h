/* Tells the server to give up what a connection is busy with. Owns the message until it is sent; any thread. */
#ifndef DAPPD_REPOS_PG_CANCEL_H
#define DAPPD_REPOS_PG_CANCEL_H

#include <libpq-fe.h>

/* Returns at once; the connection has to be closed then, since the cancellation may hit whatever runs on it next. */
void pg_cancel_start(PGconn *conn);

#endif
