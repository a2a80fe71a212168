/* SPDX-License-Identifier: MIT */
/* Goal: an end that is not orderly is told from one that is; what is not TLS is named; a peer that
 * does not go on does not hold anybody up; what was written before a close arrives.
 * Method: a stream between both ends that the test cuts, damages or stops; a paused clock. */
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
    const char *text; /* that comes instead of a hello */
    int err;
    const char *said;
} chatter;

static int hears_other_things(void *arg) {
    static const chatter rows[] = {
        { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", -EDO_ETLS, "plain HTTP was sent to a TLS port" },
        { "SSH-2.0-OpenSSH_9.2\r\n", -EDO_ETLS, "does not speak TLS here" },
        { "\x16\x03\x01", -EDO_ETRUNCATED, "the other end went away in the handshake" },
        { "", -EDO_ETRUNCATED, "the other end went away in the handshake" },
    };
    (void)arg;
    ends e =
        ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_stream *a, *b, *s;
        char said[512];
        CHECK_EQ(edo_duplex(&a, &b, 65536), 0);
        CHECK_EQ(edo_write_all(b, rows[i].text, strlen(rows[i].text)), 0);
        CHECK_EQ(edo_shutdown(b), 0);
        CHECK_EQ(edo_tls_accept(&s, a, e.server), rows[i].err);
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

/* ---- Bytes on their way ---------------------------------------------------------------------- */

/* What the stream in the middle does to the bytes from the client to the server. */
typedef enum harm { HARM_CUT, HARM_RESET, HARM_FLIP, HARM_STALL } harm;

typedef struct middle {
    edo_stream *from, *to;
    size_t at; /* the byte at which the harm is done */
    harm harm;
    size_t passed;
} middle;

static int passes_bytes(void *arg) {
    middle *m = arg;
    char byte;
    int n;
    while ((n = edo_read(m->from, &byte, 1)) > 0) {
        if (m->passed == m->at && m->harm == HARM_CUT) break;
        if (m->passed == m->at && m->harm == HARM_STALL) (void)edo_sleep(edo_s(60));
        if (m->passed == m->at && m->harm == HARM_RESET) {
            edo_close(edo_stream_ref(m->from));
            break;
        }
        if (m->passed == m->at && m->harm == HARM_FLIP) byte ^= 0x40;
        m->passed++;
        if (edo_write_all(m->to, &byte, 1) < 0) break;
    }
    (void)edo_shutdown(m->to);
    return 0;
}

typedef struct exchange {
    const ends *ends;
    edo_stream *below;
    int err;
} exchange;

/* The server: a handshake, a line, a reply. */
static int serves_line(void *arg) {
    exchange *x = arg;
    edo_stream *s;
    char line[5];
    x->err = edo_tls_accept(&s, x->below, x->ends->server);
    if (x->err < 0) return 0;
    edo_deadline d = edo_deadline_begin(edo_s(20)); // a length that was changed is waited for
    x->err = edo_deadline_end(&d, edo_read_exact(s, line, sizeof line));
    if (x->err == 0) CHECK_EQ(memcmp(line, "line\n", 5), 0); // never another text
    if (x->err == 0) x->err = edo_write_all(s, "reply", 5);
    if (x->err == 0) x->err = edo_shutdown(s);
    edo_close(s);
    return 0;
}

/* An exchange with harm at byte `at` of what the client sends. Returns how many bytes passed. */
static size_t exchange_with(const ends *e, harm what, size_t at) {
    edo_stream *client, *near, *far, *server, *s;
    CHECK_EQ(edo_duplex(&client, &near, 65536), 0);
    CHECK_EQ(edo_duplex(&far, &server, 65536), 0);
    middle there = { near, far, at, what, 0 }, back = { far, near, SIZE_MAX, HARM_CUT, 0 };
    exchange x = { .ends = e, .below = server };
    edo_task *tasks[] = { edo_spawn(passes_bytes, &there), edo_spawn(passes_bytes, &back),
                          edo_spawn(serves_line, &x) };
    char reply[5];
    int err = edo_tls_connect_over(&s, client, HOST, e->client);
    bool is_made = err == 0;
    if (err == 0) err = edo_write_all(s, "line\n", 5);
    edo_deadline d = edo_deadline_begin(edo_s(20));
    if (err == 0) err = edo_read_exact(s, reply, sizeof reply);
    err = edo_deadline_end(&d, err);
    if (err == 0) err = edo_shutdown(s);
    if (is_made) edo_close(s);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    if (at == SIZE_MAX) CHECK(err == 0 && x.err == 0);
    edo_close(near);
    edo_close(far);
    edo_trail_clear();
    return there.passed;
}

typedef struct harms {
    harm what;
    edo_tls_version version;
    size_t step;
} harms;

static int is_harmed_everywhere(void *arg) {
    const harms *row = arg;
    ends e = ends_make((edo_tls_server_opts){ .version_max = row->version },
                       (edo_tls_client_opts){ .roots = NULL });
    size_t all = exchange_with(&e, row->what, SIZE_MAX);
    CHECK(all > 300);
    for (size_t at = 0; at < all; at += row->step) (void)exchange_with(&e, row->what, at);
    ends_free(&e);
    return 0;
}

static void harm_at_any_byte_ends_the_exchange_and_never_changes_a_text(void **state) {
    (void)state;
    static const harms rows[] = {
        { HARM_CUT, EDO_TLS_1_3, 1 },   { HARM_CUT, EDO_TLS_1_2, 1 },
        { HARM_RESET, EDO_TLS_1_3, 1 }, { HARM_FLIP, EDO_TLS_1_3, 1 },
        { HARM_FLIP, EDO_TLS_1_2, 1 },  { HARM_STALL, EDO_TLS_1_3, 7 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(inside(is_harmed_everywhere, (void *)(uintptr_t)&rows[i]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_that_is_cut_off_is_told_from_its_end),
        cmocka_unit_test(what_was_written_before_a_close_arrives),
        cmocka_unit_test(peer_that_reads_nothing_is_given_up_after_a_close),
        cmocka_unit_test(handshake_has_a_limit),
        cmocka_unit_test(what_is_not_tls_is_named),
        cmocka_unit_test(harm_at_any_byte_ends_the_exchange_and_never_changes_a_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
