/* SPDX-License-Identifier: MIT */
/* Goal: frames that are posted to many sockets at once reach each as those that are posted to one
 * do: its own, in order, and with a result of its own where one has closed or does not read.
 * Method: a server whose handler does nothing, and clients that write frames by hand. */
#include "ws_client.h"

#include <pthread.h>
#include <stdatomic.h>

#define MANY 40 /* more than are written together */

static struct {
    atomic_int opened, closed;
    edo_ws *sockets[MANY]; /* counted; [i] is to be read once `opened` exceeds i */
} seen;

static int opens(edo_ws *ws) {
    int at = atomic_load(&seen.opened);
    seen.sockets[at] = edo_ws_ref(ws);
    atomic_store(&seen.opened, at + 1);
    return 0;
}

static int is_deaf(edo_ws *ws, const edo_ws_message *m) {
    (void)ws, (void)m;
    return 0;
}

static void closes(edo_ws *ws) {
    (void)ws;
    seen.closed++;
}

static const edo_ws_handler functions = { .on_open = opens,
                                          .on_message = is_deaf,
                                          .on_close = closes };
static edo_ws_opts options;
static edo_stream *clients[MANY];

static int route(edo_web *w) {
    return edo_ws_handle(w, &functions, NULL, &options);
}

static void serve_many(web_served *s, edo_ws_opts opts) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/echo", route);
    memset(&seen, 0, sizeof seen);
    options = opts;
    web_begin(s, r);
    for (int i = 0; i < MANY; i++) {
        clients[i] = upgraded(s);
        WAIT_FOR_EQ(seen.opened, i + 1); // so that clients and sockets have one order
    }
}

static int end_many(web_served *s) {
    for (int i = 0; i < MANY; i++) edo_close(clients[i]);
    WAIT_FOR_EQ(seen.closed, MANY);
    for (int i = 0; i < MANY; i++) edo_ws_unref(seen.sockets[i]);
    return web_end(s);
}

static edo_ws_frame *frame_of(const char *bytes, size_t n) {
    edo_ws_frame *f;
    CHECK_EQ(edo_ws_frame_new(&f, &(edo_ws_message){ EDO_WS_BINARY, { bytes, n } }), 0);
    return f;
}

/* ---- What each gets -------------------------------------------------------------------------- */

static size_t text_for(char *to, int i, int round) {
    return (size_t)snprintf(to, 40, "round %d, for the %dth", round, i);
}

static void post_own(int round) {
    edo_ws_posting all[MANY];
    char text[40];
    for (int i = 0; i < MANY; i++)
        all[i] = (edo_ws_posting){ seen.sockets[i], frame_of(text, text_for(text, i, round)), 1 };
    edo_ws_post_many(all, MANY);
    for (int i = 0; i < MANY; i++) {
        CHECK_EQ(all[i].result, 0);
        edo_ws_frame_unref(all[i].frame);
    }
}

/* Between what goes to one alone what goes to all keeps its place. */
static int post_to_each(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    edo_ws_frame *alone = frame_of("alone", 5);
    char text[40];
    (void)arg;
    serve_many(&s, (edo_ws_opts){ .message_max = 0 });
    for (int round = 0; round < 3; round++) {
        post_own(round);
        CHECK_EQ(edo_ws_post(seen.sockets[7], alone), 0);
    }
    CHECK_EQ(edo_ws_broadcast(seen.sockets, MANY, alone), MANY);
    for (int i = 0; i < MANY; i++) {
        for (int round = 0; round < 3; round++) {
            expect(clients[i], 0x82, text, text_for(text, i, round));
            if (i == 7) expect(clients[i], 0x82, "alone", 5);
        }
        expect(clients[i], 0x82, "alone", 5);
    }
    edo_ws_frame_unref(alone);
    return end_many(&s);
}

static void each_gets_its_own_in_order(void **state) {
    (void)state;
    assert_int_equal(inside_each(post_to_each, NULL), 0);
}

/* ---- What becomes of each -------------------------------------------------------------------- */

#define LARGE ((size_t)64 << 10)

/* Posts to all; the client `deaf` reads nothing, those from `first` on read what has come. */
static int post_large(edo_ws_frame *f, const char *bytes, int deaf, int first) {
    edo_ws_posting all[MANY];
    for (int i = 0; i < MANY; i++) all[i] = (edo_ws_posting){ seen.sockets[i], f, 1 };
    edo_ws_post_many(all, MANY);
    for (int i = 0; i < first; i++) CHECK_EQ(all[i].result, -EDO_ECLOSED);
    for (int i = first; i < MANY; i++) {
        if (i == deaf) continue;
        CHECK_EQ(all[i].result, 0);
        expect(clients[i], 0x82, bytes, LARGE);
    }
    return all[deaf].result;
}

static int post_to_odd(void *arg) {
    enum { CLOSED = 2, DEAF = 5 };
    static char bytes[LARGE];
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    memset(bytes, 'x', sizeof bytes);
    edo_ws_frame *f = frame_of(bytes, sizeof bytes);
    serve_many(&s, (edo_ws_opts){ .queue_max = 3 });
    for (int i = 0; i < CLOSED; i++) CHECK_EQ(edo_ws_close(seen.sockets[i], 4001, EDO_STR("")), 0);
    int deafs = 0;
    for (int i = 0; i < 1000 && deafs == 0; i++) deafs = post_large(f, bytes, DEAF, CLOSED);
    CHECK_EQ(deafs, -ENOBUFS);                     // its queue was full
    WAIT_FOR(seen.closed > 0);                     // those that were closed may have ended, too
    CHECK(post_large(f, bytes, DEAF, CLOSED) < 0); // and it is over
    CHECK_EQ(edo_ws_broadcast(seen.sockets, MANY, f), MANY - CLOSED - 1);
    edo_ws_frame_unref(f);
    return end_many(&s);
}

static void each_has_its_own_result(void **state) {
    (void)state;
    assert_int_equal(inside_each(post_to_odd, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gets_its_own_in_order),
        cmocka_unit_test(each_has_its_own_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
