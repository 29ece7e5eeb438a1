/* Shared JSON pieces. Stateless; the request's coroutine. */
#include "views.h"

#include <string.h>

#include "http/conditional.h"
#include "services/chain_service.h"

void view_address(struct json_out *out, const char *key, const address *a) {
    char text[ADDRESS_TEXT_BYTES];
    json_out_key(out, key);
    if (a == NULL) {
        json_out_null(out);
        return;
    }
    json_out_strn(out, address_format(text, a), ADDRESS_TEXT_BYTES - 1);
}

void view_block(struct json_out *out, const char *key, const struct block_ref *block) {
    char hash[HASH32_TEXT_BYTES];
    json_out_key(out, key);
    if (block == NULL) {
        json_out_null(out);
        return;
    }
    json_out_object_begin(out);
    json_out_key_u64(out, "number", block->number);
    json_out_key_str(out, "hash", hash32_format(hash, &block->hash));
    json_out_key_u64(out, "timestamp", block->timestamp);
    json_out_object_end(out);
}

void view_amount(struct json_out *out, const char *key, const u256 *amount) {
    char text[U256_DEC_BYTES];
    json_out_key(out, key);
    if (amount == NULL) {
        json_out_null(out);
        return;
    }
    json_out_strn(out, text, u256_to_dec(text, amount));
}

void view_integer(struct json_out *out, const char *key, uint64_t value) {
    const u256 amount = u256_from_u64(value);
    if (value >> 53 == 0) {
        json_out_key_u64(out, key, value);
    } else {
        view_amount(out, key, &amount);
    }
}

void view_piece(struct json_out *out, const char *key, const struct json_piece *piece) {
    json_out_key(out, key);
    if (piece->text != NULL) {
        json_out_raw(out, piece->text, piece->len);
    } else {
        json_out_null(out);
    }
}

/* In: decimals, -1 where they are unknown. */
static void put_units(struct json_out *out, const char *symbol, int decimals) {
    json_out_key_str(out, "symbol", symbol);
    if (decimals < 0) {
        json_out_key_null(out, "decimals");
    } else {
        json_out_key_u64(out, "decimals", (uint64_t)decimals);
    }
}

static void put_formatted(struct json_out *out, const u256 *amount, int decimals) {
    char text[U256_FORMATTED_BYTES];
    if (decimals < 0) {
        json_out_key_null(out, "formatted");
        return;
    }
    json_out_key(out, "formatted");
    json_out_strn(out, text, u256_format(text, amount, (unsigned)decimals));
}

void view_symbol_and_decimals(struct json_out *out, const struct erc20_metadata *metadata) {
    put_units(out, metadata->has_symbol ? metadata->symbol : NULL, metadata->decimals);
}

void view_formatted(struct json_out *out, const u256 *amount, const struct erc20_metadata *metadata) {
    put_formatted(out, amount, metadata->decimals);
}

void view_summary_name(struct json_out *out, const struct token_summary *token) {
    json_out_key_str(out, "name", token->name);
}

void view_summary_units(struct json_out *out, const struct token_summary *token) {
    put_units(out, token->symbol, token->decimals);
}

void view_summary_formatted(struct json_out *out, const u256 *amount, const struct token_summary *token) {
    put_formatted(out, amount, token->decimals);
}

void view_summary_index(struct json_out *out, const struct token_summary *token) {
    json_out_key(out, "index");
    json_out_object_begin(out);
    json_out_key_bool(out, "checked", token->checked);
    json_out_key_str(out, "drift", token->drift);
    json_out_object_end(out);
}

void view_error(struct json_out *out, enum err err, const char *detail) {
    json_out_key(out, "error");
    json_out_object_begin(out);
    json_out_key_str(out, "code", err_info(err)->code);
    json_out_key_str(out, "title", err_info(err)->title);
    json_out_key_str(out, "detail", detail);
    json_out_object_end(out);
}

static size_t put(char *to, const void *from, size_t len) {
    memcpy(to, from, len);
    return len;
}

/* In: text, or NULL where null is shown. */
static size_t put_text(char *to, const char *text) {
    to[0] = text != NULL;
    return 1 + (text != NULL ? put(to + 1, text, strlen(text) + 1) : 0);
}

void view_set_caching(const struct request *req, struct response *res, const struct source *source,
                      const struct block_spec *spec, const struct block_ref *block,
                      const struct erc20_metadata *metadata) {
    /* The block fixes every number in the answer; what the token says of itself may have been read at another one. */
    char state[sizeof(hash32) + sizeof(struct erc20_metadata)];
    size_t len = put(state, block->hash.bytes, sizeof block->hash.bytes);
    len += put(state + len, &metadata->decimals, sizeof metadata->decimals);
    len += put_text(state + len, metadata->has_symbol ? metadata->symbol : NULL);
    len += put_text(state + len, metadata->has_name ? metadata->name : NULL);
    bool named = spec->kind == BLOCK_NUMBER || spec->kind == BLOCK_HASH;
    conditional_set(req, res, state, len, chain_service_max_age_s(source->chain), named && block->finalized);
}

void view_now(const struct request *req, struct response *res, render_fn render, const void *view, unsigned max_age_s) {
    response_json(res, render, view);
    response_realize(res);
    conditional_set(req, res, res->body.data, res->body.len, max_age_s, false);
}
