/* A transfer as JSON and as a row of CSV. Pure; the request's coroutine. */
#ifndef DAPPD_ROUTES_TRANSFER_VIEW_H
#define DAPPD_ROUTES_TRANSFER_VIEW_H

#include "core/csv_out.h"
#include "core/json_out.h"
#include "services/transfer_service.h"

void view_transfer(struct json_out *out, const struct transfer_row *transfer);

/* The columns' names, and a row with an empty field where JSON has null. */
void view_transfer_csv_header(struct csv_out *out);
void view_transfer_csv(struct csv_out *out, const struct transfer_row *transfer);

#endif
