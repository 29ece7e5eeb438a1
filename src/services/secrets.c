/* Texts that clients keep and give back: what is in them is believed because a MAC says that dappd wrote it.
 * Owns nothing.
 * Any thread: pure functions. */
#include "services/secrets.h"

#include <string.h>

#include "core/base64url.h"
#include "core/hex.h"

#define API_KEY_PREFIX "dappd_"

enum {
    API_KEY_PREFIX_BYTES = sizeof API_KEY_PREFIX - 1,
    API_KEY_BYTES = sizeof(uuid) + API_SECRET_BYTES,
    NONCE_SIGNED_BYTES = 32, /* id, issued, expires */
    NONCE_MAC_BYTES = 16,    /* cut: a nonce is read by people, and no good for long */
    NONCE_BYTES = NONCE_SIGNED_BYTES + NONCE_MAC_BYTES,
    REFRESH_SIGNED_BYTES = sizeof(uuid) + sizeof(uint32_t),
    REFRESH_BYTES = REFRESH_SIGNED_BYTES + SHA256_BYTES
};
_Static_assert(NONCE_TEXT_BYTES == 2 * NONCE_BYTES + 1, "hex");
_Static_assert(REFRESH_TOKEN_BYTES == (REFRESH_BYTES * 4 + 2) / 3 + 1, "base64url");
_Static_assert(API_KEY_TEXT_BYTES == API_KEY_PREFIX_BYTES + (API_KEY_BYTES * 4 + 2) / 3 + 1, "base64url");

/* Big-endian, n bytes. */
static void put_number(uint8_t *out, size_t n, uint64_t value) {
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
}

static uint64_t get_number(const uint8_t *bytes, size_t n) {
    uint64_t value = 0;
    for (size_t i = 0; i < n; i++) value = value << 8 | bytes[i];
    return value;
}

void nonce_make(char out[NONCE_TEXT_BYTES], const struct key_ring *ring, uint64_t now_s, uint64_t ttl_s) {
    uint8_t bytes[NONCE_SIGNED_BYTES + SHA256_BYTES];
    secure_random(bytes, 16);
    put_number(bytes + 16, 8, now_s);
    put_number(bytes + 24, 8, now_s + ttl_s);
    key_ring_mac(ring, bytes + NONCE_SIGNED_BYTES, 0, KEY_NONCE, bytes, NONCE_SIGNED_BYTES);
    hex_write(out, bytes, NONCE_BYTES);
}

/* Lower-case digits only, so that a nonce has one spelling. */
static bool read_hex(uint8_t *out, size_t n, const char *text, size_t len) {
    if (len != 2 * n || !hex_read(out, n, text)) return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] >= 'A' && text[i] <= 'F') return false;
    }
    return true;
}

enum err nonce_read(struct nonce *out, const struct key_ring *ring, const char *text, size_t len) {
    uint8_t bytes[NONCE_BYTES];
    if (!read_hex(bytes, sizeof bytes, text, len) ||
        !key_ring_verify(ring, KEY_NONCE, bytes, NONCE_SIGNED_BYTES, bytes + NONCE_SIGNED_BYTES, NONCE_MAC_BYTES)) {
        return ERR_INVALID_NONCE;
    }
    memcpy(out->id, bytes, sizeof out->id);
    out->issued_s = get_number(bytes + 16, 8);
    out->expires_s = get_number(bytes + 24, 8);
    return ERR_OK;
}

void refresh_token_write(char out[REFRESH_TOKEN_BYTES], const struct key_ring *ring, const struct refresh_token *what) {
    uint8_t bytes[REFRESH_BYTES];
    memcpy(bytes, what->session.bytes, sizeof what->session.bytes);
    put_number(bytes + sizeof(uuid), sizeof(uint32_t), what->generation);
    key_ring_mac(ring, bytes + REFRESH_SIGNED_BYTES, 0, KEY_REFRESH, bytes, REFRESH_SIGNED_BYTES);
    (void)base64url_encode(out, bytes, sizeof bytes);
}

enum err refresh_token_read(struct refresh_token *out, const struct key_ring *ring, const char *text, size_t len) {
    uint8_t bytes[REFRESH_BYTES];
    if (base64url_decode(bytes, sizeof bytes, text, len) != REFRESH_BYTES ||
        !key_ring_verify(ring, KEY_REFRESH, bytes, REFRESH_SIGNED_BYTES, bytes + REFRESH_SIGNED_BYTES, SHA256_BYTES)) {
        return ERR_INVALID_REFRESH_TOKEN;
    }
    memcpy(out->session.bytes, bytes, sizeof out->session.bytes);
    out->generation = (uint32_t)get_number(bytes + sizeof(uuid), sizeof(uint32_t));
    return ERR_OK;
}

void api_key_write(char out[API_KEY_TEXT_BYTES], const struct api_key_text *what) {
    uint8_t bytes[API_KEY_BYTES];
    memcpy(bytes, what->id.bytes, sizeof(uuid));
    memcpy(bytes + sizeof(uuid), what->secret, API_SECRET_BYTES);
    memcpy(out, API_KEY_PREFIX, API_KEY_PREFIX_BYTES);
    (void)base64url_encode(out + API_KEY_PREFIX_BYTES, bytes, sizeof bytes);
}

enum err api_key_read(struct api_key_text *out, const char *text, size_t len) {
    uint8_t bytes[API_KEY_BYTES];
    if (len != API_KEY_TEXT_BYTES - 1 || memcmp(text, API_KEY_PREFIX, API_KEY_PREFIX_BYTES) != 0 ||
        base64url_decode(bytes, sizeof bytes, text + API_KEY_PREFIX_BYTES, len - API_KEY_PREFIX_BYTES) !=
            API_KEY_BYTES) {
        return ERR_UNAUTHENTICATED;
    }
    memcpy(out->id.bytes, bytes, sizeof(uuid));
    memcpy(out->secret, bytes + sizeof(uuid), API_SECRET_BYTES);
    return ERR_OK;
}
