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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(room_that_is_behind_does_not_hold_up_the_end),
        cmocka_unit_test(room_whose_members_have_gone_meanwhile_is_not_followed),
        cmocka_unit_test(rooms_that_lack_something_at_once_leave_connections_to_others),
        cmocka_unit_test(readers_that_know_more_ask_together),
        cmocka_unit_test(author_of_what_was_passed_over_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
