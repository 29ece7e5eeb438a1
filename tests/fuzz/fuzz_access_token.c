/* Feeds services/access_token what a stranger, a thief and another holder of the key could: by the first byte, any
 * text; a good token with bytes changed; or any payload, signed. Nothing is taken that dappd has not written, but for
 * what the last one signs, of which every claim must be in its range. Owns one ring. One thread, libFuzzer's or the
 * replay's. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64url.h"
#include "services/access_token.h"

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"fuzz\"}"
#define SETTING "fuzz:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA,other:__________________________________________8"
#define NOW_S UINT64_C(1800000000)

enum { MAX_PAYLOAD = 600 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct key_ring *ring(void) {
    static struct key_ring *loaded;
    char problem[KEY_RING_PROBLEM_BYTES];
    if (loaded == NULL && key_ring_load(&loaded, problem, SETTING, NULL) != ERR_OK) abort();
    return loaded;
}

static struct access_claims example(void) {
    struct access_claims claims = {.has_user = true, .chain_id = 1, .issued_s = NOW_S, .expires_s = NOW_S + 600};
    memset(claims.session.bytes, 0x11, sizeof claims.session.bytes);
    memset(claims.user.bytes, 0x22, sizeof claims.user.bytes);
    memset(claims.address.bytes, 0x33, sizeof claims.address.bytes);
    return claims;
}

static void check_claims(const struct access_claims *claims) {
    assert(claims->expires_s > NOW_S && claims->expires_s > claims->issued_s);
    assert(claims->issued_s <= NOW_S + 60 && claims->expires_s - claims->issued_s <= 86400);
    assert(claims->chain_id <= INT64_MAX);
}

/* Only the key's holder could have made it, and this one writes as dappd does. */
static void check_text(const char *text, size_t len) {
    struct access_claims claims;
    char right[ACCESS_TOKEN_BYTES];
    if (access_token_read(&claims, ring(), text, len, NOW_S) != ERR_OK) return;
    check_claims(&claims);
    assert(access_token_write(right, ring(), &claims) == len && memcmp(right, text, len) == 0);
}

/* In: pairs of bytes: where, and what to change there. */
static void check_changed(const uint8_t *data, size_t size) {
    struct access_claims claims = example(), out;
    char right[ACCESS_TOKEN_BYTES], text[ACCESS_TOKEN_BYTES];
    size_t len = access_token_write(right, ring(), &claims);
    memcpy(text, right, len);
    for (size_t i = 0; i + 2 < size; i += 3) {
        size_t at = (size_t)(data[i] << 8 | data[i + 1]) % len;
        text[at] = (char)(text[at] ^ data[i + 2]);
    }
    bool same = memcmp(text, right, len) == 0;
    assert((access_token_read(&out, ring(), text, len, NOW_S) == ERR_OK) == same);
}

static void check_signed(const uint8_t *payload, size_t size) {
    struct access_claims claims;
    char text[2 * ACCESS_TOKEN_BYTES];
    uint8_t mac[SHA256_BYTES];
    if (size > MAX_PAYLOAD) return;
    size_t len = base64url_encode(text, HEADER, sizeof HEADER - 1);
    text[len++] = '.';
    len += base64url_encode(text + len, payload, size);
    key_ring_mac(ring(), mac, 0, KEY_SESSION, text, len);
    text[len++] = '.';
    len += base64url_encode(text + len, mac, sizeof mac);
    if (access_token_read(&claims, ring(), text, len, NOW_S) == ERR_OK) check_claims(&claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    switch (data[0]) {
    case 'c':
        check_changed(data + 1, size - 1);
        break;
    case 's':
        check_signed(data + 1, size - 1);
        break;
    default:
        check_text((const char *)data, size);
        break;
    }
    return 0;
}
