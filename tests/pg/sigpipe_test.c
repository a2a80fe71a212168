/* SPDX-License-Identifier: MIT */
/* Goal: a cancellation whose socket nobody reads any more does not kill the program.
 * Method: send(2) as the kernel's is on such a socket, for what has not asked to be spared; a
 * statement that waits for a lock until it is over, which no time limit of the server ends. */
#include "inside.h"
#include "pg_server.h"

#include <edo/pg.h>
#include <edo/task.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

static atomic_int broken_n; /* how often somebody has met it */
static atomic_bool is_broken;

/* Also libpq's. */
EDO_API ssize_t send(int fd, const void *bytes, size_t n, int flags) {
    if (!atomic_load(&is_broken) || (flags & MSG_NOSIGNAL))
        return sendto(fd, bytes, n, flags, NULL, 0);
    atomic_fetch_add(&broken_n, 1);
    (void)pthread_kill(pthread_self(), SIGPIPE);
    errno = EPIPE;
    return -1;
}

#define LOCK "select pg_advisory_xact_lock(7)"

/* Waits at the server for what the test's own transaction has. */
static int waits(void *db) {
    return edo_pg_exec(db, LOCK, EDO_SQL_NONE);
}

/* How many statements wait for it, as the transaction that has it sees. */
static int waiting_n(edo_pg *tx) {
    return edo_pg_exec(tx, "select 1 from pg_locks where locktype = 'advisory' and not granted",
                       EDO_SQL_NONE);
}

static int is_cut(void *arg) {
    edo_pg *db, *other, *tx;
    (void)arg;
    CHECK_EQ(edo_pg_connect(&db, pg_url(), &(edo_pg_opts){ .pool = { .max = 1 } }), 0);
    CHECK_EQ(edo_pg_connect(&other, pg_url(), NULL), 0);
    CHECK_EQ(edo_pg_begin(&tx, other, NULL), 0);
    CHECK_EQ(edo_pg_exec(tx, LOCK, EDO_SQL_NONE), 1);
    edo_task *cut = edo_spawn(waits, db);
    WAIT_FOR(waiting_n(tx) == 1);
    atomic_store(&is_broken, true);
    edo_task_cancel(cut);
    CHECK_EQ(edo_task_join(cut), -ECANCELED);
    WAIT_FOR(atomic_load(&broken_n) == 1);
    CHECK_EQ(edo_pg_rollback(tx), 0);
    CHECK_EQ(edo_pg_exec(db, "select 1", EDO_SQL_NONE), 1); // when the statement has its lock
    atomic_store(&is_broken, false);
    CHECK_EQ(atomic_load(&broken_n), 1);
    edo_pg_close(tx);
    edo_pg_close(other);
    edo_pg_close(db);
    return 0;
}

static void a_cancellation_into_a_broken_socket_kills_nobody(void **state) {
    (void)state;
    sigset_t pending;
    assert_int_equal(inside_real(is_cut, NULL), 0);
    assert_int_equal(sigpending(&pending), 0);
    assert_false(sigismember(&pending, SIGPIPE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancellation_into_a_broken_socket_kills_nobody),
    };
    return cmocka_run_group_tests(tests, pg_setup, pg_teardown);
}
