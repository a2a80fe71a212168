/* SPDX-License-Identifier: MIT */
/* tests/service/balance_world.h: hosts that are up or down, for tests of balances. */
#ifndef EDO_TESTS_SERVICE_BALANCE_WORLD_H
#define EDO_TESTS_SERVICE_BALANCE_WORLD_H

#include <edo/balance.h>
#include <edo/notify.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

#define HOSTS_N 12

/* A host; its address is one letter, from "a" on. */
typedef struct host {
    bool is_down;
    int connect_ms, asked, alive, closed;
    int64_t asked_ns[64];
    edo_notify goodbye; /* its connections end */
    int why;            /* what their watches return then; 0: in order */
} host;

typedef struct world {
    host hosts[HOSTS_N];
    edo_balance *b;
    edo_mpsc_tx *tx; /* to the source */
    bool is_dropped;
} world;

static host *host_of(world *w, const edo_endpoint *to) {
    CHECK(to->address[0] >= 'a' && to->address[0] < 'a' + HOSTS_N);
    return &w->hosts[to->address[0] - 'a'];
}

static int world_connect(void *arg, const edo_endpoint *to, void **conn) {
    host *h = host_of(arg, to);
    if (h->asked < 64) h->asked_ns[h->asked] = edo_now().ns;
    h->asked++;
    int err = edo_sleep(edo_ms(h->connect_ms));
    if (err < 0) return err;
    if (h->is_down) return -ECONNREFUSED;
    h->alive++;
    *conn = h;
    return 0;
}

static int world_watch(void *arg, void *conn) {
    host *h = conn;
    (void)arg;
    int err = edo_notify_wait(&h->goodbye);
    return err < 0 ? err : h->why;
}

static void world_close(void *arg, void *conn) {
    host *h = conn;
    (void)arg;
    h->alive--;
    h->closed++;
}

static void world_drop(void *arg) {
    ((world *)arg)->is_dropped = true;
}

static const edo_balance_ops world_ops = {
    .connect = world_connect, .watch = world_watch, .close = world_close, .drop = world_drop
};

static inline edo_endpoint endpoint_at(char letter) {
    return (edo_endpoint){ .address = { letter } };
}

/* Tells the source. */
static inline void tells(world *w, edo_endpoint_what what, edo_endpoint e) {
    const edo_endpoint_change change = { .what = what, .endpoint = e };
    EDO_TEST_OK(edo_mpsc_send(w->tx, &change));
}

/* A balance over the hosts of `letters`, by a channel that stays open. */
static inline void world_begin(world *w, const char *letters, const edo_balance_opts *opts) {
    edo_mpsc_rx *rx;
    for (size_t i = 0; i < HOSTS_N; i++) w->hosts[i].goodbye = (edo_notify)EDO_NOTIFY_INIT;
    EDO_TEST_OK(edo_mpsc_new(&w->tx, &rx, sizeof(edo_endpoint_change), 64, NULL));
    for (; *letters; letters++) tells(w, EDO_ENDPOINT_ADDED, endpoint_at(*letters));
    EDO_TEST_OK(edo_balance_new(&w->b, edo_seq_from_mpsc(rx), &world_ops, w, opts));
}

/* Ends it; nothing is left. */
static inline void world_end(world *w) {
    edo_balance_unref(w->b);
    EDO_TEST_OK(edo_test_settle());
    CHECK(w->is_dropped);
    for (size_t i = 0; i < HOSTS_N; i++) CHECK_EQ(w->hosts[i].alive, 0);
    edo_mpsc_tx_unref(w->tx);
}

/* ---- Picks ----------------------------------------------------------------------------------- */

/* The host of a pick that succeeds. */
static inline char picked(world *w) {
    edo_balance_lease lease;
    CHECK_EQ(edo_balance_pick(w->b, &lease, EDO_PICK_WAIT), 0);
    char letter = lease.to->address[0];
    CHECK(lease.conn == host_of(w, lease.to));
    edo_balance_done(&lease, 0);
    CHECK(lease.conn == NULL);
    return letter;
}

static inline int fails_fast(world *w) {
    edo_balance_lease lease;
    int err = edo_balance_pick(w->b, &lease, EDO_PICK_FAIL_FAST);
    if (err == 0) edo_balance_done(&lease, 0);
    return err;
}

static inline edo_balance_endpoint listed(world *w, char letter) {
    edo_balance_endpoint all[HOSTS_N];
    size_t n = edo_balance_list(w->b, all, HOSTS_N);
    for (size_t i = 0; i < n; i++)
        if (all[i].endpoint.address[0] == letter) return all[i];
    return (edo_balance_endpoint){ .in_flight = 0 };
}

#endif
