/* From a request's target to its route. Static data; runs on the request's coroutine. */
#ifndef DAPPD_HTTP_ROUTER_H
#define DAPPD_HTTP_ROUTER_H

#include "core/err.h"
#include "http/request.h"
#include "http/response.h"

/* Parses the target and finds the route, HEAD's as GET's: sets path, query, route and params of the request. OPTIONS is
 * answered at once, with Allow, and no route is set. A fault that is set already (a limit was passed while reading the
 * request) is returned as it is. Errors: those of the target, ERR_NOT_FOUND, ERR_METHOD_NOT_ALLOWED with Allow,
 * ERR_INVALID_PARAMETER for query arguments that the route does not take. */
enum err router_find(struct request *req, struct response *res) MUST_CHECK;

/* "GET" and so on; "OTHER" for what is none of ours. */
const char *router_method_name(enum http_method method);

/* Gives the metrics their values of the label `route`: the patterns in table order, then "unmatched". */
void router_set_metric_labels(void);

/* The index of the request's route among those values. */
size_t router_metric_index(const struct request *req);

#endif
