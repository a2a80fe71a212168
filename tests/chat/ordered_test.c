/* SPDX-License-Identifier: MIT */
/* Goal: with a store that gives the numbers nothing is shown or acknowledged before it is kept;
 * what waits is bounded, in order, and shown once, to its author too.
 * Method: rooms over a store in memory that waits at a gate, fails or loses its replies as it is
 * told; time is virtual. */
#include "stores/memory.h"
#include "stores/rooms.h"

/* A store in memory, behind a gate. */
typedef struct gated {
    store base;
    store *in;
    edo_notify gate;
    bool is_shut;           /* batches wait at the gate */
    bool loses_replies;     /* they are kept, and fail all the same */
    int err;                /* what they return; 0: they are kept */
    const char *unkeepable; /* a text that is refused; NULL: none */
    unsigned batches_n;
} gated;

static gated at_gate;

static int gated_order(store *base, const saying *batch, size_t n, place *places) {
    gated *self = (gated *)base;
    edo_shield sh;
    self->batches_n++;
    edo_shield_begin(&sh, edo_ns(-1));
    while (self->is_shut) CHECK_EQ(edo_notify_wait(&self->gate), 0);
    (void)edo_shield_end(&sh, 0);
    for (size_t i = 0; i < n && self->unkeepable; i++)
        if (edo_str_equal(batch[i].text, edo_str_of(self->unkeepable))) return -EINVAL;
    int err = self->err < 0 ? self->err : store_order(self->in, batch, n, places);
    return err == 0 && self->loses_replies ? -EIO : err;
}

static int gated_page(store *base, const name *of, uint64_t after, uint64_t before, size_t limit,
                      store_found **out) {
    return store_page(((gated *)base)->in, of, after, before, limit, out);
}

static int gated_find(store *base, edo_str ref, store_found **out) {
    return store_find(((gated *)base)->in, ref, out);
}

static int gated_rooms(store *base, store_room **out, size_t *n) {
    return store_rooms(((gated *)base)->in, out, n);
}

static int gated_keep(store *base, const store_name *batch, size_t n) {
    return store_keep(((gated *)base)->in, batch, n);
}

static int gated_names(store *base, store_name **out, size_t *n) {
    return store_names(((gated *)base)->in, out, n);
}

static int gated_sync(store *base) {
    return store_sync(((gated *)base)->in);
}

static int gated_check(store *base) {
    return store_check(((gated *)base)->in);
}

static void gated_damage(store *base, char *out, size_t bytes) {
    store_damage(((gated *)base)->in, out, bytes);
}

static void gated_free(store *base) {
    store_free(((gated *)base)->in);
}

static const store_ops gated_ops = { .order = gated_order,
                                     .page = gated_page,
                                     .find = gated_find,
                                     .rooms = gated_rooms,
                                     .keep = gated_keep,
                                     .names = gated_names,
                                     .sync = gated_sync,
                                     .check = gated_check,
                                     .damage = gated_damage,
                                     .free = gated_free };

static storage *start_gated(directory *d) {
    storage *self = NULL;
    at_gate = (gated){ .base = { &gated_ops }, .gate = EDO_NOTIFY_INIT };
    CHECK_EQ(memory_new(&at_gate.in, &memory_ops_that_number, 0), 0);
    int paused = edo_time_pause();
    CHECK(paused == 0 || paused == -EALREADY);
    CHECK_EQ(storage_start(&self, &at_gate.base), 0);
    CHECK_EQ(directory_init(d, 10, self), 0);
    return self;
}

static void open_gate(void) {
    at_gate.is_shut = false;
    edo_notify_all(&at_gate.gate);
}

enum { ANN = 7 };

/* Owns: returns a share, of what was said. */
static message *said_so(room *r, const char *text, const char *ref, int wanted) {
    const saying what = { .from = ANN,
                          .room = r->name,
                          .nick = { "ann" },
                          .text = edo_str_of(text),
                          .ref = edo_str_of(ref),
                          .time_ms = 1 };
    message *m = message_said(&what);
    CHECK(m);
    CHECK_EQ(room_say(r, edo_rc_ref(m)), wanted);
    CHECK(!room_check(r));
    return m;
}

static void say_so(room *r, const char *text, int wanted) {
    edo_rc_unref(said_so(r, text, "", wanted));
}

/* The next line that a terminal is told is that one, of the message with that number. */
static void hears(subscriber *terminal, const char *line, uint64_t number, uint64_t from) {
    message *m;
    CHECK_EQ(edo_broadcast_try_recv(terminal->news, &m, NULL), 0);
    CHECK(edo_str_equal((edo_str){ m->line.ptr, m->line.len - 1 }, edo_str_of(line)));
    CHECK_EQ(m->what.number, number);
    CHECK_EQ(m->what.from, from);
    CHECK_EQ(m->to, 0);
    CHECK(number == 0 || atomic_load(&m->has_number));
    edo_rc_unref(m);
}

/* The next line is that one, for ann's terminal alone. */
static void ann_hears(subscriber *terminal, const char *line) {
    message *m;
    CHECK_EQ(edo_broadcast_try_recv(terminal->news, &m, NULL), 0);
    CHECK(edo_str_equal((edo_str){ m->line.ptr, m->line.len - 1 }, edo_str_of(line)));
    CHECK_EQ(m->to, ANN);
    CHECK_EQ(m->frame.len, 0);
    edo_rc_unref(m);
}

static void hears_nothing(subscriber *terminal) {
    message *m;
    CHECK_EQ(edo_broadcast_try_recv(terminal->news, &m, NULL), -EAGAIN);
}

static void look_after(directory *d) {
    edo_scope tellers;
    edo_scope_begin(&tellers, NULL);
    directory_tell_stored(d, &tellers);
    CHECK_EQ(edo_scope_end(&tellers, 0), 0);
}

static void end_gated(storage *self, directory *d, int wanted) {
    directory_deinit(d);
    CHECK_EQ(storage_end(self), wanted);
}

static int say_in_time(void *arg) {
    directory d;
    storage *self = start_gated(&d);
    subscriber *terminal = room_subscribe(d.lobby, 0, NULL);
    (void)arg;
    message *m = said_so(d.lobby, "hello", "", 0);
    CHECK_EQ(m->what.number, 1);
    CHECK_EQ(m->what.time_ms, m->place.time_ms);
    CHECK(!message_is_unstored(m));
    static const char end[] = ",\"time\":1,\"number\":1}"; // by the clock of the store
    CHECK(m->frame.len > sizeof end);
    CHECK(memcmp(m->frame.ptr + m->frame.len - sizeof end + 1, end, sizeof end - 1) == 0);
    edo_rc_unref(m);
    hears(terminal, "ann: hello", 1, ANN);
    say_so(d.lobby, "again", 0);
    hears(terminal, "ann: again", 2, ANN);
    CHECK_EQ(room_numbers_now(d.lobby).last, 2);
    CHECK_EQ(room_numbers_now(d.lobby).gap_to, 0); // none is passed over
    subscriber_free(terminal);
    end_gated(self, &d, 0);
    return 0;
}

static void number_and_time_are_the_store_s(void **state) {
    (void)state;
    run(say_in_time);
}

static int say_while_shut(void *arg) {
    directory d;
    storage *self = start_gated(&d);
    subscriber *terminal = room_subscribe(d.lobby, 0, NULL);
    size_t n;
    (void)arg;
    say_so(d.lobby, "kept", 0);
    hears(terminal, "ann: kept", 1, ANN);
    at_gate.is_shut = true;
    edo_instant begin = edo_now();
    message *first = said_so(d.lobby, "first", "key f", -EINPROGRESS);
    EDO_TEST_ELAPSED(begin, WRITES_WAIT_MAX);
    say_so(d.lobby, "second", -EINPROGRESS); // nobody waits again and again
    EDO_TEST_ELAPSED(begin, WRITES_WAIT_MAX);
    CHECK(!atomic_load(&first->has_number) && !message_is_refused(first));
    CHECK_EQ(room_announce(d.lobby, message_new(0, "* bob joined #general")), 0);
    hears(terminal, "* bob joined #general", 0, 0);
    message **past = room_past(d.lobby, 0, UINT64_MAX, 10, &n);
    CHECK_EQ(n, 1);
    edo_rc_unref(past[0]);
    free(past);
    look_after(&d);
    hears_nothing(terminal);
    CHECK_EQ(storage_unstored_n(self), 1); // the first is with the store, the second in the queue
    open_gate();
    pass_a_moment();
    CHECK(d.lobby->is_behind);
    look_after(&d);
    CHECK(!d.lobby->is_behind);
    hears(terminal, "ann: first", 2, 0); // its author is told, too
    hears(terminal, "ann: second", 3, 0);
    hears_nothing(terminal);
    CHECK_EQ(first->what.number, 2);
    edo_rc_unref(first);
    say_so(d.lobby, "third", 0);
    hears(terminal, "ann: third", 4, ANN);
    subscriber_free(terminal);
    end_gated(self, &d, 0);
    return 0;
}

static void what_is_not_kept_is_not_shown_and_its_author_is_told(void **state) {
    (void)state;
    run(say_while_shut);
}

static int say_to_shut(void *arg) {
    say_so(arg, "first", -EINPROGRESS);
    return 0;
}

/* Nothing is wrong with a store that has been asked a moment ago. */
static int look_while_it_is_asked(void *arg) {
    directory d;
    storage *self = start_gated(&d);
    (void)arg;
    at_gate.is_shut = true;
    edo_task *speaker = edo_spawn(say_to_shut, d.lobby);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(storage_unstored_n(self), 1);
    CHECK_EQ(storage_check(self), 0);
    CHECK_EQ(edo_task_join(speaker), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(storage_check(self), -EIO);
    open_gate();
    pass_a_moment();
    CHECK_EQ(storage_check(self), 0);
    look_after(&d);
    end_gated(self, &d, 0);
    return 0;
}

static void what_is_on_its_way_is_no_fault_before_people_wait_for_it(void **state) {
    (void)state;
    run(look_while_it_is_asked);
}

/* The next that is said shows what was kept before it. */
static int say_behind_others(void *arg) {
    directory d;
    storage *self = start_gated(&d);
    subscriber *terminal = room_subscribe(d.lobby, 0, NULL);
    (void)arg;
    at_gate.is_shut = true;
    say_so(d.lobby, "first", -EINPROGRESS);
    open_gate();
    pass_a_moment();
    say_so(d.lobby, "second", 0);
    hears(terminal, "ann: first", 1, 0);
    hears(terminal, "ann: second", 2, ANN);
    subscriber_free(terminal);
    end_gated(self, &d, 0);
    return 0;
}

static void what_is_said_later_is_shown_behind_what_waited(void **state) {
    (void)state;
    run(say_behind_others);
}

static int say_too_much(void *arg) {
    directory d;
    storage *self = start_gated(&d);
    (void)arg;
    at_gate.err = -EIO;
    for (int i = 0; i < BACKLOG_MESSAGES; i++) say_so(d.lobby, "hello", -EINPROGRESS);
    message *m = said_so(d.lobby, "too much", "key m", -EAGAIN);
    CHECK(message_is_refused(m));
    edo_rc_unref(m);
    CHECK(health_says(self, "messages are not stored: 4096 yet, 0 for good"));
    at_gate.err = 0;
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    look_after(&d);
    CHECK_EQ(room_numbers_now(d.lobby).last, BACKLOG_MESSAGES);
    say_so(d.lobby, "it has room", 0);
    CHECK_EQ(storage_stored_n(self), BACKLOG_MESSAGES + 1);
    CHECK_EQ(storage_lost_n(self), 0);
    end_gated(self, &d, 0);
    return 0;
}

static void what_waits_has_a_bound_and_more_is_refused(void **state) {
    (void)state;
    run(say_too_much);
}

static int say_much_text(void *arg) {
    enum { LONG = 1 << 20 };
    directory d;
    storage *self = start_gated(&d);
    char *text = malloc(LONG + 1);
    (void)arg;
    CHECK(text);
    memset(text, 'x', LONG);
    text[LONG] = '\0';
    at_gate.err = -EIO;
    int n = 0;
    for (int err = -EINPROGRESS; err == -EINPROGRESS && n < 100; n++) {
        const saying what = { .room = d.lobby->name, .nick = { "ann" }, .text = { text, LONG } };
        err = room_say(d.lobby, message_said(&what));
        CHECK(err == -EINPROGRESS || err == -EAGAIN);
    }
    CHECK(n > 1 && n <= (int)(BACKLOG_BYTES / LONG) + 1);
    at_gate.err = 0;
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    say_so(d.lobby, "it has room", 0);
    free(text);
    end_gated(self, &d, 0);
    return 0;
}

static void bytes_that_wait_have_a_bound_too(void **state) {
    (void)state;
    run(say_much_text);
}

static int lose_replies(void *arg) {
    directory d;
    storage *self = start_gated(&d);
    subscriber *terminal = room_subscribe(d.lobby, 0, NULL);
    (void)arg;
    at_gate.loses_replies = true;
    say_so(d.lobby, "one", -EINPROGRESS);
    message *two = said_so(d.lobby, "two", "key t", -EINPROGRESS);
    CHECK_EQ(edo_sleep(edo_s(3)), 0);
    CHECK(at_gate.batches_n > 2); // it was given again and again
    hears_nothing(terminal);
    at_gate.loses_replies = false;
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    look_after(&d);
    hears(terminal, "ann: one", 1, 0);
    hears(terminal, "ann: two", 2, 0);
    hears_nothing(terminal);
    CHECK_EQ(two->what.number, 2);
    edo_rc_unref(two);
    subscriber_free(terminal);
    end_gated(self, &d, 0);
    return 0;
}

static void batch_whose_reply_was_lost_is_said_once(void **state) {
    (void)state;
    run(lose_replies);
}

static int repeat(void *arg) {
    directory d;
    storage *self = start_gated(&d);
    room *tea = directory_open_room(&d, &(name){ "tea" });
    subscriber *terminal = room_subscribe(d.lobby, 0, NULL);
    (void)arg;
    CHECK(tea);
    say_so(d.lobby, "before", 0);
    edo_rc_unref(said_so(d.lobby, "hello", "key r", 0));
    say_so(d.lobby, "behind", 0);
    message *again = said_so(d.lobby, "hello", "key r", -EALREADY);
    CHECK_EQ(again->what.number, 2);
    CHECK(atomic_load(&again->has_number));
    edo_rc_unref(again);
    message *elsewhere = said_so(tea, "hello", "key r", -EINVAL);
    CHECK(message_is_refused(elsewhere));
    edo_rc_unref(elsewhere);
    hears(terminal, "ann: before", 1, ANN);
    hears(terminal, "ann: hello", 2, ANN);
    hears(terminal, "ann: behind", 3, ANN);
    hears_nothing(terminal);
    CHECK_EQ(room_numbers_now(tea).last, 0);
    CHECK_EQ(storage_check(self), 0);
    subscriber_free(terminal);
    directory_close_room(&d, tea);
    end_gated(self, &d, 0);
    return 0;
}

static void what_is_repeated_is_told_to_its_author_alone(void **state) {
    (void)state;
    run(repeat);
}

static int say_what_cannot_be_kept(void *arg) {
    directory d;
    storage *self = start_gated(&d);
    subscriber *terminal = room_subscribe(d.lobby, 0, NULL);
    (void)arg;
    at_gate.unkeepable = "bad";
    say_so(d.lobby, "bad", -EINVAL);
    hears_nothing(terminal); // its author knows
    at_gate.is_shut = true;  // the next ones become one batch
    say_so(d.lobby, "one", -EINPROGRESS);
    say_so(d.lobby, "two", -EINPROGRESS);
    say_so(d.lobby, "bad", -EINPROGRESS);
    say_so(d.lobby, "three", -EINPROGRESS);
    open_gate();
    pass_a_moment();
    look_after(&d);
    hears(terminal, "ann: one", 1, 0);
    hears(terminal, "ann: two", 2, 0);
    ann_hears(terminal, "* what was not kept yet is not said, as the store cannot keep it");
    hears(terminal, "ann: three", 3, 0);
    hears_nothing(terminal);
    CHECK_EQ(storage_check(self), 0); // that is its author's matter
    subscriber_free(terminal);
    end_gated(self, &d, 0);
    return 0;
}

static void what_the_store_cannot_keep_takes_nothing_with_it(void **state) {
    (void)state;
    run(say_what_cannot_be_kept);
}

/* The last one leaves a room that waits: it is there until what waits is known. */
static int leave_a_room_that_waits(void *arg) {
    directory d;
    storage *self = start_gated(&d);
    const name tea = { "tea" };
    room *r = directory_open_room(&d, &tea);
    (void)arg;
    CHECK(r);
    at_gate.is_shut = true;
    say_so(r, "late", -EINPROGRESS);
    directory_close_room(&d, r);
    CHECK_EQ(d.rooms_n, 2);
    look_after(&d);
    CHECK_EQ(d.rooms_n, 2);
    open_gate();
    pass_a_moment();
    look_after(&d);
    CHECK_EQ(d.rooms_n, 1);
    r = directory_open_room(&d, &tea);
    CHECK(r);
    room_recall(r);
    CHECK_EQ(room_numbers_now(r).last, 1);
    CHECK_EQ(r->past_n, 1);
    at_gate.is_shut = true;
    say_so(r, "later", -EINPROGRESS);
    directory_close_room(&d, r); // and the program ends
    directory_deinit(&d);
    open_gate();
    CHECK_EQ(storage_end(self), 0); // it is kept all the same
    return 0;
}

static void room_that_is_left_waits_for_the_store(void **state) {
    (void)state;
    run(leave_a_room_that_waits);
}

/* Numbers go on where the store is. */
static int start_again(void *arg) {
    directory d;
    (void)arg;
    storage *self = start_gated(&d);
    store_room *rooms;
    size_t n;
    edo_rc_unref(said_so(d.lobby, "hello", "key h", 0));
    CHECK_EQ(store_rooms(at_gate.in, &rooms, &n), 0);
    CHECK_EQ(n, 1);
    free(rooms);
    store *inner = at_gate.in;
    CHECK_EQ(memory_new(&at_gate.in, &memory_ops_that_number, 0), 0); // which it may free
    end_gated(self, &d, 0);
    at_gate = (gated){ .base = { &gated_ops }, .gate = EDO_NOTIFY_INIT, .in = inner };
    CHECK_EQ(storage_start(&self, &at_gate.base), 0);
    CHECK_EQ(directory_init(&d, 10, self), 0);
    CHECK_EQ(room_numbers_now(d.lobby).last, 1);
    message *m = said_so(d.lobby, "again", "key a", 0);
    CHECK_EQ(m->what.number, 2);
    edo_rc_unref(m);
    end_gated(self, &d, 0);
    return 0;
}

static void numbers_go_on_over_a_restart(void **state) {
    (void)state;
    run(start_again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(number_and_time_are_the_store_s),
        cmocka_unit_test(what_is_not_kept_is_not_shown_and_its_author_is_told),
        cmocka_unit_test(what_is_on_its_way_is_no_fault_before_people_wait_for_it),
        cmocka_unit_test(what_is_said_later_is_shown_behind_what_waited),
        cmocka_unit_test(what_waits_has_a_bound_and_more_is_refused),
        cmocka_unit_test(bytes_that_wait_have_a_bound_too),
        cmocka_unit_test(batch_whose_reply_was_lost_is_said_once),
        cmocka_unit_test(what_is_repeated_is_told_to_its_author_alone),
        cmocka_unit_test(what_the_store_cannot_keep_takes_nothing_with_it),
        cmocka_unit_test(room_that_is_left_waits_for_the_store),
        cmocka_unit_test(numbers_go_on_over_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
