/* SPDX-License-Identifier: MIT */
/* Goal: who came back while the store did not respond is shown what it has missed once that
 * responds, a few at a time; and nobody waits for a page that does not read, but some of its own
 * address, or for one whose person is in use.
 * Method: a store in memory that fails as it is told, on a paused clock; the test stands for the
 * connections. A terminal is the chat's own client, whose mailbox nobody reads. */
#include "line/client.h"
#include "person/late.h"
#include "person/request.h"
#include "person/sessions.h"
#include "room/member.h"
#include "stores/nodes.h"

#include <edo/locks.h>

#define SAID 30                      /* messages, of which the room has PAST */
#define DEAF (LATE_SHOWN + 2)        /* people of one address: more than are shown at once */
#define MANY (DEAF + LATE_PAGES + 1) /* people: of others there are more than read at once */

static const options limits = { .history = PAST, .line_bytes_max = 100, .rate = 0 };
static server at;
static sessions by_session;

/* ---- Pages ----------------------------------------------------------------------------------- */

typedef struct page {
    user *who;
    unsigned told_n;  /* that it is sent or posted, of all kinds */
    bool is_welcome;  /* the first of these was a welcome */
    unsigned shown_n; /* messages */
    uint64_t posted;  /* the number of the last one that was posted */
    bool is_said;     /* it was told last that its words are said */
    bool is_deaf;     /* it is of the address of these, and does not read what it is sent first */
} page;

static page pages[MANY];
static edo_notify reads_on;     /* the deaf ones read on */
static unsigned deaf_n, lack_n; /* that are sent something; that are told that something lacks */

static void page_count(void *to) {
    (void)to; // it is static
}

static bool page_has(const message *m, const char *part) {
    return memmem(m->frame.ptr, m->frame.len, part, strlen(part)) != NULL;
}

static void page_note(page *self, const message *m) {
    if (self->told_n++ == 0) self->is_welcome = page_has(m, "\"type\":\"welcome\"");
}

static int page_post(void *to, message *m) {
    page *self = to;
    page_note(self, m);
    if (m->what.number > 0) self->posted = m->what.number;
    self->is_said = page_has(m, "\"said\":true");
    return 0;
}

static int page_send(void *to, message *m) {
    page *self = to;
    page_note(self, m);
    lack_n += m->what.number == 0;
    if (m->what.number == 0 || self->shown_n++ > 0 || !self->is_deaf) return 0;
    deaf_n++;
    return edo_notify_wait(&reads_on);
}

static outlet page_outlet(page *self) {
    static const outlet_ops ops = {
        page_count, page_count, page_post, page_send, page_count, NULL
    };
    return (outlet){ &ops, self };
}

#define OF_DEAF EDO_STR("deaf ones") /* an address */

/* The person comes to the room, of which it has seen the first message. */
static void come(page *self, unsigned i, bool is_deaf) {
    char token[SESSION_BYTES_MAX + 1];
    int fault;
    (void)snprintf(token, sizeof token, "0123456789abcdef-_ABC%02u", i);
    *self = (page){ .is_deaf = is_deaf };
    CHECK_EQ(sessions_claim(&by_session, &at, token, edo_now(), &self->who), 0);
    user *u = self->who;
    CHECK_EQ(user_arrive(u, (edo_str){ 0 }, edo_now()), 0);
    user_seat *s = user_join(u, EDO_STR("tea"), &fault);
    CHECK(s);
    user_attach(u, self, page_outlet(self), is_deaf ? OF_DEAF : EDO_STR("the other"));
    user_attend(s);
    CHECK_EQ(user_listen(u, s, &(bookmark){ 1, s->seat.room->life }), 0);
    CHECK(s->kept.is_kept);
    edo_mutex_unlock(&u->using);
}

static void go(page *self) {
    CHECK_EQ(edo_mutex_lock(&self->who->using), 0);
    sessions_let_go(&by_session, self->who);
    edo_mutex_unlock(&self->who->using);
    edo_rc_unref(self->who);
}

static unsigned shown_n(void) {
    unsigned n = 0;
    for (size_t i = 0; i < MANY; i++) n += pages[i].shown_n == SAID - 1;
    return n;
}

static bool is_begun_away; /* the room is begun while the store does not respond */

static void begin_late(unsigned deaf) {
    start_nodes();
    others_say("tea", SAID);
    deaf_n = lack_n = 0;
    reads_on = (edo_notify)EDO_NOTIFY_INIT;
    at = (server){ .options = &limits, .storage = nodes[0].kept, .sessions = &by_session };
    late_init(&at.late);
    CHECK_EQ(directory_init(&at.directory, PAST, at.storage), 0);
    CHECK_EQ(edo_keyed_sem_new(&at.found, 1), 0);
    CHECK_EQ(edo_keyed_sem_new(&at.late_found, LATE_SHOWN), 0);
    sessions_init(&by_session);
    room *tea = directory_open_room(&at.directory, &(name){ "tea" });
    CHECK(tea);
    nodes[0].is_broken = is_begun_away;
    room_recall_now(tea);
    nodes[0].is_broken = true;
    for (unsigned i = 0; i < MANY; i++) come(&pages[i], i, i < deaf);
    directory_close_room(&at.directory, tea);
    nodes[0].is_broken = false;
    CHECK_EQ(ask(&nodes[0]), 0); // the store responds
    CHECK(storage_is_well(at.storage));
}

static void end_late(void) {
    for (size_t i = 0; i < MANY; i++) go(&pages[i]);
    sessions_deinit(&by_session);
    directory_deinit(&at.directory);
    edo_keyed_sem_free(at.found);
    edo_keyed_sem_free(at.late_found);
    end_nodes();
    edo_trail_clear();
}

/* Turns of the task that looks, which does so each second. */
static void look(edo_scope *tellers, int turns_n) {
    for (int i = 0; i < turns_n; i++) {
        late_look(&at, tellers);
        CHECK_EQ(edo_sleep(edo_s(1)), 0);
    }
}

static int show_beside_the_deaf(void *arg) {
    edo_scope tellers;
    (void)arg;
    edo_keyed_permit *permit;
    begin_late(DEAF);
    edo_scope_begin(&tellers, NULL);
    look(&tellers, 60); // more often than one that asks in vain
    CHECK_EQ(deaf_n, LATE_SHOWN);
    CHECK_EQ(shown_n(), MANY - DEAF);
    // Who comes is shown what it has missed.
    CHECK_EQ(edo_keyed_sem_try_acquire(at.found, &permit, OF_DEAF), 0);
    edo_keyed_sem_release(at.found, permit);
    for (unsigned i = 0; i < MANY; i++) pages[i].is_deaf = false;
    edo_notify_all(&reads_on);
    look(&tellers, 3);
    CHECK_EQ(edo_scope_end(&tellers, 0), 0);
    CHECK_EQ(shown_n(), MANY);
    CHECK_EQ(lack_n, 0);
    end_late();
    return 0;
}

static void pages_that_do_not_read_hold_up_no_other_of_another_address_that_is_late(void **state) {
    (void)state;
    run(show_beside_the_deaf);
}

/* Some of them stand behind pages that never read: they are told what lacks in the end, and can ask
 * for it. */
static int lack_beside_the_deaf(void *arg) {
    edo_scope tellers;
    (void)arg;
    begin_late(DEAF);
    edo_scope_begin(&tellers, NULL);
    look(&tellers, 180);
    CHECK_EQ(deaf_n, DEAF); // some of it is in memory, and sent
    CHECK_EQ(lack_n, DEAF - LATE_SHOWN);
    for (unsigned i = 0; i < MANY; i++) pages[i].is_deaf = false;
    edo_notify_all(&reads_on);
    look(&tellers, 3);
    CHECK_EQ(edo_scope_end(&tellers, 0), 0);
    CHECK_EQ(shown_n(), MANY - (DEAF - LATE_SHOWN));
    CHECK_EQ(lack_n, DEAF - LATE_SHOWN); // once
    end_late();
    return 0;
}

static void wait_for_pages_that_do_not_read_has_an_end(void **state) {
    (void)state;
    run(lack_beside_the_deaf);
}

/* Requests of all people but one are under way, which may wait for their pages. */
static int show_beside_the_busy(void *arg) {
    edo_scope tellers;
    (void)arg;
    begin_late(0);
    for (size_t i = 1; i < MANY; i++) CHECK_EQ(edo_mutex_lock(&pages[i].who->using), 0);
    edo_scope_begin(&tellers, NULL);
    look(&tellers, 3);
    CHECK_EQ(shown_n(), 1);
    for (size_t i = 1; i < MANY; i++) edo_mutex_unlock(&pages[i].who->using);
    look(&tellers, 3); // they are looked for again
    CHECK_EQ(shown_n(), MANY);
    CHECK_EQ(edo_scope_end(&tellers, 0), 0);
    end_late();
    return 0;
}

static void people_who_are_used_hold_up_no_other_that_is_late(void **state) {
    (void)state;
    run(show_beside_the_busy);
}

static bool is_used(user *u) {
    if (edo_mutex_try_lock(&u->using) < 0) return true;
    edo_mutex_unlock(&u->using);
    return false;
}

/* The store is slow, and all are late. */
static int read_a_few_at_a_time(void *arg) {
    edo_scope tellers;
    (void)arg;
    begin_late(0);
    nodes[0].is_slow = true;
    edo_scope_begin(&tellers, NULL);
    late_look(&at, &tellers);
    pass_a_moment();
    CHECK_EQ(edo_sem_available(&at.late.pages), 0);
    unsigned used_n = 0;
    for (size_t i = 0; i < MANY; i++) used_n += is_used(pages[i].who);
    CHECK_EQ(used_n, LATE_PAGES); // who waits for a place may say something meanwhile
    end_slowness(&nodes[0]);
    look(&tellers, 3);
    CHECK_EQ(shown_n(), MANY);
    CHECK_EQ(edo_scope_end(&tellers, 0), 0);
    CHECK_EQ(edo_sem_available(&at.late.pages), LATE_PAGES);
    end_late();
    return 0;
}

static void few_of_those_who_are_late_read_at_once(void **state) {
    (void)state;
    run(read_a_few_at_a_time);
}

/* What a task does for the person of a page, whose `using` it has locked. */
typedef struct doing {
    page *by;
    const char *request; /* JSON */
    int result;
} doing;

#define SAY_MORE "{\"type\":\"say\",\"room\":\"tea\",\"text\":\"x\",\"ref\":\"r2\"}"

static int request_by_task(void *arg) {
    doing *self = arg;
    user *u = self->by->who;
    edo_arena arena = { 0 };
    CHECK_EQ(edo_mutex_lock(&u->using), 0);
    self->result = request_do_json(u, edo_str_of(self->request), &arena);
    edo_mutex_unlock(&u->using);
    edo_arena_deinit(&arena);
    return 0;
}

/* A page that has not seen what others said before would ask behind that number after a loss. */
static int say_again(void *arg) {
    edo_scope tellers;
    const edo_str text = EDO_STR("mine"), ref = EDO_STR("r");
    (void)arg;
    begin_late(0);
    page *self = &pages[0];
    user *u = self->who;
    user_seat *s = user_find_seat(u, EDO_STR("tea"));
    CHECK_EQ(edo_mutex_lock(&u->using), 0);
    for (int i = 0; i < 2; i++) CHECK_EQ(user_say(u, s, text, ref, false), FAULT_HELD);
    edo_mutex_unlock(&u->using);
    doing more = { self, SAY_MORE, 0 }; // the page need not wait
    CHECK_EQ(request_by_task(&more), 0);
    CHECK_EQ(more.result, 0);
    CHECK(self->is_said);
    CHECK_EQ(self->posted, 0);
    edo_scope_begin(&tellers, NULL);
    look(&tellers, 3);
    CHECK_EQ(edo_scope_end(&tellers, 0), 0);
    CHECK_EQ(self->shown_n, SAID + 1); // with its own
    CHECK_EQ(edo_mutex_lock(&u->using), 0);
    CHECK_EQ(user_say(u, s, text, ref, false), 0);
    CHECK_EQ(self->posted, SAID + 1);
    edo_mutex_unlock(&u->using);
    end_late();
    return 0;
}

static void own_words_are_confirmed_behind_what_others_said_before_them(void **state) {
    (void)state;
    run(say_again);
}

/* ---- Terminals ------------------------------------------------------------------------------- */

/* The person is at a terminal, whose place in the room is kept. */
static client *sit_down(page *self) {
    user *u = self->who;
    CHECK_EQ(edo_sem_try_acquire(&at.places[PLACE_TERMINAL], 1), 0);
    client *c = client_new(&(ticket){ .at = &at }, NULL, NULL);
    CHECK(c);
    user_attach(u, c, wire_outlet(c->wire), member_address(&u->me));
    user_seat *s = user_find_seat(u, EDO_STR("tea"));
    c->user = edo_rc_ref(u);
    c->who = &u->me;
    c->here = &s->seat;
    c->place = s;
    s->place = &c->kept;
    c->kept = (kept_place){ true, { 1, s->seat.room->life }, 0, 0 };
    return c;
}

static void stand_up(client *c) {
    user_detach(c->user);
    edo_rc_unref(c->user);
    client_free(c);
}

/* `arg` is a client; a task's function. */
static int go_on(void *arg) {
    return listen_go_on(arg);
}

static int go_on_at_a_terminal(void *arg) {
    (void)arg;
    begin_late(0);
    user *u = pages[0].who;
    at.places[PLACE_TERMINAL] = (edo_sem)EDO_SEM_INIT(1);
    CHECK_EQ(edo_cancel_new(&at.draining), 0);
    client *c = sit_down(&pages[0]);
    CHECK_EQ(edo_sem_try_acquire(&at.late.pages, LATE_PAGES), 0);         // as any number of them
    CHECK_EQ(edo_sem_try_acquire(&at.late.terminals, LATE_TERMINALS), 0); // others read
    CHECK_EQ(listen_go_on(c), 0);                                         // in vain
    CHECK(c->kept.is_kept);
    nodes[0].is_slow = true;
    edo_task *goes_on = edo_spawn(go_on, c);
    pass_a_moment();
    CHECK_EQ(nodes[0].asking_n, 0);
    CHECK(!is_used(u));
    edo_sem_release(&at.late.terminals, LATE_TERMINALS);
    pass_a_moment();
    CHECK_EQ(nodes[0].asking_n, 1);
    CHECK_EQ(edo_sem_available(&at.late.terminals), LATE_TERMINALS - 1);
    CHECK(!is_used(u));
    end_slowness(&nodes[0]);
    CHECK_EQ(edo_task_join(goes_on), 0);
    CHECK(!c->kept.is_kept);
    stand_up(c);
    edo_cancel_unref(at.draining);
    end_late();
    return 0;
}

/* ---- People whose tasks wait for the store --------------------------------------------------- */

/* While the store is asked for it others may use the person: perhaps another connection, which goes
 * to another room. */
static void use_beside(const char *request, bool is_taken) {
    doing what = { &pages[0], request, 0 };
    page other = { 0 };
    user *u = pages[0].who;
    u->may_have_said = true;
    nodes[0].is_slow = true;
    edo_task *task = edo_spawn(request_by_task, &what);
    pass_a_moment();
    CHECK_EQ(nodes[0].asking_n, 1);
    CHECK_EQ(edo_mutex_try_lock(&u->using), 0);
    if (is_taken) {
        user_attach(u, &other, page_outlet(&other), EDO_STR("the other"));
        user_leave(u, user_find_seat(u, EDO_STR("tea")), true);
        pages[0].told_n = 0;
    }
    edo_mutex_unlock(&u->using);
    end_slowness(&nodes[0]);
    CHECK_EQ(edo_task_join(task), 0);
    CHECK_EQ(what.result, is_taken ? -EDO_ECLOSED : 0);
    CHECK_EQ(other.told_n, 0);
    if (is_taken) CHECK_EQ(pages[0].told_n, 0);
}

static int use_beside_requests(void *arg) {
    static const char *const all[] = {
        SAY_MORE,
        "{\"type\":\"history\",\"room\":\"tea\",\"before\":5}",
        "{\"type\":\"join\",\"room\":\"milk\"}",
    };
    (void)arg;
    for (size_t i = 0; i < 2 * EDO_COUNT(all); i++) {
        begin_late(0);
        use_beside(all[i / 2], i % 2 == 1);
        end_late();
    }
    return 0;
}

static void person_is_used_while_its_task_asks_the_store(void **state) {
    (void)state;
    run(use_beside_requests);
}

/* `arg` is a page, which comes to a room where it was not; a task's function. */
static int welcome_by_task(void *arg) {
    page *self = arg;
    wanted_room wanted = { .room = EDO_STR("milk") };
    CHECK_EQ(edo_mutex_lock(&self->who->using), 0);
    user_attach(self->who, self, page_outlet(self), EDO_STR("the other"));
    CHECK_EQ(request_welcome(self->who, &(hello){ .rooms = &wanted, .rooms_n = 1 }), 0);
    edo_mutex_unlock(&self->who->using);
    return 0;
}

/* The store, which is asked for its room, has said meanwhile whose its name is. */
static int rename_beside_a_welcome(void *arg) {
    (void)arg;
    begin_late(0);
    page *self = &pages[0];
    self->told_n = 0;
    nodes[0].is_slow = true;
    edo_task *task = edo_spawn(welcome_by_task, self);
    pass_a_moment();
    CHECK_EQ(nodes[0].asking_n, 1);
    CHECK_EQ(edo_mutex_lock(&self->who->using), 0);
    CHECK_EQ(user_rename(self->who, EDO_STR("dana")), 0);
    edo_mutex_unlock(&self->who->using);
    CHECK_EQ(self->told_n, 0);
    end_slowness(&nodes[0]);
    CHECK_EQ(edo_task_join(task), 0);
    CHECK(self->is_welcome);
    CHECK_EQ(edo_mutex_lock(&self->who->using), 0);
    user_leave(self->who, user_find_seat(self->who, EDO_STR("milk")), true);
    unsigned told_n = self->told_n;
    CHECK_EQ(user_rename(self->who, EDO_STR("dora")), 0); // it hears no room
    edo_mutex_unlock(&self->who->using);
    CHECK_EQ(self->told_n, told_n + 1);
    end_late();
    return 0;
}

static void name_that_comes_before_the_welcome_is_told_in_it(void **state) {
    (void)state;
    run(rename_beside_a_welcome);
}

/* Two tasks wait for each other, which edo_locks_watch() ends: one of them has lent a person. */
typedef struct crossing {
    user *who;
    edo_mutex other;
    edo_notify goes_on;
    bool has_it; /* its person, behind the wait */
} crossing;

static int cross_with_lent(void *arg) {
    crossing *self = arg;
    CHECK_EQ(edo_mutex_lock(&self->who->using), 0);
    CHECK_EQ(edo_mutex_lock(&self->other), 0);
    const void *by = member_lend(&self->who->me);
    CHECK_EQ(edo_notify_wait(&self->goes_on), 0);
    CHECK(member_take_back(&self->who->me, by));
    self->has_it = true;
    edo_mutex_unlock(&self->other);
    edo_mutex_unlock(&self->who->using);
    return 0;
}

static int cross_with_used(void *arg) {
    crossing *self = arg;
    CHECK_EQ(edo_mutex_lock(&self->who->using), 0);
    CHECK_EQ(edo_mutex_lock(&self->other), -ECANCELED);
    CHECK(!self->has_it);
    edo_mutex_unlock(&self->who->using);
    return 0;
}

static int take_back_in_a_deadlock(void *arg) {
    (void)arg;
    begin_late(0);
    CHECK_EQ(edo_locks_watch(&(edo_locks_opts){ .fails = true }), 0);
    crossing both = { .who = pages[0].who, .other = EDO_MUTEX_INIT, .goes_on = EDO_NOTIFY_INIT };
    edo_task *lends = edo_spawn(cross_with_lent, &both);
    pass_a_moment();
    edo_task *uses = edo_spawn(cross_with_used, &both);
    pass_a_moment();
    edo_notify_all(&both.goes_on);
    for (int i = 0; i < 10; i++) CHECK_EQ(edo_yield(), 0);
    CHECK(!both.has_it);
    edo_task_cancel(uses);
    CHECK_EQ(edo_task_join(uses), 0);
    CHECK_EQ(edo_task_join(lends), 0);
    CHECK(both.has_it);
    end_late();
    return 0;
}

static void person_that_was_lent_is_had_again_whatever_ends_the_wait(void **state) {
    (void)state;
    run(take_back_in_a_deadlock);
}

/* Others of one's address are before it each time, and it is shown more now and then. */
static int wait_and_move_on(void *arg) {
    (void)arg;
    begin_late(0);
    room *tea = user_find_seat(pages[0].who, EDO_STR("tea"))->seat.room;
    kept_place its = { true, { 1, tea->life }, 0, 0 };
    unsigned waits_n = 0;
    for (uint64_t number = 1; number <= 3; number++) {
        for (int i = 0; i < 100; i++)
            waits_n += room_keep_place(tea, &its, &(bookmark){ number, tea->life }, -EAGAIN);
    }
    CHECK_EQ(waits_n, 300);
    while (room_keep_place(tea, &its, &(bookmark){ 3, tea->life }, -EAGAIN)) waits_n++;
    CHECK(waits_n < 400);
    end_late();
    return 0;
}

static void waits_behind_others_are_counted_anew_where_a_reader_moves_on(void **state) {
    (void)state;
    run(wait_and_move_on);
}

/* ---- Terminals that come to a room ----------------------------------------------------------- */

/* `arg` is a client that counts from another number; a task's function. */
static int count_anew(void *arg) {
    char line[] = "/numbers 2";
    return command_run(arg, line, sizeof line - 1);
}

/* `arg` is a client that goes to another room; a task's function. */
static int go_to_milk(void *arg) {
    char line[] = "/join #milk 2";
    return command_run(arg, line, sizeof line - 1);
}

static int read_at_a_terminal(void *arg) {
    static int (*const does[])(void *) = { count_anew, go_to_milk };
    (void)arg;
    begin_late(0);
    others_say("milk", SAID);
    user *u = pages[0].who;
    at.places[PLACE_TERMINAL] = (edo_sem)EDO_SEM_INIT(1);
    CHECK_EQ(edo_cancel_new(&at.draining), 0);
    client *c = sit_down(&pages[0]);
    for (size_t i = 0; i < EDO_COUNT(does); i++) {
        nodes[0].is_slow = true;
        edo_task *task = edo_spawn(does[i], c);
        pass_a_moment();
        CHECK_EQ(nodes[0].asking_n, 1);
        CHECK(!is_used(u));
        end_slowness(&nodes[0]);
        CHECK(edo_task_join(task) >= 0);
        TAILQ_INIT(&c->coming); // as if it was shown that
    }
    CHECK(edo_str_equal(edo_str_of(c->here->room->name.text), EDO_STR("milk")));
    stand_up(c);
    edo_cancel_unref(at.draining);
    end_late();
    return 0;
}

static void terminal_for_which_the_store_is_read_lets_its_person_be_used(void **state) {
    (void)state;
    run(read_at_a_terminal);
}

static void terminal_that_is_late_waits_for_a_place_and_lets_its_person_be_used(void **state) {
    (void)state;
    run(go_on_at_a_terminal);
}

/* The next line in the client's mailbox is that one. */
static void is_shown(client *c, const char *line) {
    pending p;
    CHECK_EQ(edo_mpsc_try_recv(c->inbox, &p), 0);
    CHECK(p.message && edo_str_equal(p.message->line, edo_str_of(line)));
    edo_rc_unref(p.message);
}

static int say_again_at_a_terminal(void *arg) {
    (void)arg;
    begin_late(0);
    at.places[PLACE_TERMINAL] = (edo_sem)EDO_SEM_INIT(1);
    CHECK_EQ(edo_cancel_new(&at.draining), 0);
    client *c = sit_down(&pages[0]);
    pending p;
    CHECK_EQ(session_say(c, "mine", EDO_STR("r"), false), 0);
    CHECK_EQ(edo_mpsc_try_recv(c->inbox, &p), -EAGAIN); // the room tells what is new
    CHECK_EQ(session_say(c, "mine", EDO_STR("r"), false), 0);
    is_shown(c, "#tea 1 = r\n");
    CHECK_EQ(listen_go_on(c), 0);
    CHECK(!c->kept.is_kept);
    CHECK_EQ(session_say(c, "mine", EDO_STR("r"), false), 0);
    CHECK_EQ(edo_mpsc_try_recv(c->inbox, &p), 0); // where it listens
    CHECK(p.room);
    subscriber_free(p.room);
    is_shown(c, "#tea 31 = r\n");
    stand_up(c);
    edo_cancel_unref(at.draining);
    end_late();
    return 0;
}

static void terminal_s_own_words_are_confirmed_where_its_place_is_kept(void **state) {
    (void)state;
    run(say_again_at_a_terminal);
}

static int reaches_its_last(void *arg) {
    room *r = arg;
    return room_learn(r, &(lesson){ .last = 1 });
}

static int says_at_a_terminal(void *arg) {
    return session_say(arg, "mine", (edo_str){ NULL, 0 }, false);
}

static int says_on_a_page(void *arg) {
    page *p = arg;
    user *u = p->who;
    CHECK_EQ(edo_mutex_lock(&u->using), 0);
    int fault = user_say(u, user_find_seat(u, EDO_STR("tea")), EDO_STR("mine"),
                         (edo_str){ NULL, 0 }, false);
    edo_mutex_unlock(&u->using);
    return fault;
}

/* A room that was begun without the store passes over what is said while it learns how far it
 * is. */
static int say_without_a_reference(void *arg) {
    (void)arg;
    is_begun_away = true;
    begin_late(0);
    is_begun_away = false;
    at.places[PLACE_TERMINAL] = (edo_sem)EDO_SEM_INIT(1);
    CHECK_EQ(edo_cancel_new(&at.draining), 0);
    client *c = sit_down(&pages[0]);
    nodes[0].is_slow = true;
    edo_task *learns = edo_spawn(reaches_its_last, (void *)c->here->room);
    pass_a_moment();
    edo_task *says[] = { edo_spawn(says_at_a_terminal, c), edo_spawn(says_on_a_page, &pages[1]) };
    pass_a_moment();
    others_say("tea", 5 * PAST);
    end_slowness(&nodes[0]);
    (void)edo_task_join(learns);
    for (size_t i = 0; i < EDO_COUNT(says); i++) CHECK_EQ(edo_task_join(says[i]), 0);
    pending p;
    while (edo_mpsc_try_recv(c->inbox, &p) == 0) {
        if (p.message) CHECK(p.message->line.ptr[0] != '#'); // nothing is confirmed
        edo_rc_unref(p.message);
        subscriber_free(p.room);
    }
    stand_up(c);
    edo_cancel_unref(at.draining);
    end_late();
    return 0;
}

static void words_without_a_reference_are_confirmed_by_nothing_else(void **state) {
    (void)state;
    run(say_without_a_reference);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_without_a_reference_are_confirmed_by_nothing_else),
        cmocka_unit_test(pages_that_do_not_read_hold_up_no_other_of_another_address_that_is_late),
        cmocka_unit_test(wait_for_pages_that_do_not_read_has_an_end),
        cmocka_unit_test(people_who_are_used_hold_up_no_other_that_is_late),
        cmocka_unit_test(few_of_those_who_are_late_read_at_once),
        cmocka_unit_test(terminal_that_is_late_waits_for_a_place_and_lets_its_person_be_used),
        cmocka_unit_test(terminal_for_which_the_store_is_read_lets_its_person_be_used),
        cmocka_unit_test(person_is_used_while_its_task_asks_the_store),
        cmocka_unit_test(name_that_comes_before_the_welcome_is_told_in_it),
        cmocka_unit_test(waits_behind_others_are_counted_anew_where_a_reader_moves_on),
        cmocka_unit_test(own_words_are_confirmed_behind_what_others_said_before_them),
        cmocka_unit_test(terminal_s_own_words_are_confirmed_where_its_place_is_kept),
        cmocka_unit_test(person_that_was_lent_is_had_again_whatever_ends_the_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
