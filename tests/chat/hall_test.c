/* SPDX-License-Identifier: MIT */
/* Goal: the hall and its rooms keep their locks for a few lines only, and still nobody misses a
 * message or gets it twice.
 * Method: the sources are included. Whatever sends, formats, takes or gives memory in them goes
 * through a check that this thread holds no lock. Then threads talk while others come in. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <edo/broadcast.h>
#include <edo/mpsc.h>
#include <edo/sem.h>
#include <edo/task.h>

static _Thread_local int locks_held;
static _Thread_local int checks;

static int counted_lock(pthread_mutex_t *lock) {
    locks_held++;
    return pthread_mutex_lock(lock);
}

static int counted_unlock(pthread_mutex_t *lock) {
    locks_held--;
    return pthread_mutex_unlock(lock);
}

static void unlocked(void) {
    if (locks_held != 0) abort();
    checks++;
}

#define pthread_mutex_lock(lock)      counted_lock(lock)
#define pthread_mutex_unlock(lock)    counted_unlock(lock)
#define calloc(n, bytes)              (unlocked(), calloc(n, bytes))
#define realloc(p, bytes)             (unlocked(), realloc(p, bytes))
#define free(p)                       (unlocked(), free(p))
#define snprintf(...)                 (unlocked(), snprintf(__VA_ARGS__))
#define edo_rc_new(bytes, deinit)     (unlocked(), edo_rc_new(bytes, deinit))
#define edo_rc_unref(p)               (unlocked(), edo_rc_unref(p))
#define edo_broadcast_send(tx, v)     (unlocked(), edo_broadcast_send(tx, v))
#define edo_broadcast_subscribe(r, t) (unlocked(), edo_broadcast_subscribe(r, t))
#define edo_mpsc_try_send(tx, v)      (unlocked(), edo_mpsc_try_send(tx, v))
#define edo_mpsc_tx_unref(tx)         (unlocked(), edo_mpsc_tx_unref(tx))
#define edo_sem_release(sem, n)       (unlocked(), edo_sem_release(sem, n))
#define sched_yield()                 (unlocked(), sched_yield())

#include "../../apps/chat/hall.c"
#include "../../apps/chat/message.c"
#include "../../apps/chat/room.c"
#include "../../apps/chat/table.c"
#include "../../apps/chat/text.c"

/* A member that is there. */
typedef struct guest {
    member me;
    edo_mpsc_rx *mail;
} guest;

static void arrive(hall *h, guest *g) {
    static const edo_mpsc_opts pointers = { .drop = message_drop };
    *g = (guest){ .mail = NULL };
    assert_int_equal(
        edo_mpsc_new(&g->me.mailbox, &g->mail, sizeof(message *), MAILBOX_MESSAGES, &pointers), 0);
    hall_arrive(h, &g->me);
}

static void depart(hall *h, guest *g) {
    hall_depart(h, &g->me);
    edo_mpsc_tx_unref(g->me.mailbox);
    edo_mpsc_rx_free(g->mail);
}

static void say(room *r, uint64_t from, int n) {
    message *m = message_new(from, "%d", n);
    assert_non_null(m);
    while (!room_try_place(r)) sched_yield();
    room_say(r, m);
    edo_rc_unref(m);
}

static void announce(room *r, const char *text) {
    message *m = message_new(0, "%s", text);
    assert_non_null(m);
    assert_true(room_try_place(r));
    room_announce(r, m);
    edo_rc_unref(m);
}

static room_entry enter(room *r) {
    room_entry entry;
    message *joined = message_new(0, "joined");
    assert_non_null(joined);
    while (!room_try_place(r)) sched_yield();
    assert_int_equal(room_enter(r, joined, &entry), 0);
    edo_rc_unref(joined);
    return entry;
}

static void forget(room_entry *entry) {
    for (size_t i = 0; i < entry->past_n; i++) edo_rc_unref(entry->past[i]);
    free(entry->past);
    edo_rc_unref(entry->first);
    listener_end(&entry->listener);
}

static void nothing_is_sent_formatted_or_allocated_under_a_lock(void **state) {
    (void)state;
    hall h;
    guest guests[20];
    assert_int_equal(hall_init(&h, 3), 0);
    message *m = message_new(0, "hello");
    for (int i = 0; i < 20; i++) {
        name at;
        arrive(&h, &guests[i]);
        snprintf(at.text, sizeof at.text, "room-%d", i % 3);
        room *r = hall_open_room(&h, &at);
        hall_move(&h, &guests[i].me, r);
        room_entry entry = enter(r);
        assert_int_equal(entry.past_n, i < 3 ? 0 : 3);
        for (int k = 0; k < 10; k++) say(r, 1, k);
        announce(r, "hello");
        message *news;
        while (edo_broadcast_try_recv(entry.listener.news, &news, NULL) == 0) {
            assert_true(listener_heard(&entry.listener, news));
            edo_rc_unref(news);
        }
        assert_true(listener_keep_up(&entry.listener));
        forget(&entry);
    }
    name bob = { "bob" };
    assert_int_equal(hall_rename(&h, &guests[0].me, &bob), 0);
    assert_int_equal(hall_rename(&h, &guests[1].me, &bob), -EEXIST);
    edo_mpsc_tx *full;
    assert_int_equal(hall_tell(&h, &bob, m, &full), 0);
    assert_int_equal(edo_mpsc_len(guests[0].mail), 1);
    message *who = hall_who(&h, guests[0].me.room);
    assert_non_null(who);
    assert_memory_equal(who->text, "* bob, guest-4, ", 16);
    edo_rc_unref(who);
    room_count *rows;
    assert_int_equal(hall_rooms(&h, &rows), 3); // not the lobby, where nobody is
    assert_int_equal(rows[2].members_n, 6);
    free(rows);
    edo_mpsc_close(guests[0].mail);
    assert_int_equal(hall_tell(&h, &bob, m, &full),
                     -ENOENT); // found, but it does not take any more
    for (int i = 0; i < 20; i++) {
        room *r = guests[i].me.room;
        hall_move(&h, &guests[i].me, NULL);
        hall_close_room(&h, r);
        depart(&h, &guests[i]);
    }
    assert_int_equal(hall_people(&h), 0);
    edo_rc_unref(m);
    hall_deinit(&h);
    assert_true(checks > 100);
}

/* ---- Threads --------------------------------------------------------------------------------- */

enum { SPEAKERS = 2, MESSAGES = 30, ROUNDS = 400 };

typedef struct speaker {
    room *room;
    uint64_t id;
    pthread_barrier_t *begin, *end;
} speaker;

static void *speak(void *arg) {
    const speaker *self = arg;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(self->begin);
        for (int n = 0; n < MESSAGES; n++) say(self->room, self->id, round * MESSAGES + n);
        pthread_barrier_wait(self->end);
    }
    return NULL;
}

static int number_of(const message *m) {
    int n = 0;
    for (const char *p = m->text; *p != '\n'; p++) n = n * 10 + (*p - '0');
    return n;
}

/* The next message of its speaker, who has said everything before. */
static void expect_next(int *next, const message *m) {
    if (m->from == 0) return;
    assert_in_range(m->from, 1, SPEAKERS);
    assert_int_equal(number_of(m), next[m->from]++);
}

static void newcomer_while_others_talk_misses_nothing_and_gets_nothing_twice(void **state) {
    (void)state;
    room *r = room_new(&(name){ "room" }, 4u * SPEAKERS * MESSAGES); // four rounds
    pthread_barrier_t begin, end;
    pthread_t threads[SPEAKERS];
    speaker speakers[SPEAKERS];
    pthread_barrier_init(&begin, NULL, SPEAKERS + 1);
    pthread_barrier_init(&end, NULL, SPEAKERS + 1);
    for (uint64_t i = 0; i < SPEAKERS; i++) {
        speakers[i] = (speaker){ r, i + 1, &begin, &end };
        assert_int_equal(pthread_create(&threads[i], NULL, speak, &speakers[i]), 0);
    }
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&begin);
        for (volatile int i = 0; i < round * 100; i++) continue;
        room_entry entry = enter(r);
        pthread_barrier_wait(&end);

        int next[SPEAKERS + 1] = { 0 };
        for (size_t i = 0; i < entry.past_n; i++) {
            const message *m = entry.past[i];
            int n = number_of(m);
            if (n > next[m->from] && next[m->from] == 0) next[m->from] = n; // what is still kept
            expect_next(next, m);
        }
        if (entry.first) expect_next(next, entry.first);
        message *m;
        while (edo_broadcast_try_recv(entry.listener.news, &m, NULL) == 0) {
            if (listener_heard(&entry.listener, m)) expect_next(next, m);
            edo_rc_unref(m);
        }
        for (int i = 1; i <= SPEAKERS; i++) assert_int_equal(next[i], (round + 1) * MESSAGES);
        forget(&entry);
    }
    for (int i = 0; i < SPEAKERS; i++) pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&begin);
    pthread_barrier_destroy(&end);
    room_free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_sent_formatted_or_allocated_under_a_lock),
        cmocka_unit_test(newcomer_while_others_talk_misses_nothing_and_gets_nothing_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
