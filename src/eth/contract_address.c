/* The hash of a short list of RLP. Owns nothing; any thread. */
#include "eth/contract_address.h"

#include <string.h>

#include "eth/keccak.h"
#include "eth/rlp.h"

enum { MAX_BYTES = 64 };

void contract_address(address *out, const address *sender, uint64_t nonce) {
    struct buf list;
    uint8_t hash[32];
    buf_init(&list, MAX_BYTES);
    rlp_put_string(&list, sender->bytes, sizeof sender->bytes);
    rlp_put_u64(&list, nonce);
    rlp_put_list(&list, 0);
    keccak256(hash, list.data, list.len);
    memcpy(out->bytes, hash + sizeof hash - sizeof out->bytes, sizeof out->bytes);
    buf_free(&list);
}
