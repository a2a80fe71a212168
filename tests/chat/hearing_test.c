/* SPDX-License-Identifier: MIT */
/* Goal: what programs over one store tell each other is shown once, by all in the order of the
 * numbers, whatever is lost, doubled or late on the way; and what comes is checked.
 * Method: two directories over one store in memory, which tell each other by a wire that the test
 * moves by hand: all orders of three messages, each lost, once or twice; time is virtual. */
#include "node/carrier.h"
#include "room/recall.h"
#include "stores/wires.h"

#include <edo/error.h>

#include <string.h>

enum { TOLD = 3, PERMUTATIONS = 6, FATES = 27 };

static const int orders[PERMUTATIONS][TOLD] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                                { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

static void deliver_nth(node *to, size_t nth) {
    CHECK(nth < wires[0].n);
    deliver(to, edo_buf_str(&wires[0].told[nth]));
}

/* ---- On the way ------------------------------------------------------------------------------ */

static int hear(void *arg) {
    ear at_one, at_other;
    (void)arg;
    start_wired();
    ear_come(&at_one, &nodes[0], "tea");
    ear_come(&at_other, &nodes[1], "TEA");
    CHECK_EQ(wires[0].changes_n, 1);
    for (uint64_t i = 1; i <= TOLD; i++) {
        unsigned asked_n = nodes[1].questions_n;
        say_next(&at_one, i);
        deliver_nth(&nodes[1], i - 1);
        hears_up_to(&at_other, i);
        CHECK_EQ(nodes[1].questions_n, asked_n); // the store is not asked
    }
    remembers_up_to(&at_other, TOLD);
    ear_go(&at_other);
    CHECK_EQ(wires[1].changes_n, 2);
    deliver_nth(&nodes[1], 0); // nobody is there
    ear_go(&at_one);
    end_wired();
    return 0;
}

static void what_a_node_tells_is_shown_at_the_other_without_a_question(void **state) {
    (void)state;
    run(hear);
}

/* Each message is lost, comes once, or twice, by its digit in `fates`. */
static void deliver_as_fated(node *to, const int order[TOLD], int fates, ear *at) {
    for (int i = 0; i < TOLD; i++) {
        int fate = fates;
        for (int j = 0; j < order[i]; j++) fate /= 3;
        for (int times = fate % 3; times > 0; times--) {
            deliver_nth(to, (size_t)order[i]);
            uint64_t shown = room_numbers_now(at->place.room).last; // what is before it was read
            CHECK(shown > (uint64_t)order[i]);
            hears_up_to(at, shown);
        }
    }
}

static int suffer(void *arg) {
    (void)arg;
    for (int nth = 0; nth < PERMUTATIONS; nth++) {
        for (int fates = 0; fates < FATES; fates++) {
            ear at_one, at_other;
            start_wired();
            ear_come(&at_one, &nodes[0], "tea");
            ear_come(&at_other, &nodes[1], "tea");
            for (uint64_t i = 1; i <= TOLD; i++) say_next(&at_one, i);
            deliver_as_fated(&nodes[1], orders[nth], fates, &at_other);
            CHECK_EQ(ask(&nodes[1]), 0);
            hears_up_to(&at_other, TOLD);
            remembers_up_to(&at_other, TOLD);
            ear_go(&at_other);
            ear_go(&at_one);
            end_wired();
        }
    }
    return 0;
}

static void what_is_lost_doubled_or_late_is_shown_once_and_in_order(void **state) {
    (void)state;
    run(suffer);
}

static int tell_of_repeat(void *arg) {
    ear at_one, at_other;
    (void)arg;
    start_wired();
    ear_come(&at_one, &nodes[0], "tea");
    ear_come(&at_other, &nodes[1], "tea");
    CHECK_EQ(room_say(at_one.place.room, said(at_one.place.room, "1", "key a")), 0);
    deliver_nth(&nodes[1], 0);
    int err = room_say(at_other.place.room, said(at_other.place.room, "1", "key a"));
    CHECK(err == 0 || err == -EALREADY);
    CHECK_EQ(wires[1].n, 0);
    hears_up_to(&at_other, 1);
    ear_go(&at_other);
    ear_go(&at_one);
    end_wired();
    return 0;
}

static void what_was_said_before_is_not_told_again(void **state) {
    (void)state;
    run(tell_of_repeat);
}

/* The store keeps it, and the reply is lost: it is told once the next one comes, as the store has
 * it. With a reference, and without one; `is_known`: the question brings it first. */
static void tell_retried_in(const char *ref, bool is_known) {
    ear at_one, at_other;
    start_wired();
    ear_come(&at_one, &nodes[0], "tea");
    ear_come(&at_other, &nodes[1], "tea");
    room *r = at_one.place.room;
    nodes[0].is_cut = true;
    CHECK_EQ(room_say(r, said(r, "1", ref)), -EINPROGRESS);
    if (is_known) CHECK_EQ(ask(&nodes[0]), 0);
    CHECK_EQ(wires[0].n, 0);
    CHECK_EQ(edo_sleep(edo_s(2)), 0); // it was given to the store again
    CHECK_EQ(room_tell_stored(r), 0);
    CHECK_EQ(wires[0].n, 1);
    deliver_nth(&nodes[1], 0);
    hears_up_to(&at_one, 1);
    hears_up_to(&at_other, 1);
    say_next(&at_one, 2);
    CHECK_EQ(wires[0].n, 2); // and nothing again
    ear_go(&at_other);
    ear_go(&at_one);
    end_wired();
}

static int tell_of_retried(void *arg) {
    (void)arg;
    for (unsigned kind = 0; kind < 4; kind++) tell_retried_in(kind & 1U ? "key a" : "", kind & 2U);
    return 0;
}

static void what_the_store_kept_without_a_reply_is_told(void **state) {
    (void)state;
    run(tell_of_retried);
}

/* ---- What nobody has said ------------------------------------------------------------------- */

static edo_str of_nobody(char text[192], uint64_t number) {
    (void)snprintf(
        text, 192,
        "{\"by\":\"another\",\"room\":\"tea\",\"number\":%" PRIu64
        ",\"time_ms\":1,\"nick\":\"eve\",\"is_action\":false,\"text\":\"x\",\"ref\":\"\"}",
        number);
    return edo_str_of(text);
}

static int hear_what_nobody_said(void *arg) {
    static const uint64_t numbers[] = { 3, 1000, UINT64_C(1) << 62 };
    char text[192];
    ear at_one, at_other;
    (void)arg;
    start_wired();
    ear_come(&at_one, &nodes[0], "tea");
    ear_come(&at_other, &nodes[1], "tea");
    for (size_t i = 0; i < EDO_COUNT(numbers); i++) deliver(&nodes[1], of_nobody(text, numbers[i]));
    CHECK_EQ(at_other.place.room->ahead_n, 0);
    unsigned asked_n = nodes[1].questions_n;
    CHECK_EQ(asked_n, EDO_COUNT(numbers)); // once for each
    for (uint64_t i = 1; i <= TOLD; i++) {
        say_next(&at_one, i);
        deliver_nth(&nodes[1], i - 1);
        hears_up_to(&at_other, i); // what was said, and not what was not
    }
    say_next(&at_other, TOLD + 1);
    CHECK_EQ(room_tell_stored(at_other.place.room), 0);
    CHECK_EQ(nodes[1].questions_n, asked_n);
    hears_up_to(&at_other, TOLD + 1);
    ear_go(&at_other);
    ear_go(&at_one);
    end_wired();
    return 0;
}

static void what_the_store_does_not_have_is_asked_for_once_and_forgotten(void **state) {
    (void)state;
    run(hear_what_nobody_said);
}

/* One whose text has a MiB. */
static void deliver_long(node *to, uint64_t number) {
    enum { BYTES = 1 << 20 };
    char head[192];
    edo_str short_one = of_nobody(head, number);
    const char *at = strstr(head, "\"x\"") + 1;
    edo_buf text = { 0 };
    CHECK_EQ(edo_buf_append(&text, short_one.ptr, (size_t)(at - head)), 0);
    for (int i = 0; i < BYTES; i++) CHECK_EQ(edo_buf_append(&text, "x", 1), 0);
    CHECK_EQ(edo_buf_append(&text, at + 1, short_one.len - (size_t)(at + 1 - head)), 0);
    deliver(to, edo_buf_str(&text));
    edo_buf_deinit(&text);
}

static int hear_too_much_ahead(void *arg) {
    char text[192];
    ear at_one, at_other;
    (void)arg;
    start_wired();
    ear_come(&at_one, &nodes[0], "tea");
    ear_come(&at_other, &nodes[1], "tea");
    const room *r = at_other.place.room;
    nodes[1].is_broken = true;
    for (uint64_t i = 0; i < 20; i++) deliver_long(&nodes[1], 5000 + i);
    CHECK_EQ(r->ahead_n, 16);
    CHECK_EQ(r->ahead_bytes, LEARN_AHEAD_BYTES);
    for (uint64_t i = 0; i < LEARN_AHEAD_MAX + 10; i++) deliver(&nodes[1], of_nobody(text, 2 + i));
    CHECK_EQ(r->ahead_n, LEARN_AHEAD_MAX);
    CHECK_EQ(r->ahead_bytes, LEARN_AHEAD_MAX); // the long ones came last
    CHECK(!room_check(at_other.place.room));
    nodes[1].is_broken = false;
    deliver(&nodes[1], of_nobody(text, 2)); // the store has none of them
    CHECK_EQ(r->ahead_n, 0);
    CHECK_EQ(r->ahead_bytes, 0);
    say_next(&at_one, 1);
    deliver_nth(&nodes[1], 0);
    hears_up_to(&at_other, 1);
    ear_go(&at_other);
    ear_go(&at_one);
    end_wired();
    return 0;
}

static void what_waits_for_a_gap_is_bounded_by_number_and_bytes(void **state) {
    (void)state;
    run(hear_too_much_ahead);
}

/* A task's function. */
static int end_slowness_later(void *arg) {
    pass_a_moment();
    end_slowness(arg);
    return 0;
}

/* The end of the program does not wait until all that lacks is read. */
static int end_while_much_lacks(void *arg) {
    enum { MANY = 5 * STORE_NEWS_OF_ROOM };
    node *at = &nodes[1];
    char text[192];
    ear one;
    (void)arg;
    start_wired();
    ear_come(&one, at, "tea");
    edo_broadcast_fall_behind(one.news->news);
    others_say("tea", MANY);
    at->is_slow = true;
    begin_delivery(at, of_nobody(text, MANY));
    pass_a_moment();
    CHECK_EQ(at->asking_n, 1);
    edo_task *goes_on = edo_spawn(end_slowness_later, at);
    hearing_end(&tellers);
    CHECK_EQ(edo_task_join(goes_on), 0);
    CHECK_EQ(at->questions_n, 1);
    CHECK_EQ(room_numbers_now(one.place.room).last, STORE_NEWS_OF_ROOM);
    tellers = (hearing_tellers){ .end = NULL };
    ear_go(&one);
    end_wired();
    return 0;
}

static void room_that_lacks_much_does_not_hold_up_the_end(void **state) {
    (void)state;
    run(end_while_much_lacks);
}

/* ---- How often the store is asked ------------------------------------------------------------ */

static int ask_soon_all_the_time(void *arg) {
    enum { SECONDS = 10, TIMES = 100 };
    node *at = &nodes[0];
    ear one;
    (void)arg;
    start_wired();
    ear_come(&one, at, "tea");
    question_note_carried(&at->asks, true);
    edo_task *asks = edo_spawn(question_run, &at->asks);
    for (int i = 0; i < TIMES; i++) {
        question_ask_soon(&at->asks);
        CHECK_EQ(edo_sleep(edo_ns(edo_s(SECONDS).ns / TIMES)), 0);
    }
    CHECK(at->questions_n >= SECONDS - 2 && at->questions_n <= SECONDS * 10 / 9 + 1);
    CHECK_EQ(edo_sleep(edo_ms(2500)), 0); // of the last one
    unsigned asked_n = at->questions_n;
    question_ask_soon(&at->asks);
    pass_a_moment();
    CHECK_EQ(at->questions_n, asked_n + 1);
    CHECK_EQ(edo_sleep(edo_ms(2500)), 0); // nothing is to be asked
    CHECK_EQ(at->questions_n, asked_n + 1);
    question_note_carried(&at->asks, false);
    pass_a_moment();
    CHECK_EQ(at->questions_n, asked_n + 2);
    edo_task_cancel(asks);
    CHECK_EQ(edo_task_join(asks), -ECANCELED);
    ear_go(&one);
    end_wired();
    return 0;
}

static void store_is_asked_each_second_at_most_however_often_it_is_to_be_soon(void **state) {
    (void)state;
    run(ask_soon_all_the_time);
}

/* ---- What waits while Redis does not take it ------------------------------------------------- */

static int fill_queue(void *arg) {
    enum { BYTES = 1 << 20, MANY = 20, FIT = 16 };
    carrier *c = NULL;
    char *text = calloc(1, BYTES + 1);
    (void)arg;
    CHECK(text);
    memset(text, 'x', BYTES);
    start_nodes();
    int err = carrier_open(&c, "unix:///nowhere", &nodes[0].in, &nodes[0].asks);
    CHECK(err == 0 || err == -ENOTSUP); // a build without Redis
    for (int i = 0; i < MANY && err == 0; i++)
        CHECK_EQ(room_say(nodes[0].in.lobby, said(nodes[0].in.lobby, text, "")), 0);
    CHECK_EQ(carrier_unpublished_n(c), err == 0 ? MANY - FIT : 0);
    edo_trail_clear();
    carrier_close(c);
    end_nodes();
    free(text);
    return 0;
}

static void what_waits_for_redis_has_a_bound_in_bytes(void **state) {
    (void)state;
    run(fill_queue);
}

/* ---- What comes ------------------------------------------------------------------------------ */

static void message_comes_as_it_was_told(void **state) {
    const saying what = { .room = { "tea" },
                          .nick = { "ann" },
                          .text = EDO_STR("\"two\" lines\nof \xc3\xa4"),
                          .ref = EDO_STR("key a"),
                          .is_action = true,
                          .time_ms = 1 };
    edo_buf text = { 0 };
    edo_arena of = { 0 };
    saying got;
    edo_str by;
    (void)state;
    message *m = message_said(&what);
    CHECK(m);
    message_set_number(m, INT64_MAX);
    CHECK_EQ(carried_print(&text, m, "run"), 0);
    CHECK_EQ(carried_read(edo_buf_str(&text), &of, &got, &by), 0);
    CHECK(edo_str_equal(by, EDO_STR("run")) && edo_str_equal(got.text, what.text));
    CHECK(edo_str_equal(got.ref, what.ref) && got.is_action && got.number == INT64_MAX);
    CHECK(name_equal(&got.room, &what.room) && name_equal(&got.nick, &what.nick));
    CHECK_EQ(got.time_ms, 1);
    edo_rc_unref(m);
    edo_arena_deinit(&of);
    edo_buf_deinit(&text);
}

static void what_the_chat_would_not_show_is_refused(void **state) {
#define WITH(member)                                                                               \
    "{\"by\":\"x\",\"room\":\"tea\",\"number\":1,\"time_ms\":1,\"nick\":\"ann\",\"is_action\":"    \
    "false,\"text\":\"a\",\"ref\":\"\"" member "}"
    static const struct {
        const char *text;
        int err;
    } rows[] = {
        { WITH(""), 0 },
        { WITH(",\"later\":[1]"), 0 }, // of a newer program
        { "", -EINVAL },
        { "null", -EINVAL },
        { "{}", -EINVAL },
        { WITH(",\"number\":0"), -EINVAL },
        { WITH(",\"number\":-1"), -EINVAL },
        { WITH(",\"number\":1e99"), -EINVAL },
        { WITH(",\"room\":\"\""), -EINVAL },
        { WITH(",\"room\":\"no name\""), -EINVAL },
        { WITH(",\"nick\":\"<b>\""), -EINVAL },
        { WITH(",\"text\":\"\\u0007\""), -EINVAL },
        { WITH(",\"ref\":\"a\\nb\""), -EINVAL },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_arena of = { 0 };
        saying got;
        edo_str by;
        CHECK_EQ(carried_read(edo_str_of(rows[i].text), &of, &got, &by), rows[i].err);
        edo_arena_deinit(&of);
    }
#undef WITH
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_for_a_gap_is_bounded_by_number_and_bytes),
        cmocka_unit_test(what_a_node_tells_is_shown_at_the_other_without_a_question),
        cmocka_unit_test(what_is_lost_doubled_or_late_is_shown_once_and_in_order),
        cmocka_unit_test(what_was_said_before_is_not_told_again),
        cmocka_unit_test(what_the_store_kept_without_a_reply_is_told),
        cmocka_unit_test(what_the_store_does_not_have_is_asked_for_once_and_forgotten),
        cmocka_unit_test(room_that_lacks_much_does_not_hold_up_the_end),
        cmocka_unit_test(what_waits_for_redis_has_a_bound_in_bytes),
        cmocka_unit_test(store_is_asked_each_second_at_most_however_often_it_is_to_be_soon),
        cmocka_unit_test(message_comes_as_it_was_told),
        cmocka_unit_test(what_the_chat_would_not_show_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
