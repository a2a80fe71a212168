/* SPDX-License-Identifier: MIT */
/* tests/locks/said.h: locks, and what a program of them says on standard error. */
#ifndef EDOI_TESTS_LOCKS_SAID_H
#define EDOI_TESTS_LOCKS_SAID_H

#include <edo/edo.h>
#include <edo/locks.h>

#include "inside.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static edo_mutex a, b, c;
static edo_rwlock shelf;
static edo_once made;
static char said[65536];

/* Runs `fn` with locks watched as `opts` say; `said` gets standard error. Returns how many
 * deadlocks closed meanwhile. */
static uint64_t deadlocks_of(edo_task_fn *fn, void *arg, const edo_locks_opts *opts) {
    edo_locks_stats before, after;
    FILE *file = tmpfile();
    int old = dup(STDERR_FILENO);
    assert_non_null(file);
    a = b = c = (edo_mutex)EDO_MUTEX_INIT;
    shelf = (edo_rwlock)EDO_RWLOCK_INIT;
    made = (edo_once)EDO_ONCE_INIT;
    assert_int_equal(edo_locks_watch(opts), 0);
    edo_locks_get_stats(&before);
    (void)fflush(stderr);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    int result = inside(fn, arg);
    (void)fflush(stderr);
    assert_true(dup2(old, STDERR_FILENO) >= 0);
    (void)close(old);
    rewind(file);
    size_t n = fread(said, 1, sizeof said - 1, file);
    said[n] = '\0';
    (void)fclose(file);
    assert_int_equal(result, 0);
    edo_locks_get_stats(&after);
    return after.deadlocks - before.deadlocks;
}

static void expect_said(const char *what) {
    if (!strstr(said, what)) fail_msg("not said: %s; but:\n%s", what, said);
}

#endif
