/* Whose request it is, told by a text that dappd has signed itself, so that nobody has to be asked. Header and payload
 * are looked into only as far as the MAC goes: what it does not cover is never believed.
 * Owns nothing.
 * Any thread: pure functions. */
#include "services/access_token.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "core/base64url.h"
#include "core/buf.h"
#include "core/json_depth.h"
#include "core/json_out.h"

#define ISSUER "dappd"
#define HEADER_START "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\""
#define HEADER_END "\"}"

enum {
    HEADER_START_BYTES = sizeof HEADER_START - 1,
    HEADER_END_BYTES = sizeof HEADER_END - 1,
    HEADER_MAX_BYTES = HEADER_START_BYTES + KEY_NAME_BYTES + HEADER_END_BYTES,
    PAYLOAD_MAX_BYTES = 384,
    CLAIMS = 7,
    CLOCK_SKEW_S = 60, /* between the instances that share a ring */
    MAX_TTL_S = 86400  /* the most that the setting access_token_ttl_s allows */
};
_Static_assert((HEADER_MAX_BYTES + PAYLOAD_MAX_BYTES + SHA256_BYTES) * 4 / 3 + 8 < ACCESS_TOKEN_BYTES,
               "every token fits its buffer");

/* Appends base64url to the token. */
static size_t append(char *out, size_t len, const void *data, size_t data_len) {
    return len + base64url_encode(out + len, data, data_len);
}

static void write_payload(struct buf *out, const struct access_claims *claims) {
    char subject[UUID_TEXT_BYTES], session[UUID_TEXT_BYTES], account[ADDRESS_TEXT_BYTES];
    struct json_out json;
    address_format(account, &claims->address);
    json_out_init(&json, out);
    json_out_object_begin(&json);
    json_out_key_str(&json, "iss", ISSUER);
    json_out_key_str(&json, "sub", claims->has_user ? uuid_format(subject, &claims->user) : account);
    json_out_key_str(&json, "sid", uuid_format(session, &claims->session));
    json_out_key_str(&json, "address", account);
    json_out_key_u64(&json, "chain_id", claims->chain_id);
    json_out_key_u64(&json, "iat", claims->issued_s);
    json_out_key_u64(&json, "exp", claims->expires_s);
    json_out_object_end(&json);
}

size_t access_token_write(char out[ACCESS_TOKEN_BYTES], const struct key_ring *ring,
                          const struct access_claims *claims) {
    char header[HEADER_MAX_BYTES + 1];
    uint8_t mac[SHA256_BYTES];
    struct buf payload;
    int header_len = snprintf(header, sizeof header, HEADER_START "%s" HEADER_END, key_ring_name(ring, 0));
    buf_init(&payload, PAYLOAD_MAX_BYTES);
    write_payload(&payload, claims);
    assert(!payload.failed);

    size_t len = append(out, 0, header, (size_t)header_len);
    out[len++] = '.';
    len = append(out, len, payload.data, payload.len);
    key_ring_mac(ring, mac, 0, KEY_SESSION, out, len);
    out[len++] = '.';
    buf_free(&payload);
    return append(out, len, mac, sizeof mac);
}

/* The parts of a token, still as they came. */
struct parts {
    const char *header, *payload, *mac;
    size_t header_len, payload_len, mac_len;
    size_t signed_len; /* of header, dot and payload */
};

/* Exactly three parts; a dot too many is a wrong character in the last. */
static bool split(struct parts *out, const char *text, size_t len) {
    const char *end = text + len;
    const char *first = len < ACCESS_TOKEN_BYTES ? memchr(text, '.', len) : NULL;
    const char *second = first != NULL ? memchr(first + 1, '.', (size_t)(end - first - 1)) : NULL;
    if (second == NULL) return false;
    *out = (struct parts){.header = text,
                          .header_len = (size_t)(first - text),
                          .payload = first + 1,
                          .payload_len = (size_t)(second - first - 1),
                          .mac = second + 1,
                          .mac_len = (size_t)(end - second - 1),
                          .signed_len = (size_t)(second - text)};
    return true;
}

/* The one header that each key has, byte for byte: which key it names is all that is taken from it. */
static bool read_header(size_t *key, const struct key_ring *ring, const struct parts *parts) {
    char header[HEADER_MAX_BYTES];
    long len = base64url_decode(header, sizeof header, parts->header, parts->header_len);
    long name_len = len - HEADER_START_BYTES - HEADER_END_BYTES;
    return name_len > 0 && memcmp(header, HEADER_START, HEADER_START_BYTES) == 0 &&
           memcmp(header + len - HEADER_END_BYTES, HEADER_END, HEADER_END_BYTES) == 0 &&
           key_ring_find(ring, key, header + HEADER_START_BYTES, (size_t)name_len);
}

static bool mac_is_right(const struct key_ring *ring, size_t key, const struct parts *parts) {
    uint8_t mac[SHA256_BYTES], right[SHA256_BYTES];
    if (base64url_decode(mac, sizeof mac, parts->mac, parts->mac_len) != SHA256_BYTES) return false;
    key_ring_mac(ring, right, key, KEY_SESSION, parts->header, parts->signed_len);
    return digest_equal(right, mac, sizeof mac);
}

/* A member that is text; "" otherwise, which no claim may be. */
static const char *text_of(const json_t *object, const char *name, size_t *len) {
    const json_t *member = json_object_get(object, name);
    *len = json_string_length(member);
    return json_is_string(member) ? json_string_value(member) : "";
}

static bool read_number(uint64_t *out, const json_t *object, const char *name) {
    const json_t *member = json_object_get(object, name);
    if (!json_is_integer(member) || json_integer_value(member) < 0) return false;
    *out = (uint64_t)json_integer_value(member);
    return true;
}

static bool read_uuid(uuid *out, const json_t *object, const char *name) {
    size_t len;
    const char *text = text_of(object, name, &len);
    return uuid_parse(out, text, len) == ERR_OK;
}

/* Who it is about: a user, or without a database the address itself. */
static bool read_subject(struct access_claims *out, const json_t *object) {
    size_t len;
    address subject;
    const char *text = text_of(object, "sub", &len);
    out->has_user = read_uuid(&out->user, object, "sub");
    if (out->has_user) return true;
    return address_parse(&subject, text, len) == ERR_OK && address_equal(&subject, &out->address);
}

static bool read_claims(struct access_claims *out, const json_t *object) {
    size_t issuer_len, address_len;
    const char *issuer = text_of(object, "iss", &issuer_len);
    const char *account = text_of(object, "address", &address_len);
    memset(out, 0, sizeof *out);
    return json_object_size(object) == CLAIMS && strcmp(issuer, ISSUER) == 0 &&
           address_parse(&out->address, account, address_len) == ERR_OK && read_subject(out, object) &&
           read_uuid(&out->session, object, "sid") && read_number(&out->chain_id, object, "chain_id") &&
           read_number(&out->issued_s, object, "iat") && read_number(&out->expires_s, object, "exp");
}

static bool read_payload(struct access_claims *out, const struct parts *parts) {
    char payload[ACCESS_TOKEN_BYTES];
    long len = base64url_decode(payload, sizeof payload, parts->payload, parts->payload_len);
    if (len < 0 || !json_depth_within(payload, (size_t)len, 1)) return false;
    json_t *object = json_loadb(payload, (size_t)len, JSON_REJECT_DUPLICATES, NULL);
    bool ok = read_claims(out, object);
    json_decref(object);
    return ok;
}

enum err access_token_read(struct access_claims *out, const struct key_ring *ring, const char *text, size_t len,
                           uint64_t now_s) {
    struct parts parts;
    struct access_claims claims;
    size_t key;
    if (!split(&parts, text, len) || !read_header(&key, ring, &parts) || !mac_is_right(ring, key, &parts) ||
        !read_payload(&claims, &parts) || claims.issued_s > now_s + CLOCK_SKEW_S ||
        claims.expires_s <= claims.issued_s || claims.expires_s - claims.issued_s > MAX_TTL_S) {
        return ERR_UNAUTHENTICATED;
    }
    if (claims.expires_s <= now_s) return ERR_TOKEN_EXPIRED;
    *out = claims;
    return ERR_OK;
}
