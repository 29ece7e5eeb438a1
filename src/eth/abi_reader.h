/* Reads the ABI's bytes into JSON. Offsets and lengths are claims: what is read in all is at most twice the data's
 * length, so that tails may be shared, as some encoders do, but nothing can be made of nothing. Reads untrusted bytes;
 * a plain value, any thread.
 *
 * Errors: ERR_ABI_MISMATCH, with a problem that names the place; ERR_OVERLOADED once the output's maximum is passed. */
#ifndef DAPPD_ETH_ABI_READER_H
#define DAPPD_ETH_ABI_READER_H

#include "abi_place.h"
#include "core/json_out.h"

struct abi_reader {
    const uint8_t *data;
    size_t len;
    size_t budget; /* bytes that may still be read */
    struct json_out json;
    size_t start;  /* of what it writes */
    char *problem; /* ABI_PROBLEM_BYTES */
};

/* In: out has not failed. */
void abi_reader_init(struct abi_reader *reader, struct buf *out, char problem[ABI_PROBLEM_BYTES], const uint8_t *data,
                     size_t len);

/* Leaves the output as it was when there was an error. Returns err, or that of an output that is full. */
enum err abi_reader_end(struct abi_reader *reader, enum err err) MUST_CHECK;

/* Takes n bytes at `at`: every value is taken once it is known to be there. */
enum err abi_reader_take(struct abi_reader *reader, const struct abi_place *place, size_t at, size_t n) MUST_CHECK;

/* Writes the value whose head stands at `at`, taken already, in what begins at base. */
enum err abi_reader_value(struct abi_reader *reader, const struct abi_place *place, const struct abi_type *type,
                          size_t base, size_t at) MUST_CHECK;

/* Writes a value that is a single word, wherever it comes from. */
enum err abi_reader_word(struct abi_reader *reader, const struct abi_place *place, const struct abi_type *type,
                         const uint8_t word[32]) MUST_CHECK;

/* Writes parameters whose heads stand at `at`, taken already. */
enum err abi_reader_params(struct abi_reader *reader, const struct abi_place *place, const struct abi_params *params,
                           size_t at) MUST_CHECK;

/* An object where the parameters are named, else an array: its begin, what precedes each member, its end. */
void abi_reader_open(struct abi_reader *reader, const struct abi_params *params);
void abi_reader_name(struct abi_reader *reader, const struct abi_params *params, size_t index);
void abi_reader_close(struct abi_reader *reader, const struct abi_params *params);

#endif
