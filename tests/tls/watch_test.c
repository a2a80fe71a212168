/* SPDX-License-Identifier: MIT */
/* Goal: a watch of certificates outlives a time in which no thread can look at them.
 * Method: one thread for blocking jobs, which stands at a gate, and a queue that is full; a paused
 * clock. agreement_test.c follows the changes of files. */
#include "gate.h"
#include "tls_support.h"

#include <edo/stats.h>

typedef struct outsider {
    edo_runtime *rt;
    gate at;
} outsider;

/* For a job of a plain thread the clock does not stand still. */
static void *outsider_waits(void *arg) {
    outsider *o = arg;
    edo_blocking_future f;
    CHECK_EQ(edo_runtime_enter(o->rt), 0);
    CHECK_EQ(edo_await(edo_blocking_init(&f, gate_pass, &o->at, NULL)), 7);
    edo_runtime_leave(o->rt);
    return NULL;
}

static edo_blocking_stats pool_now(void) {
    edo_blocking_stats now = { 0 };
    edo_blocking_get_stats(edo_runtime_current(), &now);
    return now;
}

static int watches(void *arg) {
    return edo_tls_server_watch(arg);
}

static void check_subject(edo_tls_server *server, const authority *ca, const char *subject) {
    ends e = { .server = server };
    edo_tls_peer peer;
    handshake h;
    CHECK_EQ(
        edo_tls_client_new(&e.client, &(edo_tls_client_opts){ .roots_pem = edo_str_of(ca->pem) }),
        0);
    shake(&h, &e, HOST);
    CHECK_EQ(h.client_err, 0);
    CHECK_EQ(edo_tls_get_peer(h.client, &peer), 0);
    CHECK(edo_str_equal(peer.subject, edo_str_of(subject)));
    handshake_close(&h);
    edo_tls_client_unref(e.client);
}

static int outlives_a_busy_pool(void *arg) {
    (void)arg;
    authority ca = authority_make("test authority");
    folder files = folder_make();
    pair_texts p[] = {
        pair_make(&(cert_opts){ .name = "first", .names = "DNS:" HOST, .issuer = &ca.ca }),
        pair_make(&(cert_opts){ .name = "second", .names = "DNS:" HOST, .issuer = &ca.ca }),
    };
    edo_tls_server *server;
    const edo_tls_server_opts opts = { .cert = folder_put(&files, "cert", p[0].cert),
                                       .key = folder_put(&files, "key", p[0].key) };
    CHECK_EQ(edo_tls_server_new(&server, &opts), 0);
    outsider all[] = { { edo_runtime_current(), GATE }, { edo_runtime_current(), GATE } };
    pthread_t threads[EDO_COUNT(all)];
    CHECK_EQ(pthread_create(&threads[0], NULL, outsider_waits, &all[0]), 0);
    CHECK_EQ(gate_yield_begun(&all[0].at, 1), 0);
    CHECK_EQ(pthread_create(&threads[1], NULL, outsider_waits, &all[1]), 0);
    YIELD_FOR(pool_now().queue == 1);

    edo_task *t = edo_spawn(watches, server);
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    CHECK(pool_now().refused > 0);
    CHECK(!edo_task_is_finished(t));
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        gate_open(&all[i].at);
        CHECK_EQ(pthread_join(threads[i], NULL), 0);
    }
    (void)folder_put(&files, "cert", p[1].cert);
    (void)folder_put(&files, "key", p[1].key);
    CHECK_EQ(edo_sleep(edo_s(4)), 0);
    check_subject(server, &ca, "CN=second");

    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    edo_tls_server_unref(server);
    for (size_t i = 0; i < EDO_COUNT(p); i++) pair_free(&p[i]);
    folder_free(&files);
    authority_free(&ca);
    return 0;
}

static void watch_goes_on_when_the_pool_is_busy(void **state) {
    (void)state;
    const edo_runtime_opts busy = {
        .start_paused = true, .watchdog = EDO_OFF, .blocking_max = 1, .blocking_queue_max = 1
    };
    assert_int_equal(inside_with(outlives_a_busy_pool, NULL, &busy), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watch_goes_on_when_the_pool_is_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
