/* SPDX-License-Identifier: MIT */
/* Goal: what tasks share of pools, breakers and balances is whole at any moment, whatever is
 * resized, cut short, cancelled or without memory, and serves again afterwards.
 * Method: harsh.h; the walkers of the debug build look at each step. */
#include <edo/balance.h>
#include <edo/breaker.h>
#include <edo/mpsc.h>
#include <edo/pool.h>

#include "harsh.h"

#include <errno.h>

/* ---- Pools ----------------------------------------------------------------------------------- */

typedef struct pool_world {
    edo_pool *pool;
    atomic_int alive;
    atomic_bool is_calm; /* nothing fails */
} pool_world;

static int thing_make(void *arg, void **made) {
    pool_world *w = arg;
    int err = harsh_linger(harsh_chance());
    if (err < 0) return err;
    if (!w->is_calm && harsh_chance() % 8 == 0) return -EIO;
    *made = edoi_alloc(1);
    if (!*made) return -ENOMEM;
    w->alive++;
    return 0;
}

static bool thing_check(void *arg, void *object, const edo_pool_info *info) {
    const pool_world *w = arg;
    (void)object, (void)info;
    return w->is_calm || harsh_chance() % 16 > 0;
}

static bool peer_is_full(void *arg, int err) {
    (void)arg;
    return err == -EIO && harsh_chance() % 2;
}

static int thing_reset(void *arg, void *object) {
    const pool_world *w = arg;
    (void)object;
    int err = harsh_linger(harsh_chance());
    return err < 0 ? err : w->is_calm || harsh_chance() % 16 > 0 ? 0 : -EIO;
}

static void thing_end(void *arg, void *object) {
    edoi_free(object);
    ((pool_world *)arg)->alive--;
}

static void borrows(void *arg, uint64_t random) {
    pool_world *w = arg;
    edo_pool_lease lease;
    if (edo_pool_get(w->pool, &lease) < 0) return;
    (void)harsh_linger(random);
    switch (random / 8 % 8) {
    case 0: edo_pool_drop(&lease); break;
    case 1: thing_end(w, edo_pool_take(&lease)); break;
    default: edo_pool_put(&lease); break;
    }
}

static bool retains_some(void *arg, void *object, const edo_pool_info *info) {
    (void)arg, (void)object, (void)info;
    return harsh_chance() % 2;
}

static void manages(void *arg, uint64_t random) {
    pool_world *w = arg;
    if (random % 8 == 0) (void)edo_pool_retain(w->pool, retains_some, NULL);
    if (random % 8 == 1) (void)edo_pool_get_stats(w->pool);
    if (random % 8 > 1) edo_pool_resize(w->pool, 1 + (uint32_t)(random / 8 % 5));
}

static int uses_a_pool(void *arg) {
    static const edo_pool_ops ops = {
        .make = thing_make,
        .end = thing_end,
        .check = thing_check,
        .reset = thing_reset,
        .is_full = peer_is_full,
    };
    static harsh_op *const all[] = { borrows, borrows, borrows, manages };
    const edo_pool_opts opts = { .max = 3,
                                 .makes_max = 2,
                                 .wait_timeout = edo_ms(3),
                                 .make_timeout = edo_ms(1),
                                 .reset_timeout = edo_ms(1),
                                 .idle_max = edo_ms(3),
                                 .age_max = edo_ms(20),
                                 .slow = { EDO_FOREVER_NS } };
    pool_world w = { .alive = 0 };
    edo_pool_lease leases[3];
    (void)arg;
    EDO_TEST_OK(edo_pool_new(&w.pool, &ops, &w, &opts));
    harsh_run(&w, all, EDO_COUNT(all));
    w.is_calm = true;
    edo_pool_resize(w.pool, EDO_COUNT(leases));
    for (size_t i = 0; i < EDO_COUNT(leases); i++)
        WAIT_FOR(edo_pool_get(w.pool, &leases[i]) ==
                 0); // a make may take too long on a busy machine
    edo_pool_stats s = edo_pool_get_stats(w.pool);
    CHECK(s.lent == 3 && s.size == 3 && s.waiting == 0 && s.making == 0);
    for (size_t i = 0; i < EDO_COUNT(leases); i++) edo_pool_put(&leases[i]);
    edo_pool_close(w.pool);
    edo_pool_unref(w.pool);
    WAIT_FOR(w.alive == 0);
    edo_trail_clear();
    return 0;
}

static void a_pool_is_whole_whatever_happens(void **state) {
    (void)state;
    harsh_inside(uses_a_pool, NULL);
}

/* ---- Breakers -------------------------------------------------------------------------------- */

static int works_or_not(void *arg) {
    (void)arg;
    int err = harsh_linger(harsh_chance());
    return err < 0 ? err : harsh_chance() % 3 == 0 ? -EIO : 0;
}

static void runs_in(void *arg, uint64_t random) {
    (void)random;
    (void)edo_breaker_run(arg, works_or_not, NULL);
}

/* Calls that end late, or in another order. */
static void begins_and_ends(void *arg, uint64_t random) {
    edo_breaker_call calls[3];
    for (size_t i = 0; i < EDO_COUNT(calls); i++) (void)edo_breaker_begin(arg, &calls[i]);
    (void)harsh_linger(random);
    for (size_t i = 0; i < EDO_COUNT(calls); i++)
        edo_breaker_end(arg, &calls[i], (edo_call_outcome)(harsh_chance() % 3));
}

static void looks_or_forces(void *arg, uint64_t random) {
    edo_breaker_stats stats;
    switch (random % 8) {
    case 0: CHECK_EQ(edo_breaker_force(arg, (edo_breaker_state)(random / 8 % 6)), 0); break;
    case 1: edo_breaker_get_stats(arg, &stats); break;
    default: (void)edo_breaker_get_state(arg); break;
    }
}

static void is_told(void *arg, edo_breaker *b, const edo_breaker_event *event) {
    (void)b;
    atomic_fetch_add((atomic_int *)arg, event->kind == EDO_BREAKER_MOVED);
}

static int uses_a_breaker(void *arg) {
    static harsh_op *const all[] = { runs_in, runs_in, begins_and_ends, looks_or_forces };
    atomic_int moves = 0;
    const edo_breaker_opts kinds_of[] = {
        { .window_calls = 8, .calls_min = 4, .trials = 3, .failures_in_a_row = 3 },
        { .window_seconds = 2, .calls_min = 4, .trials = 1, .half_open_by_time = true },
    };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(kinds_of); i++) {
        edo_breaker *b;
        edo_breaker_opts opts = kinds_of[i];
        opts.open_for = edo_us(300);
        opts.open_for_max = edo_ms(2);
        opts.half_open_max = edo_ms(1);
        opts.slow_after = edo_us(100);
        opts.slow = 0.9;
        opts.on_event = is_told;
        opts.event_arg = &moves;
        EDO_TEST_OK(edo_breaker_new(&b, &opts));
        harsh_run(b, all, EDO_COUNT(all));
        EDO_TEST_OK(edo_breaker_force(b, EDO_BREAKER_CLOSED));
        edo_breaker_call call;
        EDO_TEST_OK(edo_breaker_begin(b, &call));
        edo_breaker_end(b, &call, EDO_CALL_SUCCEEDED);
        CHECK_EQ(edo_breaker_get_state(b), EDO_BREAKER_CLOSED);
        edo_breaker_unref(b);
    }
    CHECK(moves > 0);
    return 0;
}

static void a_breaker_is_whole_whatever_happens(void **state) {
    (void)state;
    harsh_inside(uses_a_breaker, NULL);
}

/* ---- Balances -------------------------------------------------------------------------------- */

#define HOSTS_N 6

typedef struct balance_world {
    edo_balance *balance;
    edo_mpsc_tx *changes;
    edo_notify goodbye[HOSTS_N]; /* connections of a host end */
    atomic_int alive;
    atomic_bool is_calm, is_dropped;
} balance_world;

static int host_connect(void *arg, const edo_endpoint *to, void **made) {
    balance_world *w = arg;
    int err = harsh_linger(harsh_chance());
    if (err < 0) return err;
    if (!w->is_calm && harsh_chance() % 3 == 0) return -ECONNREFUSED;
    *made = &w->goodbye[to->address[0] - 'a'];
    w->alive++;
    return 0;
}

static int host_watch(void *arg, void *made) {
    (void)arg;
    return edo_notify_wait(made);
}

static int host_check(void *arg, void *made) {
    const balance_world *w = arg;
    (void)made;
    int err = harsh_linger(harsh_chance());
    return err < 0 ? err : w->is_calm || harsh_chance() % 3 ? 0 : -EIO;
}

static void host_close(void *arg, void *made) {
    (void)made;
    ((balance_world *)arg)->alive--;
}

static void hosts_drop(void *arg) {
    ((balance_world *)arg)->is_dropped = true;
}

static void picks(void *arg, uint64_t random) {
    static const int results[] = { 0, 0, 0, -EIO, -ECONNRESET, -ETIMEDOUT, -EDO_EOVERLOADED };
    balance_world *w = arg;
    edo_balance_lease lease;
    char key = (char)('a' + random % 26);
    random /= 26;
    edo_pick how = random % 2 ? EDO_PICK_WAIT : EDO_PICK_FAIL_FAST;
    random /= 2;
    int err = random % 4 == 0 ? edo_balance_try_pick(w->balance, &lease)
              : random % 4 == 1
                  ? edo_balance_pick(w->balance, &lease, how)
                  : edo_balance_pick_for(w->balance, &lease, (edo_str){ &key, 1 }, how);
    if (err < 0) return;
    (void)harsh_linger(random / 4);
    edo_balance_done(&lease, results[harsh_chance() % EDO_COUNT(results)]);
}

/* A host comes, perhaps in the place of the one with its key, gets another weight, or goes. */
static void changes(void *arg, uint64_t random) {
    balance_world *w = arg;
    edo_endpoint_change c = { .what = random % 3 ? EDO_ENDPOINT_ADDED : EDO_ENDPOINT_REMOVED,
                              .endpoint = { .weight = (uint32_t)(random / 64 % 3) } };
    c.endpoint.address[0] = (char)('a' + random / 4 % HOSTS_N);
    c.endpoint.key[0] = (char)('k' + random / 256 % 4);
    (void)edo_mpsc_try_send(w->changes, &c);
}

static void hosts_leave_or_are_looked_at(void *arg, uint64_t random) {
    balance_world *w = arg;
    edo_balance_endpoint seen[HOSTS_N];
    switch (random % 4) {
    case 0: edo_notify_all(&w->goodbye[random / 4 % HOSTS_N]); break;
    case 1: (void)edo_balance_list(w->balance, seen, HOSTS_N); break;
    case 2: edo_balance_connect(w->balance); break;
    default: (void)edo_balance_get_state(w->balance); break;
    }
}

static edo_balance_opts balance_opts_of(edo_balance_kind kind) {
    edo_balance_opts o = { .kind = kind,
                           .load = kind == EDO_BALANCE_P2C ? EDO_LOAD_PEAK_EWMA : EDO_LOAD_PENDING,
                           .connect_timeout = edo_ms(2),
                           .pause_min = edo_us(500),
                           .pause_max = edo_ms(3),
                           .stagger = edo_ms(1),
                           .shuffles = true,
                           .check_every = edo_ms(1),
                           .check_timeout = edo_ms(1),
                           .checks_down = 1,
                           .checks_up = 1 };
    if (kind != EDO_BALANCE_PICK_FIRST)
        o.outlier = (edo_outlier_opts){ .failures = 2,
                                        .failure_share = 0.5,
                                        .calls_min = 3,
                                        .hosts_min = 2,
                                        .interval = edo_ms(3),
                                        .rest = edo_ms(1),
                                        .rest_max = edo_ms(3),
                                        .rest_share = 0.5 };
    return o;
}

/* All hosts are well, and one is told once more. */
static bool balance_serves(balance_world *w) {
    const edo_endpoint_change c = { .what = EDO_ENDPOINT_ADDED,
                                    .endpoint = { .address = "a", .key = "k" } };
    edo_balance_lease lease;
    (void)edo_mpsc_try_send(w->changes, &c);
    edo_balance_connect(w->balance);
    if (edo_balance_try_pick(w->balance, &lease) < 0) return false;
    edo_balance_done(&lease, 0);
    return true;
}

static int uses_a_balance(void *arg) {
    static const edo_balance_ops ops = { .connect = host_connect,
                                         .watch = host_watch,
                                         .close = host_close,
                                         .check = host_check,
                                         .drop = hosts_drop };
    static harsh_op *const all[] = { picks, picks, picks, changes, hosts_leave_or_are_looked_at };
    const edo_balance_opts opts = balance_opts_of(*(const edo_balance_kind *)arg);
    balance_world w = { .alive = 0 };
    edo_mpsc_rx *rx;
    for (size_t i = 0; i < HOSTS_N; i++) w.goodbye[i] = (edo_notify)EDO_NOTIFY_INIT;
    EDO_TEST_OK(edo_mpsc_new(&w.changes, &rx, sizeof(edo_endpoint_change), 16, NULL));
    EDO_TEST_OK(edo_balance_new(&w.balance, edo_seq_from_mpsc(rx), &ops, &w, &opts));
    harsh_run(&w, all, EDO_COUNT(all));
    w.is_calm = true;
    WAIT_FOR(balance_serves(&w));
    edo_balance_unref(w.balance);
    WAIT_FOR(w.is_dropped);
    CHECK_EQ(w.alive, 0);
    edo_mpsc_tx_unref(w.changes);
    edo_trail_clear();
    return 0;
}

static void a_balance_is_whole_whatever_happens(void **state) {
    (void)state;
    for (edo_balance_kind kind = EDO_BALANCE_P2C; kind <= EDO_BALANCE_HASH; kind++)
        harsh_inside(uses_a_balance, &kind);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_is_whole_whatever_happens),
        cmocka_unit_test(a_breaker_is_whole_whatever_happens),
        cmocka_unit_test(a_balance_is_whole_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
