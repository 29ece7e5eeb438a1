/* X-Request-Id: taken from the client or the proxy when it is sane, else made; always echoed. Stateless. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "core/clock.h"
#include "core/hex.h"
#include "middleware/middleware.h"

static bool is_sane(const char *id) {
    size_t len = strlen(id);
    if (len == 0 || len >= REQUEST_ID_BYTES) return false;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)id[i]) && strchr("._-", id[i]) == NULL) return false;
    }
    return true;
}

static void make_id(char out[REQUEST_ID_BYTES]) {
    uint8_t bytes[16];
    clock_random(bytes, sizeof bytes);
    (void)hex_write(out, bytes, sizeof bytes);
}

void middleware_request_id(struct request *req, struct response *res, const struct middleware_next *next) {
    const char *given = request_header(req, "X-Request-Id");
    if (given != NULL && is_sane(given)) {
        memcpy(req->id, given, strlen(given) + 1);
    } else {
        make_id(req->id);
    }
    response_header(res, "X-Request-Id", req->id);
    middleware_next(req, res, next);
}
