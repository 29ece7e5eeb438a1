/* Shows the metrics in the Prometheus text format 0.0.4, with what the kernel knows of the process.
 * Owns nothing; the caller's buffer is appended to.
 * Any thread. */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "metrics_table.h"

static const char *const type_names[] = {"counter", "gauge", "histogram"};

static void append_head(struct buf *out, const char *name, const char *type, const char *help) {
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Label values are quoted: backslash, quote and newline are written as escapes. */
static void append_escaped(struct buf *out, const char *text) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '\\':
            buf_append_str(out, "\\\\");
            break;
        case '"':
            buf_append_str(out, "\\\"");
            break;
        case '\n':
            buf_append_str(out, "\\n");
            break;
        default:
            buf_append_char(out, *text);
            break;
        }
    }
}

struct series {
    enum metric metric;
    const struct metric_info *info;
    size_t index[2];
    const char *values[2]; /* of its labels */
};

/* Appends {label="value",...}; in a histogram le as well, when it is not NULL. */
static void append_labels(struct buf *out, const struct series *series, const char *le) {
    const char *separator = "{";
    for (size_t d = 0; d < 2; d++) {
        if (series->info->labels[d] == METRIC_LABEL_NONE) continue;
        buf_append_str(out, separator);
        buf_append_str(out, metrics_label_names[series->info->labels[d]]);
        buf_append_str(out, "=\"");
        append_escaped(out, series->values[d]);
        buf_append_char(out, '"');
        separator = ",";
    }
    if (le != NULL) {
        buf_printf(out, "%sle=\"%s\"", separator, le);
        separator = ",";
    }
    if (*separator == ',') buf_append_char(out, '}');
}

static void append_value(struct buf *out, const struct series *series) {
    buf_append_str(out, series->info->name);
    append_labels(out, series, NULL);
    buf_printf(out, " %lld\n", (long long)metrics_value(series->metric, series->index[0], series->index[1]));
}

static void append_bucket(struct buf *out, const struct series *series, const char *le, uint64_t count) {
    buf_printf(out, "%s_bucket", series->info->name);
    append_labels(out, series, le);
    buf_printf(out, " %llu\n", (unsigned long long)count);
}

/* Prometheus counts cumulatively: a bucket holds all below its bound, +Inf everything. */
static void append_histogram(struct buf *out, const struct series *series) {
    uint64_t counts[METRICS_BUCKETS + 1];
    uint64_t sum_us = metrics_histogram(counts, series->metric, series->index[0]);
    uint64_t total = 0;
    for (size_t b = 0; b < METRICS_BUCKETS; b++) {
        char le[32];
        (void)snprintf(le, sizeof le, "%g", (double)metrics_bucket_us[b] / 1e6);
        total += counts[b];
        append_bucket(out, series, le, total);
    }
    total += counts[METRICS_BUCKETS];
    append_bucket(out, series, "+Inf", total);

    buf_printf(out, "%s_sum", series->info->name);
    append_labels(out, series, NULL);
    buf_printf(out, " %llu.%06llu\n", (unsigned long long)(sum_us / 1000000), (unsigned long long)(sum_us % 1000000));
    buf_printf(out, "%s_count", series->info->name);
    append_labels(out, series, NULL);
    buf_printf(out, " %llu\n", (unsigned long long)total);
}

static void append_family(struct buf *out, enum metric metric) {
    const struct metric_info *info = &metrics_table[metric];
    append_head(out, info->name, type_names[info->type], info->help);

    const char *const *values[2];
    size_t n[2];
    for (size_t d = 0; d < 2; d++) n[d] = metrics_label_values(info->labels[d], &values[d]);
    for (size_t i = 0; i < n[0]; i++) {
        for (size_t j = 0; j < n[1]; j++) {
            if (!metrics_touched(metric, i, j)) continue;
            struct series series = {metric, info, {i, j}, {values[0][i], values[1][j]}};
            if (info->type == METRIC_TYPE_HISTOGRAM) {
                append_histogram(out, &series);
            } else {
                append_value(out, &series);
            }
        }
    }
}

/* The second number of /proc/self/statm (proc(5)): resident pages. */
static unsigned long resident_pages(void) {
    unsigned long size = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) return 0;
    if (fscanf(file, "%lu %lu", &size, &resident) != 2) resident = 0;
    (void)fclose(file);
    return resident;
}

static unsigned long open_fds(void) {
    DIR *dir = opendir("/proc/self/fd");
    if (dir == NULL) return 0;
    unsigned long n = 0;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] != '.') n++;
    }
    (void)closedir(dir);
    return n > 0 ? n - 1 : 0; /* the one that lists them */
}

static double cpu_seconds(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void append_process(struct buf *out) {
    append_head(out, "process_resident_memory_bytes", "gauge", "Resident memory size.");
    unsigned long page_bytes = (unsigned long)sysconf(_SC_PAGESIZE);
    buf_printf(out, "process_resident_memory_bytes %lu\n", resident_pages() * page_bytes);
    append_head(out, "process_cpu_seconds_total", "counter", "User and system CPU time spent.");
    buf_printf(out, "process_cpu_seconds_total %.6f\n", cpu_seconds());
    append_head(out, "process_open_fds", "gauge", "Open file descriptors.");
    buf_printf(out, "process_open_fds %lu\n", open_fds());
    append_head(out, "process_start_time_seconds", "gauge", "Start of the process, in seconds since 1970.");
    buf_printf(out, "process_start_time_seconds %.3f\n", (double)metrics_started_wall_us() / 1e6);
}

void metrics_render(struct buf *out) {
    for (size_t m = 0; m < METRIC_COUNT; m++) append_family(out, (enum metric)m);
    append_process(out);
}
