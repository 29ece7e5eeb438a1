/* What a question for events comes to: topics, names, or a refusal. The topics are viem's (encodeEventTopics); what
 * viem does not know, such as anonymous events, follows from where their arguments stand.
 * Each test frees its arena.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "eth/abi_read.h"
#include "services/event_choice.h"

static const char abi_text[] = "[\"event Move(address indexed from, address indexed to, uint256 amount)\","
                               "\"event Note(string indexed text, bool indexed on, uint8[] indexed list)\","
                               "\"event Twice(uint256 indexed a)\",\"event Twice(address indexed b)\","
                               "\"event Hidden(uint256 indexed a, uint256 indexed b) anonymous\","
                               "\"event Mixed(uint256 indexed a)\",\"event Mixed(bool indexed a) anonymous\"]";

static struct task task;
static const struct abi *abi;

static int open_abi(void **state) {
    (void)state;
    char problem[ABI_PROBLEM_BYTES] = "";
    task = (struct task){.arena = arena_new(1024 * 1024), .name = "test"};
    return abi_read_text(&abi, task.arena, problem, abi_text, sizeof abi_text - 1) == ERR_OK ? 0 : -1;
}

static int close_abi(void **state) {
    (void)state;
    arena_free(task.arena);
    return 0;
}

enum { MAX_ARGS = 3 };

/* In: args, "name=value" each, up to NULL. */
static enum err ask(struct event_question *question, struct event_argument args[MAX_ARGS], const char *event,
                    const char *const *given) {
    *question = (struct event_question){
        .event = event, .event_len = event != NULL ? strlen(event) : 0, .args = args, .filter = question->filter};
    for (; given != NULL && *given != NULL; given++) {
        const char *value = strchr(*given, '=') + 1;
        args[question->n_args++] = (struct event_argument){
            .name = *given, .name_len = (size_t)(value - *given - 1), .value = value, .value_len = strlen(value)};
    }
    return event_choice_make(&task, question, abi);
}

static void assert_topics(const char *event, const char *const *args, const char *const topics[LOG_MAX_TOPICS]) {
    struct event_argument storage[MAX_ARGS];
    struct event_question question = {.n_args = 0};
    char text[HASH32_TEXT_BYTES];
    assert_int_equal(ask(&question, storage, event, args), ERR_OK);
    for (unsigned i = 0; i < LOG_MAX_TOPICS; i++) {
        assert_int_equal(question.filter.has_topic[i], topics[i] != NULL);
        if (topics[i] != NULL) assert_string_equal(hash32_format(text, &question.filter.topics[i]), topics[i]);
    }
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define TOPICS(...) ((const char *const[LOG_MAX_TOPICS]){__VA_ARGS__})
#define MOVE "0xdeb3a6837278f6e9914a507e4d73f08e841d8fca434fb97d4307b3b0d3d6b105"
#define NOTE "0xacfddb97ddb50fc4363fb8748114e2159f576da15501c4fc3ba9ac31d29fb0f7"

static void test_topics(void **state) {
    (void)state;
    static const char five[] = "0x0000000000000000000000000000000000000000000000000000000000000005";
    static const char owner[] = "0x000000000000000000000000d8da6bf26964af9d7eed9e03e53415d37aa96045";
    assert_topics("Move", NULL, TOPICS(MOVE));
    assert_topics("Move(address,address,uint256)", NULL, TOPICS(MOVE));
    assert_topics("event Move(address indexed x, address indexed to, uint256 n)", NULL, TOPICS(MOVE));
    assert_topics("Move", ARGS("to=0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045"), TOPICS(MOVE, NULL, owner));
    assert_topics("Move", ARGS("1=0xd8da6bf26964af9d7eed9e03e53415d37aa96045"), TOPICS(MOVE, NULL, owner));
    assert_topics("Note", ARGS("text=hello", "on=true", "list=[1, 2]"),
                  TOPICS(NOTE, "0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8",
                         "0x0000000000000000000000000000000000000000000000000000000000000001",
                         "0xe90b7bceb6e7df5418fb78d8ee546e97c83a08bbccc01a0644d599ccd2a7c2e0"));
    assert_topics("Hidden", ARGS("b=0x5"), TOPICS(NULL, five));
    assert_topics("Twice", ARGS("b=0xd8da6bf26964af9d7eed9e03e53415d37aa96045"),
                  TOPICS("0xa349307555b3280acd1800aece2930163215903146bc6bfbab0c51c11cd411f6", owner));
    assert_topics(NULL, NULL, TOPICS(NULL));
}

static void test_names_of_several(void **state) {
    (void)state;
    struct event_argument storage[MAX_ARGS];
    struct event_question question = {.n_args = 0};
    assert_int_equal(ask(&question, storage, "Twice", NULL), ERR_OK);
    assert_int_equal(question.filter.n_signatures, 2);
    assert_false(question.filter.has_topic[0] || question.filter.name != NULL);
    question = (struct event_question){.n_args = 0};
    assert_int_equal(ask(&question, storage, "Hidden", NULL), ERR_OK);
    assert_string_equal(question.filter.name, "Hidden");
}

static void test_refusals(void **state) {
    (void)state;
    static const struct {
        const char *event;
        const char *arg;
        enum err err;
    } rows[] = {
        {"Nobody", NULL, ERR_NOT_IN_ABI},
        {"", NULL, ERR_NOT_IN_ABI},
        {"event Move(", NULL, ERR_INVALID_ABI},
        {NULL, "a=1", ERR_INVALID_PARAMETER},
        {"Mixed", NULL, ERR_INVALID_PARAMETER},
        {"Twice", "c=1", ERR_INVALID_PARAMETER},
        {"Move", "amount=1", ERR_INVALID_ARGUMENT},
        {"Move", "2=1", ERR_INVALID_ARGUMENT},
        {"Move", "3=1", ERR_INVALID_ARGUMENT},
        {"Move", "=1", ERR_INVALID_ARGUMENT},
        {"Move", "to=", ERR_INVALID_ARGUMENT},
        {"Move", "to=0x12", ERR_INVALID_ARGUMENT},
        {"Note", "on=1", ERR_INVALID_ARGUMENT},
        {"Note", "list=1", ERR_INVALID_ARGUMENT},
        {"Note", "list=[256]", ERR_INVALID_ARGUMENT},
        {"Note", "list=[1", ERR_INVALID_ARGUMENT},
        {"Note", "text=\xff", ERR_INVALID_ARGUMENT},
        {"Hidden", "a=-1", ERR_INVALID_ARGUMENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct event_argument storage[MAX_ARGS];
        struct event_question question = {.n_args = 0};
        const char *const args[] = {rows[i].arg, NULL};
        enum err err = ask(&question, storage, rows[i].event, args);
        if (err != rows[i].err) fail_msg("%s %s: %d", rows[i].event, rows[i].arg, err);
    }
}

/* A topic that is given beside the event has to be the same. */
static void test_one_topic_asked_for_twice(void **state) {
    (void)state;
    struct event_argument storage[MAX_ARGS];
    struct event_question question = {.filter = {.has_topic = {false, true}, .topics = {[1] = {{0}}}}};
    question.filter.topics[1].bytes[31] = 5;
    assert_int_equal(ask(&question, storage, "Twice(uint256)", ARGS("a=5")), ERR_OK);
    question.filter.has_topic[0] = false;
    assert_int_equal(ask(&question, storage, "Twice(uint256)", ARGS("a=6")), ERR_INVALID_PARAMETER);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topics),
        cmocka_unit_test(test_names_of_several),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_one_topic_asked_for_twice),
    };
    return cmocka_run_group_tests(tests, open_abi, close_abi);
}
