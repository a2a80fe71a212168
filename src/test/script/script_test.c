/* SPDX-License-Identifier: MIT */
/* Goal: a scripted stream plays its steps in order, to any task that reads or writes; waiting
 * operations are woken by what lets them go on; what differs from the script is a failure with
 * place, offset and both texts.
 * Method: each kind of step with operations that fit, fall short and wait; the generic leaf tests
 * for reads and writes; waits on a paused clock, with the operation that has the timer dropped;
 * failing scripts in children; each allocation failing; two threads. */
#include "test/script/script.h"

#include "runtime/worker/here.h"

#include "inside.h"
#include "last_words.h"
#include "leaf.h"

#include <string.h>

typedef struct pair {
    edo_test_script *peer;
    edo_stream *s;
} pair;

static pair made(void) {
    pair p;
    EDO_TEST_OK(edo_test_script_new(&p.peer, &p.s, "peer"));
    return p;
}

static void ended(pair *p) {
    edo_test_script_close(p->peer);
    edo_close(p->s);
}

static void reads(edo_stream *s, size_t n, const char *want) {
    char buf[64] = { 0 };
    EDO_TEST_EQ(edo_try_read(s, buf, n), strlen(want));
    if (strcmp(buf, want) != 0) edo_test_fail("%s was read, not %s", buf, want);
}

static int writes(edo_stream *s, const char *text) {
    return edo_try_write(s, text, strlen(text));
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static void an_operation_takes_at_most_one_step(void **state) {
    (void)state;
    pair p = made();
    edo_test_script_write(p.peer, EDO_TEST_TEXT("hello "));
    edo_test_script_write(p.peer, EDO_TEST_TEXT("world"));
    edo_test_script_read(p.peer, EDO_TEST_TEXT("good"));
    edo_test_script_read(p.peer, EDO_TEST_TEXT("bye"));
    assert_int_equal(writes(p.s, "hell"), 4);
    assert_int_equal(writes(p.s, "o world"), 2);
    assert_int_equal(writes(p.s, "world"), 5);
    reads(p.s, 3, "goo");
    reads(p.s, 64, "d");
    reads(p.s, 64, "bye");
    edo_test_script_close(p.peer);
    reads(p.s, 64, ""); // the end
    reads(p.s, 64, "");
    edo_close(p.s);
}

static void buffers_are_taken_together(void **state) {
    (void)state;
    pair p = made();
    char a[2], b[8] = { 0 };
    char text[] = "abcd";
    struct iovec from[] = { { text, 0 }, { text, 2 }, { text + 2, 2 } };
    edo_test_script_write(p.peer, EDO_TEST_TEXT("abcd"));
    edo_test_script_read(p.peer, EDO_TEST_TEXT("12345"));
    int result = 0;
    struct iovec to[] = { { a, 2 }, { b, 8 } };
    EDO_TEST_EQ(p.s->ops->poll_write(p.s, NULL, NULL, from, 3, &result), EDO_READY);
    EDO_TEST_EQ(result, 4);
    EDO_TEST_EQ(p.s->ops->poll_write(p.s, NULL, NULL, from, 1, &result), EDO_READY);
    EDO_TEST_EQ(result, 0); // nothing to write is no step
    EDO_TEST_EQ(p.s->ops->poll_read(p.s, NULL, NULL, to, 2, 0, &result), EDO_READY);
    EDO_TEST_EQ(result, 5);
    assert_memory_equal(a, "12", 2);
    assert_string_equal(b, "345");
    ended(&p);
}

static void a_read_waits_for_the_writes_before_it(void **state) {
    (void)state;
    pair p = made();
    char c;
    edo_test_script_read(p.peer, EDO_TEST_TEXT("a"));
    edo_test_script_write(p.peer, EDO_TEST_TEXT("x"));
    edo_test_script_read(p.peer, EDO_TEST_TEXT("b"));
    edo_test_script_write(p.peer, EDO_TEST_TEXT("y"));
    reads(p.s, 64, "a");
    assert_int_equal(edo_try_read(p.s, &c, 1), -EAGAIN);
    assert_int_equal(writes(p.s, "x"), 1);
    assert_int_equal(writes(p.s, "y"), 1); // past the read
    reads(p.s, 64, "b");
    ended(&p);
}

static void errors_come_once_and_the_script_goes_on(void **state) {
    (void)state;
    pair p = made();
    char c;
    edo_test_script_error(p.peer, EDO_IO_READ, -ECONNRESET);
    edo_test_script_read(p.peer, EDO_TEST_TEXT("a"));
    edo_test_script_error(p.peer, EDO_IO_WRITE, -EPIPE);
    edo_test_script_write(p.peer, EDO_TEST_TEXT("x"));
    assert_int_equal(writes(p.s, "x"), -EPIPE);
    assert_int_equal(edo_try_read(p.s, &c, 1), -ECONNRESET);
    assert_int_equal(writes(p.s, "x"), 1);
    reads(p.s, 64, "a");
    ended(&p);
}

static void the_end_of_the_input_may_come_before_that_of_the_script(void **state) {
    (void)state;
    pair p = made();
    char c;
    edo_test_script_read(p.peer, EDO_TEST_TEXT("a"));
    edo_test_script_read(p.peer, "", 0);
    edo_test_script_write(p.peer, EDO_TEST_TEXT("x"));
    reads(p.s, 64, "a");
    reads(p.s, 64, "");
    assert_int_equal(edo_try_read(p.s, &c, 1), -EAGAIN);
    assert_int_equal(writes(p.s, "x"), 1);
    assert_int_equal(edo_try_read(p.s, &c, 1), -EAGAIN); // steps may come
    assert_int_equal(writes(p.s, "y"), -EAGAIN);
    ended(&p);
}

static void a_closed_half_or_stream_says_so(void **state) {
    (void)state;
    pair p = made();
    char c;
    edo_stream *again = edo_stream_ref(p.s);
    edo_shutdown_future shutdown;
    edo_test_task t;
    edo_test_task_init(&t, edo_shutdown_init(&shutdown, p.s));
    assert_int_equal(edo_stream_fd(p.s), -1);
    EDO_TEST_READY(&t, 0);
    assert_int_equal(writes(p.s, "x"), -EPIPE);
    assert_int_equal(edo_try_read(p.s, &c, 1), -EAGAIN);
    edo_close(again);
    assert_int_equal(writes(p.s, "x"), -EDO_ECLOSED);
    assert_int_equal(edo_try_read(p.s, &c, 1), -EDO_ECLOSED);
    edo_test_task_init(&t, edo_shutdown_init(&shutdown, p.s));
    EDO_TEST_READY(&t, -EDO_ECLOSED);
    edo_stream_unref(p.s);
    edo_test_script_close(p.peer);
    edo_test_script_close(NULL);
}

static void a_peek_takes_nothing(void **state) {
    (void)state;
    pair p = made();
    char buf[8] = { 0 };
    edo_read_future peek;
    edo_test_task t;
    edo_test_script_read(p.peer, EDO_TEST_TEXT("abc"));
    for (int i = 0; i < 2; i++) {
        edo_test_task_init(&t, edo_peek_init(&peek, p.s, buf, 2));
        EDO_TEST_READY(&t, 2);
        assert_string_equal(buf, "ab");
    }
    reads(p.s, 64, "abc");
    ended(&p);
}

/* ---- Waiting operations ---------------------------------------------------------------------- */

static void what_lets_an_operation_go_on_wakes_it(void **state) {
    (void)state;
    pair p = made();
    char buf[8] = { 0 };
    edo_read_future read;
    edo_writev_future write;
    edo_io_ready_future readable, writable;
    edo_test_task reader, writer, hears, sees_room;
    edo_test_task_init(&reader, edo_read_init(&read, p.s, buf, 8));
    edo_test_task_init(&writer, edo_write_all_init(&write, p.s, "xyz", 3));
    edo_test_task_init(&hears, edo_io_ready_init(&readable, p.s, EDO_IO_READ));
    edo_test_task_init(&sees_room, edo_io_ready_init(&writable, p.s, EDO_IO_WRITE));
    EDO_TEST_PENDING(&reader);
    EDO_TEST_PENDING(&writer);
    EDO_TEST_PENDING(&hears);
    EDO_TEST_PENDING(&sees_room);
    edo_test_script_write(p.peer, EDO_TEST_TEXT("xy"));
    EDO_TEST_EQ(edo_test_task_woken(&writer), 1);
    EDO_TEST_READY(&sees_room, 0);
    EDO_TEST_PENDING(&writer);
    EDO_TEST_PENDING(&reader);
    edo_test_script_write(p.peer, EDO_TEST_TEXT("z"));
    edo_test_script_read(p.peer, EDO_TEST_TEXT("ok"));
    EDO_TEST_PENDING(&reader);
    EDO_TEST_READY(&writer, 0);
    EDO_TEST_EQ(edo_test_task_woken(&reader), 1);
    EDO_TEST_READY(&hears, 0);
    EDO_TEST_READY(&reader, 2);
    assert_string_equal(buf, "ok");

    edo_test_task_init(&reader, edo_read_init(&read, p.s, buf, 8));
    edo_test_task_init(&hears, edo_io_ready_init(&readable, p.s, EDO_IO_READ));
    EDO_TEST_PENDING(&reader);
    EDO_TEST_PENDING(&hears);
    edo_test_script_close(p.peer);
    EDO_TEST_EQ(edo_test_task_woken(&reader), 1);
    EDO_TEST_READY(&hears, 0);
    EDO_TEST_READY(&reader, 0);
    edo_close(p.s);
}

static void a_close_wakes_all_and_ends_after_the_last(void **state) {
    (void)state;
    enum { MANY = 40 };
    pair p = made();
    char c;
    edo_read_future reads_[MANY];
    edo_test_task t[MANY];
    for (int i = 0; i < MANY; i++) {
        edo_test_task_init(&t[i], edo_read_init(&reads_[i], p.s, &c, 1));
        EDO_TEST_PENDING(&t[i]);
    }
    for (int i = 0; i < MANY; i += 3) edo_drop(t[i].future);
    edo_close(p.s);
    for (int i = 0; i < MANY; i++) {
        if (i % 3 == 0) continue;
        EDO_TEST_EQ(edo_test_task_woken(&t[i]), 1);
        EDO_TEST_READY(&t[i], -EDO_ECLOSED);
    }
    edo_test_script_close(p.peer);
}

/* ---- Waits ----------------------------------------------------------------------------------- */

static int wait_in_the_script(void *arg) {
    pair p = made();
    char buf[8] = { 0 };
    (void)arg;
    edo_instant start = edo_now();
    edo_test_script_wait(p.peer, edo_s(5));
    edo_test_script_read(p.peer, EDO_TEST_TEXT("a"));
    edo_test_script_wait(p.peer, edo_us(400));
    edo_test_script_wait(p.peer, edo_us(600)); // timers fire by the millisecond
    edo_test_script_write(p.peer, EDO_TEST_TEXT("x"));
    EDO_TEST_EQ(edo_try_write(p.s, "x", 1), -EAGAIN);
    EDO_TEST_EQ(edo_try_read(p.s, buf, 1), -EAGAIN);
    EDO_TEST_EQ(edo_read(p.s, buf, 8), 1);
    EDO_TEST_ELAPSED(start, edo_s(5));
    EDO_TEST_EQ(edo_write(p.s, "x", 1), 1);
    EDO_TEST_ELAPSED(start, edo_ms(5002));
    edo_test_script_wait(p.peer, edo_s(1)); // nothing comes to it: no failure
    ended(&p);
    return 0;
}

/* Both wait; the operation that has the timer is dropped or goes on. */
static int wait_twice(bool drops) {
    pair p = made();
    char c;
    edo_read_future read;
    edo_write_future write;
    edo_test_task reader, writer;
    edo_test_script_wait(p.peer, edo_s(1));
    edo_test_script_read(p.peer, EDO_TEST_TEXT("a"));
    edo_test_script_write(p.peer, EDO_TEST_TEXT("x"));
    edo_test_task_init(&reader, edo_read_init(&read, p.s, &c, 1));
    edo_test_task_init(&writer, edo_write_init(&write, p.s, "x", 1));
    EDO_TEST_PENDING(&reader);
    EDO_TEST_PENDING(&writer);
    EDO_TEST_PENDING(&reader);
    if (drops) {
        edo_drop(reader.future);
        EDO_TEST_EQ(edo_test_task_woken(&writer), 1);
        EDO_TEST_PENDING(&writer);
    }
    EDO_TEST_OK(edo_time_advance(edo_s(1)));
    EDO_TEST_EQ(edo_test_task_woken(&reader), drops ? 0 : 1);
    if (drops) {
        EDO_TEST_EQ(edo_test_task_woken(&writer), 1);
        EDO_TEST_EQ(edo_try_read(p.s, &c, 1), 1);
    } else {
        EDO_TEST_EQ(edo_test_task_woken(&writer), 0);
        EDO_TEST_READY(&reader, 1);
        EDO_TEST_EQ(edo_test_task_woken(&writer), 1);
    }
    EDO_TEST_READY(&writer, 1);
    ended(&p);
    return 0;
}

static int wait_with_each(void *arg) {
    (void)arg;
    return wait_twice(false) + wait_twice(true);
}

/* Each is over before its timer is armed. */
static int wait_for_no_time(void *arg) {
    pair p = made();
    char c;
    (void)arg;
    for (int i = 0; i < 100; i++) edo_test_script_wait(p.peer, edo_ns(1));
    edo_test_script_read(p.peer, EDO_TEST_TEXT("a"));
    EDO_TEST_EQ(edo_read(p.s, &c, 1), 1);
    ended(&p);
    return 0;
}

static int wait_with_the_last_operation(void *arg) {
    pair p = made();
    char c;
    edo_read_future read;
    edo_test_waker w = EDO_TEST_WAKER_INIT;
    (void)arg;
    edo_test_script_wait(p.peer, edo_s(1));
    edo_cx cx = { .waker = &w.base, .worker = edoi_worker_here(), .budget = 1 };
    EDO_TEST_EQ(edo_poll(edo_read_init(&read, p.s, &c, 1), &cx), EDO_PENDING);
    EDO_TEST_EQ(edo_test_waker_woken(&w), 0);
    EDO_TEST_EQ(cx.budget, 1);
    EDO_TEST_OK(edo_time_advance(edo_s(1)));
    EDO_TEST_EQ(edo_test_waker_woken(&w), 1);
    edo_drop(&read.base);
    ended(&p);
    return 0;
}

static void waits_take_the_time_of_the_clock(void **state) {
    (void)state;
    assert_int_equal(inside(wait_in_the_script, NULL), 0);
    assert_int_equal(inside(wait_with_each, NULL), 0);
    assert_int_equal(inside(wait_with_the_last_operation, NULL), 0);
    assert_int_equal(inside_with(wait_for_no_time, NULL, &one_thread), 0);
}

static void a_write_does_not_pass_a_wait(void **state) {
    (void)state;
    pair p = made();
    edo_io_ready_future ready;
    edo_test_task t;
    edo_test_script_read(p.peer, EDO_TEST_TEXT("a"));
    edo_test_script_wait(p.peer, edo_ns(0));
    edo_test_script_write(p.peer, EDO_TEST_TEXT("x"));
    edo_test_script_close(p.peer);
    edo_test_task_init(&t, edo_io_ready_init(&ready, p.s, EDO_IO_WRITE));
    EDO_TEST_PENDING(&t);
    assert_int_equal(writes(p.s, "x"), -EAGAIN);
    reads(p.s, 64, "a");
    EDO_TEST_READY(&t, 0);
    assert_int_equal(writes(p.s, "x"), 1);
    edo_close(p.s);
}

static void a_wait_needs_a_runtime(void **state) {
    (void)state;
    pair p = made();
    char c;
    edo_read_future read;
    edo_test_task t;
    edo_test_script_wait(p.peer, edo_hours(1));
    edo_test_task_init(&t, edo_read_init(&read, p.s, &c, 1));
    EDO_TEST_READY(&t, -EDO_ENORUNTIME);
    assert_null(p.peer->waiters);
    ended(&p);
}

/* ---- The generic tests of leaves, and memory that runs out ----------------------------------- */

typedef struct script_env {
    pair p;
    edo_read_future read;
    edo_write_future write;
    char c;
} script_env;

static int make_read(void *arg, edo_future **f) {
    script_env *env = arg;
    int err = edo_test_script_new(&env->p.peer, &env->p.s, NULL);
    if (err == 0) *f = edo_read_init(&env->read, env->p.s, &env->c, 1);
    return err;
}

static int make_write(void *arg, edo_future **f) {
    script_env *env = arg;
    int err = edo_test_script_new(&env->p.peer, &env->p.s, NULL);
    if (err == 0) *f = edo_write_init(&env->write, env->p.s, "x", 1);
    return err;
}

static void add_read(void *arg) {
    edo_test_script_read(((script_env *)arg)->p.peer, EDO_TEST_TEXT("x"));
}

static void add_write(void *arg) {
    edo_test_script_write(((script_env *)arg)->p.peer, EDO_TEST_TEXT("x"));
}

/* The step is there for the next operation, or was lost for want of memory. */
static void is_there(int result) {
    assert_true(result == 1 || result == -ENOMEM);
}

static void read_is_intact(void *arg) {
    script_env *env = arg;
    is_there(edo_try_read(env->p.s, &env->c, 1));
}

static void write_is_intact(void *arg) {
    is_there(edo_try_write(((script_env *)arg)->p.s, "x", 1));
}

static void end_env(void *arg) {
    ended(&((script_env *)arg)->p);
}

static void reads_and_writes_are_good_leaves(void **state) {
    static const leaf leaves[] = {
        { .name = "a read of a script",
          .make = make_read,
          .poke = add_read,
          .undo = add_read,
          .intact = read_is_intact },
        { .name = "a write of a script",
          .make = make_write,
          .poke = add_write,
          .undo = add_write,
          .intact = write_is_intact },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(leaves); i++) {
        leaf l = leaves[i];
        l.env_bytes = sizeof(script_env);
        l.cleanup = end_env;
        l.result = 1;
        leaf_run(&l);
    }
}

static void without_memory_for_a_step_the_script_ends_there(void **state) {
    (void)state;
    pair p = made();
    char c;
    edo_test_script_read(p.peer, EDO_TEST_TEXT("a"));
    edoi_alloc_fail_at(1);
    edo_test_script_read(p.peer, EDO_TEST_TEXT("b"));
    assert_true(edoi_alloc_fail_fired());
    edo_test_script_read(p.peer, EDO_TEST_TEXT("c"));
    reads(p.s, 64, "a");
    assert_int_equal(edo_try_read(p.s, &c, 1), -ENOMEM);
    assert_int_equal(writes(p.s, "x"), -ENOMEM);
    ended(&p);
}

/* ---- Failures -------------------------------------------------------------------------------- */

static int differs(void *arg) {
    pair p = made();
    (void)arg;
    edo_test_script_write(p.peer, EDO_TEST_TEXT("PING\r\n"));
    EDO_TEST_EQ(writes(p.s, "PI"), 2);
    (void)writes(p.s, "NK\r\n\x01");
    return 0;
}

static int writes_too_much(void *arg) {
    pair p = made();
    (void)arg;
    edo_test_script_write(p.peer, EDO_TEST_TEXT("PING"));
    edo_test_script_close(p.peer);
    EDO_TEST_EQ(writes(p.s, "PING"), 4);
    (void)writes(p.s, "PONG");
    return 0;
}

static int writes_much_too_much(void *arg) {
    pair p = made();
    char text[200];
    (void)arg;
    memset(text, '\n', sizeof text);
    edo_test_script_close(p.peer);
    (void)edo_try_write(p.s, text, sizeof text);
    return 0;
}

static int leaves_a_read(void *arg) {
    pair p = made();
    (void)arg;
    edo_test_script_read(p.peer, EDO_TEST_TEXT("abc"));
    edo_test_script_wait(p.peer, edo_s(1));
    reads(p.s, 1, "a");
    ended(&p);
    return 0;
}

static int leaves_a_lost_step(void *arg) {
    pair p = made();
    (void)arg;
    edo_test_script_read(p.peer, EDO_TEST_TEXT("abc"));
    edoi_alloc_fail_at(1);
    edo_test_script_read(p.peer, EDO_TEST_TEXT("def"));
    edoi_alloc_fail_at(0);
    reads(p.s, 64, "abc");
    ended(&p);
    return 0;
}

static int leaves_a_write(void *arg) {
    pair p = made();
    (void)arg;
    edo_test_script_wait(p.peer, edo_ns(0));
    edo_test_script_write(p.peer, EDO_TEST_TEXT("abc"));
    EDO_TEST_EQ(writes(p.s, "a"), 1);
    edo_stream_unref(p.s);
    return 0;
}

static int leaves_an_error(void *arg) {
    pair p = made();
    (void)arg;
    edo_test_script_error(p.peer, EDO_IO_WRITE, -EPIPE);
    ended(&p);
    return 0;
}

static int adds_after_the_close(void *arg) {
    pair p = made();
    (void)arg;
    edo_close(p.s);
    edo_test_script_read(p.peer, EDO_TEST_TEXT("late"));
    edo_test_script_close(p.peer);
    return 0;
}

static int adds_a_success(void *arg) {
    pair p = made();
    (void)arg;
    edo_test_script_error(p.peer, EDO_IO_READ, EPIPE);
    return 0;
}

static int adds_an_empty_write(void *arg) {
    pair p = made();
    (void)arg;
    edo_test_script_write(p.peer, "", 0);
    return 0;
}

static void what_differs_from_the_script_is_named(void **state) {
    static const struct {
        int (*fn)(void *arg);
        const char *said;
    } rows[] = {
        { differs, "peer: the output differs at byte 3: \"NG\\r\\n\" was expected, "
                   "\"NK\\r\\n\\x01\" was written\n" },
        { writes_too_much, "peer: the script has no write left at byte 4 of the output: "
                           "\"PONG\" was written\n" },
        { writes_much_too_much, "\\n\\n\"... of 200 bytes was written\n" },
        { leaves_a_read,
          "peer: closed with 2 steps left: \"bc\" was not read, at byte 1 of the input\n" },
        { leaves_a_write,
          "peer: closed with 1 step left: \"bc\" was not written, at byte 1 of the output\n" },
        { leaves_a_lost_step, "peer: closed before a step for which there was no memory\n" },
        { leaves_an_error, "peer: closed with 1 step left: no write got the error EPIPE\n" },
        { adds_after_the_close,
          "peer: closed with 1 step left: \"late\" was not read, at byte 0 of the input\n" },
        { adds_a_success, ": an error is negative, of a read or of a write\n" },
        { adds_an_empty_write, ": a write of no bytes is no step\n" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[4096];
        int status = last_words(rows[i].fn, NULL, said, sizeof said);
        bool is_placed = strstr(said, "src/test/script/script_test.c:") == said;
        if (!is_abort(status) || !is_placed || !strstr(said, rows[i].said))
            fail_msg("row %zu: status %x, said: %s", i, (unsigned)status, said);
    }
}

/* ---- Threads --------------------------------------------------------------------------------- */

#define EXCHANGES 500

static int read_all(void *arg) {
    char c;
    int n, sum = 0;
    while ((n = edo_read(arg, &c, 1)) > 0) sum += n;
    return n < 0 ? n : sum;
}

static int write_some(void *arg) {
    for (int i = 0; i < EXCHANGES; i++) EDO_TEST_EQ(edo_write_all(arg, "ab", 2), 0);
    return 0;
}

/* The steps come while the tasks read and write, on other workers. */
static int exchange(void *arg) {
    pair p = made();
    (void)arg;
    edo_task *reader = edo_spawn(read_all, p.s), *writer = edo_spawn(write_some, p.s);
    for (int i = 0; i < EXCHANGES; i++) {
        edo_test_script_write(p.peer, EDO_TEST_TEXT("a"));
        edo_test_script_read(p.peer, EDO_TEST_TEXT("123"));
        if (i % 50 == 0) edo_test_script_wait(p.peer, edo_us(10));
        edo_test_script_write(p.peer, EDO_TEST_TEXT("b"));
        if (i % 7 == 0) EDO_TEST_OK(edo_yield());
    }
    edo_test_script_close(p.peer);
    EDO_TEST_OK(edo_task_join(writer));
    EDO_TEST_EQ(edo_task_join(reader), 3 * EXCHANGES);
    edo_close(p.s);
    return 0;
}

static void threads_may_share_it(void **state) {
    (void)state;
    assert_int_equal(inside_each(exchange, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_differs_from_the_script_is_named), // forks, so first
        cmocka_unit_test(an_operation_takes_at_most_one_step),
        cmocka_unit_test(buffers_are_taken_together),
        cmocka_unit_test(a_read_waits_for_the_writes_before_it),
        cmocka_unit_test(errors_come_once_and_the_script_goes_on),
        cmocka_unit_test(the_end_of_the_input_may_come_before_that_of_the_script),
        cmocka_unit_test(a_closed_half_or_stream_says_so),
        cmocka_unit_test(a_peek_takes_nothing),
        cmocka_unit_test(what_lets_an_operation_go_on_wakes_it),
        cmocka_unit_test(a_close_wakes_all_and_ends_after_the_last),
        cmocka_unit_test(waits_take_the_time_of_the_clock),
        cmocka_unit_test(a_write_does_not_pass_a_wait),
        cmocka_unit_test(a_wait_needs_a_runtime),
        cmocka_unit_test(reads_and_writes_are_good_leaves),
        cmocka_unit_test(without_memory_for_a_step_the_script_ends_there),
        cmocka_unit_test(threads_may_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
