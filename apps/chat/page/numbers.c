/* SPDX-License-Identifier: MIT */
/* numbers.c: see web.h. Most are asked for when they are printed, so that counting costs
 * nothing. */
#include "page/web.h"

#include "node/carrier.h"
#include "person/sessions.h"

#include <edo/error.h>
#include <edo/runtime.h>
#include <edo/web_guard.h>

#include <stdlib.h>

static void people(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)at->sessions->users_n, NULL);
}

static void open_pages(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)at->pages_n, NULL);
}

static void open_streams(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)at->streams_n, NULL);
}

static void full_pages(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)at->full_pages_n, NULL);
}

static void rooms(void *arg, edo_metrics_sink *to) {
    server *at = arg;
    size_t n;
    free(directory_followed_names(&at->directory, &n));
    edo_metrics_emit(to, (double)n, NULL);
}

static void stored(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)storage_stored_n(at->storage), NULL);
}

static void unstored(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)storage_unstored_n(at->storage), NULL);
}

static void unsynced(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)storage_unsynced_n(at->storage), NULL);
}

static void numbers_lost(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)storage_lost_n(at->storage), NULL);
}

static void numbers_refused(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)storage_refused_n(at->storage), NULL);
}

static void damaged(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, storage_is_damaged(at->storage), NULL);
}

static void numbers_store_is_well(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, storage_is_well(at->storage), NULL);
}

static void redis_carries(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, carrier_carries(at->carrier), NULL);
}

static void redis_published(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)carrier_published_n(at->carrier), NULL);
}

static void redis_heard(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)carrier_heard_n(at->carrier), NULL);
}

static void redis_contradicted(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)carrier_contradicted_n(at->carrier), NULL);
}

static void redis_unpublished(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)carrier_unpublished_n(at->carrier), NULL);
}

static void redis_unnamed(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    edo_metrics_emit(to, (double)carrier_unnamed_n(at->carrier), NULL);
}

static void numbers_node(void *arg, edo_metrics_sink *to) {
    const server *at = arg;
    const edo_str node = edo_str_of(at->options->node);
    edo_metrics_emit(to, 1, &node);
}

static int numbers_of_node(edo_metrics *m, server *of) {
    const edo_metric_opts opts = { .help = "1, of the name that operators call the server by.",
                                   .labels = "node" };
    if (!of->options->node) return 0;
    return edo_metrics_callback(m, EDO_METRIC_GAUGE, "chat.node.info", numbers_node, of, &opts);
}

static int numbers_of_redis(edo_metrics *m, server *of) {
    static const struct {
        const char *name, *help;
        edo_metrics_fn *fn;
        edo_metric_kind kind;
    } rows[] = {
        { "chat.redis.carries", "1: Redis carries what is said to other servers; 0: it does not.",
          redis_carries, EDO_METRIC_GAUGE },
        { "chat.redis.published", "Messages that were published.", redis_published,
          EDO_METRIC_COUNTER },
        { "chat.redis.heard", "Messages of other servers that have come.", redis_heard,
          EDO_METRIC_COUNTER },
        { "chat.redis.contradicted", "Messages that have come with a number of something else.",
          redis_contradicted, EDO_METRIC_COUNTER },
        { "chat.redis.unpublished", "Messages that others have to read from the database.",
          redis_unpublished, EDO_METRIC_COUNTER },
        { "chat.redis.unnamed", "People of other servers in rooms here whose names are not known.",
          redis_unnamed, EDO_METRIC_GAUGE },
    };
    int err = 0;
    for (size_t i = 0; of->carrier && i < EDO_COUNT(rows) && err == 0; i++)
        err = edo_metrics_callback(m, rows[i].kind, rows[i].name, rows[i].fn, of,
                                   &(edo_metric_opts){ .help = rows[i].help });
    return err;
}

/* Those of the store are left out where there is none: a 0 would say that all is well with it. */
static int numbers_add(edo_metrics *m, server *of) {
    static const struct {
        const char *name, *help;
        edo_metrics_fn *fn;
        edo_metric_kind kind;
        bool is_of_store;
    } rows[] = {
        { "chat.people.web", "People with a session, those without a connection included.", people,
          EDO_METRIC_GAUGE, false },
        { "chat.pages", "WebSockets.", open_pages, EDO_METRIC_GAUGE, false },
        { "chat.streams", "Streams of gRPC.", open_streams, EDO_METRIC_GAUGE, false },
        { "chat.pages.full", "WebSockets and streams that ended since they did not read.",
          full_pages, EDO_METRIC_COUNTER, false },
        { "chat.rooms", "Rooms that somebody is in.", rooms, EDO_METRIC_GAUGE, false },
        { "chat.messages.stored", "Messages in the store.", stored, EDO_METRIC_COUNTER, true },
        { "chat.messages.unstored", "Messages that wait for the store to take them.", unstored,
          EDO_METRIC_GAUGE, true },
        { "chat.messages.unsynced", "Messages in the store that are perhaps not on the disk yet.",
          unsynced, EDO_METRIC_GAUGE, true },
        { "chat.messages.lost", "Messages that were said and will not be stored.", numbers_lost,
          EDO_METRIC_COUNTER, true },
        { "chat.messages.refused", "Messages that the store refused for what they are.",
          numbers_refused, EDO_METRIC_COUNTER, true },
        { "chat.store.well", "1: all is well with the store; 0: /healthz says what is not.",
          numbers_store_is_well, EDO_METRIC_GAUGE, true },
        { "chat.store.damaged", "1: some of the store's file is damaged; /healthz says where.",
          damaged, EDO_METRIC_GAUGE, true },
    };
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(rows) && err == 0; i++) {
        if (rows[i].is_of_store && !of->storage) continue;
        err = edo_metrics_callback(m, rows[i].kind, rows[i].name, rows[i].fn, of,
                                   &(edo_metric_opts){ .help = rows[i].help });
    }
    if (err == 0) err = numbers_of_redis(m, of);
    if (err == 0) err = numbers_of_node(m, of);
    if (err == 0) err = edo_metrics_add_process(m);
    return err == 0 ? edo_metrics_add_runtime(m, edo_runtime_current(), "chat") : err;
}

int numbers_open(server *of) {
    int err = edo_metrics_new(&of->metrics, NULL);
    if (err == 0) err = numbers_add(of->metrics, of);
    return err == 0 ? edo_http_metrics_new(&of->http_metrics, of->metrics) : err;
}

void numbers_close(server *of) {
    edo_http_metrics_unref(of->http_metrics);
    edo_metrics_free(of->metrics);
}

/* All numbers take a while to print. */
static int print_in_turn(edo_web *w, edo_next *next) {
    server *at = edo_web_state(w);
    char key[EDO_ADDR_KEY_BYTES];
    turn t = turn_take(&at->directory.turns, TURN_ASK, web_address(w, key));
    int err = edo_next_call(next, w);
    turn_end(&t, TURN_WORK);
    return err;
}

void numbers_routes(edo_router *r, edo_metrics *m) {
    static const edo_http_rate_opts asked = {
        .limit = { .num = NUMBERS_A_SECOND, .burst = NUMBERS_BURST }, .no_fields = true
    };
    edo_router *own = edo_router_new();
    edo_metrics_routes(own, m);
    edo_router_wrap(own, edo_http_rate_layer(&asked), edo_web_around(print_in_turn));
    edo_router_merge(r, own);
}
