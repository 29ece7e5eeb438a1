/* The keys and what is made with them; the file that holds them: made once, by one of many processes, and refused when
 * others may read it.
 * Each test works in a folder of its own below TMPDIR and frees its rings.
 * Runs on one thread; one test has children. */
#include "vectors.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base64url.h"
#include "services/key_ring.h"

#define KEY_A "a:__________________________________________8"
#define KEY_B "b:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA"

static char folder[256];
static char data_dir[300];
static char key_file[320];

static int set_up(void **state) {
    (void)state;
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%s/key_ring.XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL) return 1;
    (void)snprintf(data_dir, sizeof data_dir, "%s/data", folder);
    (void)snprintf(key_file, sizeof key_file, "%s/auth_keys", data_dir);
    return 0;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw) {
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int tear_down(void **state) {
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct key_ring *load(const char *setting, const char *dir) {
    char problem[KEY_RING_PROBLEM_BYTES] = "";
    struct key_ring *ring = NULL;
    if (key_ring_load(&ring, problem, setting, dir) != ERR_OK) fail_msg("refused: %s", problem);
    assert_non_null(ring);
    return ring;
}

/* In: end, what the sentence says behind the file's path. */
static void expect_problem(const char *end) {
    char problem[KEY_RING_PROBLEM_BYTES] = "";
    struct key_ring *ring = NULL;
    assert_int_equal(key_ring_load(&ring, problem, "", data_dir), ERR_INVALID_PARAMETER);
    assert_null(ring);
    assert_memory_equal(problem, key_file, strlen(key_file));
    assert_string_equal(problem + strlen(key_file), end);
}

static void write_key_file(const char *text, mode_t mode) {
    (void)mkdir(data_dir, 0700);
    FILE *file = fopen(key_file, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(key_file, mode), 0);
}

static void assert_same_key(const struct key_ring *a, const struct key_ring *b) {
    uint8_t mac[2][SHA256_BYTES];
    assert_string_equal(key_ring_name(a, 0), key_ring_name(b, 0));
    key_ring_mac(a, mac[0], 0, KEY_SESSION, "x", 1);
    key_ring_mac(b, mac[1], 0, KEY_SESSION, "x", 1);
    assert_memory_equal(mac[0], mac[1], SHA256_BYTES);
}

static void test_the_first_key_signs_and_all_verify(void **state) {
    (void)state;
    struct key_ring *ring = load(KEY_A "," KEY_B, NULL), *a = load(KEY_A, NULL), *b = load(KEY_B, NULL);
    uint8_t mac[SHA256_BYTES];
    assert_int_equal(key_ring_count(ring), 2);
    assert_string_equal(key_ring_name(ring, 0), "a");
    assert_string_equal(key_ring_name(ring, 1), "b");
    for (enum key_purpose purpose = KEY_SESSION; purpose < KEY_PURPOSE_COUNT; purpose++) {
        key_ring_mac(b, mac, 0, purpose, "text", 4);
        assert_true(key_ring_verify(ring, purpose, "text", 4, mac, SHA256_BYTES));
        assert_true(key_ring_verify(ring, purpose, "text", 4, mac, 16));
        assert_false(key_ring_verify(a, purpose, "text", 4, mac, SHA256_BYTES));
        assert_false(key_ring_verify(ring, purpose, "texT", 4, mac, SHA256_BYTES));
        mac[15] ^= 1;
        assert_false(key_ring_verify(ring, purpose, "text", 4, mac, 16));
    }
    size_t i;
    assert_true(key_ring_find(ring, &i, "b", 1) && i == 1);
    assert_false(key_ring_find(ring, &i, "", 0) || key_ring_find(ring, &i, "ab", 2) || key_ring_find(ring, &i, "c", 1));
    key_ring_free(ring);
    key_ring_free(a);
    key_ring_free(b);
    key_ring_free(NULL);
}

/* Another service with the same key verifies sessions: so it is the key itself that signs them, whatever its length. */
static void test_sessions_are_signed_with_the_key_itself(void **state) {
    (void)state;
    struct vectors v;
    size_t checked = 0;
    vectors_open(&v, "hmac_sha256.tsv");
    while (vectors_next(&v, 3)) {
        size_t key_len, data_len, mac_len;
        uint8_t *key = vectors_bytes(&key_len, v.fields[0]), *data = vectors_bytes(&data_len, v.fields[1]);
        uint8_t *mac = vectors_bytes(&mac_len, v.fields[2]), out[SHA256_BYTES];
        if (key_len >= 32) {
            char setting[256] = "key:";
            (void)base64url_encode(setting + 4, key, key_len);
            struct key_ring *ring = load(setting, NULL);
            key_ring_mac(ring, out, 0, KEY_SESSION, data, data_len);
            assert_memory_equal(out, mac, SHA256_BYTES);
            key_ring_free(ring);
            checked++;
        }
        free(mac);
        free(data);
        free(key);
    }
    vectors_close(&v, 75);
    assert_true(checked > 35);
}

/* Each purpose's key is one of its own, and the same for all who have the ring. */
static void test_purposes_have_keys_of_their_own(void **state) {
    (void)state;
    struct key_ring *ring = load(KEY_A, NULL), *same = load(KEY_A, NULL);
    uint8_t macs[KEY_PURPOSE_COUNT][SHA256_BYTES], mac[SHA256_BYTES];
    for (enum key_purpose i = KEY_SESSION; i < KEY_PURPOSE_COUNT; i++) {
        key_ring_mac(ring, macs[i], 0, i, "x", 1);
        key_ring_mac(same, mac, 0, i, "x", 1);
        assert_memory_equal(macs[i], mac, SHA256_BYTES);
        for (enum key_purpose k = KEY_SESSION; k < i; k++) assert_memory_not_equal(macs[i], macs[k], SHA256_BYTES);
    }
    key_ring_keep_to_process(ring, KEY_NONCE);
    for (enum key_purpose i = KEY_SESSION; i < KEY_PURPOSE_COUNT; i++) {
        key_ring_mac(ring, mac, 0, i, "x", 1);
        assert_int_equal(memcmp(mac, macs[i], SHA256_BYTES) == 0, i != KEY_NONCE);
    }
    key_ring_free(ring);
    key_ring_free(same);
}

static void test_without_a_folder_the_key_is_the_process_s(void **state) {
    (void)state;
    struct key_ring *a = load("", NULL), *b = load("", NULL);
    uint8_t mac[SHA256_BYTES];
    key_ring_mac(a, mac, 0, KEY_SESSION, "x", 1);
    assert_false(key_ring_verify(b, KEY_SESSION, "x", 1, mac, SHA256_BYTES));
    assert_int_equal(access(data_dir, F_OK), -1);
    key_ring_free(a);
    key_ring_free(b);
}

static unsigned mode_of(const char *path) {
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    return (unsigned)found.st_mode & 0777;
}

static size_t count_files(void) {
    size_t n = 0;
    DIR *dir = opendir(data_dir);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) n += strcmp(entry->d_name, ".") != 0;
    (void)closedir(dir);
    return n - 1;
}

/* Whatever the process would let others do with its files. */
static void test_the_file_is_made_once_for_its_owner_alone(void **state) {
    (void)state;
    mode_t before = umask(0);
    struct key_ring *first = load("", data_dir), *second = load("", data_dir);
    (void)umask(before);
    assert_same_key(first, second);
    assert_int_equal(mode_of(data_dir), 0700);
    assert_int_equal(mode_of(key_file), 0600);
    assert_int_equal(count_files(), 1);
    assert_int_equal(key_ring_count(first), 1);
    key_ring_free(first);
    key_ring_free(second);
}

static void test_the_setting_goes_before_the_file(void **state) {
    (void)state;
    struct key_ring *ring = load(KEY_A, data_dir);
    assert_string_equal(key_ring_name(ring, 0), "a");
    assert_int_equal(access(data_dir, F_OK), -1);
    key_ring_free(ring);
}

enum { PROCESSES = 12 };

/* In a child: waits for the start, loads, and writes its key's MAC. */
static void race(int start, int results) {
    char problem[KEY_RING_PROBLEM_BYTES], byte;
    uint8_t mac[SHA256_BYTES] = {0};
    struct key_ring *ring;
    (void)!read(start, &byte, 1); /* until the other end is closed */
    if (key_ring_load(&ring, problem, "", data_dir) == ERR_OK) key_ring_mac(ring, mac, 0, KEY_SESSION, "x", 1);
    _exit(write(results, mac, sizeof mac) == (ssize_t)sizeof mac ? 0 : 1);
}

static void test_processes_that_start_together_have_one_key(void **state) {
    (void)state;
    for (int round = 0; round < 5; round++) {
        int start[2], results[2];
        uint8_t macs[PROCESSES][SHA256_BYTES];
        assert_int_equal(pipe(start), 0);
        assert_int_equal(pipe(results), 0);
        for (int i = 0; i < PROCESSES; i++) {
            pid_t child = fork();
            assert_true(child >= 0);
            if (child > 0) continue;
            (void)close(start[1]);
            race(start[0], results[1]);
        }
        (void)close(start[1]);
        for (int i = 0; i < PROCESSES; i++) {
            assert_int_equal(read(results[0], macs[i], SHA256_BYTES), SHA256_BYTES);
            assert_memory_equal(macs[i], macs[0], SHA256_BYTES);
        }
        for (int i = 0; i < PROCESSES; i++) {
            int status;
            assert_true(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
        }
        struct key_ring *ring = load("", data_dir);
        uint8_t mac[SHA256_BYTES];
        key_ring_mac(ring, mac, 0, KEY_SESSION, "x", 1);
        assert_memory_equal(mac, macs[0], SHA256_BYTES);
        key_ring_free(ring);
        assert_int_equal(count_files(), 1);
        assert_int_equal(unlink(key_file), 0);
        (void)close(start[0]);
        (void)close(results[0]);
        (void)close(results[1]);
    }
}

static void test_a_file_that_others_may_use_is_refused(void **state) {
    (void)state;
    static const mode_t refused[] = {0640, 0604, 0620, 0602, 0610, 0601, 0666};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char end[128];
        write_key_file(KEY_A "\n", refused[i]);
        (void)snprintf(end, sizeof end,
                       " may be used by others than its owner (mode %03o); if nobody has read it, make that 600",
                       (unsigned)refused[i]);
        expect_problem(end);
    }
    write_key_file(KEY_A "\n", 0400);
    key_ring_free(load("", data_dir));
}

static void test_a_file_may_be_written_by_hand(void **state) {
    (void)state;
    write_key_file(KEY_A "," KEY_B, 0600);
    struct key_ring *ring = load("", data_dir), *same = load(KEY_A "," KEY_B, NULL);
    assert_int_equal(key_ring_count(ring), 2);
    assert_same_key(ring, same);
    key_ring_free(ring);
    key_ring_free(same);
}

static void test_a_malformed_file_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {"",
                                        "\n",
                                        "a",
                                        KEY_A "\n\n",
                                        KEY_A "\n" KEY_B "\n",
                                        KEY_A "\r\n",
                                        KEY_A " \n",
                                        KEY_A "," KEY_A "\n",
                                        "key-08a4a6e4:mqlSE6lDdhQnz6IW8fJ8\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_key_file(texts[i], 0600);
        expect_problem(" does not hold keys as the setting auth_keys has them");
    }
    char *text = malloc(10001);
    memset(text, 'a', 10000);
    text[10000] = '\0';
    write_key_file(text, 0600);
    free(text);
    expect_problem(" is too long");
    write_key_file("", 0600);
    assert_int_equal(truncate(key_file, 100), 0);
    expect_problem(" holds zero bytes");
}

static void test_what_is_no_file_or_folder_is_refused(void **state) {
    (void)state;
    assert_int_equal(mkdir(data_dir, 0700), 0);
    assert_int_equal(mkdir(key_file, 0700), 0);
    expect_problem(" is not a file");
    assert_int_equal(rmdir(key_file), 0);
    assert_int_equal(mkfifo(key_file, 0600), 0); /* which a writer to wait for would never come to */
    expect_problem(" is not a file");
    assert_int_equal(unlink(key_file), 0);
    assert_int_equal(rmdir(data_dir), 0);

    int fd = open(data_dir, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    expect_problem(" can be neither read nor made (Not a directory); set data_dir to a folder that dappd may write to, "
                   "or auth_keys");
    assert_int_equal(unlink(data_dir), 0);

    (void)snprintf(data_dir, sizeof data_dir, "%s/no/such", folder);
    (void)snprintf(key_file, sizeof key_file, "%s/auth_keys", data_dir);
    expect_problem(" can be neither read nor made (No such file or directory); set data_dir to a folder that dappd may "
                   "write to, or auth_keys");
}

#define in_a_folder(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_key_signs_and_all_verify),
        cmocka_unit_test(test_sessions_are_signed_with_the_key_itself),
        cmocka_unit_test(test_purposes_have_keys_of_their_own),
        in_a_folder(test_without_a_folder_the_key_is_the_process_s),
        in_a_folder(test_the_file_is_made_once_for_its_owner_alone),
        in_a_folder(test_the_setting_goes_before_the_file),
        in_a_folder(test_processes_that_start_together_have_one_key),
        in_a_folder(test_a_file_that_others_may_use_is_refused),
        in_a_folder(test_a_file_may_be_written_by_hand),
        in_a_folder(test_a_malformed_file_is_refused),
        in_a_folder(test_what_is_no_file_or_folder_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
