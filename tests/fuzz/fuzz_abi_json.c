/* Feeds eth/abi_read any text as a JSON ABI: what is read is within its bounds, and reads the same when it is written
 * as signatures. Owns nothing between inputs. One thread, libFuzzer's or the replay's. */
#include "abi_round_trip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char problem[ABI_PROBLEM_BYTES];
    const struct abi *abi = NULL;
    struct arena *arena = arena_new(ABI_ARENA_BYTES);
    memset(problem, 'x', sizeof problem);
    enum err err = abi_read_text(&abi, arena, problem, (const char *)data, size);
    check_abi(err, abi, problem);
    arena_free(arena);
    return 0;
}
