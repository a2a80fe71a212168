/* SPDX-License-Identifier: MIT */
/* Goal: whatever comes, goes, breaks and is cancelled, no call gets a connection that was closed or
 * whose endpoint has gone, each connection is closed once, after its last lease, and nothing is
 * left.
 * Method: calls and changes at random, of each kind, under a paused clock; then beside each other
 * on four workers, for the thread sanitizer. */
#include "balance_world.h"
#include "rounds.h"
#include "seed.h"

#include <edo/scope.h>

#include <stdatomic.h>
#include <stdlib.h>

/* ---- In one thread --------------------------------------------------------------------------- */

typedef struct crowd {
    world w;
    uint32_t random;
    bool is_in[HOSTS_N], has_gone[HOSTS_N];
    int served, failed, gave_up;
} crowd;

static uint32_t next_random(crowd *c, uint32_t below) {
    c->random = c->random * 1664525u + 1013904223u;
    return (c->random >> 16) % below;
}

static int visits(crowd *c) {
    edo_balance_lease lease;
    edo_pick how = next_random(c, 2) ? EDO_PICK_WAIT : EDO_PICK_FAIL_FAST;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1 + (int64_t)next_random(c, 3000)));
    int err = edo_deadline_end(&d, edo_balance_pick(c->w.b, &lease, how));
    if (err < 0) return err;
    CHECK(!c->has_gone[lease.to->address[0] - 'a']);
    CHECK(host_of(&c->w, lease.to)->alive > 0);
    EDO_TEST_OK(edo_sleep(edo_ms((int64_t)next_random(c, 400))));
    CHECK(host_of(&c->w, lease.to)->alive > 0);
    edo_balance_done(&lease, next_random(c, 10) ? 0 : -ECONNRESET);
    return 0;
}

static int visitor(void *arg) {
    crowd *c = arg;
    for (int i = 0; i < 60; i++) {
        int err = visits(c);
        CHECK(err == 0 || err == -ETIMEDOUT || err == -ECONNREFUSED || err == -ENOENT ||
              err == -ECONNRESET);
        *(err == 0 ? &c->served : err == -ETIMEDOUT ? &c->gave_up : &c->failed) += 1;
        EDO_TEST_OK(edo_sleep(edo_ms((int64_t)next_random(c, 100))));
    }
    return 0;
}

static void turns(crowd *c) {
    uint32_t i = next_random(c, HOSTS_N);
    switch (next_random(c, 3)) {
    case 0: c->w.hosts[i].is_down = !c->w.hosts[i].is_down; break;
    case 1: edo_notify_all(&c->w.hosts[i].goodbye); break;
    default:
        c->is_in[i] = !c->is_in[i];
        if (c->is_in[i]) c->has_gone[i] = false;
        tells(&c->w, c->is_in[i] ? EDO_ENDPOINT_ADDED : EDO_ENDPOINT_REMOVED,
              endpoint_at((char)('a' + i)));
        EDO_TEST_OK(edo_sleep(edo_ms(1)));
        c->has_gone[i] = !c->is_in[i];
        break;
    }
}

static void crowd_of(edo_balance_kind kind, int64_t seed) {
    crowd c = { .random = (uint32_t)seed, .is_in = { true, true, true } };
    edo_scope s;
    for (size_t i = 0; i < HOSTS_N; i++) c.w.hosts[i].connect_ms = (int)i * 3;
    world_begin(&c.w, "abc", &(edo_balance_opts){ .kind = kind });
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 10; i++) edo_scope_spawn(&s, visitor, &c);
    for (int i = 0; i < 300; i++) {
        turns(&c);
        EDO_TEST_OK(edo_sleep(edo_ms((int64_t)next_random(&c, 200))));
    }
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(c.served + c.failed + c.gave_up, 600);
    CHECK(c.served > 100);
    world_end(&c.w);
}

EDO_TEST(no_call_gets_what_has_gone_and_nothing_is_left, .paused = true) {
    for (int kind = EDO_BALANCE_P2C; kind <= EDO_BALANCE_HASH; kind++)
        for (int64_t i = 0; i < test_rounds(3, 30); i++)
            crowd_of((edo_balance_kind)kind, (int64_t)test_seed(11) + i);
}

/* ---- On several threads ---------------------------------------------------------------------- */

/* A connection that notices what it must not see. */
typedef struct tracked {
    atomic_int users;
    atomic_bool is_closed;
} tracked;

typedef struct crossing {
    edo_balance *b;
    edo_mpsc_tx *tx;
    atomic_int alive, picks;
    atomic_bool is_dropped;
} crossing;

static int crossing_connect(void *arg, const edo_endpoint *to, void **conn) {
    crossing *x = arg;
    (void)to;
    int err = edo_yield();
    if (err < 0) return err;
    tracked *t = malloc(sizeof *t);
    if (!t) return -ENOMEM;
    atomic_init(&t->users, 0);
    atomic_init(&t->is_closed, false);
    atomic_fetch_add(&x->alive, 1);
    *conn = t;
    return 0;
}

static void crossing_close(void *arg, void *conn) {
    tracked *t = conn;
    CHECK(!atomic_exchange(&t->is_closed, true));
    CHECK_EQ(atomic_load(&t->users), 0);
    atomic_fetch_sub(&((crossing *)arg)->alive, 1);
    free(t);
}

static void crossing_drop(void *arg) {
    atomic_store(&((crossing *)arg)->is_dropped, true);
}

static int crosses(void *arg) {
    crossing *x = arg;
    uint32_t rounds = test_rounds(500, 3000);
    for (uint32_t i = 1; i <= rounds; i++) {
        edo_balance_lease lease;
        const edo_str key = { (const char *)&i, sizeof i };
        int err =
            edo_balance_pick_for(x->b, &lease, key, i % 2 ? EDO_PICK_WAIT : EDO_PICK_FAIL_FAST);
        if (err == -ENOENT) continue; // between two changes
        if (err < 0) return err;
        tracked *t = lease.conn;
        atomic_fetch_add(&t->users, 1);
        CHECK(!atomic_load(&t->is_closed));
        if (i % 3 == 0 && (err = edo_yield()) < 0) return err;
        atomic_fetch_sub(&t->users, 1);
        edo_balance_done(&lease, i % 50 ? 0 : -EPIPE);
        atomic_fetch_add(&x->picks, 1);
    }
    return 0;
}

static int changes(void *arg) {
    crossing *x = arg;
    uint32_t rounds = test_rounds(200, 2000);
    int err = 0;
    for (uint32_t i = 0; i < rounds && err == 0; i++) {
        edo_endpoint_change change = { .what = i & 8 ? EDO_ENDPOINT_REMOVED : EDO_ENDPOINT_ADDED,
                                       .endpoint = endpoint_at((char)('b' + i % 4)) };
        err = edo_mpsc_send(x->tx, &change);
        edo_balance_endpoint all[3];
        (void)edo_balance_list(x->b, all, 3);
        if (err == 0) err = edo_yield();
    }
    return err;
}

static int cross(void *arg) {
    static const edo_balance_ops ops = { .connect = crossing_connect,
                                         .close = crossing_close,
                                         .drop = crossing_drop };
    const edo_balance_opts opts = { .kind = *(edo_balance_kind *)arg,
                                    .pause_min = edo_us(1),
                                    .pause_max = edo_us(10) };
    const edo_endpoint_change always = { .endpoint = endpoint_at('a') };
    static crossing x;
    edo_mpsc_rx *rx;
    edo_scope s;
    memset(&x, 0, sizeof x);
    EDO_TEST_OK(edo_mpsc_new(&x.tx, &rx, sizeof(edo_endpoint_change), 64, NULL));
    EDO_TEST_OK(edo_mpsc_send(x.tx, &always));
    EDO_TEST_OK(edo_balance_new(&x.b, edo_seq_from_mpsc(rx), &ops, &x, &opts));
    edo_deadline limit;
    edo_deadline_begin(&limit, edo_minutes(5));
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 6; i++)
        edo_scope_spawn_with(&s, crosses, &x, &(edo_spawn_opts){ .spread = true });
    edo_scope_spawn_with(&s, changes, &x, &(edo_spawn_opts){ .spread = true });
    int err = edo_deadline_end(&limit, edo_scope_end(&s, 0));
    edo_balance_unref(x.b);
    edo_mpsc_tx_unref(x.tx);
    while (!atomic_load(&x.is_dropped)) EDO_TEST_OK(edo_sleep(edo_ms(1))); // the runner has a limit
    CHECK_EQ(atomic_load(&x.alive), 0);
    CHECK(atomic_load(&x.picks) > 0);
    return err;
}

static void picks_beside_changes_keep_each_connection_until_its_last_lease(void **state) {
    (void)state;
    for (edo_balance_kind kind = EDO_BALANCE_P2C; kind <= EDO_BALANCE_HASH; kind++)
        assert_int_equal(inside_with(cross, &kind, &kinds[2]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_gets_what_has_gone_and_nothing_is_left),
        cmocka_unit_test(picks_beside_changes_keep_each_connection_until_its_last_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
