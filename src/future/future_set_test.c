/* SPDX-License-Identifier: MIT */
/* Goal: a set returns each future once, in the order of the wakes, and polls only futures that were
 * woken; a late wake does no harm, even after the set is gone. Method: branches that the test makes
 * ready and that keep their wakers; all short orders of operations, then long random runs, compared
 * with a table of woken futures; the generic leaf tests; threads. */
#include <edo/future_set.h>

#include <edo/notify.h>

#include "leaf.h"
#include "stress.h"

#include <string.h>

/* Ready with `result` once `on`; wakes itself in its next `restless` polls. */
typedef struct branch {
    edo_future base;
    bool on, keeps;
    int result, polls, drops, restless;
    edo_waker *waker; /* borrowed, or counted if it `keeps` */
} branch;

static edo_polled branch_poll(edo_future *f, edo_cx *cx) {
    branch *self = (branch *)(void *)f;
    self->polls++;
    if (self->on) {
        if (!self->keeps) self->waker = NULL;
        return edo_future_finish(f, self->result);
    }
    edo_waker *w = edo_cx_waker(cx);
    if (self->keeps && !self->waker) (void)edo_waker_ref(w);
    self->waker = w;
    if (self->restless > 0) {
        self->restless--;
        edo_cx_wake(cx);
    }
    return EDO_PENDING;
}

static void branch_drop(edo_future *f) {
    branch *self = (branch *)(void *)f;
    if (edo_future_is_over(f)) return;
    self->drops++;
    if (!self->keeps) self->waker = NULL;
    edo_future_retire(f);
}

static const edo_future_ops branch_ops = {
    .poll = branch_poll, .drop = branch_drop, .name = "branch", .size = sizeof(branch)
};

static edo_future *branch_init(branch *b) {
    *b = (branch){ 0 };
    return edo_future_init(&b->base, &branch_ops);
}

static void switch_on(branch *b, int result) {
    b->on = true;
    b->result = result;
    if (b->waker) edo_waker_wake(b->waker);
}

/* One poll of next; NULL: pending. */
static edo_future *next_now(edo_future_set *set, hand_waker *w) {
    edo_future_set_done_next_future f;
    edo_future *done = NULL;
    if (hand_poll(edo_future_set_done_next_init(&f, set, &done), w) == EDO_PENDING) {
        edo_drop(&f.base);
        return NULL;
    }
    assert_int_equal(edo_result(&f), done != NULL);
    return done;
}

/* ---- As a leaf ------------------------------------------------------------------------------- */

typedef struct set_env {
    edo_future_set set;
    edo_notify notify;
    edo_notify_wait_future wait;
    edo_future_set_done_next_future next;
    edo_future *done;
} set_env;

static int set_make(void *arg, edo_future **f) {
    set_env *env = arg;
    edo_future_set_init(&env->set);
    int err = edo_future_set_push(&env->set, edo_notify_wait_init(&env->wait, &env->notify));
    *f = edo_future_set_done_next_init(&env->next, &env->set, &env->done);
    return err;
}

static void set_poke(void *arg) {
    edo_notify_one(&((set_env *)arg)->notify);
}

static void set_undo(void *arg) {
    set_env *env = arg;
    assert_ptr_equal(env->done, &env->wait.base);
    edo_notify_one(&env->notify);
    (void)edo_notify_wait_init(&env->wait, &env->notify);
    assert_int_equal(edo_future_set_push(&env->set, &env->wait.base), 0);
}

static void set_intact(void *arg) {
    set_env *env = arg;
    hand_waker w = HAND_WAKER;
    assert_int_equal(edo_future_set_len(&env->set), 1);
    assert_ptr_equal(next_now(&env->set, &w), &env->wait.base);
    assert_int_equal(edo_result(&env->wait), 0);
}

static void set_cleanup(void *arg) {
    edo_future_set_deinit(&((set_env *)arg)->set);
}

static void next_is_a_good_leaf(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_future_set_done_next",
                            .env_bytes = sizeof(set_env),
                            .result = 1,
                            .make = set_make,
                            .poke = set_poke,
                            .undo = set_undo,
                            .intact = set_intact,
                            .cleanup = set_cleanup };
    leaf_run(&l);
}

/* ---- By hand --------------------------------------------------------------------------------- */

#define MANY 10000

static branch many[MANY];

static void push_many(edo_future_set *set, size_t n) {
    for (size_t i = 0; i < n; i++)
        assert_int_equal(edo_future_set_push(set, branch_init(&many[i])), 0);
}

/* Polls until all fresh children have been polled. */
static void settle(edo_future_set *set, hand_waker *w) {
    do {
        hand_reset(w);
        assert_null(next_now(set, w));
    } while (hand_woken(w) > 0);
}

static int polls_of(size_t n) {
    int polls = 0;
    for (size_t i = 0; i < n; i++) polls += many[i].polls;
    return polls;
}

static void woken_future_is_polled_and_no_other(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    hand_waker w = HAND_WAKER;
    push_many(&set, MANY);
    settle(&set, &w);
    assert_int_equal(polls_of(MANY), MANY);
    for (int round = 0; round < 3; round++) { // woken without reason
        edo_waker_wake(many[5000].waker);
        edo_waker_wake(many[7].waker);
        edo_waker_wake(many[5000].waker);
        assert_null(next_now(&set, &w));
    }
    assert_int_equal(polls_of(MANY), MANY + 6);
    for (size_t i = MANY; i-- > 0;) {
        switch_on(&many[i], (int)i);
        assert_ptr_equal(next_now(&set, &w), &many[i].base);
        assert_int_equal(many[i].base.result, i);
    }
    assert_int_equal(polls_of(MANY), 2 * MANY + 6);
    assert_null(next_now(&set, &w));
    assert_int_equal(edo_future_set_len(&set), 0);
    edo_future_set_deinit(&set);
}

static void futures_come_back_in_the_order_of_their_wakes(void **state) {
    (void)state;
    edo_future_set set;
    hand_waker w = HAND_WAKER;
    edo_future_set_init(&set);
    push_many(&set, 5);
    settle(&set, &w);
    static const int order[] = { 3, 0, 4, 1, 2 };
    for (int i = 0; i < 5; i++) switch_on(&many[order[i]], 100 + i);
    for (int i = 0; i < 5; i++) {
        assert_ptr_equal(next_now(&set, &w), &many[order[i]].base);
        assert_int_equal(many[order[i]].base.result, 100 + i);
        assert_int_equal(many[order[i]].drops, 0);
    }
    edo_future_set_deinit(&set);
}

static void many_wakes_wake_the_waiting_next_once(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    edo_future_set_done_next_future f;
    edo_future *done;
    hand_waker w = HAND_WAKER, newer = HAND_WAKER;
    push_many(&set, 3);
    assert_int_equal(hand_poll(edo_future_set_done_next_init(&f, &set, &done), &w), EDO_PENDING);
    for (int i = 0; i < 3; i++) edo_waker_wake(many[i].waker);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &newer), EDO_PENDING);
    switch_on(&many[1], 1);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_woken(&newer), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    for (int i = 0; i < 3; i++)
        if (i != 1) edo_waker_wake(many[i].waker);
    assert_int_equal(hand_woken(&w) + hand_woken(&newer), 2); // no next waits
    edo_future_set_deinit(&set);
}

static void push_wakes_the_waiting_next(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    edo_future_set_done_next_future f;
    edo_future *done;
    edo_ready_future now;
    hand_waker w = HAND_WAKER;
    push_many(&set, 1);
    assert_int_equal(hand_poll(edo_future_set_done_next_init(&f, &set, &done), &w), EDO_PENDING);
    assert_int_equal(edo_future_set_push(&set, edo_ready_init(&now, 6)), 0);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_ptr_equal(done, &now.base);
    edo_future_set_deinit(&set);
    assert_int_equal(many[0].drops, 1);
}

static void ended_set_drops_its_futures_and_frees_boxes(void **state) {
    (void)state;
    for (int polled = 0; polled < 2; polled++) {
        edo_future_set set = EDO_FUTURE_SET_INIT;
        hand_waker w = HAND_WAKER;
        branch inner[2];
        push_many(&set, 3);
        for (int i = 0; i < 2; i++) {
            edo_future *box = edo_boxed_new(branch_init(&inner[i]));
            assert_non_null(box);
            assert_int_equal(edo_future_set_push(&set, box), 0);
        }
        if (polled) settle(&set, &w);
        edo_future_set_clear(&set);
        assert_int_equal(edo_future_set_len(&set), 0);
        for (int i = 0; i < 3; i++) assert_int_equal(many[i].drops, 1);
        assert_null(next_now(&set, &w));
        edo_ready_future now; // can be used again
        edo_future *box = edo_boxed_new(edo_ready_init(&now, 9));
        assert_int_equal(edo_future_set_push(&set, box), 0);
        assert_ptr_equal(next_now(&set, &w), box);
        assert_int_equal(box->result, 9);
        edo_drop(box); // a finished box is the caller's
        edo_future_set_deinit(&set);
        for (int i = 0; i < 3; i++) assert_int_equal(many[i].drops, 1);
    }
}

static void clear_wakes_the_waiting_next(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    edo_future_set_done_next_future f;
    edo_future *done = NULL;
    hand_waker w = HAND_WAKER;
    push_many(&set, 2);
    assert_int_equal(hand_poll(edo_future_set_done_next_init(&f, &set, &done), &w), EDO_PENDING);
    edo_future_set_clear(&set);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    assert_null(done);
}

static void one_future_is_removed_and_the_others_stay(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    hand_waker w = HAND_WAKER;
    branch inner;
    push_many(&set, MANY / 2);
    settle(&set, &w);
    for (size_t i = 0; i < MANY / 2; i += 2) // woken ones and quiet ones
        if (i % 3 == 0) edo_waker_wake(many[i].waker);
    for (size_t i = 0; i < MANY; i++) {
        size_t k = i * 7919 % MANY; // some are pushed when others have left
        if (i == MANY / 2)
            for (size_t n = MANY / 2; n < MANY; n++)
                assert_int_equal(edo_future_set_push(&set, branch_init(&many[n])), 0);
        if (k % 2 != 0) continue;
        bool is_in = k < MANY / 2 || i >= MANY / 2, is_polled = k < MANY / 2;
        assert_int_equal(edo_future_set_remove(&set, &many[k].base), is_in ? is_polled : -ENOENT);
        assert_int_equal(edo_future_set_remove(&set, &many[k].base), -ENOENT);
        if (is_in) assert_int_equal(many[k].drops, 1);
    }
    for (size_t k = 0; k < MANY; k += 2) (void)edo_future_set_remove(&set, &many[k].base);
    assert_int_equal(edo_future_set_len(&set), MANY / 2);
    settle(&set, &w);
    for (size_t k = MANY - 1; k < MANY; k -= 2) {
        switch_on(&many[k], (int)k);
        assert_ptr_equal(next_now(&set, &w), &many[k].base);
        assert_int_equal(edo_future_set_remove(&set, &many[k].base), -ENOENT); // it was given back
        assert_int_equal(many[k].drops, 0);
    }
    edo_future *box = edo_boxed_new(branch_init(&inner));
    assert_int_equal(edo_future_set_push(&set, box), 0);
    assert_int_equal(edo_future_set_remove(&set, box), 0); // not polled, and freed
    assert_int_equal(edo_future_set_len(&set), 0);
    edo_future_set_deinit(&set);
}

static void the_last_one_removed_wakes_the_waiting_next(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    edo_future_set_done_next_future f;
    edo_future *done = NULL;
    hand_waker w = HAND_WAKER;
    push_many(&set, 2);
    assert_int_equal(hand_poll(edo_future_set_done_next_init(&f, &set, &done), &w), EDO_PENDING);
    assert_int_equal(edo_future_set_remove(&set, &many[1].base), 1);
    assert_int_equal(hand_woken(&w), 0);
    assert_int_equal(edo_future_set_remove(&set, &many[0].base), 1);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_int_equal(edo_result(&f), 0);
    assert_null(done);
}

static void a_late_wake_does_nothing(void **state) {
    (void)state;
    for (int way = 0; way < 4; way++) {
        edo_future_set *set = malloc(sizeof *set);
        hand_waker w = HAND_WAKER;
        edo_future_set_init(set);
        push_many(set, 2);
        many[0].keeps = true;
        settle(set, &w);
        if (way == 0) switch_on(&many[0], 1);
        if (way == 0) assert_ptr_equal(next_now(set, &w), &many[0].base);
        if (way == 1) edo_future_set_clear(set);
        if (way == 2) edo_future_set_deinit(set);
        if (way == 3) assert_int_equal(edo_future_set_remove(set, &many[0].base), 1);
        edo_future_set_done_next_future f;
        edo_future *done;
        if (way == 0) {
            hand_reset(&w);
            assert_int_equal(hand_poll(edo_future_set_done_next_init(&f, set, &done), &w),
                             EDO_PENDING);
            edo_waker_wake(many[0].waker);
            assert_int_equal(hand_woken(&w), 0);
            edo_drop(&f.base);
        }
        edo_future_set_deinit(set);
        memset(set, 0xdd, sizeof *set);
        free(set);
        edo_waker_wake(many[0].waker);
        edo_waker_wake(edo_waker_ref(many[0].waker));
        edo_waker_unref(many[0].waker);
        edo_waker_unref(many[0].waker);
    }
}

static void future_that_wakes_itself_lets_others_run_and_the_rest_of_the_set(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    hand_waker w = HAND_WAKER;
    push_many(&set, 5);
    many[0].restless = many[1].restless = many[2].restless = 1000;
    assert_null(next_now(&set, &w)); // 0 and 1: two are enough
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(polls_of(5), 2);
    assert_null(next_now(&set, &w)); // 2, 3, 4, 0
    assert_int_equal(many[3].polls + many[4].polls, 2);
    assert_true(polls_of(5) <= 7);
    edo_future_set_clear(&set);

    push_many(&set, 1);
    many[0].restless = 1000; // alone: once per turn
    for (int turn = 1; turn < 5; turn++) {
        hand_reset(&w);
        assert_null(next_now(&set, &w));
        assert_int_equal(hand_woken(&w), 1);
        assert_int_equal(many[0].polls, turn);
    }
    edo_future_set_deinit(&set);
}

static void a_turn_polls_128_at_most(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    hand_waker w = HAND_WAKER;
    push_many(&set, 300);
    static const int after[] = { 128, 256, 300 };
    for (int turn = 0; turn < 3; turn++) {
        hand_reset(&w);
        assert_null(next_now(&set, &w));
        assert_int_equal(hand_woken(&w), turn < 2);
        assert_int_equal(polls_of(300), after[turn]);
    }
    edo_future_set_deinit(&set);
}

static void a_spent_budget_leaves_the_rest_for_the_next_turn(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    hand_waker w = HAND_WAKER;
    edo_ready_future now[5];
    edo_future_set_done_next_future f;
    edo_future *done;
    for (int i = 0; i < 5; i++)
        assert_int_equal(edo_future_set_push(&set, edo_ready_init(&now[i], i)), 0);
    int given = 0, polls = 0;
    while (given < 5) {
        edo_cx cx = hand_cx(&w, 2);
        hand_reset(&w);
        polls++;
        while (edo_poll(edo_future_set_done_next_init(&f, &set, &done), &cx) == EDO_READY) {
            if (edo_result(&f) == 0) break;
            assert_ptr_equal(done, &now[given].base);
            given++;
        }
        if (given == 5) break;
        assert_int_equal(cx.budget, 0); // a poll that debits nothing costs one too
        assert_int_equal(hand_woken(&w), 1);
        edo_drop(&f.base);
    }
    assert_int_equal(polls, 3);
    edo_cx spent = hand_cx(&w, 0);
    assert_int_equal(edo_poll(edo_future_set_done_next_init(&f, &set, &done), &spent), EDO_PENDING);
    edo_drop(&f.base);
    edo_future_set_deinit(&set);
}

static void sets_lie_in_sets(void **state) {
    (void)state;
    edo_future_set outer = EDO_FUTURE_SET_INIT, inner = EDO_FUTURE_SET_INIT;
    edo_future_set_done_next_future f, next;
    edo_future *done, *inner_done;
    hand_waker w = HAND_WAKER;
    push_many(&inner, 3);
    edo_future *both = edo_future_set_done_next_init(&next, &inner, &inner_done);
    assert_int_equal(edo_future_set_push(&outer, both), 0);
    assert_int_equal(hand_poll(edo_future_set_done_next_init(&f, &outer, &done), &w), EDO_PENDING);
    assert_int_equal(hand_woken(&w), 0);
    switch_on(&many[2], 2);
    assert_int_equal(hand_woken(&w), 1);
    assert_int_equal(hand_poll(&f.base, &w), EDO_READY);
    assert_ptr_equal(done, both);
    assert_ptr_equal(inner_done, &many[2].base);
    edo_future_set_deinit(&outer);
    edo_future_set_deinit(&inner);
}

/* A future that pushes another to its own set while it is polled or dropped. */
typedef struct pusher {
    edo_future base;
    edo_future_set *set;
    edo_ready_future other;
} pusher;

static edo_polled pusher_poll(edo_future *f, edo_cx *cx) {
    pusher *self = (pusher *)(void *)f;
    (void)cx;
    assert_int_equal(edo_future_set_push(self->set, edo_ready_init(&self->other, 5)), 0);
    return edo_future_finish(f, 4);
}

static void pusher_drop(edo_future *f) {
    pusher *self = (pusher *)(void *)f;
    if (edo_future_is_over(f)) return;
    assert_int_equal(edo_future_set_push(self->set, edo_ready_init(&self->other, 5)), 0);
    edo_future_retire(f);
}

static void a_future_may_push_to_its_own_set(void **state) {
    (void)state;
    static const edo_future_ops ops = {
        .poll = pusher_poll, .drop = pusher_drop, .name = "pusher", .size = sizeof(pusher)
    };
    edo_future_set set = EDO_FUTURE_SET_INIT;
    hand_waker w = HAND_WAKER;
    pusher p = { .set = &set };
    for (int dropped = 0; dropped < 2; dropped++) {
        assert_int_equal(edo_future_set_push(&set, edo_future_init(&p.base, &ops)), 0);
        if (dropped) {
            edo_future_set_clear(&set);
        } else {
            assert_ptr_equal(next_now(&set, &w), &p.base);
        }
        assert_int_equal(edo_future_set_len(&set), 1);
        assert_ptr_equal(next_now(&set, &w), &p.other.base);
    }
    edo_future_set_deinit(&set);
}

static void failing_allocation_leaves_future_and_set_whole(void **state) {
    (void)state;
    edo_future_set set = EDO_FUTURE_SET_INIT;
    hand_waker w = HAND_WAKER;
    edo_ready_future now;
    edo_future *f = edo_ready_init(&now, 3);
    edoi_alloc_fail_at(1);
    int err = edo_future_set_push(&set, f);
    bool fired = edoi_alloc_fail_fired();
    edoi_alloc_fail_at(0);
    assert_int_equal(err, fired ? -ENOMEM : 0);
    assert_int_equal(edo_future_set_len(&set), fired ? 0 : 1);
    if (fired) assert_int_equal(edo_future_set_push(&set, f), 0);
    assert_ptr_equal(next_now(&set, &w), f);
}

/* ---- Against a table ------------------------------------------------------------------------- */

#define BRANCHES 3
#define DEPTH    5

/* A set, and its expected state. The line: branches woken or pushed, and not polled since. */
typedef struct table {
    edo_future_set set;
    edo_future_set_done_next_future f;
    edo_future *done;
    hand_waker w;
    branch b[BRANCHES];
    bool in[BRANCHES], waits; /* a next is pending */
    bool stale;               /* it was woken by one that was removed then */
    int line[BRANCHES], line_n;
} table;

static void line_up(table *t, int i) {
    for (int k = 0; k < t->line_n; k++)
        if (t->line[k] == i) return;
    t->line[t->line_n++] = i;
}

static void table_next(table *t) {
    if (!t->waits) (void)edo_future_set_done_next_init(&t->f, &t->set, &t->done);
    bool any = t->in[0] || t->in[1] || t->in[2];
    int polls[BRANCHES], k = 0;
    for (int i = 0; i < BRANCHES; i++) polls[i] = t->b[i].polls;
    int first = -1;
    for (; first < 0 && k < t->line_n; k++)
        if (t->b[t->line[k]].on) first = t->line[k];
    bool ready = hand_poll(&t->f.base, &t->w) == EDO_READY;
    assert_int_equal(ready, first >= 0 || !any);
    for (int n = 0; n < k; n++) polls[t->line[n]]++;
    for (int i = 0; i < BRANCHES; i++) assert_int_equal(t->b[i].polls, polls[i]);
    if (ready) assert_int_equal(edo_result(&t->f), any);
    if (first >= 0) assert_ptr_equal(t->done, &t->b[first].base);
    if (first >= 0) t->in[first] = false;
    memmove(t->line, t->line + k, sizeof t->line[0] * (size_t)(t->line_n - k));
    t->line_n -= k;
    t->waits = !ready;
    t->stale = false;
    hand_reset(&t->w);
}

static void table_remove(table *t, int i) {
    int polled = t->b[i].polls > 0;
    assert_int_equal(edo_future_set_remove(&t->set, &t->b[i].base), t->in[i] ? polled : -ENOENT);
    if (!t->in[i]) return;
    assert_int_equal(t->b[i].drops, 1);
    t->in[i] = false;
    for (int k = 0; k < t->line_n; k++) {
        if (t->line[k] != i) continue;
        t->line_n--;
        memmove(t->line + k, t->line + k + 1, sizeof t->line[0] * (size_t)(t->line_n - k));
        t->stale = true;
    }
}

static void table_clear(table *t) {
    edo_future_set_clear(&t->set);
    for (int i = 0; i < BRANCHES; i++) {
        if (t->in[i]) assert_int_equal(t->b[i].drops, 1);
        t->in[i] = false;
    }
    t->line_n = 0;
}

#define EACH_N 4
#define OPS_N  (EACH_N * BRANCHES + 3)

static void table_step(table *t, int op) {
    int i = op % BRANCHES;
    branch *b = &t->b[i];
    switch (op / BRANCHES) {
    case 0: // pushed
        if (t->in[i]) return;
        assert_int_equal(edo_future_set_push(&t->set, branch_init(b)), 0);
        t->in[i] = true;
        line_up(t, i);
        break;
    case 1: // woken without reason
        if (!t->in[i] || !b->waker) return;
        edo_waker_wake(b->waker);
        line_up(t, i);
        break;
    case 2: // its event
        if (!t->in[i]) return;
        if (b->waker) line_up(t, i);
        switch_on(b, i);
        break;
    case 3: table_remove(t, i); break;
    default:
        if (i == 0) table_next(t);
        if (i == 1 && t->waits) {
            edo_drop(&t->f.base);
            t->waits = false;
        }
        if (i == 2) table_clear(t);
        break;
    }
    bool any = t->in[0] || t->in[1] || t->in[2];
    if (t->waits && (t->line_n > 0 || !any)) assert_true(hand_woken(&t->w) > 0);
    if (t->waits && t->line_n == 0 && any && !t->stale) assert_int_equal(hand_woken(&t->w), 0);
    assert_int_equal(edo_future_set_len(&t->set), t->in[0] + t->in[1] + t->in[2]);
}

static void table_end(table *t) {
    if (t->waits) edo_drop(&t->f.base);
    edo_future_set_deinit(&t->set);
}

static void every_short_order_gives_the_right_ones(void **state) {
    (void)state;
    long orders = 1;
    for (int i = 0; i < DEPTH; i++) orders *= OPS_N;
    for (long order = 0; order < orders; order++) {
        table t = { .w = HAND_WAKER };
        long rest = order;
        table_step(&t, 0); // with at least one of them
        for (int i = 0; i < DEPTH; i++, rest /= OPS_N) table_step(&t, (int)(rest % OPS_N));
        table_end(&t);
    }
}

static void long_random_runs_give_the_right_ones(void **state) {
    (void)state;
    uint64_t seed = 88172645463325252u;
    table t = { .w = HAND_WAKER };
    for (int i = 0; i < 300000; i++) table_step(&t, (int)(stress_random(&seed) % OPS_N));
    table_end(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_is_a_good_leaf),
        cmocka_unit_test(woken_future_is_polled_and_no_other),
        cmocka_unit_test(futures_come_back_in_the_order_of_their_wakes),
        cmocka_unit_test(many_wakes_wake_the_waiting_next_once),
        cmocka_unit_test(push_wakes_the_waiting_next),
        cmocka_unit_test(ended_set_drops_its_futures_and_frees_boxes),
        cmocka_unit_test(clear_wakes_the_waiting_next),
        cmocka_unit_test(one_future_is_removed_and_the_others_stay),
        cmocka_unit_test(the_last_one_removed_wakes_the_waiting_next),
        cmocka_unit_test(a_late_wake_does_nothing),
        cmocka_unit_test(future_that_wakes_itself_lets_others_run_and_the_rest_of_the_set),
        cmocka_unit_test(a_turn_polls_128_at_most),
        cmocka_unit_test(a_spent_budget_leaves_the_rest_for_the_next_turn),
        cmocka_unit_test(sets_lie_in_sets),
        cmocka_unit_test(a_future_may_push_to_its_own_set),
        cmocka_unit_test(failing_allocation_leaves_future_and_set_whole),
        cmocka_unit_test(every_short_order_gives_the_right_ones),
        cmocka_unit_test(long_random_runs_give_the_right_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
