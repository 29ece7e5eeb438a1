/* Keys of requests that may be sent again. Pure, any thread. */
#include "services/replay.h"

#include <string.h>

#include "core/digest.h"

static bool is_visible(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '!' || text[i] > '~') return false;
    }
    return true;
}

bool replay_make(struct replay *out, const char *text, const void *request, size_t len) {
    size_t text_len = strlen(text);
    if (text_len == 0 || text_len > IDEMPOTENCY_KEY_MAX_BYTES || !is_visible(text, text_len)) return false;
    out->text = text;
    sha256(out->idempotency.key_hash, text, text_len);
    sha256(out->idempotency.fingerprint, request, len);
    return true;
}

const struct idempotency *replay_idempotency(const struct replay *replay) {
    return replay != NULL ? &replay->idempotency : NULL;
}
