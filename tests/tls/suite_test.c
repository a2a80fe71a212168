/* SPDX-License-Identifier: MIT */
/* Goal: a TLS stream is a stream as any other.
 * Method: the suite of edo/test.h, from the server to the client and back, with each version of
 * TLS, over pipes in memory of several sizes and over TCP, on every kind of runtime. */
#include "tls_support.h"

#include "../io/tcp_pair.h"

#include <edo/net.h>

typedef struct kind {
    edo_tls_version version;
    size_t room; /* of the pipe; 0: TCP */
    bool is_reversed;
    bool is_twice; /* TLS over TLS */
    ends ends;
} kind;

static int makes_pair(edo_stream **a, edo_stream **b, void *arg) {
    const kind *k = arg;
    edo_stream *below[2];
    handshake h;
    int err =
        k->room > 0 ? edo_duplex(&below[0], &below[1], k->room) : connected(&below[0], &below[1]);
    if (err < 0) return err;
    shake_over(&h, &k->ends, below[0], below[1], HOST);
    if (k->is_twice) {
        below[0] = h.server;
        below[1] = h.client;
        shake_over(&h, &k->ends, below[0], below[1], HOST);
    }
    CHECK_EQ(h.server_err, 0);
    CHECK_EQ(h.client_err, 0);
    *a = k->is_reversed ? h.client : h.server;
    *b = k->is_reversed ? h.server : h.client;
    return 0;
}

static int passes_suite(void *arg) {
    return edo_test_stream_suite(makes_pair, arg, NULL);
}

static void run_suite(kind k) {
    k.ends = ends_make((edo_tls_server_opts){ .version_min = k.version, .version_max = k.version },
                       (edo_tls_client_opts){ .version_min = EDO_TLS_ANY });
    CHECK_EQ(inside_each(passes_suite, &k), 0);
    ends_free(&k.ends);
}

static void tls_stream_over_memory_is_a_stream(void **state) {
    (void)state;
    static const size_t rooms[] = { 2048, 16384, 100000 };
    for (size_t i = 0; i < EDO_COUNT(rooms); i++)
        for (int k = 0; k < 4; k++)
            run_suite((kind){ .version = k & 1 ? EDO_TLS_1_3 : EDO_TLS_1_2,
                              .room = rooms[i],
                              .is_reversed = k & 2 });
}

static void tls_stream_over_tcp_is_a_stream(void **state) {
    (void)state;
    for (int k = 0; k < 4; k++)
        run_suite((kind){ .version = k & 1 ? EDO_TLS_1_3 : EDO_TLS_1_2, .is_reversed = k & 2 });
}

static void tls_stream_over_tls_is_a_stream(void **state) {
    (void)state;
    run_suite((kind){ .room = 100000, .is_twice = true });
    run_suite((kind){ .is_twice = true, .is_reversed = true });
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tls_stream_over_memory_is_a_stream),
        cmocka_unit_test(tls_stream_over_tcp_is_a_stream),
        cmocka_unit_test(tls_stream_over_tls_is_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
