/* Which transaction of a block has used a nonce, out of the block's text.
 * Static data.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "rpc/nonce_user.h"

#define BLOCK "0xbb00000000000000000000000000000000000000000000000000000000000000"
#define OTHER "0x1111111111111111111111111111111111111111111111111111111111111111"
#define MINE "0xaa00000000000000000000000000000000000000"
#define THEIRS "0xab00000000000000000000000000000000000000"
#define TX(hash, from, nonce) "{\"type\":\"0x2\",\"hash\":\"" hash "\",\"from\":\"" from "\",\"nonce\":\"" nonce "\"}"
#define IN(hash, transactions) "{\"hash\":\"" hash "\",\"number\":\"0x1\",\"transactions\":[" transactions "]}"

enum { NONCE = 7 };

static const address sender = {{0xaa}};
static const hash32 block = {{0xbb}};

static void test_scan(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *text;
        bool valid;
        bool found;
    } rows[] = {
        {"the one", IN(BLOCK, TX(OTHER, MINE, "0x7")), true, true},
        {"among others",
         IN(BLOCK,
            TX(BLOCK, MINE, "0x6") "," TX(BLOCK, THEIRS, "0x7") "," TX(OTHER, MINE, "0x7") "," TX(BLOCK, MINE, "0x8")),
         true, true},
        {"not among others", IN(BLOCK, TX(BLOCK, MINE, "0x6") "," TX(BLOCK, THEIRS, "0x7")), true, false},
        {"in an empty block", IN(BLOCK, ""), true, false},
        {"in another block", IN(OTHER, TX(OTHER, MINE, "0x7")), false, false},
        {"hashes alone", IN(BLOCK, "\"" OTHER "\""), false, false},
        {"a nonce that is none", IN(BLOCK, TX(OTHER, MINE, "7")), false, false},
        {"and more", IN(BLOCK, TX(OTHER, MINE, "0x7")) "]", false, false},
        {"no block", "null", false, false},
        {"cut off", "{\"hash\":\"" BLOCK "\",\"transactions\":[", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hash32 hash = {{0}};
        bool found = false;
        const bool valid = nonce_user_scan(&hash, &found, rows[i].text, strlen(rows[i].text), &sender, NONCE, &block);
        if (valid != rows[i].valid || found != rows[i].found) fail_msg("%s: %d, %d", rows[i].name, valid, found);
        assert_int_equal(hash.bytes[0], found ? 0x11 : 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_scan)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
