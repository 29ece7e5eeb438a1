/* The metrics' label values: names that the configuration gives, and those of enumerations. Owns nothing.
 * Main thread, before any thread counts. */
#include <stdlib.h>

#include "core/metrics.h"
#include "http/router.h"
#include "http/status.h"
#include "indexer/tx_follower.h"
#include "middleware/rate_limit.h"
#include "repos/pg.h"
#include "rpc/rpc.h"
#include "rpc/state.h"
#include "rpc/tx_send.h"
#include "services/indexed_balance.h"
#include "runtime.h"

static void set_chains(const struct config *config) {
    size_t n_upstreams = 0;
    for (size_t i = 0; i < config->n_chains; i++) n_upstreams += config->chains[i].n_upstreams;
    const char **chains = calloc(config->n_chains, sizeof *chains);
    const char **upstreams = calloc(n_upstreams, sizeof *upstreams);
    if (chains == NULL || upstreams == NULL) abort();
    size_t u = 0;
    for (size_t i = 0; i < config->n_chains; i++) {
        chains[i] = config->chains[i].name;
        for (size_t j = 0; j < config->chains[i].n_upstreams; j++) upstreams[u++] = config->chains[i].upstreams[j].name;
    }
    metrics_set_label_values(METRIC_LABEL_CHAIN, chains, config->n_chains);
    metrics_set_label_values(METRIC_LABEL_UPSTREAM, upstreams, n_upstreams);
    free(chains);
    free(upstreams);
}

void labels_set(const struct config *config) {
    static const char *const kinds[CACHE_KIND_COUNT] = {[CACHE_AMOUNT] = "amount",
                                                        [CACHE_TOKEN] = "token",
                                                        [CACHE_BLOCK] = "block",
                                                        [CACHE_CODE] = "code",
                                                        [CACHE_ACCESS_TOKEN] = "access_token",
                                                        [CACHE_API_KEY] = "api_key",
                                                        [CACHE_CALL] = "call"};
    const char *outcomes[RPC_OUTCOME_COUNT];
    for (size_t i = 0; i < RPC_OUTCOME_COUNT; i++) outcomes[i] = rpc_outcome_name((enum rpc_outcome)i);
    router_set_metric_labels();
    status_set_metric_labels();
    rate_limit_set_metric_labels();
    state_set_metric_labels();
    tx_send_set_metric_labels();
    pg_set_metric_labels();
    indexed_balance_set_metric_labels();
    tx_follower_set_metric_labels();
    metrics_set_label_values(METRIC_LABEL_CACHE, kinds, CACHE_KIND_COUNT);
    metrics_set_label_values(METRIC_LABEL_OUTCOME, outcomes, RPC_OUTCOME_COUNT);
    set_chains(config);
}
