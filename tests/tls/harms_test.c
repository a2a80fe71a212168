/* SPDX-License-Identifier: MIT */
/* Goal: whatever happens at whichever byte of a handshake or of a record, on the way to the server
 * or to the client: both ends end within their limits, and none takes another text than was sent.
 * Method: an exchange over a stream in the middle that cuts, breaks off, changes or holds up one
 * byte, or cancels one of the ends at it; each in turn, with each version; a paused clock. */
#include "rounds.h"
#include "tls_support.h"

/* What happens at a byte. */
typedef enum harm { HARM_CUT, HARM_RESET, HARM_FLIP, HARM_STALL, HARM_CANCEL } harm;

static const char *const harm_names[] = { "cut", "reset", "flip", "stall", "cancel" };

typedef struct middle {
    edo_stream *from, *to;
    size_t at; /* the byte at which it is done */
    harm harm;
    edo_task *victim; /* of HARM_CANCEL; NULL: it has ended */
    size_t passed;
} middle;

/* Returns whether the byte, and those behind it, pass. */
static bool middle_harms(middle *m, char *byte) {
    switch (m->harm) {
    case HARM_CUT: return false;
    case HARM_RESET: edo_close(edo_stream_ref(m->from)); return false;
    case HARM_FLIP: *byte ^= 0x40; return true;
    case HARM_STALL: (void)edo_sleep(edo_s(60)); return true;
    case HARM_CANCEL: edo_task_cancel(m->victim); return true;
    }
    return true;
}

static int passes_bytes(void *arg) {
    middle *m = arg;
    char byte;
    while (edo_read(m->from, &byte, 1) > 0) {
        if (m->passed == m->at && !middle_harms(m, &byte)) break;
        m->passed++;
        if (edo_write_all(m->to, &byte, 1) < 0) break;
    }
    (void)edo_shutdown(m->to);
    return 0;
}

/* One end of an exchange, which is ended in any case. */
typedef struct side {
    const ends *ends;
    edo_stream *below;
    bool is_server;
    int err; /* of the exchange */
} side;

static int talks(edo_stream *s, bool is_server) {
    char text[5];
    int err = is_server ? 0 : edo_write_all(s, "line\n", 5);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(20)); // a length that was changed is waited for
    if (err == 0) err = edo_read_exact(s, text, sizeof text);
    err = edo_deadline_end(&d, err);
    if (err == 0)
        CHECK_EQ(memcmp(text, is_server ? "line\n" : "reply", 5), 0); // never another text
    if (err == 0 && is_server) err = edo_write_all(s, "reply", 5);
    return err == 0 ? edo_shutdown(s) : err;
}

static int plays_side(void *arg) {
    side *x = arg;
    edo_stream *s;
    x->err = x->is_server ? edo_tls_accept(&s, x->below, x->ends->server)
                          : edo_tls_connect_over(&s, x->below, HOST, x->ends->client);
    if (x->err < 0) return 0;
    x->err = talks(s, x->is_server);
    edo_close(s);
    return 0;
}

typedef struct row {
    harm what;
    bool to_client; /* the direction that is harmed */
    edo_tls_version version;
    bool is_client; /* HARM_CANCEL: the end that is cancelled */
} row;

/* An exchange with harm at byte `at`; SIZE_MAX: with none. Returns how many bytes have passed. */
static size_t exchange(const ends *e, const row *r, size_t at) {
    edo_stream *client, *near, *far, *server;
    CHECK_EQ(edo_duplex(&client, &near, 65536), 0);
    CHECK_EQ(edo_duplex(&far, &server, 65536), 0);
    side sides[] = { { e, server, true, 0 }, { e, client, false, 0 } };
    edo_task *played[] = { edo_spawn(plays_side, &sides[0]), edo_spawn(plays_side, &sides[1]) };
    middle ways[] = { { near, far, SIZE_MAX, r->what, played[r->is_client], 0 },
                      { far, near, SIZE_MAX, r->what, played[r->is_client], 0 } };
    ways[r->to_client].at = at;
    edo_task *pumps[] = { edo_spawn(passes_bytes, &ways[0]), edo_spawn(passes_bytes, &ways[1]) };
    for (size_t i = 0; i < 2; i++) CHECK_EQ(edo_task_join(pumps[i]), 0); // first: they cancel
    for (size_t i = 0; i < 2; i++) {
        int err = edo_task_join(played[i]);
        CHECK(err == 0 || (err == -ECANCELED && r->what == HARM_CANCEL)); // before its first step
    }
    if (at == SIZE_MAX) CHECK(sides[0].err == 0 && sides[1].err == 0);
    edo_close(near);
    edo_close(far);
    edo_trail_clear();
    return ways[r->to_client].passed;
}

static int is_harmed_everywhere(void *arg) {
    const row *r = arg;
    ends e =
        ends_make((edo_tls_server_opts){ .version_min = r->version, .version_max = r->version },
                  (edo_tls_client_opts){ .roots = NULL });
    size_t step = test_inputs(5, 1); // in the gate each fifth byte
    size_t all = exchange(&e, r, SIZE_MAX);
    CHECK(all > 300);
    for (size_t at = 0; at < all; at += step) (void)exchange(&e, r, at);
    ends_free(&e);
    return 0;
}

static void run_harm(harm what) {
    for (int i = 0; i < 8; i++) {
        row r = { .what = what,
                  .to_client = i & 1,
                  .version = i & 2 ? EDO_TLS_1_3 : EDO_TLS_1_2,
                  .is_client = i & 4 };
        if (r.is_client && what != HARM_CANCEL) return;
        if (inside(is_harmed_everywhere, &r) != 0) edo_test_fail("%s", harm_names[what]);
    }
}

static void input_may_end_at_any_byte(void **state) {
    (void)state;
    run_harm(HARM_CUT);
}

static void connection_may_break_off_at_any_byte(void **state) {
    (void)state;
    run_harm(HARM_RESET);
}

static void any_byte_may_be_another_one(void **state) {
    (void)state;
    run_harm(HARM_FLIP);
}

static void any_byte_may_come_late(void **state) {
    (void)state;
    run_harm(HARM_STALL);
}

static void either_end_may_be_cancelled_at_any_byte(void **state) {
    (void)state;
    run_harm(HARM_CANCEL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(input_may_end_at_any_byte),
        cmocka_unit_test(connection_may_break_off_at_any_byte),
        cmocka_unit_test(any_byte_may_be_another_one),
        cmocka_unit_test(any_byte_may_come_late),
        cmocka_unit_test(either_end_may_be_cancelled_at_any_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
