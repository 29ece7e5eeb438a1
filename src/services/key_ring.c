/* Whoever knows these keys is dappd to every client, so they are held in one place, that hands out MACs and never keys.
 * A ring owns its keys and wipes them at its end.
 * Any thread once it is made. */
#include "services/key_ring.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64url.h"
#include "core/comma_list.h"
#include "key_file.h"

enum {
    HMAC_BLOCK_BYTES = 64,
    KEY_MIN_BYTES = 32, /* as long as what HMAC-SHA-256 gives: RFC 7518, section 3.2 */
    KEY_MAX_BYTES = 1024,
    MAC_MIN_BYTES = 16
};

struct secret {
    uint8_t bytes[HMAC_BLOCK_BYTES];
    size_t len;
};

struct ring_key {
    char name[KEY_NAME_BYTES];
    struct secret secrets[KEY_PURPOSE_COUNT];
};

struct key_ring {
    struct ring_key keys[KEY_RING_MAX];
    size_t n_keys;
};

/* What the derived keys are derived with. To change one is to end all that was signed with it. */
static const char *const labels[KEY_PURPOSE_COUNT] = {
    [KEY_REFRESH] = "dappd refresh token", [KEY_NONCE] = "dappd nonce", [KEY_SEAL] = "dappd sealed secret"};

/* A key longer than a block is used as its hash by HMAC itself (RFC 2104), so no longer one is ever kept. */
static void derive(struct ring_key *key, const uint8_t *bytes, size_t len) {
    struct secret *session = &key->secrets[KEY_SESSION];
    session->len = len <= HMAC_BLOCK_BYTES ? len : SHA256_BYTES;
    if (len <= HMAC_BLOCK_BYTES) {
        memcpy(session->bytes, bytes, len);
    } else {
        sha256(session->bytes, bytes, len);
    }
    for (size_t i = 0; i < KEY_PURPOSE_COUNT; i++) {
        if (labels[i] == NULL) continue;
        hmac_sha256(key->secrets[i].bytes, session->bytes, session->len, labels[i], strlen(labels[i]));
        key->secrets[i].len = SHA256_BYTES;
    }
}

/* Adds one entry of the list, name:base64url. Returns false when it is none, or one too many. */
static bool add_entry(struct key_ring *ring, const char *text, size_t len) {
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    uint8_t bytes[KEY_MAX_BYTES];
    size_t name_len = strspn(text, allowed), other;
    if (ring->n_keys == KEY_RING_MAX || name_len == 0 || name_len >= KEY_NAME_BYTES || text[name_len] != ':' ||
        key_ring_find(ring, &other, text, name_len)) {
        return false;
    }
    long n = base64url_decode(bytes, sizeof bytes, text + name_len + 1, len - name_len - 1);
    if (n >= KEY_MIN_BYTES) {
        struct ring_key *key = &ring->keys[ring->n_keys++];
        memcpy(key->name, text, name_len);
        derive(key, bytes, (size_t)n);
    }
    secure_wipe(bytes, sizeof bytes);
    return n >= KEY_MIN_BYTES;
}

/* Adds all of a list, one key at least. Out: list, at the entry that is wrong. */
static bool add_list(struct key_ring *ring, struct comma_list *list) {
    while (comma_list_next(list)) {
        if (!add_entry(ring, list->entry, list->len)) return false;
    }
    return ring->n_keys > 0;
}

static bool add_text(struct key_ring *ring, const char *text) {
    struct comma_list list = comma_list_of(text);
    return add_list(ring, &list);
}

static struct key_ring *ring_new(void) {
    struct key_ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL) abort();
    return ring;
}

bool key_ring_setting_is_valid(const char **bad, size_t *bad_len, const char *setting) {
    if (setting[0] == '\0') return true;
    struct key_ring *ring = ring_new();
    struct comma_list list = comma_list_of(setting);
    bool valid = add_list(ring, &list);
    *bad = list.entry;
    *bad_len = list.len;
    key_ring_free(ring);
    return valid;
}

static void add_random(struct key_ring *ring) {
    uint8_t bytes[KEY_MIN_BYTES];
    struct ring_key *key = &ring->keys[ring->n_keys++];
    secure_random(bytes, sizeof bytes);
    (void)snprintf(key->name, sizeof key->name, "process");
    derive(key, bytes, sizeof bytes);
    secure_wipe(bytes, sizeof bytes);
}

/* The file has what the setting would have. */
static enum err add_file(struct key_ring *ring, char problem[KEY_RING_PROBLEM_BYTES], const char *data_dir) {
    char text[KEY_FILE_BYTES];
    enum err err = key_file_read(text, problem, data_dir);
    if (err == ERR_OK && !add_text(ring, text)) {
        (void)snprintf(problem, KEY_RING_PROBLEM_BYTES,
                       "%.150s/" KEY_FILE_NAME " does not hold keys as the setting auth_keys has them", data_dir);
        err = ERR_INVALID_PARAMETER;
    }
    secure_wipe(text, sizeof text);
    return err;
}

static enum err fill(struct key_ring *ring, char problem[KEY_RING_PROBLEM_BYTES], const char *setting,
                     const char *data_dir) {
    if (setting[0] != '\0') {
        if (add_text(ring, setting)) return ERR_OK;
        (void)snprintf(problem, KEY_RING_PROBLEM_BYTES, "auth_keys is not a list of name:base64url");
        return ERR_INVALID_PARAMETER;
    }
    if (data_dir != NULL) return add_file(ring, problem, data_dir);
    add_random(ring);
    return ERR_OK;
}

enum err key_ring_load(struct key_ring **out, char problem[KEY_RING_PROBLEM_BYTES], const char *setting,
                       const char *data_dir) {
    struct key_ring *ring = ring_new();
    enum err err = fill(ring, problem, setting, data_dir);
    if (err != ERR_OK) {
        key_ring_free(ring);
        return err;
    }
    *out = ring;
    return ERR_OK;
}

void key_ring_free(struct key_ring *ring) {
    if (ring == NULL) return;
    secure_wipe(ring, sizeof *ring);
    free(ring);
}

void key_ring_keep_to_process(struct key_ring *ring, enum key_purpose purpose) {
    assert(labels[purpose] != NULL);
    for (size_t i = 0; i < ring->n_keys; i++) secure_random(ring->keys[i].secrets[purpose].bytes, SHA256_BYTES);
}

size_t key_ring_count(const struct key_ring *ring) {
    return ring->n_keys;
}

const char *key_ring_name(const struct key_ring *ring, size_t i) {
    assert(i < ring->n_keys);
    return ring->keys[i].name;
}

bool key_ring_find(const struct key_ring *ring, size_t *i, const char *name, size_t len) {
    for (*i = 0; *i < ring->n_keys; (*i)++) {
        const char *known = ring->keys[*i].name;
        if (strlen(known) == len && memcmp(known, name, len) == 0) return true;
    }
    return false;
}

void key_ring_mac(const struct key_ring *ring, uint8_t mac[SHA256_BYTES], size_t i, enum key_purpose purpose,
                  const void *data, size_t len) {
    assert(i < ring->n_keys && purpose < KEY_PURPOSE_COUNT);
    const struct secret *secret = &ring->keys[i].secrets[purpose];
    hmac_sha256(mac, secret->bytes, secret->len, data, len);
}

bool key_ring_verify(const struct key_ring *ring, enum key_purpose purpose, const void *data, size_t len,
                     const uint8_t *mac, size_t mac_len) {
    assert(mac_len >= MAC_MIN_BYTES && mac_len <= SHA256_BYTES);
    bool valid = false;
    for (size_t i = 0; i < ring->n_keys && !valid; i++) {
        uint8_t right[SHA256_BYTES];
        key_ring_mac(ring, right, i, purpose, data, len);
        valid = digest_equal(right, mac, mac_len);
    }
    return valid;
}
