/* SPDX-License-Identifier: MIT */
/* Goal: programs know who is in each other's rooms, and the rooms hear of it, whatever of it is
 * lost, doubled or late on the way; who is silent goes; and a program that tells lies gets no more
 * memory than others.
 * Method: three directories whose companies are joined by a wire that the test moves by hand. Time
 * is virtual. */
#include "inside.h"
#include "node/company.h"
#include "node/crowd.h"
#include "node/notice.h"
#include "room/member.h"

#include <edo/broadcast.h>
#include <edo/runtime.h>
#include <edo/time.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HALLS = 3, WIRE = 64, TOLD = 3, PERMUTATIONS = 6, FATES = 27, LINES_BYTES = 4096 };

static const int orders[PERMUTATIONS][TOLD] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                                { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

/* What a program has published, and the others have not heard. */
typedef struct posted {
    name where; /* empty: to all */
    edo_buf text;
} posted;

/* A program. */
typedef struct hall {
    directory in;
    hearing_tellers tellers;
    company *company;
    posted wire[WIRE];
    size_t wire_n;
    bool is_dead; /* it does nothing, and hears nothing */
} hall;

static hall halls[HALLS];

static void hall_publish(void *arg, const name *where, edo_buf *text) {
    hall *self = arg;
    CHECK(self->wire_n < WIRE);
    posted *p = &self->wire[self->wire_n++];
    *p = (posted){ .text = *text };
    if (where) p->where = *where;
}

static void drop_posted(hall *self) {
    for (size_t i = 0; i < self->wire_n; i++) edo_buf_deinit(&self->wire[i].text);
    self->wire_n = 0;
}

static void start_halls(void) {
    int paused = edo_time_pause();
    CHECK(paused == 0 || paused == -EALREADY);
    for (size_t i = 0; i < HALLS; i++) {
        hall *self = &halls[i];
        const company_ways ways = { hall_publish, self };
        *self = (hall){ .wire_n = 0 };
        CHECK_EQ(directory_init(&self->in, 10, NULL), 0);
        CHECK_EQ(hearing_begin(&self->tellers), 0);
        CHECK_EQ(company_open(&self->company, &self->in, i + 1, &ways, &self->tellers), 0);
        company_note_carried(self->company, true);
    }
}

static void end_halls(void) {
    for (size_t i = 0; i < HALLS; i++) {
        hearing_end(&halls[i].tellers);
        company_close(halls[i].company);
        directory_deinit(&halls[i].in);
        drop_posted(&halls[i]);
    }
}

/* ---- The wire -------------------------------------------------------------------------------- */

/* The rooms there have been told. */
static void settle(hall *at) {
    while (edo_tracker_len(&at->tellers.all) > 0) CHECK_EQ(edo_yield(), 0);
}

static void hear_text(hall *at, edo_str text) {
    edo_arena of = { 0 };
    CHECK(company_hear(at->company, text, &of));
    edo_arena_deinit(&of);
    settle(at);
}

/* A program hears the rooms in which it has members. */
static void hear_posted(hall *at, const posted *what) {
    bool is_for_all = !*what->where.text;
    room *r = is_for_all ? NULL : directory_open_followed(&at->in, &what->where);
    if (!at->is_dead && (r || is_for_all)) hear_text(at, edo_buf_str(&what->text));
    directory_close_room(&at->in, r);
}

/* What was published comes to all, and what they publish then. */
static void deliver_all(void) {
    for (size_t i = 0; i < HALLS; i++) {
        hall *from = &halls[i];
        for (size_t k = 0; k < from->wire_n; k++) {
            for (size_t to = 0; to < HALLS; to++) hear_posted(&halls[to], &from->wire[k]);
        }
        drop_posted(from);
    }
}

/* Seconds in which nothing is lost. */
static void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
        CHECK_EQ(edo_sleep(edo_s(1)), 0);
        for (size_t k = 0; k < HALLS; k++) {
            if (!halls[k].is_dead) company_tick(halls[k].company);
        }
        deliver_all();
    }
}

/* ---- People ---------------------------------------------------------------------------------- */

typedef struct person {
    hall *at;
    member who;
    seat place;
    subscriber *news; /* NULL: it does not listen */
} person;

static name name_from(const char *text) {
    name n = { "" };
    (void)snprintf(n.text, sizeof n.text, "%s", text);
    return n;
}

/* Somebody who is known by that key comes into a room. */
static void come(person *self, hall *at, const char *where, const char *nick, const char *key) {
    const name of = name_from(where);
    *self = (person){ .at = at };
    CHECK_EQ(member_init(&self->who, &at->in, 0), 0);
    self->who.name = name_from(nick);
    self->who.id = 1;
    token_person(key, self->who.person);
    self->place.member = &self->who;
    room *r = directory_open_room(&at->in, &of);
    CHECK(r);
    CHECK_EQ(member_enter(&self->who, &self->place, r, NULL), 0);
}

static void listen_from_now(person *self) {
    self->news = room_subscribe(self->place.room, 0, NULL);
    CHECK(self->news);
}

static void go(person *self) {
    room *from = self->place.room;
    subscriber_free(self->news);
    directory_seat(&self->at->in, &self->place, NULL);
    CHECK_EQ(member_left(&self->who, from, false), 0);
}

static void rename_to(person *self, const char *nick) {
    const name old = self->who.name;
    room *r = self->place.room;
    self->who.name = name_from(nick);
    CHECK_EQ(room_announce(r, member_renamed(&self->who, &old, 0, &r->name)), 0);
}

/* The lines that were shown since, one behind the other. */
static void heard_lines(const person *self, char out[LINES_BYTES]) {
    message *m;
    size_t n = 0;
    while (edo_broadcast_try_recv(self->news->news, &m, NULL) == 0) {
        size_t line_n = m->is_quiet ? 0 : m->line.len;
        CHECK(n + line_n < LINES_BYTES);
        memcpy(out + n, m->line.ptr, line_n);
        n += line_n;
        edo_rc_unref(m);
    }
    out[n] = '\0';
}

static void hears(const person *self, const char *lines) {
    char got[LINES_BYTES];
    heard_lines(self, got);
    if (strcmp(got, lines) != 0) fprintf(stderr, "heard %s, not %s\n", got, lines);
    CHECK(strcmp(got, lines) == 0);
}

static int by_text(const void *a, const void *b) {
    return strcmp(((const presence *)a)->name.text, ((const presence *)b)->name.text);
}

/* The names in the room there, sorted, and as many are counted. */
static void sees(const person *self, const char *names) {
    char got[LINES_BYTES] = "";
    size_t n, bytes = 0;
    room *r = self->place.room;
    presence *all = directory_members(&self->at->in, r, 100, &n);
    CHECK(all);
    qsort(all, n, sizeof *all, by_text);
    for (size_t i = 0; i < n; i++)
        bytes += (size_t)snprintf(got + bytes, sizeof got - bytes, "%s%s", i ? " " : "",
                                  all[i].name.text);
    if (strcmp(got, names) != 0) fprintf(stderr, "sees %s, not %s\n", got, names);
    CHECK(strcmp(got, names) == 0);
    CHECK_EQ(directory_members_n(&self->at->in, r), n);
    free(all);
}

/* How many are in the room by the list of rooms there; SIZE_MAX: it is not listed. */
static size_t listed_n(hall *at, const char *where) {
    const name of = name_from(where);
    size_t n, found = SIZE_MAX;
    room_count *all = directory_rooms(&at->in, &n);
    CHECK(all);
    for (size_t i = 0; i < n; i++) {
        if (!name_equal(&all[i].name, &of)) continue;
        CHECK_EQ(found, SIZE_MAX);
        found = all[i].members_n;
    }
    free(all);
    return found;
}

/* ---- As it should be ------------------------------------------------------------------------- */

static int meet(void *arg) {
    person ann, bob, eve;
    (void)arg;
    start_halls();
    come(&bob, &halls[1], "tea", "bob", "b");
    listen_from_now(&bob);
    come(&ann, &halls[0], "TEA", "ann", "a");
    deliver_all();
    hears(&bob, "* ann joined #tea\n");
    sees(&bob, "ann bob");
    pass(2); // questions, and rosters
    sees(&ann, "ann bob");
    hears(&bob, "");
    rename_to(&ann, "anna");
    deliver_all();
    hears(&bob, "* ann is now anna\n");
    sees(&bob, "anna bob");
    pass(2);
    CHECK_EQ(listed_n(&halls[2], "tea"), 2); // where nobody of it is
    CHECK_EQ(listed_n(&halls[1], "tea"), 2);
    come(&eve, &halls[2], "tea", "eve", "e");
    pass(2);
    sees(&eve, "anna bob eve");
    hears(&bob, "* eve joined #tea\n");
    go(&ann);
    deliver_all();
    hears(&bob, "* anna left #tea\n");
    sees(&bob, "bob eve");
    go(&eve);
    go(&bob);
    pass(2);
    CHECK_EQ(listed_n(&halls[2], "tea"), SIZE_MAX);
    end_halls();
    return 0;
}

static void people_of_all_programs_are_in_the_lists_and_their_moves_are_told(void **state) {
    (void)state;
    assert_int_equal(inside(meet, NULL), 0);
}

/* ---- On the way ------------------------------------------------------------------------------ */

/* What was published is not on the wire any more: it comes as it is fated. */
typedef struct taken {
    posted all[TOLD];
    size_t n;
} taken;

static void take_posted(taken *self, hall *from) {
    CHECK_EQ(from->wire_n, TOLD);
    memcpy(self->all, from->wire, sizeof self->all);
    from->wire_n = 0;
}

/* Each notice is lost, comes once, or twice, by its digit in `fates`. */
static void hear_as_fated(const taken *what, hall *to, const int order[TOLD], int fates) {
    for (int i = 0; i < TOLD; i++) {
        int fate = fates;
        for (int j = 0; j < order[i]; j++) fate /= 3;
        for (int times = fate % 3; times > 0; times--) hear_posted(to, &what->all[order[i]]);
    }
}

/* Ann, who was there, gets another name, Eve comes, and Ann goes; with a roster, that is one of
 * these. */
static void publish_three(person *ann, person *eve, bool with_roster) {
    if (with_roster) {
        posted who = { .text = { 0 } };
        CHECK_EQ(edo_buf_printf(&who.text, "{\"kind\":\"who\",\"by\":9,\"room\":\"tea\"}"), 0);
        hear_text(&halls[0], edo_buf_str(&who.text));
        edo_buf_deinit(&who.text);
        company_tick(halls[0].company);
        CHECK_EQ(halls[0].wire_n, 1);
    } else {
        rename_to(ann, "anna");
    }
    come(eve, &halls[0], "tea", "eve", "e");
    go(ann);
}

static void suffer_once(int nth, int fates, bool with_roster) {
    person ann, bob, eve;
    taken three;
    start_halls();
    come(&bob, &halls[1], "tea", "bob", "b");
    come(&ann, &halls[0], "tea", "ann", "a");
    pass(3);
    sees(&bob, "ann bob");
    CHECK_EQ(halls[0].wire_n, 0);
    publish_three(&ann, &eve, with_roster);
    take_posted(&three, &halls[0]);
    hear_as_fated(&three, &halls[1], orders[nth], fates);
    pass(6);
    sees(&bob, "bob eve");
    sees(&eve, "bob eve");
    listen_from_now(&bob);
    hear_as_fated(&three, &halls[1], orders[nth], fates); // late
    hears(&bob, "");
    pass(6);
    sees(&bob, "bob eve");
    for (int i = 0; i < TOLD; i++) edo_buf_deinit(&three.all[i].text);
    go(&eve);
    go(&bob);
    end_halls();
}

static int suffer(void *arg) {
    (void)arg;
    for (int nth = 0; nth < PERMUTATIONS; nth++) {
        for (int fates = 0; fates < FATES; fates++) {
            suffer_once(nth, fates, false);
            suffer_once(nth, fates, true);
        }
    }
    return 0;
}

static void what_is_lost_doubled_or_late_is_made_up_for(void **state) {
    (void)state;
    assert_int_equal(inside(suffer, NULL), 0);
}

/* ---- Who is silent --------------------------------------------------------------------------- */

static int fall_silent(void *arg) {
    person ann, bob;
    (void)arg;
    start_halls();
    come(&ann, &halls[0], "tea", "ann", "a");
    come(&bob, &halls[1], "tea", "bob", "b");
    pass(2);
    listen_from_now(&bob);
    halls[0].is_dead = true;
    pass(7);
    sees(&bob, "ann bob");
    hears(&bob, "");
    pass(2);
    sees(&bob, "bob");
    hears(&bob, "* ann left #tea\n");
    CHECK_EQ(listed_n(&halls[2], "tea"), 1);
    halls[0].is_dead = false; // it was stopped, and goes on
    pass(4);
    sees(&bob, "ann bob");
    hears(&bob, "");
    CHECK_EQ(listed_n(&halls[2], "tea"), 2);
    go(&bob);
    go(&ann);
    end_halls();
    return 0;
}

static void people_of_a_program_that_is_silent_leave_and_come_back_with_it(void **state) {
    (void)state;
    assert_int_equal(inside(fall_silent, NULL), 0);
}

static void set_carried(bool is_carried) {
    for (size_t i = 0; i < HALLS; i++) company_note_carried(halls[i].company, is_carried);
}

static int lose_redis(void *arg) {
    person ann, bob;
    (void)arg;
    start_halls();
    come(&ann, &halls[0], "tea", "ann", "a");
    come(&bob, &halls[1], "tea", "bob", "b");
    pass(2);
    listen_from_now(&bob);
    set_carried(false);
    pass(7);
    sees(&bob, "ann bob");
    set_carried(true); // it was a short while
    pass(7);
    sees(&bob, "ann bob");
    set_carried(false);
    rename_to(&ann, "anna");
    pass(9);
    for (size_t i = 0; i < HALLS; i++) CHECK_EQ(halls[i].wire_n, 0);
    sees(&bob, "bob");
    set_carried(true);
    pass(3);
    sees(&bob, "anna bob");
    sees(&ann, "anna bob");
    hears(&bob, ""); // of none of it
    go(&bob);
    go(&ann);
    end_halls();
    return 0;
}

static void without_redis_others_are_forgotten_and_come_back_without_a_word(void **state) {
    (void)state;
    assert_int_equal(inside(lose_redis, NULL), 0);
}

static int end_in_order(void *arg) {
    person ann, bob;
    edo_buf end = { 0 };
    (void)arg;
    start_halls();
    come(&ann, &halls[0], "tea", "ann", "a");
    come(&bob, &halls[1], "tea", "bob", "b");
    pass(2);
    listen_from_now(&bob);
    CHECK_EQ(company_print_end(halls[0].company, &end), 0);
    halls[0].is_dead = true;
    hear_text(&halls[1], edo_buf_str(&end));
    hears(&bob, "* ann left #tea\n");
    sees(&bob, "bob");
    edo_buf_deinit(&end);
    go(&bob);
    go(&ann);
    end_halls();
    return 0;
}

static void people_of_a_program_that_ends_in_order_leave_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(end_in_order, NULL), 0);
}

/* ---- Who moves ------------------------------------------------------------------------------- */

static int move_over(void *arg) {
    person here, there, bob, eve;
    (void)arg;
    start_halls();
    come(&bob, &halls[2], "tea", "bob", "b");
    come(&eve, &halls[1], "tea", "eve", "e");
    come(&here, &halls[0], "tea", "ann", "a");
    pass(2);
    listen_from_now(&bob);
    listen_from_now(&eve);
    come(&there, &halls[1], "tea", "ann", "a"); // its first program has not noticed
    deliver_all();
    sees(&bob, "ann bob eve");
    sees(&eve, "ann bob eve");
    sees(&here, "ann bob eve");
    pass(2);
    go(&here);
    pass(2);
    sees(&bob, "ann bob eve");
    come(&here, &halls[0], "tea", "ann", "a"); // and back, as the other one is killed
    pass(2);
    halls[1].is_dead = true;
    pass(10);
    sees(&bob, "ann bob");
    hears(&bob, "* eve left #tea\n");
    hears(&eve, "");
    go(&here);
    pass(1);
    hears(&bob, "* ann left #tea\n");
    go(&there);
    go(&eve);
    go(&bob);
    end_halls();
    return 0;
}

static void person_that_moves_to_another_program_neither_leaves_nor_comes(void **state) {
    (void)state;
    assert_int_equal(inside(move_over, NULL), 0);
}

/* As line/session.c does it. */
static void take_place(person *self, person *guest, const char *key) {
    room *r = guest->place.room;
    *self = (person){ .at = guest->at };
    CHECK_EQ(member_init(&self->who, &self->at->in, 0), 0);
    self->who.name = guest->who.name;
    self->who.id = 1;
    token_person(key, self->who.person);
    self->place.member = &self->who;
    guest->who.moves_quietly = self->who.moves_quietly = true;
    directory_seat(&self->at->in, &guest->place, NULL);
    directory_seat(&self->at->in, &self->place, r);
    self->who.moves_quietly = false;
}

static int succeed(void *arg) {
    person guest, heir, bob;
    (void)arg;
    start_halls();
    come(&bob, &halls[1], "tea", "bob", "b");
    listen_from_now(&bob);
    come(&guest, &halls[0], "tea", "ann", "connection");
    take_place(&heir, &guest, "session");
    deliver_all();
    hears(&bob, "* ann joined #tea\n");
    sees(&bob, "ann bob");
    go(&heir);
    deliver_all();
    hears(&bob, "* ann left #tea\n");
    go(&bob);
    end_halls();
    return 0;
}

static void who_takes_the_place_of_its_guest_does_so_quietly_elsewhere_too(void **state) {
    (void)state;
    assert_int_equal(inside(succeed, NULL), 0);
}

/* ---- Order ----------------------------------------------------------------------------------- */

/* The names in the room there, as they are shown. */
static void lists(const person *self, const char *names) {
    char got[LINES_BYTES] = "";
    size_t n, bytes = 0;
    presence *all = directory_members(&self->at->in, self->place.room, 100, &n);
    CHECK(all);
    for (size_t i = 0; i < n; i++)
        bytes += (size_t)snprintf(got + bytes, sizeof got - bytes, "%s%s", i ? " " : "",
                                  all[i].name.text);
    if (strcmp(got, names) != 0) fprintf(stderr, "lists %s, not %s\n", got, names);
    CHECK(strcmp(got, names) == 0);
    free(all);
}

static void come_later(person *self, hall *at, const char *nick, const char *key) {
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // of virtual time, which the clock shows
    come(self, at, "tea", nick, key);
}

static int line_up(void *arg) {
    person ann, bob, eve, max, moved;
    (void)arg;
    start_halls();
    come_later(&ann, &halls[0], "ann", "a");
    come_later(&bob, &halls[1], "bob", "b");
    deliver_all();
    come_later(&eve, &halls[0], "eve", "e");
    deliver_all();
    come_later(&max, &halls[2], "max", "m"); // hears of all others by rosters
    pass(3);
    const person *all[] = { &ann, &bob, &eve, &max };
    for (size_t i = 0; i < EDO_COUNT(all); i++) lists(all[i], "ann bob eve max");
    come_later(&moved, &halls[1], "ann", "a"); // goes on there, in her place
    pass(2);
    go(&ann);
    pass(2);
    const person *rest[] = { &moved, &bob, &eve, &max };
    for (size_t i = 0; i < EDO_COUNT(rest); i++) lists(rest[i], "ann bob eve max");
    go(&moved);
    deliver_all();
    come_later(&ann, &halls[0], "ann", "a");
    pass(2);
    for (size_t i = 1; i < EDO_COUNT(rest); i++) lists(rest[i], "bob eve max ann");
    for (size_t i = 1; i < EDO_COUNT(rest); i++) go((person *)(uintptr_t)rest[i]);
    go(&ann);
    end_halls();
    return 0;
}

static void people_have_one_order_at_all_programs(void **state) {
    (void)state;
    assert_int_equal(inside(line_up, NULL), 0);
}

/* ---- Before the roster has come -------------------------------------------------------------- */

static int begin_to_hear(void *arg) {
    person ann, bob, eve, max;
    (void)arg;
    start_halls();
    come(&ann, &halls[0], "tea", "ann", "a");
    come(&eve, &halls[0], "tea", "eve", "e");
    come(&max, &halls[2], "tea", "max", "m");
    for (size_t i = 0; i < HALLS; i++) drop_posted(&halls[i]); // as nobody hears it there
    come(&bob, &halls[1], "tea", "bob", "b");
    listen_from_now(&bob);
    directory_note_typing(&halls[0].in, ann.place.room, &ann.who);
    rename_to(&ann, "anna");
    go(&eve);
    deliver_all();
    hears(&bob, "* ann is now anna\n* eve left #tea\n");
    pass(3);
    sees(&bob, "anna bob max");
    go(&max);
    go(&ann);
    deliver_all();
    hears(&bob, "* anna left #tea\n* max left #tea\n");
    go(&bob);
    end_halls();
    return 0;
}

static void who_has_just_come_hears_of_those_whose_names_are_not_known_yet(void **state) {
    (void)state;
    assert_int_equal(inside(begin_to_hear, NULL), 0);
}

/* ---- Large rooms ----------------------------------------------------------------------------- */

static int crowd_in(void *arg) {
    enum { MANY = NOTICE_PEOPLE + 200 };
    person *many = calloc(MANY, sizeof *many), bob;
    char text[24];
    size_t n;
    (void)arg;
    CHECK(many);
    start_halls();
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(text, sizeof text, "p%d", i);
        come(&many[i], &halls[0], "tea", text, text);
        drop_posted(&halls[0]); // it is lost
    }
    come(&bob, &halls[1], "tea", "bob", "b");
    pass(3);
    CHECK_EQ(directory_members_n(&halls[1].in, bob.place.room), MANY + 1);
    presence *all = directory_members(&halls[1].in, bob.place.room, SIZE_MAX, &n);
    CHECK_EQ(n, NOTICE_PEOPLE + 1);
    free(all);
    for (int i = 0; i < 2; i++) CHECK_EQ(company_unnamed_n(halls[1].company), MANY - NOTICE_PEOPLE);
    go(&many[MANY - 1]); // nobody there knows the name
    deliver_all();
    CHECK_EQ(directory_members_n(&halls[1].in, bob.place.room), MANY);
    for (int i = 0; i < MANY - 1; i++) {
        go(&many[i]);
        deliver_all();
    }
    sees(&bob, "bob");
    go(&bob);
    free(many);
    end_halls();
    return 0;
}

static void large_room_is_counted_though_not_all_names_are_told(void **state) {
    (void)state;
    assert_int_equal(inside(crowd_in, NULL), 0);
}

/* ---- Lies ------------------------------------------------------------------------------------ */

static void tell_list(hall *to, unsigned by, unsigned number, unsigned rooms_n) {
    edo_buf text = { 0 };
    CHECK_EQ(
        edo_buf_printf(&text, "{\"kind\":\"list\",\"by\":%u,\"number\":%u,\"rooms\":[", by, number),
        0);
    for (unsigned i = 0; i < rooms_n; i++)
        CHECK_EQ(
            edo_buf_printf(&text, "%s{\"room\":\"r%u\",\"n\":1,\"number\":1}", i ? "," : "", i), 0);
    CHECK_EQ(edo_buf_printf(&text, "]}"), 0);
    hear_text(to, edo_buf_str(&text));
    edo_buf_deinit(&text);
}

static void tell_roster(hall *to, unsigned by) {
    edo_buf text = { 0 };
    CHECK_EQ(edo_buf_printf(&text,
                            "{\"kind\":\"roster\",\"by\":%u,\"room\":\"tea\",\"number\":1,\"n\":%u,"
                            "\"people\":[",
                            by, NOTICE_PEOPLE),
             0);
    for (unsigned i = 0; i < NOTICE_PEOPLE; i++)
        CHECK_EQ(edo_buf_printf(&text, "%s{\"person\":\"%08x%08x\",\"nick\":\"x\"}", i ? "," : "",
                                by, i),
                 0);
    CHECK_EQ(edo_buf_printf(&text, "]}"), 0);
    hear_text(to, edo_buf_str(&text));
    edo_buf_deinit(&text);
}

static int lie(void *arg) {
    enum { FIRST = 100, ROSTERS = 3 };
    hall *at = &halls[1];
    person bob;
    size_t n;
    (void)arg;
    start_halls();
    come(&bob, at, "tea", "bob", "b");
    for (unsigned i = 0; i < ROSTERS; i++) tell_roster(at, FIRST + i);
    free(directory_members(&at->in, bob.place.room, SIZE_MAX, &n));
    CHECK_EQ(n, ROSTERS * NOTICE_PEOPLE + 1);
    CHECK_EQ(directory_members_n(&at->in, bob.place.room), n);
    for (unsigned i = 0; i < 2 * CROWD_PROGRAMS; i++) tell_list(at, 2 * FIRST + i, 1, 1);
    CHECK_EQ(listed_n(at, "r0"), CROWD_PROGRAMS - ROSTERS);
    tell_list(at, FIRST, 1, NOTICE_ROOMS);
    CHECK_EQ(listed_n(at, "r0"), CROWD_PROGRAMS - ROSTERS + 1);
    free(directory_rooms(&at->in, &n));
    CHECK_EQ(n, NOTICE_ROOMS + 1);
    tell_list(at, FIRST + 1, 1, NOTICE_ROOMS + 1); // too long
    CHECK_EQ(listed_n(at, "r0"), CROWD_PROGRAMS - ROSTERS + 1);
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    pass(2);
    sees(&bob, "bob");
    free(directory_rooms(&at->in, &n));
    CHECK_EQ(n, 1);
    tell_list(at, FIRST, 2, 1);
    tell_list(at, FIRST, 1, 2); // of before
    CHECK(listed_n(at, "r0") == 1 && listed_n(at, "r1") == SIZE_MAX);
    go(&bob);
    end_halls();
    return 0;
}

static void lies_are_forgotten(void **state) {
    (void)state;
    assert_int_equal(inside(lie, NULL), 0);
}

/* As many programs as there may be, and rooms of each; `*last` is the share that was made last. */
static void fill_with_shares(crowd *self, crowd_share **last) {
    char text[24];
    for (uint64_t id = 1; id <= CROWD_PROGRAMS; id++) {
        crowd_program *p = crowd_need_program(self, id);
        CHECK(p);
        for (unsigned i = 0; i < CROWD_SHARES / CROWD_PROGRAMS; i++) {
            (void)snprintf(text, sizeof text, "r%u", i);
            const name of = name_from(text);
            CHECK((*last = crowd_need_share(self, crowd_need_spot(self, &of), p)));
        }
    }
}

static void table_of_others_has_bounds(void **state) {
    char hash[PERSON_BYTES + 1];
    const name nick = { "x" }, other = { "other" };
    crowd all;
    crowd_share *at = NULL;
    unsigned n = 0;
    bool is_first;
    (void)state;
    crowd_init(&all);
    fill_with_shares(&all, &at);
    CHECK(!crowd_need_program(&all, CROWD_PROGRAMS + 1));
    crowd_spot *more = crowd_need_spot(&all, &other);
    CHECK(more && !crowd_need_share(&all, more, at->of));
    crowd_settle(&all, more);
    CHECK(!crowd_find_spot(&all, &other));
    CHECK_EQ(crowd_come(&all, at->in, "0123456789abcdef", &nick, 1, &is_first), 0);
    do (void)snprintf(hash, sizeof hash, "%016x", n++);
    while (crowd_add_stay(&all, at, hash, &nick, n));
    CHECK_EQ(n - 1, CROWD_STAYS);
    CHECK_EQ(crowd_others_n(at->in), CROWD_STAYS);
    CHECK(crowd_go(&all, at->in, "0123456789abcdef"));
    CHECK_EQ(all.stays_n, 0);
    crowd_deinit(&all);
    CHECK_EQ(all.shares_n + all.here_n + all.elsewhere_n, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_of_all_programs_are_in_the_lists_and_their_moves_are_told),
        cmocka_unit_test(what_is_lost_doubled_or_late_is_made_up_for),
        cmocka_unit_test(people_of_a_program_that_is_silent_leave_and_come_back_with_it),
        cmocka_unit_test(without_redis_others_are_forgotten_and_come_back_without_a_word),
        cmocka_unit_test(people_of_a_program_that_ends_in_order_leave_at_once),
        cmocka_unit_test(person_that_moves_to_another_program_neither_leaves_nor_comes),
        cmocka_unit_test(who_takes_the_place_of_its_guest_does_so_quietly_elsewhere_too),
        cmocka_unit_test(people_have_one_order_at_all_programs),
        cmocka_unit_test(who_has_just_come_hears_of_those_whose_names_are_not_known_yet),
        cmocka_unit_test(large_room_is_counted_though_not_all_names_are_told),
        cmocka_unit_test(lies_are_forgotten),
        cmocka_unit_test(table_of_others_has_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
