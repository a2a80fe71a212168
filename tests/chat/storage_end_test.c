/* SPDX-License-Identifier: MIT */
/* Goal: the end of the program writes what it can, for a bounded time, and tells what is lost.
 * Method: a store that waits at a gate, or fails, as it is told; time is virtual. */
#include "stores/rooms.h"

static int end_with_a_store_that_works_again(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.err = -ENOSPC;
    say(d.lobby, "hello");
    kept.err = 0;
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 0);
    CHECK(kept.is_freed && kept.appended_n == 1);
    return 0;
}

static void what_waits_for_the_store_gets_a_last_chance_at_the_end(void **state) {
    (void)state;
    run(end_with_a_store_that_works_again);
}

typedef struct end_row {
    int err;             /* what the disk returns while messages are said, and at the end */
    int end_err;         /* what it returns from then on */
    uint64_t refusals_n; /* so many times; 0: always */
    bool is_known;       /* the failure was met before the end */
    uint64_t on_disk_n;  /* of three messages, in the end */
} end_row;

static void end_by_row(const end_row *row, int log) {
    storage *self = start();
    directory d;
    int told_n = logged_n(log, "messages that were said are lost n=3");
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.sync_err = row->err;
    for (int i = 0; i < 3; i++) say(d.lobby, "hello");
    if (row->is_known) CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    if (row->is_known) pass_a_moment();
    kept.sync_err = row->end_err;
    kept.refusals_n = row->refusals_n;
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), row->on_disk_n == 3 ? 0 : -EIO);
    CHECK(kept.is_freed);
    CHECK_EQ(kept.disk_n, row->on_disk_n);
    CHECK_EQ(logged_n(log, "messages that were said are lost n=3") - told_n, row->on_disk_n == 0);
}

static int end_with_a_disk_that_refuses(void *arg) {
    static const end_row rows[] = {
        { .on_disk_n = 3 },
        { .err = -EIO, .end_err = -EIO },
        { .err = -EIO, .end_err = -EIO, .is_known = true },
        // What it has refused before is not in the store any more, and is given to it again.
        { .err = -EIO, .end_err = 0, .is_known = true, .on_disk_n = 3 },
        { .err = -EIO, .end_err = -EIO, .refusals_n = 1, .on_disk_n = 3 },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) end_by_row(&rows[i], *(int *)arg);
    return 0;
}

static void end_gives_what_the_disk_has_refused_again_and_tells_what_is_lost(void **state) {
    (void)state;
    run_with_log(end_with_a_disk_that_refuses);
}

static int end_with_a_full_store(void *arg) {
    int log = *(int *)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.err = -ENOSPC;
    for (int i = 0; i < 2; i++) say(d.lobby, "hello");
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), -EIO);
    CHECK_EQ(logged_n(log, "messages that were said are lost n=2"), 1);
    self = start(); // it works again, but for some there was no place
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.err = -ENOSPC;
    for (int i = 0; i < BACKLOG_MESSAGES + 4; i++) say(d.lobby, "hello");
    kept.err = 0;
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), -EIO);
    CHECK_EQ(logged_n(log, "messages that were said are lost n=4"), 1);
    CHECK_EQ(kept.disk_n, BACKLOG_MESSAGES);
    self = start(); // the file is there no more
    CHECK_EQ(directory_init(&d, 10, self), 0);
    say(d.lobby, "hello");
    kept.check_err = -ESTALE;
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), -EIO);
    CHECK_EQ(logged_n(log, "messages that were said are lost n=1"), 1);
    return 0;
}

static void end_tells_what_the_store_has_not_taken(void **state) {
    (void)state;
    run_with_log(end_with_a_full_store);
}

static int end_with_a_shut_look(void *arg) {
    int log = *(int *)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.is_look_shut = true;
    CHECK_EQ(edo_sleep(STORAGE_CHECK_EVERY), 0);
    pass_a_moment();
    say(d.lobby, "hello");
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), 1);
    CHECK(!kept.is_freed && kept.appended_n == 1);
    CHECK_EQ(logged_n(log, "may not be in it"), 0);
    kept.is_look_shut = false;
    edo_notify_all(&kept.gate);
    pass_a_moment();
    CHECK(kept.is_freed);
    self = start();
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.is_shut = true;
    say(d.lobby, "hello");
    directory_deinit(&d);
    CHECK_EQ(storage_end(self), -ETIMEDOUT);
    CHECK_EQ(logged_n(log, "may not be in it n=1"), 1);
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    pass_a_moment();
    return 0;
}

static void end_that_meets_a_look_at_the_file_tells_of_no_loss(void **state) {
    (void)state;
    run_with_log(end_with_a_shut_look);
}

static int read_later(void *arg) {
    store_found *found;
    storage *self = arg;
    CHECK_EQ(storage_page(self, &(name){ "tea" }, 0, 10, 10, &found), -ECANCELED);
    return 0;
}

static int end_with_a_shut_read(void *arg) {
    (void)arg;
    storage *self = start();
    edo_scope scope;
    kept.is_shut = true;
    edo_scope_begin(&scope, NULL);
    edo_scope_spawn(&scope, read_later, self);
    pass_a_moment();
    edo_scope_cancel(&scope);
    (void)edo_scope_end(&scope, 0);
    edo_instant begin = edo_now();
    CHECK_EQ(storage_end(self), 1); // all is written
    CHECK(edo_instant_since(edo_now(), begin).ns == STORAGE_END_MAX.ns);
    CHECK(!kept.is_freed);
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    pass_a_moment();
    CHECK(kept.is_freed);
    return 0;
}

static void end_waits_not_long_for_a_read_that_nobody_waits_for(void **state) {
    (void)state;
    run(end_with_a_shut_read);
}

static int end_with_a_shut_store(void *arg) {
    (void)arg;
    storage *self = start();
    directory d;
    CHECK_EQ(directory_init(&d, 10, self), 0);
    kept.is_shut = true;
    say(d.lobby, "hello");
    directory_deinit(&d);
    edo_instant begin = edo_now();
    CHECK_EQ(storage_end(self), -ETIMEDOUT);
    CHECK(edo_instant_since(edo_now(), begin).ns == STORAGE_END_MAX.ns);
    CHECK(!kept.is_freed); // it is in use
    kept.is_shut = false;
    edo_notify_all(&kept.gate);
    pass_a_moment();
    CHECK(kept.is_freed && kept.appended_n == 1);
    return 0;
}

static void end_waits_not_long_for_a_store_that_does_not_respond(void **state) {
    (void)state;
    run(end_with_a_shut_store);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_for_the_store_gets_a_last_chance_at_the_end),
        cmocka_unit_test(end_gives_what_the_disk_has_refused_again_and_tells_what_is_lost),
        cmocka_unit_test(end_tells_what_the_store_has_not_taken),
        cmocka_unit_test(end_that_meets_a_look_at_the_file_tells_of_no_loss),
        cmocka_unit_test(end_waits_not_long_for_a_read_that_nobody_waits_for),
        cmocka_unit_test(end_waits_not_long_for_a_store_that_does_not_respond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
