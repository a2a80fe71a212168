/* SPDX-License-Identifier: MIT */
/* Goal: an operation of a file that is cut short while its job runs loses no byte, writes into no
 * buffer that has gone, and hides no failure; each failure of a system call comes back; interrupted
 * and short calls are carried on.
 * Method: the system calls of stream.c are replaced: those that may not wait refuse, those of jobs
 * wait at a gate, fail, or move three bytes. The futures are polled by hand. The file under test is
 * included. */
#include "acting_waker.h"
#include "inside.h"
#include "records/unfinished.h"

#include <edo/edo.h>
#include <edo/file.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards all below */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_shut;               /* the gate */
static int at_gate;                /* jobs that wait there */
static int refusal;                /* of calls that may not wait; 0: they work */
static int fails_with, interrupts; /* of other calls */
static bool is_short;
static int calls_now, calls_waiting;
static acting_waker *polled_during; /* its future, during the next call that may not wait */

static void poll_once_more(acting_waker *w) {
    CHECK_EQ(acting_poll(w), EDO_READY);
}

/* Its future comes while the file runs, waits, and goes on the moment that it is woken. */
static void poll_during(void) {
    acting_waker *w = polled_during;
    polled_during = NULL;
    if (!w) return;
    CHECK_EQ(acting_poll(w), EDO_PENDING);
    w->act = poll_once_more;
}

static bool refuses(int flags) {
    int err = flags & RWF_NOWAIT ? refusal : 0;
    if (flags & RWF_NOWAIT && !refusal) poll_during();
    pthread_mutex_lock(&mutex);
    ++*(flags & RWF_NOWAIT ? &calls_now : &calls_waiting);
    at_gate++;
    pthread_cond_broadcast(&changed);
    while (is_shut && !(flags & RWF_NOWAIT)) pthread_cond_wait(&changed, &mutex);
    at_gate--;
    if (!(flags & RWF_NOWAIT)) err = interrupts-- > 0 ? EINTR : fails_with;
    pthread_mutex_unlock(&mutex);
    errno = err;
    return err != 0;
}

static ssize_t try_readv(int fd, const struct iovec *to, int n, off_t at, int flags) {
    if (refuses(flags)) return -1;
    return is_short ? pread(fd, to->iov_base, to->iov_len < 3 ? to->iov_len : 3, at)
                    : preadv(fd, to, n, at);
}

static ssize_t try_writev(int fd, const struct iovec *from, int n, off_t at, int flags) {
    if (refuses(flags)) return -1;
    return is_short ? pwrite(fd, from->iov_base, from->iov_len < 3 ? from->iov_len : 3, at)
                    : pwritev(fd, from, n, at);
}

static off_t try_lseek(int fd, off_t at, int whence) {
    return refuses(0) ? -1 : lseek(fd, at, whence);
}

static edo_stream *closes; /* a reference that is closed while a job begins; NULL: none */

/* The end of edo_main()'s root is no news of a job: it may be over, and its task not yet. */
static int try_spawn(edo_future *f, const char *name) {
    CHECK_EQ(strncmp(name, EDOI_OWN_TASK, strlen(EDOI_OWN_TASK)), 0);
    int err = edo_spawn_future_detached_at(f, name);
    if (closes) edo_close(closes);
    closes = NULL;
    return err;
}

#define edo_spawn_future_detached_at(f, name) try_spawn(f, name)

#define preadv2  try_readv
#define pwritev2 try_writev
#define lseek    try_lseek
#include "fs/file/stream.c"
#undef preadv2
#undef pwritev2
#undef lseek

static void shut_gate(bool shut) {
    pthread_mutex_lock(&mutex);
    is_shut = shut;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static bool is_at_gate(void) {
    pthread_mutex_lock(&mutex);
    bool is = at_gate > 0;
    pthread_mutex_unlock(&mutex);
    return is;
}

/* Waits until a job has come to the gate, which is shut. */
static void await_job(void) {
    YIELD_FOR(is_at_gate());
}

#define TEXT "0123456789abcdefghij"

/* A stream over a new file that holds TEXT. */
static edo_stream *open_text(bool appends) {
    char path[] = "/tmp/edo-stream-XXXXXX";
    edo_stream *s = NULL;
    int fd = mkostemp(path, O_CLOEXEC | (appends ? O_APPEND : 0));
    CHECK(fd >= 0);
    CHECK_EQ(unlink(path), 0);
    CHECK_EQ(pwrite(fd, TEXT, strlen(TEXT), 0), (int)strlen(TEXT));
    CHECK_EQ(edoi_file_new(&s, fd, &(struct statx){ 0 }, appends, NULL), 0);
    return s;
}

static void check_held(edo_stream *s, const char *text) {
    char held[64] = { 0 };
    CHECK(pread(edo_stream_fd(s), held, sizeof held - 1, 0) >= 0);
    CHECK(strcmp(held, text) == 0);
}

static void check_place(edo_stream *s, uint64_t want) {
    uint64_t at = 99;
    CHECK_EQ(edo_position(s, &at), 0);
    CHECK_EQ((int64_t)at, (int64_t)want);
}

/* Polls once, waits until the job has come to the gate, and drops the future. */
static void cut_short(edo_future *f) {
    edo_test_task t;
    edo_test_task_init(&t, f);
    shut_gate(true);
    CHECK_EQ(edo_test_task_poll(&t), EDO_PENDING);
    await_job();
    edo_drop(f);
    CHECK_EQ(edo_test_task_waker_refs(&t), 0);
}

/* ---- Cut short ------------------------------------------------------------------------------- */

static int read_cut(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false);
    char *gone = malloc(8), buf[8] = { 0 }; // a late write into it would be found by a sanitizer
    edo_read_future f;
    cut_short(edo_read_init(&f, s, gone, 8));
    free(gone);
    shut_gate(false);
    CHECK_EQ(edo_read(s, buf, 4), 4);
    CHECK(memcmp(buf, "0123", 4) == 0); // not lost
    check_place(s, 4);
    cut_short(edo_read_init(&f, s, buf, 4));
    edo_close(s); // the last reference is the job's
    shut_gate(false);
    return 0;
}

static int write_cut(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false);
    char *gone = malloc(4);
    edo_write_future f;
    memcpy(gone, "WXYZ", 4);
    cut_short(edo_write_init(&f, s, gone, 4));
    memcpy(gone, "----", 4);
    free(gone);
    CHECK_EQ(edo_try_write(s, "x", 1), -EAGAIN);
    shut_gate(false);
    CHECK_EQ(edo_flush(s), 0); // waits for the job
    check_held(s, "WXYZ456789abcdefghij");
    check_place(s, 0);
    CHECK_EQ(edo_write(s, "WXYZ", 4), 4); // again: right
    check_held(s, "WXYZ456789abcdefghij");
    check_place(s, 4);
    edo_close(s);
    return 0;
}

static int failed_write_cut(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false);
    for (int ends = 0; ends < 3; ends++) {
        edo_write_future f;
        cut_short(edo_write_init(&f, s, "abc", 3));
        fails_with = EIO;
        shut_gate(false);
        int err = ends == 0 ? edo_flush(s) : ends == 1 ? edo_write(s, "x", 1) : edo_shutdown(s);
        CHECK_EQ(err, -EIO);
        fails_with = 0;
        CHECK_EQ(edo_flush(s), 0); // told once
    }
    CHECK_EQ(edo_write(s, "x", 1), 1); // the shutdown failed
    CHECK_EQ(edo_shutdown(s), 0);
    CHECK_EQ(edo_write(s, "x", 1), -EPIPE);
    edo_close(s);
    return 0;
}

/* The job of a write has ended, but its owner was not polled again. */
static int ended_write_cut(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false);
    edo_write_future f;
    edo_test_task t;
    edo_test_task_init(&t, edo_write_init(&f, s, "abc", 3));
    fails_with = ENOSPC;
    shut_gate(true);
    CHECK_EQ(edo_test_task_poll(&t), EDO_PENDING);
    shut_gate(false);
    YIELD_FOR(edo_test_task_woken(&t) > 0);
    fails_with = 0;
    edo_drop(&f.base);
    CHECK_EQ(edo_flush(s), -ENOSPC);
    edo_close(s);
    return 0;
}

static int seek_cut(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false);
    edo_seek_future f;
    uint64_t at = 7;
    cut_short(edo_seek_init(&f, s, 0, SEEK_END, &at));
    shut_gate(false);
    CHECK_EQ((int64_t)at, 7);
    check_place(s, 0);
    fails_with = EIO;
    CHECK_EQ(edo_seek(s, 0, SEEK_END, &at), -EIO);
    fails_with = 0;
    check_place(s, 0);
    edo_close(s);
    return 0;
}

static int append_cut(void *arg) {
    (void)arg;
    edo_stream *s = open_text(true);
    edo_write_future f;
    cut_short(edo_write_init(&f, s, "one", 3));
    shut_gate(false);
    CHECK_EQ(edo_write(s, "two", 3), 3); // after it
    check_held(s, TEXT "onetwo");
    check_place(s, 0);
    edo_close(s);
    return 0;
}

/* ---- Turns ----------------------------------------------------------------------------------- */

static int reads_three(void *arg) {
    char buf[3];
    int err = edo_read_exact(arg, buf, 3);
    return err == 0 ? buf[0] : err;
}

/* Operations that come while a job runs wait for their turn; each byte goes to one reader. */
static int turns(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false);
    edo_task *tasks[4];
    shut_gate(true);
    int64_t sum = 0;
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) tasks[i] = edo_spawn(reads_three, s);
    await_job();
    for (int i = 0; i < 9; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(at_gate, 1);
    CHECK_EQ(edo_try_read(s, &(char){ 0 }, 1), -EAGAIN);
    shut_gate(false);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) sum += edo_task_join(tasks[i]);
    CHECK_EQ(sum, '0' + '3' + '6' + '9');
    edo_close(s);
    return 0;
}

static int close_wakes(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false);
    edo_stream *mine = edo_stream_ref(s);
    shut_gate(true);
    edo_task *owner = edo_spawn(reads_three, s), *waiter = edo_spawn(reads_three, s);
    await_job();
    edo_close(mine);
    CHECK_EQ(edo_task_join(owner), -EDO_ECLOSED); // before its job ends
    CHECK_EQ(edo_task_join(waiter), -EDO_ECLOSED);
    CHECK_EQ(edo_write(s, "x", 1), -EDO_ECLOSED);
    shut_gate(false);
    edo_stream_unref(s);
    return 0;
}

/* Has a job yet to tell its result? */
static bool has_job(edo_stream *s) {
    edoi_file *f = edoi_file_of(s);
    edoi_lock_acquire(&f->lock);
    bool has = f->jobs_n > 0;
    CHECK(has || (!f->running && !f->buf) || f->owner);
    edoi_lock_release(&f->lock);
    return has;
}

/* Of two operations that meet, the second begins where the first has ended, though it runs before
 * the first one's task does. */
static void check_next(bool writes, bool by_job) {
    edo_stream *s = open_text(false);
    char one[4] = "WXYZ", two[4] = "abcd";
    edo_read_future reads[2];
    edo_write_future wrote[2];
    edo_future *first =
        writes ? edo_write_init(&wrote[0], s, one, 4) : edo_read_init(&reads[0], s, one, 4);
    edo_future *second =
        writes ? edo_write_init(&wrote[1], s, two, 4) : edo_read_init(&reads[1], s, two, 4);
    acting_waker next = ACTING_WAKER(second);
    edo_test_task t;
    edo_test_task_init(&t, first);
    if (by_job) {
        refusal = EAGAIN;
        shut_gate(true);
        CHECK_EQ(edo_test_task_poll(&t), EDO_PENDING);
        await_job();
        shut_gate(false);
        YIELD_FOR(!has_job(s));
        CHECK_EQ(acting_poll(&next), EDO_PENDING); // the result is the first one's
        next.act = poll_once_more;
    } else {
        polled_during = &next;
    }
    refusal = 0;
    CHECK_EQ(edo_test_task_poll(&t), EDO_READY);
    CHECK_EQ(first->result, 4);
    CHECK(!next.act);
    CHECK_EQ(second->result, 4);
    check_place(s, 8);
    check_held(s, writes ? "WXYZabcd89abcdefghij" : TEXT);
    if (!writes) CHECK(memcmp(one, "0123", 4) == 0 && memcmp(two, "4567", 4) == 0);
    edo_close(s);
}

static int next_begins_where_last_ended(void *arg) {
    (void)arg;
    for (int row = 0; row < 4; row++) check_next(row & 1, row & 2);
    return 0;
}

static int fd_after_close = -2;

/* Takes the result, and closes the only reference. */
static void close_at_once(acting_waker *w) {
    edo_stream *s = w->arg;
    int fd = edo_stream_fd(s);
    CHECK_EQ(acting_poll(w), EDO_READY);
    edo_close(s);
    EDOI_ATOMIC_STORE(&fd_after_close, fcntl(fd, F_GETFD), EDOI_RELEASE);
}

static int closed_when_close_returns(void *arg) {
    (void)arg;
    char buf[4];
    edo_read_future f;
    edo_stream *s = open_text(false);
    acting_waker w = ACTING_WAKER(edo_read_init(&f, s, buf, 4));
    w.arg = s;
    shut_gate(true);
    CHECK_EQ(acting_poll(&w), EDO_PENDING);
    await_job();
    w.act = close_at_once;
    EDOI_ATOMIC_STORE(&fd_after_close, -2, EDOI_RELEASE);
    shut_gate(false);
    YIELD_FOR(EDOI_ATOMIC_LOAD(&fd_after_close, EDOI_ACQUIRE) != -2);
    CHECK_EQ(fd_after_close, -1);
    CHECK_EQ(edo_result(&f), 4);
    return 0;
}

/* A close by another thread, while the poll of the first operation begins its job. */
static int closed_as_job_begins(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false);
    char buf[4];
    shut_gate(true);
    closes = edo_stream_ref(s);
    CHECK_EQ(edo_read(s, buf, 4), -EDO_ECLOSED);
    await_job();
    shut_gate(false);
    YIELD_FOR(!has_job(s));
    CHECK(!edoi_file_of(s)->owner && !edoi_file_of(s)->buf);
    edo_stream_unref(s);
    return 0;
}

static int reads_at(void *arg) {
    char buf[4];
    return edo_file_read_at(arg, buf, 4, 2);
}

static int writes_at(void *arg) {
    return edo_file_write_at(arg, "WXYZ", 4, 2);
}

/* The only reference is closed while the job of a call runs: the descriptor stays until it ends. */
static int closed_under_call(void *arg) {
    static edo_task_fn *const calls[] = { reads_at, writes_at };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(calls); i++) {
        edo_stream *s = open_text(false);
        int fd = edo_stream_fd(s);
        shut_gate(true);
        edo_task *t = edo_spawn(calls[i], s);
        await_job();
        edo_close(s);
        CHECK(fcntl(fd, F_GETFD) >= 0);
        shut_gate(false);
        CHECK_EQ(edo_task_join(t), 4);
        CHECK(fcntl(fd, F_GETFD) < 0 && errno == EBADF);
    }
    return 0;
}

/* A pool that takes no job: the operation returns that, and the file is as before. */
static int pool_is_full(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false), *other = open_text(false);
    edo_blocking_stats pool = { 0 };
    char buf[4];
    shut_gate(true);
    edo_task *t = edo_spawn(reads_at, other), *queued = edo_spawn(reads_at, other);
    YIELD_FOR(
        (edo_blocking_get_stats(edo_runtime_current(), &pool), pool.running + pool.queue == 2));
    CHECK_EQ(edo_read(s, buf, 4), -EAGAIN);
    CHECK_EQ(edo_write(s, buf, 4), -EAGAIN);
    CHECK_EQ(edo_flush(s), 0); // told already
    shut_gate(false);
    CHECK_EQ(edo_task_join(t) + edo_task_join(queued), 8);
    CHECK_EQ(edo_read(s, buf, 4), 4);
    CHECK(memcmp(buf, "0123", 4) == 0);
    edo_close(s);
    edo_close(other);
    return 0;
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int failures(void *arg) {
    (void)arg;
    static const int codes[] = { EIO, ENOSPC, EDQUOT, ENOMEM, EFBIG, EBADF };
    char buf[8];
    edo_stream *s = open_text(false);
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        fails_with = codes[i];
        CHECK_EQ(edo_read(s, buf, 8), -codes[i]);
        CHECK_EQ(edo_peek(s, buf, 8), -codes[i]);
        CHECK_EQ(edo_write(s, buf, 8), -codes[i]);
        CHECK_EQ(edo_write_all(s, buf, 8), -codes[i]);
        fails_with = 0;
        check_place(s, 0);
        CHECK_EQ(edo_flush(s), 0); // told already
    }
    fails_with = ECANCELED; // the kernel's is no cancellation
    CHECK_EQ(edo_read(s, buf, 8), -EIO);
    fails_with = 0;
    edo_close(s);
    return 0;
}

static int carried_on(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false);
    char buf[32];
    is_short = true;
    interrupts = 3;
    CHECK_EQ(edo_read_exact(s, buf, 20), 0);
    CHECK(memcmp(buf, TEXT, 20) == 0);
    CHECK_EQ(edo_rewind(s), 0);
    interrupts = 3;
    CHECK_EQ(edo_write_all(s, "ABCDEFGH", 8), 0);
    is_short = false;
    check_held(s, "ABCDEFGH89abcdefghij");
    interrupts = 0;
    edo_close(s);
    return 0;
}

/* A file system that does not know the flag is asked once for reads and once for writes. */
static int asked_once(void *arg) {
    (void)arg;
    edo_stream *s = open_text(false);
    char buf[4];
    refusal = EOPNOTSUPP;
    calls_now = calls_waiting = 0;
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_read(s, buf, 4), 4);
    CHECK_EQ(calls_now, 1);
    for (int i = 0; i < 2; i++) CHECK_EQ(edo_write(s, buf, 4), 4);
    CHECK_EQ(calls_now, 2);
    CHECK_EQ(calls_waiting, 5);
    edo_close(s);
    s = open_text(false);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_file_read_at(s, buf, 4, 0), 4);
    CHECK_EQ(edo_read(s, buf, 4), 4);
    CHECK_EQ(calls_now, 3);
    edo_close(s);
    s = open_text(false);
    refusal = calls_now = calls_waiting = 0;
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_read(s, buf, 4), 4);
    CHECK_EQ(edo_write(s, buf, 4), 4);
    CHECK_EQ(calls_now, 4);
    CHECK_EQ(calls_waiting, 0); // no job at all
    CHECK_EQ(edo_try_read(s, buf, 4), 4);
    refusal = EAGAIN;
    CHECK_EQ(edo_try_read(s, buf, 4), -EAGAIN);
    CHECK_EQ(edo_try_write(s, buf, 4), -EAGAIN);
    CHECK_EQ(edo_read(s, buf, 4), 0);
    edo_close(s);
    return 0;
}

static void run(edo_task_fn *body) {
    static const int refusals[] = { EAGAIN, EOPNOTSUPP, ENOSYS };
    for (size_t i = 0; i < EDO_COUNT(refusals); i++) {
        refusal = refusals[i];
        assert_int_equal(inside_each(body, NULL), 0);
    }
}

static void a_cut_loses_nothing(void **state) {
    (void)state;
    run(read_cut);
    run(write_cut);
    run(failed_write_cut);
    run(ended_write_cut);
    run(append_cut);
    run(seek_cut);
}

static void operations_take_turns(void **state) {
    (void)state;
    run(turns);
    run(close_wakes);
    run(closed_as_job_begins);
    run(closed_under_call);
}

static void a_task_that_goes_on_at_once_finds_the_truth(void **state) {
    (void)state;
    assert_int_equal(inside_each(next_begins_where_last_ended, NULL), 0);
    run(closed_when_close_returns);
}

static void failures_come_back(void **state) {
    (void)state;
    run(failures);
    run(carried_on);
    refusal = EAGAIN;
    const edo_runtime_opts small = { .blocking_max = 1, .blocking_queue_max = 1 };
    assert_int_equal(inside_with(pool_is_full, NULL, &small), 0);
}

static void what_may_not_wait_is_tried_first(void **state) {
    (void)state;
    run(asked_once);
}

/* Outside a runtime an operation that would need a job fails, and leaves the file as it was. */
static void without_a_runtime_no_job_begins(void **state) {
    (void)state;
    refusal = EAGAIN;
    edo_stream *s = open_text(false);
    char buf[4];
    assert_int_equal(edo_read(s, buf, 4), -EDO_ENORUNTIME);
    refusal = 0;
    assert_int_equal(edo_read(s, buf, 4), 4);
    assert_memory_equal(buf, "0123", 4);
    edo_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_loses_nothing),
        cmocka_unit_test(operations_take_turns),
        cmocka_unit_test(a_task_that_goes_on_at_once_finds_the_truth),
        cmocka_unit_test(failures_come_back),
        cmocka_unit_test(what_may_not_wait_is_tried_first),
        cmocka_unit_test(without_a_runtime_no_job_begins),
    };
    assert_int_equal(setenv("EDO_FILES", "threads", 1), 0); // a ring would make these calls
    return cmocka_run_group_tests(tests, NULL, NULL);
}
