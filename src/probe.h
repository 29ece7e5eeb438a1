/* `dappd health`: asks a running dappd whether it lives, for container health checks. One blocking call, on the main
 * thread of a process that does nothing else. */
#ifndef DAPPD_PROBE_H
#define DAPPD_PROBE_H

#include "config.h"

/* Returns the exit code: 0 when GET /health at the configured address answers 200, else 1 with a sentence on stderr. */
int probe_health(const struct config *config);

#endif
