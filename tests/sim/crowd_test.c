/* SPDX-License-Identifier: MIT */
/* Goal: a world has as many connections as its memory allows, which is told: 100,000 take less
 * than 4 GiB. Each carries what it is given, and its memory returns.
 * Method: hosts of which each opens thousands of connections to one server, which keeps them all;
 * then each says its number, and gets it back. EDO_SIM_CROWD=100000 has as many. */
#include "inside.h"

#include <edo/io.h>
#include <edo/net.h>
#include <edo/sim.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define HOSTS 10

typedef struct crowd {
    int of_each;      /* connections of a host */
    int held_n;       /* by the server */
    int most_n;       /* of these, at once */
    int replies_n;    /* that were right */
    edo_instant full; /* when all were there */
} crowd;

static crowd all;

/* ---- The server ------------------------------------------------------------------------------ */

static int hold(void *arg) {
    edo_stream *s = arg;
    int number;
    if (++all.held_n > all.most_n) all.most_n = all.held_n;
    int err = edo_read_exact(s, &number, sizeof number);
    if (err == 0) (void)edo_write_all(s, &number, sizeof number);
    edo_close(s);
    all.held_n--;
    return 0;
}

static int server_run(void *arg) {
    edo_listener *l;
    edo_stream *s;
    (void)arg;
    int err = edo_tcp_listen(&l, "0.0.0.0:80", NULL);
    if (err < 0) return err;
    EDO_SCOPE(held, NULL);
    while ((err = edo_accept(l, &s)) == 0)
        if (edo_scope_spawn(&held, hold, s) < 0) edo_close(s);
    edo_listener_close(l);
    return edo_scope_end(&held, err);
}

/* ---- Those who come -------------------------------------------------------------------------- */

static int come(void *arg) {
    int number = (int)(intptr_t)arg, reply = -1;
    edo_stream *s;
    int err = edo_sleep(edo_us(100 * (number % 100000))); // not all at once
    if (err < 0) return err;
    err = edo_tcp_connect(&s, "server:80", NULL);
    if (err < 0) return err;
    while (err == 0 && all.most_n < HOSTS * all.of_each) err = edo_sleep(edo_s(1));
    if (err == 0) err = edo_write_all(s, &number, sizeof number);
    if (err == 0) err = edo_read_exact(s, &reply, sizeof reply);
    all.replies_n += err == 0 && reply == number;
    edo_close(s);
    return err;
}

static int host_run(void *arg) {
    (void)arg;
    EDO_SCOPE(those, NULL);
    for (int i = 0; i < all.of_each; i++)
        edo_scope_spawn(&those, come, (void *)(intptr_t)(i * HOSTS));
    return edo_scope_end(&those, 0);
}

/* ---- The world ------------------------------------------------------------------------------- */

static long resident_kib(void) {
    struct rusage of;
    assert_int_equal(getrusage(RUSAGE_SELF, &of), 0);
    return of.ru_maxrss;
}

static void thousands_of_connections_are_held_at_once(void **state) {
    const char *wanted = getenv("EDO_SIM_CROWD");
    const long before_kib = resident_kib();
    (void)state;
    all = (crowd){ .of_each = (wanted ? (int)strtol(wanted, NULL, 10) : 1000) / HOSTS };
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = 1 });
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "server", server_run, NULL), 0);
    for (int i = 0; i < HOSTS; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "host%d", i);
        assert_int_equal(edo_sim_client(sim, name, host_run, NULL), 0);
    }
    assert_int_equal(edo_sim_run(sim, edo_hours(1)), 0);
    const int n = HOSTS * all.of_each;
    assert_int_equal(all.most_n, n);
    assert_int_equal(all.replies_n, n);
    const double kib = (double)(resident_kib() - before_kib);
    (void)printf("%d connections, %.2f KiB for each, %" PRIu64 " events\n", n, kib / n,
                 edo_sim_events_n(sim));
    if (n >= 100000) assert_true(resident_kib() < 4L * 1024 * 1024);
    edo_sim_free(sim);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_connections_are_held_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
