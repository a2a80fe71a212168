/* SPDX-License-Identifier: MIT */
/* Goal: a message may come and go in pieces, beyond the limit of whole ones, and nothing mixes with
 * it.
 * Method: a server that says each piece again as it comes, and clients that cut messages in all
 * ways. */
#include "ws_client.h"

#include <edo/scope.h>
#include <edo/task.h>
#include <edo/time.h>

#define LONG ((size_t)3 << 20)

static int ended;
static edo_ws *shared; /* counted */

static int piecewise(edo_web *w) {
    edo_ws *ws;
    edo_ws_message piece;
    bool is_last = false;
    int err = edo_ws_upgrade(&ws, w, &(edo_ws_opts){ .message_max = 1000 });
    if (err < 0) return err;
    shared = edo_ws_ref(ws);
    while (err == 0 && (err = edo_ws_recv_piece(ws, &piece, &is_last)) == 0) {
        CHECK(piece.data.len <= (40u << 10));
        err = edo_ws_send_piece(ws, &piece, is_last);
        if (err == 0 && !is_last) {
            CHECK_EQ(edo_ws_send_text(ws, EDO_STR("between")), -EBUSY);
            edo_ws_message other = { piece.kind == EDO_WS_TEXT ? EDO_WS_BINARY : EDO_WS_TEXT,
                                     EDO_STR("") };
            CHECK_EQ(edo_ws_send_piece(ws, &other, false), -EINVAL);
        }
    }
    ended = err;
    return err == -EDO_ECLOSED ? 0 : err;
}

static char text[LONG], back[LONG + 100];

/* Gathers the frames of a message, and returns how many there were. */
static int hear_message(edo_stream *c, unsigned kind, size_t *n) {
    int frames = 0;
    unsigned first = 0;
    for (*n = 0; !(first & 0x80); frames++) {
        size_t some;
        first = hear_frame(c, back + *n, &some);
        CHECK_EQ(first & 0x0f, frames == 0 ? kind : 0);
        *n += some;
    }
    return frames;
}

static int writes_long(void *c) {
    static char frame[14];
    size_t n = print_frame(frame, BINARY, "", 0) - 4;
    frame[1] = (char)0xff;
    for (int i = 0; i < 8; i++) frame[n++] = (char)((uint64_t)LONG >> (56 - 8 * i));
    memcpy(frame + n, "\0\0\0\0", 4);
    CHECK_EQ(edo_write_all(c, frame, n + 4), 0);
    CHECK_EQ(edo_write_all(c, text, LONG), 0);
    return 0;
}

static int pieces(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    size_t n;
    (void)arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", piecewise);
    web_begin(&s, r);
    edo_stream *c = upgraded(&s);
    for (size_t i = 0; i < LONG; i++) text[i] = (char)('a' + i * i % 26);
    edo_task *writer = edo_spawn(writes_long, c); // above message_max, in one frame
    CHECK(hear_message(c, 2, &n) > 10);
    CHECK(n == LONG && memcmp(back, text, LONG) == 0);
    CHECK_EQ(edo_task_join(writer), 0);
    send_frame(c, 0x01, "a\xc3", 2); // within a character
    send_frame(c, PING, "p", 1);
    expect(c, 0x01, "a\xc3", 2);
    expect(c, PONG, "p", 1);
    edo_ws_frame *f;
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_TEXT, EDO_STR("posted") }), 0);
    CHECK_EQ(edo_ws_post(shared, f), 0);
    edo_ws_frame_unref(f);
    send_frame(c, 0x00, "", 0);
    send_frame(c, 0x80, "\xa9", 1);
    expect(c, 0x80, "\xa9", 1);
    expect(c, TEXT, "posted", 6); // behind the message
    send_frame(c, TEXT, "", 0);
    expect(c, TEXT, "", 0);
    send_frame(c, 0x01, "\xc3", 1);
    expect(c, 0x01, "\xc3", 1);
    send_frame(c, 0x80, "x", 1);
    expect_close(c, 1007);
    expect_end(c);
    WAIT_FOR_EQ(ended, -EILSEQ);
    edo_ws_unref(shared);
    return web_end(&s);
}

static void long_message_comes_and_goes_in_pieces(void **state) {
    (void)state;
    assert_int_equal(inside(pieces, NULL), 0);
}

/* ---- Ends and cuts --------------------------------------------------------------------------- */

static void serve_one(web_served *s, edo_web_fn *fn) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", fn);
    web_begin(s, r);
}

/* Closes a socket whose message is not at its end, behind a frame that has to wait for that. */
static int closes_within(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    edo_ws_frame *f;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err == 0) err = edo_ws_recv(ws, &m);
    if (err < 0) return err;
    CHECK_EQ(edo_ws_send_piece(ws, &m, false), 0);
    CHECK_EQ(edo_ws_frame_new(&f, &m), 0);
    CHECK_EQ(edo_ws_post(ws, f), 0);
    edo_ws_frame_unref(f);
    CHECK_EQ(edo_ws_close(ws, 4000, EDO_STR("enough")), 0);
    CHECK_EQ(edo_ws_send_piece(ws, &m, true), -EDO_ECLOSED);
    err = edo_ws_recv(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int closed_within(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    serve_one(&s, closes_within);
    edo_stream *c = upgraded(&s);
    edo_instant start = edo_now();
    send_frame(c, TEXT, "begun", 5);
    expect(c, 0x01, "begun", 5);
    expect_close(c, 4000);
    CHECK_EQ(ms_since(start), 0);
    send_frame(c, CLOSE_, "\x0f\xa0", 2);
    expect_end(c);
    return web_end(&s);
}

static void close_does_not_wait_for_the_end_of_a_message_in_pieces(void **state) {
    (void)state;
    assert_int_equal(inside(closed_within, NULL), 0);
}

static edo_buf gathered;

/* A receive of whole messages is cut short, and pieces are received from there on. */
static int changes_its_mind(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    bool is_last = false;
    int err = edo_ws_upgrade(&ws, w, &(edo_ws_opts){ .message_max = 1000 });
    if (err < 0) return err;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    CHECK_EQ(edo_deadline_end(&d, edo_ws_recv(ws, &m)), -ETIMEDOUT);
    while (err == 0 && !is_last && (err = edo_ws_recv_piece(ws, &m, &is_last)) == 0)
        err = edo_buf_append(&gathered, m.data.ptr, m.data.len);
    edo_deadline_begin(&d, edo_s(5));
    CHECK_EQ(edo_deadline_end(&d, edo_ws_recv_piece(ws, &m, &is_last)), -ETIMEDOUT);
    ended = edo_ws_recv(ws, &m);
    return ended;
}

static int cut(void *arg) {
    static const char head[] = "\x82\xff\0\0\0\0\x40\0\0\0\x01\x02\x03\x04"; // 1 GiB
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    ended = 0;
    serve_one(&s, changes_its_mind);
    edo_stream *c = upgraded(&s);
    send_frame(c, 0x01, "one, ", 5);
    size_t n = print_frame(wire, 0x00, "two, ", 5);
    CHECK_EQ(edo_write_all(c, wire, n - 3), 0);
    CHECK_EQ(edo_sleep(edo_s(2)), 0);
    CHECK_EQ(edo_write_all(c, wire + n - 3, 3), 0);
    send_frame(c, 0x80, "three", 5);
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    CHECK(edo_str_equal((edo_str){ gathered.ptr, gathered.len }, EDO_STR("one, two, three")));
    edo_buf_deinit(&gathered);
    CHECK_EQ(edo_write_all(c, head, sizeof head - 1), 0);
    expect_close(c, 1009); // a whole message has its limit, whatever has begun it
    edo_close(c);
    WAIT_FOR_EQ(ended, -EMSGSIZE);
    return web_end(&s);
}

static void pieces_go_on_where_a_receive_was_cut_short(void **state) {
    (void)state;
    assert_int_equal(inside(cut, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_message_comes_and_goes_in_pieces),
        cmocka_unit_test(close_does_not_wait_for_the_end_of_a_message_in_pieces),
        cmocka_unit_test(pieces_go_on_where_a_receive_was_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
