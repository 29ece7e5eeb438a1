/* A contract judges its signatures itself, one that does not exist yet once it has been made: by init code of ours in
 * an eth_call, which leaves nothing behind. Owns nothing: the caller's buffer grows, what is read is borrowed.
 * Any thread: pure functions. Sources: ERC-1271, ERC-6492, Solidity ABI specification; EIP-3541, EIP-3860. */
#include "eth/contract_signature.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "evm.h"

enum { WORD_BYTES = 32, SELECTOR_BYTES = 4, HEAD_BYTES = 3 * WORD_BYTES, ADDRESS_PADDING = 12 };

/* What isValidSignature(bytes32,bytes) answers for a yes, and by design also its selector. */
#define MAGIC 0x16, 0x26, 0xba, 0x7e
#define ZEROS_7 0, 0, 0, 0, 0, 0, 0
#define MAGIC_WORD MAGIC, ZEROS_7, ZEROS_7, ZEROS_7, ZEROS_7

static const uint8_t magic_word[WORD_BYTES] = {MAGIC_WORD};

/* Behind a signature that is wrapped. */
#define BE_6492 0x64, 0x92, 0x64, 0x92, 0x64, 0x92, 0x64, 0x92
static const uint8_t wrapped_magic[WORD_BYTES] = {BE_6492, BE_6492, BE_6492, BE_6492};

/* The init code is the program, the wallet, the factory, where the calldata begins (2 bytes), the factory's data and
 * the calldata for the wallet. It asks the wallet; where there is none it calls the factory and asks once more.
 *
 * ERC-6492 would have a wallet that exists and says no be prepared by the same call and asked again, to migrate it for
 * example. Not here: the signer may name anything to be called, and in a call that is never mined that costs nothing.
 * Who controls a wallet by what it holds, as with accounts bound to a token, would have whatever can be taken for a
 * moment. So a wallet that exists is asked as it is: what was rotated out or not yet bought says no.
 *
 * Nobody is trusted. The wallet is called statically, so that asking it changes nothing. Whatever anyone returns, the
 * program returns the magic word or nothing, neither of which a node can refuse as code (EIP-170, EIP-3541). A call
 * gets half of the gas that is left, so that one that burns it leaves enough for the others, and of what it returns a
 * word is copied, so that a huge answer costs only its maker. */
enum {
    AT_ASK = 15,
    AT_VALID = 116,
    AT_REFUSED = 122,
    PROGRAM_BYTES = 124,
    AT_WALLET = PROGRAM_BYTES,
    AT_FACTORY = AT_WALLET + 20,
    AT_CALLDATA = AT_FACTORY + 20,
    AT_FACTORY_DATA = AT_CALLDATA + 2
};

static const uint8_t program[] = {
#define CODE(...) __VA_ARGS__,
#include "wallet_check.def"
#undef CODE
};
_Static_assert(sizeof program == PROGRAM_BYTES, "the wallet stands where the program ends");
_Static_assert(AT_FACTORY_DATA + 2 * CONTRACT_SIGNATURE_MAX_BYTES < 49152, "EIP-3860");

static size_t padded(size_t len) {
    return (len + WORD_BYTES - 1) / WORD_BYTES * WORD_BYTES;
}

static void append_number(struct buf *out, uint64_t value) {
    uint8_t word[WORD_BYTES] = {0};
    value = htobe64(value);
    memcpy(word + WORD_BYTES - sizeof value, &value, sizeof value);
    buf_append(out, word, sizeof word);
}

void contract_signature_encode(struct buf *out, const hash32 *hash, const uint8_t *signature, size_t len) {
    static const uint8_t zeros[WORD_BYTES];
    buf_append(out, magic_word, SELECTOR_BYTES);
    buf_append(out, hash->bytes, sizeof hash->bytes);
    append_number(out, 2 * WORD_BYTES); /* where the bytes begin */
    append_number(out, len);
    buf_append(out, signature, len);
    buf_append(out, zeros, padded(len) - len);
}

/* Not what only begins so: a contract that echoes what it is asked begins with the selector. */
bool contract_signature_is_valid(const uint8_t *data, size_t len) {
    return len == sizeof magic_word && memcmp(data, magic_word, sizeof magic_word) == 0;
}

bool contract_signature_is_wrapped(const uint8_t *signature, size_t len) {
    return len >= WORD_BYTES && memcmp(signature + len - WORD_BYTES, wrapped_magic, WORD_BYTES) == 0;
}

static bool is_zero(const uint8_t *data, size_t len) {
    while (len > 0 && data[len - 1] == 0) len--;
    return len == 0;
}

static bool read_number(uint64_t *out, const uint8_t word[WORD_BYTES]) {
    memcpy(out, word + WORD_BYTES - sizeof *out, sizeof *out);
    *out = be64toh(*out);
    return is_zero(word, WORD_BYTES - sizeof *out);
}

static bool is_number(const uint8_t word[WORD_BYTES], uint64_t wanted) {
    uint64_t value;
    return read_number(&value, word) && value == wanted;
}

/* Takes `bytes` from the front: the length, as many bytes, zeros up to the end of the word. */
static bool take_bytes(const uint8_t **bytes, size_t *n, const uint8_t **data, size_t *left) {
    uint64_t value;
    if (*left < WORD_BYTES || !read_number(&value, *data) || value > *left - WORD_BYTES) return false;
    size_t size = padded((size_t)value);
    if (size > *left - WORD_BYTES) return false;
    *bytes = *data + WORD_BYTES;
    *n = (size_t)value;
    *data += WORD_BYTES + size;
    *left -= WORD_BYTES + size;
    return is_zero(*bytes + *n, size - *n);
}

/* Only as an encoder writes it: there is one way to wrap a signature, and no bytes that nobody looks at. */
enum err contract_signature_unwrap(struct wrapped_signature *out, const uint8_t *signature, size_t len) {
    if (!contract_signature_is_wrapped(signature, len) || len < HEAD_BYTES + WORD_BYTES) return ERR_INVALID_SIGNATURE;
    const uint8_t *rest = signature + HEAD_BYTES;
    size_t left = len - HEAD_BYTES - WORD_BYTES;
    bool good = is_zero(signature, ADDRESS_PADDING) &&
                take_bytes(&out->factory_data, &out->factory_data_len, &rest, &left) &&
                take_bytes(&out->signature, &out->len, &rest, &left) && left == 0 &&
                is_number(signature + WORD_BYTES, HEAD_BYTES) &&
                is_number(signature + 2 * WORD_BYTES, HEAD_BYTES + WORD_BYTES + padded(out->factory_data_len));
    if (!good) return ERR_INVALID_SIGNATURE;
    memcpy(out->factory.bytes, signature + ADDRESS_PADDING, sizeof out->factory.bytes);
    return ERR_OK;
}

void contract_signature_encode_deployment(struct buf *out, const address *wallet, const hash32 *hash,
                                          const struct wrapped_signature *wrapped) {
    size_t calldata = AT_FACTORY_DATA + wrapped->factory_data_len;
    assert(wrapped->factory_data_len <= CONTRACT_SIGNATURE_MAX_BYTES && wrapped->len <= CONTRACT_SIGNATURE_MAX_BYTES);
    const uint8_t begin[] = {BE16(calldata)};
    buf_append(out, program, sizeof program);
    buf_append(out, wallet->bytes, sizeof wallet->bytes);
    buf_append(out, wrapped->factory.bytes, sizeof wrapped->factory.bytes);
    buf_append(out, begin, sizeof begin);
    buf_append(out, wrapped->factory_data, wrapped->factory_data_len);
    contract_signature_encode(out, hash, wrapped->signature, wrapped->len);
}
