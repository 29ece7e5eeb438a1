/* Transfers as clients see them. Stateless; the request's coroutine. */
#include "transfer_view.h"

#include <string.h>

#include "views.h"

static const char *const kinds[] = {
    [TRANSFER_EVENT] = "transfer", [TRANSFER_DEPOSIT] = "deposit", [TRANSFER_WITHDRAWAL] = "withdrawal"};

void view_transfer(struct json_out *out, const struct transfer_row *transfer) {
    const struct transfer_log *log = &transfer->log;
    char hash[HASH32_TEXT_BYTES];
    json_out_object_begin(out);
    json_out_key_u64(out, "block_number", log->place.block_number);
    json_out_key_str(out, "block_hash", hash32_format(hash, &log->place.block_hash));
    json_out_key_u64(out, "timestamp", log->place.timestamp);
    json_out_key_u64(out, "log_index", log->place.log_index);
    json_out_key_str(out, "tx_hash", hash32_format(hash, &log->place.tx_hash));
    json_out_key_str(out, "kind", kinds[log->kind]);
    json_out_key(out, "token");
    json_out_object_begin(out);
    view_address(out, "address", &transfer->token.address);
    view_summary_units(out, &transfer->token);
    json_out_object_end(out);
    view_address(out, "from", &log->from);
    view_address(out, "to", &log->to);
    view_amount(out, "amount", &log->amount);
    view_summary_formatted(out, &log->amount, &transfer->token);
    json_out_object_end(out);
}

void view_transfer_csv_header(struct csv_out *out) {
    static const char *const names[] = {"block_number", "block_hash", "timestamp", "log_index", "tx_hash",
                                        "kind",         "token",      "symbol",    "decimals",  "from",
                                        "to",           "amount",     "formatted"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) csv_out_plain(out, names[i], strlen(names[i]));
    csv_out_end_row(out);
}

static void put_hash(struct csv_out *out, const hash32 *hash) {
    char text[HASH32_TEXT_BYTES];
    csv_out_plain(out, hash32_format(text, hash), HASH32_TEXT_BYTES - 1);
}

static void put_address(struct csv_out *out, const address *a) {
    char text[ADDRESS_TEXT_BYTES];
    csv_out_plain(out, address_format(text, a), ADDRESS_TEXT_BYTES - 1);
}

static void put_amount(struct csv_out *out, const u256 *amount, int decimals) {
    char exact[U256_DEC_BYTES], formatted[U256_FORMATTED_BYTES];
    csv_out_plain(out, exact, u256_to_dec(exact, amount));
    csv_out_plain(out, formatted, decimals < 0 ? 0 : u256_format(formatted, amount, (unsigned)decimals));
}

void view_transfer_csv(struct csv_out *out, const struct transfer_row *transfer) {
    const struct transfer_log *log = &transfer->log;
    csv_out_u64(out, log->place.block_number);
    put_hash(out, &log->place.block_hash);
    csv_out_u64(out, log->place.timestamp);
    csv_out_u64(out, log->place.log_index);
    put_hash(out, &log->place.tx_hash);
    csv_out_plain(out, kinds[log->kind], strlen(kinds[log->kind]));
    put_address(out, &transfer->token.address);
    csv_out_text(out, transfer->token.symbol);
    if (transfer->token.decimals < 0) {
        csv_out_text(out, NULL);
    } else {
        csv_out_u64(out, (uint64_t)transfer->token.decimals);
    }
    put_address(out, &log->from);
    put_address(out, &log->to);
    put_amount(out, &log->amount, transfer->token.decimals);
    csv_out_end_row(out);
}
