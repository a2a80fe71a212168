/* SPDX-License-Identifier: MIT */
/* Goal: what a room lacks of a store that others use is asked for by few at a time, whoever comes,
 * goes or ends meanwhile; and nobody waits for what the room has passed over.
 * Method: the store is asked when the test says so. */
#include "stores/nodes.h"

/* What a room is told of that there are messages, and nothing of them. */
static int learn_last_in(void *arg) {
    return room_learn(arg, &(lesson){ .last = 1 });
}

/* The end of the program does not wait until all is read. */
static int end_while_behind(void *arg) {
    enum { MANY = 5 * STORE_NEWS_OF_ROOM };
    node *at = &nodes[0];
    ear one;
    (void)arg;
    start_nodes();
    ear_come(&one, at, "tea");
    edo_broadcast_fall_behind(one.news->news);
    others_say("tea", MANY);
    at->is_slow = true;
    edo_task *learns = edo_spawn(learn_last_in, one.place.room);
    pass_a_moment();
    edo_task_cancel(learns);
    end_slowness(at);
    CHECK_EQ(edo_task_join(learns), -ECANCELED);
    CHECK_EQ(at->questions_n, 1);
    CHECK_EQ(room_numbers_now(one.place.room).last, STORE_NEWS_OF_ROOM); // all that was read
    CHECK_EQ(ask(at), 0);
    CHECK_EQ(room_numbers_now(one.place.room).last, MANY);
    ear_go(&one);
    end_nodes();
    return 0;
}

static void room_that_is_behind_does_not_hold_up_the_end(void **state) {
    (void)state;
    run(end_while_behind);
}

/* The last member goes while the room learns where it is: it is followed no more, and goes on with
 * what is newest. */
static int go_while_it_learns(void *arg) {
    node *at = &nodes[0];
    ear one;
    (void)arg;
    start_nodes();
    others_say("general", 1);
    at->is_broken = true;
    ear_come(&one, at, "general"); // a room that stays without members
    at->is_broken = false;
    at->is_slow = true;
    edo_task *asks = edo_spawn(ask_of, at);
    pass_a_moment();
    end_slowness(at); // of the news
    at->is_slow = true;
    pass_a_moment();
    CHECK_EQ(at->asking_n, 1); // for the newest
    ear_go(&one);
    end_slowness(at);
    CHECK_EQ(edo_task_join(asks), 0);
    CHECK(!at->in.lobby->is_followed);
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    others_say("general", 5 * PAST);
    ear_come(&one, at, "general");
    CHECK_EQ(one.heard, 1 + 5 * PAST);
    edo_trail_clear();
    ear_go(&one);
    end_nodes();
    return 0;
}

static void room_whose_members_have_gone_meanwhile_is_not_followed(void **state) {
    (void)state;
    run(go_while_it_learns);
}

/* Rooms that lack something wait for each other, and the question for all waits for none. */
static int lack_at_once(void *arg) {
    enum { ROOMS = 6 };
    node *at = &nodes[0];
    ear ears[ROOMS];
    edo_task *learns[ROOMS];
    char where[NAME_BYTES_MAX];
    (void)arg;
    start_nodes();
    for (int i = 0; i < ROOMS; i++) {
        (void)snprintf(where, sizeof where, "room-%d", i);
        ear_come(&ears[i], at, where);
        others_say(where, 1);
    }
    at->is_slow = true;
    for (int i = 0; i < ROOMS; i++) learns[i] = edo_spawn(learn_last_in, ears[i].place.room);
    pass_a_moment();
    CHECK_EQ(at->asking_n, READS_ROOMS);
    edo_task *asks = edo_spawn(ask_of, at);
    pass_a_moment();
    CHECK_EQ(at->asking_n, READS_ROOMS + 1);
    end_slowness(at);
    for (int i = 0; i < ROOMS; i++) {
        CHECK_EQ(edo_task_join(learns[i]), 0);
        hears_up_to(&ears[i], 1);
    }
    CHECK_EQ(edo_task_join(asks), 0);
    for (int i = 0; i < ROOMS; i++) ear_go(&ears[i]);
    end_nodes();
    return 0;
}

static void rooms_that_lack_something_at_once_leave_connections_to_others(void **state) {
    (void)state;
    run(lack_at_once);
}

static int reach_what_nobody_has(void *arg) {
    return room_reach(arg, UINT64_MAX);
}

/* All at once. */
static void reach_by_many(node *at, room *r, int result) {
    enum { READERS = 20 };
    edo_task *readers[READERS];
    at->is_slow = true;
    for (int i = 0; i < READERS; i++) readers[i] = edo_spawn(reach_what_nobody_has, r);
    pass_a_moment();
    end_slowness(at);
    for (int i = 0; i < READERS; i++) CHECK_EQ(edo_task_join(readers[i]), result);
}

/* As readers do that come from another database, or say so. */
static int reach_at_once(void *arg) {
    ear one;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "tea");
    others_say("tea", 1);
    reach_by_many(&nodes[0], one.place.room, -EAGAIN);
    CHECK_EQ(nodes[0].questions_n, 2);
    hears_up_to(&one, 1);
    nodes[0].is_broken = true;
    reach_by_many(&nodes[0], one.place.room, -EIO); // nobody knows
    CHECK_EQ(nodes[0].questions_n, 4);
    edo_trail_clear();
    ear_go(&one);
    end_nodes();
    return 0;
}

static void readers_that_know_more_ask_together(void **state) {
    (void)state;
    run(reach_at_once);
}

/* Somebody comes while nothing can be read. */
static void come_unread(ear *self, node *at, const char *where) {
    at->is_broken = true;
    ear_come(self, at, where);
    at->is_broken = false;
    edo_trail_clear();
}

/* A room goes on with the newest, and what its author says meanwhile is not among them. */
static int pass_over_own(void *arg) {
    node *at = &nodes[0];
    ear one, other;
    (void)arg;
    start_nodes();
    come_unread(&one, at, "tea");
    others_say("tea", OWN - 1);
    at->is_slow = true;
    edo_task *learns = edo_spawn(learn_last_in, one.place.room);
    pass_a_moment();
    edo_task *own = edo_spawn(say_own, one.place.room);
    pass_a_moment();
    others_say("tea", 5 * PAST);
    end_slowness(at);
    CHECK_EQ(edo_task_join(learns), 0);
    CHECK_EQ(edo_task_join(own), -EALREADY); // so it is told alone
    CHECK_EQ(room_numbers_now(one.place.room).last, OWN + 5 * PAST);
    come_unread(&other, at, "coffee");
    others_say("coffee", 5 * PAST);
    CHECK_EQ(room_reach(other.place.room, 1), 0); // that was not shown
    ear_go(&one);
    ear_go(&other);
    end_nodes();
    return 0;
}

static void author_of_what_was_passed_over_is_told(void **state) {
    (void)state;
    run(pass_over_own);
}

/* ---- More than one question has -------------------------------------------------------------- */

enum { CROWD = 65 }; /* one room more than a question has room for if each has a full part */

static name crowd_name(int nth) {
    name of;
    (void)snprintf(of.text, sizeof of.text, "room-%d", nth);
    return of;
}

/* Others have said a full part in the first `n` rooms, behind what they had said there. */
static void crowd_says(int n, uint64_t behind) {
    static saying batch[STORE_NEWS_OF_ROOM];
    for (int nth = 0; nth < n; nth++) {
        for (uint64_t i = 0; i < STORE_NEWS_OF_ROOM; i++)
            batch[i] = (saying){ .number = behind + i + 1,
                                 .time_ms = 1,
                                 .room = crowd_name(nth),
                                 .nick = { "bob" },
                                 .text = EDO_STR("x") };
        CHECK_EQ(memory_append(shared, batch, STORE_NEWS_OF_ROOM), 0);
    }
}

/* Much is new again and again in all rooms but the last one. */
static int ask_for_crowd(void *arg) {
    static ear crowd[CROWD];
    ear *last = &crowd[CROWD - 1];
    (void)arg;
    start_nodes();
    for (int i = 0; i < CROWD; i++) {
        ear_come(&crowd[i], &nodes[0], crowd_name(i).text);
        edo_broadcast_fall_behind(crowd[i].news->news);
    }
    crowd_says(CROWD, 0);
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(room_numbers_now(crowd[0].place.room).last, STORE_NEWS_OF_ROOM);
    CHECK_EQ(room_numbers_now(last->place.room).last, 0);
    crowd_says(CROWD - 1, STORE_NEWS_OF_ROOM);
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(room_numbers_now(last->place.room).last, STORE_NEWS_OF_ROOM);
    for (int i = 0; i < CROWD; i++) ear_go(&crowd[i]);
    end_nodes();
    return 0;
}

static void room_at_the_end_of_a_full_question_is_the_first_of_the_next(void **state) {
    (void)state;
    run(ask_for_crowd);
}

/* ---- A standby in the place of its server ---------------------------------------------------- */

/* It is told that so many are lost, which is no message. */
static void hears_of_loss(ear *self, const char *wanted) {
    message *m;
    CHECK_EQ(edo_broadcast_try_recv(self->news->news, &m, NULL), 0);
    CHECK(edo_str_equal(m->line, edo_str_of(wanted)));
    CHECK_EQ(m->what.number, 0);
    edo_rc_unref(m);
}

static void hears_of(ear *self, uint64_t number, const char *text) {
    message *m;
    CHECK_EQ(edo_broadcast_try_recv(self->news->news, &m, NULL), 0);
    CHECK_EQ(m->what.number, number);
    CHECK(edo_str_equal(m->what.text, edo_str_of(text)));
    edo_rc_unref(m);
    self->heard = number;
}

static void hears_nothing_more(ear *self) {
    message *m;
    CHECK_EQ(edo_broadcast_try_recv(self->news->news, &m, NULL), -EAGAIN);
    CHECK(!room_check(self->place.room));
}

/* One node has shown five, the other three: three are left. What is said then is seen by all, and
 * those who were shown more are told. */
static int go_on_without(void *arg) {
    enum { ALL = 5, LEFT = 3, NEXT = ALL + MEMORY_GAP + 1 };
    ear one, other, late;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "tea");
    ear_come(&other, &nodes[1], "tea");
    for (uint64_t i = 1; i <= LEFT; i++) say_next(&one, i);
    CHECK_EQ(ask(&nodes[1]), 0);
    for (uint64_t i = LEFT + 1; i <= ALL; i++) say_next(&one, i);
    hears_up_to(&one, ALL);
    hears_up_to(&other, LEFT);
    memory_lose(shared, &one.place.room->name, ALL - LEFT);
    CHECK_EQ(room_say(other.place.room, said(other.place.room, "next", "")), 0);
    hears_of(&other, NEXT, "next");
    hears_nothing_more(&other); // it has seen nothing that is lost
    CHECK_EQ(room_say(one.place.room, said(one.place.room, "own", "")), 0);
    hears_of_loss(&one, "* the last 2 messages of #tea were lost where they were kept\n");
    hears_of(&one, NEXT, "next");
    hears_of(&one, NEXT + 1, "own");
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(ask(&nodes[1]), 0);
    hears_nothing_more(&one);
    hears_of(&other, NEXT + 1, "own");
    const room_numbers now = room_numbers_now(one.place.room);
    CHECK_EQ(room_between(&now, 0, NEXT + 2), LEFT + 2); // who comes back has missed no more
    CHECK_EQ(room_between(&now, ALL, NEXT), 0);
    ear_come(&late, &nodes[0], "tea");
    CHECK_EQ(late.news->past.n, LEFT + 2); // a newcomer sees nothing of it
    ear_go(&late);
    ear_go(&other);
    ear_go(&one);
    end_nodes();
    return 0;
}

static void readers_go_on_when_the_store_has_lost_what_they_were_shown(void **state) {
    (void)state;
    run(go_on_without);
}

/* Nothing is said: the question tells it. Who comes with a number of the lost ones is no stranger,
 * also at a node that has shown none of them. */
static int tell_without_news(void *arg) {
    ear one, other;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "tea");
    for (uint64_t i = 1; i <= 3; i++) say_next(&one, i);
    hears_up_to(&one, 3);
    memory_lose(shared, &one.place.room->name, 1);
    CHECK_EQ(ask(&nodes[0]), 0);
    hears_of_loss(&one, "* the last message of #tea was lost where it was kept\n");
    CHECK_EQ(ask(&nodes[0]), 0);
    hears_nothing_more(&one); // once
    room *r = directory_open_room(&nodes[1].in, &one.place.room->name);
    room_recall(r);
    CHECK(!room_has_begun_anew(r, &(bookmark){ .number = 3, .life = r->life }));
    ear_come(&other, &nodes[1], "tea");
    CHECK_EQ(other.heard, 2);
    directory_close_room(&nodes[1].in, r);
    ear_go(&other);
    ear_go(&one);
    end_nodes();
    return 0;
}

static void loss_is_told_once_without_news(void **state) {
    (void)state;
    run(tell_without_news);
}

/* ---- A room that cannot be kept -------------------------------------------------------------- */

static void say_in(const ear *at, const char *text, int err) {
    CHECK_EQ(room_say(at->place.room, said(at->place.room, text, "")), err);
    edo_trail_clear();
}

static int keep_others(void *arg) {
    node *at = &nodes[0];
    ear tea, cups;
    (void)arg;
    start_nodes();
    ear_come(&tea, at, "tea");
    ear_come(&cups, at, "cups");
    at->sick = "tea";
    say_in(&tea, "1", -EINPROGRESS); // nobody knows yet whose fault that is
    say_in(&cups, "1", -EINPROGRESS);
    CHECK_EQ(edo_sleep(edo_s(3)), 0); // both were tried again, each by itself
    CHECK_EQ(room_tell_stored(cups.place.room), 0);
    say_in(&tea, "2", -EINPROGRESS);
    for (int i = 2; i <= 5; i++) {
        char text[2] = { (char)('0' + i), '\0' };
        say_in(&cups, text, 0);
        CHECK_EQ(edo_sleep(edo_s(10)), 0);
    }
    CHECK_EQ(room_numbers_now(cups.place.room).last, 5);
    CHECK_EQ(room_numbers_now(tea.place.room).last, 0);
    CHECK_EQ(storage_unstored_n(at->kept), 2);
    CHECK(storage_check(at->kept) < 0);
    edo_trail_clear();
    at->sick = NULL;
    CHECK_EQ(edo_sleep(edo_s(20)), 0);
    CHECK_EQ(storage_unstored_n(at->kept), 0);
    CHECK_EQ(room_tell_stored(tea.place.room), 0);
    hears_up_to(&tea, 2); // in the order in which they were said
    say_in(&tea, "3", 0);
    CHECK_EQ(storage_check(at->kept), 0);
    ear_go(&cups);
    ear_go(&tea);
    end_nodes();
    return 0;
}

static void room_that_cannot_be_kept_holds_no_other_up(void **state) {
    (void)state;
    run(keep_others);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_that_cannot_be_kept_holds_no_other_up),
        cmocka_unit_test(room_that_is_behind_does_not_hold_up_the_end),
        cmocka_unit_test(room_whose_members_have_gone_meanwhile_is_not_followed),
        cmocka_unit_test(rooms_that_lack_something_at_once_leave_connections_to_others),
        cmocka_unit_test(readers_that_know_more_ask_together),
        cmocka_unit_test(author_of_what_was_passed_over_is_told),
        cmocka_unit_test(room_at_the_end_of_a_full_question_is_the_first_of_the_next),
        cmocka_unit_test(readers_go_on_when_the_store_has_lost_what_they_were_shown),
        cmocka_unit_test(loss_is_told_once_without_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
