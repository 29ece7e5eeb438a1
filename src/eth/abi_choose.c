/* Which of several functions of one name a call is for: the one that its arguments fit. Owns nothing; the output is the
 * caller's.
 * Any thread: pure functions. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "eth/abi_value.h"

enum { NAME_SHOWN_BYTES = 100 };

/* The functions that a name may stand for. */
struct overloads {
    const struct abi *abi;
    const char *name;
    size_t len;
};

static const struct abi_item *next(const struct overloads *all, const struct abi_item *after) {
    return abi_next_named(all->abi, ABI_ITEM_FUNCTION, all->name, all->len, after);
}

/* Writes the name and what is said of it. Returns the length. */
static size_t describe(char problem[ABI_PROBLEM_BYTES], const struct overloads *all, const char *said) {
    const int shown = all->len < NAME_SHOWN_BYTES ? (int)all->len : NAME_SHOWN_BYTES;
    (void)snprintf(problem, ABI_PROBLEM_BYTES, "\"%.*s\" %s", shown, all->name, said);
    return strlen(problem);
}

/* The same, and the signatures there are, as many as fit. */
static enum err list(char problem[ABI_PROBLEM_BYTES], enum err err, const struct overloads *all, const char *what) {
    static const char more[] = " ...";
    size_t len = describe(problem, all, what);
    for (const struct abi_item *it = next(all, NULL); it != NULL; it = next(all, it)) {
        size_t n = strlen(it->signature) + 1;
        bool fits = n < ABI_PROBLEM_BYTES - sizeof more - len;
        (void)snprintf(problem + len, ABI_PROBLEM_BYTES - len, fits ? " %s" : "%s", fits ? it->signature : more);
        if (!fits) break;
        len += n;
    }
    return err;
}

/* What came of trying the overloads one after the other. */
struct trial {
    const struct abi_item *fitting; /* the first that takes the arguments; its call has been appended */
    size_t n_fitting;
    size_t n_tried;
};

static enum err try_all(struct trial *trial, struct buf *call, char problem[ABI_PROBLEM_BYTES],
                        const struct overloads *all, const json_t *args) {
    const size_t n_args = json_is_object(args) ? json_object_size(args) : json_array_size(args);
    *trial = (struct trial){.n_fitting = 0};
    for (const struct abi_item *it = next(all, NULL); it != NULL; it = next(all, it)) {
        if (it->inputs.n != n_args) continue;
        const size_t len = call->len;
        enum err err = abi_encode_call(call, problem, it, args);
        trial->n_tried++;
        if (err == ERR_INVALID_ARGUMENT) continue;
        if (err != ERR_OK) return err;
        if (trial->n_fitting++ > 0) {
            call->len = len;
        } else {
            trial->fitting = it;
        }
    }
    return ERR_OK;
}

static enum err choose(const struct abi_item **out, struct buf *call, char problem[ABI_PROBLEM_BYTES],
                       const struct overloads *all, const json_t *args) {
    struct trial trial;
    enum err err = try_all(&trial, call, problem, all, args);
    if (err != ERR_OK) return err;
    if (trial.n_fitting > 1) return list(problem, ERR_AMBIGUOUS_FUNCTION, all, "can be any of");
    if (trial.n_fitting == 0 && trial.n_tried == 1) return ERR_INVALID_ARGUMENT; /* the problem is that one's */
    if (trial.n_fitting == 0) return list(problem, ERR_INVALID_ARGUMENT, all, "takes other arguments:");
    *out = trial.fitting;
    return ERR_OK;
}

enum err abi_choose_call(const struct abi_item **out, struct buf *call, char problem[ABI_PROBLEM_BYTES],
                         const struct abi *abi, const char *name, size_t len, const json_t *args) {
    const struct overloads all = {.abi = abi, .name = name, .len = len};
    const struct abi_item *first = next(&all, NULL);
    if (first == NULL) {
        (void)describe(problem, &all, "is no function of the ABI");
        return ERR_NOT_IN_ABI;
    }
    if (next(&all, first) == NULL) {
        *out = first;
        return abi_encode_call(call, problem, first, args);
    }
    const size_t start = call->len;
    enum err err = choose(out, call, problem, &all, args);
    if (err != ERR_OK) call->len = start;
    return err;
}
