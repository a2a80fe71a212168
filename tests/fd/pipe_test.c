/* SPDX-License-Identifier: MIT */
/* Goal: pipes, sockets and the standard streams keep the rules of all streams, and leave flags and
 * descriptors of others as they are.
 * Method: the suite of edo/test.h; a child with standard streams of each kind. */
#include "fd_support.h"

#include "child.h"

#include <edo/edo.h>
#include <edo/fd.h>
#include <edo/pipe.h>
#include <edo/streams.h>
#include <edo/udp.h>

#include <limits.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

static int make_pipe(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    return edo_pipe(b, a, NULL);
}

static int make_sockets(edo_stream **a, edo_stream **b, void *arg) {
    (void)arg;
    int s[2], err = socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0 ? -errno : 0;
    if (err == 0) err = edo_stream_from_fd(a, s[0]);
    if (err == 0) err = edo_stream_from_fd(b, s[1]);
    return err;
}

static int suites(void *arg) {
    (void)arg;
    const edo_test_suite_opts pipe_opts = { .one_way = true, .no_peek = true };
    CHECK_EQ(edo_test_stream_suite(make_pipe, NULL, &pipe_opts), 0);
    CHECK_EQ(edo_test_stream_suite(make_sockets, NULL, NULL), 0);
    return 0;
}

static void streams_over_descriptors_are_streams(void **state) {
    (void)state;
    run_each(suites);
}

/* SIGPIPE has its default action here, so a raised one would end the test. */
static int broken_pipe(void *arg) {
    (void)arg;
    edo_stream *reader, *writer;
    CHECK_EQ(edo_pipe(&reader, &writer, NULL), 0);
    edo_close(reader);
    CHECK_EQ(edo_write(writer, "x", 1), -EPIPE);
    CHECK_EQ(edo_try_write(writer, "x", 1), -EPIPE);
    edo_close(writer);
    CHECK_EQ(edo_pipe(&reader, &writer, NULL), 0);
    CHECK_EQ(edo_shutdown(writer), 0);
    CHECK_EQ(edo_write(writer, "x", 1), -EPIPE);
    edo_close(reader);
    edo_close(writer);
    return 0;
}

/* In packet mode each write is a packet, and each read takes one. */
static int packet_pipe(void *arg) {
    (void)arg;
    for (int shuts = 0; shuts < 2; shuts++) {
        int p[2];
        char buf[8];
        edo_stream *reader, *writer;
        CHECK_EQ(pipe2(p, O_CLOEXEC | O_DIRECT), 0);
        CHECK_EQ(edo_stream_from_fd(&reader, p[0]), 0);
        CHECK_EQ(edo_stream_from_fd(&writer, p[1]), 0);
        CHECK_EQ(edo_write(writer, "ab", 2), 2);
        CHECK_EQ(edo_write(writer, "c", 1), 1);
        CHECK_EQ(edo_read(reader, buf, sizeof buf), 2);
        CHECK_EQ(edo_read(reader, buf, sizeof buf), 1);
        if (shuts) {
            CHECK_EQ(edo_shutdown(writer), 0);
            CHECK_EQ(edo_try_read(reader, buf, sizeof buf), 0);
        } else {
            edo_close(reader);
        }
        CHECK_EQ(edo_write(writer, "x", 1), -EPIPE);
        if (shuts) edo_close(reader);
        edo_close(writer);
    }
    return 0;
}

static void broken_pipe_raises_no_signal(void **state) {
    (void)state;
    run_each(broken_pipe);
    run_each(packet_pipe);
}

/* What the options say holds for both ends; what cannot hold leaves no descriptor. */
static int pipe_with_options(void *arg) {
    (void)arg;
    char buf[8];
    edo_stream *reader, *writer;
    const size_t room = 2 * (size_t)getpagesize(); // a packet takes a page
    CHECK_EQ(edo_pipe(&reader, &writer, &(edo_pipe_opts){ .bytes = 200000 }), 0);
    CHECK_EQ(fcntl(edo_stream_fd(reader), F_GETPIPE_SZ), 1 << 18);
    edo_close(reader);
    edo_close(writer);
    CHECK_EQ(edo_pipe(&reader, &writer, &(edo_pipe_opts){ .bytes = room, .packets = true }), 0);
    CHECK_EQ(fcntl(edo_stream_fd(reader), F_GETPIPE_SZ), (int)room);
    CHECK_EQ(edo_write(writer, "ab", 2), 2);
    CHECK_EQ(edo_write(writer, "c", 1), 1);
    CHECK_EQ(edo_read(reader, buf, sizeof buf), 2);
    CHECK_EQ(edo_read(reader, buf, sizeof buf), 1);
    edo_close(reader);
    edo_close(writer);
    const edo_pipe_opts refused[] = { { .bytes = (size_t)INT_MAX + 1 },
                                      { .reserved = { 0, 0, 1 } } };
    for (size_t i = 0; i < EDO_COUNT(refused); i++)
        CHECK_EQ(edo_pipe(&reader, &writer, &refused[i]), -EINVAL);
    int err = edo_pipe(&reader, &writer, &(edo_pipe_opts){ .bytes = INT_MAX });
    CHECK(err == -EPERM || err == -ENOMEM || (err == 0 && geteuid() == 0));
    if (err == 0) edo_close(reader);
    if (err == 0) edo_close(writer);
    return 0;
}

static void options_of_a_pipe_hold(void **state) {
    (void)state;
    run_each(pipe_with_options);
}

static int writes_much(void *arg) {
    static const char zeros[1u << 17];
    return edo_write_all(arg, zeros, sizeof zeros);
}

static int shut_while_writing(void *arg) {
    (void)arg;
    edo_stream *reader, *writer;
    CHECK_EQ(edo_pipe(&reader, &writer, NULL), 0);
    edo_task *t = edo_spawn(writes_much, writer);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_shutdown(writer), 0);
    CHECK_EQ(edo_task_join(t), -EPIPE);
    edo_close(reader);
    edo_close(writer);
    return 0;
}

static void shutdown_ends_a_write_that_waits(void **state) {
    (void)state;
    run_each(shut_while_writing);
}

static int given_back(void *arg) {
    (void)arg;
    edo_stream *reader, *writer, *again, *mem;
    char buf[4];
    CHECK_EQ(edo_pipe(&reader, &writer, NULL), 0);
    CHECK_EQ(fcntl(edo_stream_fd(reader), F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    edo_stream *shared = edo_stream_ref(reader);
    CHECK_EQ(edo_stream_release_fd(reader), -EBUSY);
    edo_stream_unref(shared);
    int fd = edo_stream_release_fd(reader);
    CHECK(fd >= 0);
    CHECK_EQ(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
    CHECK_EQ(edo_write(writer, "abc", 3), 3);
    CHECK_EQ(read(fd, buf, 4), 3);
    CHECK_EQ(edo_stream_from_fd(&again, fd), 0); // and back again
    CHECK_EQ(edo_shutdown(writer), 0);
    CHECK_EQ(edo_read(again, buf, 4), 0);
    edo_close(again);
    edo_close(writer);
    CHECK_EQ(edo_stream_mem(&mem, "x", 1), 0);
    CHECK_EQ(edo_stream_release_fd(mem), -ENOTSUP);
    edo_close(mem);
    return 0;
}

static void descriptor_is_given_back_blocking(void **state) {
    (void)state;
    run_each(given_back);
}

static int other_sockets(void *arg) {
    (void)arg;
    edo_stream *s;
    int listens = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_EQ(listen(listens, 1), 0);
    CHECK_EQ(edo_stream_from_fd(&s, listens), -ENOTSUP);
    CHECK_EQ(close(listens), 0);
    return 0;
}

/* A family that edo has no functions for: netlink. Asks for the loopback, and for the end. */
static int other_datagrams(void *arg) {
    (void)arg;
    struct {
        struct nlmsghdr head;
        struct ifinfomsg body;
    } ask = { .head = { .nlmsg_len = sizeof ask,
                        .nlmsg_type = RTM_GETLINK,
                        .nlmsg_flags = NLM_F_REQUEST,
                        .nlmsg_seq = 7 },
              .body = { .ifi_index = 1 } };
    union {
        struct nlmsghdr head;
        char bytes[16384];
    } reply;
    edo_stream *s;
    edo_addr from,
        kernel = { .sock.any.sa_family = AF_NETLINK, .bytes = sizeof(struct sockaddr_nl) };
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    CHECK_EQ(edo_stream_from_fd(&s, fd), 0);
    CHECK_EQ(edo_udp_set_ttl(s, 1), -ENOTSUP);
    CHECK_EQ(edo_try_read(s, &reply, sizeof reply), -EAGAIN);
    CHECK_EQ(edo_write(s, &ask, sizeof ask), sizeof ask);
    CHECK(edo_udp_recv_from(s, &reply, sizeof reply, &from) > (int)sizeof ask);
    CHECK_EQ(from.sock.any.sa_family, AF_NETLINK);
    CHECK_EQ(from.bytes, sizeof(struct sockaddr_nl));
    CHECK_EQ(reply.head.nlmsg_type, RTM_NEWLINK);
    CHECK_EQ(reply.head.nlmsg_seq, 7);
    CHECK_EQ(edo_udp_send_to(s, &ask, sizeof ask, &kernel), 0);
    CHECK_EQ(edo_read(s, &reply, 20), -EMSGSIZE); // never cut silently
    edo_close(s);
    return 0;
}

/* The kernel's sockets for ICMP say only in the message's flags that a packet is cut. */
static int pings(void *arg) {
    (void)arg;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    char echo[64] = { 8 }, buf[64]; // a request
    edo_stream *s;
    edo_addr from;
    edo_packet packet = { .buf = buf, .room = 16 };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
    if (fd < 0) {
        print_message("[  NOTE    ] no ping here (net.ipv4.ping_group_range): %s\n",
                      edo_strerror(errno));
        return 0;
    }
    CHECK_EQ(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    CHECK_EQ(edo_stream_from_fd(&s, fd), 0);
    for (int i = 0; i < 6; i++) CHECK_EQ(edo_write(s, echo, sizeof echo), sizeof echo);
    CHECK_EQ(edo_read(s, buf, 16), -EMSGSIZE);
    CHECK_EQ(edo_udp_recv_from(s, buf, 16, &from), -EMSGSIZE);
    CHECK_EQ(edo_udp_try_recv_from(s, buf, 16, NULL), -EMSGSIZE);
    CHECK_EQ(edo_udp_recv_many(s, &packet, 1), 1);
    CHECK(packet.truncated);
    CHECK_EQ(edo_read(s, buf, sizeof buf), sizeof buf);
    CHECK_EQ(edo_udp_recv_from(s, buf, sizeof buf, &from), sizeof buf);
    CHECK_EQ(from.sock.v4.sin_addr.s_addr, to.sin_addr.s_addr);
    edo_close(s);
    return 0;
}

static void datagrams_of_any_family_are_streams(void **state) {
    (void)state;
    run_each(other_datagrams);
    run_each(pings);
}

/* Both ends of a pipe of packets, of which the reading one does not show it. */
static void open_packet_pipe(int kind, edo_stream **reader, edo_stream **writer) {
    int fds[2];
    char dir[] = "/tmp/edo-packets-XXXXXX", path[64];
    if (kind == 0) {
        CHECK_EQ(edo_pipe(reader, writer, &(edo_pipe_opts){ .packets = true }), 0);
        return;
    }
    if (kind == 1) {
        CHECK_EQ(pipe2(fds, O_CLOEXEC | O_DIRECT), 0);
        CHECK_EQ(edo_stream_from_fd(reader, fds[0]), 0);
    } else {
        CHECK(mkdtemp(dir));
        (void)snprintf(path, sizeof path, "%s/fifo", dir);
        CHECK_EQ(mkfifo(path, 0600), 0);
        CHECK_EQ(edo_fifo_open(reader, path, EDO_FIFO_READ), 0);
        fds[1] = open(path, O_WRONLY | O_CLOEXEC);
        CHECK_EQ(fcntl(fds[1], F_SETFL, O_DIRECT), 0);
        CHECK_EQ(unlink(path) + rmdir(dir), 0);
    }
    CHECK_EQ(edo_stream_from_fd(writer, fds[1]), 0);
}

/* The reader waits for the first packet, the others come with it. */
static int packets_at_once(void *arg) {
    edo_stream *reader, *writer;
    char buf[8];
    open_packet_pipe(*(const int *)arg, &reader, &writer);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 4; i++) CHECK_EQ(edo_write(writer, "x", 1), 1);
        for (int i = 0; i < 4; i++) {
            edo_deadline d;
            edo_deadline_begin(&d, edo_s(30));
            CHECK_EQ(edo_deadline_end(&d, edo_read(reader, buf, sizeof buf)), 1);
        }
        CHECK_EQ(edo_try_read(reader, buf, sizeof buf), -EAGAIN);
    }
    edo_close(reader);
    edo_close(writer);
    return 0;
}

static void each_packet_of_a_pipe_is_read(void **state) {
    (void)state;
    edo_runtime *rt;
    for (int kind = 0; kind < 3; kind++) {
        CHECK_EQ(edo_runtime_new(&rt, NULL), 0);
        CHECK_EQ(edo_run(rt, packets_at_once, &kind), 0);
        edo_runtime_free(rt);
    }
}

static int packets_from_fd(void *arg) {
    (void)arg;
    static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM };
    for (size_t i = 0; i < EDO_COUNT(types); i++) {
        int fds[2], fd;
        edo_stream *a, *b;
        char buf[4];
        CHECK_EQ(socketpair(AF_UNIX, types[i], 0, fds), 0);
        CHECK_EQ(edo_stream_from_fd(&a, fds[0]), 0);
        CHECK_EQ(edo_stream_from_fd(&b, fds[1]), 0);
        CHECK_EQ(edo_write(a, "123456", 6), 6);
        CHECK_EQ(edo_read(b, buf, 4), types[i] == SOCK_STREAM ? 4 : -EMSGSIZE);
        CHECK((fd = edo_stream_release_fd(a)) >= 0);
        CHECK_EQ(close(fd), 0);
        edo_close(b);
    }
    return 0;
}

static void packet_sockets_keep_their_boundaries(void **state) {
    (void)state;
    run_each(packets_from_fd);
}

static void sockets_that_are_no_streams_are_refused(void **state) {
    (void)state;
    run_each(other_sockets);
}

static int named(void *arg) {
    (void)arg;
    char dir[] = "/tmp/edo-fifo-XXXXXX", path[PATH_MAX], buf[4];
    edo_stream *reader, *writer;
    CHECK(mkdtemp(dir) != NULL);
    (void)snprintf(path, sizeof path, "%s/fifo", dir);
    CHECK_EQ(edo_fifo_open(&reader, path, EDO_FIFO_READ), -ENOENT);
    CHECK_EQ(edo_fifo_open(&reader, dir, EDO_FIFO_READ), -EINVAL);
    CHECK_EQ(edo_fifo_open(&reader, path, 4), -EINVAL);
    CHECK_EQ(mkfifo(path, 0600), 0);
    CHECK_EQ(edo_fifo_open(&writer, path, EDO_FIFO_WRITE), -ENXIO);
    CHECK_EQ(edo_fifo_open(&reader, path, EDO_FIFO_READ), 0);
    CHECK_EQ(edo_read(reader, buf, 4), 0); // no writer
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(edo_fifo_open(&writer, path, EDO_FIFO_WRITE), 0);
        CHECK_EQ(edo_write(writer, "abc", 3), 3);
        CHECK_EQ(edo_read(reader, buf, 4), 3);
        edo_close(writer);
        CHECK_EQ(edo_read(reader, buf, 4), 0);
    }
    edo_close(reader);
    CHECK_EQ(edo_fifo_open(&reader, path, EDO_FIFO_BOTH), 0);
    CHECK_EQ(edo_try_read(reader, buf, 4), -EAGAIN); // never the end
    CHECK_EQ(edo_write(reader, "abc", 3), 3);
    CHECK_EQ(edo_read(reader, buf, 4), 3);
    edo_close(reader);
    CHECK_EQ(unlink(path) + rmdir(dir), 0);
    return 0;
}

static void named_pipes_open_at_once(void **state) {
    (void)state;
    run_each(named);
}

/* ---- Standard streams ------------------------------------------------------------------------ */

/* In a child. */
static int in_runtime(edo_task_fn *fn, void *arg) {
    edo_runtime *rt;
    if (edo_runtime_new(&rt, NULL) < 0) return -1;
    int result = edo_run(rt, fn, arg);
    edo_runtime_free(rt);
    return result;
}

/* Copies the standard input to the standard output: the bytes copied. */
static int cat(void *arg) {
    (void)arg;
    edo_stream *in = NULL, *out = NULL;
    EXPECT(edo_stdin(&in) == 0 && edo_stdout(&out) == 0, -1);
    char buf[1000];
    int n, sum = 0;
    while ((n = edo_read(in, buf, sizeof buf)) > 0) {
        if (edo_write_all(out, buf, (size_t)n) < 0) return -2;
        sum += n;
    }
    if (n < 0 || edo_flush(out) < 0) return -3;
    edo_close(in);
    edo_close(out);
    return sum;
}

typedef struct standard {
    int in, out;
} standard;

static int cat_child(void *arg) {
    const standard *std = arg;
    if (dup2(std->in, 0) < 0 || dup2(std->out, 1) < 0) return 1;
    for (int fd = 3; fd < 64; fd++) (void)close(fd);
    return in_runtime(cat, NULL) == 3000 ? 0 : 2;
}

/* Files of one kind: [0] is read, [1] written. */
static void open_kind(int kind, int fds[2]) {
    char path[] = "/tmp/edo-stdio-XXXXXX";
    switch (kind) {
    case 0: assert_int_equal(pipe(fds), 0); break;
    case 1: assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0); break;
    default:
        fds[1] = mkstemp(path);
        fds[0] = open(path, O_RDONLY);
        assert_true(fds[0] >= 0 && fds[1] >= 0 && unlink(path) == 0);
    }
}

static void standard_streams_are_of_any_kind(void **state) {
    (void)state;
    static char bytes[3000], copied[4000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 7);
    for (int kinds_of = 0; kinds_of < 9; kinds_of++) {
        int in[2], out[2];
        open_kind(kinds_of % 3, in);
        open_kind(kinds_of / 3, out);
        assert_int_equal(write(in[1], bytes, sizeof bytes), sizeof bytes);
        assert_int_equal(close(in[1]), 0);
        standard std = { in[0], out[1] };
        assert_int_equal(child_status(cat_child, &std), 0);
        assert_int_equal(fcntl(in[0], F_GETFL) & O_NONBLOCK, 0); // shared with others
        assert_int_equal(fcntl(out[1], F_GETFL) & O_NONBLOCK, 0);
        assert_int_equal(close(out[1]), 0);
        assert_int_equal(read(out[0], copied, sizeof copied), sizeof bytes);
        assert_memory_equal(copied, bytes, sizeof bytes);
        assert_int_equal(close(in[0]) + close(out[0]), 0);
    }
}

/* The master of a terminal: to open it again would make another terminal, which nobody reads. */
static int talks_to_terminal(void *arg) {
    const int *terminal = arg;
    struct pollfd p = { .fd = *terminal, .events = POLLIN };
    edo_stream *in = NULL, *out = NULL;
    char buf[5] = "";
    EXPECT(edo_stdin(&in) == 0 && edo_stdout(&out) == 0, 1);
    EXPECT(edo_write_all(out, "ping", 4) == 0 && edo_flush(out) == 0, 2);
    EXPECT(poll(&p, 1, 30000) == 1 && read(*terminal, buf, 4) == 4, 3);
    EXPECT(memcmp(buf, "ping", 4) == 0 && write(*terminal, "pong", 4) == 4, 4);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(30));
    EXPECT(edo_deadline_end(&d, edo_read_exact(in, buf, 4)) == 0, 5);
    EXPECT(memcmp(buf, "pong", 4) == 0, 6);
    edo_close(in);
    edo_close(out);
    return 0;
}

static int terminal_child(void *arg) {
    int master, terminal;
    struct termios raw = { 0 };
    (void)arg;
    cfmakeraw(&raw);
    if (openpty(&master, &terminal, NULL, &raw, NULL) < 0) return 100;
    if (dup2(master, 0) < 0 || dup2(master, 1) < 0) return 101;
    return in_runtime(talks_to_terminal, &terminal);
}

static void standard_stream_that_is_a_master_stays_with_its_terminal(void **state) {
    (void)state;
    assert_int_equal(child_status(terminal_child, NULL), 0);
}

static int writes_packets(void *arg) {
    edo_stream *out = NULL;
    (void)arg;
    EXPECT(edo_stdout(&out) == 0, 1);
    EXPECT(edo_write(out, "one", 3) == 3 && edo_write(out, "two", 3) == 3, 2);
    edo_close(out);
    return 0;
}

static int packets_child(void *arg) {
    return dup2(*(const int *)arg, 1) == 1 ? in_runtime(writes_packets, NULL) : 100;
}

static void packets_of_a_standard_output_stay_apart(void **state) {
    (void)state;
    int fds[2];
    char buf[8];
    assert_int_equal(pipe2(fds, O_CLOEXEC | O_DIRECT), 0);
    assert_int_equal(child_status(packets_child, &fds[1]), 0);
    assert_int_equal(close(fds[1]), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(read(fds[0], buf, sizeof buf), 3);
    assert_int_equal(close(fds[0]), 0);
}

static int full_disk(void *arg) {
    edo_stream *out;
    EXPECT(edo_stdout(&out) == 0, -1);
    (void)arg;
    int wrote = edo_write(out, "x", 1), told = edo_flush(out), again = edo_flush(out);
    edo_close(out);
    return wrote == 1 && told == -ENOSPC && again == 0 ? 0 : -2;
}

static int full_child(void *arg) {
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    (void)arg;
    return full >= 0 && dup2(full, 1) == 1 && in_runtime(full_disk, NULL) == 0 ? 0 : 1;
}

static int missing(void *arg) {
    edo_stream *s;
    (void)arg;
    (void)close(0);
    return edo_stdin(&s) == -EBADF ? 0 : 1;
}

/* A read of an input that never comes is cut short, and the runtime ends. What comes after the
 * close stays there. */
static int silent(void *arg) {
    const int *peer = arg;
    edo_stream *in;
    char byte;
    EXPECT(edo_stdin(&in) == 0, 1);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    int err = edo_deadline_end(&d, edo_read(in, &byte, 1));
    edo_close(in);
    if (write(*peer, "x", 1) != 1) return 3;
    return err == -ETIMEDOUT ? 0 : 2;
}

static int silent_child(void *arg) {
    int s[2];
    (void)arg;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) < 0 || dup2(s[0], 0) < 0) return 1;
    int err = in_runtime(silent, &s[1]);
    char byte;
    return err ? err : recv(0, &byte, 1, MSG_DONTWAIT) == 1 ? 0 : 4;
}

static int read_job(void *arg) {
    char byte;
    return (int)read(*(const int *)arg, &byte, 1);
}

static int await_read(void *arg) {
    return edo_blocking(read_job, arg);
}

/* The pool takes no more jobs: a read returns that, and the stream is as before. */
static int crowded(void *arg) {
    edo_stream *in;
    edo_blocking_stats pool = { 0 };
    char byte;
    int gate[2];
    (void)arg;
    EXPECT(edo_stdin(&in) == 0 && pipe(gate) == 0, 1);
    edo_task *runs = edo_spawn(await_read, gate), *waits = edo_spawn(await_read, gate);
    YIELD_FOR(
        (edo_blocking_get_stats(edo_runtime_current(), &pool), pool.running + pool.queue == 2));
    EXPECT(edo_read(in, &byte, 1) == -EAGAIN, 2);
    EXPECT(write(gate[1], "xx", 2) == 2, 1);
    EXPECT(edo_task_join(runs) == 1 && edo_task_join(waits) == 1, 3);
    EXPECT(edo_read(in, &byte, 1) == 0, 4); // /dev/null
    edo_close(in);
    return 0;
}

static int crowded_child(void *arg) {
    edo_runtime *rt;
    const edo_runtime_opts opts = { .blocking_max = 1, .blocking_queue_max = 1 };
    (void)arg;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) != 0 || edo_runtime_new(&rt, &opts) < 0) return 5;
    int result = edo_run(rt, crowded, NULL);
    edo_runtime_free(rt);
    return result;
}

static void standard_streams_tell_what_fails(void **state) {
    (void)state;
    assert_int_equal(child_status(full_child, NULL), 0);
    assert_int_equal(child_status(missing, NULL), 0);
    assert_int_equal(child_status(silent_child, NULL), 0);
    assert_int_equal(child_status(crowded_child, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_streams_are_of_any_kind), // first: no threads yet to be forked
        cmocka_unit_test(standard_stream_that_is_a_master_stays_with_its_terminal),
        cmocka_unit_test(packets_of_a_standard_output_stay_apart),
        cmocka_unit_test(standard_streams_tell_what_fails),
        cmocka_unit_test(streams_over_descriptors_are_streams),
        cmocka_unit_test(broken_pipe_raises_no_signal),
        cmocka_unit_test(options_of_a_pipe_hold),
        cmocka_unit_test(shutdown_ends_a_write_that_waits),
        cmocka_unit_test(descriptor_is_given_back_blocking),
        cmocka_unit_test(sockets_that_are_no_streams_are_refused),
        cmocka_unit_test(datagrams_of_any_family_are_streams),
        cmocka_unit_test(each_packet_of_a_pipe_is_read),
        cmocka_unit_test(packet_sockets_keep_their_boundaries),
        cmocka_unit_test(named_pipes_open_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
