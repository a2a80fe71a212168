/* SPDX-License-Identifier: MIT */
/* Goal: programs on several hosts, over edo's ordinary calls, live in one thread: they find each
 * other by name, hours pass at once, and what happens to hosts and ways is seen as on a network.
 * Method: a server that tells each client its line back, and clients that note what they see. */
#include "inside.h"

#include <edo/blocking.h>
#include <edo/io.h>
#include <edo/net.h>
#include <edo/scope.h>
#include <edo/sim.h>

#include <errno.h>
#include <string.h>

/* ---- A server -------------------------------------------------------------------------------- */

static int echo_one(void *arg) {
    edo_stream *s = arg;
    char buf[64];
    int n;
    while ((n = edo_read(s, buf, sizeof buf)) > 0)
        if (edo_write_all(s, buf, (size_t)n) < 0) break;
    edo_close(s);
    return 0;
}

static int echo_run(void *arg) {
    edo_listener *l;
    edo_stream *s;
    int err = edo_tcp_listen(&l, arg, NULL);
    if (err < 0) return err;
    EDO_SCOPE(all, NULL);
    while ((err = edo_accept(l, &s)) == 0) edo_scope_spawn(&all, echo_one, s);
    edo_listener_close(l);
    return edo_scope_end(&all, err);
}

/* ---- A client -------------------------------------------------------------------------------- */

static int ask(edo_stream *s) {
    char reply[4];
    int err = edo_write_all(s, "ping", 4);
    if (err == 0) err = edo_read_exact(s, reply, sizeof reply);
    if (err == 0 && memcmp(reply, "ping", 4) != 0) return -EPROTO;
    return err;
}

typedef struct visit {
    const char *address;
    int asks_n;
    edo_duration pause;
    int asked_n;
    edo_instant first, last;
} visit;

static int visit_run(void *arg) {
    visit *v = arg;
    edo_stream *s;
    int err = edo_tcp_connect(&s, v->address, NULL);
    if (err < 0) return err;
    v->first = edo_now();
    for (int i = 0; i < v->asks_n && err == 0; i++) {
        err = ask(s);
        v->asked_n += err == 0;
        if (err == 0 && i + 1 < v->asks_n) err = edo_sleep(v->pause);
    }
    v->last = edo_now();
    edo_close(s);
    return err;
}

static char any_7000[] = "0.0.0.0:7000";

static edo_sim *world(uint64_t seed) {
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    return sim;
}

static void client_finds_its_server_by_name(void **state) {
    edo_sim *sim = world(1);
    visit v = { .address = "server:7000", .asks_n = 3, .pause = edo_minutes(60) };
    (void)state;
    assert_int_equal(edo_sim_host(sim, "server", echo_run, any_7000), 0);
    assert_int_equal(edo_sim_client(sim, "client", visit_run, &v), 0);
    assert_int_equal(edo_sim_run(sim, edo_minutes(180)), 0);
    assert_int_equal(v.asked_n, 3);
    int64_t took_ns = edo_instant_since(v.last, v.first).ns;
    assert_true(took_ns >= edo_minutes(120).ns && took_ns < edo_minutes(121).ns);
    edo_sim_free(sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_finds_its_server_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
