/* SPDX-License-Identifier: MIT */
/* Goal: events that other tasks post arrive whole and in order at all clients that read; one that
 * does not read costs a bounded queue, and ends, or loses the oldest; nothing is posted to events
 * that have ended.
 * Method: a server whose handlers only wait, and a test that posts. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/sse.h>
#include <edo/streams.h>

#include <pthread.h>

#define GET "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

/* The handlers that wait. */
typedef struct room {
    pthread_mutex_t lock;
    edo_sse_events *all[8]; /* counted; lock */
    size_t n;               /* lock */
    int ended[8];           /* what their waits have returned */
    edo_sse_opts opts;
} room;

static int listens(edo_web *w) {
    room *r = edo_web_state(w);
    edo_sse sse;
    int err = edo_sse_start(&sse, w, &r->opts);
    if (err < 0) return edo_sse_end(&sse, err);
    pthread_mutex_lock(&r->lock);
    size_t i = r->n++;
    r->all[i] = edo_sse_ref(&sse);
    pthread_mutex_unlock(&r->lock);
    err = edo_sse_wait(&sse);
    r->ended[i] = err;
    return edo_sse_end(&sse, err);
}

static void begin(web_served *s, room *r) {
    edo_router *router = edo_router_new();
    edo_router_get(router, "/", listens);
    s->opts.state = r;
    web_begin(s, router);
}

static int end(web_served *s, room *r) {
    int err = web_end(s);
    for (size_t i = 0; i < r->n; i++) edo_sse_unref(r->all[i]);
    return err;
}

static size_t clients_n(room *r) {
    pthread_mutex_lock(&r->lock);
    size_t n = r->n;
    pthread_mutex_unlock(&r->lock);
    return n;
}

/* Returns a client whose handler is in the room. */
static edo_stream *client_in(web_served *s, room *r) {
    heard h = { 0 };
    size_t before = r->n;
    edo_stream *c = client_of(&s->http);
    say(c, GET);
    CHECK(hear_until(c, &h, "\r\n\r\n"));
    WAIT_FOR(clients_n(r) != before);
    return c;
}

static edo_sse_frame *frame_of(const char *data) {
    edo_sse_frame *f;
    EDO_TEST_OK(edo_sse_frame_new(&f, &(edo_sse_event){ .data = edo_str_of(data) }));
    return f;
}

/* Reads until `text`, past the framing of chunks. */
static void hear_event(edo_stream *c, heard *h, const char *text) {
    CHECK(hear_until(c, h, text));
}

/* ---- To all ---------------------------------------------------------------------------------- */

#define POSTS 50

typedef struct poster {
    room *r;
    char name;
} poster;

static int posts(void *arg) {
    const poster *p = arg;
    for (int i = 0; i < POSTS; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "%c%02d", p->name, i);
        edo_sse_frame *f = frame_of(text);
        for (size_t k = 0; k < p->r->n; k++) EDO_TEST_OK(edo_sse_post(p->r->all[k], f));
        edo_sse_frame_unref(f);
        if (i % 10 == 9) EDO_TEST_OK(edo_yield());
    }
    return 0;
}

/* All events of one poster are there, in order. */
static void check_order(const heard *h, char name) {
    const char *at = h->text;
    for (int i = 0; i < POSTS; i++) {
        char wanted[32];
        (void)snprintf(wanted, sizeof wanted, "data: %c%02d\n\n", name, i);
        at = strstr(at, wanted);
        CHECK(at != NULL);
    }
}

static int to_all(void *arg) {
    static room r;
    web_served s = { .opts = { .state = NULL } };
    edo_stream *clients[3];
    static heard h;
    (void)arg;
    r = (room){ .lock = PTHREAD_MUTEX_INITIALIZER };
    begin(&s, &r);
    for (size_t i = 0; i < EDO_COUNT(clients); i++) clients[i] = client_in(&s, &r);
    poster a = { &r, 'a' }, b = { &r, 'b' };
    edo_task *one = edo_spawn(posts, &a), *two = edo_spawn(posts, &b);
    EDO_TEST_OK(edo_task_join(one));
    EDO_TEST_OK(edo_task_join(two));
    edo_sse_frame *last = frame_of("last");
    for (size_t i = 0; i < r.n; i++) EDO_TEST_OK(edo_sse_post(r.all[i], last));
    edo_sse_frame_unref(last);
    for (size_t i = 0; i < EDO_COUNT(clients); i++) {
        h = (heard){ 0 };
        hear_event(clients[i], &h, "data: last\n\n");
        check_order(&h, 'a');
        check_order(&h, 'b');
        edo_close(clients[i]);
    }
    return end(&s, &r);
}

static void posted_events_arrive_in_order_at_all(void **state) {
    (void)state;
    assert_int_equal(inside_each(to_all, NULL), 0);
}

/* ---- Clients that do not read ---------------------------------------------------------------- */

static char large[8192];

static int overflows(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER, .opts = { .queue_max = 4 } };
    web_served s = { .opts = { .state = NULL } };
    heard h = { 0 };
    int err = 0;
    (void)arg;
    begin(&s, &r);
    edo_stream *deaf = client_in(&s, &r), *good = client_in(&s, &r);
    memset(large, 'x', sizeof large - 1);
    edo_sse_frame *f = frame_of(large), *small = frame_of("news");
    for (int i = 0; i < 10000 && (err = edo_sse_post(r.all[0], f)) == 0; i++)
        EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(err, -ENOBUFS);
    CHECK_EQ(edo_sse_post(r.all[0], f), -EDO_ECLOSED);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(r.ended[0], -ECANCELED);
    CHECK_EQ(r.ended[1], 0); // the other one is none the wiser
    EDO_TEST_OK(edo_sse_post(r.all[1], small));
    hear_event(good, &h, "data: news\n\n");
    edo_sse_frame_unref(f);
    edo_sse_frame_unref(small);
    edo_close(deaf);
    edo_close(good);
    return end(&s, &r);
}

static void full_queue_ends_the_events_of_that_client(void **state) {
    (void)state;
    assert_int_equal(inside(overflows, NULL), 0);
}

static int drops(void *arg) {
    edo_metrics *m;
    edo_counter *dropped;
    (void)arg;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    EDO_TEST_OK(edo_counter_new(&dropped, m, "dropped", NULL));
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER,
               .opts = { .queue_bytes_max = 50000, .drop_oldest = true, .dropped = dropped } };
    web_served s = { .opts = { .state = NULL } };
    static heard h;
    begin(&s, &r);
    edo_stream *deaf = client_in(&s, &r);
    memset(large, 'x', sizeof large - 1);
    edo_sse_frame *f = frame_of(large), *small = frame_of("news");
    for (int i = 0; i < 1000 && edo_counter_read(dropped) < 3; i++) {
        EDO_TEST_OK(edo_sse_post(r.all[0], f));
        EDO_TEST_OK(edo_sleep(edo_ms(1)));
    }
    EDO_TEST_OK(edo_sse_post(r.all[0], small));
    for (bool is_there = false; !is_there; h.len = 0) { // what was not dropped, and the newest
        int n = edo_read(deaf, h.text, sizeof h.text - 1);
        CHECK(n > 0);
        h.text[n] = 0;
        is_there = strstr(h.text, "news\n") != NULL;
    }
    CHECK_EQ(r.ended[0], 0);
    edo_sse_frame_unref(f);
    edo_sse_frame_unref(small);
    edo_close(deaf);
    int err = end(&s, &r);
    edo_metrics_free(m);
    return err;
}

static void oldest_events_are_left_out_by_option(void **state) {
    (void)state;
    assert_int_equal(inside(drops, NULL), 0);
}

/* Less than its queue holds, so the write is what fails. */
static int stalls(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER, .opts = { .queue_bytes_max = 64u << 20 } };
    web_served s = { .http.opts = { .write_timeout = edo_s(7) }, .opts = { .state = NULL } };
    static char huge[16 << 20];
    (void)arg;
    begin(&s, &r);
    edo_stream *deaf = client_in(&s, &r);
    memset(huge, 'x', sizeof huge - 1);
    edo_sse_frame *f = frame_of(huge);
    EDO_TEST_OK(edo_sse_post(r.all[0], f));
    edo_sse_frame_unref(f);
    edo_instant start = edo_now();
    WAIT_FOR_EQ(r.ended[0], -ECANCELED);
    CHECK(ms_since(start) >= 7000 && ms_since(start) <= 7200);
    edo_close(deaf);
    return end(&s, &r);
}

static void client_that_takes_nothing_ends_a_handler_that_waits(void **state) {
    (void)state;
    assert_int_equal(inside(stalls, NULL), 0);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static int heads(edo_web *w) {
    room *r = edo_web_state(w);
    edo_sse sse;
    int err = edo_sse_start(&sse, w, &r->opts);
    r->all[0] = edo_sse_ref(&sse);
    r->ended[0] = edo_sse_wait(&sse);
    err = edo_sse_end(&sse, err);
    CHECK(edo_sse_ref(&sse) == NULL);
    CHECK_EQ(edo_sse_wait(&sse), -EDO_ECLOSED);
    return err;
}

static int over(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER };
    web_served s = { .opts = { .state = NULL } };
    (void)arg;
    begin(&s, &r);
    edo_sse_frame *f = frame_of("late");
    edo_stream *c = client_in(&s, &r);
    edo_close(c); // the client leaves
    WAIT_FOR_EQ(r.ended[0], -ECANCELED);
    CHECK_EQ(edo_sse_post(r.all[0], f), -EDO_ECLOSED);
    c = client_in(&s, &r);
    CHECK_EQ(web_end(&s), 0); // the server drains
    CHECK_EQ(r.ended[1], -ECANCELED);
    CHECK_EQ(edo_sse_post(r.all[1], f), -EDO_ECLOSED);
    CHECK_EQ(edo_sse_post(NULL, f), -EDO_ECLOSED);
    edo_sse_frame_unref(f);
    edo_close(c);
    for (size_t i = 0; i < r.n; i++) edo_sse_unref(r.all[i]);
    return 0;
}

static void nothing_is_posted_to_events_that_have_ended(void **state) {
    (void)state;
    assert_int_equal(inside_real(over, NULL), 0);
}

static int never_open(void *arg) {
    room r = { .opts = { .retry = edo_ms(-1) } };
    web_served s = { .opts = { .state = &r } };
    edo_router *router = edo_router_new();
    heard h;
    (void)arg;
    edo_router_get(router, "/", heads);
    web_begin(&s, router);
    web_ask(&s, &h, "GET /", NULL, NULL);
    CHECK(has(&h, " 500 ") && r.all[0] == NULL);
    CHECK_EQ(r.ended[0], -EDO_ECLOSED);
    return web_end(&s);
}

static void start_that_failed_has_nothing_to_post_to(void **state) {
    (void)state;
    assert_int_equal(inside(never_open, NULL), 0);
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static void frame_is_checked_as_a_sent_event_is(void **state) {
    edo_sse_frame *f = NULL;
    (void)state;
    assert_int_equal(edo_sse_frame_new(&f, &(edo_sse_event){ .event = EDO_STR("a\nb") }), -EINVAL);
    assert_null(f);
    edo_sse_frame_unref(f);
}

static int no_memory(void *arg) {
    room r = { .lock = PTHREAD_MUTEX_INITIALIZER };
    web_served s = { .opts = { .state = NULL } };
    edo_sse_frame *f = NULL;
    int err = -ENOMEM, k = 0;
    (void)arg;
    while (err < 0) {
        fail_alloc_in = ++k;
        err = edo_sse_frame_new(&f, &(edo_sse_event){ .data = EDO_STR("a") });
        CHECK_EQ(err, fail_alloc_in == 0 ? -ENOMEM : 0);
        fail_alloc_in = 0;
    }
    begin(&s, &r);
    edo_stream *c = client_in(&s, &r);
    fail_alloc_in = 1;
    CHECK_EQ(edo_sse_post(r.all[0], f), -ENOMEM);
    fail_alloc_in = 0;
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    CHECK_EQ(r.ended[0], -ECANCELED); // it has lost an event
    edo_sse_frame_unref(f);
    edo_close(c);
    return end(&s, &r);
}

static void post_without_memory_ends_the_events(void **state) {
    (void)state;
    assert_int_equal(inside(no_memory, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posted_events_arrive_in_order_at_all),
        cmocka_unit_test(full_queue_ends_the_events_of_that_client),
        cmocka_unit_test(oldest_events_are_left_out_by_option),
        cmocka_unit_test(client_that_takes_nothing_ends_a_handler_that_waits),
        cmocka_unit_test(nothing_is_posted_to_events_that_have_ended),
        cmocka_unit_test(start_that_failed_has_nothing_to_post_to),
        cmocka_unit_test(frame_is_checked_as_a_sent_event_is),
        cmocka_unit_test(post_without_memory_ends_the_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
