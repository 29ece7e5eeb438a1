/* How far a chain's index is, and who follows its transactions. Any thread. */
#ifndef DAPPD_SERVICES_INDEX_SERVICE_H
#define DAPPD_SERVICES_INDEX_SERVICE_H

#include "core/json_out.h"
#include "repos/index_status.h"
#include "repos/tx_status.h"

/* The index's object of /status; null without a database. In: status, NULL: there is none. */
void index_service_render_status(struct index_status *status, struct json_out *out);
void index_service_render_followed(struct tx_status *status, struct json_out *out);

#endif
