/* Several nodes that serve the ledger, each in its own mood and with its own view of it.
 * The views are started anew by each run; the ledger's mutex guards them.
 * The nodes read them on their own threads, the test changes them on the main one. */
#ifndef DAPPD_TESTS_VIEWS_H
#define DAPPD_TESTS_VIEWS_H

#include "ledger.h"
#include "rpc/ask.h"
#include "rpc/election.h"

enum mood { HONEST, LYING, HANGING, BROKEN, WITHOUT_TAGS };

/* What tells one node from the others, and what it was asked. Guarded by the ledger's mutex. */
struct view {
    enum mood mood;
    unsigned lag;
    unsigned latest, tags, numbers;
};

static struct view views[NET_MAX_NODES];

static inline void set_mood(size_t node, enum mood mood) {
    pthread_mutex_lock(&ledger.mutex);
    views[node].mood = mood;
    pthread_mutex_unlock(&ledger.mutex);
}

static inline void set_lag(size_t node, unsigned lag) {
    pthread_mutex_lock(&ledger.mutex);
    views[node].lag = lag;
    pthread_mutex_unlock(&ledger.mutex);
}

static inline struct view view_of(size_t node) {
    pthread_mutex_lock(&ledger.mutex);
    struct view view = views[node];
    pthread_mutex_unlock(&ledger.mutex);
    return view;
}

static inline void count_question(struct view *view, const char *which) {
    bool latest = strcmp(which, "latest") == 0, number = which[0] == '0';
    view->latest += latest ? 1 : 0;
    view->numbers += number ? 1 : 0;
    view->tags += latest || number ? 0 : 1;
}

/* A liar's blocks are of a fork of its own: far above the others for latest, and final at once. */
static inline void answer_as(char out[512], const struct view *view, const json_t *call) {
    const char *which = fake_param(call, 0);
    unsigned newest = ledger.blocks - 1 - view->lag, number;
    bool is_number = which[0] == '0' && strlen(which) < 20;
    if (view->mood == LYING) {
        number = is_number ? (unsigned)strtoul(which, NULL, 16) : newest + (strcmp(which, "latest") == 0 ? 50 : 0);
        format_block(out, number, 99);
    } else if (strcmp(which, "latest") == 0) {
        format_block(out, newest, ledger.fork[newest]);
    } else if (strcmp(which, "finalized") == 0 && ledger.finalized > newest) {
        format_block(out, newest, ledger.fork[newest]);
    } else if (is_number && strtoul(which, NULL, 16) > newest) {
        snprintf(out, 512, "null");
    } else {
        answer(out, call);
    }
}

static inline void serve_view(struct fake_request *request) {
    struct view *view = request->node->arg;
    char json[512];
    pthread_mutex_lock(&ledger.mutex);
    count_question(view, fake_param(request->body, 0));
    enum mood mood = view->mood;
    bool has_none = mood == WITHOUT_TAGS && view->tags > 0 && strchr("sf", fake_param(request->body, 0)[0]) != NULL;
    answer_as(json, view, request->body);
    pthread_mutex_unlock(&ledger.mutex);
    if (mood == HANGING) {
        fake_hang(request);
    } else if (mood == BROKEN) {
        fake_send(request, 500, "", "");
    } else if (has_none) {
        fake_answer(request, "error", "{\"code\":-32602,\"message\":\"unknown block tag\"}");
    } else {
        fake_answer(request, "result", json);
    }
}

struct setting {
    size_t nodes;
    enum mood moods[NET_MAX_NODES];
    unsigned lags[NET_MAX_NODES];
    uint64_t attempt_timeout_ms; /* 0: a minute, longer than any test */
    bool follow;
};

static inline void run_views(struct steps *steps, struct setting setting, net_body body) {
    struct net net;
    fake_serve serve[NET_MAX_NODES] = {serve_view, serve_view, serve_view};
    memset(steps, 0, sizeof *steps);
    memset(views, 0, sizeof views);
    ledger_start(100);
    for (size_t i = 0; i < setting.nodes; i++) {
        views[i] = (struct view){.mood = setting.moods[i], .lag = setting.lags[i]};
    }
    net_start(&net, serve, setting.nodes);
    for (size_t i = 0; i < setting.nodes; i++) net.nodes[i].arg = &views[i];
    net.limits.attempt_timeout_ms = setting.attempt_timeout_ms > 0 ? setting.attempt_timeout_ms : 60000;
    net_open(&net, 1, setting.follow ? FAST_BLOCK_MS : SLOW_BLOCK_MS);
    net.arg = steps;
    net_run_on(0, &net, body, setting.follow);
    net_close(&net);
    pthread_mutex_destroy(&ledger.mutex);
}

/* Until the follower has the block, or for ten seconds. */
static inline void wait_for_head(struct step *step, struct task *task, struct chain *chain, uint64_t number) {
    uint64_t age_ms;
    for (int i = 0; i < 200; i++) {
        step->err = chain_head(chain, &step->block, &age_ms) ? ERR_OK : ERR_INTERNAL;
        if (step->block.number == number) return;
        reactor_sleep_ms(task->reactor, 50);
    }
}

#endif
