/* SPDX-License-Identifier: MIT */
/* Goal: who talks in a room waits for those who listen, and for nobody else; then nobody who
 * listens misses anything.
 * Method: a room's own code. First one thread, which is everybody in turn, and checks the counts
 * against the plain rule; then fibers of several workers that talk, come, go and are slow at
 * random. */
#include <edo/broadcast.h>

#include <sched.h>

static int send_fails; /* with this; 0: it does not */

static uint32_t *others; /* how many of their messages are in flight, up to a turn of the system */
static int turns;

static int let_others_run(void) {
    turns++;
    --*others;
    return 0;
}

#define sched_yield()                 let_others_run()
#define edo_broadcast_send(tx, value) (send_fails ? send_fails : edo_broadcast_send(tx, value))

#include "../../apps/chat/message.c"
#include "../../apps/chat/room.c"

#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* ---- One thread is everybody ----------------------------------------------------------------- */

static bool say(room *r) {
    if (!room_try_place(r)) return false;
    message *m = message_new(1, "something");
    assert_non_null(m);
    room_say(r, m);
    edo_rc_unref(m);
    return true;
}

/* How many can be said until it has to wait. */
static int say_all(room *r) {
    int n = 0;
    while (n < 1000 && say(r)) n++; // nobody listens: for ever
    return n;
}

/* In a place that it has. */
static listener enter_now(room *r) {
    room_entry entry;
    message *joined = message_new(0, "joined");
    assert_non_null(joined);
    assert_int_equal(room_enter(r, joined, &entry), 0);
    edo_rc_unref(joined);
    for (size_t i = 0; i < entry.past_n; i++) edo_rc_unref(entry.past[i]);
    free(entry.past);
    edo_rc_unref(entry.first);
    return entry.listener;
}

static listener enter(room *r) {
    assert_true(room_try_place(r));
    return enter_now(r);
}

/* Returns how many it heard, `most` at most; who has caught up misses nothing. */
static int hear(listener *l, int most) {
    int n = 0, err = 0;
    message *m;
    uint64_t missed;
    for (; n < most && (err = edo_broadcast_try_recv(l->news, &m, &missed)) != -EAGAIN; n++) {
        if (err == -EDO_ELAGGED) {
            assert_int_equal(l->step, LISTENER_BEHIND);
        } else {
            assert_true(listener_heard(l, m));
            edo_rc_unref(m);
        }
    }
    return n;
}

static void an_empty_room_makes_no_talker_wait(void **state) {
    (void)state;
    room *r = room_new(&(name){ "r" }, 5);
    for (int i = 0; i < 1000; i++) assert_true(say(r));
    room_free(r);
}

static void talker_waits_for_the_slowest_listener(void **state) {
    (void)state;
    room *r = room_new(&(name){ "r" }, 5);
    listener a = enter(r), b = enter(r);
    int said = say_all(r);
    assert_in_range(said, ROOM_PLACES - ROOM_STEP, ROOM_PLACES);
    assert_int_equal(hear(&a, 1000), said + 2); // that they came in
    assert_true(listener_keep_up(&a));
    assert_false(say(r)); // b has heard nothing yet
    assert_int_equal(hear(&b, ROOM_STEP), ROOM_STEP);
    assert_true(listener_keep_up(&b));
    assert_int_equal(say_all(r), ROOM_STEP);
    assert_int_equal(hear(&b, 1000), said + 1);
    assert_true(listener_keep_up(&b));
    (void)say_all(r);
    (void)hear(&b, 1000);
    assert_true(listener_keep_up(&b));
    assert_false(say(r)); // now a has not heard the last ones
    listener_end(&a);
    assert_true(say(r)); // who has gone is not waited for
    listener_end(&b);
    room_free(r);
}

static void talkers_wait_for_a_slow_listener_only_once_it_has_caught_up(void **state) {
    (void)state;
    room *r = room_new(&(name){ "r" }, 5);
    listener slow = enter(r);
    (void)say_all(r);
    listener_fall_behind(&slow);
    for (int i = 0; i < 1000; i++) assert_true(say(r));
    assert_int_equal(hear(&slow, 10), 10);
    assert_false(listener_keep_up(&slow));
    assert_true(say(r));
    assert_true(hear(&slow, 1000) > 0);
    assert_true(listener_keep_up(&slow));
    assert_in_range(say_all(r), ROOM_PLACES - ROOM_STEP, ROOM_PLACES);
    listener_end(&slow);
    room_free(r);
}

static void a_place_that_was_not_used_is_free_again(void **state) {
    (void)state;
    room *r = room_new(&(name){ "r" }, 5);
    listener a = enter(r);
    assert_true(room_try_place(r));
    int said = say_all(r);
    room_return_place(r);
    assert_int_equal(say_all(r), 1);
    assert_int_equal(said + 2, ROOM_PLACES); // with the arrival
    listener_end(&a);
    room_free(r);
}

static void a_message_that_could_not_be_sent_keeps_nobody_waiting(void **state) {
    (void)state;
    room *r = room_new(&(name){ "r" }, 5);
    listener a = enter(r);
    send_fails = -ENOMEM;
    for (int i = 0; i < 1000; i++) assert_true(say(r));
    send_fails = 0;
    for (int i = 0; i < 10 * ROOM_MESSAGES; i++) {
        assert_true(say(r));
        (void)hear(&a, 1);
        (void)listener_keep_up(&a);
    }
    assert_in_range(say_all(r), ROOM_PLACES - ROOM_STEP, ROOM_PLACES);
    listener_end(&a);
    room_free(r);
}

static void no_more_are_in_flight_than_the_channel_keeps_beside_the_places(void **state) {
    (void)state;
    room *r = room_new(&(name){ "r" }, 5);
    others = &r->flying;
    r->flying = ROOM_MESSAGES - ROOM_PLACES - 1;
    assert_true(say(r));
    assert_int_equal(turns, 0);
    r->flying++;
    assert_true(say(r)); // after one of the others
    assert_int_equal(turns, 1);
    room_free(r);
}

/* inv. 1 and 2 of room.c, from the listeners themselves. */
static void check(room *r, const listener *all, size_t n) {
    uint32_t counts[ROOM_STEPS] = { 0 };
    for (size_t i = 0; i < n; i++) {
        const listener *l = &all[i];
        if (!l->room || l->step == LISTENER_BEHIND) continue;
        assert_in_range(l->step, r->floor, r->floor + ROOM_PLACES / ROOM_STEP);
        assert_true(edo_broadcast_len(l->news) <= ROOM_PLACES);
        counts[l->step % ROOM_STEPS]++;
    }
    assert_memory_equal(counts, r->listeners, sizeof counts);
    assert_int_equal(edo_sem_available(&r->places) + r->said_n - r->floor * ROOM_STEP, ROOM_PLACES);
}

static void the_counts_are_right_whatever_happens(void **state) {
    (void)state;
    enum { LISTENERS = 6 };
    room *r = room_new(&(name){ "r" }, 5);
    listener all[LISTENERS] = { 0 };
    uint32_t seed = 1;
    for (int round = 0; round < 100000; round++) {
        seed = seed * 1664525 + 1013904223;
        uint32_t dice = seed >> 8;
        listener *l = &all[dice % LISTENERS];
        dice /= LISTENERS;
        switch (dice % 32) {
        case 0:
            if (!l->room && edo_sem_available(&r->places) > 0) *l = enter(r);
            break;
        case 1: listener_end(l); break;
        case 2:
            if (l->room) listener_fall_behind(l);
            break;
        case 3: (void)say_all(r); break;
        case 4:
        case 5:
        case 6:
        case 7:
            if (!l->room) break;
            (void)hear(l, (int)(dice / 32 % 200));
            (void)listener_keep_up(l);
            break;
        default: (void)say(r); break;
        }
        check(r, all, LISTENERS);
    }
    for (int i = 0; i < LISTENERS; i++) listener_end(&all[i]);
    room_free(r);
}

/* ---- Workers --------------------------------------------------------------------------------- */

enum { TALKERS = 8, VISITORS = 4, WORDS = 1000, VISITS = 100 };

typedef struct party {
    room *room;
    edo_sem there, begin; /* talkers that came; may talk */
} party;

typedef struct guest {
    party *at;
    uint64_t id; /* 0: it only listens */
    listener ears;
    int said, heard;
    int next[TALKERS + 1]; /* word of each; -1: any */
} guest;

static void come_in(guest *self) {
    assert_int_equal(edo_sem_acquire(&self->at->room->places, 1), 0);
    self->ears = enter_now(self->at->room);
}

/* Its number; the text has no NUL. */
static int word_of(const message *m) {
    int n = 0;
    for (const char *at = m->text; *at != '\n'; at++) n = n * 10 + (*at - '0');
    return n;
}

static void take(guest *self, message *m) {
    if (listener_heard(&self->ears, m) && m->from > 0) {
        int word = word_of(m);
        assert_true(self->next[m->from] < 0 || self->next[m->from] == word);
        self->next[m->from] = word + 1;
        self->heard++;
    }
    edo_rc_unref(m);
}

/* Waits for a place if it has something to say, and for news. */
static void take_part(guest *self) {
    edo_sem_acquire_future place;
    edo_broadcast_recv_future news;
    message *m;
    edo_future *on[] = {
        self->id > 0 && self->said < WORDS
            ? edo_sem_acquire_init(&place, &self->at->room->places, 1)
            : NULL,
        edo_broadcast_recv_init(&news, self->ears.news, &m, NULL),
    };
    int which = edo_select_array(on, 2, EDO_SELECT_BIASED);
    if (which == 0) {
        m = message_new(self->id, "%d", self->said++);
        assert_non_null(m);
        room_say(self->at->room, m);
        edo_rc_unref(m);
    } else {
        assert_int_equal(which, 1);
        assert_int_equal(edo_result(&news), 0); // nothing is ever missed
        take(self, m);
    }
    while (edo_broadcast_try_recv(self->ears.news, &m, NULL) == 0) take(self, m);
    assert_true(listener_keep_up(&self->ears));
}

static int talk(void *arg) {
    guest *self = arg;
    come_in(self);
    edo_sem_release(&self->at->there, 1);
    assert_int_equal(edo_sem_acquire(&self->at->begin, 1), 0);
    while (self->said < WORDS || self->heard < TALKERS * WORDS) take_part(self);
    listener_end(&self->ears);
    return 0;
}

/* Comes, listens for a while, and goes; and once it does not listen at all. */
static int visit(void *arg) {
    guest *self = arg;
    for (int visit = 0; visit < VISITS; visit++) {
        for (int i = 0; i <= TALKERS; i++) self->next[i] = -1;
        come_in(self);
        if (visit % 10 == 9) {
            listener_fall_behind(&self->ears);
            for (int i = 0; i < 10; i++) assert_int_equal(edo_yield(), 0);
        } else {
            // Those who come in hear at least themselves.
            for (int i = 0; i < 5 && edo_broadcast_len(self->ears.news) > 0; i++) take_part(self);
        }
        listener_end(&self->ears);
    }
    return 0;
}

static int hold_party(void *arg) {
    party *at = arg;
    static guest guests[TALKERS + VISITORS];
    edo_scope all;
    edo_scope_begin(&all, &(edo_scope_opts){ .spread = true });
    for (int i = 0; i < TALKERS + VISITORS; i++) {
        if (i == TALKERS) assert_int_equal(edo_sem_acquire(&at->there, TALKERS), 0);
        guests[i] = (guest){ .at = at, .id = i < TALKERS ? (uint64_t)i + 1 : 0 };
        (void)edo_scope_spawn(&all, i < TALKERS ? talk : visit, &guests[i]);
    }
    edo_sem_release(&at->begin, TALKERS);
    assert_int_equal(edo_scope_end(&all), 0);
    for (int i = 0; i < TALKERS; i++) {
        for (int k = 1; k <= TALKERS; k++) assert_int_equal(guests[i].next[k], WORDS);
    }
    return 0;
}

static void listener_hears_every_word_in_order_on_any_number_of_workers(void **state) {
    (void)state;
    static const uint32_t workers[] = { 1, 2, 4 };
    for (size_t i = 0; i < EDO_COUNT(workers); i++) {
        const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = workers[i] };
        edo_runtime *rt;
        party at = { .there = EDO_SEM_INIT(0), .begin = EDO_SEM_INIT(0) };
        at.room = room_new(&(name){ "party" }, 50);
        assert_non_null(at.room);
        assert_int_equal(edo_runtime_new(&rt, &opts), 0);
        assert_int_equal(edo_run(rt, hold_party, &at), 0);
        edo_runtime_free(rt);
        room_free(at.room);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_room_makes_no_talker_wait),
        cmocka_unit_test(talker_waits_for_the_slowest_listener),
        cmocka_unit_test(talkers_wait_for_a_slow_listener_only_once_it_has_caught_up),
        cmocka_unit_test(a_place_that_was_not_used_is_free_again),
        cmocka_unit_test(a_message_that_could_not_be_sent_keeps_nobody_waiting),
        cmocka_unit_test(no_more_are_in_flight_than_the_channel_keeps_beside_the_places),
        cmocka_unit_test(the_counts_are_right_whatever_happens),
        cmocka_unit_test(listener_hears_every_word_in_order_on_any_number_of_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
