/* SPDX-License-Identifier: MIT */
/* pg/cable.h: a cable between a pool and the server, which is cut at a byte, stands still, is slow,
 * or whose connections die without a word. */
#ifndef EDO_TESTS_PG_CABLE_H
#define EDO_TESTS_PG_CABLE_H

#include "inside.h"
#include "pg_server.h"

#include <edo/net.h>
#include <edo/pg.h>
#include <edo/streams.h>
#include <edo/task.h>

#include <linux/filter.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>

typedef struct pump pump;

typedef struct cable {
    edo_listener *listener;
    bool stands_still;
    bool is_away;      /* new connections are as dead as the others */
    edo_duration slow; /* each piece is so late */
    int64_t left;      /* bytes of the server's that pass before the cut; negative: no cut */
    int pumps_n, port;
    LIST_HEAD(, pump) pumps;
    char url[128];
} cable;

struct pump {
    cable *of;
    edo_stream *from, *to;
    bool is_servers, swallows;
    LIST_ENTRY(pump) next;
};

/* How many of the bytes pass. */
static inline size_t pump_takes(pump *p, size_t n) {
    cable *c = p->of;
    if (!p->is_servers || c->left < 0) return n;
    if ((int64_t)n > c->left) n = (size_t)c->left;
    c->left -= (int64_t)n;
    return n;
}

static inline int pump_run(void *arg) {
    pump *p = arg;
    char piece[4096];
    int n;
    while ((n = edo_read(p->from, piece, sizeof piece)) > 0) {
        if (p->of->slow.ns) (void)edo_sleep(p->of->slow);
        WAIT_FOR(!p->of->stands_still);
        if (p->swallows) continue;
        size_t passes = pump_takes(p, (size_t)n);
        if (passes && edo_write_all(p->to, piece, passes) < 0) break;
        if (passes < (size_t)n) break;
    }
    // both ends, and so the pump the other way
    edo_close(edo_stream_ref(p->from));
    edo_close(edo_stream_ref(p->to));
    p->of->pumps_n--;
    LIST_REMOVE(p, next);
    edo_stream_unref(p->from);
    edo_stream_unref(p->to);
    free(p);
    return 0;
}

static inline void pump_start(cable *c, edo_stream *from, edo_stream *to, bool is_servers) {
    pump *p = malloc(sizeof *p);
    CHECK(p != NULL);
    *p = (pump){ .of = c,
                 .from = edo_stream_ref(from),
                 .to = edo_stream_ref(to),
                 .is_servers = is_servers,
                 .swallows = c->is_away };
    c->pumps_n++;
    LIST_INSERT_HEAD(&c->pumps, p, next);
    CHECK_EQ(edo_spawn_detached(pump_run, p), 0);
}

static inline int cable_run(void *arg) {
    cable *c = arg;
    edo_stream *near, *far;
    char addr[64];
    (void)snprintf(addr, sizeof addr, "127.0.0.1:%d", c->port);
    while (edo_accept(c->listener, &near) == 0) {
        if (edo_tcp_connect(&far, addr, NULL) == 0) {
            pump_start(c, near, far, false);
            pump_start(c, far, near, true);
            edo_stream_unref(far);
        }
        edo_stream_unref(near);
    }
    return 0;
}

/* To the server that listens to `port`. */
static inline edo_task *cable_new_to(cable *c, int port) {
    *c = (cable){ .left = -1, .port = port };
    LIST_INIT(&c->pumps);
    CHECK_EQ(edo_tcp_listen(&c->listener, "127.0.0.1:0", NULL), 0);
    (void)snprintf(c->url, sizeof c->url, "postgres://edo@127.0.0.1:%d/postgres",
                   edo_listener_port(c->listener));
    return edo_spawn(cable_run, c);
}

static inline edo_task *cable_new(cable *c) {
    return cable_new_to(c, the_server.port);
}

/* What is sent on the connections that there are gets nowhere, from now on, though a machine
 * between takes it: no end, and no reset. */
static inline void cable_swallow(cable *c) {
    pump *p;
    LIST_FOREACH(p, &c->pumps, next) p->swallows = true;
}

/* The same, and nothing takes it: the kernel drops all that comes. */
static inline void cable_pull_out(cable *c) {
    static struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
    static const struct sock_fprog all = { .len = 1, .filter = &drop };
    pump *p;
    cable_swallow(c);
    LIST_FOREACH(p, &c->pumps, next) {
        if (p->is_servers) continue;
        CHECK_EQ(setsockopt(edo_stream_fd(p->from), SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof all),
                 0);
    }
}

/* Ends the connections that are dead. */
static inline void cable_cut_dead(cable *c) {
    pump *p;
    LIST_FOREACH(p, &c->pumps, next) if (p->swallows) edo_close(edo_stream_ref(p->from));
}

static inline void cable_end(cable *c, edo_task *t) {
    edo_task_cancel(t);
    (void)edo_task_join(t);
    edo_listener_close(c->listener);
    cable_cut_dead(c);
    WAIT_FOR_EQ(c->pumps_n, 0);
}

#endif
