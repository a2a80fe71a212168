/* SPDX-License-Identifier: MIT */
/* stores/suite.h: what every form of the store promises, as functions that get an empty one. */
#ifndef CHAT_TESTS_SUITE_H
#define CHAT_TESTS_SUITE_H

#include "file.h"
#include "seed.h"

#include <edo/runtime.h>
#include <edo/scope.h>

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

/* The number of the room's newest message, 0 without one. */
static inline int store_last(store *s, const name *room, uint64_t *number) {
    store_found *found;
    int err = store_page(s, room, 0, STORE_BEFORE_ANY, 1, &found);
    if (err < 0) return err;
    *number = found->n > 0 ? found->messages[0].number : 0;
    free(found);
    return 0;
}

/* Runs a task in the runtime that this thread has entered, or in a fresh one. */
static int in_runtime(edo_task_fn *fn, void *arg) {
    if (edo_runtime_current()) return edo_task_join(edo_spawn(fn, arg));
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = 2 };
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    int result = edo_run(rt, fn, arg);
    edo_runtime_free(rt);
    return result;
}

/* Keeps the batch; of a store that gives numbers and times these are written to it. */
static int put(store *s, saying *batch, size_t n) {
    place places[16];
    CHECK(n <= EDO_COUNT(places));
    if (!store_gives_numbers(s)) return store_append(s, batch, n);
    int err = store_order(s, batch, n, places);
    for (size_t i = 0; i < n && err == 0; i++) {
        batch[i].number = places[i].number;
        batch[i].time_ms = places[i].time_ms;
    }
    return err;
}

static void a_page_has_the_newest_of_its_range_in_order(store *s) {
    for (uint64_t i = 1; i <= 9; i++) assert_int_equal(append(s, "tea", i, "x"), 0);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 3, true, 3, (uint64_t[]){ 7, 8, 9 });
    assert_page(s, "tea", 0, 7, 3, true, 3, (uint64_t[]){ 4, 5, 6 });
    assert_page(s, "tea", 0, 4, 3, false, 3, (uint64_t[]){ 1, 2, 3 });
    assert_page(s, "tea", 6, STORE_BEFORE_ANY, 10, false, 3, (uint64_t[]){ 7, 8, 9 });
    assert_page(s, "tea", 2, 8, 2, true, 2, (uint64_t[]){ 6, 7 });
    assert_page(s, "tea", 2, 5, SIZE_MAX, false, 2, (uint64_t[]){ 3, 4 });
    assert_page(s, "tea", 9, STORE_BEFORE_ANY, 5, false, 0, NULL);
    assert_page(s, "tea", UINT64_MAX, STORE_BEFORE_ANY, 5, false, 0, NULL);
    assert_page(s, "tea", 0, 1, 5, false, 0, NULL);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 0, true, 0, NULL);
    assert_page(s, "elsewhere", 0, STORE_BEFORE_ANY, 5, false, 0, NULL);
}

static void a_message_comes_back_as_it_was(store *s) {
    enum { LONG = 1 << 20 };
    char *text = malloc(LONG);
    assert_non_null(text);
    memset(text, 'x', LONG);
    saying in[] = { message_of("Tea", 1, "it's \xe2\x98\x95; DROP TABLE message"),
                    message_of("Tea", 2, ""), message_of("Tea", INT64_MAX - 1, "x") };
    in[0].ref = EDO_STR("a'\"\xc3\xa9");
    in[0].is_action = true;
    in[1].time_ms = INT64_MIN;
    in[2].text = (edo_str){ text, LONG };
    assert_int_equal(put(s, in, 3), 0);
    store_found *found = page(s, "Tea", 0, STORE_BEFORE_ANY, 10);
    assert_int_equal(found->n, 3);
    for (size_t i = 0; i < 3; i++) {
        const saying *m = &found->messages[i];
        assert_string_equal(m->room.text, "Tea");
        assert_string_equal(m->nick.text, "ann");
        assert_int_equal(m->number, in[i].number);
        assert_int_equal(m->time_ms, in[i].time_ms);
        assert_int_equal(m->is_action, in[i].is_action);
        assert_true(edo_str_equal(m->text, in[i].text));
        assert_int_equal(m->text.ptr[m->text.len], 0);
        assert_true(edo_str_equal(m->ref, in[i].ref));
    }
    free(found);
    free(text);
}

static inline void a_batch_is_kept_whole_or_not_at_all(store *s) {
    if (store_gives_numbers(s)) return; // it refuses no number
    saying batch[] = { message_of("tea", 2, "b"), message_of("coffee", 1, "c"),
                       message_of("tea", 1, "again") };
    assert_int_equal(append(s, "tea", 1, "a"), 0);
    assert_int_equal(store_append(s, batch, 3), -EEXIST);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 1, (uint64_t[]){ 1 });
    assert_page(s, "coffee", 0, STORE_BEFORE_ANY, 10, false, 0, NULL);
    batch[2] = batch[0]; // two of one number in the batch
    assert_int_equal(store_append(s, batch, 3), -EEXIST);
    assert_int_equal(append(s, "TEA", 1, "the room in another case"), -EEXIST);
    assert_int_equal(store_append(s, batch, 2), 0);
    assert_int_equal(store_append(s, batch, 0), 0);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 2, (uint64_t[]){ 1, 2 });
    assert_page(s, "coffee", 0, STORE_BEFORE_ANY, 10, false, 1, (uint64_t[]){ 1 });
}

static void rooms_are_sorted_and_are_one_in_any_case(store *s) {
    store_room *rooms;
    size_t n = 99;
    uint64_t last;
    assert_int_equal(store_rooms(s, &rooms, &n), 0);
    assert_int_equal(n, 0);
    free(rooms);
    assert_int_equal(store_last(s, &(name){ "tea" }, &last), 0);
    assert_int_equal(last, 0);
    static const char *const names[] = { "tea", "Zoo", "coffee", "TEA", "b", "_", "TeA" };
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        saying m = message_of(names[i], i + 1, "x");
        assert_int_equal(put(s, &m, 1), 0);
    }
    assert_int_equal(store_rooms(s, &rooms, &n), 0);
    static const struct {
        const char *name;
        uint64_t last, said_n;
    } wanted[] = {
        { "_", 6, 1 }, { "b", 5, 1 }, { "coffee", 3, 1 }, { "tea", 7, 3 }, { "zoo", 2, 1 }
    };
    assert_int_equal(n, EDO_COUNT(wanted));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(strcasecmp(rooms[i].name.text, wanted[i].name), 0);
        uint64_t wanted_last = store_gives_numbers(s) ? wanted[i].said_n : wanted[i].last;
        assert_int_equal(rooms[i].last, wanted_last);
        assert_int_equal(store_last(s, &rooms[i].name, &last), 0);
        assert_int_equal(last, wanted_last);
    }
    free(rooms);
}

static void assert_finds(store *s, const char *ref, uint64_t number) {
    store_found *found;
    assert_int_equal(store_find(s, edo_str_of(ref), &found), 0);
    assert_int_equal(found->n, number > 0);
    assert_false(found->has_more);
    if (number > 0) assert_int_equal(found->messages[0].number, number);
    free(found);
}

static void a_message_is_found_by_its_reference(store *s) {
    saying batch[] = { message_of("tea", 1, "a"), message_of("tea", 2, "b"),
                       message_of("tea", 3, "c"), message_of("tea", 4, "d") };
    static const char *const refs[] = { "one", "two", "one", "" };
    for (size_t i = 0; i < 4; i++) {
        batch[i].ref = edo_str_of(refs[i]);
    }
    assert_int_equal(put(s, batch, 4), 0);
    assert_finds(s, "one", store_gives_numbers(s) ? 1 : 3); // which says it once
    assert_finds(s, "two", 2);
    assert_finds(s, "tw", 0);
    assert_finds(s, "ONE", 0);
    assert_finds(s, "", 0);
}

static store_name name_of(const char *text, const char *person, int64_t until_ms) {
    store_name is = { .until_ms = until_ms, .address = { 4, 127, 0, 0, 1 } };
    (void)snprintf(is.name.text, sizeof is.name.text, "%s", text);
    (void)snprintf(is.person, sizeof is.person, "%-16s", person);
    return is;
}

static void assert_names(store *s, size_t n, const store_name *wanted) {
    store_name *names;
    size_t found_n = 99;
    assert_int_equal(store_names(s, &names, &found_n), 0);
    assert_int_equal(found_n, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(names[i].name.text, wanted[i].name.text);
        assert_string_equal(names[i].person, wanted[i].person);
        assert_memory_equal(names[i].address, wanted[i].address, sizeof wanted[i].address);
        assert_int_equal(names[i].until_ms, wanted[i].until_ms);
    }
    free(names);
}

static void names_are_kept_until_they_are_free(store *s) {
    const store_name ann = name_of("ann", "a1", 500), bob = name_of("bob", "b1", 300);
    const store_name here = name_of("Ann", "a2", STORE_NAME_IS_USED);
    const store_name gone = name_of("BOB", "", STORE_NAME_IS_FREE);
    assert_names(s, 0, NULL);
    assert_int_equal(store_keep(s, (store_name[]){ ann, bob }, 2), 0);
    assert_names(s, 2, (store_name[]){ bob, ann });
    assert_int_equal(store_keep(s, (store_name[]){ here, gone, gone }, 3), 0);
    assert_names(s, 1, &here);
    assert_int_equal(store_keep(s, &gone, 0), 0);
    assert_names(s, 1, &here);
}

/* Rooms by the dozen, ranges at random; the reference is an array of what each room has. */
static void pages_are_those_of_a_naive_reference(store *s) {
    enum { ROOMS_N = 3, NUMBERS = 60, READS_N = 300 };
    static const char *const rooms[ROOMS_N] = { "a", "b", "c" };
    bool has[ROOMS_N][NUMBERS + 1] = { 0 };
    uint64_t x = test_seed(7);
    for (int i = 0; i < 2 * NUMBERS; i++) {
        x = x * 6364136223846793005U + 1442695040888963407U;
        size_t room = (x >> 33) % ROOMS_N, number = 1 + (x >> 40) % NUMBERS;
        if (store_gives_numbers(s) && has[room][NUMBERS]) continue;
        for (number = store_gives_numbers(s) ? 1 : number;
             store_gives_numbers(s) && has[room][number];)
            number++; // the next one
        int wanted = has[room][number] ? -EEXIST : 0;
        assert_int_equal(append(s, rooms[room], number, "x"), wanted);
        has[room][number] = true;
    }
    for (int i = 0; i < READS_N; i++) {
        x = x * 6364136223846793005U + 1442695040888963407U;
        size_t room = (x >> 33) % ROOMS_N, limit = 1 + (x >> 36) % 20, n = 0, all = 0;
        uint64_t after = (x >> 41) % NUMBERS, before = 1 + (x >> 50) % (NUMBERS + 5), at[NUMBERS];
        for (uint64_t k = NUMBERS; k > after; k--)
            if (k < before && has[room][k] && all++ < limit) at[limit - ++n] = k;
        assert_page(s, rooms[room], after, before, limit, all > limit, n, at + limit - n);
    }
}

enum { FIBERS = 4, EACH = 25 };

static int append_and_read(void *arg) {
    store *s = arg;
    static atomic_int fibers;
    char room[2] = { (char)('a' + fibers++ % FIBERS), 0 };
    for (uint64_t i = 1; i <= EACH; i++) {
        uint64_t last = 0;
        name n;
        CHECK(name_parse(&n, edo_str_of(room)));
        CHECK_EQ(append(s, room, i, "x"), 0);
        CHECK_EQ(store_last(s, &n, &last), 0);
        CHECK_EQ(last, i);
    }
    return 0;
}

static int append_in_fibers(void *arg) {
    edo_scope all;
    edo_scope_begin(&all, NULL);
    for (int i = 0; i < FIBERS; i++) CHECK_EQ(edo_scope_spawn(&all, append_and_read, arg), 0);
    return edo_scope_end(&all, 0);
}

static void fibers_may_use_it_at_once(store *s) {
    store_room *rooms;
    size_t n;
    assert_int_equal(in_runtime(append_in_fibers, s), 0);
    assert_int_equal(store_rooms(s, &rooms, &n), 0);
    assert_int_equal(n, FIBERS);
    for (size_t i = 0; i < n; i++) assert_int_equal(rooms[i].last, EACH);
    free(rooms);
}

/* ---- Of those that give the numbers ---------------------------------------------------------- */

static void assert_place(const place *at, uint64_t number, bool is_repeat) {
    assert_int_equal(at->number, number);
    assert_int_equal(at->is_repeat, is_repeat);
}

static void numbers_have_no_gap_and_times_do_not_go_back(store *s) {
    saying batch[6];
    place at[6];
    int64_t before_ms = 0;
    if (!store_gives_numbers(s)) return;
    for (uint64_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 6; i++) {
            batch[i] = message_of(i % 3 == 2 ? "coffee" : i % 3 == 1 ? "TEA" : "tea", 77, "x");
            batch[i].time_ms = INT64_MIN;
        }
        assert_int_equal(store_order(s, batch, 6, at), 0);
        for (size_t i = 0, tea = 0, coffee = 0; i < 6; i++) {
            uint64_t number = i % 3 == 2 ? 2 * round + ++coffee : 4 * round + ++tea;
            assert_place(&at[i], number, false);
            assert_true(at[i].time_ms >= before_ms);
        }
        before_ms = at[5].time_ms;
    }
    assert_int_equal(store_order(s, batch, 0, at), 0);
    assert_page(s, "tea", 8, STORE_BEFORE_ANY, 10, false, 4, (uint64_t[]){ 9, 10, 11, 12 });
    assert_page(s, "coffee", 0, 3, 10, false, 2, (uint64_t[]){ 1, 2 });
}

/* Of one room after the number there is that much: `n` from `first` on, and more if `last` is
 * larger. */
static void assert_new(const store_new *is, const saying *found, uint64_t first, size_t n,
                       uint64_t last) {
    assert_int_equal(is->n, n);
    assert_int_equal(is->until, first + n - 1);
    assert_int_equal(is->last, last);
    for (size_t i = 0; i < n; i++) assert_int_equal(found[i].number, first + i);
}

static void what_is_new_is_found_room_by_room(store *s) {
    enum { MANY = STORE_NEWS_OF_ROOM + 4 };
    const store_asked of[] = {
        { { "TEA" }, 4 }, { { "none" }, 0 }, { { "coffee" }, 1 }, { { "coffee" }, 2 }
    };
    store_new is[EDO_COUNT(of)];
    store_found *found;
    size_t done_n;
    if (!store_gives_numbers(s)) {
        assert_int_equal(store_news(s, of, 1, is, &done_n, &found), -ENOTSUP);
        return;
    }
    for (uint64_t i = 1; i <= MANY; i++) assert_int_equal(append(s, "tea", i, "x"), 0);
    saying own = message_of("coffee", 0, "own");
    place at;
    assert_int_equal(append(s, "coffee", 1, "x"), 0);
    own.serial = 77;
    assert_int_equal(store_order(s, &own, 1, &at), 0);
    assert_int_equal(store_news(s, of, EDO_COUNT(of), is, &done_n, &found), 0);
    assert_int_equal(done_n, EDO_COUNT(of));
    assert_int_equal(found->n, STORE_NEWS_OF_ROOM + 1);
    assert_new(&is[0], found->messages, 5, STORE_NEWS_OF_ROOM, MANY);
    assert_new(&is[1], NULL, 1, 0, 0);
    const saying *last = &found->messages[STORE_NEWS_OF_ROOM];
    assert_new(&is[2], last, 2, 1, 2);
    assert_new(&is[3], NULL, 3, 0, 2);
    assert_int_equal(last->serial, 77);
    assert_int_equal(last->ref.len, 0);
    assert_int_equal(last->time_ms, at.time_ms);
    free(found);
    assert_int_equal(store_news(s, of, 0, is, &done_n, &found), 0);
    assert_int_equal(done_n, 0);
    free(found);
}

/* More than one answer has: the rooms behind that are not done. */
static void rooms_that_find_no_room_in_an_answer_are_told(store *s) {
    enum { ROOMS = 7, OF_EACH = 200, WHOLE = STORE_NEWS / OF_EACH };
    store_asked of[ROOMS] = { { { "" }, 0 } };
    store_new is[ROOMS];
    store_found *found;
    size_t done_n;
    if (!store_gives_numbers(s)) return;
    for (int i = 0; i < ROOMS; i++) {
        (void)snprintf(of[i].room.text, sizeof of[i].room.text, "room-%d", i);
        for (uint64_t k = 1; k <= OF_EACH; k++)
            assert_int_equal(append(s, of[i].room.text, k, "x"), 0);
    }
    assert_int_equal(store_news(s, of, ROOMS, is, &done_n, &found), 0);
    assert_int_equal(found->n, STORE_NEWS);
    assert_int_equal(done_n, WHOLE + 1);
    for (size_t i = 0; i < WHOLE; i++)
        assert_new(&is[i], &found->messages[i * OF_EACH], 1, OF_EACH, OF_EACH);
    assert_new(&is[WHOLE], &found->messages[WHOLE * OF_EACH], 1, STORE_NEWS % OF_EACH, OF_EACH);
    free(found);
}

static void rooms_that_were_made_lately_are_found(store *s) {
    store_made *made;
    size_t n;
    if (!store_gives_numbers(s)) {
        assert_int_equal(store_made_after(s, 0, &made, &n), -ENOTSUP);
        return;
    }
    assert_int_equal(append(s, "Tea", 1, "x"), 0);
    assert_int_equal(append(s, "coffee", 1, "x"), 0);
    assert_int_equal(append(s, "tea", 2, "x"), 0);
    assert_int_equal(store_made_after(s, 0, &made, &n), 0);
    assert_int_equal(n, 2);
    assert_true(made[0].made_ms <= made[1].made_ms && made[1].made_ms <= made[1].now_ms);
    assert_true(name_equal(&made[0].name, &(name){ "tea" }) ||
                name_equal(&made[1].name, &(name){ "tea" }));
    int64_t last_ms = made[1].made_ms;
    free(made);
    assert_int_equal(store_made_after(s, last_ms, &made, &n), 0);
    assert_int_equal(n, 0);
    free(made);
    assert_int_equal(store_made_after(s, last_ms + STORE_MADE_MS, &made, &n), 0);
    assert_int_equal(n, 2); // the clock has gone back
    free(made);
}

/* A batch whose answer was lost is given again as it was, or beside what has come since. */
static void what_is_given_again_is_said_once(store *s) {
    saying batch[4];
    place at[4], again[4];
    if (!store_gives_numbers(s)) return;
    for (size_t i = 0; i < 4; i++) batch[i] = message_of(i == 2 ? "coffee" : "tea", 0, "x");
    batch[0].ref = EDO_STR("key one");
    batch[1].serial = 1;
    batch[2].serial = 2;
    batch[3].ref = EDO_STR("key two");
    assert_int_equal(store_order(s, batch, 3, at), 0);
    assert_place(&at[0], 1, false);
    assert_place(&at[1], 2, false);
    assert_place(&at[2], 1, false);
    assert_int_equal(store_order(s, batch, 4, again), 0);
    for (size_t i = 0; i < 3; i++) {
        assert_place(&again[i], at[i].number, true);
        assert_int_equal(again[i].time_ms, at[i].time_ms);
    }
    assert_place(&again[3], 3, false);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 3, (uint64_t[]){ 1, 2, 3 });
    // Twice in one batch; and what another room has said so
    batch[0] = batch[1] = message_of("tea", 0, "y");
    batch[0].ref = batch[1].ref = EDO_STR("key three");
    batch[2] = message_of("coffee", 0, "y");
    batch[2].ref = EDO_STR("key one");
    batch[3] = message_of("coffee", 0, "z"); // nothing tells it from others
    assert_int_equal(store_order(s, batch, 4, at), 0);
    assert_place(&at[0], 4, false);
    assert_place(&at[1], 4, true);
    assert_place(&at[2], 0, true);
    assert_place(&at[3], 2, false);
    assert_page(s, "tea", 0, STORE_BEFORE_ANY, 10, false, 4, (uint64_t[]){ 1, 2, 3, 4 });
    store_found *found = page(s, "tea", 1, 3, 1);
    assert_int_equal(found->messages[0].ref.len, 0); // what it was known by is nobody's
    free(found);
}

/* Fibers say in the same rooms, each in another order: none waits for ever, and each room has the
 * numbers from 1 on, each once. */
enum { CROSSING = 6, CROSSINGS = 12, CROSSED = 3 };

typedef struct crossing {
    store *s;
    store *other; /* of the same database; NULL: none */
    atomic_uint n;
    bool has[CROSSED][CROSSING * CROSSINGS + 1];
} crossing;

static int say_crossing(void *arg) {
    crossing *c = arg;
    unsigned me = atomic_fetch_add(&c->n, 1);
    store *s = c->other && me % 2 > 0 ? c->other : c->s;
    static const char *const rooms[CROSSED] = { "x", "y", "z" };
    for (unsigned i = 0; i < CROSSINGS; i++) {
        saying batch[CROSSED];
        place at[CROSSED];
        for (unsigned k = 0; k < CROSSED; k++) {
            batch[k] = message_of(rooms[(k + me + i) % CROSSED], 0, "x");
            batch[k].serial = 1 + (me * CROSSINGS + i) * CROSSED + k;
        }
        CHECK_EQ(store_order(s, batch, CROSSED, at), 0);
        for (unsigned k = 0; k < CROSSED; k++) {
            bool *has = &c->has[(k + me + i) % CROSSED][0];
            CHECK(at[k].number >= 1 && at[k].number <= CROSSING * CROSSINGS);
            CHECK(!has[at[k].number]);
            has[at[k].number] = true;
        }
    }
    return 0;
}

static int cross(void *arg) {
    edo_scope all;
    edo_scope_begin(&all, NULL);
    for (int i = 0; i < CROSSING; i++) CHECK_EQ(edo_scope_spawn(&all, say_crossing, arg), 0);
    return edo_scope_end(&all, 0);
}

static void assert_one_order(store *s, store *other) {
    static crossing c;
    if (!store_gives_numbers(s)) return;
    c.s = s;
    c.other = other;
    atomic_store(&c.n, 0);
    memset(c.has, 0, sizeof c.has);
    assert_int_equal(in_runtime(cross, &c), 0);
    for (int room = 0; room < CROSSED; room++)
        for (int i = 1; i <= CROSSING * CROSSINGS; i++) assert_true(c.has[room][i]);
}

static void batches_that_cross_have_one_order(store *s) {
    assert_one_order(s, NULL);
}

#endif
