/* SPDX-License-Identifier: MIT */
/* Goal: how long a client may be silent, what its last lines are, how long the end of the server
 * waits for clients, and that others run while many are shown something.
 * Method: the client's own code, in virtual time. A person is a stream that sends text at times of
 * a script, reads nothing up to some time, and keeps what it receives. */
#include "../../apps/chat/line/client.c"

#include "inside.h"
#include "line/acceptor.h"
#include "person/sessions.h"

#include <edo/runtime.h>

#include <unistd.h>

#define MINUTE INT64_C(60000) /* ms */

/* ---- People ---------------------------------------------------------------------------------- */

/* The input that comes at a time; NULL: the end of input. */
typedef struct cue {
    int64_t at_ms;
    const char *text;
} cue;

enum { READ = 1, WRITE = 2 };

typedef struct person {
    edo_stream base;
    cue says[16];
    size_t next;
    int64_t talks_ms; /* the pause between two lines that it says without end; 0: see `says` */
    int64_t talked_ms;
    int64_t deaf_ms; /* it reads nothing before */
    int write_error; /* it never reads anything */
    int *unread;     /* a descriptor with input not yet delivered; NULL: none */

    edo_sleep_future until[3]; /* by direction */
    char heard[8192];
    size_t heard_n;
    unsigned *written_n; /* counts what it is sent; NULL: nothing does */
    int64_t ended_ms;    /* when it was shown its end */
} person;

static edo_instant begin;

static int64_t now_ms(void) {
    return (edo_now().ns - begin.ns) / 1000000;
}

/* Whether that time has come; else it waits, if there is a `cx`, and `wait` records for which
 * direction. */
static bool is_time(person *self, edo_cx *cx, edo_io_wait *wait, unsigned dir, int64_t at_ms) {
    edo_sleep_future *until = &self->until[dir];
    if (!cx) return now_ms() >= at_ms;
    if (!wait->who) {
        (void)edo_sleep_at_init(until, edo_instant_add(begin, edo_ms(at_ms)));
        wait->who = dir;
    }
    if (edo_poll(&until->base, cx) == EDO_PENDING) return false;
    wait->who = 0;
    return true;
}

static void person_unwait(edo_stream *s, edo_io_wait *wait) {
    person *self = (person *)(void *)s;
    if (wait->who) edo_drop(&self->until[wait->who].base);
    wait->who = 0;
}

static edo_polled not_now(const edo_cx *cx, int *result) {
    *result = -EAGAIN;
    return cx ? EDO_PENDING : EDO_READY;
}

static edo_polled person_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                              size_t n, uint32_t flags, int *result) {
    person *self = (person *)(void *)s;
    const cue talk = { self->talked_ms + self->talks_ms, "still talking\n" };
    const cue *p = self->talks_ms > 0 ? &talk : &self->says[self->next];
    CHECK(n == 1 && flags == 0);
    int64_t at_ms = p->text || p->at_ms > 0 ? p->at_ms : 1000 * MINUTE;
    if (!is_time(self, cx, wait, READ, at_ms)) return not_now(cx, result);
    *result = self->write_error == -ECONNRESET ? -ECONNRESET : 0; // as a TCP stream returns it
    if (!p->text) return EDO_READY;
    size_t bytes = strlen(p->text);
    CHECK(bytes <= to->iov_len);
    memcpy(to->iov_base, p->text, bytes);
    self->next++;
    self->talked_ms = now_ms();
    *result = (int)bytes;
    return EDO_READY;
}

static edo_polled person_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                               const struct iovec *from, size_t n, int *result) {
    person *self = (person *)(void *)s;
    if (!is_time(self, cx, wait, WRITE, self->deaf_ms)) return not_now(cx, result);
    if (self->written_n) ++*self->written_n;
    *result = self->write_error;
    if (*result < 0) return EDO_READY;
    *result = 0;
    for (size_t i = 0; i < n; i++) {
        CHECK(self->heard_n + from[i].iov_len < sizeof self->heard);
        memcpy(self->heard + self->heard_n, from[i].iov_base, from[i].iov_len);
        self->heard_n += from[i].iov_len;
        *result += (int)from[i].iov_len;
    }
    return EDO_READY;
}

static edo_polled person_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)cx;
    (void)wait;
    ((person *)(void *)s)->ended_ms = now_ms();
    *result = 0;
    return EDO_READY;
}

static void person_nothing(edo_stream *s) {
    (void)s;
}

static int person_fd(edo_stream *s) {
    const person *self = (person *)(void *)s;
    return self->unread ? *self->unread : -1;
}

static const edo_stream_ops person_ops = { .name = "person",
                                           .fd = person_fd,
                                           .poll_read = person_read,
                                           .poll_write = person_write,
                                           .poll_shutdown = person_shutdown,
                                           .unwait = person_unwait,
                                           .close = person_nothing,
                                           .free = person_nothing };

static bool heard(const person *self, const char *what) {
    return memmem(self->heard, self->heard_n, what, strlen(what)) != NULL;
}

static void assert_last_line(const person *self, const char *line) {
    size_t bytes = strlen(line);
    assert_true(self->heard_n > bytes + 1);
    assert_memory_equal(self->heard + self->heard_n - bytes - 1, line, bytes);
    assert_int_equal(self->heard[self->heard_n - 1], '\n');
}

/* ---- The server ------------------------------------------------------------------------------ */

typedef struct scene {
    person *people;
    size_t people_n;
    void (*meanwhile)(server *at); /* may be NULL */
} scene;

static edo_scope clients;
static uint32_t rate;       /* of what a client says */
static uint32_t width = 20; /* of a line */
static sessions regulars;
static edo_duration drain; /* over which clients are sent to other servers */
static uint64_t life;      /* of the lobby; that of the next room is one more */
static int64_t played_ms;  /* when all clients had gone */

/* What clients use of the server's own beside the directory. */
static void server_begin(server *at) {
    CHECK_EQ(edo_cancel_new(&at->draining), 0);
    CHECK_EQ(leavers_init(&at->leavers), 0);
    sessions_init(at->sessions = &regulars);
}

static void server_over(server *at) {
    leavers_deinit(&at->leavers);
    sessions_deinit(&regulars);
    edo_cancel_unref(at->draining);
    directory_deinit(&at->directory);
}

static int play(void *arg) {
    scene *self = arg;
    const options o = {
        .history = 5, .line_bytes_max = width, .rate = rate, .idle = edo_minutes(5), .drain = drain
    };
    server at = { .options = &o, .places = { EDO_SEM_INIT(self->people_n) } };
    CHECK_EQ(edo_time_pause(), 0);
    begin = edo_now();
    CHECK_EQ(directory_init(&at.directory, o.history, NULL), 0);
    server_begin(&at);
    life = at.directory.lobby->life;
    edo_scope_begin(&clients, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    for (size_t i = 0; i < self->people_n; i++) {
        self->people[i].base = (edo_stream){ .ops = &person_ops, .refs = EDOI_ATOMIC_INIT(1) };
        CHECK_EQ(edo_sem_try_acquire(&at.places[PLACE_TERMINAL], 1), 0);
        client *c = client_new(&(ticket){ .at = &at }, &self->people[i].base, NULL);
        CHECK(c);
        edo_tracker_add(&at.talking);
        CHECK_EQ(edo_scope_spawn(&clients, client_run, c), 0);
    }
    if (self->meanwhile) self->meanwhile(&at);
    CHECK_EQ(edo_scope_end(&clients, 0), 0);
    played_ms = now_ms();
    CHECK_EQ(edo_sem_available(&at.places[PLACE_TERMINAL]), self->people_n);
    CHECK_EQ(edo_tracker_len(&at.talking), 0);
    server_over(&at);
    return 0;
}

static void run(person *people, size_t n, void (*meanwhile)(server *)) {
    edo_runtime *rt = NULL;
    const edo_runtime_opts paused_later = { .flavor = EDO_RUNTIME_CURRENT };
    assert_int_equal(edo_runtime_new(&rt, &paused_later), 0);
    assert_int_equal(edo_run(rt, play, &(scene){ people, n, meanwhile }), 0);
    edo_runtime_unref(rt);
}

/* ---- Silence --------------------------------------------------------------------------------- */

static const char goodbye[] = "* no input for too long, goodbye";

static void five_minutes_without_input_end_a_connection_that_gets_messages(void **state) {
    (void)state;
    person p[2] = {
        { .deaf_ms = 0 },
        { .says = { { 2 * MINUTE, "two\n" },
                    { 4 * MINUTE, "/msg guest-1 four\n" },
                    { 5 * MINUTE - 1, "nearly five\n" },
                    { 9 * MINUTE, "nine\n" },
                    { 10 * MINUTE, NULL } } },
    };
    run(p, 2, NULL);
    assert_int_equal(p[0].ended_ms, 5 * MINUTE);
    assert_last_line(&p[0], goodbye);
    assert_true(heard(&p[0], "nearly five") && heard(&p[0], "guest-2 -> you: four"));
    assert_int_equal(p[1].ended_ms, 10 * MINUTE); // it sent something
    assert_false(heard(&p[1], goodbye));
}

static void each_byte_is_input_even_of_an_unfinished_line(void **state) {
    (void)state;
    person p[3] = {
        { .says = { { 4 * MINUTE, "s" }, { 8 * MINUTE, "l" }, { 12 * MINUTE, "o" } } },
        { .says = { { 1 * MINUTE, "a line that is longer than allowed" },
                    { 5 * MINUTE, "its rest" },
                    { 9 * MINUTE, "its rest" } } },
        { .says = { { 3 * MINUTE, "whole\n" } } },
    };
    run(p, 3, NULL);
    assert_int_equal(p[0].ended_ms, 17 * MINUTE);
    assert_int_equal(p[1].ended_ms, 14 * MINUTE);
    assert_int_equal(p[2].ended_ms, 8 * MINUTE);
    for (int i = 0; i < 3; i++) assert_last_line(&p[i], goodbye);
}

/* A server that has too much to do looks later than the silence was over, counted from a byte that
 * came right behind the last line. */
static void miss_the_end_of_the_silence(server *at) {
    (void)at;
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    CHECK_EQ(edo_time_advance(edo_minutes(6)), 0);
}

static void a_silence_that_is_noticed_late_ends_a_connection(void **state) {
    (void)state;
    person p[1] = { { .says = { { 1, "s" } } } };
    run(p, 1, miss_the_end_of_the_silence);
    assert_in_range(p[0].ended_ms, 6 * MINUTE, 7 * MINUTE);
    assert_last_line(&p[0], goodbye);
}

static int unread[2];

static void take_it_in_the_sixth_minute(server *at) {
    char byte;
    (void)at;
    CHECK_EQ(edo_sleep(edo_minutes(6)), 0);
    CHECK_EQ(read(unread[0], &byte, 1), 1);
}

static void connection_with_unread_input_is_not_silent(void **state) {
    (void)state;
    person p[1] = { { .unread = &unread[0] } };
    assert_int_equal(pipe(unread), 0);
    assert_int_equal(write(unread[1], "x", 1), 1);
    run(p, 1, take_it_in_the_sixth_minute);
    assert_int_equal(p[0].ended_ms, 10 * MINUTE);
    close(unread[0]);
    close(unread[1]);
}

static void tell_first_alone(server *at) {
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    room *lobby = at->directory.lobby;
    message *m = message_new(0, "* for one");
    CHECK(m);
    m->to = TAILQ_FIRST(&lobby->members)->member->id;
    CHECK_EQ(room_announce(lobby, m), 0);
    CHECK_EQ(room_announce(lobby, message_new(0, "* for all")), 0);
}

static void line_of_a_room_for_one_person_is_shown_to_no_other(void **state) {
    (void)state;
    person p[2] = { { .says = { { 2000, NULL } } }, { .says = { { 2000, NULL } } } };
    run(p, 2, tell_first_alone);
    assert_true(heard(&p[0], "* for one\n* for all\n"));
    assert_true(heard(&p[1], "* for all\n"));
    assert_false(heard(&p[1], "* for one\n"));
}

#define SESSION "ssssssssssssssssssssss"

/* As a store tells what was said while it did not respond. */
static void say_as_the_session(server *at) {
    char key[TOKEN_KEY_BYTES + 1], ref[sizeof key + 8];
    CHECK_EQ(edo_sleep(edo_s(1)), 0);
    token_key(edo_str_of(SESSION), key);
    (void)snprintf(ref, sizeof ref, "%s r1", key);
    const saying what = { .room = { "general" }, .text = EDO_STR("own"), .ref = edo_str_of(ref) };
    CHECK_EQ(room_say(at->directory.lobby, message_said(&what)), 0);
}

static void text_that_comes_from_the_store_is_told_to_its_session_by_its_reference(void **state) {
    (void)state;
    person p[1] = { { .says = { { 0, "/session " SESSION "\n/numbers\n" }, { 2000, NULL } } } };
    width = 100;
    run(p, EDO_COUNT(p), say_as_the_session);
    width = 20;
    assert_true(heard(&p[0], " = r1\n"));
    assert_false(heard(&p[0], "own"));
}

/* ---- Lists --------------------------------------------------------------------------------- */

/* Nobody has a turn from the first to the third second. */
static void take_all_turns(server *at) {
    edo_sem *free_turns = &at->directory.turns.free;
    CHECK_EQ(edo_sleep(edo_ms(900)), 0);
    CHECK_EQ(edo_sem_available(free_turns), 1);
    CHECK_EQ(edo_sem_acquire(free_turns, 1), 0);
    CHECK_EQ(edo_sleep(edo_s(2)), 0);
    edo_sem_release(free_turns, 1);
}

/* A list that is made in a turn does not have who has gone before it. */
static void lists_of_people_and_rooms_are_made_in_a_turn(void **state) {
    (void)state;
    static const struct {
        const char *asks, *hears;
    } rows[] = {
        { "/who\n", "* guest-1, guest-2\n" },
        { "/rooms\n", "* #general (2)\n" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        person p[3] = {
            { .says = { { 1000, rows[i].asks }, { MINUTE, NULL } } },
            { .says = { { MINUTE, NULL } } },
            { .says = { { 2000, NULL } } },
        };
        run(p, 3, take_all_turns);
        assert_true(heard(&p[0], rows[i].hears));
    }
}

enum { ROOMS = 40 }; /* besides the lobby */

static unsigned asked_n; /* work that was done for what was asked in the second second */

static void count_work(server *at) {
    CHECK_EQ(edo_sleep(edo_ms(900)), 0);
    unsigned before = atomic_load(&at->directory.turns.done);
    CHECK_EQ(edo_sleep(edo_ms(200)), 0);
    asked_n = atomic_load(&at->directory.turns.done) - before;
}

/* The work is what gathers them, the lines, and what shows these. */
static void lines_of_a_list_are_made_in_turns_too(void **state) {
    (void)state;
    static const struct {
        const char *asks;
        unsigned lines_n;
    } rows[] = { { "/rooms\n", ROOMS + 1 }, { "/names\n", 1 } };
    static char joins[ROOMS][32];
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        static person p[ROOMS + 1];
        p[0] = (person){ .says = { { 1000, rows[i].asks }, { MINUTE, NULL } } };
        for (int k = 0; k < ROOMS; k++) {
            (void)snprintf(joins[k], sizeof joins[k], "/join #r-%d\n", k);
            p[1 + k] = (person){ .says = { { 100, joins[k] }, { MINUTE, NULL } } };
        }
        run(p, ROOMS + 1, count_work);
        assert_true(asked_n > TURN_WORK + rows[i].lines_n);
        assert_true(heard(&p[0], i == 0 ? "* #r-39 (1)\n" : "* guest-1\n"));
    }
}

/* ---- The last line --------------------------------------------------------------------------- */

static void nothing_is_shown_after_the_goodbye_to_a_slow_reader(void **state) {
    (void)state;
    person p[2] = {
        { .deaf_ms = 5 * MINUTE + 1500 },
        { .says = { { 4 * MINUTE, "early\n" },
                    { 5 * MINUTE + 1000, "late\n/msg guest-1 late\n" },
                    { 6 * MINUTE, NULL } } },
    };
    run(p, 2, NULL);
    assert_int_equal(p[0].ended_ms, 5 * MINUTE + 1500);
    assert_true(heard(&p[0], "guest-2: early"));
    assert_false(heard(&p[0], "late"));
    assert_last_line(&p[0], goodbye);
    assert_true(heard(&p[1], "* error: nobody is called guest-1"));
}

/* The server stops, and then a client that was in the middle of a line sends the rest. */
static void stop_then_say(server *at) {
    CHECK_EQ(edo_sleep(edo_minutes(1)), 0);
    edo_cancel(at->draining, EDO_CANCEL_SIGNAL);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    edo_scope_cancel(&clients);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(room_say(at->directory.lobby, message_new(0, "late")), 0);
}

static void send_away(server *at) {
    edo_scope leaving;
    CHECK_EQ(edo_sleep(edo_minutes(1)), 0);
    edo_scope_begin(&leaving, NULL);
    edo_scope_spawn(&leaving, leave_run, at);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_scope_cancel(&leaving);
    (void)edo_scope_end(&leaving, 0);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(edo_tracker_len(&at->talking), 0); // nobody is left
}

static void clients_are_sent_away_one_after_the_other(void **state) {
    (void)state;
    enum { PEOPLE = 100 };
    static person p[PEOPLE];
    memset(p, 0, sizeof p);
    for (int i = 0; i < PEOPLE; i++) p[i].says[0] = (cue){ 4 * MINUTE, NULL };
    p[0].says[0] = (cue){ MINUTE + 20, "said at last\n" }; // before it is silent for a while
    drain = edo_ms(500);
    run(p, PEOPLE, send_away);
    drain = edo_ns(0);
    assert_true(heard(&p[PEOPLE - 1], "guest-1: said at last"));
    for (int i = 0; i < PEOPLE; i++) {
        assert_last_line(&p[i], TEXT_MOVED);
        assert_true(i < 2 || p[i].ended_ms >= p[i - 1].ended_ms);
    }
    assert_in_range(p[1].ended_ms, MINUTE, MINUTE + 100);
    assert_in_range(p[PEOPLE - 1].ended_ms, MINUTE + 450, MINUTE + 650);
}

static void nothing_is_shown_after_the_end_of_the_server(void **state) {
    (void)state;
    person p[2] = { { .deaf_ms = MINUTE + 1500 },
                    { .says = { { MINUTE - 1000, "one\nin last" },
                                { MINUTE + 20, " orders\n" } } } };
    run(p, 2, stop_then_say);
    assert_true(heard(&p[0], "guest-2: one") && heard(&p[0], "guest-2: in last orders"));
    for (int i = 0; i < 2; i++) {
        assert_last_line(&p[i], "* server shutting down");
        assert_false(heard(&p[i], "late"));
    }
}

static void input_is_read_to_its_end_though_writes_fail(void **state) {
    (void)state;
    static const struct {
        int write_error;
        const char *heard;
    } rows[] = {
        { -EPIPE, "guest-2: whole\nguest-2: hi\n* guest-2 left #general\n" }, // it closed
        { -ECONNRESET, "guest-2: whole\n* guest-2 left #general\n" },         // it broke off
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        person p[2] = {
            { .says = { { MINUTE, NULL } } },
            { .says = { { 1000, "whole\n" }, { 2000, "hi" }, { 3000, NULL } },
              .write_error = rows[i].write_error },
        };
        run(p, 2, NULL);
        assert_true(heard(&p[0], rows[i].heard));
        assert_int_equal(p[1].heard_n, 0);
    }
}

static void text_behind_a_join_of_a_connection_that_broke_is_said_nowhere(void **state) {
    (void)state;
    person p[3] = {
        { .says = { { MINUTE, NULL } } },
        { .says = { { 500, "/join #ops\n" }, { MINUTE, NULL } } },
        { .says = { { 1000, "whole\n" },
                    { 2000, "/join #ops\nsecret\n" },
                    { 2001, "/me secret\n//secret\n" },
                    { 2002, "/quit secret\n" } },
          .write_error = -EPIPE },
    };
    run(p, 3, NULL);
    assert_true(heard(&p[0], "guest-3: whole\n* guest-3 left #general\n"));
    for (int i = 0; i < 2; i++) assert_false(heard(&p[i], "secret"));
}

static void text_behind_a_join_that_came_too_fast_is_not_said(void **state) {
    (void)state;
    static char burst[101]; // of empty lines: all that may come at once
    memset(burst, '\n', sizeof burst - 1);
    person p[1] = {
        { .says = { { 1000, burst },
                    { 1001, "/join #ops\n" },
                    { 3000, "secret\n" },
                    { 5000, "/who\n" },
                    { MINUTE, NULL } } },
    };
    rate = 1;
    run(p, 1, NULL);
    rate = 0;
    assert_true(heard(&p[0], "* error: too fast, at most 1 lines a second\n"
                             "* error: not said, as you are still in #general\n"
                             "* guest-1\n"));
}

static void text_behind_a_join_that_was_too_long_is_not_said(void **state) {
    (void)state;
    static const struct {
        const char *says; // a line of more than 20 bytes, and a text behind it
        bool is_said;     // the text
    } rows[] = {
        { "/join #operations-of-the-night\nsecret\n", false },
        { "/join                    #ops\nsecret\n", false },
        { "/JOIN\t#operations-of-the-night\n//secret\n", false },
        { "/j #operations-of-the-night\n/me secret\n", false },
        { "/j                       #ops\nsecret\n", false }, // unseen
        { "/go-to-the-room-that-is-called #ops\nsecret\n", false },
        { "/msg guest-1 #operations-of-the-night\nsecret\n", true },
        { "//join #operations-of-the-night\nsecret\n", true },
        { "/me joins #operations-of-the-night\nsecret\n", true },
        { "who joins #operations-of-the-night?\nsecret\n", true },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        person p[2] = {
            { .says = { { MINUTE, NULL } } },
            { .says = { { 1000, rows[i].says }, { 2000, "/who\nheard\n" }, { MINUTE, NULL } } },
        };
        run(p, 2, NULL);
        assert_true(heard(&p[1], "* error: too long a line, at most 20 bytes\n"));
        assert_int_equal(heard(&p[0], "secret"), rows[i].is_said);
        assert_int_equal(heard(&p[1], "not said, as you are still in #general"), !rows[i].is_said);
        assert_true(heard(&p[0], "guest-2: heard\n"));
    }
}

static void text_behind_a_long_join_that_came_too_fast_is_not_said(void **state) {
    (void)state;
    static char burst[101];
    memset(burst, '\n', sizeof burst - 1);
    person p[1] = {
        { .says = { { 1000, burst },
                    { 1001, "/join #operations-of-the-night\n" },
                    { 3000, "secret\n" },
                    { MINUTE, NULL } } },
    };
    rate = 1;
    run(p, 1, NULL);
    rate = 0;
    assert_true(heard(&p[0], "* error: too fast, at most 1 lines a second\n"
                             "* error: not said, as you are still in #general\n"));
}

/* It has not ended yet: there may be input of it. */
static void only_one_of_two_listens(server *at) {
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    message *m = message_new(0, "hello");
    m->order = room_last(at->directory.lobby) + 1; // sent by hand, to count its receivers
    CHECK_EQ(at->directory.lobby->members_n, 2);
    CHECK_EQ(edo_broadcast_send(at->directory.lobby->channel, &m), 0);
}

static void connection_that_broke_leaves_its_room_s_channel_at_once(void **state) {
    (void)state;
    person p[2] = {
        { .says = { { MINUTE, NULL } } },
        { .says = { { MINUTE / 2, NULL } }, .write_error = -ECONNRESET },
    };
    run(p, 2, only_one_of_two_listens);
    assert_true(heard(&p[0], "hello\n* guest-2 left #general\n"));
}

static void room_that_it_goes_to_loses_a_receiver_with_the_connection(server *at) {
    CHECK_EQ(edo_sleep(edo_s(5)), 0);
    room *tea = directory_open_room(&at->directory, &(name){ "tea" });
    CHECK_EQ(tea->members_n, 1); // there may be input of it
    message *m = message_new(0, "hello");
    CHECK_EQ(edo_broadcast_try_send(tea->channel, &m), -EDO_ECLOSED);
    edo_rc_unref(m);
    directory_close_room(&at->directory, tea);
}

static void connection_that_broke_listens_to_no_room_that_was_pending(void **state) {
    (void)state;
    person p[1] = {
        { .says = { { 1000, "/join #tea\n" }, { MINUTE, NULL } },
          .deaf_ms = 2000,
          .write_error = -ECONNRESET },
    };
    run(p, 1, room_that_it_goes_to_loses_a_receiver_with_the_connection);
}

/* A subscription waits in the mailbox while the client's peer does not read. */
static int write_while_deaf(void *arg) {
    client *c = arg;
    writer w = { .client = c, .left_at = UINT64_MAX };
    writer_show(&w, message_new(0, "something"));
    writer_flush(&w);
    return w.err;
}

static int talk_to_one_that_is_deaf(void *arg) {
    const options o = { .line_bytes_max = 20 };
    server at = { .options = &o, .places = { EDO_SEM_INIT(0) } };
    person p = { .base = { .ops = &person_ops, .refs = EDOI_ATOMIC_INIT(1) }, .deaf_ms = 9000 };
    pending next;
    (void)arg;
    CHECK_EQ(edo_time_pause(), 0);
    begin = edo_now();
    CHECK_EQ(directory_init(&at.directory, 0, NULL), 0);
    server_begin(&at);
    client *c = client_new(&(ticket){ .at = &at }, &p.base, NULL);
    CHECK_EQ(listen_at(c, at.directory.lobby, &(bookmark){ 0 }), 0);
    edo_scope both;
    edo_scope_begin(&both, NULL);
    edo_scope_spawn(&both, write_while_deaf, c);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // it is stuck now
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(room_say(at.directory.lobby, message_new(0, "hello")), 0);
    CHECK_EQ(now_ms(), 1); // nobody has waited for it
    CHECK_EQ(edo_scope_end(&both, 0), 0);
    CHECK_EQ(now_ms(), 9000);
    CHECK_EQ(edo_mpsc_try_recv(c->inbox, &next), 0);
    pending_drop(&next);
    client_free(c);
    server_over(&at);
    return 0;
}

static void nobody_waits_for_a_room_that_is_pending(void **state) {
    (void)state;
    edo_runtime *rt = NULL;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }), 0);
    assert_int_equal(edo_run(rt, talk_to_one_that_is_deaf, NULL), 0);
    edo_runtime_unref(rt);
}

/* What it had not seen is held for it until it is shown. */
static void client_that_does_not_read_comes_back_to_a_room_once_at_a_time(void **state) {
    (void)state;
    person p[2] = {
        { .says = { { 1000, "hi\n" }, { 2000, "ho\n" }, { MINUTE, NULL } } },
        { .says = { { 3000, "/numbers 1\n" },
                    { 3001, "/numbers 1\n" },
                    { 3002, "/join #tea\n" },
                    { 12000, "/join #general 1\n" },
                    { MINUTE, NULL } },
          .deaf_ms = 9000 },
    };
    run(p, 2, NULL);
    char once[200], again[200];
    (void)snprintf(once, sizeof once,
                   "#general 2 guest-1: ho\n#general 2 %" PRIu64 "\n"
                   "* error: wait until what you missed is shown\n"
                   "#tea 0 %" PRIu64 "\n* guest-2 joined #tea\n",
                   life, life + 1);
    (void)snprintf(again, sizeof again,
                   "#general 2 guest-1: ho\n#general 2 %" PRIu64 "\n* guest-2 joined #general\n",
                   life);
    assert_true(heard(&p[1], once));
    assert_true(heard(&p[1], again));
}

static void client_that_does_not_run_has_no_name(void **state) {
    (void)state;
    const options o = { .line_bytes_max = 20 };
    server at = { .options = &o, .places = { EDO_SEM_INIT(0) } };
    person p = { .base = { .ops = &person_ops, .refs = EDOI_ATOMIC_INIT(1) } };
    assert_int_equal(directory_init(&at.directory, 0, NULL), 0);
    server_begin(&at);
    client *c = client_new(&(ticket){ .at = &at }, &p.base, NULL);
    assert_non_null(c);
    client_free(c);
    assert_null(at.directory.people);
    assert_int_equal(edo_sem_available(&at.places[PLACE_TERMINAL]), 1);
    server_over(&at);
}

/* ---- The end of the server ------------------------------------------------------------------- */

enum { STOPPED_MS = 1000 };

/* As a door does it. */
static void stop_in_order(server *at) {
    CHECK_EQ(edo_sleep(edo_ms(STOPPED_MS)), 0);
    acceptor_drain(at);
    edo_scope_cancel(&clients);
}

static void stop_without_clients_waits_for_nobody(void **state) {
    (void)state;
    run(NULL, 0, stop_in_order);
    assert_int_equal(played_ms, STOPPED_MS);
}

static void stop_hears_those_who_are_silent_for_a_moment(void **state) {
    (void)state;
    person p[2] = { { .deaf_ms = 0 }, { .says = { { STOPPED_MS + 40, "last words\n" } } } };
    run(p, 2, stop_in_order);
    assert_true(heard(&p[0], "guest-2: last words"));
    assert_true(played_ms - STOPPED_MS < ACCEPTOR_DRAIN_MAX.ns / 1000000);
}

static void stop_is_bounded_by_clients_that_do_not_read_or_do_not_stop(void **state) {
    (void)state;
    const int64_t most_ms = (ACCEPTOR_DRAIN_MAX.ns + CLIENT_FAREWELL_MAX.ns) / 1000000;
    assert_true(most_ms < 5000); // as --help says
    person p[3] = { { .deaf_ms = 1000 * MINUTE }, { .talks_ms = 20 }, { .deaf_ms = 0 } };
    run(p, 3, stop_in_order);
    assert_int_equal(played_ms, STOPPED_MS + most_ms);
    assert_true(heard(&p[2], "guest-2: still talking\n"));
    assert_last_line(&p[2], "* server shutting down");
    assert_last_line(&p[1], "* server shutting down");
    assert_int_equal(p[0].heard_n, 0);
}

/* ---- Many ------------------------------------------------------------------------------------ */

enum { CROWD = 200 };

static unsigned crowd_written_n;

static int say_hello(void *arg) {
    return room_say(arg, message_new(0, "hello"));
}

/* Others, as this task, run between two pieces of what one message makes the crowd write. */
static void count_between_writes(server *at) {
    edo_scope one;
    unsigned most = 0;
    CHECK_EQ(edo_sleep(edo_s(1)), 0); // all have come
    unsigned begun_n = crowd_written_n;
    edo_scope_begin(&one, NULL);
    CHECK_EQ(edo_scope_spawn(&one, say_hello, at->directory.lobby), 0);
    while (crowd_written_n < begun_n + CROWD) {
        unsigned before = crowd_written_n;
        CHECK_EQ(edo_yield(), 0);
        if (crowd_written_n - before > most) most = crowd_written_n - before;
    }
    CHECK_EQ(edo_scope_end(&one, 0), 0);
    CHECK(most <= TURN_WORK + 1); // one that ends, and the next ones
}

static void others_run_while_a_crowd_of_terminals_is_shown_what_was_said(void **state) {
    (void)state;
    static person crowd[CROWD];
    for (size_t i = 0; i < CROWD; i++)
        crowd[i] = (person){ .says = { { MINUTE, NULL } }, .written_n = &crowd_written_n };
    run(crowd, CROWD, count_between_writes);
    for (size_t i = 0; i < CROWD; i++) assert_true(heard(&crowd[i], "hello\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_minutes_without_input_end_a_connection_that_gets_messages),
        cmocka_unit_test(each_byte_is_input_even_of_an_unfinished_line),
        cmocka_unit_test(a_silence_that_is_noticed_late_ends_a_connection),
        cmocka_unit_test(connection_with_unread_input_is_not_silent),
        cmocka_unit_test(line_of_a_room_for_one_person_is_shown_to_no_other),
        cmocka_unit_test(text_that_comes_from_the_store_is_told_to_its_session_by_its_reference),
        cmocka_unit_test(lists_of_people_and_rooms_are_made_in_a_turn),
        cmocka_unit_test(lines_of_a_list_are_made_in_turns_too),
        cmocka_unit_test(nothing_is_shown_after_the_goodbye_to_a_slow_reader),
        cmocka_unit_test(nothing_is_shown_after_the_end_of_the_server),
        cmocka_unit_test(clients_are_sent_away_one_after_the_other),
        cmocka_unit_test(connection_that_broke_leaves_its_room_s_channel_at_once),
        cmocka_unit_test(input_is_read_to_its_end_though_writes_fail),
        cmocka_unit_test(text_behind_a_join_of_a_connection_that_broke_is_said_nowhere),
        cmocka_unit_test(text_behind_a_join_that_came_too_fast_is_not_said),
        cmocka_unit_test(text_behind_a_join_that_was_too_long_is_not_said),
        cmocka_unit_test(text_behind_a_long_join_that_came_too_fast_is_not_said),
        cmocka_unit_test(connection_that_broke_listens_to_no_room_that_was_pending),
        cmocka_unit_test(nobody_waits_for_a_room_that_is_pending),
        cmocka_unit_test(client_that_does_not_read_comes_back_to_a_room_once_at_a_time),
        cmocka_unit_test(client_that_does_not_run_has_no_name),
        cmocka_unit_test(stop_without_clients_waits_for_nobody),
        cmocka_unit_test(stop_hears_those_who_are_silent_for_a_moment),
        cmocka_unit_test(stop_is_bounded_by_clients_that_do_not_read_or_do_not_stop),
        cmocka_unit_test(others_run_while_a_crowd_of_terminals_is_shown_what_was_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
