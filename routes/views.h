/* JSON pieces that several answers share, and their caching headers. Pure; the request's coroutine. */
#ifndef DAPPD_ROUTES_VIEWS_H
#define DAPPD_ROUTES_VIEWS_H

#include "core/json_out.h"
#include "eth/block.h"
#include "eth/erc20.h"
#include "eth/u256.h"
#include "http/request.h"
#include "http/response.h"
#include "services/indexed.h"
#include "services/json_piece.h"
#include "services/source.h"

/* A key with an address in checksum case, a block object, an amount as decimal string; NULL is null. */
void view_address(struct json_out *out, const char *key, const address *a);
void view_block(struct json_out *out, const char *key, const struct block_ref *block);
void view_amount(struct json_out *out, const char *key, const u256 *amount);

/* A key with an integer, as a string where readers of JSON could lose digits: beyond 2^53 - 1 (RFC 8259, section 6). */
void view_integer(struct json_out *out, const char *key, uint64_t value);

/* A key with JSON that is written already; null where its text is NULL. */
void view_piece(struct json_out *out, const char *key, const struct json_piece *piece);

/* "symbol" and "decimals", null where the token does not say. */
void view_symbol_and_decimals(struct json_out *out, const struct erc20_metadata *metadata);

/* "formatted": the amount in whole units, or null while the decimals are unknown. */
void view_formatted(struct json_out *out, const u256 *amount, const struct erc20_metadata *metadata);

/* The same of a token as the index knows it: "name"; "symbol" and "decimals"; "formatted"; and "index" with what the
 * comparison of its balances has shown. */
void view_summary_name(struct json_out *out, const struct token_summary *token);
void view_summary_units(struct json_out *out, const struct token_summary *token);
void view_summary_formatted(struct json_out *out, const u256 *amount, const struct token_summary *token);
void view_summary_index(struct json_out *out, const struct token_summary *token);

/* "error": why one item of many has no value. */
void view_error(struct json_out *out, enum err err, const char *detail);

/* ETag and Cache-Control of an answer that is true at block: until the next block is due, or for ever when the client
 * named this block and it is final. */
void view_set_caching(const struct request *req, struct response *res, const struct source *source,
                      const struct block_spec *spec, const struct block_ref *block,
                      const struct erc20_metadata *metadata);

/* Renders at once, for answers that depend on more than their block: the ETag is made from all of the text. */
void view_now(const struct request *req, struct response *res, render_fn render, const void *view, unsigned max_age_s);

#endif
