/* SPDX-License-Identifier: MIT */
/* stores/rooms.h: rooms that keep what is said in the store of odd.h, and what their tests need: a
 * log that can be read, and the health. */
#ifndef CHAT_TESTS_ROOMS_H
#define CHAT_TESTS_ROOMS_H

#include "odd.h"
#include "room/directory.h"
#include "storage/backlog.h"
#include "storage/health.h"
#include "storage/reads.h"
#include "storage/writes.h"

#include <edo/broadcast.h>
#include <edo/error.h>
#include <edo/log.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lets the tasks that can go on do so. */
static inline void pass_a_moment(void) {
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
}

/* How often the log has that text. */
static inline int logged_n(int log, const char *text) {
    char all[8192];
    ssize_t n = pread(log, all, sizeof all - 1, 0);
    CHECK(n >= 0 && (size_t)n <= sizeof all - 2);
    all[n] = '\0';
    int found = 0;
    for (const char *at = all; (at = strstr(at, text)); at++) found++;
    return found;
}

/* As run(), with a descriptor of the log, in which warnings are. */
static inline void run_with_log(int (*fn)(void *)) {
    FILE *file = tmpfile();
    assert_non_null(file);
    int log = fileno(file);
    const edo_log_opts opts = { .filter = "warn", .fd = log, .ignore_env = true };
    assert_int_equal(edo_log_start(&opts), 0);
    run_with(fn, &log);
    edo_log_stop();
    assert_int_equal(fclose(file), 0);
}

/* Whether the health says so. */
static inline bool health_says(const storage *self, const char *text) {
    int err = storage_check(self);
    const edo_trail_entry *last = err < 0 ? edo_trail_find(err) : NULL;
    bool says_so = last && strstr(last->text, text);
    if (!says_so) fprintf(stderr, "health: %d %s\n", err, last ? last->text : "");
    edo_trail_clear();
    return says_so;
}

#endif
