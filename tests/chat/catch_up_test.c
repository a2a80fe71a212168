/* SPDX-License-Identifier: MIT */
/* Goal: a page gets every message of its room once, in order, or is told exactly which are missing:
 * over links of every speed, which break at any time, with a store and without.
 * Method: the sources are included, but for page sockets: here they are links that take virtual
 * time for each message, have a bounded queue, and are cut at random. EDO_TEST_SEED takes 1,000
 * rounds. */
#include "../../apps/chat/store/store.c" // first: its parameters have names of our types

/* Names that others have, too. */
#define forget   memory_forget
#define add_room memory_add_room
#define kept     memory_kept
#include "stores/memory.c"
#undef forget
#undef add_room
#undef kept

#include "../../apps/chat/message.c"
#include "../../apps/chat/page/user.c"
#include "../../apps/chat/room/directory.c"
#include "../../apps/chat/room/known.c"
#include "../../apps/chat/room/member.c"
#include "../../apps/chat/room/reach.c"
#include "../../apps/chat/room/room.c"
#include "../../apps/chat/room/token.c"
#include "../../apps/chat/room/unseen.c"
#include "../../apps/chat/store/storage.c"
#include "../../apps/chat/text.c"

#include "inside.h"
#include "seed.h"

#include <edo/notify.h>
#include <edo/runtime.h>

enum { READERS = 3, ROUNDS = 40, ROUNDS_IN_SOAK = 1000, QUEUE_MAX = 16 };

static uint64_t random_state;

/* 0 to n - 1 */
static uint64_t any(uint64_t n) {
    random_state = random_state * 6364136223846793005U + 1442695040888963407U;
    return (random_state >> 33) % n;
}

/* ---- Links in the place of sockets ----------------------------------------------------------- */

/* A connection of a page, and what the page knows. */
typedef struct link {
    edo_duration each; /* that a message takes */
    bool is_cut;
    uint64_t queue[QUEUE_MAX]; /* numbers of messages that were posted */
    size_t queued_n;
    edo_notify change;
    bool has_come;             /* it knows the number, as it was told when it came */
    uint64_t seen;             /* the last number, as the page sends it when it comes back */
    uint64_t got_n, missing_n; /* messages */
} link;

struct page_socket {
    link *to; /* NULL: none */
};

page_socket *page_socket_new(edo_str key) {
    (void)key;
    page_socket *self = edo_rc_new(sizeof *self, NULL);
    if (self) *self = (page_socket){ .to = NULL };
    return self;
}

known_names *page_socket_known(page_socket *self) {
    static known_names all; // nobody writes to a name
    (void)self;
    return &all;
}

void page_socket_attach(page_socket *self, edo_ws *ws) {
    self->to = (link *)(void *)ws;
}

static void get(link *self, uint64_t number) {
    CHECK_EQ(number, self->seen + 1); // neither lost nor doubled
    self->seen = number;
    self->got_n++;
}

static void be_told(link *self, const char *frame) {
    uint64_t missed, after, before;
    int n = sscanf(frame,
                   "{\"type\":\"lagged\",\"room\":\"tea\",\"missed\":%" SCNu64 ",\"after\":%" SCNu64
                   ",\"before\":%" SCNu64 "}",
                   &missed, &after, &before);
    CHECK_EQ(n, 3);
    CHECK_EQ(after, self->seen);
    CHECK_EQ(missed, before - after - 1);
    self->seen = before - 1;
    self->missing_n += missed;
}

int page_socket_send(page_socket *self, message *m) {
    CHECK(m);
    link *to = self->to;
    char frame[200] = "";
    uint64_t number = m->what.number;
    if (m->frame.len < sizeof frame) memcpy(frame, m->frame.ptr, m->frame.len);
    edo_rc_unref(m);
    if (!to || edo_sleep(to->each) < 0 || to->is_cut) return -EDO_ECLOSED;
    if (number > 0) {
        get(to, number);
    } else {
        be_told(to, frame);
    }
    return 0;
}

int page_socket_post(page_socket *self, message *m) {
    link *to = self->to;
    if (!to || to->is_cut) return -EDO_ECLOSED;
    if (m->what.number == 0) return 0; // who comes and goes
    if (to->queued_n == QUEUE_MAX) {
        to->is_cut = true; // it does not read: the socket is closed
        return -ENOBUFS;
    }
    to->queue[to->queued_n++] = m->what.number;
    edo_notify_one(&to->change);
    return 0;
}

/* Nobody is told anything alone. */
int page_socket_tell(page_socket *self, message *m) {
    (void)self, (void)m;
    edo_test_fail("a person is told something alone");
}

void page_socket_end(page_socket *self, void (*each)(void *arg, message *m), void *arg) {
    (void)self, (void)each, (void)arg;
}

int page_socket_reply(page_socket *self, message *m) {
    int err = page_socket_post(self, m);
    edo_rc_unref(m);
    return err;
}

/* Delivers what was posted. `arg` is a link; a task's function. */
static int deliver(void *arg) {
    link *self = arg;
    for (;;) {
        while (self->queued_n == 0)
            if (edo_notify_wait(&self->change) < 0) return 0;
        if (edo_sleep(self->each) < 0 || self->is_cut) return 0;
        get(self, self->queue[0]);
        memmove(self->queue, self->queue + 1, --self->queued_n * sizeof *self->queue);
    }
}

/* ---- A round --------------------------------------------------------------------------------- */

typedef struct round {
    options options;
    server server;
    bool is_over; /* all was said */
    uint64_t said_n;
} round;

typedef struct reader {
    round *at;
    user *user;
    user_seat *seat;
    link link;
} reader;

edo_str page_address(const page *self) {
    (void)self;
    return (edo_str){ 0 };
}

bool page_may_speak(const page *self) {
    (void)self;
    return true;
}

/* `arg` is a link; a task's function. */
static int cut_later(void *arg) {
    link *self = arg;
    if (edo_sleep(edo_us((int64_t)any(30000))) == 0) self->is_cut = true;
    return 0;
}

/* The page connects, and stays until the link is cut, or until it has seen everything. It comes
 * when nothing has been said, and its link may break before anything is. */
static void connect_once(reader *self, bool is_last) {
    static const int64_t speeds_us[] = { 0, 10, 300, 2000 };
    link *l = &self->link;
    room *r = self->seat->seat.room;
    const bookmark seen = l->has_come ? (bookmark){ l->seen, r->life } : (bookmark){ 0 };
    *l = (link){ .each = edo_us(is_last ? 0 : speeds_us[any(EDO_COUNT(speeds_us))]),
                 .change = EDO_NOTIFY_INIT,
                 .has_come = true,
                 .seen = l->seen,
                 .got_n = l->got_n,
                 .missing_n = l->missing_n };
    edo_scope tasks;
    edo_scope_begin(&tasks, NULL);
    edo_scope_spawn(&tasks, deliver, l);
    if (!is_last) edo_scope_spawn(&tasks, cut_later, l);
    user_attach(self->user, NULL, (edo_ws *)(void *)l);
    user_attend(self->seat);
    int err = user_listen(self->user, self->seat, &seen);
    while (err == 0 && !l->is_cut && (!is_last || l->seen < room_numbers_now(r).last))
        err = edo_sleep(edo_us(100));
    l->is_cut = true;
    edo_scope_cancel(&tasks);
    CHECK_EQ(edo_scope_end(&tasks), 0);
    user_detach(self->user);
    CHECK(err == 0 || err == -EDO_ECLOSED);
}

/* `arg` is a reader; a task's function. */
static int read_all(void *arg) {
    reader *self = arg;
    // What is said between the number that it is told and its listening is not lost either.
    if (edo_sleep(edo_us((int64_t)any(20000))) < 0) return -ECANCELED;
    while (!self->at->is_over) {
        connect_once(self, false);
        if (edo_sleep(edo_us((int64_t)any(20000))) < 0) return -ECANCELED;
    }
    connect_once(self, true);
    return 0;
}

/* `arg` is a round; a task's function. */
static int talk(void *arg) {
    round *self = arg;
    name tea = { "tea" };
    room *r = directory_open_room(&self->server.directory, &tea);
    for (uint64_t n = 100 + any(400); n > 0; n--) {
        const saying what = { .from = 99, .room = tea, .nick = { "ann" }, .text = EDO_STR("x") };
        CHECK_EQ(room_say(r, message_said(&what)), 0);
        self->said_n++;
        if (any(4) == 0) CHECK_EQ(edo_sleep(edo_us((int64_t)any(2000))), 0);
    }
    self->is_over = true;
    directory_close_room(&self->server.directory, r);
    return 0;
}

static void begin_reader(round *at, reader *out) {
    int fault;
    *out = (reader){ .at = at, .user = user_new(&at->server, "0123456789abcdef-_ABCDEF") };
    CHECK(out->user);
    CHECK_EQ(user_arrive(out->user, (edo_str){ 0 }), 0);
    out->seat = user_join(out->user, EDO_STR("tea"), &fault);
    CHECK(out->seat);
    out->link.seen = out->seat->told = room_numbers_now(out->seat->seat.room).last;
}

/* Each reader has seen the last message, and knows of all before it. */
static void check_reader(const round *at, const reader *self) {
    room_numbers last = room_numbers_now(self->seat->seat.room);
    CHECK_EQ(self->link.seen, last.last);
    CHECK_EQ(self->link.got_n + self->link.missing_n, at->said_n);
}

static int run_round(void *arg) {
    round *at = arg;
    static const uint32_t histories[] = { 0, 1, 5, 50, 1000 };
    store *memory = NULL;
    (void)edo_time_pause(); // it may be paused already
    at->options = (options){ .history = histories[any(EDO_COUNT(histories))],
                             .line_bytes_max = 100,
                             .rate = any(2) ? 0 : 1 };
    at->server.options = &at->options;
    if (any(3) > 0) {
        CHECK_EQ(store_memory_new(&memory, any(2) ? 0 : 60), 0);
        CHECK_EQ(storage_start(&at->server.storage, memory), 0);
    }
    directory *dir = &at->server.directory;
    CHECK_EQ(directory_init(dir, at->options.history, at->server.storage), 0);
    reader readers[READERS];
    edo_scope all;
    edo_scope_begin(&all, NULL);
    for (size_t i = 0; i < READERS; i++) {
        begin_reader(at, &readers[i]);
        edo_scope_spawn(&all, read_all, &readers[i]);
    }
    edo_scope_spawn(&all, talk, at);
    CHECK_EQ(edo_scope_end(&all), 0);
    for (size_t i = 0; i < READERS; i++) {
        check_reader(at, &readers[i]);
        user_depart(readers[i].user, false);
        edo_rc_unref(readers[i].user);
    }
    directory_deinit(dir);
    CHECK_EQ(storage_end(at->server.storage), 0);
    return 0;
}

static void page_gets_every_message_or_is_told_which_are_missing(void **state) {
    (void)state;
    int rounds = getenv("EDO_TEST_SEED") ? ROUNDS_IN_SOAK : ROUNDS;
    for (int i = 0; i < rounds; i++) {
        round at = { .said_n = 0 };
        edo_runtime *rt;
        random_state = test_seed((uint64_t)i + 1);
        const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
        assert_int_equal(edo_runtime_new(&rt, &opts), 0);
        assert_int_equal(edo_run(rt, run_round, &at), 0);
        edo_runtime_unref(rt);
    }
}

/* A hundred texts of 4,000 bytes, of which the room has none. */
static int come_back_to_much(void *arg) {
    enum { MESSAGES = 100, BYTES = 4000 };
    (void)arg;
    static char text[BYTES + 1];
    const name tea = { "tea" };
    directory d;
    store *memory = NULL;
    storage *kept = NULL;
    unseen u;
    memset(text, 'x', BYTES);
    CHECK_EQ(store_memory_new(&memory, 0), 0);
    CHECK_EQ(storage_start(&kept, memory), 0);
    CHECK_EQ(directory_init(&d, 0, kept), 0);
    room *r = directory_open_room(&d, &tea);
    const saying what = { .room = tea, .nick = { "ann" }, .text = edo_str_of(text) };
    for (int i = 0; i < MESSAGES; i++) CHECK_EQ(room_say(r, message_said(&what)), 0);
    uint64_t last = room_numbers_now(r).last;
    CHECK_EQ(room_unseen(r, last - MESSAGES + 1, &u), 0);
    unseen_find(&u, (r)->storage, &(r)->name, last - MESSAGES + 1, &(seeker){ .may_read = true });
    CHECK_EQ(u.n, FOUND_BYTES / BYTES + 1);
    for (size_t i = 0; i < u.n; i++) CHECK_EQ(u.messages[i]->what.number, last - u.n + 1 + i);
    unseen_drop(&u);
    directory_close_room(&d, r);
    directory_deinit(&d);
    CHECK_EQ(storage_end(kept), 0);
    return 0;
}

static void one_that_comes_back_gets_the_newest_256_kib(void **state) {
    (void)state;
    CHECK_EQ(inside_with(come_back_to_much, NULL, NULL), 0);
}

/* ---- A crowd --------------------------------------------------------------------------------- */

enum { CROWD = 1000 };

typedef struct crowd {
    directory d;
    room *room;
    listener pages[CROWD + 1]; /* the last one comes late */
    bool is_over;
    unsigned turns_n;
    link late;
} crowd;

static void listen_as(listener *l, const crowd *at, link *to) {
    l->to = page_socket_new((edo_str){ 0 });
    CHECK(l->to);
    page_socket_attach(l->to, (edo_ws *)(void *)to);
    room_attend(at->room, l);
}

/* Comes while what is said is being posted to the others. `arg` is the crowd; a task's function. */
static int come_late(void *arg) {
    crowd *at = arg;
    listener *own = &at->pages[CROWD];
    unseen u;
    while (room_numbers_now(at->room).last == 0) CHECK_EQ(edo_yield(), 0);
    CHECK(!at->is_over);
    listen_as(own, at, &at->late);
    CHECK_EQ(room_listen(at->room, own, &u), 1);
    CHECK_EQ(u.n, 1);
    own->after = u.until;
    unseen_drop(&u);
    CHECK_EQ(room_listen(at->room, own, &u), 0);
    for (; !at->is_over; at->turns_n++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(at->late.queued_n, 0); // it was not posted to it a second time
    return 0;
}

static int speak_to_a_crowd(void *arg) {
    static crowd at;
    const name tea = { "tea" };
    const saying what = { .from = 99, .room = tea, .nick = { "ann" }, .text = EDO_STR("x") };
    unseen u;
    (void)arg;
    at = (crowd){ .late = { .change = EDO_NOTIFY_INIT } };
    CHECK_EQ(directory_init(&at.d, 50, NULL), 0);
    at.room = directory_open_room(&at.d, &tea);
    for (size_t i = 0; i < CROWD; i++) {
        listen_as(&at.pages[i], &at, NULL);
        CHECK_EQ(room_listen(at.room, &at.pages[i], &u), 0);
    }
    edo_scope one;
    edo_scope_begin(&one, NULL);
    edo_scope_spawn(&one, come_late, &at);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(room_say(at.room, message_said(&what)), 0);
    at.is_over = true;
    CHECK_EQ(edo_scope_end(&one), 0);
    CHECK(at.turns_n >= CROWD / 100 - 2);
    CHECK_EQ(room_say(at.room, message_said(&what)), 0);
    CHECK_EQ(at.late.queued_n, 1); // what is said from then on it gets
    for (size_t i = 0; i <= CROWD; i++) {
        room_unlisten(at.room, &at.pages[i]);
        edo_rc_unref(at.pages[i].to);
    }
    directory_close_room(&at.d, at.room);
    directory_deinit(&at.d);
    return 0;
}

static void others_get_turns_while_a_crowd_is_told_and_a_newcomer_gets_it_once(void **state) {
    (void)state;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    CHECK_EQ(inside_with(speak_to_a_crowd, NULL, &opts), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_gets_every_message_or_is_told_which_are_missing),
        cmocka_unit_test(one_that_comes_back_gets_the_newest_256_kib),
        cmocka_unit_test(others_get_turns_while_a_crowd_is_told_and_a_newcomer_gets_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
