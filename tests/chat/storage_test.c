/* SPDX-License-Identifier: MIT */
/* Goal: a store that fails, or does not respond, stops nobody; what is not stored is counted.
 * Method: the sources are included. A store of this test waits at a gate, or fails, as it is told;
 * time is virtual. */
#include "../../apps/chat/store.c" // first: its parameters have names of our types

#include <time.h>

static time_t clock_s; /* what the clock of the machine shows; 0: the time that it is */

static int clock_of_test(clockid_t id, struct timespec *out) {
    if (clock_s == 0) return clock_gettime(id, out);
    *out = (struct timespec){ .tv_sec = clock_s };
    return 0;
}

#include "../../apps/chat/directory.c"
#define clock_gettime clock_of_test
#include "../../apps/chat/message.c"
#undef clock_gettime
#include "../../apps/chat/room.c"
#include "../../apps/chat/storage.c"
#include "../../apps/chat/store_found.c"
#include "../../apps/chat/text.c"
#include "../../apps/chat/token.c"
#include "../../apps/chat/wire.c"

#include "inside.h"

#include <edo/notify.h>
#include <edo/runtime.h>

#include <unistd.h>

/* ---- A store that is told what to do --------------------------------------------------------- */

typedef struct odd_store {
    store base;
    edo_notify gate;
    bool is_shut;     /* calls wait at the gate */
    int err;          /* what appends return */
    uint64_t refused; /* the number of a message that is refused; 0: none */
    uint64_t appended_n, calls_n, pages_n;
    bool is_freed;
} odd_store;

static odd_store *odd(store *self) {
    return (odd_store *)(void *)self;
}

static void pass_gate(odd_store *self) {
    edo_shield sh = edo_shield_begin(edo_ns(-1)); // as a system call: nothing cuts it short
    while (self->is_shut) assert_int_equal(edo_notify_wait(&self->gate), 0);
    edo_shield_end(&sh);
}

static int odd_append(store *base, const store_message *rows, size_t n) {
    odd_store *self = odd(base);
    self->calls_n++;
    pass_gate(self);
    for (size_t i = 0; i < n; i++) {
        if (rows[i].number == self->refused) return -EEXIST;
    }
    if (self->err == 0) self->appended_n += n;
    return self->err;
}

static int odd_page(store *base, const name *of, uint64_t after, uint64_t before, size_t limit,
                    store_found **out) {
    (void)of, (void)after, (void)before, (void)limit;
    odd(base)->pages_n++;
    pass_gate(odd(base));
    if (odd(base)->err < 0) return odd(base)->err;
    *out = calloc(1, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

static int odd_find(store *base, const char *ref, size_t ref_bytes, store_found **out) {
    (void)ref, (void)ref_bytes;
    return odd_page(base, NULL, 0, 0, 1, out);
}

static int odd_rooms(store *base, store_room **out, size_t *n) {
    static const store_room known = { .name = { "Tea" }, .last = 7 };
    if (odd(base)->err < 0) return odd(base)->err;
    *out = malloc(sizeof **out);
    **out = known;
    *n = 1;
    return 0;
}

static void odd_free(store *base) {
    odd(base)->is_freed = true;
}

static const store_ops odd_ops = {
    .append = odd_append, .page = odd_page, .find = odd_find, .rooms = odd_rooms, .free = odd_free
};

static odd_store kept;

static storage *start(void) {
    storage *self = NULL;
    kept = (odd_store){ .base = { &odd_ops }, .gate = EDO_NOTIFY_INIT };
    assert_int_equal(edo_time_pause(), 0);
    assert_int_equal(storage_start(&self, &kept.base), 0);
    return self;
}

static void say(room *r, const char *text) {
    const saying what = { .room = r->name, .nick = { "ann" }, .text = edo_str_of(text) };
    assert_int_equal(room_say(r, message_said(&what)), 0);
}

static void run_with(int (*fn)(void *), void *arg) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }), 0);
    assert_int_equal(edo_run(rt, fn, arg), 0);
    edo_runtime_unref(rt);
}

static void run(int (*fn)(void *)) {
    run_with(fn, NULL);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static int read_once(void *arg) {
    storage *self = arg;
    store_found *found;
    assert_int_equal(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), 0);
    free(found);
    return 0;
}

static int look_up_beside_readers(void *arg) {
    enum { READERS = 20 };
    (void)arg;
    storage *self = start();
    edo_scope readers;
    store_found *found;
    kept.is_shut = true;
    edo_scope_begin(&readers, NULL);
    for (int i = 0; i < READERS; i++) edo_scope_spawn(&readers, read_once, self);
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    assert_int_equal(kept.pages_n, 1); // so whatever is said waits for one
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    assert_int_equal(storage_find(self, EDO_STR("x y"), &found), 0);
    free(found);
    assert_int_equal(edo_scope_end(&readers), 0);
    assert_true(storage_end(self));
    return 0;
}

static void past_is_read_by_one_at_a_time(void **state) {
    (void)state;
    run(look_up_beside_readers);
}

static int say_much_to_a_shut_store(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    assert_int_equal(directory_init(&d, 10, self), 0);
    kept.is_shut = true;
    edo_instant begin = edo_now();
    for (int i = 0; i < STORAGE_QUEUE + 1000; i++) say(d.lobby, "hello");
    // One message has waited, and no other.
    assert_true(edo_instant_since(edo_now(), begin).ns == write_max.ns);
    uint64_t lost = storage_unstored_n(self);
    assert_in_range(lost, 1, 1000);
    assert_false(storage_is_well(self));
    store_found *found;
    begin = edo_now();
    assert_int_equal(storage_page(self, &d.lobby->name, 0, 10, 10, &found), -ETIMEDOUT);
    assert_true(edo_instant_since(edo_now(), begin).ns == read_max.ns);
    begin = edo_now();
    assert_int_equal(storage_find(self, EDO_STR("x y"), &found), -ETIMEDOUT);
    assert_true(edo_now().ns == begin.ns); // the store is known not to respond
    assert_false(storage_is_well(self));
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    assert_int_equal(edo_sleep(edo_ms(1)), 0); // it responds
    assert_int_equal(storage_page(self, &d.lobby->name, 0, 10, 10, &found), 0);
    free(found);
    assert_true(storage_is_well(self)); // it has recovered
    assert_int_equal(storage_stored_n(self) + storage_unstored_n(self), STORAGE_QUEUE + 1000);
    assert_int_equal(kept.appended_n, storage_stored_n(self));
    assert_int_equal(storage_unstored_n(self), lost);
    assert_true(kept.calls_n < STORAGE_QUEUE / 8); // they were batches
    directory_deinit(&d);
    assert_true(storage_end(self));
    assert_true(kept.is_freed);
    return 0;
}

static void store_that_does_not_respond_delays_nobody_and_what_it_lost_is_counted(void **state) {
    (void)state;
    run(say_much_to_a_shut_store);
}

static int say_one(void *arg) {
    say(arg, "one");
    return 0;
}

static int say_two(void *arg) {
    room *r = arg;
    const saying what = { .room = r->name, .nick = { "ann" }, .text = EDO_STR("two") };
    return room_say(r, message_said(&what)); // it may be cancelled
}

static size_t shown_n(room *r) {
    size_t n;
    message **all = room_past(r, 0, UINT64_MAX, 10, &n);
    for (size_t i = 0; i < n; i++) edo_rc_unref(all[i]);
    free(all);
    return n;
}

static int recall_once(void *arg) {
    room_recall(arg);
    return 0;
}

static int recall_from_a_store_that_fails_first(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    assert_int_equal(directory_init(&d, 10, self), 0);
    kept.err = -EIO;
    kept.is_shut = true;
    edo_scope two;
    edo_scope_begin(&two, NULL);
    for (int i = 0; i < 2; i++) edo_scope_spawn(&two, recall_once, d.lobby);
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    assert_int_equal(edo_scope_end(&two), 0);
    assert_int_equal(kept.pages_n, 1); // one has waited for the other one's try
    kept.err = 0;
    for (int i = 0; i < 2; i++) room_recall(d.lobby);
    assert_int_equal(kept.pages_n, 2);
    directory_deinit(&d);
    assert_true(storage_end(self));
    return 0;
}

static void room_asks_a_store_that_failed_once_more(void **state) {
    (void)state;
    run(recall_from_a_store_that_fails_first);
}

/* The number of the next message that a terminal is told; 0: there is none. */
static uint64_t told_number(subscriber *terminal) {
    message *m;
    if (edo_broadcast_try_recv(terminal->news, &m, NULL) < 0) return 0;
    uint64_t number = m->what.number;
    edo_rc_unref(m);
    return number;
}

static int look_while_it_is_stored(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    assert_int_equal(directory_init(&d, 10, self), 0);
    kept.is_shut = true;
    subscriber *terminal = room_subscribe(d.lobby, 0, NULL);
    CHECK(terminal);
    edo_task *one = edo_spawn(say_one, d.lobby), *two = edo_spawn(say_two, d.lobby);
    assert_int_equal(edo_sleep(edo_ms(100)), 0);
    assert_int_equal(shown_n(d.lobby), 0);
    uint64_t before = room_numbers_now(d.lobby).last;
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    assert_int_equal(edo_task_join(one) | edo_task_join(two), 0);
    assert_int_equal(shown_n(d.lobby), 2);
    assert_int_equal(kept.appended_n, 2);
    assert_int_equal(room_numbers_now(d.lobby).last, before + 2);
    // A speaker that is cancelled while it waits has spoken.
    kept.is_shut = true;
    one = edo_spawn(say_one, d.lobby);
    two = edo_spawn(say_two, d.lobby);
    assert_int_equal(edo_sleep(edo_ms(100)), 0);
    edo_task_abort(two);
    assert_int_equal(edo_task_join(two), -ECANCELED);
    assert_int_equal(shown_n(d.lobby), 4); // in order: so the first one, too
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    assert_int_equal(edo_task_join(one), 0);
    assert_int_equal(shown_n(d.lobby), 4);
    for (uint64_t i = 1; i <= 4; i++) CHECK_EQ(told_number(terminal), before + i);
    CHECK_EQ(told_number(terminal), 0);
    subscriber_free(terminal);
    directory_deinit(&d);
    assert_true(storage_end(self));
    return 0;
}

static void message_is_shown_once_it_is_stored_and_in_order(void **state) {
    (void)state;
    run(look_while_it_is_stored);
}

static int say_to_a_failing_store(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    store_found *found;
    assert_int_equal(directory_init(&d, 10, self), 0);
    kept.err = -ENOSPC;
    for (int i = 0; i < 10; i++) say(d.lobby, "hello");
    assert_int_equal(storage_page(self, &d.lobby->name, 0, 10, 10, &found), -ENOSPC);
    assert_int_equal(storage_unstored_n(self), 10);
    assert_false(storage_is_well(self));
    kept.err = 0;
    say(d.lobby, "hello");
    assert_int_equal(storage_page(self, &d.lobby->name, 0, 10, 10, &found), 0);
    free(found);
    assert_true(storage_is_well(self) && storage_stored_n(self) == 1);
    directory_deinit(&d);
    assert_true(storage_end(self));
    return 0;
}

static void store_that_fails_is_told_of_until_it_works_again(void **state) {
    (void)state;
    run(say_to_a_failing_store);
}

/* How often the log has that text. */
static int logged_n(int log, const char *text) {
    char all[8192];
    ssize_t n = pread(log, all, sizeof all - 1, 0);
    assert_in_range(n, 0, sizeof all - 2);
    all[n] = '\0';
    int found = 0;
    for (const char *at = all; (at = strstr(at, text)); at++) found++;
    return found;
}

static int say_to_a_store_that_fails_now_and_then(void *arg) {
    int log = *(int *)arg;
    storage *self = start();
    directory d;
    assert_int_equal(directory_init(&d, 10, self), 0);
    for (int i = 0; i < 1000; i++) {
        kept.err = i % 2 == 0 ? -ENOSPC : 0;
        say(d.lobby, "hello");
        assert_int_equal(edo_sleep(edo_ms(1)), 0); // it is written
    }
    assert_int_equal(storage_unstored_n(self), 500);
    assert_int_equal(logged_n(log, "are not stored"), 1);
    assert_int_equal(logged_n(log, "are stored again"), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(edo_sleep(again_after), 0);
        say(d.lobby, "hello");
        assert_int_equal(edo_sleep(edo_ms(1)), 0);
    }
    assert_int_equal(logged_n(log, "are stored again"), 1);
    kept.err = -ENOSPC;
    say(d.lobby, "hello");
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    assert_int_equal(logged_n(log, "are not stored"), 2);
    kept.err = 0;
    directory_deinit(&d);
    assert_true(storage_end(self));
    return 0;
}

static void store_that_fails_now_and_then_does_not_flood_the_log(void **state) {
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    int log = fileno(file);
    const edo_trace_opts opts = { .filter = "warn", .fd = log, .ignore_env = true };
    assert_int_equal(edo_trace_start(&opts), 0);
    run_with(say_to_a_store_that_fails_now_and_then, &log);
    edo_trace_stop();
    assert_int_equal(fclose(file), 0);
}

static int say_one_that_is_refused(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    store_found *found;
    assert_int_equal(directory_init(&d, 10, self), 0);
    kept.refused = room_numbers_now(d.lobby).last + 3;
    for (int i = 0; i < 5; i++) say(d.lobby, "hello");
    assert_int_equal(storage_page(self, &d.lobby->name, 0, 10, 10, &found), 0);
    free(found);
    assert_int_equal(kept.appended_n, 4);
    assert_int_equal(storage_unstored_n(self), 1);
    directory_deinit(&d);
    assert_true(storage_end(self));
    return 0;
}

static void message_that_is_refused_does_not_take_its_batch_with_it(void **state) {
    (void)state;
    run(say_one_that_is_refused);
}

static int end_with_a_shut_store(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    assert_int_equal(directory_init(&d, 10, self), 0);
    kept.is_shut = true;
    say(d.lobby, "hello");
    directory_deinit(&d);
    edo_instant begin = edo_now();
    assert_false(storage_end(self));
    assert_true(edo_instant_since(edo_now(), begin).ns == end_max.ns);
    assert_false(kept.is_freed); // it is in use
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    assert_true(kept.is_freed && kept.appended_n == 1);
    return 0;
}

static int read_later(void *arg) {
    store_found *found;
    storage *self = arg;
    assert_int_equal(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), -ECANCELED);
    return 0;
}

static int end_with_a_shut_read(void *arg) {
    (void)arg;
    storage *self = start();
    edo_scope scope;
    kept.is_shut = true;
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, read_later, self);
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    edo_scope_cancel(&scope);
    (void)edo_scope_end(&scope);
    edo_instant begin = edo_now();
    assert_false(storage_end(self));
    assert_true(edo_instant_since(edo_now(), begin).ns == end_max.ns);
    assert_false(kept.is_freed);
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    assert_true(kept.is_freed);
    return 0;
}

static void end_waits_not_long_for_a_read_that_nobody_waits_for(void **state) {
    (void)state;
    run(end_with_a_shut_read);
}

static void end_waits_not_long_for_a_store_that_does_not_respond(void **state) {
    (void)state;
    run(end_with_a_shut_store);
}

static int go_on_after_stored_numbers(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    assert_int_equal(directory_init(&d, 10, self), 0);
    assert_null(directory_open_known_room(&d, &(name){ "art" }));
    room *tea = directory_open_known_room(&d, &(name){ "tea" });
    assert_non_null(tea);
    uint64_t next = room_numbers_now(tea).last + 1, kept_from;
    assert_true(next > 7 + STORAGE_UNSTORED_MAX && next > d.started_us);
    room_numbers now = room_numbers_now(tea);
    assert_int_equal(room_newest(&now), 7);
    assert_int_equal(room_forgotten(tea, 0, &kept_from), 7);
    assert_int_equal(room_forgotten(tea, 5, &kept_from), 2);
    assert_int_equal(room_forgotten(tea, 9, &kept_from), 0); // it was shown and never stored
    for (int i = 0; i < 12; i++) say(tea, "hello");
    assert_int_equal(room_numbers_now(tea).last, next + 11);
    assert_int_equal(room_forgotten(tea, 5, &kept_from), 2 + 2); // of these the past keeps ten
    assert_int_equal(kept_from, next + 2);
    assert_int_equal(room_forgotten(tea, next, &kept_from), 1);
    directory_close_room(&d, tea); // it is gone, and comes back
    tea = directory_open_known_room(&d, &(name){ "TEA" });
    assert_int_equal(room_numbers_now(tea).last, next + 11);
    assert_int_equal(room_forgotten(tea, 0, &kept_from), 7 + 12);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    assert_true(storage_end(self));
    return 0;
}

/* A browser has numbers as doubles. */
static const uint64_t exact_max = UINT64_C(1) << 53;

static uint64_t life_of_a_room(char person[PERSON_BYTES + 1]) {
    directory d;
    assert_int_equal(directory_init(&d, 10, NULL), 0);
    room *tea = directory_open_room(&d, &(name){ "tea" });
    assert_non_null(tea);
    uint64_t life = tea->life;
    assert_true(life > 0 && life < exact_max);
    member who = { .id = 1 };
    name_terminal(&d, &who);
    memcpy(person, who.person, PERSON_BYTES + 1);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    return life;
}

static int begin_under(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    assert_int_equal(directory_init(&d, 10, self), 0);
    room *tea = directory_open_known_room(&d, &(name){ "tea" });
    assert_non_null(tea);
    assert_int_equal(room_numbers_now(tea).last, 7 + STORAGE_UNSTORED_MAX);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    assert_true(storage_end(self));
    char one[PERSON_BYTES + 1], other[PERSON_BYTES + 1];
    assert_int_not_equal(life_of_a_room(one), life_of_a_room(other)); // as after a restart
    assert_string_not_equal(one, other);
    return 0;
}

static void clock_before_1970_or_beyond_2255_is_none(void **state) {
    (void)state;
    static const int64_t clocks_s[] = { -1,
                                        -86400,
                                        INT64_C(-62135596800),
                                        INT64_C(9007199255),
                                        INT64_C(9223372036),
                                        INT64_C(253402300799) };
    for (size_t i = 0; i < EDO_COUNT(clocks_s); i++) {
        clock_s = (time_t)clocks_s[i];
        run(begin_under);
    }
    clock_s = 0;
}

static void numbers_go_on_behind_a_gap_in_which_nothing_is_missing(void **state) {
    (void)state;
    run(go_on_after_stored_numbers);
}

static int start_with_a_store_that_fails(void *arg) {
    (void)arg;
    storage *self = NULL;
    kept = (odd_store){ .base = { &odd_ops }, .gate = EDO_NOTIFY_INIT, .err = -EIO };
    assert_int_equal(storage_start(&self, &kept.base), -EIO);
    assert_true(kept.is_freed && !self);
    return 0;
}

static void start_fails_with_the_store_and_gives_it_back(void **state) {
    (void)state;
    run(start_with_a_store_that_fails);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(past_is_read_by_one_at_a_time),
        cmocka_unit_test(store_that_does_not_respond_delays_nobody_and_what_it_lost_is_counted),
        cmocka_unit_test(room_asks_a_store_that_failed_once_more),
        cmocka_unit_test(message_is_shown_once_it_is_stored_and_in_order),
        cmocka_unit_test(store_that_fails_is_told_of_until_it_works_again),
        cmocka_unit_test(store_that_fails_now_and_then_does_not_flood_the_log),
        cmocka_unit_test(message_that_is_refused_does_not_take_its_batch_with_it),
        cmocka_unit_test(end_waits_not_long_for_a_read_that_nobody_waits_for),
        cmocka_unit_test(end_waits_not_long_for_a_store_that_does_not_respond),
        cmocka_unit_test(numbers_go_on_behind_a_gap_in_which_nothing_is_missing),
        cmocka_unit_test(clock_before_1970_or_beyond_2255_is_none),
        cmocka_unit_test(start_fails_with_the_store_and_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
