/* Who asks: nobody in particular, a signed-in wallet, or an API key. Plain value; one request. */
#ifndef DAPPD_CORE_PRINCIPAL_H
#define DAPPD_CORE_PRINCIPAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/uuid.h"

enum scope {
#define SCOPE(id, bit, name, admins_only, help) SCOPE_##id = 1u << (bit),
#include "core/scopes.def"
#undef SCOPE
    SCOPE_NONE = 0,           /* of a public route: who asks makes no difference, and is not looked at */
    SCOPE_SESSION = 1u << 31, /* what no API key may do: a wallet has to have signed in */
};

enum principal_kind { PRINCIPAL_ANONYMOUS, PRINCIPAL_SESSION, PRINCIPAL_KEY };

struct principal {
    enum principal_kind kind;
    uuid id;             /* of the session or the key */
    bool has_user;       /* false where there is no database, and so no users: the address is all that is known */
    uuid user;           /* whom it stands for */
    uint8_t address[20]; /* that signed in; zeros of a key */
    uint64_t chain_id;   /* that it signed in for; 0 of a key */
    uint64_t issued_s;   /* unix seconds: of the access token, or of the key */
    uint64_t expires_s;  /* of it; 0: never */
    uint32_t scopes;     /* of a key: bits of enum scope */
    bool verified;       /* it has just been looked up: session or key are live, and admin is true to this moment */
    bool admin;
};

#endif
