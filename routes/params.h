/* What several routes read alike from path and query. Errors name the parameter, the value and what is allowed. Pure;
 * the request's coroutine. */
#ifndef DAPPD_ROUTES_PARAMS_H
#define DAPPD_ROUTES_PARAMS_H

#include "eth/address.h"
#include "eth/block.h"
#include "http/request.h"
#include "services/source.h"

/* An address given as text. In: name, what to call it in the error. */
enum err params_parse_address(struct task *task, address *out, struct slice text, const char *name) MUST_CHECK;

/* A hash given as text. In: name, as above. */
enum err params_parse_hash(struct task *task, hash32 *out, struct slice text, const char *name) MUST_CHECK;

/* A block given as text. */
enum err params_parse_block(struct task *task, struct block_spec *out, struct slice text) MUST_CHECK;

/* The path parameter at index. */
enum err params_address(struct request *req, address *out, size_t index, const char *name) MUST_CHECK;

/* The path parameter at index, a transaction's hash. */
enum err params_hash(struct request *req, hash32 *out, size_t index, const char *name) MUST_CHECK;

/* What answers for the i-th chain come from. */
struct source params_source_of(const struct app *app, size_t i);

/* ?chain=, an id or a name; without it the first chain. Where no chain has the id, nodes are asked for those that are
 * not known yet: the errors of chain_service_find. */
enum err params_source(struct request *req, struct source *out) MUST_CHECK;

/* ?block=; without it the newest. */
enum err params_block(struct request *req, struct block_spec *out) MUST_CHECK;

/* ?from_block= and ?to_block=, both inclusive; without them from the first and to the newest (UINT64_MAX). */
enum err params_block_range(struct request *req, uint64_t *from, uint64_t *to) MUST_CHECK;

#endif
