/* The keys that only dappd's instances know, and what is signed with them: each purpose has a key of its own, derived
 * from the ring's. Made by app at start, constant afterwards; any thread. */
#ifndef DAPPD_SERVICES_KEY_RING_H
#define DAPPD_SERVICES_KEY_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/err.h"

struct key_ring;

enum { KEY_RING_MAX = 16, KEY_NAME_BYTES = 33, KEY_RING_PROBLEM_BYTES = 256 };

/* What a key is for. KEY_SESSION is the ring's key itself, as another service may verify sessions with it. */
enum key_purpose { KEY_SESSION, KEY_REFRESH, KEY_NONCE, KEY_SEAL, KEY_PURPOSE_COUNT };

/* In: setting, auth_keys; data_dir, where without one a key is kept in a file that its owner alone may read: it is made
 * when there is none, once, whoever else tries at the same time. NULL: the key is made for this process alone and kept
 * nowhere. Returns ERR_INVALID_PARAMETER with a sentence for the operator that shows no key. The caller frees *out. */
enum err key_ring_load(struct key_ring **out, char problem[KEY_RING_PROBLEM_BYTES], const char *setting,
                       const char *data_dir) MUST_CHECK;
void key_ring_free(struct key_ring *ring);

/* Before any other thread: what has this purpose is from now on this process's own business, and neither that of others
 * with the same ring nor of this one once it is started again. */
void key_ring_keep_to_process(struct key_ring *ring, enum key_purpose purpose);

/* True when the text is what key_ring_load takes as auth_keys: up to KEY_RING_MAX of name:base64url, separated by
 * commas; names of 1 to 32 letters, digits, dots, hyphens and underscores, each once; keys of 32 to 1024 bytes. Empty:
 * none. Out: the part that is wrong. */
bool key_ring_setting_is_valid(const char **bad, size_t *bad_len, const char *setting);

/* How many keys; number 0 signs, all verify. */
size_t key_ring_count(const struct key_ring *ring);
const char *key_ring_name(const struct key_ring *ring, size_t i);

/* The key of that name. Returns false when there is none. */
bool key_ring_find(const struct key_ring *ring, size_t *i, const char *name, size_t len);

void key_ring_mac(const struct key_ring *ring, uint8_t mac[SHA256_BYTES], size_t i, enum key_purpose purpose,
                  const void *data, size_t len);

/* Whether one of the keys has made this MAC, perhaps cut to its first mac_len bytes (at least 16). */
bool key_ring_verify(const struct key_ring *ring, enum key_purpose purpose, const void *data, size_t len,
                     const uint8_t *mac, size_t mac_len);

#endif
