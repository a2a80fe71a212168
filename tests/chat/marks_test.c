/* SPDX-License-Identifier: MIT */
/* Goal: terminals and pages are told what is not stored, and what became of it; what the disk has
 * refused is not stored.
 * Method: rooms over a store that fails as it is told; time is virtual. */
#include "stores/rooms.h"

/* Whether that is the next line that a terminal is told. */
static bool is_told(subscriber *terminal, const char *line) {
    message *m;
    CHECK_EQ(edo_broadcast_try_recv(terminal->news, &m, NULL), 0);
    bool is_it = edo_str_equal((edo_str){ m->line.ptr, m->line.len - 1 }, edo_str_of(line));
    if (!is_it) fprintf(stderr, "%.*s", (int)m->line.len, m->line.ptr);
    edo_rc_unref(m);
    return is_it;
}

static void tell_stored(directory *d) {
    edo_scope tellers;
    edo_scope_begin(&tellers, NULL);
    directory_tell_stored(d, &tellers);
    CHECK_EQ(edo_scope_end(&tellers, 0), 0);
}

/* More than is kept for it while the store fails: what was said first waits. */
static int say_too_much_to_a_failing_store(void *arg) {
    enum { EXTRA = 3 };
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    subscriber *terminal = room_subscribe(d.lobby, 0, NULL);
    CHECK(terminal);
    kept.err = -ENOSPC;
    say(d.lobby, "hello");
    CHECK(is_told(terminal, "ann: hello"));
    CHECK(is_told(terminal, "* what is said in #general is not stored for now"));
    message *waits = STAILQ_FIRST(&d.lobby->past);
    CHECK(message_is_unstored(waits));
    edo_rc_ref(waits);
    subscriber_free(terminal);
    for (int i = 1; i < BACKLOG_MESSAGES + EXTRA; i++) say(d.lobby, "hello");
    message *lost = NULL, *m;
    STAILQ_FOREACH(m, &d.lobby->past, next) lost = m;
    tell_stored(&d);
    CHECK_EQ(storage_unstored_n(self), BACKLOG_MESSAGES);
    CHECK_EQ(storage_lost_n(self), EXTRA);
    kept.err = 0;
    terminal = room_subscribe(d.lobby, 0, NULL);
    CHECK(terminal);
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    tell_stored(&d);
    CHECK(is_told(terminal,
                  "* what is said in #general is stored again, but 3 messages will not be"));
    CHECK(!message_is_unstored(waits) && message_is_unstored(lost)); // it stays marked
    CHECK(kept.is_in_order && kept.appended_n == BACKLOG_MESSAGES);
    CHECK_EQ(storage_unstored_n(self), 0);
    say(d.lobby, "hello");
    CHECK(is_told(terminal, "ann: hello"));
    tell_stored(&d);
    message *more;
    CHECK_EQ(edo_broadcast_try_recv(terminal->news, &more, NULL), -EAGAIN);
    edo_rc_unref(waits);
    subscriber_free(terminal);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), -EIO); // the log has not told of the three yet
    return 0;
}

static void what_is_not_stored_is_told_and_stored_later_in_order_within_a_bound(void **state) {
    (void)state;
    run(say_too_much_to_a_failing_store);
}

/* Of what is said in one room none is kept: what was said in another one waits. */
static int say_beside_those_that_wait(void *arg) {
    int n = *(int *)arg;
    storage *self = start();
    directory d;
    message *more;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.err = -ENOSPC;
    for (int i = 0; i < BACKLOG_MESSAGES; i++) say(d.lobby, "hello");
    room *tea = directory_open_room(&d, &(name){ "tea" });
    subscriber *terminal = room_subscribe(tea, 0, NULL);
    CHECK(terminal);
    for (int i = 0; i < n; i++) {
        say(tea, "hello");
        CHECK(is_told(terminal, "ann: hello"));
        if (i == 0) CHECK(is_told(terminal, "* what is said in #Tea is not stored for now"));
        CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
        tell_stored(&d);
        CHECK_EQ(edo_broadcast_try_recv(terminal->news, &more, NULL), -EAGAIN);
    }
    CHECK_EQ(storage_lost_n(self), n);
    kept.err = 0;
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    tell_stored(&d);
    CHECK(is_told(terminal,
                  n == 1 ? "* what is said in #Tea is stored again, but 1 message will not be"
                         : "* what is said in #Tea is stored again, but 3 messages will not be"));
    tell_stored(&d);
    CHECK_EQ(edo_broadcast_try_recv(terminal->news, &more, NULL), -EAGAIN);
    subscriber_free(terminal);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), -EIO);
    return 0;
}

static void room_of_which_nothing_was_stored_is_told_the_end_when_the_store_works(void **state) {
    (void)state;
    for (int n = 1; n <= 3; n += 2) run_with(say_beside_those_that_wait, &n);
}

static int tell_beside_a_deaf_terminal(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    edo_scope tellers;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    room *tea = directory_open_room(&d, &(name){ "tea" });
    subscriber *deaf = room_subscribe(d.lobby, 0, NULL), *other = room_subscribe(tea, 0, NULL);
    CHECK(deaf && other);
    kept.err = -ENOSPC;
    for (int i = 1; i < ROOM_MESSAGES; i++) say(d.lobby, "hello"); // with one line: it is full
    say(tea, "hello");
    CHECK(is_told(other, "ann: hello"));
    CHECK(is_told(other, "* what is said in #Tea is not stored for now"));
    kept.err = 0;
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    edo_instant begin = edo_now();
    edo_scope_begin(&tellers, NULL);
    directory_tell_stored(&d, &tellers);
    pass_a_moment();
    CHECK(is_told(other, "* what was said in #Tea is stored now"));
    CHECK(edo_instant_since(edo_now(), begin).ns == edo_ms(1).ns);
    for (int i = 0; i < ROOM_MESSAGES; i++) {
        message *m;
        CHECK_EQ(edo_broadcast_try_recv(deaf->news, &m, NULL), 0);
        edo_rc_unref(m);
    }
    CHECK_EQ(edo_scope_end(&tellers, 0), 0);
    CHECK(is_told(deaf, "* what was said in #general is stored now"));
    CHECK(edo_instant_since(edo_now(), begin).ns == edo_ms(1).ns);
    subscriber_free(deaf);
    subscriber_free(other);
    directory_close_room(&d, tea);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void terminal_that_does_not_read_delays_no_other_room_s_end_of_marks(void **state) {
    (void)state;
    run(tell_beside_a_deaf_terminal);
}

/* The disk behind the store refuses what the store has taken: with `has_all` the store still has it
 * when the disk works again. */
static int say_to_a_store_whose_disk_refuses(void *arg) {
    bool has_all = *(bool *)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    say(d.lobby, "hello");
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    CHECK_EQ(kept.syncs_n, 1);
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    CHECK_EQ(kept.syncs_n, 1); // nothing has been said since
    uint64_t first = room_numbers_now(d.lobby).last;
    kept.sync_err = -EIO;
    for (int i = 0; i < 3; i++) say(d.lobby, "hello");
    CHECK_EQ(storage_unstored_n(self), 0);
    CHECK_EQ(storage_stored_n(self), 4);
    CHECK_EQ(storage_check(self), 0);
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    CHECK_EQ(storage_unstored_n(self), 3); // and not the one that is on the disk
    CHECK_EQ(storage_relapses_n(self), 1);
    CHECK_EQ(storage_check(self), -EIO);
    CHECK(storage_is_failing(self));
    say(d.lobby, "hello"); // the store is let alone, and this one waits behind them
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    CHECK_EQ(storage_unstored_n(self), 4);
    CHECK_EQ(storage_relapses_n(self), 1);
    CHECK_EQ(kept.appended_n, 4);
    message *m;
    int unstored_n = 0;
    STAILQ_FOREACH(m, &d.lobby->past, next) unstored_n += message_is_unstored(m);
    CHECK_EQ(unstored_n, 4);
    kept.sync_err = 0;
    if (has_all) {
        STAILQ_FOREACH(m, &d.lobby->past, next) {
            if (m->what.number > first && m->what.number <= first + 3)
                kept.held[kept.held_n++] = m->what;
        }
    } else {
        kept.last = first;
    }
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    CHECK_EQ(storage_unstored_n(self), 0);
    CHECK_EQ(storage_stored_n(self), 5);
    CHECK_EQ(storage_lost_n(self), 0);
    CHECK_EQ(storage_check(self), 0);
    CHECK(kept.is_in_order && kept.last == first + 4);
    CHECK_EQ(kept.appended_n, has_all ? 5 : 8);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void what_the_disk_refuses_is_not_stored_and_is_given_to_the_store_again(void **state) {
    (void)state;
    for (int has_all = 0; has_all <= 1; has_all++)
        run_with(say_to_a_store_whose_disk_refuses, &(bool){ has_all });
}

/* The disk refuses while the task that writes is in a call of the store, and works again before
 * that returns. */
static int refuse_beside_a_shut_store(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    uint64_t first = room_numbers_now(d.lobby).last;
    for (int i = 0; i < 3; i++) say(d.lobby, "hello");
    kept.is_shut = true;
    kept.sync_err = -EIO;
    say(d.lobby, "hello"); // which waits for half a second
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    CHECK_EQ(kept.syncs_n, 1);
    kept.sync_err = 0;
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    CHECK_EQ(kept.syncs_n, 1);
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    pass_a_moment();
    CHECK_EQ(kept.appended_n, 4);
    CHECK_EQ(storage_unstored_n(self), 4);
    CHECK(storage_is_failing(self)); // that the store has taken one changes nothing
    kept.last = first;
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    CHECK_EQ(kept.syncs_n, 2);
    CHECK_EQ(kept.appended_n, 8);
    CHECK_EQ(storage_unstored_n(self), 0);
    CHECK_EQ(storage_stored_n(self), 4);
    CHECK(kept.is_in_order);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void what_the_disk_refuses_beside_a_slow_write_is_given_again_too(void **state) {
    (void)state;
    run(refuse_beside_a_shut_store);
}

/* More than the storage keeps of what is perhaps not on the disk. */
static int say_much_between_two_syncs(void *arg) {
    int log = *(int *)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.sync_err = -EIO;
    for (int i = 0; i < BACKLOG_MESSAGES + 10; i++) say(d.lobby, "hello");
    CHECK_EQ(kept.syncs_n, 0);
    CHECK_EQ(storage_unsynced_n(self), BACKLOG_MESSAGES + 10);
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    CHECK_EQ(storage_unstored_n(self), BACKLOG_MESSAGES);
    CHECK_EQ(storage_lost_n(self), 10); // as far as anybody knows
    CHECK_EQ(storage_unsynced_n(self), 0);
    CHECK_EQ(logged_n(log, "of some no copy is left n=10"), 1);
    kept.sync_err = 0;
    kept.last = 0;
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    CHECK_EQ(storage_unstored_n(self), 0);
    CHECK(kept.is_in_order);
    for (int i = 0; i < BACKLOG_MESSAGES + 10; i++) say(d.lobby, "hello");
    CHECK_EQ(storage_unsynced_n(self), 2 * BACKLOG_MESSAGES + 10);
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    CHECK_EQ(storage_unsynced_n(self), 0); // the disk has all of them
    CHECK_EQ(storage_lost_n(self), 10);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), -EIO);
    return 0;
}

static void what_is_kept_for_the_disk_has_a_bound_and_what_is_not_is_counted(void **state) {
    (void)state;
    run_with_log(say_much_between_two_syncs);
}

/* What was told as said is told as not stored, and once, when the disk has refused it. */
static int mark_what_the_disk_refuses(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    message *more;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    subscriber *terminal = room_subscribe(d.lobby, 0, NULL);
    CHECK(terminal);
    kept.sync_err = -EIO;
    say(d.lobby, "hello");
    CHECK(is_told(terminal, "ann: hello"));
    message *said = STAILQ_FIRST(&d.lobby->past);
    CHECK(!message_is_unstored(said) && !said->is_marked);
    tell_stored(&d);
    CHECK_EQ(edo_broadcast_try_recv(terminal->news, &more, NULL), -EAGAIN);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
        pass_a_moment();
        tell_stored(&d);
        CHECK(message_is_unstored(said));
        if (i == 0) CHECK(is_told(terminal, "* what is said in #general is not stored for now"));
        CHECK_EQ(edo_broadcast_try_recv(terminal->news, &more, NULL), -EAGAIN);
    }
    kept.sync_err = 0;
    kept.last = 0;
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    tell_stored(&d);
    CHECK(!message_is_unstored(said));
    CHECK(is_told(terminal, "* what was said in #general is stored now"));
    CHECK_EQ(edo_broadcast_try_recv(terminal->news, &more, NULL), -EAGAIN);
    subscriber_free(terminal);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void what_the_disk_has_refused_later_is_told_as_not_stored(void **state) {
    (void)state;
    run(mark_what_the_disk_refuses);
}

static bool frame_has(const message *m, const char *text) {
    return memmem(m->frame.ptr, m->frame.len, text, strlen(text)) != NULL;
}

/* The frame that confirms a message says that it is not stored; those who come later are told what
 * is so then. */
static int confirm_with_a_mark(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.err = -ENOSPC;
    say(d.lobby, "hello");
    message *said = STAILQ_FIRST(&d.lobby->past);
    CHECK(frame_has(said, ",\"unstored\":true}") && said->frame.ptr[said->frame.len - 1] == '}');
    message *own = message_with_ref(said, EDO_STR("r1")), *later = message_unmarked(said);
    CHECK(own && later && later != said);
    CHECK(frame_has(own, "\"unstored\":true,\"ref\":\"r1\"}") && !frame_has(later, "unstored"));
    CHECK_EQ(later->what.number, said->what.number);
    edo_rc_unref(own);
    edo_rc_unref(later);
    kept.err = 0;
    CHECK_EQ(edo_sleep(WRITES_RETRY_AFTER), 0);
    pass_a_moment();
    say(d.lobby, "hello");
    message *next = STAILQ_NEXT(said, next);
    CHECK(next && !frame_has(next, "unstored"));
    later = message_unmarked(next);
    CHECK(later == next);
    edo_rc_unref(later);
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    return 0;
}

static void frame_of_a_message_that_is_not_stored_says_so(void **state) {
    (void)state;
    run(confirm_with_a_mark);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_stored_is_told_and_stored_later_in_order_within_a_bound),
        cmocka_unit_test(room_of_which_nothing_was_stored_is_told_the_end_when_the_store_works),
        cmocka_unit_test(terminal_that_does_not_read_delays_no_other_room_s_end_of_marks),
        cmocka_unit_test(what_the_disk_refuses_is_not_stored_and_is_given_to_the_store_again),
        cmocka_unit_test(what_the_disk_refuses_beside_a_slow_write_is_given_again_too),
        cmocka_unit_test(what_is_kept_for_the_disk_has_a_bound_and_what_is_not_is_counted),
        cmocka_unit_test(what_the_disk_has_refused_later_is_told_as_not_stored),
        cmocka_unit_test(frame_of_a_message_that_is_not_stored_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
