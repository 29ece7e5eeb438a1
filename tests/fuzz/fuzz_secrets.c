/* Feeds services/secrets any text, and texts that it has written itself with bytes changed: nothing is read as what
 * dappd has made that it has not.
 * Owns one ring.
 * One thread, libFuzzer's or the replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "services/secrets.h"

#define SETTING "fuzz:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct key_ring *ring(void) {
    static struct key_ring *loaded;
    char problem[KEY_RING_PROBLEM_BYTES];
    if (loaded == NULL && key_ring_load(&loaded, problem, SETTING, NULL) != ERR_OK) abort();
    return loaded;
}

/* A key has no MAC, but one spelling. */
static void check_text(const char *text, size_t len) {
    struct nonce nonce;
    struct refresh_token token;
    struct api_key_text key;
    char right[API_KEY_TEXT_BYTES];
    assert(nonce_read(&nonce, ring(), text, len) == ERR_INVALID_NONCE);
    assert(refresh_token_read(&token, ring(), text, len) == ERR_INVALID_REFRESH_TOKEN);
    if (api_key_read(&key, text, len) != ERR_OK) return;
    api_key_write(right, &key);
    assert(strlen(right) == len && memcmp(right, text, len) == 0);
}

/* Returns whether the text has changed. In: groups of two bytes: where, and what. */
static bool change(char *text, const uint8_t *data, size_t size) {
    char right[128];
    size_t len = strlen(text);
    assert(len < sizeof right);
    memcpy(right, text, len);
    for (size_t i = 0; i + 1 < size; i += 2) text[data[i] % len] = (char)(text[data[i] % len] ^ data[i + 1]);
    return memcmp(right, text, len) != 0;
}

static void check_changed(const uint8_t *data, size_t size) {
    struct nonce nonce;
    struct refresh_token token, written = {.generation = 3};
    char nonce_text[NONCE_TEXT_BYTES], token_text[REFRESH_TOKEN_BYTES];
    memset(written.session.bytes, 0x11, sizeof written.session.bytes);
    nonce_make(nonce_text, ring(), 1800000000, 600);
    refresh_token_write(token_text, ring(), &written);
    bool changed = change(nonce_text, data, size);
    assert((nonce_read(&nonce, ring(), nonce_text, NONCE_TEXT_BYTES - 1) == ERR_OK) == !changed);
    changed = change(token_text, data, size);
    assert((refresh_token_read(&token, ring(), token_text, REFRESH_TOKEN_BYTES - 1) == ERR_OK) == !changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    check_text((const char *)data, size);
    check_changed(data, size);
    return 0;
}
