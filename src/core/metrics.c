/* Counting must cost a request next to nothing: every thread adds to numbers of its own, a scrape adds them up.
 * Owns the shards and the label values, from metrics_start to metrics_stop.
 * Any thread counts and scrapes; start, label values and stop belong to the main thread alone. */
#include "core/metrics.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/clock.h"
#include "metrics_table.h"

#define METRIC(id, type_, name_, label1, label2, help_) \
    [METRIC_##id] = {.name = (name_), \
                     .help = (help_), \
                     .type = METRIC_TYPE_##type_, \
                     .labels = {METRIC_LABEL_##label1, METRIC_LABEL_##label2}},
const struct metric_info metrics_table[METRIC_COUNT] = {
#include "core/metrics.def"
};
#undef METRIC

const char *const metrics_label_names[METRIC_LABEL_COUNT] = {
    "",      "route",    "status",  "class",  "upstream", "outcome", "cache",
    "chain", "batching", "verdict", "result", "state",    "choice",  "step",
};

const uint64_t metrics_bucket_us[METRICS_BUCKETS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

/* A series is a run of cells: a flag that it was touched, then its value; in a histogram the sum of what was observed,
 * then a count a bucket and one for what is longer than all. */
typedef _Atomic int64_t cell;
enum { CELL_TOUCHED, CELL_VALUE, SERIES_CELLS };
enum { CELL_SUM_US = CELL_VALUE, CELL_BUCKETS, HISTOGRAM_CELLS = CELL_BUCKETS + METRICS_BUCKETS + 1 };

struct label_values {
    char **texts;
    size_t n;
};

static struct {
    struct label_values labels[METRIC_LABEL_COUNT];
    size_t first_cell[METRIC_COUNT];
    cell *cells; /* shards one behind the other, each on pages of its own that cost memory once they are touched */
    size_t shard_cells;
    unsigned shards; /* 0: not started, nothing counts */
    uint64_t started_wall_us;
} state;

static _Thread_local unsigned own_shard = UINT32_MAX;

/* How many values a dimension has. One that was given none has no series, so what counts in it counts nothing. */
static size_t label_count(enum metric_label label) {
    return label == METRIC_LABEL_NONE ? 1 : state.labels[label].n;
}

static size_t series_cells(enum metric metric) {
    return metrics_table[metric].type == METRIC_TYPE_HISTOGRAM ? HISTOGRAM_CELLS : SERIES_CELLS;
}

static void unmap_cells(void) {
    if (state.cells != NULL) (void)munmap(state.cells, state.shards * state.shard_cells * sizeof(cell));
    state.cells = NULL;
}

/* Lays the series out and maps zeroed cells for them. */
static void map_cells(void) {
    enum { PAGE_CELLS = 4096 / sizeof(cell) };
    size_t n = 0;
    for (size_t m = 0; m < METRIC_COUNT; m++) {
        const struct metric_info *info = &metrics_table[m];
        state.first_cell[m] = n;
        n += label_count(info->labels[0]) * label_count(info->labels[1]) * series_cells((enum metric)m);
    }
    state.shard_cells = (n + PAGE_CELLS - 1) / PAGE_CELLS * PAGE_CELLS;
    size_t bytes = state.shards * state.shard_cells * sizeof(cell);
    if (bytes == 0) return;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) abort();
    state.cells = memory;
}

void metrics_start(unsigned shards) {
    assert(shards > 0);
    unmap_cells();
    state.shards = shards;
    state.started_wall_us = clock_wall_us();
    map_cells();
}

static void free_label_values(struct label_values *values) {
    for (size_t i = 0; i < values->n; i++) free(values->texts[i]);
    free(values->texts);
    *values = (struct label_values){0};
}

void metrics_stop(void) {
    unmap_cells();
    for (size_t i = 0; i < METRIC_LABEL_COUNT; i++) free_label_values(&state.labels[i]);
    state.shards = 0;
}

void metrics_set_label_values(enum metric_label label, const char *const *values, size_t n) {
    assert(label != METRIC_LABEL_NONE);
    unmap_cells();
    free_label_values(&state.labels[label]);
    char **texts = calloc(n > 0 ? n : 1, sizeof *texts);
    if (texts == NULL) abort();
    for (size_t i = 0; i < n; i++) {
        texts[i] = strdup(values[i]);
        if (texts[i] == NULL) abort();
    }
    state.labels[label] = (struct label_values){texts, n};
    map_cells();
}

void metrics_use_shard(unsigned shard) {
    own_shard = shard;
}

/* The cells of a series in a shard, or NULL when its dimensions have no values or nothing was started. */
static cell *find_series(unsigned shard, enum metric metric, size_t i, size_t j) {
    const struct metric_info *info = &metrics_table[metric];
    size_t n_i = label_count(info->labels[0]), n_j = label_count(info->labels[1]);
    if (state.cells == NULL || n_i == 0 || n_j == 0) return NULL;
    assert(i < n_i && j < n_j);
    return state.cells + shard * state.shard_cells + state.first_cell[metric] + (i * n_j + j) * series_cells(metric);
}

static cell *own_series(enum metric metric, size_t i, size_t j) {
    unsigned shard = own_shard < state.shards ? own_shard : state.shards - 1;
    return find_series(shard, metric, i, j);
}

static void touch(cell *series) {
    if (atomic_load_explicit(&series[CELL_TOUCHED], memory_order_relaxed) == 0) {
        atomic_store_explicit(&series[CELL_TOUCHED], 1, memory_order_relaxed);
    }
}

void metrics_add(enum metric metric, size_t i, size_t j, int64_t delta) {
    assert(metrics_table[metric].type != METRIC_TYPE_HISTOGRAM);
    cell *series = own_series(metric, i, j);
    if (series == NULL) return;
    touch(series);
    (void)atomic_fetch_add_explicit(&series[CELL_VALUE], delta, memory_order_relaxed);
}

void metrics_set(enum metric metric, size_t i, size_t j, int64_t value) {
    assert(metrics_table[metric].type == METRIC_TYPE_GAUGE);
    cell *series = find_series(0, metric, i, j);
    if (series == NULL) return;
    touch(series);
    atomic_store_explicit(&series[CELL_VALUE], value, memory_order_relaxed);
}

void metrics_observe_us(enum metric metric, size_t i, uint64_t us) {
    assert(metrics_table[metric].type == METRIC_TYPE_HISTOGRAM);
    cell *series = own_series(metric, i, 0);
    if (series == NULL) return;
    size_t bucket = 0;
    while (bucket < METRICS_BUCKETS && us > metrics_bucket_us[bucket]) bucket++;
    touch(series);
    (void)atomic_fetch_add_explicit(&series[CELL_SUM_US], (int64_t)us, memory_order_relaxed);
    (void)atomic_fetch_add_explicit(&series[CELL_BUCKETS + bucket], 1, memory_order_relaxed);
}

/* A cell of the series, summed over the shards in which it was touched. */
static int64_t sum_cell(enum metric metric, size_t i, size_t j, size_t index) {
    int64_t sum = 0;
    for (unsigned shard = 0; shard < state.shards; shard++) {
        cell *series = find_series(shard, metric, i, j);
        if (series != NULL) sum += atomic_load_explicit(&series[index], memory_order_relaxed);
    }
    return sum;
}

int64_t metrics_value(enum metric metric, size_t i, size_t j) {
    assert(metrics_table[metric].type != METRIC_TYPE_HISTOGRAM);
    return sum_cell(metric, i, j, CELL_VALUE);
}

bool metrics_touched(enum metric metric, size_t i, size_t j) {
    return sum_cell(metric, i, j, CELL_TOUCHED) > 0;
}

uint64_t metrics_histogram(uint64_t counts[METRICS_BUCKETS + 1], enum metric metric, size_t i) {
    for (size_t b = 0; b <= METRICS_BUCKETS; b++) counts[b] = (uint64_t)sum_cell(metric, i, 0, CELL_BUCKETS + b);
    return (uint64_t)sum_cell(metric, i, 0, CELL_SUM_US);
}

size_t metrics_label_values(enum metric_label label, const char *const **values) {
    static const char *const no_label[] = {""};
    *values = label == METRIC_LABEL_NONE ? no_label : (const char *const *)state.labels[label].texts;
    return label_count(label);
}

uint64_t metrics_started_wall_us(void) {
    return state.started_wall_us;
}
