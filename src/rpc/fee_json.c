/* A fee that is made up is paid by a user, so a history counts only when it fits the header of its last block and
 * itself. Owns nothing. Any thread: pure functions on a parsed reply. */
#include "fee_json.h"

#include "json_field.h"

enum { MIN_GAS_LIMIT = 2 }; /* half of it is what EIP-1559 divides by */

static bool fits(const u256 *amount) {
    return amount->limb[2] == 0 && amount->limb[3] == 0;
}

bool fee_json_amount(u256 *out, const json_t *value) {
    if (!json_is_string(value)) return false;
    return u256_from_hex(out, json_string_value(value), json_string_length(value)) == ERR_OK && fits(out);
}

bool fee_json_header(struct fee_header *out, const json_t *block, const hash32 *hash) {
    hash32 own;
    *out = (struct fee_header){.has_base_fee = json_field_is_set(block, "baseFeePerGas"),
                               .has_blobs = json_field_is_set(block, "excessBlobGas")};
    if (!json_field_hash(&own, block, "hash") || !hash32_equal(&own, hash)) return false;
    if (!json_field_u64(&out->gas_used, block, "gasUsed") || !json_field_u64(&out->gas_limit, block, "gasLimit")) {
        return false;
    }
    if (out->gas_limit < MIN_GAS_LIMIT || out->gas_used > out->gas_limit) return false;
    return !out->has_base_fee || fee_json_amount(&out->base_fee, json_object_get(block, "baseFeePerGas"));
}

/* Some chains count gas against a target, of which blocks use more than all. */
static bool read_used(uint32_t *out, const json_t *ratio) {
    double value = json_number_value(ratio);
    if (!json_is_number(ratio) || !(value >= 0)) return false;
    *out = value >= 1 ? FEE_ALL_USED : (uint32_t)(value * FEE_ALL_USED + 0.5);
    return true;
}

static bool read_amounts(u256 *out, size_t n, const json_t *array) {
    if (json_array_size(array) != n) return false;
    for (size_t i = 0; i < n; i++) {
        if (!fee_json_amount(&out[i], json_array_get(array, i))) return false;
    }
    return true;
}

/* Percentiles rise. */
static bool read_reward(u256 out[FEE_PERCENTILES], const json_t *reward) {
    if (!read_amounts(out, FEE_PERCENTILES, reward)) return false;
    for (size_t i = 1; i < FEE_PERCENTILES; i++) {
        if (u256_cmp(&out[i - 1], &out[i]) > 0) return false;
    }
    return true;
}

static bool read_rewards(struct fee_history *out, const json_t *history) {
    const json_t *rewards = json_object_get(history, "reward");
    out->has_rewards = json_field_is_set(history, "reward");
    if (!out->has_rewards) return true;
    if (json_array_size(rewards) != out->n) return false;
    for (size_t i = 0; i < out->n; i++) {
        if (!read_reward(out->rewards[i], json_array_get(rewards, i))) return false;
    }
    return true;
}

/* Without EIP-1559 there may be none, or zeros. */
static bool read_base_fees(struct fee_history *out, const json_t *history, const struct fee_header *head) {
    if (!head->has_base_fee) return true;
    return read_amounts(out->base_fees, out->n + 1, json_object_get(history, "baseFeePerGas")) &&
           u256_cmp(&out->base_fees[out->n - 1], &head->base_fee) == 0;
}

static bool read_blocks(struct fee_history *out, const json_t *history, const struct fee_question *question) {
    const json_t *ratios = json_object_get(history, "gasUsedRatio");
    uint64_t oldest;
    out->n = json_array_size(ratios);
    if (out->n < 1 || out->n > question->n || !json_field_u64(&oldest, history, "oldestBlock")) return false;
    if (oldest != question->last - (out->n - 1)) return false;
    for (size_t i = 0; i < out->n; i++) {
        if (!read_used(&out->used[i], json_array_get(ratios, i))) return false;
    }
    return true;
}

static bool read_blob_base_fee(u256 *out, bool *has, const json_t *history, const struct fee_question *question,
                               size_t n) {
    const json_t *fees = json_object_get(history, "baseFeePerBlobGas");
    *has = question->head->has_blobs && json_field_is_set(history, "baseFeePerBlobGas");
    return !*has || (json_array_size(fees) == n + 1 && fee_json_amount(out, json_array_get(fees, n)));
}

bool fee_json_history(struct fee_history *out, u256 *blob_base_fee, bool *has_blob_base_fee, const json_t *history,
                      const struct fee_question *question) {
    *out = (struct fee_history){.n = 0};
    return read_blocks(out, history, question) && read_base_fees(out, history, question->head) &&
           read_rewards(out, history) &&
           read_blob_base_fee(blob_base_fee, has_blob_base_fee, history, question, out->n);
}
