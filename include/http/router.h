/* From a path to its route, and the innermost layer of every request. Static data; runs on the request's coroutine. */
#ifndef DAPPD_HTTP_ROUTER_H
#define DAPPD_HTTP_ROUTER_H

#include "http/request.h"
#include "http/response.h"

/* Parses the target, finds the route and runs its handler; answers HEAD as GET, OPTIONS with Allow, and every error as
 * a problem. A fault that is set already (a limit was passed while reading the request) is answered as it is. */
void router_dispatch(struct request *req, struct response *res);

/* Gives the metrics their values of the label `route`: the patterns in table order, then "unmatched". */
void router_set_metric_labels(void);

/* The index of the request's route among those values. */
size_t router_metric_index(const struct request *req);

#endif
