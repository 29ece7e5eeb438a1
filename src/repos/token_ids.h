/* The ids that tokens have in the database, by address: what a batch needs for each of its rows. Owned by one index
 * writer, on its coroutine. */
#ifndef DAPPD_REPOS_TOKEN_IDS_H
#define DAPPD_REPOS_TOKEN_IDS_H

#include <stddef.h>
#include <stdint.h>

#include "eth/address.h"

struct token_ids;

enum { TOKEN_ID_NONE = 0, TOKEN_ID_WANTED = -1 }; /* the database's own begin with 1 */

struct token_ids *token_ids_new(void);
void token_ids_free(struct token_ids *ids);

size_t token_ids_count(const struct token_ids *ids);

/* Forgets everything, and gives the memory back. */
void token_ids_clear(struct token_ids *ids);

/* TOKEN_ID_NONE when it is not there. */
int32_t token_ids_get(const struct token_ids *ids, const address *token);
void token_ids_set(struct token_ids *ids, const address *token, int32_t id);

#endif
