/* SPDX-License-Identifier: MIT */
/* Goal: a copy of bulk between sockets loses nothing, tells how it ended, raises no signal, and
 * leaves no descriptor.
 * Method: TCP connections of this process, with SIGPIPE at its default, which would end it. */
#include "tcp_pair.h"

#include <edo/fd.h>
#include <edo/pipe.h>
#include <edo/unix.h>

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <unistd.h>

#define BYTES (8u << 20)

/* client ⇄ a, forwarded by a task, b ⇄ server */
typedef struct proxy {
    edo_stream *client, *a, *b, *server;
    edo_copied copied;
    edo_task *forwarder;
} proxy;

static int forwards(void *arg) {
    proxy *p = arg;
    return edo_copy_both(p->a, p->b, &p->copied);
}

static void open_proxy(proxy *p) {
    *p = (proxy){ 0 };
    CHECK_EQ(connected(&p->client, &p->a), 0);
    CHECK_EQ(connected(&p->server, &p->b), 0);
    p->forwarder = edo_spawn(forwards, p);
}

/* The forwarder has ended. */
static void shut_proxy(proxy *p) {
    edo_close(p->a);
    edo_close(p->b);
    edo_close(p->client);
    edo_close(p->server);
}

static char chunk[100000];

/* Sends in bulk, with pauses. */
static int sends(void *arg) {
    for (size_t left = BYTES; left > 0;) {
        size_t n = left < sizeof chunk ? left : sizeof chunk;
        int err = edo_write_all(arg, chunk, n);
        if (err < 0) return err;
        left -= n;
        if (left % 7 == 0 && (err = edo_sleep(edo_ms(1))) < 0) return err;
    }
    return edo_shutdown(arg);
}

static int reads_pattern(void *arg) {
    static char buf[65536];
    size_t at = 0;
    int n;
    while ((n = edo_read(arg, buf, sizeof buf)) > 0)
        for (int i = 0; i < n; i++, at++) CHECK_EQ(buf[i], chunk[at % sizeof chunk]);
    CHECK_EQ(at, BYTES);
    return n;
}

static int forwards_bulk(void *arg) {
    (void)arg;
    proxy p;
    open_proxy(&p);
    edo_task *sender = edo_spawn(sends, p.client);
    CHECK_EQ(reads_pattern(p.server), 0);
    CHECK_EQ(edo_write_all(p.server, "bye", 3), 0);
    CHECK_EQ(edo_shutdown(p.server), 0);
    char bye[4];
    CHECK_EQ(edo_read_exact(p.client, bye, 3), 0);
    CHECK_EQ(edo_read(p.client, bye, 1), 0);
    CHECK_EQ(edo_task_join(sender), 0);
    CHECK_EQ(edo_task_join(p.forwarder), 0);
    CHECK_EQ(p.copied.to_b, BYTES);
    CHECK_EQ(p.copied.to_a, 3);
    shut_proxy(&p);
    return 0;
}

/* As a server of HTTP that has read the head of a request, and forwards the body. */
static int forwards_behind_a_line(void *arg) {
    proxy *p = arg;
    edo_buf_reader r;
    char *line;
    CHECK_EQ(edo_buf_reader_init(&r, p->a, NULL), 0);
    int err = edo_read_line(&r, &line);
    if (err >= 0) err = edo_copy_both(edo_buf_reader_stream(&r), p->b, &p->copied);
    edo_buf_reader_deinit(&r);
    return err;
}

static int forwards_through_a_reader(void *arg) {
    (void)arg;
    proxy p = { 0 };
    CHECK_EQ(connected(&p.client, &p.a), 0);
    CHECK_EQ(connected(&p.server, &p.b), 0);
    p.forwarder = edo_spawn(forwards_behind_a_line, &p);
    CHECK_EQ(edo_write_all(p.client, "head\n", 5), 0);
    edo_task *sender = edo_spawn(sends, p.client);
    CHECK_EQ(reads_pattern(p.server), 0);
    edo_task *back = edo_spawn(sends, p.server);
    CHECK_EQ(reads_pattern(p.client), 0);
    CHECK_EQ(edo_task_join(sender), 0);
    CHECK_EQ(edo_task_join(back), 0);
    CHECK_EQ(edo_task_join(p.forwarder), 0);
    CHECK_EQ(p.copied.to_b, BYTES);
    CHECK_EQ(p.copied.to_a, BYTES);
    shut_proxy(&p);
    return 0;
}

static int lowest_free_fd(void) {
    int fd = dup(0);
    assert_true(fd >= 0);
    close(fd);
    return fd;
}

static void bulk_arrives_whole_and_leaves_no_descriptor(void **state) {
    (void)state;
    fill_pattern(chunk, sizeof chunk);
    int fd = lowest_free_fd();
    CHECK_EQ(inside_each(forwards_bulk, NULL), 0);
    CHECK_EQ(inside_each(forwards_through_a_reader, NULL), 0);
    assert_int_equal(lowest_free_fd(), fd);
}

/* Takes a part, then breaks off in the middle of the bulk. */
static int breaks_off(void *arg) {
    const bool *by_reset = arg;
    proxy p;
    open_proxy(&p);
    edo_task *sender = edo_spawn(sends, p.client);
    static char buf[1 << 20];
    CHECK_EQ(edo_read_exact(p.server, buf, sizeof buf), 0);
    CHECK_EQ(edo_tcp_set_reset_on_close(p.server, *by_reset), 0);
    edo_close(p.server);
    int err = edo_task_join(p.forwarder);
    CHECK(err == -ECONNRESET || err == -EPIPE);
    CHECK(p.copied.to_b >= sizeof buf);
    edo_close(p.a);
    edo_close(p.b);
    CHECK(edo_task_join(sender) < 0);
    edo_close(p.client);
    return 0;
}

static void peer_that_breaks_off_ends_the_copy_without_a_signal(void **state) {
    (void)state;
    assert_true(sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL) == 0);
    int fd = lowest_free_fd();
    for (int i = 0; i < 2; i++) {
        bool by_reset = i;
        CHECK_EQ(inside_each(breaks_off, &by_reset), 0);
    }
    assert_int_equal(lowest_free_fd(), fd);
}

/* The sender resets the connection after bulk that has arrived: the copy does not take that for
 * the end. */
static int resets_input(void *arg) {
    (void)arg;
    proxy p;
    open_proxy(&p);
    static char buf[1 << 20];
    CHECK_EQ(edo_write_all(p.client, chunk, sizeof chunk), 0);
    CHECK_EQ(edo_read_exact(p.server, buf, sizeof chunk), 0);
    CHECK_EQ(edo_sleep(edo_ms(5)), 0); // the copy waits for more
    CHECK_EQ(edo_tcp_set_reset_on_close(p.client, true), 0);
    edo_close(p.client);
    CHECK_EQ(edo_task_join(p.forwarder), -ECONNRESET);
    edo_close(p.a);
    edo_close(p.b);
    edo_close(p.server);
    return 0;
}

static void reset_of_the_input_is_no_end(void **state) {
    (void)state;
    CHECK_EQ(inside_each(resets_input, NULL), 0);
}

/* The reader has taken all and closes; the bulk that follows breaks off in the middle of a call. */
static int closes_after_all(void *arg) {
    (void)arg;
    proxy p;
    open_proxy(&p);
    static char buf[sizeof chunk];
    CHECK_EQ(edo_write_all(p.client, chunk, sizeof chunk), 0);
    CHECK_EQ(edo_read_exact(p.server, buf, sizeof chunk), 0);
    edo_close(p.server);
    CHECK_EQ(edo_sleep(edo_ms(5)), 0);
    edo_task *sender = edo_spawn(sends, p.client);
    int err = edo_task_join(p.forwarder);
    CHECK(err == -ECONNRESET || err == -EPIPE);
    edo_close(p.a);
    edo_close(p.b);
    CHECK(edo_task_join(sender) < 0);
    edo_close(p.client);
    return 0;
}

static void reader_that_is_gone_raises_no_signal(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) CHECK_EQ(inside_each(closes_after_all, NULL), 0);
}

static int is_aborted(void *arg) {
    (void)arg;
    proxy p;
    open_proxy(&p);
    edo_task *sender = edo_spawn(sends, p.client);
    static char buf[1 << 20];
    CHECK_EQ(edo_read_exact(p.server, buf, sizeof buf), 0);
    edo_task_cancel(p.forwarder);
    CHECK_EQ(edo_task_join(p.forwarder), -ECANCELED);
    edo_close(p.a);
    edo_close(p.b);
    CHECK(edo_task_join(sender) < 0);
    edo_close(p.client);
    edo_close(p.server);
    return 0;
}

static void aborted_copy_leaves_no_descriptor(void **state) {
    (void)state;
    int fd = lowest_free_fd();
    CHECK_EQ(inside_each(is_aborted, NULL), 0);
    assert_int_equal(lowest_free_fd(), fd);
}

/* The kernel splices to no file with O_APPEND, which GNU make leaves on its standard output. */
static void append(edo_stream *s) {
    int fd = edo_stream_fd(s), flags = fcntl(fd, F_GETFL);
    CHECK(flags >= 0 && fcntl(fd, F_SETFL, flags | O_APPEND) == 0);
}

static void open_unix(edo_stream **sink, edo_stream **far_end) {
    CHECK_EQ(edo_unix_pair(sink, far_end), 0);
}

static void open_terminal(edo_stream **sink, edo_stream **far_end) {
    int master, slave;
    struct termios raw = { 0 };
    cfmakeraw(&raw);
    CHECK_EQ(openpty(&master, &slave, NULL, &raw, NULL), 0);
    CHECK_EQ(edo_stream_from_fd(sink, slave), 0);
    CHECK_EQ(edo_stream_from_fd(far_end, master), 0);
}

static const struct sink {
    const char *name;
    void (*open)(edo_stream **sink, edo_stream **far_end);
    bool late; /* it gets the flag amid the copy */
} sinks[] = {
    { "a socket", open_unix, false },
    { "a socket, amid the copy", open_unix, true },
    { "a terminal", open_terminal, false },
    { "a terminal, amid the copy", open_terminal, true },
};

#define REFUSED_BYTES 20000u

typedef struct copying {
    edo_stream *to, *from;
    uint64_t copied;
} copying;

static int copies(void *arg) {
    copying *c = arg;
    return edo_copy(c->to, c->from, &c->copied);
}

static int copies_to_refusing_sink(void *arg) {
    const struct sink *kind = arg;
    copying c = { 0 };
    edo_stream *in, *far_end;
    static char got[2 * REFUSED_BYTES];
    CHECK_EQ(edo_pipe(&c.from, &in, NULL), 0);
    kind->open(&c.to, &far_end);
    if (!kind->late) append(c.to);
    CHECK_EQ(edo_write_all(in, chunk, REFUSED_BYTES), 0);
    edo_task *task = edo_spawn(copies, &c);
    CHECK_EQ(edo_read_exact(far_end, got, REFUSED_BYTES), 0);
    append(c.to);
    CHECK_EQ(edo_write_all(in, chunk + REFUSED_BYTES, REFUSED_BYTES), 0);
    CHECK_EQ(edo_shutdown(in), 0);
    CHECK_EQ(edo_read_exact(far_end, got + REFUSED_BYTES, REFUSED_BYTES), 0);
    CHECK_EQ(edo_task_join(task), 0);
    CHECK_EQ(c.copied, sizeof got);
    CHECK_EQ(memcmp(got, chunk, sizeof got), 0);
    edo_close(in);
    edo_close(c.from);
    edo_close(c.to);
    edo_close(far_end);
    return 0;
}

static void sink_that_refuses_splice_gets_each_byte(void **state) {
    (void)state;
    fill_pattern(chunk, sizeof chunk);
    for (size_t i = 0; i < EDO_COUNT(sinks); i++) {
        print_message("%s\n", sinks[i].name);
        CHECK_EQ(inside_each(copies_to_refusing_sink, (void *)(uintptr_t)&sinks[i]), 0);
    }
}

/* ---- Packets --------------------------------------------------------------------------------- */

enum { PACKETS = 5, PACKET_BYTES = 3000 }; // the third does not fit behind two in a small buffer

static void open_packets(int kind, edo_stream **reader, edo_stream **writer) {
    int fds[2];
    if (kind == 0) CHECK_EQ(edo_pipe(reader, writer, &(edo_pipe_opts){ .packets = true }), 0);
    if (kind == 1) {
        CHECK_EQ(pipe2(fds, O_CLOEXEC | O_DIRECT), 0);
        CHECK_EQ(edo_stream_from_fd(reader, fds[0]), 0);
        CHECK_EQ(edo_stream_from_fd(writer, fds[1]), 0);
    }
    if (kind == 2) CHECK_EQ(edo_unix_seqpacket_pair(reader, writer), 0);
}

/* What was read waits for the sink as the next packet comes. */
static int copies_packets(void *arg) {
    static char got[4u << 20];
    const int *kind = arg;
    copying c = { 0 };
    edo_stream *in, *far_end;
    size_t in_way = 0, bytes = (size_t)PACKETS * PACKET_BYTES;
    int n;
    CHECK_EQ(edo_unix_pair(&c.to, &far_end), 0);
    open_packets(*kind, &c.from, &in);
    while ((n = edo_try_write(c.to, chunk, sizeof chunk)) > 0) in_way += (size_t)n;
    CHECK(in_way + bytes <= sizeof got);
    for (size_t i = 0; i < PACKETS; i++)
        CHECK_EQ(edo_write(in, chunk + i * PACKET_BYTES, PACKET_BYTES), PACKET_BYTES);
    edo_close(in);
    edo_task *task = edo_spawn(copies, &c);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_read_exact(far_end, got, in_way + 1), 0); // in any case there is one
    CHECK_EQ(edo_task_join(task), 0);
    CHECK_EQ(c.copied, bytes);
    CHECK_EQ(edo_read_exact(far_end, got + in_way + 1, bytes - 1), 0);
    CHECK_EQ(memcmp(got + in_way, chunk, bytes), 0);
    edo_close(c.from);
    edo_close(c.to);
    edo_close(far_end);
    return 0;
}

static int reads_all_packets(void *arg) {
    const int *kind = arg;
    edo_stream *from, *in;
    edo_bytes all;
    size_t bytes = (size_t)PACKETS * PACKET_BYTES;
    open_packets(*kind, &from, &in);
    for (size_t i = 0; i < PACKETS; i++)
        CHECK_EQ(edo_write(in, chunk + i * PACKET_BYTES, PACKET_BYTES), PACKET_BYTES);
    edo_close(in);
    EDO_TEST_OK(edo_read_all(&all, from, bytes));
    CHECK_EQ(all.str.len, bytes);
    CHECK_EQ(memcmp(all.str.ptr, chunk, bytes), 0);
    edo_bytes_unref(&all);
    edo_close(from);
    return 0;
}

/* Each packet has the end of a line and the begin of the next one. */
static int reads_lines_of_packets(void *arg) {
    static char text[(size_t)PACKETS * PACKET_BYTES];
    const int *kind = arg;
    edo_stream *from, *in;
    edo_buf_reader r;
    char *line;
    open_packets(*kind, &from, &in);
    memset(text, 'a', sizeof text);
    for (size_t i = 1; i < sizeof text; i += 2000) text[i] = '\n';
    for (size_t i = 0; i < PACKETS; i++)
        CHECK_EQ(edo_write(in, text + i * PACKET_BYTES, PACKET_BYTES), PACKET_BYTES);
    edo_close(in);
    CHECK_EQ(edo_buf_reader_init(&r, from, NULL), 0);
    CHECK_EQ(edo_read_line(&r, &line), 1);
    for (size_t i = 2001; i < sizeof text; i += 2000) CHECK_EQ(edo_read_line(&r, &line), 1999);
    edo_buf_reader_deinit(&r);
    edo_close(from);
    return 0;
}

static void packets_are_all_read(void **state) {
    (void)state;
    fill_pattern(chunk, sizeof chunk);
    for (int kind = 0; kind < 3; kind++) {
        CHECK_EQ(inside_with(reads_all_packets, &kind, &kinds[0]), 0);
        CHECK_EQ(inside_with(reads_lines_of_packets, &kind, &kinds[0]), 0);
    }
}

static void packet_is_copied_whole_though_the_sink_is_slow(void **state) {
    (void)state;
    fill_pattern(chunk, sizeof chunk);
    for (int kind = 0; kind < 3; kind++) CHECK_EQ(inside_with(copies_packets, &kind, &kinds[0]), 0);
}

/* ---- The end of a terminal ------------------------------------------------------------------- */

/* The master of a terminal in which bytes wait that no process has open any more. */
static edo_stream *left_terminal(size_t *bytes) {
    int master, slave;
    edo_stream *s;
    struct termios raw = { 0 };
    cfmakeraw(&raw);
    CHECK_EQ(openpty(&master, &slave, NULL, &raw, NULL), 0);
    CHECK_EQ(fcntl(slave, F_SETFL, O_NONBLOCK), 0);
    ssize_t n = write(slave, chunk, sizeof chunk);
    CHECK(n > 8192); // more than the buffer with which a copy begins
    *bytes = (size_t)n;
    CHECK_EQ(close(slave), 0);
    CHECK_EQ(edo_stream_from_fd(&s, master), 0);
    return s;
}

/* While the sink is full the copy fills its buffer, so it goes on by splice(), which meets the
 * end. */
static int copies_from_left_terminal(void *arg) {
    static char got[4u << 20];
    copying c = { 0 };
    edo_stream *far_end;
    size_t in_way = 0, bytes;
    int n;
    (void)arg;
    CHECK_EQ(edo_unix_pair(&c.to, &far_end), 0);
    c.from = left_terminal(&bytes);
    while ((n = edo_try_write(c.to, chunk, sizeof chunk)) > 0) in_way += (size_t)n;
    CHECK(in_way + bytes <= sizeof got);
    edo_task *task = edo_spawn(copies, &c);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_read_exact(far_end, got, in_way + bytes), 0);
    CHECK_EQ(edo_task_join(task), 0);
    CHECK_EQ(c.copied, bytes);
    CHECK_EQ(memcmp(got + in_way, chunk, bytes), 0);
    edo_close(c.from);
    edo_close(c.to);
    edo_close(far_end);
    return 0;
}

static void hang_up_of_a_terminal_is_its_end(void **state) {
    (void)state;
    fill_pattern(chunk, sizeof chunk);
    CHECK_EQ(inside_with(copies_from_left_terminal, NULL, &kinds[0]), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bulk_arrives_whole_and_leaves_no_descriptor),
        cmocka_unit_test(peer_that_breaks_off_ends_the_copy_without_a_signal),
        cmocka_unit_test(reset_of_the_input_is_no_end),
        cmocka_unit_test(reader_that_is_gone_raises_no_signal),
        cmocka_unit_test(aborted_copy_leaves_no_descriptor),
        cmocka_unit_test(sink_that_refuses_splice_gets_each_byte),
        cmocka_unit_test(packet_is_copied_whole_though_the_sink_is_slow),
        cmocka_unit_test(packets_are_all_read),
        cmocka_unit_test(hang_up_of_a_terminal_is_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
