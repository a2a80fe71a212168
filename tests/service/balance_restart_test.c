/* SPDX-License-Identifier: MIT */
/* Goal: while endpoints restart in turn no call fails that another endpoint could save; and limits
 * that pass by the hundred in the wait for an endpoint, or for a place, leave nothing behind.
 * Method: hosts in memory that lose their calls when they restart, and crowds of callers with
 * deadlines; under a paused clock. */
#include <edo/layers.h>
#include <edo/retry_layer.h>
#include <edo/scope.h>
#include <edo/sem.h>

#include "balance_world.h"

#define CALLERS    200
#define CALL_MS    30
#define NOTICED_MS 50 /* a host is down for so long before its connection says so */

/* ---- Restarts in turn ------------------------------------------------------------------------ */

typedef struct rolling {
    world w;
    edo_service *svc;
    int restarts[HOSTS_N];
    int lost, served; /* attempts that a restart has cut short; calls */
    int code;         /* of those attempts */
    bool is_over;
} rolling;

/* One attempt, over a connection that may be gone already. */
static int asks_host(void *arg, void *request, void *response) {
    rolling *r = arg;
    edo_balance_lease lease;
    (void)request, (void)response;
    int err = edo_balance_pick_for(r->w.b, &lease, EDO_STR("any"), EDO_PICK_WAIT);
    if (err < 0) return err;
    const host *h = lease.conn;
    const int *restarts = &r->restarts[lease.to->address[0] - 'a'], begun = *restarts;
    err = h->is_down ? 0 : edo_sleep(edo_ms(CALL_MS + r->served % 10));
    if (err == 0 && (h->is_down || *restarts != begun)) {
        r->lost++;
        err = r->code;
    }
    edo_balance_done(&lease, err);
    return err;
}

static int calls_on(void *arg) {
    rolling *r = arg;
    while (!r->is_over) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_s(1));
        CHECK_EQ(edo_deadline_end(&d, edo_service_oneshot(r->svc, NULL, NULL)), 0);
        r->served++;
    }
    return 0;
}

static void restarts(rolling *r, int i) {
    host *h = &r->w.hosts[i];
    h->is_down = true;
    h->why = -ECONNRESET;
    r->restarts[i]++;
    EDO_TEST_OK(edo_sleep(edo_ms(NOTICED_MS)));
    edo_notify_all(&h->goodbye);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    h->is_down = false;
    EDO_TEST_OK(edo_sleep(edo_ms(1300))); // the pause before the next connect
}

static void all_restart(edo_balance_kind kind, int code) {
    static const edo_retry_layer_opts opts = { .attempts = 3,
                                               .backoff = { .pause_min = EDO_MS(1) } };
    const edo_layer retries = edo_retry_layer(&opts);
    rolling r = { .code = code };
    edo_scope scope;
    world_begin(&r.w, "abcd", &(edo_balance_opts){ .kind = kind });
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    CHECK_EQ(edo_service_from_fn(&r.svc, asks_host, &r, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&r.svc, &retries, r.svc), 0);
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < CALLERS; i++) EDO_TEST_OK(edo_scope_spawn(&scope, calls_on, &r));
    for (int i = 0; i < 4; i++) restarts(&r, i);
    r.is_over = true;
    EDO_TEST_OK(edo_scope_end(&scope, 0));
    CHECK(r.served > CALLERS && r.lost > 0);
    for (const char *c = "abcd"; *c; c++) CHECK_EQ(listed(&r.w, *c).in_flight, 0);
    edo_service_unref(r.svc);
    world_end(&r.w);
}

/* A code may say that the connection is lost: else it is picked until the host says goodbye. Of
 * PICK_FIRST no other one is ready then. */
EDO_TEST(no_call_fails_while_endpoints_restart_in_turn, .paused = true) {
    static const edo_balance_kind restarted[] = { EDO_BALANCE_P2C, EDO_BALANCE_ROUND_ROBIN,
                                                  EDO_BALANCE_HASH, EDO_BALANCE_PICK_FIRST };
    for (size_t i = 0; i < EDO_COUNT(restarted); i++) {
        all_restart(restarted[i], -ECONNRESET);
        if (restarted[i] != EDO_BALANCE_PICK_FIRST) all_restart(restarted[i], -EIO);
    }
}

/* ---- Limits that pass in the wait ------------------------------------------------------------ */

#define CROWD 500

typedef struct crowd {
    edo_service *svc;
    edo_sem places; /* of the layer around the balance */
    host host;
    int begun, late;
} crowd;

static int serves(void *arg, void *request, void *response) {
    (void)arg, (void)request, (void)response;
    return 0;
}

static int opens(void *arg, edo_service **svc, const void *target) {
    crowd *c = arg;
    (void)target;
    return c->host.is_down ? -ECONNREFUSED : edo_service_from_fn(svc, serves, NULL, NULL);
}

static edo_str one_key(void *arg, const void *request) {
    (void)arg, (void)request;
    return EDO_STR("any");
}

/* Each has a limit of its own. */
static int waits_in_vain(void *arg) {
    crowd *c = arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10 + c->begun++ % 50));
    const int err = edo_deadline_end(&d, edo_service_oneshot(c->svc, NULL, NULL));
    c->late += err == -ETIMEDOUT;
    return 0;
}

static void crowd_begin(crowd *c, uint64_t places, const edo_balance_opts *opts) {
    const edo_endpoint to = endpoint_at('a');
    edo_sem_init(&c->places, places);
    const edo_layer limit =
        edo_concurrency_layer_with(&(edo_concurrency_opts){ .shared = &c->places });
    edo_seq *source = edo_discover_list(&to, 1);
    CHECK_EQ(edo_balance_service_new(&c->svc, source, opens, c, NULL, opts), 0);
    CHECK_EQ(edo_layer_wrap(&c->svc, &limit, c->svc), 0);
}

static void crowd_end(crowd *c, uint64_t places) {
    CHECK_EQ(c->late, CROWD);
    CHECK_EQ(edo_sem_available(&c->places), places);
    c->host.is_down = false;
    CHECK_EQ(edo_service_oneshot(c->svc, NULL, NULL), 0); // after the pause of the connect
    CHECK_EQ(edo_sem_available(&c->places), places);
    edo_service_unref(c->svc);
    EDO_TEST_OK(edo_test_settle());
}

/* All have a place, or most wait for one; the endpoint is picked by ready, or by the call. */
EDO_TEST(limits_that_pass_in_the_wait_for_an_endpoint_leave_nothing, .paused = true) {
    const edo_balance_opts opts[] = { { .kind = EDO_BALANCE_P2C },
                                      { .kind = EDO_BALANCE_HASH, .key = one_key } };
    for (size_t i = 0; i < 2 * EDO_COUNT(opts); i++) {
        const uint64_t places = i % 2 ? CROWD : 20;
        crowd c = { .host = { .is_down = true } };
        edo_scope scope;
        crowd_begin(&c, places, &opts[i / 2]);
        edo_scope_begin(&scope, NULL);
        for (int k = 0; k < CROWD; k++) EDO_TEST_OK(edo_scope_spawn(&scope, waits_in_vain, &c));
        EDO_TEST_OK(edo_scope_end(&scope, 0));
        crowd_end(&c, places);
    }
}

/* Places are added, and taken away, while hundreds wait for one. */
EDO_TEST(a_limit_that_changes_while_tasks_wait_loses_no_place, .paused = true) {
    crowd c = { .host = { .is_down = true } };
    edo_scope scope;
    uint64_t places = 20;
    crowd_begin(&c, places, NULL);
    edo_scope_begin(&scope, NULL);
    for (int k = 0; k < CROWD; k++) EDO_TEST_OK(edo_scope_spawn(&scope, waits_in_vain, &c));
    for (int i = 0; i < 12; i++) {
        EDO_TEST_OK(edo_sleep(edo_ms(5)));
        if (i % 2) places -= edo_sem_forget(&c.places, 40);
        if (i % 2) continue;
        edo_sem_release(&c.places, 40);
        places += 40;
    }
    EDO_TEST_OK(edo_scope_end(&scope, 0));
    crowd_end(&c, places);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_call_fails_while_endpoints_restart_in_turn),
        cmocka_unit_test(limits_that_pass_in_the_wait_for_an_endpoint_leave_nothing),
        cmocka_unit_test(a_limit_that_changes_while_tasks_wait_loses_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
