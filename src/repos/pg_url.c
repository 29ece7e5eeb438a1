/* Connection strings, as libpq reads them. Owns nothing.
 * Any thread. */
#include <libpq-fe.h>

#include "repos/pg.h"

bool pg_url_is_valid(const char *url) {
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    PQconninfoFree(options);
    return options != NULL;
}
