/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/io.h for a TCP stream: order, ends, resets, closing, cancelling.
 * Method: fibers on both ends of real connections over the loopback. */
#include "net_support.h"
#include "patience.h"

#include <edo/streams.h>
#include <edo/unix.h>

#include <limits.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- Echo, ends and resets ------------------------------------------------------------------- */

static int echo(void *arg) {
    edo_stream *s = (edo_stream *)arg;
    char buf[1000];
    int n;
    while ((n = edo_read(s, buf, sizeof buf)) > 0) {
        if ((n = edo_write_all(s, buf, (size_t)n)) < 0) break;
    }
    edo_close(s);
    return n;
}

static int echo_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    edo_task *t = edo_spawn(echo, p.b);
    for (int i = 0; i < 100; i++) {
        char buf[64];
        CHECK_INT(edo_write_all(p.a, "hello edo", 9), 0);
        CHECK_INT(edo_read_exact(p.a, buf, 9), 0);
        CHECK(memcmp(buf, "hello edo", 9) == 0);
    }
    CHECK_INT(edo_shutdown(p.a), 0); // half a close: the echo still comes back
    CHECK_INT(edo_task_join(t), 0);
    char c;
    CHECK_INT(edo_read(p.a, &c, 1), 0);
    CHECK_INT(edo_read(p.a, &c, 1), 0); // the end stays
    CHECK_INT(edo_read_exact(p.a, &c, 1), -EDO_EEOF);
    CHECK_INT(edo_write(p.a, &c, 1), -EPIPE);
    edo_close(p.a);
    return 0;
}

static void written_bytes_come_back_and_half_a_close_is_half(void **state) {
    (void)state;
    in_fiber(echo_body, NULL);
}

static int end_after_data_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    char buf[10];
    // a short read must not forget that the end has come behind the data
    CHECK_INT(edo_write_all(p.a, "abc", 3), 0);
    edo_close(p.a);
    CHECK_INT(edo_read(p.b, buf, sizeof buf), 3);
    CHECK_INT(edo_read(p.b, buf, sizeof buf), 0);
    edo_close(p.b);
    return 0;
}

static void end_behind_a_short_read_is_seen(void **state) {
    (void)state;
    in_fiber(end_after_data_body, NULL);
}

static int urgent_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    char buf[10];
    CHECK_INT(edo_tcp_set_delay(p.a, true), 0);
    CHECK_INT(edo_try_read(p.b, buf, sizeof buf), -EAGAIN);
    // a read ends at the mark, so it is short although there is more, which makes no event of its
    // own
    CHECK_INT(edo_write_all(p.a, "abc", 3), 0);
    CHECK_INT(send(edo_stream_fd(p.a), "!", 1, MSG_OOB), 1);
    CHECK_INT(edo_write_all(p.a, "def", 3), 0);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(10));
    CHECK_INT(edo_read(p.b, buf, sizeof buf), 3);
    CHECK(memcmp(buf, "abc", 3) == 0);
    CHECK_INT(edo_read(p.b, buf, sizeof buf), 3);
    CHECK(memcmp(buf, "def", 3) == 0);
    CHECK_INT(edo_deadline_end(&d, 0), 0);
    close_pair(&p);
    return 0;
}

static void input_behind_the_urgent_mark_is_not_forgotten(void **state) {
    (void)state;
    in_fiber(urgent_body, NULL);
}

static int read_one(void *arg) {
    char c;
    return edo_read((edo_stream *)arg, &c, 1);
}

/* As read_one(), with a reference of its own: a task that closes need not know whether it waits
 * yet. */
static int own_and_read_one(void *arg) {
    int n = read_one(arg);
    edo_stream_unref((edo_stream *)arg);
    return n;
}

static int busy_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    edo_task *t = edo_spawn(read_one, p.b);
    CHECK_INT(edo_yield(), 0);
    CHECK_INT(edo_write_all(p.a, "x", 1), 0);
    // this task is ready all the time, so no turn of the runtime ever has to wait
    for (int i = 0; i < 10000000 && !edo_task_is_finished(t); i++) CHECK_INT(edo_yield(), 0);
    CHECK(edo_task_is_finished(t));
    CHECK_INT(edo_task_join(t), 1);
    close_pair(&p);
    return 0;
}

static void input_is_seen_although_some_task_is_always_ready(void **state) {
    (void)state;
    in_fiber(busy_body, NULL);
}

static int reset_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    edo_task *t = edo_spawn(read_one, p.b);
    CHECK_INT(edo_yield(), 0);
    CHECK_INT(edo_tcp_set_reset_on_close(p.a, true), 0);
    edo_close(p.a);
    CHECK_INT(edo_task_join(t), -ECONNRESET);
    edo_close(p.b);
    return 0;
}

static void reset_by_the_peer_is_returned(void **state) {
    (void)state;
    in_fiber(reset_body, NULL);
}

/* The kernel reports a reset once, here to the writer. */
static int reset_of_both_halves_body(void *arg) {
    (void)arg;
    char byte;
    pair p = open_pair(NULL);
    CHECK_INT(edo_tcp_set_reset_on_close(p.a, true), 0);
    edo_close(p.a);
    CHECK_INT(edo_write(p.b, "x", 1), -ECONNRESET);
    for (int i = 0; i < 2; i++) CHECK_INT(edo_read(p.b, &byte, 1), -ECONNRESET);
    edo_close(p.b);
    return 0;
}

/* As above, but messages and the socket's error tell of the reset. */
static int reset_told_otherwise_body(void *arg) {
    (void)arg;
    for (int way = 0; way < 3; way++) {
        char byte = 'x';
        struct iovec vec = { &byte, 1 };
        struct msghdr msg = { .msg_iov = &vec, .msg_iovlen = 1 };
        pair p = open_pair(NULL);
        CHECK_INT(edo_tcp_set_reset_on_close(p.a, true), 0);
        edo_close(p.a);
        if (way == 0) CHECK_INT(edo_sendmsg(p.b, &msg, 0), -ECONNRESET);
        if (way == 1) CHECK_INT(edo_stream_take_error(p.b), -ECONNRESET);
        if (way == 2) CHECK_INT(edo_write(p.b, "x", 1), -ECONNRESET);
        CHECK_INT(edo_read(p.b, &byte, 1), -ECONNRESET);
        CHECK_INT(edo_recvmsg(p.b, &msg, 0), -ECONNRESET);
        CHECK_INT(edo_try_recvmsg(p.b, &msg, 0), -ECONNRESET);
        edo_close(p.b);
    }
    return 0;
}

static void reset_returned_by_a_write_is_no_end_of_input(void **state) {
    (void)state;
    in_fiber(reset_of_both_halves_body, NULL);
    in_fiber(reset_told_otherwise_body, NULL);
}

/* ---- Peek, try, vectors ---------------------------------------------------------------------- */

typedef struct ready_reader {
    edo_stream *stream;
    atomic_int rests_at; /* bytes that it had read when it found no more, last */
} ready_reader;

/* Reads all there is into a buffer that it holds only while it reads; returns how many waits that
 * took. */
static int read_when_ready(void *arg) {
    ready_reader *self = arg;
    int waits = 0, all = 0, n = 1;
    while (n != 0) {
        CHECK_INT(edo_io_ready(self->stream, EDO_IO_READ), 0);
        waits++;
        char buf[100];
        while ((n = edo_try_read(self->stream, buf, sizeof buf)) > 0) all += n;
        CHECK(n == 0 || n == -EAGAIN);
        atomic_store(&self->rests_at, all);
    }
    CHECK_INT(edo_io_ready(self->stream, EDO_IO_READ), 0); // the end stays readable
    return waits;
}

static int ready_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    ready_reader reader = { .stream = p.b };
    edo_task *t = edo_spawn(read_when_ready, &reader);
    for (int i = 1; i <= 10; i++) {
        CHECK_INT(edo_write_all(p.a, "hello", 5), 0);
        WAIT_FOR_EQ(atomic_load(&reader.rests_at), 5 * i);
    }
    CHECK_INT(edo_shutdown(p.a), 0);
    int waits = edo_task_join(t);
    CHECK(waits == 11 || waits == 12); // one for each message, for the end, and one in vain
    CHECK_INT(edo_io_ready(p.a, EDO_IO_READ | EDO_IO_WRITE), -EINVAL);
    CHECK_INT(edo_io_ready(p.a, 0), -EINVAL);
    CHECK_INT(edo_io_ready(p.a, UINT32_MAX), -EINVAL);
    close_pair(&p);
    return 0;
}

static void ready_waits_for_input_and_for_the_end_without_reading(void **state) {
    (void)state;
    in_fiber(ready_body, NULL);
}

static int room_body(void *arg) {
    (void)arg;
    static const char block[65536];
    pair p = open_pair(NULL);
    int n;
    do {
        n = edo_try_write(p.a, block, sizeof block);
    } while (n > 0);
    CHECK_INT(n, -EAGAIN);
    ready_reader reader = { .stream = p.b };
    edo_task *t = edo_spawn(read_when_ready, &reader);
    CHECK_INT(edo_io_ready(p.a, EDO_IO_WRITE), 0);
    CHECK(edo_try_write(p.a, block, 1) == 1);
    CHECK_INT(edo_shutdown(p.a), 0);
    CHECK(edo_task_join(t) > 0);
    close_pair(&p);
    return 0;
}

static void ready_waits_for_room(void **state) {
    (void)state;
    in_fiber(room_body, NULL);
}

static int peek_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    char buf[10] = { 0 };
    CHECK_INT(edo_try_read(p.b, buf, sizeof buf), -EAGAIN);
    CHECK_INT(edo_try_write(p.a, "abcdef", 6), 6);
    CHECK_INT(edo_peek(p.b, buf, 3), 3);
    CHECK_INT(edo_peek(p.b, buf, sizeof buf), 6);
    CHECK_INT(edo_try_read(p.b, buf, sizeof buf), 6);
    CHECK(memcmp(buf, "abcdef", 6) == 0);
    CHECK_INT(edo_try_read(p.b, buf, sizeof buf), -EAGAIN);
    CHECK_INT(edo_read(p.b, buf, 0), 0);
    CHECK_INT(edo_write(p.b, buf, 0), 0);
    CHECK_INT(edo_write_all(p.b, buf, 0), 0);
    close_pair(&p);
    return 0;
}

static void peek_leaves_and_try_does_not_wait(void **state) {
    (void)state;
    in_fiber(peek_body, NULL);
}

static int vectors_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    struct iovec vecs[EDO_IO_VECS_MAX + 1];
    char text[] = "0123456789", buf[EDO_IO_VECS_MAX * 10];
    for (size_t i = 0; i < EDO_COUNT(vecs); i++)
        vecs[i] = (struct iovec){ .iov_base = text, .iov_len = i % 3 == 1 ? 0 : 10 };
    int total = 0;
    for (size_t i = 0; i < EDO_IO_VECS_MAX; i++) total += (int)vecs[i].iov_len;
    CHECK_INT(edo_writev_all(p.a, vecs, EDO_IO_VECS_MAX), 0);
    CHECK_INT(edo_read_exact(p.b, buf, (size_t)total), 0);
    for (int i = 0; i < total; i++) CHECK(buf[i] == '0' + i % 10);
    CHECK_INT(edo_writev(p.a, vecs, 3), 20);
    CHECK_INT(edo_writev(p.a, vecs, 0), 0);
    CHECK_INT(edo_writev_all(p.a, vecs, EDO_COUNT(vecs)), -EINVAL);
    CHECK_INT(edo_writev(p.a, vecs, EDO_COUNT(vecs)), -EINVAL);
    CHECK_INT(edo_write_all(p.a, text, (size_t)INT_MAX + 1), -EINVAL);
    CHECK_INT(edo_read_exact(p.b, text, (size_t)INT_MAX + 1), -EINVAL);
    vecs[0].iov_len = SIZE_MAX;
    CHECK_INT(edo_writev_all(p.a, vecs, 3), -EINVAL);
    close_pair(&p);
    return 0;
}

static void vectors_are_written_in_order_and_bounded(void **state) {
    (void)state;
    in_fiber(vectors_body, NULL);
}

/* ---- Much, to a slow reader ------------------------------------------------------------------ */

#define MUCH (10u << 20)

typedef struct flow {
    pair ends;
    unsigned char *bytes;
    size_t got;
    bool vectored;
} flow;

static int read_slowly(void *arg) {
    flow *f = (flow *)arg;
    unsigned char buf[7777];
    int n;
    while ((n = edo_read(f->ends.b, buf, sizeof buf)) > 0) {
        CHECK(memcmp(buf, f->bytes + f->got, (size_t)n) == 0);
        f->got += (size_t)n;
        if (f->got % 16 == 0) CHECK_INT(edo_yield(), 0);
    }
    return n;
}

static int much_body(void *arg) {
    flow *f = (flow *)arg;
    f->got = 0;
    // small buffers, so that the writer waits again and again
    f->ends = open_pair(&(edo_tcp_opts){ .send_buffer = 16384, .recv_buffer = 16384 });
    edo_task *t = edo_spawn(read_slowly, f);
    int n;
    if (f->vectored) {
        struct iovec vecs[16];
        for (size_t i = 0; i < EDO_COUNT(vecs); i++)
            vecs[i] = (struct iovec){ f->bytes + i * (MUCH / 16), MUCH / 16 };
        n = edo_writev_all(f->ends.a, vecs, EDO_COUNT(vecs));
    } else {
        n = edo_write_all(f->ends.a, f->bytes, MUCH);
    }
    CHECK_INT(n, 0);
    CHECK_INT(edo_shutdown(f->ends.a), 0);
    CHECK_INT(edo_task_join(t), 0);
    CHECK_INT(f->got, MUCH);
    close_pair(&f->ends);
    return 0;
}

static void ten_megabytes_arrive_whole_at_a_slow_reader(void **state) {
    (void)state;
    unsigned char *bytes = malloc(MUCH);
    assert_non_null(bytes);
    for (size_t i = 0; i < MUCH; i++) bytes[i] = (unsigned char)(i * 2654435761u >> 13);
    for (int vectored = 0; vectored < 2; vectored++) {
        flow f = { .bytes = bytes, .vectored = vectored };
        in_fiber(much_body, &f);
    }
    free(bytes);
}

/* Both directions of one stream at once, by two fibers each. */
static int write_half(void *arg) {
    static const char block[4096];
    for (int i = 0; i < 200; i++) CHECK_INT(edo_write_all((edo_stream *)arg, block, 4096), 0);
    return edo_shutdown((edo_stream *)arg);
}

static int read_half(void *arg) {
    char buf[3000];
    int n, total = 0;
    while ((n = edo_read((edo_stream *)arg, buf, sizeof buf)) > 0) total += n;
    return n < 0 ? n : total;
}

static int halves_body(void *arg) {
    (void)arg;
    pair p = open_pair(&(edo_tcp_opts){ .send_buffer = 8192, .recv_buffer = 8192 });
    edo_task *w[] = { edo_spawn(write_half, p.a), edo_spawn(write_half, p.b) };
    edo_task *r[] = { edo_spawn(read_half, p.a), edo_spawn(read_half, p.b) };
    for (int i = 0; i < 2; i++) {
        CHECK_INT(edo_task_join(w[i]), 0);
        CHECK_INT(edo_task_join(r[i]), 200 * 4096);
    }
    close_pair(&p);
    return 0;
}

static void reader_and_writer_share_a_stream(void **state) {
    (void)state;
    in_fiber(halves_body, NULL);
}

/* ---- Closing and cancelling ------------------------------------------------------------------ */

static int close_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    edo_task *t = edo_spawn(own_and_read_one, edo_stream_ref(p.b));
    CHECK_INT(edo_yield(), 0);
    edo_stream *mine = edo_stream_ref(p.b);
    edo_close(p.b);
    CHECK_INT(edo_task_join(t), -EDO_ECLOSED);
    char c = 0;
    CHECK_INT(edo_read(mine, &c, 1), -EDO_ECLOSED);
    CHECK_INT(edo_try_read(mine, &c, 1), -EDO_ECLOSED);
    CHECK_INT(edo_write(mine, &c, 1), -EDO_ECLOSED);
    CHECK_INT(edo_shutdown(mine), -EDO_ECLOSED);
    edo_addr addr;
    CHECK_INT(edo_stream_peer_addr(mine, &addr), -EDO_ECLOSED);
    CHECK_INT(edo_read(p.a, &c, 1), 0); // the peer sees the end although a reference is left
    edo_stream_unref(mine);
    edo_close(p.a);
    edo_close(NULL);
    return 0;
}

static void closing_under_a_waiter_ends_its_wait(void **state) {
    (void)state;
    in_fiber(close_body, NULL);
}

static int reuse_body(void *arg) {
    (void)arg;
    for (int i = 0; i < 200; i++) {
        pair old = open_pair(NULL);
        edo_task *t = edo_spawn(own_and_read_one, edo_stream_ref(old.b));
        CHECK_INT(edo_yield(), 0);
        edo_close(old.b);
        CHECK_INT(edo_write(old.a, "x", 1), 1); // for the closed one
        edo_close(old.a);
        pair next = open_pair(NULL); // likely the old numbers
        CHECK_INT(edo_task_join(t), -EDO_ECLOSED);
        char c;
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(0));
        CHECK_INT(edo_deadline_end(&d, edo_read(next.b, &c, 1)), -ETIMEDOUT);
        CHECK_INT(edo_try_read(next.b, &c, 1), -EAGAIN);
        close_pair(&next);
    }
    return 0;
}

static void reused_descriptor_number_gets_no_old_events(void **state) {
    (void)state;
    in_fiber(reuse_body, NULL);
}

/* Each operation that waits, cut short by an abort: its result, and that nothing is lost. */
static int wait_to_read(void *arg) {
    char c;
    return edo_read((edo_stream *)arg, &c, 1);
}
static int wait_to_peek(void *arg) {
    char c;
    return edo_peek((edo_stream *)arg, &c, 1);
}
static int wait_until_ready(void *arg) {
    int n;
    while ((n = edo_io_ready((edo_stream *)arg, EDO_IO_READ)) == 0) {
        char c;
        CHECK_INT(edo_try_read((edo_stream *)arg, &c, 1), -EAGAIN);
    }
    return n;
}
static int wait_to_read_exact(void *arg) {
    char c[2];
    return edo_read_exact((edo_stream *)arg, c, 2);
}
static int wait_for_line(void *arg) {
    edo_buf_reader r;
    char *line;
    CHECK_INT(edo_buf_reader_init(&r, (edo_stream *)arg, NULL), 0);
    int n = edo_read_line(&r, &line);
    edo_buf_reader_deinit(&r);
    return n;
}
static int wait_to_write(void *arg) {
    static const char zeros[65536];
    int n;
    while ((n = edo_write((edo_stream *)arg, zeros, sizeof zeros)) > 0) {
    }
    return n;
}
static int wait_to_write_all(void *arg) {
    static const char zeros[1 << 24];
    return edo_write_all((edo_stream *)arg, zeros, sizeof zeros);
}

static int cancel_body(void *arg) {
    (void)arg;
    edo_task_fn *const waits[] = { wait_to_read,       wait_to_peek,  wait_until_ready,
                                   wait_to_read_exact, wait_for_line, wait_to_write,
                                   wait_to_write_all };
    for (size_t i = 0; i < EDO_COUNT(waits); i++) {
        pair p = open_pair(NULL);
        edo_task *t = edo_spawn(waits[i], p.a);
        for (int turns = 0; turns < 20; turns++) CHECK_INT(edo_yield(), 0);
        CHECK(!edo_task_is_finished(t));
        edo_task_cancel(t);
        CHECK_INT(edo_task_join(t), -ECANCELED);
        char c;
        CHECK_INT(edo_write(p.b, "z", 1), 1); // the stream is as before
        CHECK_INT(edo_read(p.a, &c, 1), 1);
        CHECK(c == 'z');
        close_pair(&p);
    }
    return 0;
}

static void cancelled_operation_says_so_and_leaves_the_stream_alone(void **state) {
    (void)state;
    in_fiber(cancel_body, NULL);
}

static int deadline_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    char c;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    int n = edo_read(p.a, &c, 1);
    CHECK_INT(n, -ECANCELED);
    CHECK_INT(edo_deadline_end(&d, n), -ETIMEDOUT);
    close_pair(&p);
    return 0;
}

static void read_obeys_the_deadline_around_it(void **state) {
    (void)state;
    in_fiber(deadline_body, NULL);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static int lines_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    edo_buf_reader r;
    char *line;
    CHECK_INT(edo_buf_reader_init(&r, p.b, &(edo_buf_reader_opts){ .line_max = 8 }), 0);
    static const char text[] = "one\r\ntwo\n\n0123456789abcdef\nlast";
    for (size_t i = 0; i < sizeof text - 1; i++) {
        CHECK_INT(edo_write_all(p.a, text + i, 1), 0);
        if (i == 1) { // in the middle of the first line: the limit passes, and nothing is lost
            edo_deadline d;
            edo_deadline_begin(&d, edo_ms(1));
            CHECK_INT(edo_deadline_end(&d, edo_read_line(&r, &line)), -ETIMEDOUT);
        }
    }
    edo_close(p.a);
    CHECK_INT(edo_read_line(&r, &line), 3);
    CHECK(strcmp(line, "one") == 0);
    CHECK_INT(edo_read_line(&r, &line), 3);
    CHECK(strcmp(line, "two") == 0);
    CHECK_INT(edo_read_line(&r, &line), 0);
    CHECK_INT(edo_read_line(&r, &line), -EDO_ETOOLONG);
    CHECK_INT(edo_read_line(&r, &line), 4);
    CHECK(strcmp(line, "last") == 0);
    CHECK_INT(edo_read_line(&r, &line), -EDO_EEOF);
    CHECK_INT(edo_read_line(&r, &line), -EDO_EEOF);
    edo_buf_reader_deinit(&r);
    edo_close(p.b);
    return 0;
}

static void lines_come_out_whole_also_around_a_deadline(void **state) {
    (void)state;
    in_fiber(lines_body, NULL);
}

/* ---- The end behind unread input ------------------------------------------------------------- */

static int waits_for_end(void *arg) {
    return edo_io_ready((edo_stream *)arg, EDO_IO_READ_CLOSED);
}

/* How the other end goes: it ends its output, closes, or breaks off. */
typedef enum leave { LEAVE_SHUTDOWN, LEAVE_CLOSE, LEAVE_RESET, LEAVES } leave;

static int end_behind_input_of(leave how, bool early, bool is_unix) {
    pair p = { 0 };
    if (is_unix)
        CHECK_INT(edo_unix_pair(&p.a, &p.b), 0);
    else
        p = open_pair(NULL);
    char buf[64];
    edo_task *t = early ? NULL : edo_spawn(waits_for_end, p.b);
    for (int i = 0; i < 3; i++) { // input alone is no end
        CHECK_INT(edo_write_all(p.a, "abc", 3), 0);
        CHECK_INT(edo_io_ready(p.b, EDO_IO_READ), 0);
        CHECK_INT(edo_sleep(edo_ms(1)), 0);
        CHECK(!t || !edo_task_is_finished(t));
    }
    CHECK_INT(edo_read(p.b, buf, 3), 3); // another one reads meanwhile
    if (how == LEAVE_SHUTDOWN) CHECK_INT(edo_shutdown(p.a), 0);
    if (how == LEAVE_RESET) CHECK_INT(edo_tcp_set_reset_on_close(p.a, true), 0);
    if (how != LEAVE_SHUTDOWN) edo_close(p.a);
    if (early) t = edo_spawn(waits_for_end, p.b);
    CHECK_INT(edo_task_join(t), 0);
    CHECK_INT(edo_io_ready(p.b, EDO_IO_READ_CLOSED), 0); // it stays so
    if (how != LEAVE_RESET) {
        CHECK_INT(edo_read_exact(p.b, buf, 6), 0);
        CHECK_INT(edo_read(p.b, buf, sizeof buf), 0);
    }
    CHECK_INT(edo_io_ready(p.b, EDO_IO_READ_CLOSED), 0);
    if (how == LEAVE_SHUTDOWN) edo_close(p.a);
    edo_close(p.b);
    return 0;
}

static int end_behind_input_body(void *arg) {
    (void)arg;
    for (int how = 0; how < LEAVES; how++)
        for (int early = 0; early < 2; early++) end_behind_input_of((leave)how, early, false);
    for (int early = 0; early < 2; early++) end_behind_input_of(LEAVE_CLOSE, early, true);
    return 0;
}

static void end_is_seen_behind_input_that_nobody_reads(void **state) {
    (void)state;
    in_fiber(end_behind_input_body, NULL);
}

static int end_waits_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    CHECK_INT(edo_io_ready(p.b, 3), -EINVAL);
    edo_task *t = edo_spawn(waits_for_end, p.b);
    CHECK_INT(edo_write_all(p.a, "abc", 3), 0);
    CHECK_INT(edo_sleep(edo_ms(1)), 0);
    edo_close(edo_stream_ref(p.b)); // this end
    CHECK_INT(edo_task_join(t), -EDO_ECLOSED);
    edo_stream_unref(p.b);
    edo_close(p.a);
    edo_stream *empty;
    CHECK_INT(edo_stream_empty(&empty), 0);
    CHECK_INT(edo_io_ready(empty, EDO_IO_READ_CLOSED), -ENOTSUP);
    edo_close(empty);
    return 0;
}

static void wait_for_the_end_ends_with_a_close_and_is_of_sockets(void **state) {
    (void)state;
    in_fiber(end_waits_body, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_bytes_come_back_and_half_a_close_is_half),
        cmocka_unit_test(end_behind_a_short_read_is_seen),
        cmocka_unit_test(input_behind_the_urgent_mark_is_not_forgotten),
        cmocka_unit_test(input_is_seen_although_some_task_is_always_ready),
        cmocka_unit_test(reset_by_the_peer_is_returned),
        cmocka_unit_test(reset_returned_by_a_write_is_no_end_of_input),
        cmocka_unit_test(ready_waits_for_input_and_for_the_end_without_reading),
        cmocka_unit_test(ready_waits_for_room),
        cmocka_unit_test(end_is_seen_behind_input_that_nobody_reads),
        cmocka_unit_test(wait_for_the_end_ends_with_a_close_and_is_of_sockets),
        cmocka_unit_test(peek_leaves_and_try_does_not_wait),
        cmocka_unit_test(vectors_are_written_in_order_and_bounded),
        cmocka_unit_test(ten_megabytes_arrive_whole_at_a_slow_reader),
        cmocka_unit_test(reader_and_writer_share_a_stream),
        cmocka_unit_test(closing_under_a_waiter_ends_its_wait),
        cmocka_unit_test(reused_descriptor_number_gets_no_old_events),
        cmocka_unit_test(cancelled_operation_says_so_and_leaves_the_stream_alone),
        cmocka_unit_test(read_obeys_the_deadline_around_it),
        cmocka_unit_test(lines_come_out_whole_also_around_a_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
