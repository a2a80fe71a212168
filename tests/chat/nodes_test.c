/* SPDX-License-Identifier: MIT */
/* Goal: rooms of two programs over one store show the same messages, each once, in the order of
 * their numbers: by whichever way they learn of them, in any order, twice or not at all.
 * Method: two directories over one store in memory, which fails or replies late as it is
 * told; all orders of four messages. */
#include "stores/nodes.h"

/* ---- All orders ------------------------------------------------------------------------------ */

/* Messages 1 to 4 of one room, and the reply that its own, the third one, is kept. */
enum { FEW = 4, ANSWER = FEW, EVENTS = FEW + 1, ORDERS = 120 };

static void order_of(int nth, int out[EVENTS]) {
    int left[EVENTS];
    for (int i = 0; i < EVENTS; i++) left[i] = i;
    for (int i = 0, n = EVENTS; i < EVENTS; i++, n--) {
        int at = nth % n;
        nth /= n;
        out[i] = left[at];
        for (int k = at; k + 1 < n; k++) left[k] = left[k + 1];
    }
}

/* What a room has shown that has got these, and had shown `n` before: all before the first gap; if
 * something lacks then, the store is read, which has all. */
static uint64_t shown_of(unsigned got, uint64_t n, bool is_broken) {
    while (n < FEW && (got & 1U << n)) n++;
    bool lacks = n < FEW && got >> n != 0;
    return lacks && !is_broken ? FEW : n;
}

static void learn_one(room *r, const store_found *all, int which) {
    const lesson what = { .said = &all->messages[which], .n = 1 };
    int err = room_learn(r, &what);
    CHECK(err == 0 || nodes[0].is_broken);
}

/* One way in which a room may learn of them. */
typedef struct way {
    int nth;        /* of the orders */
    unsigned lost;  /* these are not told */
    bool is_double; /* each is told again and again */
    bool is_broken; /* what lacks cannot be read */
} way;

/* What happens next. */
static void pass(const way *w, int event, room *r, const store_found *all) {
    nodes[0].is_broken = w->is_broken;
    if (event == ANSWER) {
        nodes[0].is_held = false;
        edo_notify_all(&nodes[0].gate);
        pass_a_moment();
    }
    for (int i = 0; i <= event && event < FEW; i++) // all before it again
        if (i == event || (w->is_double && !(w->lost & 1U << i))) learn_one(r, all, i);
}

static void learn_in(const way *w) {
    static int cases_n;
    node *at = &nodes[0];
    char where[NAME_BYTES_MAX];
    int order[EVENTS];
    ear one;
    store_found *all;
    (void)snprintf(where, sizeof where, "case-%d", cases_n++);
    ear_come(&one, at, where);
    room *r = one.place.room;
    others_say(where, OWN - 1);
    at->is_held = true;
    edo_task *own = edo_spawn(say_own, r);
    pass_a_moment();
    others_say(where, FEW - OWN);
    CHECK(node_page(&at->base, &r->name, 0, STORE_BEFORE_ANY, FEW, &all) == 0);
    CHECK_EQ(all->n, FEW);
    for (size_t i = 0; i < FEW; i++)
        all->messages[i].serial = serial_out(at, all->messages[i].serial);
    CHECK_EQ(all->messages[OWN - 1].serial != 0, true);
    order_of(w->nth, order);
    unsigned got = 0;
    uint64_t shown = 0;
    for (int i = 0; i < EVENTS; i++) {
        bool is_lost = order[i] < FEW && (w->lost & 1U << order[i]);
        if (is_lost) continue;
        pass(w, order[i], r, all);
        got |= 1U << (order[i] == ANSWER ? OWN - 1 : order[i]);
        for (int k = 0; w->is_double && k < order[i] && order[i] < FEW; k++)
            if (!(w->lost & 1U << k)) got |= 1U << k;
        shown = shown_of(got, shown, w->is_broken);
        hears_up_to(&one, shown);
    }
    at->is_broken = false;
    int err = edo_task_join(own);
    CHECK(err == 0 || err == -EINPROGRESS);
    CHECK_EQ(ask(at), 0);
    hears_up_to(&one, FEW);
    for (int i = 0; i < FEW; i++) learn_one(r, all, i); // it is not told again
    hears_up_to(&one, FEW);
    remembers_up_to(&one, FEW);
    free(all);
    ear_go(&one);
}

static int learn_in_all_ways(void *arg) {
    (void)arg;
    for (int nth = 0; nth < ORDERS; nth++) {
        start_nodes(); // the store in memory looks for rooms one after the other
        for (unsigned lost = 0; lost < 1U << FEW; lost++)
            for (unsigned kind = 0; kind < 4; kind++)
                learn_in(&(way){ nth, lost, kind & 1U, kind & 2U });
        end_nodes();
    }
    return 0;
}

static void all_orders_doubles_and_gaps_show_each_message_once_in_order(void **state) {
    (void)state;
    run(learn_in_all_ways);
}

/* ---- Two nodes ------------------------------------------------------------------------------- */

static int talk(void *arg) {
    ear one, other;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "tea");
    ear_come(&other, &nodes[1], "tea");
    say_next(&one, 1);
    say_next(&other, 2); // and what the other has said before is shown at once
    hears_up_to(&one, 1);
    hears_up_to(&other, 2);
    say_next(&other, 3);
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(ask(&nodes[1]), 0);
    hears_up_to(&one, 3);
    hears_up_to(&other, 3);
    remembers_up_to(&one, 3);
    remembers_up_to(&other, 3);
    ear_go(&one);
    ear_go(&other);
    end_nodes();
    return 0;
}

static void nodes_show_one_order(void **state) {
    (void)state;
    run(talk);
}

/* It is asked for what has members, and what is behind is read part by part. */
static int catch_up(void *arg) {
    enum { MANY = 3 * STORE_NEWS_OF_ROOM + 5 };
    ear one;
    (void)arg;
    start_nodes();
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(nodes[0].questions_n, 0); // nobody is anywhere
    ear_come(&one, &nodes[0], "tea");
    edo_broadcast_fall_behind(one.news->news); // nobody waits for it
    others_say("tea", MANY);
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(room_numbers_now(one.place.room).last, MANY);
    CHECK_EQ(nodes[0].questions_n, 4);
    remembers_up_to(&one, MANY);
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(nodes[0].questions_n, 5);
    ear_go(&one);
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(nodes[0].questions_n, 5);
    end_nodes();
    return 0;
}

static void room_that_is_behind_catches_up_and_one_without_members_costs_nothing(void **state) {
    (void)state;
    run(catch_up);
}

/* More is new than one part has: those behind it are asked for at once. */
static int hear_many_rooms(void *arg) {
    enum { ROOMS = 7, SAID = 200 };
    ear ears[ROOMS];
    char where[NAME_BYTES_MAX];
    (void)arg;
    start_nodes();
    for (int i = 0; i < ROOMS; i++) {
        (void)snprintf(where, sizeof where, "room-%d", i);
        ear_come(&ears[i], &nodes[0], where);
        edo_broadcast_fall_behind(ears[i].news->news);
        others_say(where, SAID);
    }
    CHECK(ROOMS * SAID > STORE_NEWS);
    CHECK_EQ(ask(&nodes[0]), 0);
    for (int i = 0; i < ROOMS; i++) {
        CHECK_EQ(room_numbers_now(ears[i].place.room).last, SAID);
        ear_go(&ears[i]);
    }
    end_nodes();
    return 0;
}

static void what_finds_no_room_in_a_reply_is_asked_for_at_once(void **state) {
    (void)state;
    run(hear_many_rooms);
}

/* A room that nobody has been in for a while begins with what is newest. */
static int come_late(void *arg) {
    ear one;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "tea");
    others_say("tea", 5);
    CHECK_EQ(ask(&nodes[0]), 0);
    hears_up_to(&one, 5);
    ear_go(&one);
    others_say("tea", 3 * PAST);
    ear_come(&one, &nodes[0], "tea");
    CHECK_EQ(one.heard, 5 + 3 * PAST);
    CHECK_EQ(one.news->past.n, PAST);
    remembers_up_to(&one, 5 + 3 * PAST);
    others_say("tea", 1);
    CHECK_EQ(ask(&nodes[0]), 0);
    hears_up_to(&one, 6 + 3 * PAST);
    ear_go(&one);
    end_nodes();
    return 0;
}

static void newcomer_sees_what_was_said_elsewhere(void **state) {
    (void)state;
    run(come_late);
}

/* Somebody comes while nothing can be read: it is shown the newest when that is over, and told that
 * it is not all. */
static int come_blind(void *arg) {
    ear one;
    message *m;
    (void)arg;
    start_nodes();
    others_say("tea", 5 * PAST);
    nodes[0].is_broken = true;
    ear_come(&one, &nodes[0], "tea");
    CHECK_EQ(one.heard, 0);
    CHECK_EQ(ask(&nodes[0]), -EIO);
    nodes[0].is_broken = false;
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(edo_broadcast_try_recv(one.news->news, &m, NULL), 0);
    CHECK(edo_str_equal(m->line, EDO_STR("* you missed 40 messages\n")));
    edo_rc_unref(m);
    one.heard = 4 * PAST;
    hears_up_to(&one, 5 * PAST);
    remembers_up_to(&one, 5 * PAST);
    edo_trail_clear();
    ear_go(&one);
    end_nodes();
    return 0;
}

static void who_comes_while_nothing_can_be_read_is_told_what_lacks(void **state) {
    (void)state;
    run(come_blind);
}

/* A reader that has seen more at the other node is asked nothing twice. */
static int come_from_the_other(void *arg) {
    ear one;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "tea");
    others_say("tea", 3);
    room *r = one.place.room;
    CHECK(!room_has_begun_anew(r, &(bookmark){ 3, r->life })); // the store knows
    hears_up_to(&one, 3);
    CHECK(room_has_begun_anew(r, &(bookmark){ 4, r->life })); // it has never had it
    others_say("tea", 2);
    nodes[0].is_broken = true;
    CHECK(!room_has_begun_anew(r, &(bookmark){ 5, r->life })); // nobody knows
    unseen before;
    CHECK_EQ(room_unseen(r, 5, &before), 0);
    subscriber *back = room_subscribe(r, 5, &before);
    CHECK(back);
    CHECK_EQ(back->newest, 5); // what comes below it is not shown
    page_socket *socket = page_socket_new(EDO_STR("key"), NULL);
    CHECK(socket);
    listener page = { .to = socket, .after = 5 };
    unseen rest;
    room_attend(r, &page);
    CHECK_EQ(room_listen(r, &page, &rest), 0);
    nodes[0].is_broken = false;
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(page.after, 5); // the two were none for it
    others_say("tea", 1);
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(page.after, 6);
    hears_up_to(&one, 6);
    room_unlisten(r, &page);
    edo_rc_unref(socket);
    subscriber_free(back);
    edo_trail_clear();
    ear_go(&one);
    end_nodes();
    return 0;
}

static void reader_from_another_node_goes_on_where_it_was(void **state) {
    (void)state;
    run(come_from_the_other);
}

/* A room that could not be read passes over messages: pages that have them from elsewhere are not
 * told that these are missing. */
static int come_from_ahead(void *arg) {
    ear one;
    unseen rest;
    (void)arg;
    start_nodes();
    others_say("tea", 5 * PAST);
    nodes[0].is_broken = true;
    ear_come(&one, &nodes[0], "tea");
    room *r = one.place.room;
    page_socket *socket = page_socket_new(EDO_STR("key"), NULL);
    CHECK(socket);
    listener ahead = { .to = socket, .after = 5 * PAST }, behind = { .to = socket };
    room_attend(r, &ahead);
    room_attend(r, &behind);
    CHECK_EQ(room_listen(r, &ahead, &rest), 0);
    CHECK_EQ(room_listen(r, &behind, &rest), 0);
    nodes[0].is_broken = false;
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(ahead.announced, 0);
    CHECK(behind.announced > 0);
    CHECK_EQ(behind.after, 5 * PAST);
    room_unlisten(r, &ahead);
    room_unlisten(r, &behind);
    edo_rc_unref(socket);
    edo_trail_clear();
    ear_go(&one);
    end_nodes();
    return 0;
}

static void page_that_has_what_its_node_passes_over_misses_nothing(void **state) {
    (void)state;
    run(come_from_ahead);
}

static int say_again_elsewhere(void *arg) {
    ear one, other;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "tea");
    ear_come(&other, &nodes[1], "tea");
    CHECK_EQ(room_say(one.place.room, said(one.place.room, "1", "key r")), 0);
    CHECK_EQ(room_say(other.place.room, said(other.place.room, "1", "key r")),
             0); // it is news here
    hears_up_to(&other, 1);
    CHECK_EQ(room_say(other.place.room, said(other.place.room, "1", "key r")), -EALREADY);
    CHECK_EQ(room_reach(other.place.room, 1), 0);
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(ask(&nodes[1]), 0);
    hears_up_to(&one, 1);
    hears_up_to(&other, 1);
    say_next(&one, 2);
    CHECK_EQ(room_reach(other.place.room, 2), 1);
    CHECK_EQ(room_reach(other.place.room, 3), -EAGAIN);
    hears_up_to(&other, 2);
    ear_go(&one);
    ear_go(&other);
    end_nodes();
    return 0;
}

static void what_is_said_again_at_another_node_is_told_once(void **state) {
    (void)state;
    run(say_again_elsewhere);
}

/* The same reference with another text is no other message. */
static int say_otherwise_elsewhere(void *arg) {
    ear one, other;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "tea");
    ear_come(&other, &nodes[1], "tea");
    room *here = one.place.room, *there = other.place.room;
    CHECK_EQ(room_say(here, said(here, "1", "key r")), 0);
    CHECK_EQ(room_say(there, said(there, "another", "key r")), 0);
    hears_up_to(&other, 1);
    remembers_up_to(&other, 1);
    CHECK_EQ(room_say(there, said(there, "a third", "key r")), -EALREADY);
    CHECK_EQ(room_say(here, said(here, "a fourth", "key r")), -EALREADY);
    CHECK_EQ(room_say(here, said(here, "2", "key s")), 0);
    nodes[1].is_broken = true; // so it cannot read what was said
    CHECK_EQ(room_say(there, said(there, "a fifth", "key s")), -EINPROGRESS);
    nodes[1].is_broken = false;
    hears_up_to(&other, 1);
    CHECK(atomic_load(&there->is_behind));
    CHECK_EQ(room_tell_stored(there), 0);
    hears_up_to(&one, 2);
    hears_up_to(&other, 2);
    CHECK_EQ(room_tell_stored(there), 0);
    CHECK(!atomic_load(&there->is_behind));
    edo_trail_clear();
    ear_go(&one);
    ear_go(&other);
    end_nodes();
    return 0;
}

static void reference_that_comes_with_another_text_shows_what_was_said(void **state) {
    (void)state;
    run(say_otherwise_elsewhere);
}

/* The question tells that it is kept, before the store does. */
static int learn_of_own(void *arg) {
    ear one;
    message *m;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "tea");
    nodes[0].is_held = true;
    room *r = one.place.room;
    edo_task *own = edo_spawn(say_own, r);
    others_say("other", 1);
    pass_a_moment();
    CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(edo_broadcast_try_recv(one.news->news, &m, NULL), 0);
    CHECK_EQ(m->what.from, ANN); // so its author's terminal does not show it
    CHECK_EQ(m->what.number, 1);
    edo_rc_unref(m);
    CHECK_EQ(edo_task_join(own), 0); // though the reply has not come
    nodes[0].is_held = false;
    edo_notify_all(&nodes[0].gate);
    pass_a_moment();
    CHECK_EQ(room_tell_stored(r), 0);
    CHECK_EQ(edo_broadcast_try_recv(one.news->news, &m, NULL), -EAGAIN);
    CHECK(!atomic_load(&r->is_behind));
    ear_go(&one);
    end_nodes();
    return 0;
}

static void own_message_that_the_question_brings_first_is_not_told_twice(void **state) {
    (void)state;
    run(learn_of_own);
}

static int list_rooms(void *arg) {
    ear one;
    size_t n;
    (void)arg;
    start_nodes();
    CHECK(!directory_open_known_room(&nodes[1].in, &(name){ "tea" }));
    ear_come(&one, &nodes[0], "tea");
    say_next(&one, 1);
    CHECK_EQ(ask(&nodes[1]), 0);
    room_count *all = directory_rooms(&nodes[1].in, &n);
    CHECK_EQ(n, 1);
    CHECK(name_equal(&all[0].name, &(name){ "tea" }));
    CHECK_EQ(all[0].members_n, 0); // here
    free(all);
    uint64_t changes_n = nodes[1].in.changes_n;
    CHECK_EQ(ask(&nodes[1]), 0);
    CHECK_EQ(nodes[1].in.changes_n, changes_n); // that is no news
    room *r = directory_open_known_room(&nodes[1].in, &(name){ "TEA" });
    CHECK(r);
    room_recall(r);
    CHECK_EQ(room_numbers_now(r).last, 1);
    directory_close_room(&nodes[1].in, r);
    CHECK_EQ(edo_sleep(edo_ms(STORE_MADE_MS)), 0);
    free(directory_rooms(&nodes[1].in, &n));
    CHECK_EQ(n, 0); // its hour is over
    ear_go(&one);
    end_nodes();
    return 0;
}

static void room_that_another_node_has_made_is_listed_for_an_hour(void **state) {
    (void)state;
    run(list_rooms);
}

/* What a reader is told may be a moment old; who comes is told all, and hears what follows. */
static int come_behind_a_reader(void *arg) {
    ear one, late;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "general");
    room *r = directory_open_room(&nodes[1].in, &(name){ "general" });
    CHECK(r);
    room_recall(r);
    say_next(&one, 1);
    room_recall(r);
    CHECK_EQ(room_numbers_now(r).last, 0);
    ear_come(&late, &nodes[1], "general");
    CHECK_EQ(late.heard, 1);
    say_next(&one, 2);
    CHECK_EQ(ask(&nodes[1]), 0);
    hears_up_to(&late, 2);
    directory_close_room(&nodes[1].in, r);
    ear_go(&late);
    ear_go(&one);
    end_nodes();
    return 0;
}

static void who_comes_to_a_room_sees_also_what_was_said_since_somebody_read_there(void **state) {
    (void)state;
    run(come_behind_a_reader);
}

/* A room of another node, which cannot be read yet, is not one in which nothing was said. */
static int look_into_unread(void *arg) {
    enum { ANY = 1000 };
    ear one;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "tea");
    say_next(&one, 1);
    CHECK_EQ(ask(&nodes[1]), 0);
    nodes[1].is_broken = true;
    room *r = directory_open_known_room(&nodes[1].in, &(name){ "tea" });
    CHECK(r);
    room_recall(r);
    edo_trail_clear();
    CHECK(room_is_unread(r, ANY));
    CHECK(!room_is_unread(r, 1)); // that is what it knows: nothing
    nodes[1].is_broken = false;
    room_recall(r);
    CHECK(!room_is_unread(r, ANY));
    CHECK_EQ(room_numbers_now(r).last, 1);
    directory_close_room(&nodes[1].in, r);
    ear_go(&one);
    end_nodes();
    return 0;
}

static void room_that_cannot_be_read_is_not_taken_for_an_empty_one(void **state) {
    (void)state;
    run(look_into_unread);
}

/* One node writes a room otherwise than the other, which has given it to the store. */
static int write_otherwise(void *arg) {
    ear one, other;
    (void)arg;
    start_nodes();
    ear_come(&one, &nodes[0], "Tea");
    ear_come(&other, &nodes[1], "TEA"); // of which nobody else knows
    say_next(&one, 1);
    CHECK_EQ(ask(&nodes[1]), 0);
    CHECK(strcmp(room_shown(other.place.room)->text, "Tea") == 0);
    message **past;
    size_t n;
    CHECK((past = room_past(other.place.room, 0, UINT64_MAX, 1, &n)) != NULL);
    CHECK_EQ(n, 1);
    CHECK(strcmp(past[0]->what.room.text, "Tea") == 0);
    edo_rc_unref(past[0]);
    free(past);
    ear_go(&other);
    ear_come(&other, &nodes[1], "tEA");
    CHECK(strcmp(room_shown(other.place.room)->text, "Tea") == 0);
    ear_go(&other);
    ear_go(&one);
    end_nodes();
    return 0;
}

static void room_is_shown_as_the_store_has_its_name(void **state) {
    (void)state;
    run(write_otherwise);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_orders_doubles_and_gaps_show_each_message_once_in_order),
        cmocka_unit_test(nodes_show_one_order),
        cmocka_unit_test(room_that_is_behind_catches_up_and_one_without_members_costs_nothing),
        cmocka_unit_test(what_finds_no_room_in_a_reply_is_asked_for_at_once),
        cmocka_unit_test(newcomer_sees_what_was_said_elsewhere),
        cmocka_unit_test(who_comes_while_nothing_can_be_read_is_told_what_lacks),
        cmocka_unit_test(reader_from_another_node_goes_on_where_it_was),
        cmocka_unit_test(page_that_has_what_its_node_passes_over_misses_nothing),
        cmocka_unit_test(what_is_said_again_at_another_node_is_told_once),
        cmocka_unit_test(reference_that_comes_with_another_text_shows_what_was_said),
        cmocka_unit_test(own_message_that_the_question_brings_first_is_not_told_twice),
        cmocka_unit_test(room_that_another_node_has_made_is_listed_for_an_hour),
        cmocka_unit_test(room_is_shown_as_the_store_has_its_name),
        cmocka_unit_test(who_comes_to_a_room_sees_also_what_was_said_since_somebody_read_there),
        cmocka_unit_test(room_that_cannot_be_read_is_not_taken_for_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
