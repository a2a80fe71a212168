/* SPDX-License-Identifier: MIT */
/* Goal: the walker of a balance's endpoints names the invariant that is broken; without memory at
 * any point sources and balances fail as they say, lose no endpoint, and leak nothing.
 * Method: a set that is broken on purpose; each request for memory fails in turn, under a paused
 * clock. */
#include "service/balance/set.h"

#include "base/memory/alloc.h"
#include "broken.h"
#include "inside.h"

#include <edo/net.h>

#include <errno.h>
#include <string.h>

/* ---- The walker ------------------------------------------------------------------------------ */

static const edo_balance_ops no_ops = { .connect = NULL };

/* A set with one endpoint that is ready. */
static edoi_balance_set *one_ready(edoi_balance_conn **c) {
    const edo_balance_opts opts = { .kind = EDO_BALANCE_P2C };
    const edo_endpoint e = { .address = "a" };
    edoi_balance_set *set;
    edoi_member *m;
    if (edoi_balance_set_new(&set, &no_ops, NULL, &opts) < 0) return NULL;
    if (edoi_balance_set_add(set, &e, &m) < 0 || edoi_balance_conn_new(c, m) < 0) return NULL;
    return edoi_member_connected(m, *c) ? set : NULL;
}

static int walks(void *arg) {
    int what = *(int *)arg;
    edoi_balance_conn *c;
    edoi_balance_set *set = one_ready(&c);
    if (!set) return 1;
    edoi_balance_set_check(set);
    if (what == 1) set->all[0]->state = EDO_BALANCE_IDLE;
    if (what == 2) set->shown[EDO_BALANCE_FAILED]++;
    if (what == 3) set->all[0]->is_in = false;
    if (what == 4) set->standby = set->all[0];                 // which is READY
    if (what == 5) set->open_n = 0, set->opts.panic_below = 1; // a panic: all are picked
    if (what == 6) set->picks_n = 0;
    if (what == 7) set->all[0]->place = 0;
    if (what == 8) set->leases++;
    edoi_balance_set_check(set);
    return 0;
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    for (int what = 1; what <= 8; what++) {
        char name[32];
        (void)snprintf(name, sizeof name, "set inv. %d: ", what);
        assert_broken(name, walks, &what);
    }
}

/* ---- Places of keys -------------------------------------------------------------------------- */

static edoi_member *connected(edoi_balance_set *set, const char *address) {
    edo_endpoint e;
    edoi_member *m;
    edoi_balance_conn *c;
    if (edo_endpoint_init(&e, address, "shop", 1) < 0) return NULL;
    if (edoi_balance_set_add(set, &e, &m) < 0 || edoi_balance_conn_new(&c, m) < 0) return NULL;
    return edoi_member_connected(m, c) ? m : NULL;
}

static int replaces_one(void *arg) {
    static const edo_balance_ops ops = { .connect = NULL };
    const edo_balance_opts opts = { .kind = EDO_BALANCE_HASH };
    edoi_balance_set *set;
    (void)arg;
    CHECK_EQ(edoi_balance_set_new(&set, &ops, NULL, &opts), 0);
    edoi_member *old = connected(set, "a");
    CHECK(old && set->places[0] == old);
    const uint64_t shape = set->shape;
    edoi_balance_conn *of_old = old->conn;
    edoi_member *fresh = connected(set, "b");
    CHECK(fresh && set->places[0] == fresh && set->all_n == 1);
    CHECK_EQ(set->shape, shape); // the table is as good as before
    (void)edoi_balance_conn_leave(of_old, true);
    edoi_member_unref(old);
    edoi_balance_conn *of_fresh = fresh->conn;
    edoi_balance_set_end(set, -ECONNABORTED);
    (void)edoi_balance_conn_leave(of_fresh, true);
    edoi_member_unref(fresh);
    edoi_balance_set_unref(set);
    return 0;
}

static void one_that_replaces_another_has_its_keys_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(replaces_one, NULL), 0);
}

/* A connection may be there before the task has made the first table: that is no failure. */
static int has_no_table(void *arg) {
    const edo_balance_opts opts = { .kind = EDO_BALANCE_HASH };
    edoi_pick pick = { .fail_fast = true, .has_hash = true };
    edoi_balance_set *set;
    edoi_balance_conn *picked = NULL;
    (void)arg;
    CHECK_EQ(edoi_balance_set_new(&set, &no_ops, NULL, &opts), 0);
    edoi_member *m = connected(set, "a");
    CHECK(m && !set->table);
    CHECK_EQ(edoi_balance_set_state(set), EDO_BALANCE_CONNECTING);
    CHECK_EQ(edoi_balance_set_pick(set, &picked, &pick), 1); // it waits
    edoi_balance_conn *c = m->conn;
    edoi_balance_set_end(set, -ECONNABORTED);
    (void)edoi_balance_conn_leave(c, true);
    edoi_member_unref(m);
    edoi_balance_set_unref(set);
    return 0;
}

static void a_pick_that_fails_fast_waits_for_the_first_table(void **state) {
    (void)state;
    assert_int_equal(inside(has_no_table, NULL), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

typedef struct world {
    int alive, calls;
    bool is_dropped;
} world;

static int responds(void *arg, void *request, void *response) {
    (void)request, (void)response;
    ((world *)arg)->calls++;
    return 0;
}

static void is_over(void *arg) {
    ((world *)arg)->alive--;
}

static int makes_service(void *arg, edo_service **svc, const void *target) {
    world *w = arg;
    (void)target;
    int err = edo_service_from_fn(svc, responds, w, is_over);
    w->alive += err == 0;
    return err;
}

static void drops(void *arg) {
    ((world *)arg)->is_dropped = true;
}

static edo_seq *source_of(bool of_names) {
    const edo_endpoint two[] = { { .address = "10.0.0.1:1" }, { .address = "10.0.0.2:1" } };
    return of_names ? edo_discover_dns("10.0.0.1:1", NULL) : edo_discover_list(two, 2);
}

static int calls_with_failure_at(uint64_t k, bool of_names, bool *fired) {
    world w = { .alive = 0 };
    edo_service *svc = NULL;
    edoi_alloc_fail_at(k);
    const edo_balance_opts opts = { .kind = of_names ? EDO_BALANCE_P2C : EDO_BALANCE_HASH,
                                    .load = EDO_LOAD_PEAK_EWMA,
                                    .outlier = { .failures = 5 } };
    int err = edo_balance_service_new(&svc, source_of(of_names), makes_service, &w, drops, &opts);
    bool is_made = err == 0;
    if (is_made) err = edo_service_oneshot(svc, NULL, NULL);
    *fired = edoi_alloc_fail_fired();
    edoi_alloc_fail_at(0);
    CHECK(err == 0 || (*fired && err == -ENOMEM));
    if (is_made) { // in time all endpoints are there
        CHECK_EQ(edo_sleep(edo_s(3)), 0);
        CHECK_EQ(edo_balance_list(edo_balance_of(svc), NULL, 0), of_names ? 1 : 2);
        CHECK_EQ(w.alive, of_names ? 1 : 2);
        CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 0);
    }
    edo_service_unref(svc);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(w.alive, 0);
    CHECK(w.is_dropped == is_made);
    return 0;
}

static int fails_at_each(void *of_names) {
    uint64_t k = 0;
    for (bool fired = true; fired;)
        CHECK_EQ(calls_with_failure_at(++k, *(bool *)of_names, &fired), 0);
    CHECK(k > 15);
    return 0;
}

static void no_memory_at_any_point_loses_no_endpoint_and_leaks_nothing(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) assert_int_equal(inside(fails_at_each, &(bool){ i > 0 }), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken), // first: it forks
        cmocka_unit_test(one_that_replaces_another_has_its_keys_at_once),
        cmocka_unit_test(a_pick_that_fails_fast_waits_for_the_first_table),
        cmocka_unit_test(no_memory_at_any_point_loses_no_endpoint_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
