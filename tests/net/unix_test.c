/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/unix.h: addresses, kinds, credentials, and descriptors that pass
 * without one being lost or left open.
 * Method: fibers on both ends of real sockets; system calls that fail in turn. */
#include "failing_calls.h"

#include <edo/udp.h>
#include <edo/unix.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Addresses and kinds --------------------------------------------------------------------- */

static char dir[] = "/tmp/edo-unix-XXXXXX";

static int make_dir(void **state) {
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}
static int remove_dir(void **state) {
    (void)state;
    return rmdir(dir);
}

static const char *path_of(const char *name) {
    static char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static int talk_at(const char *path) {
    edo_listener *l;
    edo_stream *client, *server;
    char buf[8];
    CHECK_INT(edo_unix_listen(&l, path, NULL), 0);
    CHECK_INT(edo_listener_port(l), 0);
    CHECK_INT(edo_unix_connect(&client, path, NULL), 0);
    CHECK_INT(edo_accept(l, &server), 0);
    CHECK_INT(edo_write_all(client, "hello", 5), 0);
    CHECK_INT(edo_read_exact(server, buf, 5), 0);
    CHECK_INT(edo_tcp_set_delay(server, true), -ENOTSUP);
    edo_listener *second;
    CHECK_INT(edo_unix_listen(&second, path, NULL), -EADDRINUSE);
    edo_close(client);
    edo_close(server);
    edo_listener_close(l);
    return 0;
}

static int paths_body(void *arg) {
    (void)arg;
    const char *path = path_of("app.sock");
    char text[128];
    CHECK_INT(talk_at(path), 0);
    struct stat info;
    CHECK_INT(stat(path, &info), 0); // the file stays
    CHECK_INT(unlink(path), 0);
    (void)snprintf(text, sizeof text, "unix:%s", path);
    CHECK_INT(talk_at(text), 0);
    CHECK_INT(unlink(path), 0);
    (void)snprintf(text, sizeof text, "@edo-test-%d", (int)getpid());
    return talk_at(text);
}

static void streams_connect_by_path_and_by_abstract_name(void **state) {
    (void)state;
    in_fiber(paths_body, NULL);
}

static int refused_body(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_stream *s;
    char longest[200];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    CHECK_INT(edo_unix_listen(&l, longest, NULL), -EINVAL);
    CHECK_INT(edo_unix_connect(&s, "a\\", NULL), -EINVAL);
    CHECK_INT(edo_unix_connect(&s, path_of("none"), NULL), -ENOENT);
    CHECK_INT(edo_unix_listen(&l, path_of("x"), &(edo_unix_opts){ .reserved = { 1 } }), -EINVAL);
    CHECK_INT(edo_unix_listen(&l, path_of("x"), &(edo_unix_opts){ .mode = 010000 }), -EINVAL);
    CHECK_INT(edo_unix_listen(&l, path_of("none/x"), NULL), -ENOENT);
    const char *path = path_of("gone");
    CHECK_INT(edo_unix_listen(&l, path, NULL), 0);
    CHECK_INT(edo_unix_seqpacket_connect(&s, path, NULL), -EPROTOTYPE);
    edo_listener_close(l);
    CHECK_INT(edo_unix_connect(&s, path, NULL), -ECONNREFUSED);
    CHECK_INT(unlink(path), 0);
    return 0;
}

static void addresses_that_cannot_be_used_are_refused(void **state) {
    (void)state;
    in_fiber(refused_body, NULL);
}

static int longest_body(void *arg) {
    (void)arg;
    edo_stream *server, *client;
    edo_addr at, from;
    char path[sizeof at.sock.un.sun_path + 1], text[EDO_ADDR_TEXT_MAX], byte;
    edo_packet packet = { .buf = &byte, .room = 1 };
    (void)snprintf(path, sizeof path, "%s/%0*d", dir, (int)(sizeof path - sizeof dir - 1), 0);
    CHECK_INT(strlen(path), sizeof at.sock.un.sun_path);
    CHECK_INT(edo_unix_dgram_bind(&server, path, NULL), 0);
    CHECK_INT(edo_stream_local_addr(server, &at), 0);
    CHECK_INT(at.bytes, sizeof at.sock.un);
    CHECK_INT(edo_addr_print(&at, text, sizeof text), strlen("unix:") + strlen(path));
    CHECK_INT(strcmp(text + strlen("unix:"), path), 0);
    CHECK_INT(edo_unix_dgram_connect(&client, text, &(edo_unix_opts){ .bind = "" }), 0);
    CHECK_INT(edo_stream_local_addr(client, &from), 0);
    CHECK_INT(edo_udp_send_to(server, "x", 1, &from), 0);
    CHECK_INT(edo_udp_send_to(server, "y", 1, &from), 0);
    CHECK_INT(edo_udp_recv_from(client, &byte, 1, &from), 1);
    CHECK_INT(from.bytes, at.bytes);
    CHECK_INT(edo_udp_recv_many(client, &packet, 1), 1);
    CHECK_INT(packet.addr.bytes, at.bytes);
    CHECK_INT(unlink(path), 0);
    edo_close(client);
    edo_close(server);
    return 0;
}

static void a_path_may_fill_the_whole_address(void **state) {
    (void)state;
    in_fiber(longest_body, NULL);
}

static void the_file_has_the_mode_from_the_first(void **state) {
    (void)state;
    edo_listener *l;
    struct stat info;
    const char *path = path_of("mode.sock");
    mode_t umask_before = umask(022);
    assert_int_equal(edo_unix_listen(&l, path, &(edo_unix_opts){ .mode = 0660 }), 0);
    (void)umask(umask_before);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0640);
    edo_listener_close(l);
    assert_int_equal(unlink(path), 0);
}

static int seqpacket_body(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_addr at;
    char name[EDO_ADDR_TEXT_MAX], buf[8];
    edo_stream *client, *server;
    CHECK_INT(edo_unix_seqpacket_listen(&l, "", NULL), 0);
    CHECK_INT(edo_listener_addr(l, &at), 0);
    CHECK(edo_addr_print(&at, name, sizeof name) > 0);
    CHECK_INT(edo_unix_seqpacket_connect(&client, name, NULL), 0);
    CHECK_INT(edo_accept(l, &server), 0);
    CHECK_INT(edo_write(client, "one", 3), 3);
    CHECK_INT(edo_write(client, "three", 5), 5);
    CHECK_INT(edo_write(client, "much too long", 13), 13);
    CHECK_INT(edo_write(client, "end", 3), 3);
    CHECK_INT(edo_peek(server, buf, sizeof buf), 3); // packets do not run together
    CHECK_INT(edo_read(server, buf, sizeof buf), 3);
    CHECK_INT(edo_read(server, buf, sizeof buf), 5);
    CHECK_INT(edo_read(server, buf, sizeof buf), -EMSGSIZE); // and are not cut silently
    CHECK_INT(edo_read(server, buf, sizeof buf), 3);
    CHECK_INT(edo_shutdown(client), 0);
    CHECK_INT(edo_read(server, buf, sizeof buf), 0);
    CHECK_INT(edo_write(server, "back", 4), 4);
    CHECK_INT(edo_read(client, buf, sizeof buf), 4);
    edo_close(client);
    edo_close(server);
    edo_listener_close(l);
    return 0;
}

static void seqpacket_keeps_boundaries(void **state) {
    (void)state;
    in_fiber(seqpacket_body, NULL);
}

static int dgram_body(void *arg) {
    (void)arg;
    edo_stream *server, *client;
    edo_addr at, from;
    char name[EDO_ADDR_TEXT_MAX], buf[8];
    CHECK_INT(edo_unix_dgram_bind(&server, "", NULL), 0);
    CHECK_INT(edo_stream_local_addr(server, &at), 0);
    CHECK(edo_addr_print(&at, name, sizeof name) > 0);
    CHECK_INT(edo_unix_dgram_connect(&client, name, &(edo_unix_opts){ .bind = "" }), 0);
    CHECK_INT(edo_write(client, "ping", 4), 4);
    CHECK_INT(edo_udp_recv_from(server, buf, sizeof buf, &from), 4);
    CHECK_INT(edo_udp_send_to(server, "pong", 4, &from), 0);
    CHECK_INT(edo_read(client, buf, sizeof buf), 4);
    CHECK_INT(edo_udp_send_to(server, "", 0, &from), 0); // empty ones too
    CHECK_INT(edo_udp_recv_from(client, buf, sizeof buf, NULL), 0);
    int sent = 0;
    while ((sent = edo_udp_send_to(server, "x", 1, &from)) == 0) continue;
    CHECK_INT(sent, -EAGAIN); // the queue of an address is full: nothing would wake the sender
    edo_close(client);
    edo_close(server);
    return 0;
}

static void datagrams_come_with_their_sender(void **state) {
    (void)state;
    in_fiber(dgram_body, NULL);
}

static int empty_later(void *arg) {
    char buf[8];
    edo_stream *s = arg;
    CHECK_INT(edo_sleep(edo_ms(1)), 0);
    while (edo_try_read(s, buf, sizeof buf) >= 0) continue;
    return 0;
}

static int wait_for_room_body(void *arg) {
    (void)arg;
    edo_stream *server, *client;
    edo_addr at;
    char name[EDO_ADDR_TEXT_MAX];
    CHECK_INT(edo_unix_dgram_bind(&server, "", NULL), 0);
    CHECK_INT(edo_stream_local_addr(server, &at), 0);
    CHECK(edo_addr_print(&at, name, sizeof name) > 0);
    CHECK_INT(edo_unix_dgram_connect(&client, name, NULL), 0);
    while (edo_try_write(client, "x", 1) == 1) continue;
    edo_task *t = edo_spawn(empty_later, server);
    CHECK_INT(edo_write(client, "x", 1), 1);
    CHECK_INT(edo_task_join(t), 0);
    edo_close(client);
    edo_close(server);
    return 0;
}

static void a_connected_datagram_socket_waits_for_room(void **state) {
    (void)state;
    in_fiber(wait_for_room_body, NULL);
}

static int accept_later(void *arg) {
    edo_stream *s;
    CHECK_INT(edo_sleep(edo_ms(1)), 0);
    for (;;) {
        if (edo_try_accept(arg, &s) < 0) break;
        edo_close(s);
    }
    return 0;
}

static int full_queue_body(void *arg) {
    edo_unix_opts *opts = arg; // of the connections that wait
    edo_listener *l;
    edo_addr at;
    char name[EDO_ADDR_TEXT_MAX];
    edo_stream *early[4] = { NULL }, *s;
    edo_unix_connect_future f;
    CHECK_INT(edo_unix_listen(&l, "", &(edo_unix_opts){ .backlog = 1 }), 0);
    CHECK_INT(edo_listener_addr(l, &at), 0);
    CHECK(edo_addr_print(&at, name, sizeof name) > 0);
    size_t n = 0;
    while (edo_poll_once(edo_unix_connect_init(&f, &early[n], name, NULL)) == EDO_READY) {
        CHECK_INT(edo_result(&f), 0);
        CHECK(++n < EDO_COUNT(early));
    }
    edo_drop(&f.base);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_INT(edo_unix_connect(&s, name, opts), -ECANCELED);
    CHECK_INT(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
    if (opts) CHECK_INT(unlink(opts->bind), 0);
    edo_task *t = edo_spawn(accept_later, l);
    CHECK_INT(edo_unix_connect(&s, name, opts), 0);
    CHECK_INT(edo_task_join(t), 0);
    if (opts) CHECK_INT(unlink(opts->bind), 0);
    edo_close(s);
    for (size_t i = 0; i < n; i++) edo_close(early[i]);
    edo_listener_close(l);
    return 0;
}

static void connect_waits_while_the_queue_is_full(void **state) {
    (void)state;
    in_fiber(full_queue_body, NULL);
}

static int kept_socket_body(void *arg) {
    edo_unix_opts *opts = arg;
    edo_listener *l;
    edo_addr at;
    char name[EDO_ADDR_TEXT_MAX];
    edo_stream *queued[4] = { NULL }, *s;
    edo_unix_connect_future f;
    CHECK_INT(edo_unix_listen(&l, "", &(edo_unix_opts){ .backlog = 1 }), 0);
    CHECK_INT(edo_listener_addr(l, &at), 0);
    CHECK(edo_addr_print(&at, name, sizeof name) > 0);
    for (size_t n = 0;; n++) {
        CHECK(n < EDO_COUNT(queued));
        if (edo_poll_once(edo_unix_connect_init(&f, &queued[n], name, NULL)) == EDO_PENDING) break;
    }
    edo_drop(&f.base);
    int before = lowest_free_fd();
    CHECK_INT(edo_poll_once(edo_unix_connect_init(&f, &s, name, opts)), EDO_PENDING);
    edo_drop(&f.base);
    CHECK_INT(lowest_free_fd(), before);
    CHECK_INT(unlink(opts->bind), 0);
    CHECK_INT(edo_poll_once(edo_unix_connect_init(&f, &s, name, opts)), EDO_PENDING);
    edo_listener_close(l);
    CHECK_INT(edo_await(&f.base), -ECONNREFUSED); // the last try closes it too
    CHECK(lowest_free_fd() <= before);
    CHECK_INT(unlink(opts->bind), 0);
    for (size_t i = 0; i < EDO_COUNT(queued); i++) edo_close(queued[i]);
    return 0;
}

static void a_socket_with_an_address_keeps_it_while_it_waits(void **state) {
    (void)state;
    edo_unix_opts opts = { .bind = path_of("caller.sock") };
    in_fiber(full_queue_body, &opts);
    in_fiber_of(&one_thread, kept_socket_body, &opts);
}

static int cred_body(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    edo_cred who = { 0 };
    CHECK_INT(edo_unix_pair(&a, &b), 0);
    CHECK_INT(edo_stream_peer_cred(a, &who), 0);
    CHECK_INT(who.pid, getpid());
    CHECK_INT(who.uid, getuid());
    CHECK_INT(who.gid, getgid());
    edo_close(a);
    edo_close(b);
    CHECK_INT(edo_unix_dgram_bind(&a, "", NULL), 0);
    CHECK_INT(edo_stream_peer_cred(a, &who), -ENOTSUP);
    edo_close(a);
    pair tcp = open_pair(NULL);
    CHECK_INT(edo_stream_peer_cred(tcp.a, &who), -ENOTSUP);
    close_pair(&tcp);
    return 0;
}

static void the_peer_of_a_connection_is_told(void **state) {
    (void)state;
    in_fiber(cred_body, NULL);
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

static bool is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

/* Sends `sent` descriptors with one byte to a receiver with room for `room`. */
static int pass(edo_stream *a, edo_stream *b, size_t sent, size_t room) {
    int mine[EDO_UNIX_FDS_MAX], theirs[EDO_UNIX_FDS_MAX];
    char byte;
    for (size_t i = 0; i < sent; i++) mine[i] = 0;
    edo_unix_fds got = { .fds = theirs, .max = room };
    int before = lowest_free_fd();
    CHECK_INT(edo_unix_send_fds(a, "x", 1, mine, sent), 1);
    CHECK_INT(edo_unix_recv_fds(b, &byte, 1, &got), 1);
    CHECK_INT(got.n, sent < room ? sent : room);
    CHECK_INT(got.lost, sent > room);
    for (size_t i = 0; i < got.n; i++) {
        CHECK_INT(fcntl(theirs[i], F_GETFD), FD_CLOEXEC);
        CHECK_INT(close(theirs[i]), 0);
    }
    CHECK_INT(lowest_free_fd(), before);
    CHECK(!is_open(before)); // those without room were closed, too
    return 0;
}

static int pass_body(void *arg) {
    int (*const *make)(edo_stream **, edo_stream **) = arg;
    edo_stream *a, *b;
    CHECK_INT((*make)(&a, &b), 0);
    CHECK_INT(pass(a, b, 0, 0), 0);
    CHECK_INT(pass(a, b, 1, 1), 0);
    CHECK_INT(pass(a, b, 3, 1), 0);
    CHECK_INT(pass(a, b, 3, 0), 0);
    CHECK_INT(pass(a, b, EDO_UNIX_FDS_MAX, EDO_UNIX_FDS_MAX), 0);
    CHECK_INT(pass(a, b, EDO_UNIX_FDS_MAX, 1), 0);
    int many[EDO_UNIX_FDS_MAX + 1] = { 0 }, none = -1;
    CHECK_INT(edo_unix_send_fds(a, "x", 1, many, EDO_UNIX_FDS_MAX + 1), -EINVAL);
    CHECK_INT(edo_unix_send_fds(a, "x", 0, many, 1), -EINVAL);
    CHECK_INT(edo_unix_send_fds(a, "x", 1, &none, 1), -EBADF);
    CHECK_INT(edo_unix_try_recv_fds(b, many, 1, &(edo_unix_fds){ .fds = many, .max = 1 }), -EAGAIN);
    edo_close(a);
    edo_close(b);
    return 0;
}

static void descriptors_pass_over_each_kind(void **state) {
    (void)state;
    static int (*const kinds_of_pairs[])(edo_stream **, edo_stream **) = { edo_unix_pair,
                                                                           edo_unix_seqpacket_pair,
                                                                           edo_unix_dgram_pair };
    for (size_t i = 0; i < EDO_COUNT(kinds_of_pairs); i++)
        in_fiber(pass_body, (void *)(uintptr_t)&kinds_of_pairs[i]);
}

static int dropped_body(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    char buf[8];
    int two[2] = { 0, 1 };
    edo_unix_fds got = { .fds = two, .max = 2 };
    CHECK_INT(edo_unix_pair(&a, &b), 0);
    int before = lowest_free_fd();
    // a plain read closes what comes with the bytes; it also ends there, and the rest is not lost
    CHECK_INT(edo_unix_send_fds(a, "ab", 2, two, 2), 2);
    CHECK_INT(edo_write_all(a, "cd", 2), 0);
    CHECK_INT(edo_read(b, buf, sizeof buf), 2);
    CHECK_INT(edo_read(b, buf, sizeof buf), 2);
    CHECK_INT(lowest_free_fd(), before);
    // a packet that is too long still hands its descriptors over
    edo_close(a);
    edo_close(b);
    CHECK_INT(edo_unix_seqpacket_pair(&a, &b), 0);
    CHECK_INT(edo_unix_send_fds(a, "abc", 3, two, 2), 3);
    CHECK_INT(edo_unix_recv_fds(b, buf, 2, &got), -EMSGSIZE);
    CHECK_INT(got.n, 2);
    for (size_t i = 0; i < got.n; i++) CHECK_INT(close(two[i]), 0);
    CHECK_INT(lowest_free_fd(), before);
    // those on their way end with the socket
    CHECK_INT(edo_unix_send_fds(a, "abc", 3, (int[]){ 0 }, 1), 3);
    edo_close(a);
    edo_close(b);
    pair tcp = open_pair(NULL);
    CHECK_INT(edo_unix_send_fds(tcp.a, "x", 1, two, 1), -ENOTSUP);
    CHECK_INT(edo_unix_recv_fds(tcp.a, buf, 1, &got), -ENOTSUP);
    close_pair(&tcp);
    return 0;
}

static int batch_body(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    char byte;
    int two[2] = { 0, 1 };
    edo_packet packet = { .buf = &byte, .room = 1 };
    CHECK_INT(edo_unix_dgram_pair(&a, &b), 0);
    int before = lowest_free_fd();
    CHECK_INT(edo_unix_send_fds(a, "x", 1, two, 2), 1);
    CHECK_INT(edo_unix_send_fds(a, "y", 1, two, 2), 1);
    CHECK_INT(edo_udp_recv_many(b, &packet, 1), 1);
    CHECK_INT(lowest_free_fd(), before);
    CHECK_INT(edo_udp_try_recv_many(b, &packet, 1), 1);
    CHECK_INT(lowest_free_fd(), before);
    edo_packet cut[2] = { { .buf = two, .n = 2 }, { .buf = two, .n = 2, .segment = 1 } };
    CHECK_INT(edo_udp_send_many(a, cut, 2), 1); // only UDP has segments
    CHECK_INT(edo_udp_try_send_many(a, cut + 1, 1), -ENOTSUP);
    edo_close(a);
    edo_close(b);
    return 0;
}

static void descriptors_that_come_with_a_batch_are_closed(void **state) {
    (void)state;
    in_fiber_of(&one_thread, batch_body, NULL);
}

static void descriptors_that_nobody_takes_are_closed(void **state) {
    (void)state;
    in_fiber(dropped_body, NULL);
}

static int exhausted_body(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    struct rlimit limit, low;
    char byte;
    int mine[4] = { 0, 0, 0, 0 }, theirs[4];
    edo_unix_fds got = { .fds = theirs, .max = 4 };
    CHECK_INT(edo_unix_pair(&a, &b), 0);
    CHECK_INT(edo_unix_send_fds(a, "x", 1, mine, 4), 1);
    CHECK_INT(edo_io_ready(b, EDO_IO_READ), 0);
    CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = limit;
    int before = dup(0), next = dup(0); // two numbers that are free, perhaps not neighbours
    CHECK(before >= 0 && next >= 0 && close(before) + close(next) == 0);
    low.rlim_cur = (rlim_t)next + 1;
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &low), 0);
    int n = edo_unix_recv_fds(b, &byte, 1, &got);
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CHECK_INT(n, 1);
    CHECK_INT(got.n, 2); // what there was room for
    CHECK(got.lost);
    for (size_t i = 0; i < got.n; i++) CHECK_INT(close(theirs[i]), 0);
    CHECK_INT(lowest_free_fd(), before);
    edo_close(a);
    edo_close(b);
    return 0;
}

static void descriptors_beyond_the_limit_are_told_to_be_lost(void **state) {
    (void)state;
    in_fiber_of(&one_thread, exhausted_body, NULL);
}

/* ---- Failures -------------------------------------------------------------------------------- */

/* Opens, talks and passes; the first error. */
static int do_all(void) {
    edo_listener *l = NULL;
    edo_stream *a = NULL, *b = NULL, *d = NULL;
    edo_addr at;
    char name[EDO_ADDR_TEXT_MAX], byte;
    int fds[1];
    edo_unix_fds got = { .fds = fds, .max = 1 };
    int err = edo_unix_listen(&l, "", NULL);
    if (err == 0) err = edo_listener_addr(l, &at);
    if (err == 0) err = edo_addr_print(&at, name, sizeof name) > 0 ? 0 : -EIO;
    if (err == 0) err = edo_unix_connect(&a, name, &(edo_unix_opts){ .bind = "" });
    if (err == 0) err = edo_accept(l, &b);
    if (err == 0) err = edo_unix_send_fds(a, "x", 1, (int[]){ 0 }, 1);
    if (err == 1) err = edo_unix_recv_fds(b, &byte, 1, &got);
    if (err == 1) err = got.n == 1 ? close(fds[0]) : -EIO;
    edo_close(a);
    edo_close(b);
    a = b = NULL;
    if (err == 0) err = edo_unix_seqpacket_pair(&a, &b);
    if (err == 0) err = edo_write(a, "x", 1);
    if (err == 1) err = edo_read(b, &byte, 1);
    if (err == 1) err = edo_unix_dgram_bind(&d, "", NULL);
    edo_close(a);
    edo_close(b);
    edo_close(d);
    edo_listener_close(l);
    return err;
}

static int own_and_read_one(void *arg) {
    char byte;
    int n = edo_read(arg, &byte, 1);
    edo_stream_unref(arg);
    return n;
}

typedef int pair_maker(edo_stream **a, edo_stream **b);

static int reuse_body(void *arg) {
    static pair_maker *const makers[] = { edo_unix_pair, edo_unix_seqpacket_pair,
                                          edo_unix_dgram_pair };
    int reused = 0;
    (void)arg;
    for (int i = 0; i < 150; i++) {
        pair old, next;
        pair_maker *make = makers[i % 3];
        char byte;
        CHECK_INT(make(&old.a, &old.b), 0);
        int number = edo_stream_fd(old.b);
        edo_task *t = edo_spawn(own_and_read_one, edo_stream_ref(old.b));
        CHECK_INT(edo_yield(), 0);
        CHECK_INT(edo_write(old.a, "x", 1), 1); // its event is for the closed one
        edo_close(old.b);
        edo_close(old.a);
        bool waits = i % 2; // then the waiter may still keep the number
        int n = waits ? 0 : edo_task_join(t);
        CHECK_INT(make(&next.a, &next.b), 0);
        reused += edo_stream_fd(next.a) == number || edo_stream_fd(next.b) == number;
        if (waits) n = edo_task_join(t);
        CHECK(n == 1 || n == -EDO_ECLOSED);
        for (int end = 0; end < 2; end++) {
            edo_stream *s = end ? next.a : next.b;
            edo_deadline d;
            edo_deadline_begin(&d, edo_ms(0));
            CHECK_INT(edo_deadline_end(&d, edo_read(s, &byte, 1)), -ETIMEDOUT);
            CHECK_INT(edo_try_read(s, &byte, 1), -EAGAIN);
        }
        close_pair(&next);
    }
    CHECK(reused > 0);
    return 0;
}

static void reused_descriptor_number_gets_no_old_events(void **state) {
    (void)state;
    in_fiber(reuse_body, NULL);
}

static int failing_body(void *arg) {
    (void)arg;
    CHECK(fail_each_call(do_all) >= 10);
    return 0;
}

static void each_system_call_may_fail_and_nothing_leaks(void **state) {
    (void)state;
    in_fiber_of(&one_thread, failing_body, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_connect_by_path_and_by_abstract_name),
        cmocka_unit_test(addresses_that_cannot_be_used_are_refused),
        cmocka_unit_test(a_path_may_fill_the_whole_address),
        cmocka_unit_test(the_file_has_the_mode_from_the_first),
        cmocka_unit_test(seqpacket_keeps_boundaries),
        cmocka_unit_test(datagrams_come_with_their_sender),
        cmocka_unit_test(a_connected_datagram_socket_waits_for_room),
        cmocka_unit_test(connect_waits_while_the_queue_is_full),
        cmocka_unit_test(a_socket_with_an_address_keeps_it_while_it_waits),
        cmocka_unit_test(the_peer_of_a_connection_is_told),
        cmocka_unit_test(descriptors_pass_over_each_kind),
        cmocka_unit_test(descriptors_that_nobody_takes_are_closed),
        cmocka_unit_test(descriptors_that_come_with_a_batch_are_closed),
        cmocka_unit_test(descriptors_beyond_the_limit_are_told_to_be_lost),
        cmocka_unit_test(reused_descriptor_number_gets_no_old_events),
        cmocka_unit_test(each_system_call_may_fail_and_nothing_leaks),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
