/* SPDX-License-Identifier: MIT */
/* Goal: a client of events that loses its connection comes back, whoever has closed that; only a
 * server, or a program, that says so ends the events. */
#include "inside.h"

#include <edo/net.h>
#include <edo/sse.h>
#include <edo/streams.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- Streams of the program ------------------------------------------------------------------ */

#define LENT 2

typedef struct lender {
    edo_stream *ours[LENT], *theirs[LENT]; /* a share of the first */
    size_t n;
} lender;

/* Lends a stream with an event in it, twice, and says then that it is the end. */
static int lends(void *arg, edo_str id, edo_stream **out) {
    lender *l = arg;
    (void)id;
    if (l->n == LENT) return -EDO_ECLOSED;
    CHECK_EQ(edo_duplex(&l->ours[l->n], &l->theirs[l->n], 1024), 0);
    CHECK_EQ(edo_write_all(l->theirs[l->n], "data: a\n\n", 9), 0);
    *out = edo_stream_ref(l->ours[l->n++]);
    return 0;
}

static void takes_back(void *arg, edo_stream *s) {
    (void)arg;
    edo_close(s);
}

static int closes_soon(void *s) {
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_close(s); // for all of its users
    return 0;
}

static int closed_elsewhere(void *arg) {
    lender l = { .n = 0 };
    edo_sse_client *c;
    edo_sse_message m;
    (void)arg;
    CHECK_EQ(edo_sse_client_new(&c, &(edo_sse_client_opts){ .open = lends,
                                                            .close = takes_back,
                                                            .arg = &l,
                                                            .retry = edo_ms(1) }),
             0);
    for (size_t i = 0; i < LENT; i++) {
        CHECK_EQ(edo_sse_client_event_next(c, &m), 1);
        edo_task *t = edo_spawn(closes_soon, l.ours[i]);
        CHECK(t);
        edo_task_detach(t);
    }
    CHECK_EQ(edo_sse_client_event_next(c, &m), 0);
    edo_sse_client_free(c);
    for (size_t i = 0; i < LENT; i++) edo_close(l.theirs[i]);
    return 0;
}

static void stream_that_is_closed_elsewhere_is_no_end_of_the_events(void **state) {
    (void)state;
    assert_int_equal(inside(closed_elsewhere, NULL), 0);
}

/* ---- Servers --------------------------------------------------------------------------------- */

#define CALLS    5
#define ATTEMPTS 3

typedef struct deaf {
    edo_listener *listener;
    int conns_n;
} deaf;

static int hangs_up(void *arg) {
    deaf *d = arg;
    edo_stream *s;
    int err;
    for (; (err = edo_accept(d->listener, &s)) == 0; d->conns_n++) edo_close(s);
    return err == -EDO_ECLOSED ? 0 : err;
}

/* As a balancer does while what is behind it starts anew. */
static int asks_one_that_hangs_up(void *arg) {
    deaf d = { .conns_n = 0 };
    edo_addr at;
    edo_sse_client *c;
    edo_sse_message m;
    char text[64], url[80];
    (void)arg;
    CHECK_EQ(edo_tcp_listen(&d.listener, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_listener_addr(d.listener, &at), 0);
    (void)edo_addr_print(&at, text, sizeof text);
    (void)snprintf(url, sizeof url, "http://%s/", text);
    edo_task *task = edo_spawn(hangs_up, &d);
    const edo_sse_client_opts opts = { .url = edo_str_of(url),
                                       .attempts = ATTEMPTS,
                                       .retry = edo_ms(1) };
    CHECK_EQ(edo_sse_client_new(&c, &opts), 0);
    for (int i = 0; i < CALLS; i++) {
        int rc = edo_sse_client_event_next(c, &m);
        CHECK(rc < 0 && rc != -EDO_ECLOSED);
    }
    edo_sse_client_free(c);
    edo_listener_close(d.listener);
    CHECK_EQ(edo_task_join(task), 0);
    CHECK_EQ(d.conns_n, CALLS * ATTEMPTS);
    return 0;
}

static void server_that_hangs_up_is_no_end_of_the_events(void **state) {
    (void)state;
    assert_int_equal(inside_real(asks_one_that_hangs_up, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_that_is_closed_elsewhere_is_no_end_of_the_events),
        cmocka_unit_test(server_that_hangs_up_is_no_end_of_the_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
