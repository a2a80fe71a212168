/* SPDX-License-Identifier: MIT */
/* Goal: a WebSocket ends in bounded time, whatever its peer does or leaves undone, and other tasks
 * run meanwhile.
 * Method: clients that do not read, do not stop, or leave as browsers do; time that passes only
 * when no task can run. */
#include "../http/tcp_server.h"
#include "ws_ended.h"

#include <edo/scope.h>
#include <edo/streams.h>
#include <edo/task.h>
#include <edo/ws_client.h>

/* Much input can wait at the server: as from a peer that is faster than it. */
static void widen(web_served *s) {
    s->http.pipe_bytes = 2u << 20;
}

/* Writes frames and reads nothing, until the server takes no more. Returns their bytes. */
static size_t flood(edo_stream *c, unsigned first, size_t payload_n) {
    static const char payload[65536];
    size_t n = print_frame(wire, first, payload, payload_n), at = 0, total = 0;
    for (int idle = 0; idle < 20;) {
        int done = edo_try_write(c, wire + at, n - at);
        if (done < 0) {
            CHECK_EQ(done, -EAGAIN);
            CHECK_EQ(edo_sleep(edo_ms(1)), 0);
            idle++;
            continue;
        }
        idle = 0;
        at = (at + (size_t)done) % n;
        total += (size_t)done;
    }
    return total;
}

/* ---- Peers that do not read ------------------------------------------------------------------ */

static int unread(void *first) {
    web_served s = { .opts = { .state = NULL } };
    serve_one(&s, echo);
    edo_stream *c = upgraded(&s);
    edo_instant start = edo_now();
    CHECK(flood(c, (unsigned)*(int *)first, 125) > 10000);
    wait_for_end(start, 60000);
    CHECK_EQ(ended.code, -ETIMEDOUT);
    edo_close(c);
    return web_end(&s);
}

static void peer_that_does_not_read_is_given_up(void **state) {
    int kinds_of_frames[] = { TEXT, PING };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(kinds_of_frames); i++)
        assert_int_equal(inside(unread, &kinds_of_frames[i]), 0);
}

/* Writes the rest of the frame that is in `wire`. */
static void say_rest(edo_stream *c, size_t done, size_t all) {
    CHECK_EQ(edo_write_all(c, wire + done, all - done), 0);
}

static bool goes_on;

/* Receives with a limit until that passes, and later sends. */
static int limited(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err < 0) return err;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    CHECK_EQ(edo_deadline_end(&d, edo_ws_recv(ws, &m)), -ETIMEDOUT);
    goes_on = true;
    do err = edo_ws_recv(ws, &m);
    while (err == 0 && (err = edo_ws_send(ws, &m)) == 0);
    return over(err == -EDO_ECLOSED ? 0 : err);
}

static int cut_pong(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    char payload[125], none[125] = { 0 };
    size_t n;
    (void)arg;
    goes_on = false;
    serve_one(&s, limited);
    edo_stream *c = upgraded(&s);
    size_t frame = 6 + sizeof payload, flooded_n = flood(c, PING, sizeof payload), pongs = 0;
    CHECK_EQ(edo_sleep(edo_ms(1500)), 0); // a pong that went out in part is finished
    for (; pongs < flooded_n / frame; pongs++) {
        CHECK_EQ(hear_frame(c, payload, &n), PONG);
        CHECK(n == sizeof payload && memcmp(payload, none, n) == 0);
    }
    CHECK(goes_on);
    if (flooded_n % frame > 0) { // the last ping has arrived in part
        say_rest(c, flooded_n % frame, frame);
        expect(c, PONG, none, sizeof none);
    }
    send_frame(c, TEXT, "on", 2);
    expect(c, TEXT, "on", 2);
    edo_close(c);
    return web_end(&s);
}

static void receive_that_is_cut_short_loses_no_pong(void **state) {
    (void)state;
    assert_int_equal(inside(cut_pong, NULL), 0);
}

/* Receives with a limit each millisecond. */
static int impatient(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err >= 0) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1));
        err = edo_deadline_end(&d, edo_ws_recv(ws, &m));
        if (err == 0) err = edo_ws_send(ws, &m);
        if (err == -ETIMEDOUT && edo_ws_close_code(ws) == 0) err = 0;
    }
    return over(err == -EDO_ECLOSED ? 0 : err);
}

static int cut_anywhere(void *arg) {
    static char text[2000];
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_one(&s, impatient);
    edo_stream *c = upgraded(&s);
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 26);
    size_t n = print_frame(wire, 0x01, text, 700);
    n += print_frame(wire + n, PING, "between", 7);
    n += print_frame(wire + n, 0x00, text + 700, 500);
    n += print_frame(wire + n, 0x80, text + 1200, 800);
    for (size_t i = 0; i < n; i++) {
        CHECK_EQ(edo_write_all(c, wire + i, 1), 0);
        CHECK_EQ(edo_sleep(edo_us(i % 3 == 0 ? 2100 : 100)), 0);
    }
    expect(c, PONG, "between", 7);
    expect(c, TEXT, text, sizeof text);
    edo_close(c);
    return web_end(&s);
}

static void receive_that_is_cut_short_keeps_what_has_come(void **state) {
    (void)state;
    assert_int_equal(inside(cut_anywhere, NULL), 0);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int leaving(void *arg) {
    static const char *const codes[] = { "\x03\xe8", "\x03\xe9", "\x0f\xa0" }; // 1000, 1001, 4000
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_one(&s, echo);
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        edo_stream *c = upgraded(&s);
        edo_instant start = edo_now();
        send_frame(c, CLOSE_, codes[i], 2);
        expect(c, CLOSE_, codes[i], 2);
        expect_end(c);
        CHECK_EQ(ms_since(start), 0); // the server closes first
    }
    return web_end(&s);
}

static void connection_ends_with_the_close_of_the_peer(void **state) {
    (void)state;
    assert_int_equal(inside(leaving, NULL), 0);
}

static char large[8 << 20];

static struct {
    bool is_cut;    /* the large frame was cut short */
    bool may_go_on; /* the handler may receive */
} halved;

/* Nothing may follow the part of a frame that has left. */
static int cut_send(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    edo_ws_frame *f;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err == 0) err = edo_ws_recv(ws, &m);
    if (err < 0) return err;
    CHECK_EQ(edo_ws_frame_new(&f, &m), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    err = edo_ws_send_binary(ws, (edo_str){ large, sizeof large });
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    CHECK_EQ(edo_ws_send_text(ws, EDO_STR("more")), -EPIPE);
    CHECK_EQ(edo_ws_post(ws, f), -EPIPE);
    CHECK_EQ(edo_ws_close(ws, 4000, EDO_STR("")), -EPIPE);
    edo_ws_frame_unref(f);
    halved.is_cut = true;
    WAIT_FOR(halved.may_go_on);
    return over(edo_ws_recv(ws, &m));
}

/* Sends a ping, which cannot have its pong, after the frame was cut, or while it is being sent. */
static int half_sent(void *is_late) {
    static char got[65536];
    web_served s = { .http.tcp = SMALL_BUFFERS };
    bool is_fine = true;
    size_t total = 0;
    int n;
    serve_one(&s, cut_send);
    halved.is_cut = halved.may_go_on = false;
    memset(large, 'L', sizeof large);
    edo_stream *c = upgraded(&s);
    send_frame(c, TEXT, "begin", 5);
    CHECK_EQ(edo_read_exact(c, got, 10), 0); // a part of the frame has left
    if (!is_late) send_frame(c, PING, "p", 1);
    PASS_UNTIL(halved.is_cut);
    // the connection has been reset, since the rest of the frame cannot come any more
    if (is_late) CHECK_EQ(edo_write_all(c, wire, print_frame(wire, PING, "p", 1)), -ECONNRESET);
    halved.may_go_on = true;
    while ((n = edo_read(c, got, sizeof got)) > 0) {
        for (int i = 0; i < n; i++) is_fine = is_fine && got[i] == 'L';
        total += (size_t)n;
    }
    CHECK_EQ(n, -ECONNRESET);
    CHECK(is_fine && total > 0 && total < sizeof large);
    WAIT_FOR(ended.is_over);
    CHECK_EQ(ended.code, -ECONNABORTED);
    edo_close(c);
    return serve_end_by_hand(&s.http);
}

static void nothing_follows_a_frame_that_was_cut_short(void **state) {
    assert_int_equal(inside_by_hand(half_sent, NULL), 0);
    assert_int_equal(inside_by_hand(half_sent, state), 0);
}

static int sends_large(void *ws) {
    return edo_ws_send_binary(ws, (edo_str){ large, sizeof large });
}

static int sends_for_a_second(void *ws) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    CHECK_EQ(edo_deadline_end(&d, sends_large(ws)), -ETIMEDOUT);
    return 0;
}

/* Receives while a send of another task is cut short. */
static int told(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    edo_scope scope;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err < 0) return err;
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, sends_for_a_second, ws);
    err = over(edo_ws_recv(ws, &m));
    CHECK_EQ(edo_scope_end(&scope, 0), 0);
    return err;
}

static edo_ws *detached; /* counted */

static int keeps(edo_ws *ws) {
    detached = edo_ws_ref(ws);
    return 0;
}

static int drops(edo_ws *ws, const edo_ws_message *m) {
    (void)ws, (void)m;
    return 0;
}

static void is_over(edo_ws *ws) {
    over(edo_ws_close_code(ws) == EDO_WS_CLOSE_ABNORMAL ? -ECONNABORTED : 0);
}

static int told_as_functions(edo_web *w) {
    static const edo_ws_handler handler = { .on_open = keeps,
                                            .on_message = drops,
                                            .on_close = is_over };
    return edo_ws_handle(w, &handler, NULL, NULL);
}

static int cut_beside(void *arg) {
    edo_web_fn *const forms[] = { told, told_as_functions };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(forms); i++) {
        web_served s = { .opts = { .state = NULL } };
        serve_one(&s, forms[i]);
        edo_stream *c = upgraded(&s);
        edo_instant start = edo_now();
        if (forms[i] == told_as_functions) {
            YIELD_FOR(detached);
            CHECK_EQ(sends_for_a_second(detached), 0);
            edo_ws_unref(detached);
        }
        wait_for_end(start, 3000); // long before a ping: the rest has a second
        CHECK_EQ(ended.code, -ECONNABORTED);
        edo_close(c);
        CHECK_EQ(web_end(&s), 0);
    }
    return 0;
}

static void receiver_hears_at_once_of_a_send_that_was_cut_short(void **state) {
    (void)state;
    assert_int_equal(inside(cut_beside, NULL), 0);
}

static int sends_on(edo_web *w) {
    edo_ws *ws;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err < 0) return err;
    EDO_DEADLINE(d, edo_s(1));
    CHECK_EQ(edo_deadline_end(&d, sends_large(ws)), 0);
    return over(edo_ws_send_text(ws, EDO_STR("on")));
}

/* The client begins to read when the send is cut: it gets the rest of the frame, the next one, and
 * the close. */
static int cut_and_read(void *arg) {
    static const char last[] = "\x81\2on\x88\2\3\xe8";
    static char piece[65536 + sizeof last];
    web_served s = { .opts = { .state = NULL } };
    size_t total = 0, kept = 0;
    int n = 1;
    (void)arg;
    serve_one(&s, sends_on);
    edo_stream *c = upgraded(&s);
    CHECK_EQ(edo_sleep(edo_ms(1100)), 0);
    while (n > 0 && (kept < sizeof last - 1 || memcmp(piece, last, sizeof last - 1) != 0)) {
        n = edo_read(c, piece + kept, sizeof piece - kept);
        if (n > 0) kept += (size_t)n;
        if (n > 0) total += (size_t)n;
        if (kept < sizeof last) continue;
        memmove(piece, piece + kept - sizeof last + 1, sizeof last - 1);
        kept = sizeof last - 1;
    }
    CHECK(n > 0 && total > sizeof large / 2); // some had come with the head
    edo_close(c);
    return web_end(&s);
}

static void rest_of_a_frame_that_was_cut_short_goes_out(void **state) {
    (void)state;
    assert_int_equal(inside(cut_and_read, NULL), 0);
}

static bool naps;

/* Takes 40 KiB at a time, and naps in between. */
static int takes_slowly(edo_web *w) {
    edo_ws *ws;
    edo_ws_message piece;
    bool is_last;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err == 0) {
        if (naps) CHECK_EQ(edo_sleep(edo_ms(20)), 0);
        err = edo_ws_recv_piece(ws, &piece, &is_last);
    }
    return over(err);
}

/* A client's frame is masked, and so written, in many parts: all of them have the one second. */
static int cut_of_a_client(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_ws *ws;
    (void)arg;
    naps = true;
    serve_one(&s, takes_slowly);
    CHECK_EQ(edo_ws_connect_over(&ws, client_of(&s.http), EDO_STR("ws://x/echo"), NULL), 0);
    const edo_instant start = edo_now();
    EDO_DEADLINE(d, edo_ms(500));
    CHECK_EQ(edo_deadline_end(&d, sends_large(ws)), -ETIMEDOUT);
    CHECK(ms_since(start) >= 1400 && ms_since(start) <= 1600);
    CHECK_EQ(edo_ws_send_text(ws, EDO_STR("x")), -EPIPE);
    naps = false;
    (void)edo_ws_end(ws, -EPIPE);
    wait_for_end(start, 60000);
    return web_end(&s);
}

static void rest_of_a_client_s_frame_has_one_second_in_all(void **state) {
    (void)state;
    assert_int_equal(inside(cut_of_a_client, NULL), 0);
}

/* Meets the peer's close while another task sends. */
static int busy_sender(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    edo_scope scope;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err == 0) err = edo_ws_recv(ws, &m);
    if (err < 0) return err;
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, sends_large, ws);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    err = edo_deadline_end(&d, edo_ws_recv(ws, &m));
    CHECK_EQ(err, -EDO_ECLOSED);
    return over(edo_scope_end(&scope, 0));
}

static int cut_close(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    static char got[sizeof large];
    size_t n = 0;
    (void)arg;
    serve_one(&s, busy_sender);
    edo_stream *c = upgraded(&s);
    send_frame(c, TEXT, "begin", 5);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    send_frame(c, CLOSE_, "\x03\xe8", 2);
    CHECK_EQ(edo_sleep(edo_s(2)), 0);
    CHECK_EQ(hear_frame(c, got, &n), BINARY);
    CHECK_EQ(n, sizeof large);
    expect_close(c, 1000);
    expect_end(c);
    CHECK_EQ(ended.code, 0);
    return web_end(&s);
}

static void close_is_sent_although_its_receive_was_cut_short(void **state) {
    (void)state;
    assert_int_equal(inside(cut_close, NULL), 0);
}

static int sleeper(edo_web *w) {
    edo_ws *ws;
    int err = edo_ws_upgrade(&ws, w, NULL);
    return over(err < 0 ? err : edo_sleep(edo_s(3600)));
}

static int deaf_drain(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_one(&s, sleeper);
    edo_stream *c = upgraded(&s);
    edo_instant start = edo_now();
    edo_task_cancel(s.http.task);
    expect_close(c, 1001); // and the client says nothing
    expect_end(c);
    CHECK_EQ(ended.code, -ECANCELED);
    int err = web_end(&s);
    CHECK(ms_since(start) < 25000); // of which 20 s are the drain's: the handler was not given up
    return err;
}

static void cancelled_handler_has_its_close_within_the_drain(void **state) {
    (void)state;
    assert_int_equal(inside(deaf_drain, NULL), 0);
}

/* ---- Keep-alive ------------------------------------------------------------------------------ */

/* Looks after something each second. */
static int ticker(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err >= 0) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_s(1));
        err = edo_deadline_end(&d, edo_ws_recv(ws, &m));
        if (err == -ETIMEDOUT && edo_ws_close_code(ws) == 0) err = 0;
        if (ms_since(ended.at) > 120000) err = -EIO;
    }
    return over(err);
}

static int ticking(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    char byte;
    (void)arg;
    serve_one(&s, ticker);
    edo_instant start = ended.at = edo_now();
    edo_stream *c = upgraded(&s);
    expect(c, PING, "", 0);
    CHECK(ms_since(start) >= 30000 && ms_since(start) < 31000);
    CHECK_EQ(edo_read(c, &byte, 1), 0);
    CHECK(ms_since(start) >= 40000 && ms_since(start) < 41000);
    CHECK_EQ(ended.code, -ETIMEDOUT);
    edo_close(c);
    return web_end(&s);
}

static void silent_peer_is_given_up_although_receives_are_cut_short(void **state) {
    (void)state;
    assert_int_equal(inside(ticking, NULL), 0);
}

/* Receives for a second, and does something else for a minute, in turn. */
static int often_away(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err >= 0) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_s(1));
        err = edo_deadline_end(&d, edo_ws_recv(ws, &m));
        if (err == 0) break;
        if (err == -ETIMEDOUT && edo_ws_close_code(ws) == 0) err = edo_sleep(edo_s(60));
    }
    return over(err == 0 ? edo_ws_send(ws, &m) : err);
}

static int away(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_one(&s, often_away);
    edo_stream *c = upgraded(&s);
    size_t n = print_frame(wire, TEXT, "hello", 5);
    edo_instant start = edo_now();
    for (size_t i = 0; i < n; i++) { // a byte for each of its turns
        CHECK_EQ(edo_write_all(c, wire + i, 1), 0);
        CHECK_EQ(edo_sleep(edo_s(61)), 0);
    }
    CHECK(ms_since(start) > 300000);
    expect(c, TEXT, "hello", 5);
    CHECK_EQ(ended.code, 0);
    edo_close(c);
    return web_end(&s);
}

static void message_has_its_time_beside_that_of_the_handler(void **state) {
    (void)state;
    assert_int_equal(inside(away, NULL), 0);
}

/* Says a byte of a message without an end each two seconds. */
static int trickle(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_one(&s, ticker);
    edo_stream *c = upgraded(&s);
    size_t n = print_frame(wire, TEXT, large, 100), head_n = n - 100;
    edo_instant start = ended.at = edo_now();
    CHECK_EQ(edo_write_all(c, wire, head_n), 0);
    for (size_t i = head_n; i < n && !ended.is_over; i++) {
        CHECK_EQ(edo_write_all(c, wire + i, 1), 0);
        CHECK_EQ(edo_sleep(edo_s(2)), 0);
    }
    CHECK(ended.is_over && ms_since(start) >= 30000 && ms_since(start) < 40000);
    CHECK_EQ(ended.code, -ETIMEDOUT);
    edo_close(c);
    return web_end(&s);
}

static void message_that_trickles_ends_although_receives_are_cut_short(void **state) {
    (void)state;
    assert_int_equal(inside(trickle, NULL), 0);
}

/* ---- Turns ----------------------------------------------------------------------------------- */

static struct {
    bool is_ready;  /* all input has arrived: the handler may read it */
    bool may_go_on; /* after the first message */
    bool have_others_run;
    size_t messages_n;
} flooded;

/* Reads all, and looks whether others have had a turn before the last message. */
static int counts(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    YIELD_FOR(flooded.is_ready);
    for (flooded.messages_n = 0; err >= 0 && (err = edo_ws_recv(ws, &m)) == 0;) {
        flooded.messages_n++;
        YIELD_FOR(flooded.may_go_on);
        if (flooded.messages_n == 1) flooded.have_others_run = false;
        if (m.kind == EDO_WS_TEXT) break;
    }
    return over(err < 0 ? err : flooded.have_others_run ? 0 : -EBUSY);
}

#define FRAMES 40000

static int others_n;

static int others(void *arg) {
    (void)arg;
    while (!ended.is_over) {
        flooded.have_others_run = true;
        others_n++;
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

#define MESSAGES 150000

/* Sends messages without bytes, and a text, to a handler that does not read yet. */
static edo_stream *flooding(web_served *s) {
    static char many[6 * MESSAGES + 9];
    size_t n = 0;
    flooded.is_ready = flooded.may_go_on = false;
    flooded.messages_n = 0;
    for (int i = 0; i < MESSAGES; i++) n += print_frame(many + n, BINARY, "", 0);
    n += print_frame(many + n, TEXT, "end", 3);
    serve_one(s, counts);
    widen(s);
    edo_stream *c = upgraded(s);
    for (size_t at = 0; at < n;) {
        int done = edo_try_write(c, many + at, n - at);
        CHECK(done > 0 || done == -EAGAIN);
        if (done > 0) at += (size_t)done;
        CHECK_EQ(edo_yield(), 0);
    }
    return c;
}

static int unfair(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    edo_stream *c = flooding(&s);
    edo_task *t = edo_spawn(others, NULL);
    CHECK(t != NULL);
    flooded.is_ready = flooded.may_go_on = true;
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(ended.code, 0);
    edo_close(c);
    return web_end(&s);
}

static void flood_of_frames_leaves_others_their_turns(void **state) {
    (void)state;
    assert_int_equal(inside(unfair, NULL), 0);
}

/* Reads one message, of many frames. */
static int gathers(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    YIELD_FOR(flooded.is_ready);
    others_n = 0;
    if (err >= 0) err = edo_ws_recv(ws, &m);
    return over(err);
}

/* Many frames without bytes, within one message, arrive before they are read. */
static int frames_in_turns(void *arg) {
    static char many[6 * FRAMES + 32];
    web_served s = { .opts = { .state = NULL } };
    size_t n = print_frame(many, 0x01, "a", 1);
    for (int i = 0; i < FRAMES; i++) n += print_frame(many + n, *(unsigned *)arg, "", 0);
    n += print_frame(many + n, 0x80, "b", 1);
    flooded.is_ready = false;
    serve_one(&s, gathers);
    widen(&s);
    edo_stream *c = upgraded(&s);
    CHECK_EQ(edo_write_all(c, many, n), 0);
    edo_task *t = edo_spawn(others, NULL);
    CHECK(t != NULL);
    flooded.is_ready = true;
    CHECK_EQ(edo_task_join(t), 0);
    CHECK_EQ(ended.code, 0);
    CHECK(others_n >= FRAMES / 130);
    edo_close(c);
    return web_end(&s);
}

static void frames_that_came_together_leave_others_their_turns(void **state) {
    unsigned kinds_of_frames[] = { 0x00, PING, 0x8a };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(kinds_of_frames); i++)
        assert_int_equal(inside(frames_in_turns, &kinds_of_frames[i]), 0);
}

static int busy_drain(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    edo_stream *c = flooding(&s);
    flooded.is_ready = true;
    YIELD_FOR(flooded.messages_n > 0);
    edo_task_cancel(s.http.task);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    flooded.may_go_on = true;
    expect_close(c, 1001);
    CHECK(flooded.messages_n < MESSAGES);
    edo_close(c);
    return web_end(&s);
}

static void drain_is_seen_although_the_peer_does_not_stop(void **state) {
    (void)state;
    assert_int_equal(inside(busy_drain, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_that_does_not_read_is_given_up),
        cmocka_unit_test(receive_that_is_cut_short_loses_no_pong),
        cmocka_unit_test(receive_that_is_cut_short_keeps_what_has_come),
        cmocka_unit_test(nothing_follows_a_frame_that_was_cut_short),
        cmocka_unit_test(receiver_hears_at_once_of_a_send_that_was_cut_short),
        cmocka_unit_test(rest_of_a_frame_that_was_cut_short_goes_out),
        cmocka_unit_test(rest_of_a_client_s_frame_has_one_second_in_all),
        cmocka_unit_test(connection_ends_with_the_close_of_the_peer),
        cmocka_unit_test(close_is_sent_although_its_receive_was_cut_short),
        cmocka_unit_test(drain_is_seen_although_the_peer_does_not_stop),
        cmocka_unit_test(cancelled_handler_has_its_close_within_the_drain),
        cmocka_unit_test(silent_peer_is_given_up_although_receives_are_cut_short),
        cmocka_unit_test(message_has_its_time_beside_that_of_the_handler),
        cmocka_unit_test(message_that_trickles_ends_although_receives_are_cut_short),
        cmocka_unit_test(flood_of_frames_leaves_others_their_turns),
        cmocka_unit_test(frames_that_came_together_leave_others_their_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
