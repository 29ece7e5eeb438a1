/* The statuses counted one by one. Static data, any thread. */
#include "http/status.h"

#include "core/metrics.h"

static const struct {
    int status;
    const char *text;
} statuses[] = {
    {200, "200"}, {201, "201"}, {202, "202"}, {204, "204"}, {304, "304"}, {400, "400"}, {401, "401"}, {403, "403"},
    {404, "404"}, {405, "405"}, {409, "409"}, {410, "410"}, {412, "412"}, {413, "413"}, {414, "414"}, {415, "415"},
    {422, "422"}, {428, "428"}, {429, "429"}, {431, "431"}, {500, "500"}, {502, "502"}, {503, "503"}, {504, "504"},
};
enum { N_STATUSES = sizeof statuses / sizeof *statuses };

void status_set_metric_labels(void) {
    const char *values[N_STATUSES + 1];
    for (size_t i = 0; i < N_STATUSES; i++) values[i] = statuses[i].text;
    values[N_STATUSES] = "other";
    metrics_set_label_values(METRIC_LABEL_STATUS, values, N_STATUSES + 1);
}

size_t status_metric_index(int status) {
    size_t i = 0;
    while (i < N_STATUSES && statuses[i].status != status) i++;
    return i;
}
