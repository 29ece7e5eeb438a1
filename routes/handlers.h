/* The handlers of the route table. Each parses, calls one service and renders; the request's coroutine. */
#ifndef DAPPD_ROUTES_HANDLERS_H
#define DAPPD_ROUTES_HANDLERS_H

#include "http/route.h"

enum err route_index(struct request *req, struct response *res);
enum err route_health(struct request *req, struct response *res);
enum err route_ready(struct request *req, struct response *res);
enum err route_status(struct request *req, struct response *res);
enum err route_metrics(struct request *req, struct response *res);
enum err route_chains(struct request *req, struct response *res);
enum err route_openapi_yaml(struct request *req, struct response *res);
enum err route_openapi_json(struct request *req, struct response *res);
enum err route_auth_nonce(struct request *req, struct response *res);
enum err route_auth_verify(struct request *req, struct response *res);
enum err route_auth_refresh(struct request *req, struct response *res);
enum err route_auth_logout(struct request *req, struct response *res);
enum err route_auth_session(struct request *req, struct response *res);
enum err route_balance_native(struct request *req, struct response *res);
enum err route_balance_token(struct request *req, struct response *res);
enum err route_balances(struct request *req, struct response *res);
enum err route_portfolio(struct request *req, struct response *res);
enum err route_tokens(struct request *req, struct response *res);
enum err route_holders(struct request *req, struct response *res);
enum err route_transfers(struct request *req, struct response *res);
enum err route_transfers_of_address(struct request *req, struct response *res);
enum err route_transfers_of_token(struct request *req, struct response *res);
enum err route_tx_send(struct request *req, struct response *res);
enum err route_transactions(struct request *req, struct response *res);
enum err route_tx(struct request *req, struct response *res);
enum err route_token(struct request *req, struct response *res);
enum err route_fees(struct request *req, struct response *res);
enum err route_nonce(struct request *req, struct response *res);
enum err route_estimate(struct request *req, struct response *res);
enum err route_allowance(struct request *req, struct response *res);
enum err route_users(struct request *req, struct response *res);
enum err route_users_create(struct request *req, struct response *res);
enum err route_user(struct request *req, struct response *res);
enum err route_user_update(struct request *req, struct response *res);
enum err route_user_delete(struct request *req, struct response *res);
enum err route_user_address_add(struct request *req, struct response *res);
enum err route_user_address_remove(struct request *req, struct response *res);
enum err route_keys(struct request *req, struct response *res);
enum err route_keys_create(struct request *req, struct response *res);
enum err route_key_delete(struct request *req, struct response *res);
enum err route_audit(struct request *req, struct response *res);
enum err route_events(struct request *req, struct response *res);
enum err route_watches(struct request *req, struct response *res);
enum err route_watch_create(struct request *req, struct response *res);
enum err route_watch_delete(struct request *req, struct response *res);
enum err route_states(struct request *req, struct response *res);
enum err route_state_history(struct request *req, struct response *res);
enum err route_contracts(struct request *req, struct response *res);
enum err route_contract(struct request *req, struct response *res);
enum err route_contract_put(struct request *req, struct response *res);
enum err route_contract_delete(struct request *req, struct response *res);
enum err route_contract_call(struct request *req, struct response *res);
enum err route_contract_simulate(struct request *req, struct response *res);
enum err route_contract_encode(struct request *req, struct response *res);
enum err route_contract_deploy(struct request *req, struct response *res);
enum err route_deploy(struct request *req, struct response *res);

#endif
