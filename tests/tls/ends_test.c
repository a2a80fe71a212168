/* SPDX-License-Identifier: MIT */
/* Goal: an end that is not orderly is told from one that is; what is not TLS is named; a peer that
 * does not go on does not hold anybody up; what was written before a close arrives.
 * Method: pipes in memory that the test cuts; a paused clock. harms_test.c harms each byte. */
#include "tls_support.h"

/* ---- Farewells ------------------------------------------------------------------------------- */

static int ends_without_farewell(void *arg) {
    (void)arg;
    ends e =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    edo_stream *a, *b;
    handshake h;
    char buf[8];
    CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
    edo_stream *below = edo_stream_ref(a);
    shake_over(&h, &e, a, b, HOST);
    CHECK_EQ(edo_stream_peer_addr(h.client, &(edo_addr){ 0 }), -ENOTSUP); // there is no socket
    CHECK_EQ(edo_write_all(h.server, "half", 4), 0);
    edo_close(below); // as a process that was killed, or somebody in between
    CHECK_EQ(edo_read(h.client, buf, sizeof buf), 4);
    CHECK_EQ(edo_read(h.client, buf, sizeof buf), -EDO_ETRUNCATED);
    CHECK_EQ(edo_read(h.client, buf, sizeof buf), -EDO_ETRUNCATED); // and stays so
    CHECK_EQ(edo_write(h.client, "x", 1), -EPIPE);
    handshake_close(&h);

    shake(&h, &e, HOST); // the same with a farewell
    CHECK_EQ(edo_write_all(h.server, "all", 3), 0);
    CHECK_EQ(edo_shutdown(h.server), 0);
    CHECK_EQ(edo_shutdown(h.server), 0); // again
    CHECK_EQ(edo_read(h.client, buf, sizeof buf), 3);
    CHECK_EQ(edo_read(h.client, buf, sizeof buf), 0);
    CHECK_EQ(edo_write_all(h.client, "more", 4), 0); // the other direction goes on
    CHECK_EQ(edo_read(h.server, buf, sizeof buf), 4);
    handshake_close(&h);
    ends_free(&e);
    return 0;
}

static void input_that_is_cut_off_is_told_from_its_end(void **state) {
    (void)state;
    assert_int_equal(inside(ends_without_farewell, NULL), 0);
}

#define BULK 300000u

typedef struct slow_reader {
    edo_stream *from;
    edo_duration pause; /* between two reads */
} slow_reader;

static int reads_bulk(void *arg) {
    const slow_reader *r = arg;
    static char buf[4096];
    size_t n = 0;
    int got;
    while ((got = edo_read(r->from, buf, sizeof buf)) > 0) {
        for (int i = 0; i < got; i++) CHECK_EQ(buf[i], (char)((n + (size_t)i) * 7));
        n += (size_t)got;
        CHECK_EQ(edo_sleep(r->pause), 0);
    }
    CHECK_EQ(n, BULK);
    return got;
}

/* A write has returned, and its rest still lies in this process when the stream is closed. */
static int closes_at_once(void *arg) {
    (void)arg;
    static char bulk[BULK];
    for (size_t i = 0; i < BULK; i++) bulk[i] = (char)(i * 7);
    ends e =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    for (int row = 0; row < 6; row++) {
        edo_stream *a, *b;
        handshake h;
        CHECK_EQ(edo_duplex(&a, &b, 3000), 0);
        shake_over(&h, &e, a, b, HOST);
        slow_reader r = { h.client, row < 3 ? edo_ms(1) : edo_s(1) }; // 74 s in all
        edo_task *t = edo_spawn(reads_bulk, &r);
        CHECK_EQ(edo_write_all(h.server, bulk, BULK), 0);
        if (row % 3 == 0) {
            edo_close(h.server);
        } else if (row % 3 == 1) {
            CHECK_EQ(edo_shutdown(h.server), 0);
            edo_stream_unref(h.server);
        } else {
            edo_stream_unref(h.server);
        }
        CHECK_EQ(edo_task_join(t), 0);
        edo_close(h.client);
    }
    ends_free(&e);
    return 0;
}

static void what_was_written_before_a_close_arrives(void **state) {
    (void)state;
    assert_int_equal(inside(closes_at_once, NULL), 0);
}

static int is_given_up(void *arg) {
    (void)arg;
    static char bulk[BULK];
    ends e =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    edo_stream *a, *b;
    handshake h;
    CHECK_EQ(edo_duplex(&a, &b, 3000), 0);
    edo_stream *below = edo_stream_ref(a);
    shake_over(&h, &e, a, b, HOST);
    while (edo_try_write(h.server, bulk, BULK) > 0) {
    }
    edo_instant start = edo_now();
    edo_close(h.server);
    char byte;
    CHECK_EQ(edo_read(below, &byte, 1), -EDO_ECLOSED); // the client reads nothing, and says nothing
    CHECK(ms_since(start) >= 5000 && ms_since(start) <= 10000);
    edo_close(below);
    edo_close(h.client);
    ends_free(&e);
    return 0;
}

static void peer_that_reads_nothing_is_given_up_after_a_close(void **state) {
    (void)state;
    assert_int_equal(inside(is_given_up, NULL), 0);
}

/* ---- Handshakes ------------------------------------------------------------------------------ */

static int waits_too_long(void *arg) {
    (void)arg;
    ends e = ends_make((edo_tls_server_opts){ .handshake = edo_s(3) },
                       (edo_tls_client_opts){ .roots = NULL });
    edo_stream *a, *b, *s;
    CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
    edo_instant start = edo_now();
    CHECK_EQ(edo_tls_accept(&s, a, e.server), -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 3000);
    char byte;
    CHECK_EQ(edo_read(b, &byte, 1), 0); // it was closed
    edo_close(b);
    CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
    start = edo_now();
    CHECK_EQ(edo_tls_connect_over(&s, a, HOST, e.client), -ETIMEDOUT);
    CHECK_EQ(ms_since(start), 10000); // by default
    edo_close(b);
    ends_free(&e);
    return 0;
}

static void handshake_has_a_limit(void **state) {
    (void)state;
    assert_int_equal(inside(waits_too_long, NULL), 0);
}

typedef struct chatter {
    edo_str text; /* that comes instead of a hello */
    bool to_client;
    int err;
    const char *said;
} chatter;

#define CLOSE_NOTIFY EDO_STR("\x15\x03\x03\0\2\1\0")

static int hears_other_things(void *arg) {
    const chatter rows[] = {
        { EDO_STR("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), false, -EDO_ETLS,
          "plain HTTP was sent to a TLS port" },
        { EDO_STR("SSH-2.0-OpenSSH_9.2\r\n"), false, -EDO_ETLS, "does not speak TLS here" },
        { EDO_STR("HTTP/1.1 400 Bad Request\r\n"), true, -EDO_ETLS, "does not speak TLS here" },
        { EDO_STR("\x16\x03\x01"), false, -EDO_ETRUNCATED,
          "the other end went away in the handshake" },
        { EDO_STR(""), false, -EDO_ETRUNCATED, "the other end went away in the handshake" },
        { EDO_STR(""), true, -EDO_ETRUNCATED, "the other end went away in the handshake" },
        { CLOSE_NOTIFY, false, -EDO_ETLS, "broke the rules of TLS" }, // before its hello
        { CLOSE_NOTIFY, true, -EDO_ETRUNCATED, "the other end went away in the handshake" },
    };
    (void)arg;
    ends e =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_stream *a, *b, *s;
        char said[512];
        CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
        CHECK_EQ(edo_write_all(b, rows[i].text.ptr, rows[i].text.len), 0);
        CHECK_EQ(edo_shutdown(b), 0);
        int err = rows[i].to_client ? edo_tls_connect_over(&s, a, HOST, e.client)
                                    : edo_tls_accept(&s, a, e.server);
        CHECK_EQ(err, rows[i].err);
        (void)edo_trail_print_text(said, sizeof said, rows[i].err, EDO_TRAIL_LINE);
        if (!strstr(said, rows[i].said)) edo_test_fail("row %zu: %s", i, said);
        edo_trail_clear();
        edo_close(b);
    }
    ends_free(&e);
    return 0;
}

static void what_is_not_tls_is_named(void **state) {
    (void)state;
    assert_int_equal(inside(hears_other_things, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_that_is_cut_off_is_told_from_its_end),
        cmocka_unit_test(what_was_written_before_a_close_arrives),
        cmocka_unit_test(peer_that_reads_nothing_is_given_up_after_a_close),
        cmocka_unit_test(handshake_has_a_limit),
        cmocka_unit_test(what_is_not_tls_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
