/* RFC 9457 problem responses, all from the one table errors.def. One thread. */
#ifndef DAPPD_HTTP_PROBLEM_H
#define DAPPD_HTTP_PROBLEM_H

#include "http/request.h"
#include "http/response.h"

/* Turns the task's fault into the response: the single place where an error becomes HTTP. */
void problem_from_fault(struct request *req, struct response *res);

#endif
