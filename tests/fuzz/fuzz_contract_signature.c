/* Feeds eth/contract_signature any signature: what unwraps wraps again to the same bytes, and the init code made of it
 * holds its parts. Any bytes as an answer: one of them is a yes.
 * Owns nothing between inputs.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "eth/contract_signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORD = 32, MAX_CODE_BYTES = 49152, CALLDATA_HEAD_BYTES = 4 + 3 * WORD };

static size_t padded(size_t len) {
    return (len + WORD - 1) / WORD * WORD;
}

static void put_number(uint8_t *word, size_t value) {
    word[29] = (uint8_t)(value >> 16);
    word[30] = (uint8_t)(value >> 8);
    word[31] = (uint8_t)value;
}

/* Wraps as ERC-6492 says, into zeros. Returns the length. */
static size_t wrap(uint8_t *out, const struct wrapped_signature *wrapped) {
    size_t second = 4 * WORD + padded(wrapped->factory_data_len);
    size_t end = second + WORD + padded(wrapped->len);
    memcpy(out + 12, wrapped->factory.bytes, sizeof wrapped->factory.bytes);
    put_number(out + WORD, 3 * WORD);
    put_number(out + 2 * WORD, second);
    put_number(out + 3 * WORD, wrapped->factory_data_len);
    memcpy(out + 4 * WORD, wrapped->factory_data, wrapped->factory_data_len);
    put_number(out + second, wrapped->len);
    memcpy(out + second + WORD, wrapped->signature, wrapped->len);
    for (size_t i = 0; i < WORD; i += 2) memcpy(out + end + i, "\x64\x92", 2);
    return end + WORD;
}

static void check_wrapped_again(const struct wrapped_signature *wrapped, const uint8_t *data, size_t size) {
    uint8_t *again = calloc(1, wrapped->factory_data_len + wrapped->len + 10 * WORD);
    assert(again != NULL);
    assert(wrap(again, wrapped) == size);
    assert(memcmp(again, data, size) == 0);
    free(again);
}

/* What the wallet is asked stands at the end, before it the factory's data. */
static void check_code(const struct wrapped_signature *wrapped) {
    static const address wallet = {{0xaa}};
    static const hash32 hash = {{0xbb}};
    struct buf code, calldata;
    buf_init(&code, MAX_CODE_BYTES);
    buf_init(&calldata, MAX_CODE_BYTES);
    contract_signature_encode_deployment(&code, &wallet, &hash, wrapped);
    contract_signature_encode(&calldata, &hash, wrapped->signature, wrapped->len);
    assert(!code.failed && calldata.len == CALLDATA_HEAD_BYTES + padded(wrapped->len));
    size_t at = code.len - calldata.len;
    assert(memcmp(code.data + at, calldata.data, calldata.len) == 0);
    at -= wrapped->factory_data_len;
    assert(memcmp(code.data + at, wrapped->factory_data, wrapped->factory_data_len) == 0);
    assert(memcmp(code.data + at - 22, wrapped->factory.bytes, sizeof wrapped->factory.bytes) == 0);
    buf_free(&code);
    buf_free(&calldata);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t yes[WORD] = {0x16, 0x26, 0xba, 0x7e};
    struct wrapped_signature wrapped;
    assert(contract_signature_is_valid(data, size) == (size == WORD && memcmp(data, yes, WORD) == 0));
    if (size > CONTRACT_SIGNATURE_MAX_BYTES) return 0;
    enum err err = contract_signature_unwrap(&wrapped, data, size);
    assert(err == ERR_OK || err == ERR_INVALID_SIGNATURE);
    if (err != ERR_OK) return 0;
    assert(contract_signature_is_wrapped(data, size));
    check_wrapped_again(&wrapped, data, size);
    check_code(&wrapped);
    return 0;
}
