/* SPDX-License-Identifier: MIT */
/* Goal: a newcomer to a room gets every message once: those sent before as history, all others as
 * news, and all in the order of their numbers. And the directory finds people and rooms, however
 * their names are written.
 * Method: fibers of several workers talk while others come in. Its channels have no memory when the
 * test says so. */
#include <edo/broadcast.h>

#include <errno.h>

static bool has_no_memory; /* of channels */

static int send_with_memory(edo_broadcast_tx *to, const void *value) {
    return has_no_memory ? -ENOMEM : edo_broadcast_send(to, value);
}

#define edo_broadcast_send send_with_memory
#include "../../apps/chat/room/room.c"
#undef edo_broadcast_send

#include "inside.h"
#include "room/directory.h"

#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/sem.h>

/* ---- Coming in ------------------------------------------------------------------------------- */

enum { SPEAKERS = 4, WORDS = 1000, VISITORS = 4, VISITS = 30, PAST = 20 };

typedef struct party {
    room *room;
    edo_sem begin; /* a permit for each speaker */
} party;

typedef struct guest {
    party *at;
    uint64_t id;
    int next[SPEAKERS + 1]; /* the word of each that comes next; -1: any */
    uint64_t number;        /* of the last message */
} guest;

/* The text has no NUL. */
static int word_of(const message *m) {
    int n = 0;
    for (const char *at = m->line.ptr; *at != '\n'; at++) n = n * 10 + (*at - '0');
    return n;
}

static void say(room *r, uint64_t from, int word) {
    message *m = message_new(from, "%d", word);
    CHECK(m);
    CHECK_EQ(from > 0 ? room_say(r, m) : room_announce(r, m), 0);
}

static int talk(void *arg) {
    guest *self = arg;
    CHECK_EQ(edo_sem_acquire(&self->at->begin, 1), 0);
    for (int word = 0; word < WORDS; word++) {
        say(self->at->room, self->id, word);
        if (word % 10 == 0) say(self->at->room, 0, 0); // not shown as history
    }
    return 0;
}

/* Owns: takes `m`. */
static void hear(guest *self, message *m) {
    if (m->what.from > 0) {
        int *next = &self->next[m->what.from], word = word_of(m);
        CHECK(*next == word || *next < 0);
        *next = word + 1;
        CHECK(m->what.number > self->number);
        self->number = m->what.number;
    }
    edo_rc_unref(m);
}

/* Listens to some messages, or to all that come. */
static void visit_once(guest *self, int messages_n) {
    for (int i = 1; i <= SPEAKERS; i++) self->next[i] = -1;
    self->number = 0;
    subscriber *s = room_subscribe(self->at->room, 0, NULL);
    CHECK(s);
    CHECK(s->past.n <= PAST);
    for (size_t i = 0; i < s->past.n; i++) {
        CHECK(s->past.messages[i]->what.from > 0 && s->past.messages[i]->order <= s->past_last);
        hear(self, edo_rc_ref(s->past.messages[i]));
    }
    for (; messages_n > 0; messages_n--) {
        message *m;
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(20)); // all have stopped talking
        int err = edo_deadline_end(&d, edo_broadcast_recv(s->news, &m, NULL));
        if (err == -ETIMEDOUT) break;
        CHECK_EQ(err, 0); // nothing is missed
        if (m->order > s->past_last) {
            hear(self, m);
        } else {
            edo_rc_unref(m);
        }
    }
    subscriber_free(s);
}

static int visit(void *arg) {
    guest *self = arg;
    for (int i = 0; i < VISITS; i++) visit_once(self, 100);
    return 0;
}

static int listen_to_the_end(void *arg) {
    guest *self = arg;
    subscriber *s = room_subscribe(self->at->room, 0, NULL);
    CHECK(s);
    edo_sem_release(&self->at->begin, SPEAKERS); // from here on there are messages to receive
    int left = SPEAKERS * WORDS;
    while (left > 0) {
        message *m;
        CHECK_EQ(edo_broadcast_recv(s->news, &m, NULL), 0);
        left -= m->what.from > 0;
        hear(self, m);
    }
    subscriber_free(s);
    for (int i = 1; i <= SPEAKERS; i++) CHECK_EQ(self->next[i], WORDS);
    return 0;
}

static int hold_party(void *arg) {
    party *at = arg;
    static guest guests[SPEAKERS + VISITORS + 1];
    edo_scope all;
    edo_scope_begin(&all, &(edo_scope_opts){ .spread = true });
    for (size_t i = 0; i < EDO_COUNT(guests); i++) {
        guests[i] = (guest){ .at = at, .id = i + 1 };
        (void)edo_scope_spawn(&all,
                              i < SPEAKERS              ? talk
                              : i < SPEAKERS + VISITORS ? visit
                                                        : listen_to_the_end,
                              &guests[i]);
    }
    CHECK_EQ(edo_scope_end(&all, 0), 0);
    CHECK(!room_check(at->room));
    return 0;
}

static void newcomer_misses_nothing_and_gets_nothing_twice(void **state) {
    (void)state;
    static const uint32_t workers[] = { 1, 2, 4 };
    for (size_t i = 0; i < EDO_COUNT(workers); i++) {
        const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = workers[i] };
        edo_runtime *rt;
        party at = { .room = room_new(&(name){ "party" }, PAST, (room_numbers){ 0 }),
                     .begin = EDO_SEM_INIT(0) };
        assert_non_null(at.room);
        assert_int_equal(edo_runtime_new(&rt, &opts), 0);
        assert_int_equal(edo_run(rt, hold_party, &at), 0);
        room_free(at.room);
        edo_runtime_free(rt);
    }
}

/* ---- Order ----------------------------------------------------------------------------------- */

enum { PAGES_N = TURN_WORK + 1 };

static int announce(void *arg) {
    room *r = arg;
    const name ann = { "ann" }, eve = { "eve" };
    return room_announce(r, message_renamed(1, "", &ann, &eve, &r->name));
}

static int come_in_while_a_name_changes(void *arg) {
    room *r = arg;
    static listener pages[PAGES_N];
    page_socket *none = page_socket_new((edo_str){ 0 }, NULL);
    CHECK(none);
    for (size_t i = 0; i < PAGES_N; i++) {
        pages[i] = (listener){ .to = none };
        room_attend(r, &pages[i]);
    }
    const listener *first = &pages[0], *last = &pages[PAGES_N - 1];
    edo_task *renames = edo_spawn(announce, r);
    CHECK_EQ(edo_yield(), 0);
    CHECK(first->announced > 0 && last->announced == 0); // it is under way
    CHECK_EQ(room_move(r, message_joined(2, "b2", &(name){ "bob" }, &r->name), true, 3), 0);
    CHECK(last->announced > 0);
    CHECK(!room_check(r));
    CHECK_EQ(edo_task_join(renames), 0);
    for (size_t i = 0; i < PAGES_N; i++) room_unlisten(r, &pages[i]);
    edo_rc_unref(none);
    return 0;
}

static void who_comes_is_not_shown_before_a_name_that_changed_earlier(void **state) {
    (void)state;
    edo_runtime *rt;
    room *r = room_new(&(name){ "tea" }, PAST, (room_numbers){ 0 });
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    assert_non_null(r);
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, come_in_while_a_name_changes, r), 0);
    edo_runtime_unref(rt);
    room_free(r);
}

/* ---- Pages and terminals --------------------------------------------------------------------- */

typedef struct speaker {
    room *room;
    int result;
} speaker;

/* For terminals and pages. */
static message *hello(void) {
    return message_said(&(saying){ .from = 1, .nick = { "ann" }, .text = EDO_STR("hello") });
}

/* `arg` is a speaker. */
static int say_once(void *arg) {
    speaker *self = arg;
    self->result = room_say(self->room, hello());
    return 0;
}

static int say_while_a_terminal_does_not_read(void *arg) {
    enum { LATE = 3 };
    room *r = arg;
    listener page = { .to = page_socket_new((edo_str){ 0 }, NULL) };
    unseen none;
    speaker late[LATE];
    CHECK(page.to);
    room_attend(r, &page);
    CHECK_EQ(room_listen(r, &page, &none), 0);
    subscriber *deaf = room_subscribe(r, 0, NULL);
    CHECK(deaf);
    for (int i = 0; i < ROOM_MESSAGES; i++) CHECK_EQ(room_say(r, hello()), 0);
    edo_instant begun_at = edo_now();
    edo_scope all;
    edo_scope_begin(&all, NULL);
    for (int i = 0; i < LATE; i++) {
        late[i] = (speaker){ r, 1 };
        (void)edo_scope_spawn(&all, say_once, &late[i]);
    }
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(late[0].result, 1); // it waits for the terminal
    CHECK_EQ(page.after, ROOM_MESSAGES + LATE);
    CHECK(!room_check(r));
    CHECK_EQ(edo_scope_end(&all, 0), 0);
    CHECK(ms_since(begun_at) >= 5000);
    for (int i = 0; i < LATE; i++) CHECK_EQ(late[i].result, 0);
    subscriber_free(deaf);
    room_unlisten(r, &page);
    edo_rc_unref(page.to);
    room_free(r);
    return 0;
}

static void no_page_waits_for_a_terminal_that_does_not_read(void **state) {
    (void)state;
    room *r = room_new(&(name){ "tea" }, PAST, (room_numbers){ 0 });
    assert_non_null(r);
    assert_int_equal(inside(say_while_a_terminal_does_not_read, r), 0);
}

static int say_without_memory_for_the_channel(void *arg) {
    room *r = arg;
    listener page = { .to = page_socket_new((edo_str){ 0 }, NULL) };
    unseen none;
    CHECK(page.to);
    room_attend(r, &page);
    CHECK_EQ(room_listen(r, &page, &none), 0);
    subscriber *terminal = room_subscribe(r, 0, NULL);
    CHECK(terminal);
    has_no_memory = true;
    for (uint64_t number = 1; number <= 2; number++) {
        CHECK_EQ(room_say(r, hello()), -ENOMEM);
        CHECK_EQ(page.after, number);
    }
    CHECK(!room_check(r));
    has_no_memory = false;
    CHECK_EQ(room_say(r, hello()), 0);
    for (uint64_t number = 1; number <= 3; number++) {
        message *m;
        CHECK_EQ(edo_broadcast_try_recv(terminal->news, &m, NULL), 0);
        CHECK_EQ(m->what.number, number);
        edo_rc_unref(m);
    }
    subscriber_free(terminal);
    room_unlisten(r, &page);
    edo_rc_unref(page.to);
    room_free(r);
    return 0;
}

static void pages_hear_what_the_channel_has_no_memory_for(void **state) {
    (void)state;
    room *r = room_new(&(name){ "tea" }, PAST, (room_numbers){ 0 });
    assert_non_null(r);
    assert_int_equal(inside(say_without_memory_for_the_channel, r), 0);
}

/* ---- The walker ------------------------------------------------------------------------------ */

/* Whether the walker names that invariant, and nothing once it holds again. */
#define CHECK_BROKEN(r, field, wrong, wanted)                                                      \
    do {                                                                                           \
        uint64_t right = (uint64_t)(field);                                                        \
        (field) = (wrong);                                                                         \
        CHECK(room_check(r) && strcmp(room_check(r), (wanted)) == 0);                              \
        (field) = right;                                                                           \
        CHECK(!room_check(r));                                                                     \
    } while (0)

static int break_one_thing_at_a_time(void *arg) {
    room *r = arg;
    page_socket *none = page_socket_new((edo_str){ 0 }, NULL);
    listener page = { .to = none };
    room_attend(r, &page);
    for (int word = 0; word < 3; word++) say(r, 1, word);
    message *due = message_new(0, "due"), *unshown = message_new(1, "unshown");
    CHECK(none && due && unshown && !room_check(r));
    CHECK_BROKEN(r, r->past_n, 2, "inv. 1");
    CHECK_BROKEN(r, r->past_max, 2, "inv. 1");
    CHECK_BROKEN(r, STAILQ_FIRST(&r->past)->what.number, 2, "inv. 1");
    CHECK_BROKEN(r, r->numbers.last, 2, "inv. 1");
    message_set_number(unshown, ++r->number_given);
    STAILQ_INSERT_TAIL(&r->unshown, unshown, next);
    CHECK_BROKEN(r, unshown->what.number, 3, "inv. 2");
    CHECK_BROKEN(r, r->number_given, 3, "inv. 2");
    due_put(r, due);
    CHECK_BROKEN(r, due->order, r->order_given + 1, "inv. 3");
    STAILQ_INSERT_TAIL(&r->marked, due, marked);
    CHECK(strcmp(room_check(r), "inv. 4") == 0);
    STAILQ_REMOVE_HEAD(&r->marked, marked);
    CHECK_BROKEN(r, page.announced, r->order_given + 1, "inv. 5");
    page.hears_all = true;
    CHECK_BROKEN(r, page.after, r->numbers.last + 1, "inv. 5");
    STAILQ_REMOVE_HEAD(&r->unshown, next);
    room_unlisten(r, &page);
    edo_rc_unref(unshown);
    edo_rc_unref(due); // the room has a share
    edo_rc_unref(none);
    return 0;
}

static void walker_names_the_invariant_that_is_broken(void **state) {
    (void)state;
    edo_runtime *rt;
    room *r = room_new(&(name){ "tea" }, PAST, (room_numbers){ 0 });
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    assert_non_null(r);
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, break_one_thing_at_a_time, r), 0);
    edo_runtime_unref(rt);
    room_free(r);
}

/* ---- The directory --------------------------------------------------------------------------- */

/* A person with one seat. */
typedef struct visitor {
    member me;
    seat seat;
} visitor;

static void arrive(directory *d, visitor *who) {
    edo_mpsc_rx *unread;
    *who = (visitor){ .me.mailbox = NULL, .seat.member = &who->me };
    assert_int_equal(edo_mpsc_new(&who->me.mailbox, &unread, 1, 1, NULL), 0);
    edo_mpsc_rx_free(unread);
    assert_int_equal(directory_arrive(d, &who->me), 0);
}

static void depart(directory *d, visitor *who) {
    room *r = who->seat.room;
    directory_seat(d, &who->seat, NULL);
    directory_depart(d, &who->me);
    directory_close_room(d, r);
    edo_mpsc_tx_unref(who->me.mailbox);
}

static bool finds(directory *d, const char *text, const member *who) {
    name n;
    (void)snprintf(n.text, sizeof n.text, "%s", text);
    reach found = { 0 };
    bool is_there = directory_find(d, &n, &found);
    reach_drop(&found);
    return is_there && found.mailbox == who->mailbox && found.is_stuck == who->is_stuck &&
           found.socket == who->socket;
}

/* The name that the person has; empty: it is not here. */
static name name_of(directory *d, const char *person) {
    reach found = { 0 };
    (void)directory_find_person(d, edo_str_of(person), &found);
    reach_drop(&found);
    return found.name;
}

static void person_is_found_whatever_its_name_is(void **state) {
    (void)state;
    directory d;
    visitor a, b;
    member gone = { .person = "0123456789abcdef" }, back = gone;
    assert_int_equal(directory_init(&d, 0, NULL), 0);
    arrive(&d, &a);
    arrive(&d, &b);
    assert_string_not_equal(a.me.person, b.me.person);
    assert_string_equal(name_of(&d, a.me.person).text, "guest-1");
    assert_int_equal(directory_rename(&d, &a.me, &(name){ "ann" }), 0);
    assert_string_equal(name_of(&d, a.me.person).text, "ann");
    assert_true(a.me.naming == naming_of(&d.namer, &(name){ "ANN" }, a.me.person));
    // Another person has a name that was hers; then she has it again.
    assert_int_equal(directory_rename(&d, &a.me, &(name){ "eve" }), 0);
    assert_int_equal(directory_rename(&d, &b.me, &(name){ "Ann" }), 0);
    assert_true(b.me.is_heir && !a.me.is_heir);
    assert_int_equal(directory_rename(&d, &b.me, &(name){ "bob" }), 0);
    assert_false(b.me.is_heir);
    assert_int_equal(directory_rename(&d, &a.me, &(name){ "ann" }), 0);
    assert_true(a.me.is_heir);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(directory_rename(&d, &b.me, &(name){ "eve" }), 0);
        assert_true(b.me.is_heir);
        assert_int_equal(directory_rename(&d, &b.me, &(name){ "rob" }), 0);
        assert_false(b.me.is_heir); // of nobody but himself
    }
    // Of a session that comes back the first one may be about to leave.
    assert_int_equal(directory_arrive(&d, &gone), 0);
    assert_int_equal(directory_arrive(&d, &back), 0);
    directory_depart(&d, &gone);
    assert_string_equal(name_of(&d, back.person).text, back.name.text);
    directory_depart(&d, &back);
    assert_string_equal(name_of(&d, back.person).text, "");
    assert_string_equal(name_of(&d, "").text, "");
    depart(&d, &a);
    depart(&d, &b);
    assert_null(d.by_person);
    directory_deinit(&d);
}

static void names_are_found_in_any_case_and_are_one_person_s(void **state) {
    (void)state;
    directory d;
    visitor a, b, c;
    assert_int_equal(directory_init(&d, 0, NULL), 0);
    arrive(&d, &a);
    assert_int_equal(directory_rename(&d, &a.me, &(name){ "Guest-2" }), 0);
    arrive(&d, &b);
    assert_string_equal(b.me.name.text, "guest-3");
    arrive(&d, &c);
    assert_true(finds(&d, "guest-2", &a.me) && finds(&d, "GUEST-3", &b.me));
    assert_int_equal(directory_rename(&d, &b.me, &(name){ "gUEST-2" }), -EEXIST);
    assert_int_equal(directory_rename(&d, &a.me, &(name){ "Guest-2" }), -EEXIST);
    assert_int_equal(directory_rename(&d, &a.me, &(name){ "guest-2" }), 0);
    assert_string_equal(a.me.name.text, "guest-2");
    assert_int_equal(directory_rename(&d, &a.me, &(name){ "ann" }), 0);
    assert_int_equal(directory_rename(&d, &b.me, &(name){ "GUEST-2" }), 0);
    b.me.is_stuck = true;
    assert_true(finds(&d, "Ann", &a.me) && finds(&d, "guest-2", &b.me));
    depart(&d, &b);
    reach nobody = { 0 };
    assert_false(directory_find(&d, &(name){ "guest-2" }, &nobody));
    assert_true(!nobody.mailbox && !nobody.socket);
    depart(&d, &a);
    depart(&d, &c);
    assert_null(d.people);
    directory_deinit(&d);
}

/* Names in order would make a tree that is not balanced a list: a minute. */
static void search_is_quick_for_any_names(void **state) {
    (void)state;
    enum { PEOPLE = 50000 };
    directory d;
    member *people = calloc(PEOPLE, sizeof *people);
    edo_mpsc_tx *mailbox;
    edo_mpsc_rx *unread;
    assert_non_null(people);
    assert_int_equal(edo_mpsc_new(&mailbox, &unread, 1, 1, NULL), 0);
    assert_int_equal(directory_init(&d, 0, NULL), 0);
    for (int i = 0; i < PEOPLE; i++) {
        name in_order;
        (void)snprintf(in_order.text, sizeof in_order.text, "n-%08d", i);
        people[i].mailbox = mailbox;
        assert_int_equal(directory_arrive(&d, &people[i]), 0);
        assert_int_equal(directory_rename(&d, &people[i], &in_order), 0);
    }
    assert_true(finds(&d, "n-00000000", &people[0]));
    for (int i = 0; i < PEOPLE; i++) directory_depart(&d, &people[i]);
    assert_null(d.people);
    directory_deinit(&d);
    edo_mpsc_tx_unref(mailbox);
    edo_mpsc_rx_free(unread);
    free(people);
}

/* Checks how many rooms are listed, and that the first is Tea, with this number of members. */
static void assert_rooms(directory *d, size_t rooms_n, size_t members_n) {
    size_t n;
    room_count *rooms = directory_rooms(d, &n);
    assert_non_null(rooms);
    assert_int_equal(n, rooms_n);
    if (n > 0) assert_string_equal(rooms[0].name.text, "Tea");
    if (n > 0) assert_int_equal(rooms[0].members_n, members_n);
    free(rooms);
}

static void rooms_exist_while_open_and_are_listed_while_they_have_members(void **state) {
    (void)state;
    directory d;
    visitor a, b;
    const char *both[] = { "guest-2", "guest-1" };
    size_t n;
    assert_int_equal(directory_init(&d, 0, NULL), 0);
    arrive(&d, &a);
    arrive(&d, &b);
    room *tea = directory_open_room(&d, &(name){ "Tea" });
    assert_ptr_equal(directory_open_room(&d, &(name){ "tEA" }), tea);
    assert_rooms(&d, 0, 0);
    directory_seat(&d, &b.seat, tea);
    directory_seat(&d, &a.seat, tea);
    assert_rooms(&d, 1, 2);
    for (size_t most = 0; most <= 3; most++) {
        presence *all = directory_members(&d, tea, most, &n);
        assert_non_null(all);
        assert_int_equal(n, most < 2 ? most : 2);
        for (size_t i = 0; i < n; i++) assert_string_equal(all[i].name.text, both[i]);
        free(all);
    }
    room *aside = directory_open_room(&d, &(name){ "aside" });
    directory_seat(&d, &b.seat, aside);
    directory_close_room(&d, tea);
    assert_rooms(&d, 2, 1);
    depart(&d, &a);
    depart(&d, &b);
    assert_rooms(&d, 0, 0);
    directory_deinit(&d);
    assert_null(d.rooms);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newcomer_misses_nothing_and_gets_nothing_twice),
        cmocka_unit_test(who_comes_is_not_shown_before_a_name_that_changed_earlier),
        cmocka_unit_test(no_page_waits_for_a_terminal_that_does_not_read),
        cmocka_unit_test(pages_hear_what_the_channel_has_no_memory_for),
        cmocka_unit_test(walker_names_the_invariant_that_is_broken),
        cmocka_unit_test(names_are_found_in_any_case_and_are_one_person_s),
        cmocka_unit_test(person_is_found_whatever_its_name_is),
        cmocka_unit_test(search_is_quick_for_any_names),
        cmocka_unit_test(rooms_exist_while_open_and_are_listed_while_they_have_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
