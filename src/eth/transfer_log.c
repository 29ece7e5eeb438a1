/* Contracts of all kinds use the same event for different things, so what a log means is decided by its whole shape.
 * Owns nothing.
 * Any thread: pure functions. Source: EIP-20, EIP-721, WETH9. */
#include "eth/transfer_log.h"

#include <string.h>

#include "eth/erc20.h"
#include "eth/keccak.h"

enum { WORD_BYTES = 32, ADDRESS_PADDING = WORD_BYTES - sizeof(address) };

static bool is_event(const hash32 *topic, enum erc20_topic event) {
    return hash32_equal(topic, &erc20_events[event].topic);
}

/* Returns false when the word is no address. */
static bool read_address(address *out, const hash32 *word) {
    static const uint8_t zeros[ADDRESS_PADDING];
    if (memcmp(word->bytes, zeros, ADDRESS_PADDING) != 0) return false;
    memcpy(out->bytes, word->bytes + ADDRESS_PADDING, sizeof(out->bytes));
    return true;
}

static enum log_verdict read_transfer(struct transfer_log *out, const hash32 *topics, size_t n_topics,
                                      const uint8_t *data, size_t data_len) {
    if (n_topics == 4 && data_len == 0) return LOG_IS_NFT;
    if (n_topics != 3 || data_len != WORD_BYTES) return LOG_IS_ODD;
    if (!read_address(&out->from, &topics[1]) || !read_address(&out->to, &topics[2])) return LOG_IS_ODD;
    out->kind = TRANSFER_EVENT;
    out->amount = u256_from_be(data);
    return LOG_IS_TRANSFER;
}

/* Deposit and Withdrawal: one holder, and the native coin on the other side. */
static enum log_verdict read_wrap(struct transfer_log *out, enum transfer_kind kind, const hash32 *topics,
                                  size_t n_topics, const uint8_t *data, size_t data_len) {
    static const address zero;
    address holder;
    if (n_topics != 2 || data_len != WORD_BYTES || !read_address(&holder, &topics[1])) return LOG_IS_OTHER;
    out->kind = kind;
    out->from = kind == TRANSFER_DEPOSIT ? zero : holder;
    out->to = kind == TRANSFER_DEPOSIT ? holder : zero;
    out->amount = u256_from_be(data);
    return LOG_IS_TRANSFER;
}

enum log_verdict transfer_log_read(struct transfer_log *out, const hash32 *topics, size_t n_topics, const uint8_t *data,
                                   size_t data_len) {
    if (n_topics == 0) return LOG_IS_OTHER;
    if (is_event(&topics[0], ERC20_TOPIC_TRANSFER)) return read_transfer(out, topics, n_topics, data, data_len);
    if (is_event(&topics[0], ERC20_TOPIC_DEPOSIT)) {
        return read_wrap(out, TRANSFER_DEPOSIT, topics, n_topics, data, data_len);
    }
    if (is_event(&topics[0], ERC20_TOPIC_WITHDRAWAL)) {
        return read_wrap(out, TRANSFER_WITHDRAWAL, topics, n_topics, data, data_len);
    }
    return LOG_IS_OTHER;
}

/* An item sets three of the 2048 bits: those that the low 11 bits of the first three pairs of its hash name, counted
 * from the end of the filter. */
bool bloom_may_have(const uint8_t bloom[BLOOM_BYTES], const void *item, size_t len) {
    uint8_t hash[WORD_BYTES];
    keccak256(hash, item, len);
    for (size_t i = 0; i < 6; i += 2) {
        unsigned bit = ((unsigned)hash[i] << 8 | hash[i + 1]) % (8 * BLOOM_BYTES);
        if ((bloom[BLOOM_BYTES - 1 - bit / 8] >> bit % 8 & 1) == 0) return false;
    }
    return true;
}
