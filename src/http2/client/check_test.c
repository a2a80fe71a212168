/* SPDX-License-Identifier: MIT */
/* Goal: the parts of a client's connection fit together after whatever its callers and its server
 * do, and what does not is named.
 * Method: a connection over a pipe in memory, whose server is frames made by hand. The driver walks
 * it behind each turn: while more tasks wait for a stream than are woken at once, and get one, give
 * it back or are sent away; while a body waits for windows, and bytes for their reader. One that is
 * broken by hand, in a child. */
#include "http2/client/client.h"

#include <edo/io.h>
#include <edo/scope.h>
#include <edo/streams.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

#include "inside.h"
#include "last_words.h"

#define PIPE_BYTES (1u << 20)
#define CALLERS    90 /* more than a walk looks at, and than are woken at once */

typedef struct pair {
    edo_http2 *c;
    edo_stream *theirs;
} pair;

/* Lets the driver, and callers, do all that they can. */
static void settle(const pair *p) {
    for (int i = 0; i < 20; i++) (void)edo_yield();
    edoi_http2_lock(p->c);
    edoi_h2_client_check(p->c);
    edoi_http2_unlock(p->c);
}

/* The server sends what is a frame, or several; of a text without its NUL. */
#define SAY(p, text) say((p), (text), sizeof(text) - 1)

static void say(const pair *p, const char *frames, size_t n) {
    CHECK_EQ(edo_try_write(p->theirs, frames, n), (int)n);
    settle(p);
}

static void begin(pair *p) {
    edo_stream *ours;
    CHECK_EQ(edo_duplex(&ours, &p->theirs, PIPE_BYTES), 0);
    CHECK_EQ(edo_http2_over(&p->c, ours, &(edo_http2_opts){ .host = "x" }), 0);
    SAY(p, "\0\0\0\4\0\0\0\0\0"); // SETTINGS
}

static void end(pair *p) {
    edo_close(p->theirs);
    settle(p);
    edo_http2_close(p->c);
}

/* A request whose body the caller writes. */
static edo_http_response *open_call(const pair *p) {
    edo_http_response *res;
    const edo_http_request req = { .method = EDO_METHOD_POST, .length = -1 };
    CHECK_EQ(edo_http2_open(p->c, &res, &req), 0);
    settle(p);
    return res;
}

/* ---- Whole ones ------------------------------------------------------------------------------ */

static int bodies(void *arg) {
    static char many[70000];
    char got[8];
    pair p;
    (void)arg;
    begin(&p);
    edo_http_response *res = open_call(&p);
    while (edo_try_write(res->body, many, sizeof many) > 0) settle(&p); // the windows are shut
    SAY(&p, "\0\0\1\1\4\0\0\0\1\x88");                                  // :status 200
    SAY(&p, "\0\0\6\0\0\0\0\0\1of you");
    CHECK_EQ(edo_try_read(res->body, got, 2), 2);
    settle(&p);
    SAY(&p, "\0\0\4\3\0\0\0\0\1\0\0\0\0"); // a reset, with bytes unread and unsent
    CHECK_EQ(edo_try_read(res->body, got, sizeof got), 4);
    settle(&p);
    edo_http_response_free(res);
    end(&p);
    return 0;
}

static void connection_holds_together_while_bodies_wait_both_ways(void **state) {
    (void)state;
    assert_int_equal(inside(bodies, NULL), 0);
}

typedef struct caller {
    pair *p;
    edo_notify *leaves;
    int result;
} caller;

/* Has a stream until it is told to give it back. */
static int ask(void *arg) {
    caller *self = arg;
    edo_http_response *res;
    const edo_http_request req = { .method = EDO_METHOD_GET };
    self->result = edo_http2_open(self->p->c, &res, &req);
    if (self->result < 0) return 0;
    (void)edo_notify_wait(self->leaves);
    edo_http_response_free(res);
    return 0;
}

static int crowd(void *arg) {
    static caller callers[CALLERS];
    edo_notify leaves = EDO_NOTIFY_INIT;
    edo_task *tasks[CALLERS];
    int served_n = 0, sent_away_n = 0;
    pair p;
    (void)arg;
    begin(&p);
    SAY(&p, "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\1"); // one stream at once
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (caller){ .p = &p, .leaves = &leaves };
        tasks[i] = edo_spawn(ask, &callers[i]);
    }
    settle(&p);
    for (int i = 30; i < 35; i++) edo_task_cancel(tasks[i]);
    settle(&p);
    SAY(&p, "\0\0\6\4\0\0\0\0\0\0\3\0\0\0\24"); // twenty
    edo_notify_all(&leaves);                    // whose places go to the next twenty
    settle(&p);
    SAY(&p, "\0\0\10\7\0\0\0\0\0\0\0\0\0\0\0\0\0"); // GOAWAY: those that wait are sent away
    edo_notify_all(&leaves);
    settle(&p);
    for (int i = 0; i < CALLERS; i++) {
        (void)edo_task_join(tasks[i]);
        served_n += callers[i].result == 0;
        sent_away_n += callers[i].result == -EDO_ECLOSED;
    }
    CHECK_EQ(served_n, 40);
    CHECK_EQ(sent_away_n, CALLERS - 40 - 5);
    end(&p);
    return 0;
}

static void connection_holds_together_while_a_crowd_waits_for_streams(void **state) {
    (void)state;
    assert_int_equal(inside(crowd, NULL), 0);
}

/* ---- Broken by hand -------------------------------------------------------------------------- */

/* A call with five bytes that nobody has read, and one that waits for its head. */
static edoi_h2_call *begin_two(pair *p) {
    begin(p);
    edo_http_response *res = open_call(p);
    (void)open_call(p);
    SAY(p, "\0\0\1\1\4\0\0\0\1\x88");
    SAY(p, "\0\0\5\0\0\0\0\0\1hello");
    return edoi_h2_call_of(res);
}

typedef void breaks_fn(edo_http2 *c, edoi_h2_call *k);

static void pin(edo_http2 *c, edoi_h2_call *k) {
    (void)c;
    k->life.pins = 1;
}

static void forget_link(edo_http2 *c, edoi_h2_call *k) {
    (void)c;
    k->life.prev = NULL;
}

static void forget_stream(edo_http2 *c, edoi_h2_call *k) {
    (void)c;
    k->life.id += 2;
}

static void count_open(edo_http2 *c, edoi_h2_call *k) {
    (void)k;
    c->open_n++;
}

static void count_given(edo_http2 *c, edoi_h2_call *k) {
    (void)k;
    c->given_n++;
}

static void count_held(edo_http2 *c, edoi_h2_call *k) {
    (void)k;
    c->held++;
}

static void wake_unlisted(edo_http2 *c, edoi_h2_call *k) {
    (void)c;
    k->wakes.reader = true;
}

static void list_unwoken(edo_http2 *c, edoi_h2_call *k) {
    c->woken = k;
}

static void end_deferred(edo_http2 *c, edoi_h2_call *k) {
    (void)c;
    k->out.has_ended = true;
}

static void open_window(edo_http2 *c, edoi_h2_call *k) {
    (void)c;
    k->in.queue.bytes++;
}

static void fail_whole(edo_http2 *c, edoi_h2_call *k) {
    (void)c;
    k->in.got = EDOI_H2_CALL_WHOLE;
    k->end.failed = -EPIPE;
}

static void forget_reason(edo_http2 *c, edoi_h2_call *k) {
    k->life.stage = EDOI_H2_CALL_OVER;
    c->open_n--;
}

static void shut_open(edo_http2 *c, edoi_h2_call *k) {
    (void)k;
    c->is_shutting = true;
}

static void explain_nothing(edo_http2 *c, edoi_h2_call *k) {
    (void)k;
    c->why = "it goes on";
}

static const struct {
    const char *invariant;
    breaks_fn *breaks;
} breaks[] = {
    { "client inv. 2: ", pin },           { "client inv. 2: ", forget_link },
    { "client inv. 2: ", forget_stream }, { "client inv. 3: ", count_open },
    { "client inv. 3: ", count_given },   { "client inv. 4: ", count_held },
    { "client inv. 5: ", wake_unlisted }, { "client inv. 5: ", list_unwoken },
    { "client inv. 6: ", end_deferred },  { "client inv. 7: ", open_window },
    { "client inv. 8: ", fail_whole },    { "client inv. 8: ", forget_reason },
    { "client inv. 9: ", shut_open },     { "client inv. 9: ", explain_nothing },
};

static int break_one(void *fn) {
    pair p;
    edoi_h2_call *k = begin_two(&p);
    edoi_http2_lock(p.c);
    (*(breaks_fn *const *)fn)(p.c, k);
    edoi_h2_client_check(p.c);
    _exit(0); // a release build: it is left as it is
}

static int in_runtime(void *fn) {
    return inside(break_one, fn);
}

static void broken_connection_is_named_by_its_invariant(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(breaks); i++) {
        char said[8192];
        breaks_fn *fn = breaks[i].breaks;
        int status = last_words(in_runtime, &fn, said, sizeof said);
#ifdef EDO_DEBUG
        if (!is_abort(status) || !strstr(said, breaks[i].invariant))
            fail_msg("break %zu: no \"%s\" in: %s", i, breaks[i].invariant, said);
#else
        assert_true(WIFEXITED(status));
#endif
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_connection_is_named_by_its_invariant), // a fork: before any fiber
        cmocka_unit_test(connection_holds_together_while_bodies_wait_both_ways),
        cmocka_unit_test(connection_holds_together_while_a_crowd_waits_for_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
