/* The rules of what may be registered. Owns nothing; any thread. */
#include "services/contract_wish.h"

#include <stdio.h>
#include <string.h>

#include "eth/abi_read.h"
#include "label.h"
#include "services/abi_store.h"

static enum err check_abi(char problem[ABI_PROBLEM_BYTES], const struct contract_wish *wish) {
    const struct abi *abi;
    struct arena *arena = arena_new(ABI_STORE_MAX_ABI_BYTES);
    enum err err = abi_read_text(&abi, arena, problem, wish->abi, wish->abi_len);
    arena_free(arena);
    if (err == ERR_OVERLOADED) (void)snprintf(problem, ABI_PROBLEM_BYTES, "the ABI is too large");
    return err == ERR_OK ? ERR_OK : ERR_INVALID_ABI;
}

enum err contract_wish_check(char problem[ABI_PROBLEM_BYTES], const struct contract_wish *wish) {
    *problem = '\0';
    if (wish->name != NULL && !label_is_valid(wish->name, strlen(wish->name))) {
        (void)snprintf(problem, ABI_PROBLEM_BYTES, "name is not " LABEL_RULE);
        return ERR_INVALID_PARAMETER;
    }
    if (wish->abi != NULL) return check_abi(problem, wish);
    if (wish->proxy) return ERR_OK;
    (void)snprintf(problem, ABI_PROBLEM_BYTES, "abi is missing: only of a proxy that is followed it may be");
    return ERR_INVALID_PARAMETER;
}
