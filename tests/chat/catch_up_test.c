/* SPDX-License-Identifier: MIT */
/* Goal: a page gets every message of its room once, in order, or is told exactly which are missing:
 * over links of every speed, which break at any time, with a store and without.
 * Method: the chat's own parts, but for page sockets: here they are links that take virtual time
 * for each message, have a bounded queue, and are cut at random. EDO_TEST_SEED takes 1,000
 * rounds. */
#include "inside.h"
#include "patience.h"
#include "person/user.h"
#include "room/directory.h"
#include "room/member.h"
#include "seed.h"
#include "server.h"
#include "stores/memory.h"

#include <edo/notify.h>
#include <edo/runtime.h>

#include <time.h>

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
    edo_duration each; /* that a message takes; negative: nobody waits */
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

page_socket *page_socket_new(edo_str key, atomic_uint_fast64_t *full_n) {
    (void)key, (void)full_n;
    page_socket *self = edo_rc_new(sizeof *self, NULL);
    if (self) *self = (page_socket){ .to = NULL };
    return self;
}

known_names *page_socket_known(page_socket *self) {
    static known_names all; // nobody writes to a name
    (void)self;
    return &all;
}

void page_socket_attach(page_socket *self, outlet by) {
    self->to = by.to;
}

bool page_socket_is_away(page_socket *self) {
    return !self->to;
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

static unsigned sends_n; /* of one thread */

int page_socket_send(page_socket *self, message *m) {
    CHECK(m);
    sends_n++;
    link *to = self->to;
    char frame[200] = "";
    uint64_t number = m->what.number;
    if (m->frame.len < sizeof frame) memcpy(frame, m->frame.ptr, m->frame.len);
    edo_rc_unref(m);
    bool is_late = to && to->each.ns >= 0 && edo_sleep(to->each) < 0;
    if (!to || is_late || to->is_cut) return -EDO_ECLOSED;
    if (number > 0) {
        get(to, number);
    } else {
        be_told(to, frame);
    }
    return 0;
}

bool page_socket_aim(page_socket *self, page_aim *out) {
    if (self->to) *out = (page_aim){ edo_rc_ref(self), { .to = self->to } };
    return self->to != NULL;
}

static unsigned posts_n;            /* of one thread */
static void (*at_first_post)(void); /* NULL: nothing */

static int aim_post(page_aim *self, message *m) {
    link *to = self->by.to;
    edo_rc_unref(self->socket);
    if (posts_n++ == 0 && at_first_post) at_first_post();
    if (to->is_cut) return -EDO_ECLOSED;
    if (m->what.number == 0) return 0; // who comes and goes
    if (to->queued_n == QUEUE_MAX) {
        to->is_cut = true; // it does not read: the socket is closed
        return -ENOBUFS;
    }
    to->queue[to->queued_n++] = m->what.number;
    edo_notify_one(&to->change);
    return 0;
}

void page_aims_post(page_aim *all, size_t n, message *m) {
    for (size_t i = 0; i < n; i++) (void)aim_post(&all[i], m);
}

/* Nobody is told anything alone. */
int page_socket_tell(page_socket *self, message *m) {
    (void)self, (void)m;
    edo_test_fail("a person is told something alone");
}

void page_socket_end(page_socket *self, void (*each)(void *arg, message *m), void *arg) {
    (void)self, (void)each, (void)arg;
}

int page_socket_post(page_socket *self, message *m) {
    page_aim at;
    return page_socket_aim(self, &at) ? aim_post(&at, m) : -EDO_ECLOSED;
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

bool server_may_speak(const server *self, edo_str address) {
    (void)self, (void)address;
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
    user_attach(self->user, NULL, (outlet){ .to = l }, member_address(&self->user->me));
    user_attend(self->seat);
    int err = user_listen(self->user, self->seat, &seen);
    while (err == 0 && !l->is_cut && (!is_last || l->seen < room_numbers_now(r).last))
        err = edo_sleep(edo_us(100));
    l->is_cut = true;
    edo_scope_cancel(&tasks);
    CHECK_EQ(edo_scope_end(&tasks, 0), 0);
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
    CHECK_EQ(edo_mutex_lock(&out->user->using), 0);
    CHECK_EQ(user_arrive(out->user, (edo_str){ 0 }, edo_now()), 0);
    out->seat = user_join(out->user, EDO_STR("tea"), &fault);
    edo_mutex_unlock(&out->user->using);
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
        CHECK_EQ(memory_new(&memory, &memory_ops, any(2) ? 0 : 60), 0);
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
    CHECK_EQ(edo_scope_end(&all, 0), 0);
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

/* ---- Many that come at once ------------------------------------------------------------------ */

enum { COMERS = 16, SHOWN = 50, SHOWN_BYTES = 4000 };

typedef struct comer {
    reader by;
    bool knows_life; /* it comes back, and has seen nothing */
    unsigned *left_n;
} comer;

/* `arg` is a comer; a task's function. */
static int come_and_be_shown(void *arg) {
    comer *self = arg;
    reader *by = &self->by;
    const bookmark seen = { 0, self->knows_life ? by->seat->seat.room->life : 0 };
    const char address[EDO_ADDR_KEY_BYTES] = { 4, 127, 0, 0, 2 };
    by->link = (link){ .each = edo_ns(-1), .change = EDO_NOTIFY_INIT };
    user_attach(by->user, NULL, (outlet){ .to = &by->link }, (edo_str){ address, sizeof address });
    user_attend(by->seat);
    CHECK_EQ(user_listen(by->user, by->seat, &seen), 0);
    CHECK_EQ(by->link.got_n, SHOWN);
    user_detach(by->user);
    --*self->left_n;
    return 0;
}

/* Returns how many sends at most there were between two turns of another task. */
static unsigned most_sends(const unsigned *left_n) {
    unsigned most = 0;
    while (*left_n > 0) {
        unsigned before = sends_n;
        CHECK_EQ(edo_yield(), 0);
        if (sends_n - before > most) most = sends_n - before;
    }
    return most;
}

static int come_all_at_once(void *arg) {
    static comer comers[COMERS];
    static char text[SHOWN_BYTES + 1];
    static round at;
    unsigned left_n = COMERS;
    (void)arg;
    memset(text, 'x', SHOWN_BYTES);
    at = (round){ .options = { .history = SHOWN, .line_bytes_max = SHOWN_BYTES } };
    at.server.options = &at.options;
    directory *dir = &at.server.directory;
    CHECK_EQ(directory_init(dir, SHOWN, NULL), 0);
    room *r = directory_open_room(dir, &(name){ "tea" });
    const saying what = { .room = r->name, .nick = { "ann" }, .text = edo_str_of(text) };
    for (int i = 0; i < SHOWN; i++) CHECK_EQ(room_say(r, message_said(&what)), 0);
    edo_scope all;
    edo_scope_begin(&all, NULL);
    for (size_t i = 0; i < COMERS; i++) {
        comers[i] = (comer){ .knows_life = i % 2, .left_n = &left_n };
        begin_reader(&at, &comers[i].by);
        CHECK_EQ(edo_scope_spawn(&all, come_and_be_shown, &comers[i]), 0);
    }
    CHECK(most_sends(&left_n) <= 2 * (1 + TURN_WORK / (1 + SHOWN_BYTES / TURN_BYTES)));
    CHECK_EQ(edo_scope_end(&all, 0), 0);
    for (size_t i = 0; i < COMERS; i++) {
        user_depart(comers[i].by.user, false);
        edo_rc_unref(comers[i].by.user);
    }
    directory_close_room(dir, r);
    directory_deinit(dir);
    return 0;
}

static void others_have_turns_while_those_who_come_are_shown_the_past(void **state) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    (void)state;
    CHECK_EQ(inside_with(come_all_at_once, NULL, &opts), 0);
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
    CHECK_EQ(memory_new(&memory, &memory_ops, 0), 0);
    CHECK_EQ(storage_start(&kept, memory), 0);
    CHECK_EQ(directory_init(&d, 0, kept), 0);
    room *r = directory_open_room(&d, &tea);
    const saying what = { .room = tea, .nick = { "ann" }, .text = edo_str_of(text) };
    for (int i = 0; i < MESSAGES; i++) CHECK_EQ(room_say(r, message_said(&what)), 0);
    uint64_t last = room_numbers_now(r).last;
    CHECK_EQ(room_unseen(r, last - MESSAGES + 1, &u), 0);
    unseen_find(&u, (r)->storage, &(r)->name, last - MESSAGES + 1, &(seeker){ .may_read = true });
    CHECK_EQ(u.n, UNSEEN_BYTES / BYTES + 1);
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
    l->to = page_socket_new((edo_str){ 0 }, NULL);
    CHECK(l->to);
    page_socket_attach(l->to, (outlet){ .to = to });
    room_attend(at->room, l);
}

/* Comes while what is said is being posted to the others. `arg` is the crowd; a task's function. */
static int come_late(void *arg) {
    crowd *at = arg;
    listener *own = &at->pages[CROWD];
    unseen u;
    YIELD_FOR(room_numbers_now(at->room).last != 0);
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
    CHECK_EQ(edo_scope_end(&one, 0), 0);
    CHECK(at.turns_n >= CROWD / TURN_WORK - 2);
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

/* ---- Rooms that talk at once ----------------------------------------------------------------- */

enum { HALLS = 20, HALL_PAGES = 40, WORDS = 3 };

/* Rooms full of pages that do not mind what they are told. */
typedef struct halls {
    directory d;
    room *rooms[HALLS], *nook; /* the nook has one page, and is somebody else's */
    listener pages[HALLS][HALL_PAGES], page;
    link gone, own;
    unsigned talking_n;
} halls;

static const char loud_address[EDO_ADDR_KEY_BYTES] = { 4, 127, 0, 0, 2 };
static const char quiet_address[EDO_ADDR_KEY_BYTES] = { 4, 127, 0, 0, 1 };

static message *word_of(const char address[EDO_ADDR_KEY_BYTES]) {
    const saying what = { .from = 99, .nick = { "ann" }, .text = EDO_STR("x") };
    return message_paid_by(message_said(&what), (edo_str){ address, EDO_ADDR_KEY_BYTES });
}

static void open_hall(halls *at, size_t i) {
    name of;
    unseen u;
    (void)snprintf(of.text, sizeof of.text, "hall-%zu", i);
    at->rooms[i] = directory_open_room(&at->d, &of);
    CHECK(at->rooms[i]);
    for (size_t n = 0; n < HALL_PAGES; n++) {
        listener *l = &at->pages[i][n];
        l->to = page_socket_new((edo_str){ 0 }, NULL);
        CHECK(l->to);
        page_socket_attach(l->to, (outlet){ .to = &at->gone });
        room_attend(at->rooms[i], l);
        CHECK_EQ(room_listen(at->rooms[i], l, &u), 0);
    }
}

static void close_hall(halls *at, size_t i) {
    for (size_t n = 0; n < HALL_PAGES; n++) {
        room_unlisten(at->rooms[i], &at->pages[i][n]);
        edo_rc_unref(at->pages[i][n].to);
    }
    directory_close_room(&at->d, at->rooms[i]);
}

static void open_halls(halls *at) {
    unseen u;
    *at = (halls){ .gone = { .is_cut = true }, .own = { .change = EDO_NOTIFY_INIT } };
    CHECK_EQ(directory_init(&at->d, 50, NULL), 0);
    for (size_t i = 0; i < HALLS; i++) open_hall(at, i);
    at->nook = directory_open_room(&at->d, &(name){ "nook" });
    at->page.to = page_socket_new((edo_str){ 0 }, NULL);
    CHECK(at->nook && at->page.to);
    page_socket_attach(at->page.to, (outlet){ .to = &at->own });
    room_attend(at->nook, &at->page);
    CHECK_EQ(room_listen(at->nook, &at->page, &u), 0);
    at->talking_n = HALLS;
    posts_n = 0;
}

static void close_halls(halls *at) {
    room_unlisten(at->nook, &at->page);
    edo_rc_unref(at->page.to);
    directory_close_room(&at->d, at->nook);
    for (size_t i = 0; i < HALLS; i++) close_hall(at, i);
    directory_deinit(&at->d);
}

typedef struct hall_speaker {
    halls *at;
    room *in;
} hall_speaker;

/* `arg` is a hall_speaker; a task's function. */
static int speak_in_a_hall(void *arg) {
    const hall_speaker *self = arg;
    for (int i = 0; i < WORDS; i++) CHECK_EQ(room_say(self->in, word_of(loud_address)), 0);
    self->at->talking_n--;
    return 0;
}

static void speak_in_all_halls(halls *at, edo_scope *all) {
    static hall_speaker speakers[HALLS];
    for (size_t i = 0; i < HALLS; i++) {
        speakers[i] = (hall_speaker){ at, at->rooms[i] };
        edo_scope_spawn(all, speak_in_a_hall, &speakers[i]);
    }
}

static int watch_the_halls(void *arg) {
    static halls at;
    unsigned most = 0;
    (void)arg;
    open_halls(&at);
    edo_scope all;
    edo_scope_begin(&all, NULL);
    speak_in_all_halls(&at, &all);
    while (at.talking_n > 0) {
        unsigned before = posts_n;
        CHECK_EQ(edo_yield(), 0);
        if (posts_n - before > most) most = posts_n - before;
    }
    CHECK_EQ(edo_scope_end(&all, 0), 0);
    CHECK_EQ(posts_n, HALLS * HALL_PAGES * WORDS);
    CHECK(most <= 2 * TURN_WORK); // one that ends, and the next one
    close_halls(&at);
    return 0;
}

static void all_rooms_together_post_two_pieces_at_most_before_others_have_run(void **state) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    (void)state;
    CHECK_EQ(inside_with(watch_the_halls, NULL, &opts), 0);
}

static int speak_beside_the_halls(void *arg) {
    static halls at;
    (void)arg;
    open_halls(&at);
    edo_scope all;
    edo_scope_begin(&all, NULL);
    speak_in_all_halls(&at, &all);
    YIELD_FOR(posts_n >= HALL_PAGES); // all of them wait for their turns
    unsigned before = posts_n;
    CHECK_EQ(room_say(at.nook, word_of(quiet_address)), 0);
    CHECK_EQ(at.own.queued_n, 1);
    CHECK(posts_n - before <= 3 * TURN_WORK);
    CHECK_EQ(edo_scope_end(&all, 0), 0);
    close_halls(&at);
    return 0;
}

static void one_address_waits_for_a_piece_of_another_and_not_for_all_its_rooms(void **state) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    (void)state;
    CHECK_EQ(inside_with(speak_beside_the_halls, NULL, &opts), 0);
}

/* ---- Pages that leave ------------------------------------------------------------------------ */

/* The page that would be told next leaves, and the one behind it is told. */
static int leave_before_ones_turn(void *arg) {
    static halls at;
    static link behind, left;
    (void)arg;
    open_halls(&at);
    behind = left = (link){ .change = EDO_NOTIFY_INIT };
    listener *next = &at.pages[0][TURN_WORK], *after = &at.pages[0][TURN_WORK + 1];
    page_socket_attach(next->to, (outlet){ .to = &left });
    page_socket_attach(after->to, (outlet){ .to = &behind });
    edo_scope all;
    edo_scope_begin(&all, NULL);
    hall_speaker speaker = { &at, at.rooms[0] };
    edo_scope_spawn(&all, speak_in_a_hall, &speaker);
    YIELD_FOR(posts_n >= TURN_WORK);
    CHECK_EQ(posts_n, TURN_WORK);
    CHECK(at.rooms[0]->next_told == next);
    room_unlisten(at.rooms[0], next);
    CHECK(!room_check(at.rooms[0]));
    CHECK_EQ(edo_scope_end(&all, 0), 0);
    CHECK_EQ(behind.queued_n, WORDS);
    CHECK_EQ(left.queued_n, 0);
    room_attend(at.rooms[0], next); // to be closed with the others
    close_halls(&at);
    return 0;
}

static void page_that_leaves_before_its_turn_takes_nobody_else_with_it(void **state) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    (void)state;
    CHECK_EQ(inside_with(leave_before_ones_turn, NULL, &opts), 0);
}

static struct {
    halls halls;
    pthread_t thread;
    FILE *state; /* the kernel's, of the thread; set before it leaves */
    atomic_bool has_left;
    bool has_left_early;
} parting;

/* The last page of the first piece leaves. A plain thread's function. */
static void *leave_a_hall(void *arg) {
    room *from = parting.halls.rooms[0];
    parting.state = fopen("/proc/thread-self/stat", "re");
    room_unlisten(from, &parting.halls.pages[0][TURN_WORK - 1]);
    atomic_store(&parting.has_left, true);
    return arg;
}

static bool is_listed(room *in, const listener *wanted) {
    const listener *l;
    pthread_mutex_lock(&in->lock);
    TAILQ_FOREACH(l, &in->listeners, link) {
        if (l == wanted) break;
    }
    pthread_mutex_unlock(&in->lock);
    return l != NULL;
}

/* Does the parting wait, or has it left? */
static bool is_leaver_at_rest(void) {
    char stat[512];
    CHECK(parting.state != NULL);
    rewind(parting.state);
    const char *name_end = fgets(stat, sizeof stat, parting.state) ? strrchr(stat, ')') : NULL;
    return atomic_load(&parting.has_left) || (name_end && name_end[2] == 'S');
}

static void let_one_leave(void) {
    CHECK_EQ(pthread_create(&parting.thread, NULL, leave_a_hall, NULL), 0);
    WAIT_FOR(!is_listed(parting.halls.rooms[0], &parting.halls.pages[0][TURN_WORK - 1]));
    WAIT_FOR(is_leaver_at_rest());
    parting.has_left_early = atomic_load(&parting.has_left);
}

static int leave_while_one_is_told(void *arg) {
    halls *at = &parting.halls;
    listener *last = &at->pages[0][TURN_WORK - 1];
    static link own;
    (void)arg;
    open_halls(at);
    own = (link){ .change = EDO_NOTIFY_INIT };
    page_socket_attach(last->to, (outlet){ .to = &own });
    at_first_post = let_one_leave;
    for (int i = 0; i < WORDS; i++) CHECK_EQ(room_say(at->rooms[0], word_of(loud_address)), 0);
    at_first_post = NULL;
    CHECK_EQ(pthread_join(parting.thread, NULL), 0);
    (void)fclose(parting.state);
    CHECK(!parting.has_left_early);
    CHECK_EQ(own.queued_n, 1); // it had been chosen; and nothing comes behind
    room_attend(at->rooms[0], last);
    close_halls(at);
    return 0;
}

static void page_has_left_when_the_posts_to_it_are_made(void **state) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    (void)state;
    CHECK_EQ(inside_with(leave_while_one_is_told, NULL, &opts), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_gets_every_message_or_is_told_which_are_missing),
        cmocka_unit_test(others_have_turns_while_those_who_come_are_shown_the_past),
        cmocka_unit_test(one_that_comes_back_gets_the_newest_256_kib),
        cmocka_unit_test(others_get_turns_while_a_crowd_is_told_and_a_newcomer_gets_it_once),
        cmocka_unit_test(all_rooms_together_post_two_pieces_at_most_before_others_have_run),
        cmocka_unit_test(one_address_waits_for_a_piece_of_another_and_not_for_all_its_rooms),
        cmocka_unit_test(page_that_leaves_before_its_turn_takes_nobody_else_with_it),
        cmocka_unit_test(page_has_left_when_the_posts_to_it_are_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
