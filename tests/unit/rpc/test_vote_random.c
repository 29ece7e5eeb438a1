/* Votes of honest, lagging and lying nodes at random, against an oracle that knows the truth: most are honest, so what
 * the vote comes to is true, and as high as most of the honest ones are.
 * Each world is a round's own.
 * Runs on one thread. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "vote_blocks.h"

static uint64_t random_seed, random_state;

/* cmocka does not say which of many rounds it was. */
static void check(bool holds, const char *what) {
    if (!holds) fail_msg("seed %llu: %s", (unsigned long long)random_seed, what);
}

static uint64_t random_below(uint64_t n) {
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (random_state >> 33) % n;
}

/* The chain that honest nodes see, each up to a height of its own. */
struct world {
    uint64_t tip;
    unsigned fork; /* of the blocks above base */
    uint64_t base;
    size_t n, liars; /* the first voters lie */
    uint64_t seen[MAX_VOTERS];
    struct voter voters[MAX_VOTERS];
    struct block_ref known;
    bool has_known;
};

static struct block_ref truth(const struct world *world, uint64_t number) {
    return block_of(number, world->fork, world->base);
}

static bool is_true(const struct world *world, const struct block_ref *block) {
    struct block_ref want = truth(world, block->number);
    return block->number <= world->tip && hash32_equal(&block->hash, &want.hash) &&
           hash32_equal(&block->parent_hash, &want.parent_hash) && block->timestamp == want.timestamp;
}

static struct block_ref lie(const struct world *world) {
    uint64_t number = world->tip - 5 + random_below(10);
    struct block_ref block = truth(world, number);
    switch (random_below(7)) {
    case 0:
        return block_of(world->tip + 1 + random_below(1000000), 200, world->tip);
    case 1:
        return block_of(number, 201, number - 1 - random_below(3));
    case 2:
        block.timestamp += 1 + random_below(100);
        return block;
    case 3:
        block.parent_hash = hash_of(number - 1, 202);
        return block;
    case 4:
        return truth(world, world->tip - random_below(3));
    case 5: /* what a reorg has replaced */
        return block_of(number, world->fork - 1, world->base > 10 ? world->base - 10 : 0);
    default:
        block.number = UINT64_MAX - random_below(3);
        return block;
    }
}

/* Honest nodes lag by up to 6 blocks, and see a reorg no later than what replaces it. */
static void live(struct world *world, uint64_t now_us) {
    if (random_below(8) == 0) {
        world->base = world->tip - random_below(4);
        world->fork++;
        world->tip += 6;
    }
    world->tip += random_below(4);
    for (size_t i = 0; i < world->n; i++) {
        uint64_t lag = random_below(3) == 0 ? random_below(7) : random_below(2);
        world->seen[i] = world->tip - lag;
        struct block_ref block = i < world->liars ? lie(world) : truth(world, world->seen[i]);
        if (random_below(10) > 0 || i >= world->liars) voter_report(&world->voters[i], &block, now_us);
    }
}

static void be_asked(struct world *world, size_t voter, uint64_t number) {
    bool lies = voter < world->liars;
    struct block_ref block = lies ? lie(world) : truth(world, number);
    block.number = number;
    bool has = lies ? random_below(3) > 0 : number <= world->seen[voter];
    voter_answer(&world->voters[voter], number, has ? &block : NULL, world->voters[voter].asked_us);
}

/* The height that as many honest nodes have as make a majority. */
static uint64_t honest_majority_height(const struct world *world) {
    uint64_t best = 0;
    for (size_t i = world->liars; i < world->n; i++) {
        size_t have = 0;
        for (size_t j = world->liars; j < world->n; j++) have += world->seen[j] >= world->seen[i] ? 1 : 0;
        if (have >= world->n / 2 + 1 && world->seen[i] > best) best = world->seen[i];
    }
    return best;
}

/* Only what was known before may be higher than all that honest nodes see now. */
static void check_is_true(const struct world *world, const struct verdict *verdict) {
    uint64_t highest = 0;
    for (size_t i = world->liars; i < world->n; i++) highest = world->seen[i] > highest ? world->seen[i] : highest;
    if (verdict->block.number <= highest) {
        check(is_true(world, &verdict->block), "the block is true");
    } else {
        check(world->has_known && hash32_equal(&verdict->block.hash, &world->known.hash), "it was known before");
    }
}

/* Asks all that could still raise the verdict; what is decided before is true as well. */
static void settle(struct world *world, struct verdict *verdict) {
    struct ballot ballot = {.voters = world->voters, .n = world->n};
    struct block_ref block;
    bool decided;
    if (world->has_known) ballot.known = &world->known;
    for (unsigned rounds = 0;; rounds++) {
        check(rounds < 2 * MAX_VOTERS, "questions come to an end");
        decided = vote_decide(verdict, &ballot);
        if (decided) check_is_true(world, verdict);
        if (!vote_open_question(&block, &ballot) || (decided && block.number <= verdict->block.number)) break;
        for (size_t i = 0; i < world->n; i++) {
            if (vote_is_asked(&ballot, i, &block)) be_asked(world, i, block.number);
        }
    }
    check(decided, "there is a majority");
}

static void run_world(uint64_t seed) {
    struct world world = {.tip = 100, .fork = 1, .base = 100};
    struct verdict verdict;
    random_seed = random_state = seed;
    world.n = 1 + random_below(MAX_VOTERS);
    world.liars = random_below((world.n - 1) / 2 + 1);
    for (size_t i = 0; i < world.n; i++) world.voters[i].counts = true;
    for (uint64_t round = 1; round <= 60; round++) {
        live(&world, round);
        settle(&world, &verdict);
        check(verdict.block.number >= honest_majority_height(&world), "what most honest nodes have is reached");
        world.known = verdict.block;
        world.has_known = true;
    }
}

static void test_liars_in_the_minority_change_nothing(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        run_world(seed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_liars_in_the_minority_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
