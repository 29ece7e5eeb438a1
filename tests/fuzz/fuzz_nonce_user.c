/* Feeds any text to the search for the transaction of a block that has used a nonce: what it finds has to be in the
 * same text as jansson reads it. Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "eth/hex.h"
#include "rpc/nonce_user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_it(const json_t *transaction, const hash32 *hash, const address *sender, uint64_t nonce) {
    const json_t *text = json_object_get(transaction, "hash"), *from = json_object_get(transaction, "from");
    const json_t *count = json_object_get(transaction, "nonce");
    hash32 read;
    uint8_t account[20];
    uint64_t number;
    return hash32_parse(&read, json_string_value(text), json_string_length(text)) == ERR_OK &&
           hash32_equal(&read, hash) &&
           hex_decode_exact(account, 20, json_string_value(from), json_string_length(from)) == ERR_OK &&
           memcmp(account, sender->bytes, 20) == 0 &&
           hex_decode_u64(&number, json_string_value(count), json_string_length(count)) == ERR_OK && number == nonce;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const address sender = {{0xaa}};
    static const hash32 block = {{0xbb}};
    enum { NONCE = 7 };
    hash32 hash;
    bool found = false, there = false;
    size_t i;
    json_t *transaction;
    char *text = malloc(size > 0 ? size : 1); /* no longer than it is, so that ASan sees one byte too many */
    memcpy(text, data, size);
    if (nonce_user_scan(&hash, &found, text, size, &sender, NONCE, &block)) {
        json_t *root = json_loadb(text, size, JSON_ALLOW_NUL, NULL);
        assert(json_is_object(root));
        json_array_foreach(json_object_get(root, "transactions"), i, transaction) {
            there = there || (found && is_it(transaction, &hash, &sender, NONCE));
        }
        assert(there == found);
        json_decref(root);
    }
    free(text);
    return 0;
}
