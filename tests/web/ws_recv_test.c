/* SPDX-License-Identifier: MIT */
/* Goal: the future form of a receive is the fiber's: it waits beside other things, and however
 * often it is dropped nothing is lost or doubled: no message, no part of one, no pong, no close.
 * Method: handlers that drop the future after each poll, and clients that write frames by hand. */
#include "ws_client.h"

#include <edo/async.h>
#include <edo/mpsc.h>
#include <edo/scope.h>
#include <edo/ws_client.h>

#include <stdlib.h>

/* What the handler saw last. */
static struct {
    int code;
    int drops;
    uint16_t close_code;
} seen;

/* Receives by futures of which each is dropped after one poll. */
static int recv_by_drops(edo_ws *ws, edo_ws_message *m) {
    for (;;) {
        edo_ws_recv_future f;
        edo_future *one[] = { edo_ws_recv_init(&f, ws, m) };
        int err = edo_select_array(one, 1, EDO_SELECT_NOWAIT);
        if (err != -EAGAIN) return err < 0 ? err : edo_result(&f);
        seen.drops++;
        if ((err = edo_sleep(edo_ms(1))) < 0) return err;
    }
}

/* Receives by futures that wait for a while. */
static int recv_by_limits(edo_ws *ws, edo_ws_message *m) {
    for (;;) {
        edo_ws_recv_future f;
        int err = edo_timeout(edo_ws_recv_init(&f, ws, m), edo_ms(1));
        if (err != -ETIMEDOUT || edo_ws_close_code(ws) != 0) return err;
        seen.drops++;
    }
}

static int recv_by_await(edo_ws *ws, edo_ws_message *m) {
    edo_ws_recv_future f;
    return edo_await(edo_ws_recv_init(&f, ws, m));
}

typedef int recv_fn(edo_ws *ws, edo_ws_message *m);

static recv_fn *receive;
static edo_ws_opts options;

static int note(edo_ws *ws, int code) {
    seen.code = code;
    seen.close_code = edo_ws_close_code(ws);
    return code == -EDO_ECLOSED ? 0 : code;
}

static int echo(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, &options);
    if (err < 0) return err;
    while ((err = receive(ws, &m)) == 0)
        if ((err = edo_ws_send(ws, &m)) < 0) break;
    return note(ws, err);
}

static void serve(web_served *s, edo_web_fn *handler) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", handler);
    memset(&seen, 0, sizeof seen);
    web_begin(s, r);
}

/* Only the last two wait, so that time passes for the peer. */
static recv_fn *const forms[] = { recv_by_drops, recv_by_limits, recv_by_await };

/* ---- Messages -------------------------------------------------------------------------------- */

static char large[200000];

/* In pieces, so that there are waits at each place of a frame. */
static void write_slowly(edo_stream *c, const char *bytes, size_t n, size_t piece) {
    for (size_t at = 0; at < n; at += piece) {
        CHECK_EQ(edo_write_all(c, bytes + at, n - at < piece ? n - at : piece), 0);
        CHECK_EQ(edo_sleep(edo_ms(2)), 0);
    }
}

static int messages(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(forms); i++) {
        web_served s = { .opts = { .state = NULL } };
        receive = forms[i];
        serve(&s, echo);
        edo_stream *c = upgraded(&s);
        for (size_t k = 0; k < sizeof large; k++) large[k] = (char)('a' + k % 26);
        size_t n = print_frame(wire, 0x01, "by", 2);
        n += print_frame(wire + n, PING, "te", 2);
        n += print_frame(wire + n, 0x80, "s\xc3\xa9", 3);
        n += print_frame(wire + n, TEXT, "", 0);
        n += print_frame(wire + n, BINARY, large, 300);
        write_slowly(c, wire, n, 1);
        expect(c, PONG, "te", 2);
        expect(c, TEXT, "bys\xc3\xa9", 5);
        expect(c, TEXT, "", 0);
        expect(c, BINARY, large, 300);
        n = print_frame(wire, BINARY, large, sizeof large);
        write_slowly(c, wire, n, 20000);
        expect(c, BINARY, large, sizeof large);
        for (n = 0; n < 300 * 8;) n += print_frame(wire + n, BINARY, "xy", 2); // beyond a budget
        CHECK_EQ(edo_write_all(c, wire, n), 0);
        for (int k = 0; k < 300; k++) expect(c, BINARY, "xy", 2);
        send_frame(c, CLOSE_, "\x0f\xa0", 2);
        expect_close(c, 4000);
        expect_end(c);
        CHECK_EQ(web_end(&s), 0);
        CHECK_EQ(seen.code, -EDO_ECLOSED);
        CHECK_EQ(seen.close_code, 4000);
        if (receive != recv_by_await) CHECK(seen.drops > 300);
    }
    return 0;
}

static void no_message_is_lost_by_a_drop(void **state) {
    (void)state;
    assert_int_equal(inside(messages, NULL), 0);
}

static int breach(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(forms); i++) {
        web_served s = { .opts = { .state = NULL } };
        receive = forms[i];
        serve(&s, echo);
        edo_stream *c = upgraded(&s);
        send_frame(c, TEXT, "\xff", 1);
        expect_close(c, 1007);
        expect_end(c);
        CHECK_EQ(web_end(&s), 0);
        CHECK_EQ(seen.code, -EILSEQ);
    }
    return 0;
}

/* A turn of the task for each 32 KiB, and a drop at each loses nothing. */
static int compressed(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(forms); i++) {
        web_served s = { .opts = { .state = NULL } };
        char url[64];
        edo_ws *ws;
        edo_ws_message m;
        receive = forms[i];
        options = (edo_ws_opts){ .deflate = true };
        memset(large, 'x', sizeof large);
        serve(&s, echo);
        (void)snprintf(url, sizeof url, "ws://%s/echo", s.http.address);
        EDO_TEST_OK(
            edo_ws_connect(&ws, edo_str_of(url), &(edo_ws_client_opts){ .socket = options }));
        for (int k = 0; k < 3; k++) {
            seen.drops = 0;
            EDO_TEST_OK(edo_ws_send_binary(ws, (edo_str){ large, sizeof large }));
            EDO_TEST_OK(edo_ws_recv(ws, &m));
            CHECK_EQ(m.data.len, sizeof large);
            CHECK(memcmp(m.data.ptr, large, sizeof large) == 0);
            if (receive == recv_by_drops) CHECK(seen.drops >= (int)(sizeof large >> 15));
        }
        CHECK_EQ(edo_ws_end(ws, 0), 0);
        CHECK_EQ(web_end(&s), 0);
        options = (edo_ws_opts){ .message_max = 0 };
    }
    return 0;
}

static void compressed_message_is_expanded_in_turns(void **state) {
    (void)state;
    assert_int_equal(inside_real(compressed, NULL), 0);
}

static void breach_is_answered_with_its_code(void **state) {
    (void)state;
    assert_int_equal(inside(breach, NULL), 0);
}

/* ---- Beside others --------------------------------------------------------------------------- */

static edo_mpsc_tx *news;

/* Tells what it is told, and what the peer says. */
static int both(edo_web *w) {
    edo_mpsc_rx *told;
    edo_ws *ws;
    int value, err = edo_ws_upgrade(&ws, w, NULL);
    if (err < 0) return err;
    EDO_TEST_OK(edo_mpsc_new(&news, &told, sizeof value, 4, NULL));
    while (err >= 0) {
        edo_ws_message m;
        edo_ws_recv_future said;
        edo_mpsc_recv_future next;
        switch (
            edo_select(edo_ws_recv_init(&said, ws, &m), edo_mpsc_recv_init(&next, told, &value))) {
        case 0:
            err = edo_result(&said);
            if (err == 0) err = edo_ws_send(ws, &m);
            break;
        case 1: err = edo_ws_send_text(ws, EDO_STR("news")); break;
        default: err = -EIO;
        }
    }
    edo_mpsc_rx_free(told);
    return note(ws, err);
}

static int beside(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve(&s, both);
    edo_stream *c = upgraded(&s);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    for (int i = 0; i < 10; i++) {
        int value = i;
        size_t n = print_frame(wire, TEXT, "hello", 5);
        CHECK_EQ(edo_write_all(c, wire, 4), 0); // a part of it is there when the news come
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        EDO_TEST_OK(edo_mpsc_send(news, &value));
        expect(c, TEXT, "news", 4);
        CHECK_EQ(edo_write_all(c, wire + 4, n - 4), 0);
        expect(c, TEXT, "hello", 5);
    }
    send_frame(c, CLOSE_, "\x03\xe8", 2);
    expect_close(c, 1000);
    expect_end(c);
    edo_mpsc_tx_unref(news);
    int err = web_end(&s);
    CHECK_EQ(seen.code, -EDO_ECLOSED);
    return err;
}

static void message_and_channel_are_waited_for_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(beside, NULL), 0);
}

/* A pong that has to wait for another sender, whose peer does not read. */
static int sends_large(void *arg) {
    return edo_ws_send_binary(arg, (edo_str){ large, sizeof large });
}

static int busy_sender(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    edo_scope scope;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err == 0) err = edo_ws_recv(ws, &m);
    if (err < 0) return err;
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < 40; i++) edo_scope_spawn(&scope, sends_large, ws);
    err = receive(ws, &m);
    if (err == 0) err = edo_ws_send(ws, &m);
    int sent = edo_scope_end(&scope, 0);
    return note(ws, err < 0 ? err : sent);
}

static int pong_in_line(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(forms); i++) {
        web_served s = { .opts = { .state = NULL } };
        static char got[sizeof large];
        int pongs = 0, large_n = 0;
        receive = forms[i];
        serve(&s, busy_sender);
        edo_stream *c = upgraded(&s);
        send_frame(c, TEXT, "begin", 5);
        CHECK_EQ(edo_sleep(edo_ms(10)), 0);
        send_frame(c, PING, "p", 1);
        send_frame(c, TEXT, "over", 4);
        CHECK_EQ(edo_sleep(edo_ms(50)), 0);
        for (unsigned first = 0; first != CLOSE_;) {
            size_t n = 0;
            first = hear_frame(c, got, &n);
            pongs += first == PONG;
            large_n += first == BINARY;
        }
        CHECK(pongs == 1 && large_n == 40);
        send_frame(c, CLOSE_, "\x03\xe8", 2);
        expect_end(c);
        CHECK_EQ(web_end(&s), 0);
        CHECK_EQ(seen.code, 0);
    }
    return 0;
}

static void pong_waits_for_its_turn_and_is_sent_once(void **state) {
    (void)state;
    assert_int_equal(inside(pong_in_line, NULL), 0);
}

/* ---- Time ------------------------------------------------------------------------------------ */

static int silence(void *arg) {
    (void)arg;
    for (size_t i = 1; i < EDO_COUNT(forms); i++) {
        web_served s = { .opts = { .state = NULL } };
        char byte;
        receive = forms[i];
        serve(&s, echo);
        edo_stream *c = upgraded(&s);
        edo_instant start = edo_now();
        expect(c, PING, "", 0);
        CHECK(ms_since(start) >= 30000 && ms_since(start) < 30100);
        send_frame(c, PONG, "", 0);
        expect(c, PING, "", 0);
        CHECK(ms_since(start) >= 60000 && ms_since(start) < 60200);
        CHECK_EQ(edo_read(c, &byte, 1), 0);
        CHECK_EQ(seen.code, -ETIMEDOUT);
        CHECK(ms_since(start) >= 70000);
        edo_close(c);
        CHECK_EQ(web_end(&s), 0);
    }
    return 0;
}

static void silent_peer_is_pinged_and_given_up(void **state) {
    (void)state;
    assert_int_equal(inside(silence, NULL), 0);
}

static int stall(void *arg) {
    (void)arg;
    for (size_t i = 1; i < EDO_COUNT(forms); i++) {
        web_served s = { .opts = { .state = NULL } };
        receive = forms[i];
        options = (edo_ws_opts){ .message_timeout = edo_ms(300) };
        serve(&s, echo);
        edo_stream *c = upgraded(&s);
        edo_instant start = edo_now();
        size_t n = print_frame(wire, TEXT, "hello", 5);
        CHECK_EQ(edo_write_all(c, wire, n - 1), 0);
        WAIT_FOR(seen.code != 0);
        CHECK_EQ(seen.code, -ETIMEDOUT);
        CHECK(ms_since(start) >= 300 && ms_since(start) < 400);
        edo_close(c);
        CHECK_EQ(web_end(&s), 0);
        options = (edo_ws_opts){ .message_max = 0 };
    }
    return 0;
}

static void peer_that_stalls_within_a_message_is_given_up(void **state) {
    (void)state;
    assert_int_equal(inside(stall, NULL), 0);
}

static int drained(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(forms); i++) {
        web_served s = { .opts = { .state = NULL } };
        receive = forms[i];
        serve(&s, echo);
        edo_stream *c = upgraded(&s);
        CHECK_EQ(edo_sleep(edo_ms(10)), 0);
        edo_task_cancel(s.http.task);
        expect_close(c, 1001);
        send_frame(c, CLOSE_, "\x03\xe9", 2);
        expect_end(c);
        CHECK_EQ(web_end(&s), 0);
        CHECK_EQ(seen.code, -EDO_ECLOSED);
        CHECK_EQ(seen.close_code, 1001);
    }
    return 0;
}

static void drain_ends_the_wait_with_1001(void **state) {
    (void)state;
    assert_int_equal(inside(drained, NULL), 0);
}

/* ---- Without a fiber ------------------------------------------------------------------------- */

/* A client that is a state machine: it counts what comes until the end. */
EDO_ASYNC(listener, edo_ws *ws; int *n; edo_ws_message m; edo_ws_recv_future recv;) {
    EDO_BEGIN;
    for (;;) {
        EDO_AWAIT(edo_ws_recv_init(&self->recv, self->ws, &self->m));
        if (edo_result(&self->recv) < 0)
            EDO_RETURN(edo_result(&self->recv) == -EDO_ECLOSED ? 0 : edo_result(&self->recv));
        CHECK_EQ(self->m.data.len, sizeof large);
        CHECK(memcmp(self->m.data.ptr, large, sizeof large) == 0);
        ++*self->n;
    }
    EDO_CLEANUP;
    EDO_END;
}

static int talks(edo_web *w) {
    edo_ws *ws;
    int err = edo_ws_upgrade(&ws, w, &(edo_ws_opts){ .deflate = true });
    for (int i = 0; i < 5 && err >= 0; i++)
        err = edo_ws_send_binary(ws, (edo_str){ large, sizeof large });
    return err < 0 ? err : edo_ws_shutdown(ws, 1000, EDO_STR(""));
}

static int state_machine(void *arg) {
    (void)arg;
    web_served s = { .opts = { .state = NULL } };
    char url[64];
    int n = 0;
    memset(large, 'x', sizeof large);
    serve(&s, talks);
    (void)snprintf(url, sizeof url, "ws://%s/echo", s.http.address);
    listener l = { .n = &n };
    EDO_TEST_OK(edo_ws_connect(&l.ws, edo_str_of(url),
                               &(edo_ws_client_opts){ .socket = { .deflate = true } }));
    edo_task *t = edo_spawn_future(listener_init(&l));
    CHECK(t != NULL);
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(n, 5);
    CHECK_EQ(edo_ws_end(l.ws, 0), 0);
    return web_end(&s);
}

static void state_machine_receives_without_a_fiber(void **state) {
    (void)state;
    assert_int_equal(inside_each(state_machine, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_message_is_lost_by_a_drop),
        cmocka_unit_test(compressed_message_is_expanded_in_turns),
        cmocka_unit_test(breach_is_answered_with_its_code),
        cmocka_unit_test(message_and_channel_are_waited_for_at_once),
        cmocka_unit_test(pong_waits_for_its_turn_and_is_sent_once),
        cmocka_unit_test(silent_peer_is_pinged_and_given_up),
        cmocka_unit_test(peer_that_stalls_within_a_message_is_given_up),
        cmocka_unit_test(drain_ends_the_wait_with_1001),
        cmocka_unit_test(state_machine_receives_without_a_fiber),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
