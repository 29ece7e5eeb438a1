/* A wallet signs what is reckoned here, so it rests on what was paid rather than on what a node would like to be paid
 * wherever there is something to go by. Owns nothing. Pure; any thread. */
#include "fee_rules.h"

#include <assert.h>
#include <stdlib.h>

enum {
    ELASTICITY = 2,         /* a block's gas limit, by its target */
    CHANGE_DENOMINATOR = 8, /* a full block raises the base fee by so much of it */
    FAST_PERCENT = 125,     /* of a node's suggestion */
    ROOM_PERCENT = 20,      /* of an estimate */
    ROOM_MAX = 500000
};

static u256 with(const u256 *amount, uint64_t times, uint64_t by) {
    u256 out;
    bool wrapped = u256_mul_u64(&out, amount, times);
    assert(!wrapped); /* fees fit 128 bits */
    (void)wrapped;
    u256_div_u64(&out, &out, by);
    return out;
}

/* Source: EIP-1559. */
u256 fee_rules_next_base_fee(const u256 *base_fee, uint64_t gas_used, uint64_t gas_limit) {
    const uint64_t target = gas_limit / ELASTICITY;
    const u256 one = u256_from_u64(1);
    u256 out = *base_fee;
    assert(target > 0);
    const uint64_t distance = gas_used > target ? gas_used - target : target - gas_used;
    u256 change = with(base_fee, distance, target);
    u256_div_u64(&change, &change, CHANGE_DENOMINATOR);
    if (gas_used > target) {
        (void)u256_add(&out, &out, u256_is_zero(&change) ? &one : &change);
    } else {
        (void)u256_sub(&out, &out, &change); /* an eighth of it at most */
    }
    return out;
}

static u256 behind(const struct fee_header *header) {
    return fee_rules_next_base_fee(&header->base_fee, header->gas_used, header->gas_limit);
}

/* Whether the chain came from the parent's base fee to this one by the rule; L2 chains have others. */
static bool keeps_the_rule(const struct fee_facts *facts) {
    if (!facts->has_parent || !facts->parent.has_base_fee) return false;
    const u256 expected = behind(&facts->parent);
    return u256_cmp(&expected, &facts->head.base_fee) == 0;
}

static u256 next_base_fee(const struct fee_facts *facts) {
    if (keeps_the_rule(facts)) return behind(&facts->head);
    return facts->history.n > 0 ? facts->history.base_fees[facts->history.n] : facts->head.base_fee;
}

static uint32_t used_of(const struct fee_header *header) {
    return (uint32_t)((double)header->gas_used / (double)header->gas_limit * FEE_ALL_USED);
}

/* The next base fee, and then blocks that all use as much. */
static u256 run_on(const u256 *next, uint32_t used) {
    u256 out = *next;
    for (int i = 0; i < FEE_FORECAST_BLOCKS; i++) out = fee_rules_next_base_fee(&out, used, FEE_ALL_USED);
    return out;
}

static void forecast_by_rule(struct fees *out, const struct fee_facts *facts) {
    uint32_t least = used_of(&facts->head), most = least;
    for (size_t i = 0; i < facts->history.n; i++) {
        const uint32_t used = facts->history.used[i];
        if (used < least) least = used;
        if (used > most) most = used;
    }
    out->forecast_low = run_on(&out->next_base_fee, least);
    out->forecast_high = run_on(&out->next_base_fee, most);
}

/* Without a rule: as far as it went lately. */
static void forecast_by_history(struct fees *out, const struct fee_facts *facts) {
    out->forecast_low = out->forecast_high = out->next_base_fee;
    for (size_t i = 0; i < facts->history.n; i++) {
        const u256 *fee = &facts->history.base_fees[i];
        if (u256_cmp(fee, &out->forecast_low) < 0) out->forecast_low = *fee;
        if (u256_cmp(fee, &out->forecast_high) > 0) out->forecast_high = *fee;
    }
}

static int compare_amounts(const void *a, const void *b) {
    return u256_cmp(a, b);
}

/* Of the blocks that have transactions. Returns false when there are none. */
static bool median_reward(u256 *out, const struct fee_history *history, size_t percentile) {
    u256 rewards[FEE_HISTORY_BLOCKS];
    size_t n = 0;
    for (size_t i = 0; i < history->n && history->has_rewards; i++) {
        if (history->used[i] > 0) rewards[n++] = history->rewards[i][percentile];
    }
    if (n == 0) return false;
    qsort(rewards, n, sizeof rewards[0], compare_amounts);
    *out = rewards[n / 2];
    return true;
}

/* What a node would add to the base fee, or pay where there is none. */
static u256 suggested(const struct fees *fees, const struct fee_facts *facts) {
    u256 out = facts->suggestion;
    const bool is_tip = facts->suggested == FEE_SUGGESTED_TIP || !fees->has_base_fee;
    if (!is_tip && u256_sub(&out, &out, &fees->next_base_fee)) return u256_from_u64(0);
    return out;
}

static u256 bid(const struct fees *fees, const struct fee_facts *facts, enum fee_speed speed) {
    u256 out;
    if (median_reward(&out, &facts->history, speed)) return out;
    out = suggested(fees, facts);
    return speed == FEE_FAST ? with(&out, FAST_PERCENT, 100) : out;
}

static void reckon_speed(struct fees *out, const struct fee_facts *facts, enum fee_speed speed) {
    struct fee *fee = &out->speeds[speed];
    const u256 paid = bid(out, facts, speed);
    *fee = (struct fee){.max_fee = paid};
    if (!out->has_base_fee) return;
    fee->priority_fee = paid;
    fee->max_fee = with(&out->next_base_fee, FEE_MAX_RISE, 1);
    (void)u256_add(&fee->max_fee, &fee->max_fee, &paid);
}

static uint32_t average_used_percent(const struct fee_facts *facts) {
    uint64_t sum = 0;
    const size_t n = facts->history.n;
    for (size_t i = 0; i < n; i++) sum += facts->history.used[i];
    const uint64_t average = n > 0 ? sum / n : used_of(&facts->head);
    return (uint32_t)((average + FEE_ALL_USED / 200) / (FEE_ALL_USED / 100));
}

void fee_rules_reckon(struct fees *out, const struct fee_facts *facts) {
    *out = (struct fees){.has_base_fee = facts->head.has_base_fee,
                         .has_blob_base_fee = facts->has_blob_base_fee,
                         .blob_base_fee = facts->blob_base_fee,
                         .gas_used_percent = average_used_percent(facts)};
    if (out->has_base_fee) {
        out->base_fee = facts->head.base_fee;
        out->next_base_fee = next_base_fee(facts);
        if (keeps_the_rule(facts)) {
            forecast_by_rule(out, facts);
        } else {
            forecast_by_history(out, facts);
        }
    }
    for (unsigned speed = 0; speed < FEE_SPEED_COUNT; speed++) reckon_speed(out, facts, (enum fee_speed)speed);
}

uint64_t fee_rules_gas_limit(uint64_t gas) {
    if (gas <= FEE_MIN_GAS) return FEE_MIN_GAS;
    const uint64_t room = gas / 100 * ROOM_PERCENT;
    const uint64_t most = room < ROOM_MAX ? room : ROOM_MAX;
    return gas > UINT64_MAX - most ? UINT64_MAX : gas + most;
}
