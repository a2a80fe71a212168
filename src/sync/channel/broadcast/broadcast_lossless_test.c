/* SPDX-License-Identifier: MIT */
/* Goal: in a lossless channel a send waits exactly while a receiver that keeps up has no room, in
 * order of arrival; a receiver that is behind loses the oldest values, is told once, and keeps up
 * again. Method: single cases; virtual time for the limit; random steps compared with a table that
 * restates the rules; then threads. */
#include <edo/broadcast.h>

#include "inside.h"
#include "leaf.h"
#include "seed.h"
#include "stress.h"

#include <edo/scope.h>
#include <edo/task.h>
#include <edo/time.h>

#include <sched.h>

static const edo_broadcast_opts lossless = { .lossless = true };

typedef struct pair {
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
} pair;

static pair make(size_t cap) {
    pair p = { NULL, NULL };
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, sizeof(uint64_t), cap, &lossless), 0);
    return p;
}

static void unmake(pair p) {
    edo_broadcast_tx_unref(p.tx);
    edo_broadcast_rx_free(p.rx);
}

static void fill(edo_broadcast_tx *tx, uint64_t from, uint64_t to, int receivers) {
    for (uint64_t i = from; i < to; i++) assert_int_equal(edo_broadcast_try_send(tx, &i), 0);
    assert_int_equal(edo_broadcast_try_send(tx, &to), -EAGAIN);
    assert_int_equal(edo_broadcast_receivers(tx), receivers);
}

static void expect(edo_broadcast_rx *rx, uint64_t want) {
    uint64_t got = 0;
    CHECK_EQ(edo_broadcast_try_recv(rx, &got, NULL), 0);
    CHECK_EQ(got, want);
}

static void expect_lag(edo_broadcast_rx *rx, uint64_t want) {
    uint64_t got, missed = 0;
    CHECK_EQ(edo_broadcast_try_recv(rx, &got, &missed), -EDO_ELAGGED);
    CHECK_EQ(missed, want);
}

static void expect_none(edo_broadcast_rx *rx) {
    uint64_t got;
    assert_int_equal(edo_broadcast_try_recv(rx, &got, NULL), -EAGAIN);
}

/* A send that was polled once. */
typedef struct sending {
    hand_waker w;
    edo_broadcast_send_future f;
    uint64_t value;
} sending;

static void begin(sending *s, edo_broadcast_tx *tx, uint64_t value) {
    *s = (sending){ .w = HAND_WAKER, .value = value };
    assert_int_equal(hand_poll(edo_broadcast_send_init(&s->f, tx, &s->value), &s->w), EDO_PENDING);
    assert_int_equal(hand_woken(&s->w), 0);
}

static void expect_waits(sending *s) {
    assert_int_equal(hand_woken(&s->w), 0);
    assert_int_equal(hand_poll(&s->f.base, &s->w), EDO_PENDING);
}

static void expect_sent(sending *s, int result) {
    assert_true(hand_woken(&s->w) > 0);
    assert_int_equal(hand_poll(&s->f.base, &s->w), EDO_READY);
    assert_int_equal(edo_result(&s->f), result);
}

/* ---- Rows by hand ---------------------------------------------------------------------------- */

static void send_waits_until_the_slowest_receiver_has_room(void **state) {
    (void)state;
    pair p = make(2);
    edo_broadcast_rx *second;
    sending s;
    assert_int_equal(edo_broadcast_subscribe(&second, p.tx), 0);
    fill(p.tx, 0, 2, 2);
    begin(&s, p.tx, 2);
    for (uint64_t i = 0; i < 2; i++) expect(p.rx, i);
    expect_none(p.rx);
    expect_waits(&s);
    expect(second, 0);
    expect_sent(&s, 0);
    expect(p.rx, 2);
    for (uint64_t i = 1; i < 3; i++) expect(second, i);
    expect_none(second);
    edo_broadcast_rx_free(second);
    unmake(p);
}

static void sends_go_in_order_of_arrival(void **state) {
    (void)state;
    pair p = make(2);
    sending s[3];
    uint64_t value = 9;
    fill(p.tx, 0, 2, 1);
    for (uint64_t i = 0; i < 3; i++) begin(&s[i], p.tx, 2 + i);
    for (uint64_t i = 0; i < 2; i++) expect(p.rx, i);                // room for two
    assert_int_equal(edo_broadcast_try_send(p.tx, &value), -EAGAIN); // three were sent before
    expect_waits(&s[1]);
    expect_sent(&s[0], 0);
    expect_waits(&s[2]);
    expect_sent(&s[1], 0);
    expect_waits(&s[2]);
    expect(p.rx, 2);
    expect_sent(&s[2], 0);
    for (uint64_t i = 3; i < 5; i++) expect(p.rx, i);
    expect_none(p.rx);
    unmake(p);
}

static void send_that_is_dropped_sends_nothing_and_the_next_goes(void **state) {
    (void)state;
    pair p = make(1);
    sending s[4];
    fill(p.tx, 0, 1, 1);
    for (uint64_t i = 0; i < 4; i++) begin(&s[i], p.tx, 1 + i);
    edo_drop(&s[1].f.base);
    expect(p.rx, 0);
    edo_drop(&s[0].f.base); // it was woken
    expect_sent(&s[2], 0);
    expect_waits(&s[3]);
    edo_drop(&s[3].f.base);
    expect(p.rx, 3);
    expect_none(p.rx);
    unmake(p);
}

static void receiver_that_falls_behind_gets_one_lag_and_keeps_up_again(void **state) {
    (void)state;
    pair p = make(2);
    sending s;
    fill(p.tx, 0, 2, 1);
    begin(&s, p.tx, 2);
    edo_broadcast_fall_behind(p.rx);
    expect_sent(&s, 0);
    for (uint64_t i = 3; i < 10; i++) assert_int_equal(edo_broadcast_try_send(p.tx, &i), 0);
    expect_lag(p.rx, 8);
    begin(&s, p.tx, 10); // held up again
    expect(p.rx, 8);
    expect_sent(&s, 0);
    for (uint64_t i = 9; i < 11; i++) expect(p.rx, i);
    expect_none(p.rx);
    unmake(p);
}

static void receiver_that_was_behind_and_lost_nothing_gets_no_lag(void **state) {
    (void)state;
    pair p = make(2);
    sending s;
    fill(p.tx, 0, 2, 1);
    edo_broadcast_fall_behind(p.rx);
    edo_broadcast_fall_behind(p.rx);
    expect(p.rx, 0);
    fill(p.tx, 2, 3, 1); // it keeps up, so there is room for one
    for (uint64_t i = 1; i < 3; i++) expect(p.rx, i);
    edo_broadcast_fall_behind(p.rx); // with no value to read
    expect_none(p.rx);
    fill(p.tx, 3, 5, 1);
    begin(&s, p.tx, 5);
    expect(p.rx, 3);
    expect_sent(&s, 0);
    unmake(p);
}

/* `keeps` holds a send up. `lost` comes back meanwhile and must not hold it up too. */
static void returning_receiver_never_holds_a_waiting_send_up(void **state) {
    (void)state;
    for (size_t cap = 1; cap <= 4; cap *= 2) {
        pair p = make(cap);
        edo_broadcast_rx *lost;
        sending s[2];
        assert_int_equal(edo_broadcast_subscribe(&lost, p.tx), 0);
        fill(p.tx, 0, cap, 2);
        edo_broadcast_fall_behind(lost);
        expect(p.rx, 0);
        fill(p.tx, cap, cap + 1, 2);
        begin(&s[0], p.tx, cap + 1);
        expect_lag(lost, 2); // not 1
        expect(p.rx, 1);
        expect_sent(&s[0], 0);
        if (cap > 1) { // it keeps up: the next send waits for it
            for (uint64_t i = 2; i < cap + 2; i++) expect(p.rx, i);
            begin(&s[1], p.tx, cap + 2);
        }
        expect(lost, 2);
        if (cap > 1) expect_sent(&s[1], 0);
        edo_broadcast_rx_free(lost);
        unmake(p);
    }
}

static void receiver_that_goes_makes_room_and_the_last_ends_all_sends(void **state) {
    (void)state;
    pair p = make(1);
    edo_broadcast_rx *second;
    sending s[3];
    assert_int_equal(edo_broadcast_subscribe(&second, p.tx), 0);
    fill(p.tx, 0, 1, 2);
    expect(p.rx, 0);
    for (uint64_t i = 0; i < 3; i++) begin(&s[i], p.tx, 1 + i);
    edo_broadcast_rx_free(second);
    expect_sent(&s[0], 0);
    expect_waits(&s[1]);
    edo_broadcast_rx_free(p.rx);
    uint64_t value = 9;
    assert_int_equal(edo_broadcast_try_send(p.tx, &value), -EDO_ECLOSED);
    expect_sent(&s[1], -EDO_ECLOSED);
    expect_sent(&s[2], -EDO_ECLOSED);
    assert_int_equal(edo_broadcast_send(p.tx, &value), -EDO_ECLOSED);
    edo_broadcast_tx_unref(p.tx);
}

static void every_size_is_received_whole(void **state) {
    (void)state;
    static const size_t sizes[] = { 0, 1, 7, 8, 9, 100 };
    for (size_t i = 0; i < EDO_COUNT(sizes); i++) {
        pair p = { NULL, NULL };
        unsigned char in[100], out[101] = { 0 };
        for (size_t n = 0; n < sizeof in; n++) in[n] = (unsigned char)(n + 1);
        assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, sizes[i], 1, &lossless), 0);
        assert_int_equal(edo_broadcast_try_send(p.tx, in), 0);
        assert_int_equal(edo_broadcast_try_send(p.tx, in), -EAGAIN);
        assert_int_equal(edo_broadcast_try_recv(p.rx, out, NULL), 0);
        assert_memory_equal(out, in, sizes[i]);
        assert_int_equal(out[sizes[i]], 0);
        unmake(p);
    }
}

static void send_future_of_a_plain_channel_is_ready_at_once(void **state) {
    (void)state;
    pair p = { NULL, NULL };
    hand_waker w = HAND_WAKER;
    edo_broadcast_send_future f;
    uint64_t value = 0;
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, sizeof value, 1, NULL), 0);
    for (; value < 3; value++) {
        edo_cx cx = hand_cx(&w, 5);
        assert_int_equal(edo_poll(edo_broadcast_send_init(&f, p.tx, &value), &cx), EDO_READY);
        assert_int_equal(edo_result(&f), 0);
        assert_int_equal(cx.budget, 4);
    }
    edo_broadcast_fall_behind(p.rx); // has no effect here
    assert_int_equal(edo_broadcast_try_send(p.tx, &value), 0);
    expect_lag(p.rx, 3);
    expect(p.rx, 3);
    edo_broadcast_rx_free(p.rx);
    assert_int_equal(hand_poll(edo_broadcast_send_init(&f, p.tx, &value), &w), EDO_READY);
    assert_int_equal(edo_result(&f), -EDO_ECLOSED);
    edo_broadcast_tx_unref(p.tx);
}

static void clone_word(void *to, const void *from) {
    *(uint64_t *)to = *(const uint64_t *)from;
}

static void wrong_options_and_failing_allocations_are_errors(void **state) {
    (void)state;
    static const edo_broadcast_opts limit_only = { .behind_after = EDO_MS(1) };
    static const edo_broadcast_opts cloned = { .clone = clone_word, .lossless = true };
    pair p = { NULL, NULL };
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, 8, 1, &limit_only), -EINVAL);
    for (uint64_t k = 1;; k++) {
        uint64_t value = k;
        edoi_alloc_fail_at(k);
        int err = edo_broadcast_new(&p.tx, &p.rx, sizeof value, 4, &cloned);
        if (err == 0) err = edo_broadcast_try_send(p.tx, &value);
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_int_equal(err, fired ? -ENOMEM : 0);
        unmake(p);
        p = (pair){ NULL, NULL };
        if (!fired) break;
    }
}

static void limit_needs_a_runtime(void **state) {
    (void)state;
    static const edo_broadcast_opts limited = { .lossless = true, .behind_after = EDO_MS(1) };
    pair p = { NULL, NULL };
    sending s[2];
    assert_int_equal(edo_broadcast_new(&p.tx, &p.rx, sizeof(uint64_t), 1, &limited), 0);
    fill(p.tx, 0, 1, 1);
    for (uint64_t i = 0; i < 2; i++) {
        s[i] = (sending){ .w = HAND_WAKER };
        edo_future *f = edo_broadcast_send_init(&s[i].f, p.tx, &s[i].value);
        assert_int_equal(hand_poll(f, &s[i].w), EDO_READY);
        assert_int_equal(edo_result(&s[i].f), -EDO_ENORUNTIME);
    }
    unmake(p);
}

/* ---- The limit, in virtual time -------------------------------------------------------------- */

static const edo_broadcast_opts limited = { .lossless = true, .behind_after = EDO_MS(100) };
static edo_instant began;

static int64_t since_ms(void) {
    return edo_instant_since(edo_now(), began).ns / 1000000;
}

static int in_virtual_time(edo_task_fn *fn, void *arg) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }), 0);
    int result = edo_run(rt, fn, arg);
    edo_runtime_free(rt);
    return result;
}

static void must_send(edo_broadcast_tx *tx, uint64_t value, int64_t at_ms) {
    CHECK_EQ(edo_broadcast_send(tx, &value), 0);
    CHECK_EQ(since_ms(), at_ms);
}

static int stuck_receiver_delays_one_send(void *arg) {
    (void)arg;
    pair p;
    CHECK_EQ(edo_broadcast_new(&p.tx, &p.rx, sizeof(uint64_t), 2, &limited), 0);
    began = edo_now();
    must_send(p.tx, 0, 0);
    must_send(p.tx, 1, 0);
    CHECK_EQ(edo_sleep(edo_ms(500)), 0); // no send is held up meanwhile
    must_send(p.tx, 2, 600);
    for (uint64_t i = 3; i < 6; i++) must_send(p.tx, i, 600); // it is behind, and stays behind
    expect_lag(p.rx, 4);
    expect(p.rx, 4);
    must_send(p.tx, 6, 600);
    must_send(p.tx, 7, 700);
    expect_lag(p.rx, 1);
    unmake(p);
    return 0;
}

static void receiver_is_behind_after_it_has_held_a_send_up_for_the_limit(void **state) {
    (void)state;
    assert_int_equal(in_virtual_time(stuck_receiver_delays_one_send, NULL), 0);
}

/* Receives one value per 90 ms. */
static int receive_slowly(void *arg) {
    edo_broadcast_rx *rx = arg;
    uint64_t value = 0;
    for (uint64_t i = 0; i < 10; i++) {
        int err = edo_sleep(edo_ms(90));
        if (err == 0) err = edo_broadcast_recv(rx, &value, NULL);
        if (err < 0) return err;
        CHECK_EQ(value, i);
    }
    return 0;
}

static int slow_receiver_keeps_up(void *arg) {
    (void)arg;
    pair p;
    CHECK_EQ(edo_broadcast_new(&p.tx, &p.rx, sizeof(uint64_t), 1, &limited), 0);
    began = edo_now();
    edo_task *t = edo_spawn(receive_slowly, p.rx);
    for (int64_t i = 0; i < 10; i++) must_send(p.tx, (uint64_t)i, 90 * i);
    CHECK_EQ(edo_task_join(t), 0);
    unmake(p);
    return 0;
}

static void receiver_that_receives_within_the_limit_loses_nothing(void **state) {
    (void)state;
    assert_int_equal(in_virtual_time(slow_receiver_keeps_up, NULL), 0);
}

#define LINE 5

typedef struct in_line {
    edo_broadcast_tx *tx;
    uint64_t value;
    int64_t gives_up_ms, sent_ms; /* 0: it does not give up; -1: not sent */
} in_line;

static int stand_in_line(void *arg) {
    in_line *self = arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(self->gives_up_ms ? self->gives_up_ms : 100000));
    int got = edo_broadcast_send(self->tx, &self->value);
    int err = edo_deadline_end(&d, got);
    self->sent_ms = got < 0 ? -1 : since_ms();
    return err == -ETIMEDOUT ? 0 : err;
}

/* The receiver receives once, after 60 ms, and then no more. The first send in line has given up by
 * then, so the second sends; the third waits for the limit, and the rest send with it. */
static int line_before_stuck_receivers(void *arg) {
    (void)arg;
    pair p;
    in_line line[LINE];
    edo_task *tasks[LINE];
    CHECK_EQ(edo_broadcast_new(&p.tx, &p.rx, sizeof(uint64_t), 1, &limited), 0);
    began = edo_now();
    must_send(p.tx, 100, 0);
    for (uint64_t i = 0; i < LINE; i++) {
        line[i] = (in_line){ .tx = p.tx, .value = i, .gives_up_ms = i == 0 ? 40 : 0 };
        tasks[i] = edo_spawn(stand_in_line, &line[i]);
    }
    CHECK_EQ(edo_sleep(edo_ms(60)), 0);
    expect(p.rx, 100); // the second sends, and the third is held up from now on
    for (int i = 0; i < LINE; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    static const int64_t sent_ms[LINE] = { -1, 60, 160, 160, 160 };
    for (int i = 0; i < LINE; i++) CHECK_EQ(line[i].sent_ms, sent_ms[i]);
    expect_lag(p.rx, 3);
    expect(p.rx, 4);
    unmake(p);
    return 0;
}

static void line_of_sends_waits_for_the_limit_once(void **state) {
    (void)state;
    assert_int_equal(in_virtual_time(line_before_stuck_receivers, NULL), 0);
}

/* The limit counts for the oldest value, whichever send is first in line. */
static int first_in_line_gives_up(void *arg) {
    (void)arg;
    pair p;
    in_line line[2];
    edo_task *tasks[2];
    CHECK_EQ(edo_broadcast_new(&p.tx, &p.rx, sizeof(uint64_t), 1, &limited), 0);
    began = edo_now();
    must_send(p.tx, 100, 0);
    line[0] = (in_line){ .tx = p.tx, .gives_up_ms = 70 };
    tasks[0] = edo_spawn(stand_in_line, &line[0]);
    CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    line[1] = (in_line){ .tx = p.tx };
    tasks[1] = edo_spawn(stand_in_line, &line[1]);
    for (int i = 0; i < 2; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    CHECK_EQ(line[0].sent_ms, -1);
    CHECK_EQ(line[1].sent_ms, 100);
    unmake(p);
    return 0;
}

static void limit_goes_on_when_the_first_in_line_gives_up(void **state) {
    (void)state;
    assert_int_equal(in_virtual_time(first_in_line_gives_up, NULL), 0);
}

/* ---- At random, against the rules ------------------------------------------------------------ */

#define READERS 3
#define SENDS   3
#define KEPT    4u

static int alive;

static void clone_one(void *to, const void *from) {
    clone_word(to, from);
    alive++;
}

static void drop_one(void *elem) {
    assert_true(*(uint64_t *)elem > 0);
    alive--;
}

/* The channel, and its expected state. Values are numbered from 1 in the order of their sends. */
typedef struct table {
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx[READERS];
    uint64_t next[READERS]; /* index of the value to read */
    bool behind[READERS];
    uint64_t values[1 << 16], tail; /* by position */
    sending *line[SENDS];           /* in order */
    int line_n;
    uint64_t last;
    bool owns;
} table;

static bool table_keeps_up(const table *t, int i) {
    return t->rx[i] && !t->behind[i] && t->tail - t->next[i] <= KEPT;
}

static bool table_has_room(const table *t) {
    for (int i = 0; i < READERS; i++)
        if (table_keeps_up(t, i) && t->tail - t->next[i] == KEPT) return false;
    return true;
}

static int table_receivers(const table *t) {
    int n = 0;
    for (int i = 0; i < READERS; i++) n += t->rx[i] != NULL;
    return n;
}

static int table_alive(const table *t) {
    int n = 0;
    for (uint64_t v = t->tail > KEPT ? t->tail - KEPT : 0; v < t->tail; v++) {
        bool read = false;
        for (int i = 0; i < READERS; i++) read = read || (t->rx[i] && t->next[i] <= v);
        n += read;
    }
    return n;
}

/* `line[at]` has ended. */
static void table_unlink(table *t, int at) {
    free(t->line[at]);
    t->line_n--;
    for (; at < t->line_n; at++) t->line[at] = t->line[at + 1];
}

/* Checks that the sends that may go do, and no other. */
static void table_settle(table *t) {
    while (t->line_n > 0 && table_has_room(t)) {
        int receivers = table_receivers(t);
        if (t->owns && receivers > 0) alive++;
        expect_sent(t->line[0], receivers > 0 ? 0 : -EDO_ECLOSED);
        if (receivers > 0) t->values[t->tail++] = t->line[0]->value;
        table_unlink(t, 0);
    }
    for (int i = 0; i < t->line_n; i++)
        assert_int_equal(hand_poll(&t->line[i]->f.base, &t->line[i]->w), EDO_PENDING);
}

static void table_recv(table *t, int i) {
    uint64_t got = 0, missed = 0, lag = t->tail - t->next[i];
    t->behind[i] = false;
    if (lag == 0) {
        expect_none(t->rx[i]);
    } else if (lag > KEPT) {
        lag -= KEPT;
        if (t->line_n > 0) lag++;
        expect_lag(t->rx[i], lag);
        t->next[i] += lag;
    } else {
        assert_int_equal(edo_broadcast_try_recv(t->rx[i], &got, &missed), 0);
        assert_int_equal(got, t->values[t->next[i]++]);
        if (t->owns) drop_one(&got);
    }
}

static void table_send(table *t, bool waits) {
    uint64_t value = ++t->last;
    int receivers = table_receivers(t);
    bool goes = receivers > 0 && t->line_n == 0 && table_has_room(t);
    if (waits && receivers > 0 && !goes && t->line_n < SENDS) {
        t->line[t->line_n] = malloc(sizeof(sending));
        begin(t->line[t->line_n++], t->tx, value);
        return;
    }
    if (t->owns && goes) alive++;
    int got = edo_broadcast_try_send(t->tx, &value);
    assert_int_equal(got, goes ? 0 : receivers > 0 ? -EAGAIN : -EDO_ECLOSED);
    if (goes) t->values[t->tail++] = value;
}

static void table_step(table *t, uint32_t random) {
    int i = (int)(random / 16 % READERS);
    switch (random % 16) {
    case 0:
        if (t->rx[i]) return;
        assert_int_equal(edo_broadcast_subscribe(&t->rx[i], t->tx), 0);
        t->next[i] = t->tail;
        t->behind[i] = false;
        return;
    case 1:
        if (random / 64 % 4) return;
        edo_broadcast_rx_free(t->rx[i]);
        t->rx[i] = NULL;
        return;
    case 2:
        if (!t->rx[i]) return;
        edo_broadcast_fall_behind(t->rx[i]);
        t->behind[i] = true;
        return;
    case 3:
        if (i >= t->line_n) return;
        edo_drop(&t->line[i]->f.base);
        table_unlink(t, i);
        return;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8: table_send(t, random / 64 % 4 != 0); return;
    default:
        if (t->rx[i]) table_recv(t, i);
        return;
    }
}

static void channel_does_what_its_rules_say(void **state) {
    (void)state;
    static table t;
    static const edo_broadcast_opts opts[] = {
        { .lossless = true },
        { .lossless = true, .clone = clone_one, .drop = drop_one },
    };
    for (int owns = 0; owns < 2; owns++) {
        uint64_t seed = test_seed(88172645463325252u);
        t = (table){ .owns = owns };
        alive = 0;
        assert_int_equal(edo_broadcast_new(&t.tx, NULL, sizeof(uint64_t), KEPT, &opts[owns]), 0);
        for (int i = 0; i < 20000; i++) {
            table_step(&t, (uint32_t)(stress_random(&seed) >> 16));
            table_settle(&t);
            if (owns) assert_int_equal(alive, table_alive(&t));
        }
        assert_true(t.tail > 1000);
        while (t.line_n > 0) {
            edo_drop(&t.line[0]->f.base);
            table_unlink(&t, 0);
        }
        for (int i = 0; i < READERS; i++) edo_broadcast_rx_free(t.rx[i]);
        assert_int_equal(alive, 0);
        edo_broadcast_tx_unref(t.tx);
    }
}

/* ---- Stress ---------------------------------------------------------------------------------- */

#define SENDERS 2
#define EACH    4000u

typedef struct stress {
    parker park;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
    uint64_t seed, got_n, missed_n, told_n;
    bool falls_behind;
} stress;

/* Gives up now and then and sends the same value again. */
static void *sender(void *arg) {
    stress *s = arg;
    for (uint64_t i = 0; i < EACH;) {
        edo_broadcast_send_future f;
        edo_future *send = edo_broadcast_send_init(&f, s->tx, &i);
        bool over = stress_poll(&s->park, send, (uint32_t)(stress_random(&s->seed) % 4));
        edo_drop(send);
        if (!over) continue;
        assert_int_equal(send->result, 0);
        i++;
    }
    edo_broadcast_tx_unref(s->tx);
    return NULL;
}

static void *reader(void *arg) {
    stress *s = arg;
    for (;;) {
        uint64_t value = 0, missed = 0;
        edo_broadcast_recv_future f;
        edo_future *r = edo_broadcast_recv_init(&f, s->rx, &value, &missed);
        bool over = stress_poll(&s->park, r, (uint32_t)(stress_random(&s->seed) % 3));
        edo_drop(r);
        if (s->falls_behind && stress_random(&s->seed) % 61 == 0) edo_broadcast_fall_behind(s->rx);
        if (stress_random(&s->seed) % 97 == 0) sched_yield();
        if (!over) continue;
        s->missed_n += missed;
        s->told_n += r->result == -EDO_ELAGGED;
        if (r->result == -EDO_ECLOSED) break;
        s->got_n += r->result == 0;
    }
    return NULL;
}

static void values_sent_by_threads_arrive_or_are_counted(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 4; i++) {
        pthread_t threads[READERS + SENDERS];
        stress s[READERS + SENDERS];
        pair p = make(i < 2 ? 1 : 8);
        for (uint64_t n = 0; n < READERS + SENDERS; n++) {
            s[n] = (stress){ .seed = test_seed(1 + i * 100 + n), .rx = p.rx };
            s[n].falls_behind = i % 2 && n == 1;
            if (n > 0 && n < READERS) assert_int_equal(edo_broadcast_subscribe(&s[n].rx, p.tx), 0);
            parker_init(&s[n].park);
            s[n].tx = n >= READERS ? edo_broadcast_tx_ref(p.tx) : NULL;
        }
        edo_broadcast_tx_unref(p.tx);
        for (uint64_t n = 0; n < READERS + SENDERS; n++)
            (void)pthread_create(&threads[n], NULL, n < READERS ? reader : sender, &s[n]);
        for (uint64_t n = 0; n < READERS + SENDERS; n++) (void)pthread_join(threads[n], NULL);
        for (uint64_t n = 0; n < READERS + SENDERS; n++) parker_deinit(&s[n].park);
        for (uint64_t n = 0; n < READERS; n++) {
            assert_int_equal(s[n].got_n + s[n].missed_n, SENDERS * EACH);
            if (!s[n].falls_behind) assert_int_equal(s[n].told_n, 0);
            edo_broadcast_rx_free(s[n].rx);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(send_waits_until_the_slowest_receiver_has_room),
        cmocka_unit_test(sends_go_in_order_of_arrival),
        cmocka_unit_test(send_that_is_dropped_sends_nothing_and_the_next_goes),
        cmocka_unit_test(receiver_that_falls_behind_gets_one_lag_and_keeps_up_again),
        cmocka_unit_test(receiver_that_was_behind_and_lost_nothing_gets_no_lag),
        cmocka_unit_test(returning_receiver_never_holds_a_waiting_send_up),
        cmocka_unit_test(receiver_that_goes_makes_room_and_the_last_ends_all_sends),
        cmocka_unit_test(every_size_is_received_whole),
        cmocka_unit_test(send_future_of_a_plain_channel_is_ready_at_once),
        cmocka_unit_test(wrong_options_and_failing_allocations_are_errors),
        cmocka_unit_test(limit_needs_a_runtime),
        cmocka_unit_test(receiver_is_behind_after_it_has_held_a_send_up_for_the_limit),
        cmocka_unit_test(receiver_that_receives_within_the_limit_loses_nothing),
        cmocka_unit_test(line_of_sends_waits_for_the_limit_once),
        cmocka_unit_test(limit_goes_on_when_the_first_in_line_gives_up),
        cmocka_unit_test(channel_does_what_its_rules_say),
        cmocka_unit_test(values_sent_by_threads_arrive_or_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
