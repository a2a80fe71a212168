/* SPDX-License-Identifier: MIT */
/* Goal: each reply goes to the caller of its command, and each caller hears exactly once, through
 * every drop, limit, loss and failure; what was taken is not taken again.
 * Method: the generic leaf tests; long random runs against a queue of plain arrays; a queue that is
 * broken by hand. */
#include "redis/link/queue.h"
#include "redis/wire/reply.h"

#include "broken.h"
#include "leaf.h"
#include "seed.h"

#include <edo/error.h>

#include <stdio.h>
#include <string.h>

static void no_work(void *arg) {
    (void)arg;
}

static edoi_redis_command command_of(const char *text) {
    edoi_redis_command c = { .bytes = NULL };
    edo_str part = edo_str_of(text);
    assert_int_equal(edoi_redis_command_make(&c, &part, 1), 0);
    return c;
}

/* ---- The leaf -------------------------------------------------------------------------------- */

typedef struct queue_env {
    edoi_redis_queue queue;
    edoi_redis_request request;
    edo_redis_reply *reply;
} queue_env;

static int queue_make(void *arg, edo_future **f) {
    queue_env *env = arg;
    int err = edoi_redis_queue_init(&env->queue, 4, false);
    if (err < 0) return err;
    env->queue.work = no_work;
    *f = edoi_redis_request_init(&env->request, &env->queue, command_of("PING"), &env->reply, 1,
                                 false);
    return 0;
}

static void queue_end(void *arg) {
    edoi_redis_queue_close(&((queue_env *)arg)->queue, -EDO_ECLOSED, NULL);
}

/* A dropped command that was not taken is not taken any more, but passed over. */
static void queue_is_empty(void *arg) {
    queue_env *env = arg;
    edoi_redis_piece piece;
    assert_int_equal(edoi_redis_queue_take(&env->queue, &piece, 1), 0);
    assert_true(env->queue.head == env->queue.tail);
    edoi_redis_queue_check(&env->queue);
}

static void queue_cleanup(void *arg) {
    edoi_redis_queue_deinit(&((queue_env *)arg)->queue);
}

static void request_passes_the_leaf_tests(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_redis_cmd",
                            .env_bytes = sizeof(queue_env),
                            .make = queue_make,
                            .poke = queue_end,
                            .intact = queue_is_empty,
                            .cleanup = queue_cleanup,
                            .result = -EDO_ECLOSED };
    leaf_run(&l);
}

/* ---- At random ------------------------------------------------------------------------------- */

#define ROOM  4u
#define SLOTS 9u
#define PART  3u /* replies of one command at most */

typedef struct naive_item {
    uint32_t id;
    int slot; /* -1: nobody */
    uint32_t left, got;
    bool is_taken, is_tx, asks, is_late;
} naive_item;

typedef struct slot {
    bool is_live;
    uint32_t id;
    bool is_over; /* by the naive queue */
    int result;
    uint32_t wanted_n; /* replies */
    hand_waker waker;
    edoi_redis_request request;
    edo_redis_reply *replies[PART];
} slot;

typedef struct world {
    uint64_t random;
    edoi_redis_queue q;
    slot slots[SLOTS];
    naive_item ring[ROOM], line[SLOTS];
    size_t ring_n, line_n;
    uint32_t ids;
    bool works;             /* the queue has said so */
    bool knows_tx, is_held; /* something asks, and has not been told */
    edoi_redis_grant grant;
} world;

static uint32_t below(world *w, uint32_t n) {
    w->random = w->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(w->random >> 33) % n;
}

static void note_work(void *arg) {
    ((world *)arg)->works = true;
}

static void naive_end(world *w, const naive_item *i, int result) {
    if (i->slot < 0) return;
    w->slots[i->slot].is_over = true;
    w->slots[i->slot].result = result;
}

static void naive_pop(world *w) {
    memmove(w->ring, w->ring + 1, --w->ring_n * sizeof *w->ring);
    if (w->line_n == 0) return;
    w->ring[w->ring_n++] = w->line[0];
    memmove(w->line, w->line + 1, --w->line_n * sizeof *w->line);
}

static void naive_pop_dead(world *w) {
    while (w->ring_n > 0 && w->ring[0].is_taken && w->ring[0].left == 0) naive_pop(w);
}

static naive_item *naive_find(world *w, uint32_t id, bool *in_line) {
    *in_line = false;
    for (size_t i = 0; i < w->ring_n; i++)
        if (w->ring[i].id == id) return &w->ring[i];
    *in_line = true;
    for (size_t i = 0; i < w->line_n; i++)
        if (w->line[i].id == id) return &w->line[i];
    return NULL;
}

/* Is a reply owed behind which nothing may be sent? */
static bool naive_holds(const world *w) {
    size_t taken_n = 0, live_n = 0, late_n = 0;
    for (size_t i = 0; i < w->ring_n; i++) {
        const naive_item *item = &w->ring[i];
        taken_n += item->is_taken;
        live_n += item->is_taken && item->slot >= 0;
        late_n += item->is_late;
    }
    return taken_n > 0 && (late_n > 0 || live_n == 0);
}

/* ---- What is done, to both ---- */

static void do_start(world *w) {
    int at = (int)below(w, SLOTS);
    slot *s = &w->slots[at];
    char text[16];
    if (s->is_live) return;
    uint32_t id = ++w->ids, n = 1 + below(w, PART);
    *s = (slot){ .is_live = true, .id = id, .waker = HAND_WAKER };
    (void)snprintf(text, sizeof text, "%u", (unsigned)id);
    edoi_redis_command c = command_of(text);
    c.is_tx = below(w, 4) == 0;
    edo_future *f = edoi_redis_request_init(&s->request, &w->q, c, s->replies, n, false);
    edo_cx cx = hand_cx(&s->waker, EDO_BUDGET);
    assert_int_equal(edo_poll(f, &cx), EDO_PENDING);
    naive_item i = { .id = id, .slot = at, .left = n, .is_tx = c.is_tx };
    if (w->ring_n < ROOM && w->line_n == 0)
        w->ring[w->ring_n++] = i;
    else
        w->line[w->line_n++] = i;
}

static void do_drop(world *w) {
    slot *s = &w->slots[below(w, SLOTS)];
    bool in_line;
    if (!s->is_live) return;
    edo_drop(&s->request.base);
    for (uint32_t i = 0; i < s->request.got_n; i++) edo_redis_reply_free(s->replies[i]);
    s->is_live = false;
    naive_item *i = naive_find(w, s->id, &in_line);
    if (!i) return;
    i->slot = -1;
    if (in_line) {
        size_t behind = w->line_n - (size_t)(i - w->line) - 1;
        memmove(i, i + 1, behind * sizeof *i);
        w->line_n--;
    } else if (!i->is_taken) {
        i->left = 0;
    }
}

static void do_take(world *w) {
    edoi_redis_piece pieces[ROOM];
    if (w->is_held) return; // as the writer does
    bool holds = naive_holds(w);
    size_t most = 1 + below(w, ROOM), n = edoi_redis_queue_take(&w->q, pieces, most), k = 0;
    for (size_t i = 0; i < w->ring_n && k < most && !w->is_held && !holds; i++) {
        naive_item *item = &w->ring[i];
        char wanted[32];
        if (item->is_taken) continue;
        item->is_taken = true;
        if (item->left == 0) continue;
        char id[16];
        int digits = snprintf(id, sizeof id, "%u", (unsigned)item->id);
        (void)snprintf(wanted, sizeof wanted, "*1\r\n$%d\r\n%s\r\n", digits, id);
        assert_true(k < n);
        assert_int_equal(pieces[k].n, strlen(wanted));
        assert_memory_equal(pieces[k].bytes, wanted, pieces[k].n);
        item->asks = w->is_held = item->is_tx && !w->knows_tx;
        if (item->asks) w->grant = EDOI_REDIS_UNTOLD;
        assert_int_equal(pieces[k++].asks, item->asks);
    }
    assert_int_equal(k, n);
    for (size_t i = 0; i < n; i++) edoi_redis_command_free(pieces[i].bytes);
    naive_pop_dead(w);
    w->works = false;
}

/* The reply to MULTI: of what asks and is refused nothing more comes. */
static edo_redis_reply *naive_multi(world *w, naive_item *i) {
    bool is_refused = below(w, 2) == 0;
    i->is_tx = false;
    w->knows_tx = !is_refused;
    if (i->asks) w->is_held = false;
    if (i->asks) w->grant = is_refused ? EDOI_REDIS_REFUSED : EDOI_REDIS_GRANTED;
    if (!is_refused) return edoi_redis_reply_new(EDO_REDIS_INT);
    if (i->asks) i->left = 1;
    return edoi_redis_reply_text(EDO_REDIS_ERROR, "no", 2);
}

static void do_reply(world *w) {
    edo_redis_reply *replies[4];
    size_t n = 0, most = 1 + below(w, 4);
    while (n < most && w->ring_n > 0 && w->ring[0].is_taken) {
        naive_item *i = &w->ring[0];
        replies[n] = i->is_tx ? naive_multi(w, i) : edoi_redis_reply_new(EDO_REDIS_INT);
        assert_non_null(replies[n]);
        if (replies[n]->kind == EDO_REDIS_INT) replies[n]->value = i->id * 10 + i->got;
        i->got++;
        n++;
        if (--i->left > 0) continue;
        if (i->slot >= 0) w->slots[i->slot].wanted_n = i->got;
        naive_end(w, i, 0);
        naive_pop(w);
        naive_pop_dead(w);
    }
    assert_int_equal(edoi_redis_queue_reply(&w->q, (edo_instant){ 1 }, replies, n), 0);
}

/* One that nobody has asked for. */
static void do_reply_too_many(world *w) {
    edo_redis_reply *reply = edoi_redis_reply_new(EDO_REDIS_NIL);
    if (w->ring_n > 0 && w->ring[0].is_taken)
        edo_redis_reply_free(reply);
    else
        assert_int_equal(edoi_redis_queue_reply(&w->q, (edo_instant){ 1 }, &reply, 1), -EPROTO);
}

static void do_lose(world *w) {
    edoi_redis_queue_lost(&w->q, -ECONNRESET, NULL);
    while (w->ring_n > 0 && w->ring[0].is_taken) {
        naive_end(w, &w->ring[0], -ECONNRESET);
        naive_pop(w);
    }
    edoi_redis_queue_connected(&w->q, edo_now());
    w->knows_tx = w->is_held = false;
}

static void do_fail(world *w) {
    edoi_redis_queue_fail(&w->q, -ECONNREFUSED, NULL);
    for (size_t i = 0; i < w->ring_n; i++) naive_end(w, &w->ring[i], -ECONNREFUSED);
    for (size_t i = 0; i < w->line_n; i++) naive_end(w, &w->line[i], -ECONNREFUSED);
    w->ring_n = w->line_n = 0;
    w->is_held = false;
}

static void do_expire(world *w) {
    bool is_silent;
    edo_instant late = edo_instant_add(edo_now(), edo_s(10));
    (void)edoi_redis_queue_expire(&w->q, late, edo_s(1), &is_silent);
    for (size_t i = 0; i < w->line_n; i++) naive_end(w, &w->line[i], -ETIMEDOUT);
    w->line_n = 0;
    for (size_t i = 0; i < w->ring_n; i++) {
        naive_end(w, &w->ring[i], -ETIMEDOUT);
        w->ring[i].slot = -1;
        w->ring[i].is_late = w->ring[i].is_taken;
        if (!w->ring[i].is_taken) w->ring[i].left = 0;
    }
}

/* Each request is where the naive queue has it, and has its own replies. */
static void expect_slot(slot *s) {
    if (!s->is_live) return;
    edo_cx cx = hand_cx(&s->waker, EDO_BUDGET);
    assert_int_equal(hand_woken(&s->waker) > 0, s->is_over);
    assert_int_equal(edo_poll(&s->request.base, &cx) == EDO_READY, s->is_over);
    for (uint32_t i = 0; i < s->request.got_n; i++)
        if (s->replies[i]->kind == EDO_REDIS_INT)
            assert_int_equal(s->replies[i]->value, s->id * 10 + i);
    if (!s->is_over) return;
    assert_int_equal(edo_result(&s->request), s->result);
    if (s->result == 0) assert_int_equal(s->request.got_n, s->wanted_n);
    for (uint32_t i = 0; i < s->request.got_n; i++) edo_redis_reply_free(s->replies[i]);
    s->is_live = false;
}

static void world_check(world *w) {
    bool has_work = false;
    edoi_redis_queue_check(&w->q);
    for (size_t i = 0; i < SLOTS; i++) expect_slot(&w->slots[i]);
    for (size_t i = 0; i < w->ring_n; i++) has_work |= !w->ring[i].is_taken;
    assert_true(!has_work || naive_holds(w) || w->works || !w->q.is_idle);
    assert_int_equal(w->q.tail - w->q.head, w->ring_n);
    assert_int_equal(edoi_redis_queue_grant(&w->q), w->grant);
}

static void every_caller_gets_its_own_replies(void **state) {
    (void)state;
    static void (*const steps[])(
        world *) = { do_start, do_start, do_start, do_drop, do_take,           do_take,  do_reply,
                     do_reply, do_reply, do_lose,  do_fail, do_reply_too_many, do_expire };
    static world w;
    w = (world){ .random = test_seed(28) };
    assert_int_equal(edoi_redis_queue_init(&w.q, ROOM, false), 0);
    w.q.work = note_work;
    w.q.arg = &w;
    for (int i = 0; i < 100000; i++) {
        uint32_t k = below(&w, EDO_COUNT(steps) * 4); // what ends all comes seldom
        steps[k < 9 * 4 ? k % 9 : 9 + k % 4](&w);
        world_check(&w);
    }
    edoi_redis_queue_close(&w.q, -EDO_ECLOSED, NULL);
    for (size_t i = 0; i < SLOTS; i++) w.slots[i].is_over = true, w.slots[i].result = -EDO_ECLOSED;
    for (size_t i = 0; i < SLOTS; i++) expect_slot(&w.slots[i]);
    edoi_redis_queue_deinit(&w.q);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static edo_instant at_ms(int64_t ms) {
    return edo_instant_add((edo_instant){ 0 }, edo_ms(ms));
}

typedef struct limited {
    edoi_redis_queue q;
    hand_waker waker;
    edoi_redis_request requests[3];
    edo_redis_reply *replies[3];
    size_t works_n;
} limited;

static void count_work(void *arg) {
    ((limited *)arg)->works_n++;
}

static void limited_begin(limited *l) {
    *l = (limited){ .waker = HAND_WAKER };
    assert_int_equal(edoi_redis_queue_init(&l->q, 4, false), 0);
    l->q.work = count_work;
    l->q.arg = l;
}

static edo_polled limited_poll(limited *l, size_t i) {
    edo_cx cx = hand_cx(&l->waker, EDO_BUDGET);
    return edo_poll(&l->requests[i].base, &cx);
}

/* Request `i` begins; `at_ms`: of the queue's clock. */
static void limited_start(limited *l, size_t i, int64_t ms, bool is_patient) {
    edo_future *f = edoi_redis_request_init(&l->requests[i], &l->q, command_of("GET"),
                                            &l->replies[i], 1, is_patient);
    edo_cx cx = hand_cx(&l->waker, EDO_BUDGET);
    assert_int_equal(edo_poll(f, &cx), EDO_PENDING);
    l->q.ring[l->requests[i].number & 3].at_ns = at_ms(ms).ns;
}

static size_t limited_take(limited *l) {
    edoi_redis_piece piece;
    size_t n = edoi_redis_queue_take(&l->q, &piece, 1);
    if (n > 0) edoi_redis_command_free(piece.bytes);
    return n;
}

static void limited_reply(limited *l, int64_t ms) {
    edo_redis_reply *reply = edoi_redis_reply_new(EDO_REDIS_NIL);
    assert_int_equal(edoi_redis_queue_reply(&l->q, at_ms(ms), &reply, 1), 0);
}

/* Looks at `ms` with a limit of 500 ms. Returns when to look again, in ms; -1: never. */
static int64_t limited_look(limited *l, int64_t ms, bool *is_silent) {
    edo_instant next = edoi_redis_queue_expire(&l->q, at_ms(ms), edo_ms(500), is_silent);
    edoi_redis_queue_check(&l->q);
    return next.ns == EDO_FOREVER_NS ? -1 : next.ns / 1000000;
}

static void limited_end(limited *l) {
    edoi_redis_queue_close(&l->q, -EDO_ECLOSED, NULL);
    for (size_t i = 0; i < EDO_COUNT(l->requests); i++)
        if (l->requests[i].queue && l->requests[i].stage != EDOI_REDIS_FRESH)
            edo_drop(&l->requests[i].base);
    edoi_redis_queue_deinit(&l->q);
}

static void patient_command_has_no_limit(void **state) {
    (void)state;
    limited l;
    bool is_silent;
    limited_begin(&l);
    assert_int_equal(limited_look(&l, 0, &is_silent), -1);
    limited_start(&l, 0, 0, true);
    assert_int_equal(limited_take(&l), 1);
    assert_int_equal(limited_look(&l, 3600000, &is_silent), -1);
    assert_false(is_silent);
    assert_int_equal(limited_poll(&l, 0), EDO_PENDING);
    limited_reply(&l, 3600000);
    assert_int_equal(limited_poll(&l, 0), EDO_READY);
    edo_redis_reply_free(l.replies[0]);
    limited_end(&l);
}

static void limit_that_never_passes_ends_nothing(void **state) {
    (void)state;
    limited l;
    bool is_silent;
    limited_begin(&l);
    limited_start(&l, 0, 100, false);
    assert_int_equal(limited_take(&l), 1);
    const edo_duration ages = edo_ns(EDO_FOREVER_NS - 1); // the end of which is beyond all time
    assert_true(edoi_redis_queue_expire(&l.q, at_ms(1000), ages, &is_silent).ns == EDO_FOREVER_NS);
    assert_false(is_silent);
    const edo_duration none = edo_ns(EDO_FOREVER_NS);
    assert_true(edoi_redis_queue_expire(&l.q, at_ms(1000), none, &is_silent).ns == EDO_FOREVER_NS);
    assert_false(is_silent);
    assert_int_equal(limited_poll(&l, 0), EDO_PENDING);
    limited_end(&l);
}

/* The first limit that passes, and nobody else waits. */
static void silence_is_noticed_by_the_first_limit(void **state) {
    (void)state;
    limited l;
    bool is_silent;
    limited_begin(&l);
    limited_start(&l, 0, 100, false);
    assert_int_equal(limited_take(&l), 1);
    assert_int_equal(limited_look(&l, 599, &is_silent), 600);
    assert_false(is_silent);
    limited_start(&l, 1, 599, false);
    (void)limited_look(&l, 600, &is_silent); // it was not taken yet: nobody waits for the first
    assert_true(is_silent);
    assert_int_equal(limited_poll(&l, 0), EDO_READY);
    assert_int_equal(edo_result(&l.requests[0]), -ETIMEDOUT);
    assert_int_equal(limited_take(&l), 0); // it waits for the next connection
    edoi_redis_queue_lost(&l.q, -ETIMEDOUT, NULL);
    edoi_redis_queue_connected(&l.q, at_ms(601));
    assert_int_equal(limited_take(&l), 1);
    assert_int_equal(limited_poll(&l, 1), EDO_PENDING);
    limited_end(&l);
}

/* Others wait for what was sent: they are not harmed, and no more is sent until nobody waits. */
static void silence_is_borne_while_somebody_waits(void **state) {
    (void)state;
    limited l;
    bool is_silent;
    limited_begin(&l);
    limited_start(&l, 0, 100, false);
    limited_start(&l, 1, 300, false);
    assert_int_equal(limited_take(&l) + limited_take(&l), 2);
    assert_int_equal(limited_look(&l, 600, &is_silent), 800);
    assert_false(is_silent);
    limited_start(&l, 2, 650, false);
    assert_int_equal(limited_take(&l), 0);
    assert_false(edoi_redis_queue_has_work(&l.q));
    limited_reply(&l, 700); // that of the first: all is well, but slow
    assert_int_equal(l.works_n, 1);
    assert_int_equal(limited_take(&l), 1);
    limited_reply(&l, 701);
    limited_reply(&l, 702);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(limited_poll(&l, i), EDO_READY);
        edo_redis_reply_free(l.replies[i]);
    }
    limited_end(&l);
}

/* The last one that waits leaves by a limit of its own: the writer looks at once. */
static void writer_looks_when_the_last_caller_leaves(void **state) {
    (void)state;
    limited l;
    bool is_silent;
    limited_begin(&l);
    limited_start(&l, 0, 100, false);
    limited_start(&l, 1, 300, false);
    assert_int_equal(limited_take(&l) + limited_take(&l), 2);
    assert_false(edoi_redis_queue_has_work(&l.q));
    (void)limited_look(&l, 600, &is_silent);
    size_t before = l.works_n;
    edo_drop(&l.requests[1].base);
    assert_int_equal(l.works_n, before + 1);
    (void)limited_look(&l, 650, &is_silent);
    assert_true(is_silent);
    l.requests[1].queue = NULL;
    edoi_redis_queue_lost(&l.q, -ETIMEDOUT, NULL);
    limited_end(&l);
}

/* What a caller has left alone is no reason to end a connection that says something. */
static void abandoned_command_is_waited_for(void **state) {
    (void)state;
    limited l;
    bool is_silent;
    limited_begin(&l);
    limited_start(&l, 0, 100, false);
    assert_int_equal(limited_take(&l), 1);
    edo_drop(&l.requests[0].base);
    limited_start(&l, 1, 110, false);
    assert_int_equal(limited_take(&l), 0); // its reply could not be told from that of the first
    assert_int_equal(limited_look(&l, 200, &is_silent), 600);
    assert_false(is_silent);
    limited_reply(&l, 210);
    assert_int_equal(limited_take(&l), 1);
    assert_int_equal(limited_look(&l, 599, &is_silent), 610);
    limited_reply(&l, 600);
    assert_int_equal(limited_poll(&l, 1), EDO_READY);
    edo_redis_reply_free(l.replies[1]);
    limited_end(&l);
}

/* ---- Broken by hand -------------------------------------------------------------------------- */

/* Of two commands the first was taken. */
typedef struct halves {
    edoi_redis_queue q;
    edoi_redis_request requests[2], late;
    edo_redis_reply *replies[2];
    hand_waker waker;
} halves;

static void halves_begin(halves *h) {
    edoi_redis_piece piece;
    *h = (halves){ .waker = HAND_WAKER };
    edo_cx cx = hand_cx(&h->waker, EDO_BUDGET);
    assert_int_equal(edoi_redis_queue_init(&h->q, 4, false), 0);
    h->q.work = no_work;
    for (size_t i = 0; i < 2; i++) {
        edo_future *f = edoi_redis_request_init(&h->requests[i], &h->q, command_of("GET"),
                                                &h->replies[i], 1, false);
        assert_int_equal(edo_poll(f, &cx), EDO_PENDING);
    }
    assert_int_equal(edoi_redis_queue_take(&h->q, &piece, 1), 1);
    edoi_redis_command_free(piece.bytes);
    edoi_redis_queue_check(&h->q);
}

static void break_places(halves *h) {
    h->q.taken_at = h->q.tail + 1;
}

static void break_number(halves *h) {
    h->requests[1].number++;
}

static void break_line(halves *h) { // it waits, and there is room
    TAILQ_INSERT_TAIL(&h->q.waiting, &h->late, next);
}

static void break_bytes(halves *h) {
    h->q.ring[1].bytes = NULL;
}

static void break_sleep(halves *h) {
    h->q.is_idle = true;
}

static void break_replies(halves *h) {
    h->requests[0].got_n++;
}

static void break_grant(halves *h) {
    h->q.ring[0].is_tx = h->q.ring[0].asks = true;
    h->q.grant = EDOI_REDIS_GRANTED;
}

static void break_live(halves *h) {
    h->q.live_n++;
}

static void break_late(halves *h) { // somebody waits for it
    h->q.ring[0].is_late = true;
}

static void break_taken_bytes(halves *h) {
    h->q.taken_bytes--;
}

typedef struct breaker {
    const char *name;
    void (*fn)(halves *h);
} breaker;

static int break_and_walk(void *arg) {
    const breaker *b = arg;
    halves h;
    halves_begin(&h);
    b->fn(&h);
    edoi_redis_queue_check(&h.q);
    return 0;
}

static void a_walk_names_what_is_broken(void **state) {
    (void)state;
    static breaker rows[] = {
        { "queue inv. 1: ", break_places }, { "queue inv. 2: ", break_number },
        { "queue inv. 3: ", break_line },   { "queue inv. 4: ", break_bytes },
        { "queue inv. 5: ", break_sleep },  { "queue inv. 6: ", break_replies },
        { "queue inv. 7: ", break_grant },  { "queue inv. 8: ", break_taken_bytes },
        { "queue inv. 9: ", break_live },   { "queue inv. 9: ", break_late },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_broken(rows[i].name, break_and_walk, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_names_what_is_broken), // a fork: before all else
        cmocka_unit_test(request_passes_the_leaf_tests),
        cmocka_unit_test(every_caller_gets_its_own_replies),
        cmocka_unit_test(patient_command_has_no_limit),
        cmocka_unit_test(limit_that_never_passes_ends_nothing),
        cmocka_unit_test(silence_is_noticed_by_the_first_limit),
        cmocka_unit_test(silence_is_borne_while_somebody_waits),
        cmocka_unit_test(writer_looks_when_the_last_caller_leaves),
        cmocka_unit_test(abandoned_command_is_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
