/* SPDX-License-Identifier: MIT */
/* Goal: a TLS stream may be read and written at once by tasks on different threads, for long, and
 * while its writer has to wait.
 * Method: bytes of a known pattern in pieces of any size, both ways at once, over TCP and over
 * pipes that are too small, with four workers; with each version of TLS: EDO_TLS_S seconds (1) of
 * each kind. */
#include "tls_support.h"

#include "../io/tcp_pair.h"
#include "seed.h"

#include <edo/net.h>
#include <edo/runtime.h>

#define PIECE_MAX 40000u

typedef struct flow {
    edo_stream *s;
    edo_instant until;
    uint32_t random;
    size_t moved;
} flow;

static size_t next_piece(uint32_t *random) {
    *random = *random * 1664525u + 1013904223u;
    size_t most = *random >> 31 ? PIECE_MAX : 300; // half of them are small
    return 1 + (*random >> 8) % most;
}

static char pattern_at(size_t at) {
    return (char)(at * 7 + (at >> 10) * 13);
}

static edo_duration time_of_each(void) {
    const char *text = getenv("EDO_TLS_S");
    return edo_s(text ? strtol(text, NULL, 10) : 1);
}

static int sends_for_long(void *arg) {
    flow *f = arg;
    char *piece = malloc(PIECE_MAX);
    int err = piece ? 0 : -ENOMEM;
    while (err == 0 && edo_now().ns < f->until.ns) {
        size_t n = next_piece(&f->random);
        for (size_t i = 0; i < n; i++) piece[i] = pattern_at(f->moved + i);
        err = edo_write_all(f->s, piece, n);
        f->moved += n;
    }
    free(piece);
    return err == 0 ? edo_shutdown(f->s) : err;
}

static int reads_for_long(void *arg) {
    flow *f = arg;
    char *piece = malloc(PIECE_MAX);
    int n = piece ? 1 : -ENOMEM;
    while (n > 0 && (n = edo_read(f->s, piece, next_piece(&f->random))) > 0) {
        for (int i = 0; i < n; i++) CHECK_EQ(piece[i], pattern_at(f->moved + (size_t)i));
        f->moved += (size_t)n;
    }
    free(piece);
    return n;
}

typedef struct way {
    edo_tls_version version;
    size_t room; /* of a pipe in memory; 0: TCP */
} way;

static int flows_both_ways(void *arg) {
    const way *w = arg;
    ends e = ends_make((edo_tls_server_opts){ .version_max = w->version },
                       (edo_tls_client_opts){ .roots = NULL });
    edo_stream *a, *b;
    handshake h;
    CHECK_EQ(w->room > 0 ? edo_duplex(&a, &b, w->room) : connected(&a, &b), 0);
    shake_over(&h, &e, a, b, HOST);
    edo_instant until = edo_instant_add(edo_now(), time_of_each());
    uint32_t random = (uint32_t)test_seed(1);
    flow flows[] = { { h.server, until, random, 0 },
                     { h.client, until, random + 1, 0 },
                     { h.client, until, random + 2, 0 },
                     { h.server, until, random + 3, 0 } };
    edo_task *tasks[EDO_COUNT(flows)];
    for (size_t i = 0; i < EDO_COUNT(flows); i++)
        tasks[i] = edo_spawn(i < 2 ? sends_for_long : reads_for_long, &flows[i]);
    for (size_t i = 0; i < EDO_COUNT(flows); i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    CHECK_EQ(flows[2].moved, flows[0].moved);
    CHECK_EQ(flows[3].moved, flows[1].moved);
    CHECK(flows[0].moved > 0 && flows[1].moved > 0);
    handshake_close(&h);
    ends_free(&e);
    return 0;
}

static void bytes_flow_both_ways_at_once(void **state) {
    (void)state;
    static const way ways[] = {
        { EDO_TLS_1_3, 0 }, { EDO_TLS_1_2, 0 }, { EDO_TLS_1_3, 3000 }, { EDO_TLS_1_2, 70000 }
    };
    const edo_runtime_opts four = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = 4,
                                    .watchdog = EDO_OFF };
    for (size_t i = 0; i < EDO_COUNT(ways); i++)
        assert_int_equal(inside_with(flows_both_ways, (void *)(uintptr_t)&ways[i], &four), 0);
}

/* ---- Several readers ------------------------------------------------------------------------- */

#define READERS 3
#define WHOLE   400000u

typedef struct share {
    edo_stream *s;
    uint32_t *n; /* bytes that came to all; atomic */
} share;

static int reads_a_share(void *arg) {
    const share *sh = arg;
    char piece[70];
    int n;
    while ((n = edo_read(sh->s, piece, sizeof piece)) > 0)
        (void)__atomic_fetch_add(sh->n, (uint32_t)n, __ATOMIC_RELAXED);
    return n;
}

static int readers_share(void *arg) {
    (void)arg;
    ends e =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    edo_stream *a, *b;
    handshake h;
    uint32_t n = 0;
    char *whole = calloc(1, WHOLE);
    CHECK(whole != NULL);
    CHECK_EQ(connected(&a, &b), 0);
    shake_over(&h, &e, a, b, HOST);
    share sh = { h.client, &n };
    edo_task *tasks[READERS];
    for (size_t i = 0; i < READERS; i++) tasks[i] = edo_spawn(reads_a_share, &sh);
    for (size_t at = 0; at < WHOLE; at += 1000) CHECK_EQ(edo_write_all(h.server, whole, 1000), 0);
    CHECK_EQ(edo_shutdown(h.server), 0);
    for (size_t i = 0; i < READERS; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    CHECK_EQ(__atomic_load_n(&n, __ATOMIC_RELAXED), WHOLE);
    free(whole);
    handshake_close(&h);
    ends_free(&e);
    return 0;
}

static void several_readers_share_what_comes(void **state) {
    (void)state;
    const edo_runtime_opts four = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = 4,
                                    .watchdog = EDO_OFF };
    assert_int_equal(inside_with(readers_share, NULL, &four), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_flow_both_ways_at_once),
        cmocka_unit_test(several_readers_share_what_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
