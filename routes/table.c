/* Every route. Static data, any thread. openapi.yaml lists the same; a test compares them. */
#include "handlers.h"

const struct route routes[] = {
    {HTTP_GET, "/", route_index, CACHE_CLASS_STATIC, "", COST_CACHED, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/health", route_health, CACHE_CLASS_NONE, "", COST_FREE, ACCESS_PUBLIC, SCOPE_NONE},
    {HTTP_GET, "/ready", route_ready, CACHE_CLASS_NONE, "chain", COST_LIVE, ACCESS_PUBLIC, SCOPE_NONE},
    {HTTP_GET, "/status", route_status, CACHE_CLASS_NONE, "", COST_FREE, ACCESS_PUBLIC, SCOPE_NONE},
    {HTTP_GET, "/metrics", route_metrics, CACHE_CLASS_NONE, "", COST_FREE, ACCESS_PUBLIC, SCOPE_NONE},
    {HTTP_GET, "/openapi.yaml", route_openapi_yaml, CACHE_CLASS_STATIC, "", COST_CACHED, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/openapi.json", route_openapi_json, CACHE_CLASS_STATIC, "", COST_CACHED, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/chains", route_chains, CACHE_CLASS_BLOCK, "", COST_CACHED, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/balance/:address", route_balance_native, CACHE_CLASS_BLOCK, "block chain", COST_LIVE, ACCESS_PUBLIC,
     SCOPE_READ},
    {HTTP_GET, "/balance/:address/:token", route_balance_token, CACHE_CLASS_BLOCK, "block chain source", COST_LIVE,
     ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/balances/:address", route_portfolio, CACHE_CLASS_BLOCK, "chain cursor limit", COST_LIST, ACCESS_PUBLIC,
     SCOPE_READ},
    {HTTP_POST, "/balances", route_balances, CACHE_CLASS_NONE, "chain", COST_LIST, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/tokens", route_tokens, CACHE_CLASS_BLOCK, "chain cursor limit", COST_LIST, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/transfers", route_transfers, CACHE_CLASS_BLOCK,
     "chain cursor from from_block limit since to to_block token until", COST_LIST, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/transfers/:address", route_transfers_of_address, CACHE_CLASS_BLOCK,
     "chain cursor direction from_block limit since to_block token until", COST_LIST, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/tokens/:token/transfers", route_transfers_of_token, CACHE_CLASS_BLOCK,
     "chain cursor from from_block limit since to to_block until", COST_LIST, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/tokens/:token/holders", route_holders, CACHE_CLASS_BLOCK, "chain cursor limit", COST_LIST,
     ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/tokens/:token", route_token, CACHE_CLASS_BLOCK, "block chain", COST_LIVE, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/tx/:hash", route_tx, CACHE_CLASS_BLOCK, "chain", COST_LIVE, ACCESS_PUBLIC, SCOPE_READ},
    {HTTP_GET, "/allowance/:owner/:spender/:token", route_allowance, CACHE_CLASS_BLOCK, "block chain", COST_LIVE,
     ACCESS_PUBLIC, SCOPE_READ},
};

const size_t routes_count = sizeof routes / sizeof *routes;
