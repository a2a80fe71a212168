/* SPDX-License-Identifier: MIT */
/* Goal: a store that fails, or does not respond, stops nobody; what is not stored is counted.
 * Method: a store that waits at a gate, or fails, as it is told; time is virtual. */
#include "../../apps/chat/storage/storage.c"

#include "person/past.h"
#include "stores/rooms.h"
#include "stores/told_clock.h"

/* ---- Tests ----------------------------------------------------------------------------------- */

static int read_once(void *arg) {
    storage *self = arg;
    store_found *found;
    CHECK_EQ(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), 0);
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
    pass_a_moment();
    CHECK_EQ(kept.pages_n, 1); // so whatever is said waits for one
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    CHECK_EQ(storage_find(self, EDO_STR("x y"), &found), 0);
    free(found);
    CHECK_EQ(edo_scope_end(&readers, 0), 0);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void past_is_read_by_one_at_a_time(void **state) {
    (void)state;
    run(look_up_beside_readers);
}

static int respond_as_one_gives_up(void *arg) {
    (void)arg;
    storage *self = start();
    uint64_t ends_n = atomic_load(&self->health.ends_n);
    // just before the one that waits says that it did so in vain
    health_note_response(&self->health);
    health_note_vain_wait(&self->health, edo_now(), ends_n);
    CHECK_EQ(atomic_load(&self->health.stuck_since_ns), 0);
    health_note_vain_wait(&self->health, edo_now(), ends_n + 1);
    CHECK(atomic_load(&self->health.stuck_since_ns) != 0);
    health_note_response(&self->health);
    CHECK_EQ(atomic_load(&self->health.stuck_since_ns), 0);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void store_that_responds_as_one_gives_up_is_not_stuck(void **state) {
    (void)state;
    run(respond_as_one_gives_up);
}

static int end_slow_read(void *arg) {
    storage *self = arg;
    CHECK_EQ(edo_sleep(edo_ms(1500)), 0);
    edo_sem_release(&self->reads.past, 1);
    return 0;
}

static int read_behind_a_slow_read(void *arg) {
    (void)arg;
    storage *self = start();
    store_found *found;
    CHECK_EQ(edo_sem_try_acquire(&self->reads.past, 1), 0); // that of the read before
    edo_task *slow = edo_spawn(end_slow_read, self);
    kept.is_shut = true;
    edo_instant begin = edo_now();
    CHECK_EQ(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), -ETIMEDOUT);
    CHECK(edo_instant_since(edo_now(), begin).ns == READS_MAX.ns);
    CHECK_EQ(kept.pages_n, 1);
    CHECK_EQ(storage_check(self), 0); // half a second for itself tells nothing of the store
    CHECK_EQ(edo_task_join(slow), 0);
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    pass_a_moment();
    CHECK_EQ(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), 0);
    free(found);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static int read_behind_one_that_goes_on(void *arg) {
    (void)arg;
    storage *self = start();
    store_found *found;
    size_t pages_n = kept.pages_n;
    CHECK_EQ(edo_sem_try_acquire(&self->reads.past, 1), 0);
    CHECK_EQ(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), -EBUSY);
    CHECK_EQ(kept.pages_n, pages_n);
    edo_sem_release(&self->reads.past, 1);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void reader_who_has_only_stood_in_line_knows_that_the_store_was_not_asked(void **state) {
    (void)state;
    run(read_behind_one_that_goes_on);
}

static void past_is_waited_for_2_s_with_those_who_read_before(void **state) {
    (void)state;
    run(read_behind_a_slow_read);
}

/* `arg` is a room; a task's function. */
static int read_what_the_store_has(void *arg) {
    room *of = arg;
    past_place in;
    message *page;
    CHECK_EQ(past_place_take(&in, of->turns, (edo_str){ 0 }), 0);
    CHECK_EQ(past_page_frame(&page, &in, of, NULL, 0, 10, (edo_str){ 0 }), 0);
    edo_rc_unref(page);
    past_place_return(&in);
    return 0;
}

static int read_what_is_kept_beside_a_shut_store(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    room *tea = directory_open_known_room(&d, &(name){ "tea" });
    CHECK(tea);
    say(d.lobby, "hello");
    kept.is_shut = true;
    edo_task *reader = edo_spawn(read_what_the_store_has, tea);
    pass_a_moment();
    CHECK_EQ(kept.pages_n, 1);
    edo_instant begin = edo_now();
    CHECK_EQ(read_what_the_store_has(d.lobby), 0);
    CHECK(edo_now().ns == begin.ns);
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    CHECK_EQ(edo_task_join(reader), 0);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void page_that_is_kept_does_not_wait_for_one_that_is_read(void **state) {
    (void)state;
    run(read_what_is_kept_beside_a_shut_store);
}

static int say_much_to_a_shut_store(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.is_shut = true;
    edo_instant begin = edo_now();
    for (int i = 0; i < WRITES_QUEUE + 1000; i++) say(d.lobby, "hello");
    // One message has waited, and no other.
    CHECK(edo_instant_since(edo_now(), begin).ns == WRITES_WAIT_MAX.ns);
    uint64_t lost = storage_lost_n(self);
    CHECK(lost >= 1 && lost <= 1000);
    CHECK(storage_check(self) < 0);
    store_found *found;
    begin = edo_now();
    CHECK_EQ(storage_page(self, &d.lobby->name, 0, 10, 10, &found), -ETIMEDOUT);
    CHECK(edo_instant_since(edo_now(), begin).ns == READS_MAX.ns);
    begin = edo_now();
    CHECK_EQ(storage_find(self, EDO_STR("x y"), &found), -ETIMEDOUT);
    CHECK(edo_now().ns == begin.ns); // the store is known not to respond
    CHECK(health_says(self, "the store has not responded for 2 s"));
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    pass_a_moment(); // it responds
    CHECK_EQ(storage_page(self, &d.lobby->name, 0, 10, 10, &found), 0);
    free(found);
    CHECK_EQ(storage_check(self), -EIO); // it has recovered, and something is lost
    CHECK_EQ(storage_stored_n(self) + lost, WRITES_QUEUE + 1000);
    CHECK_EQ(kept.appended_n, storage_stored_n(self));
    CHECK_EQ(storage_lost_n(self), lost);
    CHECK_EQ(storage_unstored_n(self), 0);
    CHECK(kept.calls_n < WRITES_QUEUE / 8); // they were batches
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), -EIO);
    CHECK(kept.is_freed);
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
    return room_say(r, message_said(&what));
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
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.err = -EIO;
    kept.is_shut = true;
    edo_scope two;
    edo_scope_begin(&two, NULL);
    for (int i = 0; i < 2; i++) edo_scope_spawn(&two, recall_once, d.lobby);
    pass_a_moment();
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    CHECK_EQ(edo_scope_end(&two, 0), 0);
    CHECK_EQ(kept.pages_n, 1); // one has waited for the other one's try
    kept.err = 0;
    for (int i = 0; i < 2; i++) room_recall(d.lobby);
    CHECK_EQ(kept.pages_n, 2);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void room_asks_a_store_that_failed_once_more(void **state) {
    (void)state;
    run(recall_from_a_store_that_fails_first);
}

/* The number of the next message that a terminal is told; 0: there is none. */
static uint64_t told_number(subscriber *terminal) {
    message *m;
    uint64_t number = 0;
    while (number == 0 && edo_broadcast_try_recv(terminal->news, &m, NULL) == 0) {
        number = m->what.number;
        edo_rc_unref(m);
    }
    return number;
}

static int look_while_it_is_stored(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.is_shut = true;
    subscriber *terminal = room_subscribe(d.lobby, 0, NULL);
    CHECK(terminal);
    edo_task *one = edo_spawn(say_one, d.lobby), *two = edo_spawn(say_two, d.lobby);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    CHECK_EQ(shown_n(d.lobby), 0);
    uint64_t before = room_numbers_now(d.lobby).last;
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    CHECK_EQ(edo_task_join(one) | edo_task_join(two), 0);
    CHECK_EQ(shown_n(d.lobby), 2);
    CHECK_EQ(kept.appended_n, 2);
    CHECK_EQ(room_numbers_now(d.lobby).last, before + 2);
    // A speaker that is cancelled while it waits has spoken.
    kept.is_shut = true;
    one = edo_spawn(say_one, d.lobby);
    two = edo_spawn(say_two, d.lobby);
    CHECK_EQ(edo_sleep(edo_ms(100)), 0);
    edo_task_cancel(two);
    CHECK_EQ(edo_task_join(two), 0);
    CHECK_EQ(shown_n(d.lobby), 4); // in order: so the first one, too
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    CHECK_EQ(edo_task_join(one), 0);
    CHECK_EQ(shown_n(d.lobby), 4);
    for (uint64_t i = 1; i <= 4; i++) CHECK_EQ(told_number(terminal), before + i);
    CHECK_EQ(told_number(terminal), 0);
    subscriber_free(terminal);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void message_is_shown_once_it_is_stored_and_in_order(void **state) {
    (void)state;
    run(look_while_it_is_stored);
}

static int leave_while_a_terminal_does_not_read(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    subscriber *idle = room_subscribe(d.lobby, 0, NULL), *reader = room_subscribe(d.lobby, 0, NULL);
    CHECK(idle && reader);
    for (int i = 0; i < ROOM_MESSAGES; i++) say(d.lobby, "hello");
    while (told_number(reader) > 0) {
    }
    edo_task *gone = edo_spawn(say_two, d.lobby);
    pass_a_moment();
    CHECK_EQ(told_number(reader), 0); // it waits for the one that is idle
    edo_task_cancel(gone);
    CHECK_EQ(edo_task_join(gone), 0);
    CHECK_EQ(told_number(reader), room_numbers_now(d.lobby).last); // and nobody has spoken since
    subscriber_free(idle);
    subscriber_free(reader);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void what_was_said_is_told_though_its_speaker_has_gone(void **state) {
    (void)state;
    run(leave_while_a_terminal_does_not_read);
}

static int say_to_a_failing_store(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    store_found *found;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.err = -ENOSPC;
    for (int i = 0; i < 10; i++) say(d.lobby, "hello");
    CHECK_EQ(storage_page(self, &d.lobby->name, 0, 10, 10, &found), -ENOSPC);
    CHECK_EQ(storage_unstored_n(self), 10);
    CHECK(storage_check(self) < 0);
    CHECK_EQ(kept.calls_n, 1); // and was let alone since
    kept.err = 0;
    say(d.lobby, "hello");
    CHECK_EQ(storage_unstored_n(self), 11); // one behind the other
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    CHECK_EQ(storage_page(self, &d.lobby->name, 0, 10, 10, &found), 0);
    free(found);
    CHECK_EQ(storage_check(self), 0);
    CHECK_EQ(storage_stored_n(self), 11);
    CHECK(kept.is_in_order && kept.appended_n == 11);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void store_that_fails_is_told_of_until_it_works_again(void **state) {
    (void)state;
    run(say_to_a_failing_store);
}

static int say_to_a_store_that_fails_now_and_then(void *arg) {
    int log = *(int *)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    for (int i = 0; i < 100; i++) {
        kept.err = i % 2 == 0 ? -ENOSPC : 0;
        say(d.lobby, "hello");
        CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
        pass_a_moment();
        CHECK_EQ(storage_unstored_n(self), i % 2 == 0);
    }
    CHECK_EQ(storage_stored_n(self), 100);
    CHECK_EQ(logged_n(log, "are not stored"), 1);
    CHECK_EQ(logged_n(log, "are stored again"), 0);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_sleep(HEALTH_AGAIN_AFTER), 0); // nothing is said
    CHECK_EQ(logged_n(log, "are stored again"), 1);
    kept.err = -ENOSPC;
    say(d.lobby, "hello");
    pass_a_moment();
    CHECK_EQ(logged_n(log, "are not stored"), 2);
    kept.err = 0;
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void store_that_fails_now_and_then_does_not_flood_the_log(void **state) {
    (void)state;
    run_with_log(say_to_a_store_that_fails_now_and_then);
}

static int look_at_a_file_that_is_damaged(void *arg) {
    static const struct {
        int err;
        const char *told;
        int end;
    } rows[] = { { -ESTALE, "was deleted or replaced", 0 },
                 { -EILSEQ, "is damaged", 0 },
                 { -ENODATA, "log was cut off: some of what was stored is lost", -EIO } };
    int log = *(int *)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        storage *self = start();
        CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
        CHECK_EQ(storage_check(self), 0);
        kept.check_err = rows[i].err;
        for (int n = 0; n < 10; n++) CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
        CHECK_EQ(storage_check(self), rows[i].err);
        CHECK_EQ(logged_n(log, rows[i].told), 1);
        CHECK_EQ(storage_end(self), rows[i].end);
    }
    CHECK_EQ(logged_n(log, "where=\"chat.db: page 3, from byte 8192 on\""), 1);
    storage *self = start();
    store_found *found;
    kept.err = -EILSEQ; // a read finds it
    CHECK_EQ(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), -EILSEQ);
    CHECK_EQ(storage_check(self), -EILSEQ);
    CHECK_EQ(logged_n(log, "is damaged"), 1);
    for (int n = 0; n < 3; n++)
        CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0); // by now its place is known
    CHECK_EQ(logged_n(log, "is damaged"), 2);
    CHECK_EQ(storage_end(self), 0);
    self = start();
    kept.err = -EIO;
    for (int n = 0; n < 10; n++)
        CHECK_EQ(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), -EIO);
    CHECK_EQ(storage_check(self), -EIO);
    CHECK_EQ(logged_n(log, "the past was not read"), 2); // the other one is the damage
    kept.err = 0;
    CHECK_EQ(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), 0);
    free(found);
    CHECK_EQ(storage_check(self), 0);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static int look_at_a_file_that_cannot_be_read(void *arg) {
    int log = *(int *)arg;
    storage *self = start();
    kept.check_err = -EIO;
    for (int n = 0; n < 3; n++) CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    CHECK(health_says(self, "the store cannot be read"));
    CHECK_EQ(logged_n(log, "the store was not read"), 1);
    kept.check_err = 0;
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    CHECK_EQ(storage_check(self), 0);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void look_that_fails_is_told_while_it_does(void **state) {
    (void)state;
    run_with_log(look_at_a_file_that_cannot_be_read);
}

/* Some of what is read is left out as the disk fails: that passes. */
static int read_from_a_disk_that_fails(void *arg) {
    (void)arg;
    storage *self = start();
    store_found *found;
    kept.held[kept.held_n++] = (saying){ .number = 5 };
    kept.unreadable = 5;
    kept.page_fault = -EIO;
    CHECK_EQ(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), 0);
    CHECK_EQ(found->fault, -EIO);
    free(found);
    CHECK(health_says(self, "the store cannot be read"));
    CHECK(!storage_is_damaged(self));
    kept.unreadable = 0;
    CHECK_EQ(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), 0);
    CHECK_EQ(found->n, 1);
    free(found);
    CHECK_EQ(storage_check(self), 0);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void disk_that_fails_to_read_is_no_damage_for_good(void **state) {
    (void)state;
    run(read_from_a_disk_that_fails);
}

static int ask_for_much_that_is_wrong(void *arg) {
    (void)arg;
    static const char *const names[] = { "", "x", "xx" }; // so a character is cut somewhere
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        char where[STORE_DAMAGE_BYTES];
        (void)snprintf(where, sizeof where,
                       "%s\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac\u20ac.db: "
                       "page 3, from byte 8192 on; and a text that only SQLite can tell",
                       names[i]);
        storage *self = start();
        kept.check_err = -EILSEQ;
        kept.damage = where;
        for (int n = 0; n < 3; n++) CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
        CHECK_EQ(storage_check(self), -EILSEQ);
        const char *whole = edo_trail_find(-EILSEQ)->text;
        CHECK(strstr(whole, where) && !strstr(whole, "\u2026"));
        atomic_store(&self->writes.has_failed, true);
        CHECK_EQ(storage_check(self), -EILSEQ);
        edo_str told = edo_str_of(edo_trail_find(-EILSEQ)->text);
        CHECK(edo_str_is_utf8(told));
        CHECK(told.len > 3 && strcmp(told.ptr + told.len - 3, "\u2026") == 0);
        edo_trail_clear();
        CHECK_EQ(storage_end(self), 0);
    }
    return 0;
}

static void health_that_is_cut_says_so_behind_a_whole_character(void **state) {
    (void)state;
    run(ask_for_much_that_is_wrong);
}

static void damage_of_the_file_is_told_once(void **state) {
    (void)state;
    run_with_log(look_at_a_file_that_is_damaged);
}

static int say_one_that_is_refused(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    store_found *found;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.refused = room_numbers_now(d.lobby).last + 3;
    for (int i = 0; i < 5; i++) say(d.lobby, "hello");
    CHECK_EQ(storage_page(self, &d.lobby->name, 0, 10, 10, &found), 0);
    free(found);
    CHECK_EQ(kept.appended_n, 4);
    CHECK_EQ(storage_lost_n(self), 1);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), -EIO);
    return 0;
}

static void message_that_is_refused_does_not_take_its_batch_with_it(void **state) {
    (void)state;
    run(say_one_that_is_refused);
}

static int say_to_a_store_that_fails_late(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.err = -ENOSPC;
    for (int i = 0; i < 3; i++) say(d.lobby, "hello");
    kept.err = -EIO; // nor can it be read what it has
    kept.fails_late = true;
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    CHECK_EQ(kept.held_n, 3);
    CHECK_EQ(kept.pages_n, 1);
    CHECK_EQ(storage_unstored_n(self), 3);
    CHECK_EQ(storage_lost_n(self), 0);
    kept.err = 0;
    kept.unreadable = kept.held[0].number; // the disk fails to read it
    kept.page_fault = -EIO;
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    CHECK_EQ(storage_unstored_n(self), 3);
    CHECK_EQ(storage_lost_n(self), 0);
    kept.unreadable = 0;
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    CHECK_EQ(storage_stored_n(self), 3);
    CHECK_EQ(storage_unstored_n(self), 0);
    CHECK_EQ(storage_check(self), 0); // nothing is lost
    kept.held[0].number = room_numbers_now(d.lobby).last + 1;
    kept.held[0].nick = (name){ "bob" };
    say(d.lobby, "hello");
    CHECK_EQ(storage_stored_n(self), 3);
    CHECK_EQ(storage_lost_n(self), 1); // another message has its number
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), -EIO);
    return 0;
}

static void message_that_is_stored_though_the_store_has_failed_is_not_lost(void **state) {
    (void)state;
    run(say_to_a_store_that_fails_late);
}

static int speak_beside_a_disk_that_hangs(void *arg) {
    int log = *(int *)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.is_sync_shut = true;
    say(d.lobby, "hello");
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    CHECK_EQ(storage_check(self), 0);
    say(d.lobby, "hello");
    CHECK_EQ(edo_sleep(edo_s(6)), 0);
    CHECK(health_says(self, "the disk has not responded for 6 s, and may lack 2 messages"));
    CHECK_EQ(storage_check(self), -ETIMEDOUT);
    CHECK(kept.looks_n >= 6 && kept.appended_n == 2); // all else goes on
    kept.check_err = -ESTALE;
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    CHECK_EQ(storage_check(self), -ESTALE);
    directory_deinit(&d);
    edo_instant begin = edo_now();
    CHECK_EQ(storage_end(self), -ETIMEDOUT);
    CHECK(edo_instant_since(edo_now(), begin).ns == STORAGE_END_SYNC_MAX.ns);
    CHECK_EQ(logged_n(log, "the last messages may not be on it n=2"), 1);
    CHECK(!kept.is_freed);
    kept.is_sync_shut = false;
    edo_notify_all(&kept.gate);
    pass_a_moment();
    CHECK(kept.is_freed);
    return 0;
}

static void disk_that_hangs_is_told_and_stops_nothing_else(void **state) {
    (void)state;
    run_with_log(speak_beside_a_disk_that_hangs);
}

static int look_at_a_store_that_hangs(void *arg) {
    (void)arg;
    storage *self = start();
    kept.is_look_shut = true;
    CHECK_EQ(edo_sleep(edo_s(30)), 0); // as long as a look at a large file may take
    CHECK_EQ(storage_check(self), 0);
    CHECK_EQ(edo_sleep(edo_s(40)), 0);
    CHECK(health_says(self, "the store has not responded for 69 s"));
    kept.is_look_shut = false;
    edo_notify_all(&kept.gate);
    pass_a_moment();
    CHECK_EQ(storage_check(self), 0);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void look_that_hangs_is_told(void **state) {
    (void)state;
    run(look_at_a_store_that_hangs);
}

static int go_on_after_stored_numbers(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    CHECK(!directory_open_known_room(&d, &(name){ "art" }));
    room *tea = directory_open_known_room(&d, &(name){ "tea" });
    CHECK(tea);
    uint64_t next = room_numbers_now(tea).last + 1, kept_from;
    CHECK(next > 7 + STORAGE_UNSTORED_MAX && next > d.started_us);
    room_numbers now = room_numbers_now(tea);
    CHECK_EQ(room_newest(&now), 7);
    CHECK_EQ(room_forgotten(tea, 0, &kept_from), 7);
    CHECK_EQ(room_forgotten(tea, 5, &kept_from), 2);
    CHECK_EQ(room_forgotten(tea, 9, &kept_from), 0); // it was shown and never stored
    for (int i = 0; i < 12; i++) say(tea, "hello");
    CHECK_EQ(room_numbers_now(tea).last, next + 11);
    CHECK_EQ(room_forgotten(tea, 5, &kept_from), 2 + 2); // of these the past keeps ten
    CHECK_EQ(kept_from, next + 2);
    CHECK_EQ(room_forgotten(tea, next, &kept_from), 1);
    directory_close_room(&d, tea); // it is gone, and comes back
    tea = directory_open_known_room(&d, &(name){ "TEA" });
    CHECK_EQ(room_numbers_now(tea).last, next + 11);
    CHECK_EQ(room_forgotten(tea, 0, &kept_from), 7 + 12);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

/* A browser has numbers as doubles. */
static const uint64_t exact_max = UINT64_C(1) << 53;

static uint64_t life_of_a_room(char person[PERSON_BYTES + 1]) {
    directory d;
    CHECK_EQ(directory_init(&d, 10, NULL), 0);
    room *tea = directory_open_room(&d, &(name){ "tea" });
    CHECK(tea);
    uint64_t life = tea->life;
    CHECK(life > 0 && life < exact_max);
    member who = { .id = 0 };
    CHECK_EQ(directory_arrive(&d, &who), 0);
    memcpy(person, who.person, PERSON_BYTES + 1);
    directory_depart(&d, &who);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    return life;
}

static int begin_under(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    room *tea = directory_open_known_room(&d, &(name){ "tea" });
    CHECK(tea);
    CHECK_EQ(room_numbers_now(tea).last, 7 + STORAGE_UNSTORED_MAX);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    char one[PERSON_BYTES + 1], other[PERSON_BYTES + 1];
    CHECK(life_of_a_room(one) != life_of_a_room(other)); // as after a restart
    CHECK(strcmp(one, other) != 0);
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
        clock_s = clocks_s[i];
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
    CHECK_EQ(storage_start(&self, &kept.base), -EIO);
    CHECK(kept.is_freed && !self);
    return 0;
}

static void start_fails_with_the_store_and_gives_it_back(void **state) {
    (void)state;
    run(start_with_a_store_that_fails);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(past_is_read_by_one_at_a_time),
        cmocka_unit_test(store_that_responds_as_one_gives_up_is_not_stuck),
        cmocka_unit_test(past_is_waited_for_2_s_with_those_who_read_before),
        cmocka_unit_test(reader_who_has_only_stood_in_line_knows_that_the_store_was_not_asked),
        cmocka_unit_test(page_that_is_kept_does_not_wait_for_one_that_is_read),
        cmocka_unit_test(store_that_does_not_respond_delays_nobody_and_what_it_lost_is_counted),
        cmocka_unit_test(room_asks_a_store_that_failed_once_more),
        cmocka_unit_test(message_is_shown_once_it_is_stored_and_in_order),
        cmocka_unit_test(what_was_said_is_told_though_its_speaker_has_gone),
        cmocka_unit_test(store_that_fails_is_told_of_until_it_works_again),
        cmocka_unit_test(store_that_fails_now_and_then_does_not_flood_the_log),
        cmocka_unit_test(damage_of_the_file_is_told_once),
        cmocka_unit_test(health_that_is_cut_says_so_behind_a_whole_character),
        cmocka_unit_test(message_that_is_refused_does_not_take_its_batch_with_it),
        cmocka_unit_test(message_that_is_stored_though_the_store_has_failed_is_not_lost),
        cmocka_unit_test(look_that_fails_is_told_while_it_does),
        cmocka_unit_test(disk_that_fails_to_read_is_no_damage_for_good),
        cmocka_unit_test(disk_that_hangs_is_told_and_stops_nothing_else),
        cmocka_unit_test(look_that_hangs_is_told),
        cmocka_unit_test(numbers_go_on_behind_a_gap_in_which_nothing_is_missing),
        cmocka_unit_test(clock_before_1970_or_beyond_2255_is_none),
        cmocka_unit_test(start_fails_with_the_store_and_gives_it_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
