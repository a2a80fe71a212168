/* SPDX-License-Identifier: MIT */
/* Goal: options of TCP sockets and listeners, what the kernel tells of a queue, and listeners that
 * come from other processes or go there: no connection is refused or lost.
 * Method: the kernel's own view of the options; a full queue; children with the environment that
 * systemd makes. */
#include "net_support.h"
#include "patience.h"

#include <edo/unix.h>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int option_of(int fd, int level, int name) {
    int value = 0;
    socklen_t bytes = sizeof value;
    CHECK_INT(getsockopt(fd, level, name, &value, &bytes), 0);
    return value;
}

/* ---- Options --------------------------------------------------------------------------------- */

static int options_body(void *arg) {
    (void)arg;
    edo_tcp_opts opts = { .keepalive = edo_s(60),
                          .keepalive_interval = edo_ms(1500),
                          .keepalive_probes = 4,
                          .user_timeout = edo_ms(2500),
                          .notsent_lowat = 16384,
                          .tos = 0x28,
                          .device = "lo" };
    pair p = open_pair(&opts);
    int fds[] = { edo_stream_fd(p.a), edo_stream_fd(p.b) };
    for (size_t i = 0; i < EDO_COUNT(fds); i++) {
        CHECK_INT(option_of(fds[i], IPPROTO_TCP, TCP_KEEPIDLE), 60);
        CHECK_INT(option_of(fds[i], IPPROTO_TCP, TCP_KEEPINTVL), 2);
        CHECK_INT(option_of(fds[i], IPPROTO_TCP, TCP_KEEPCNT), 4);
        CHECK_INT(option_of(fds[i], IPPROTO_TCP, TCP_USER_TIMEOUT), 2500);
        CHECK_INT(option_of(fds[i], IPPROTO_TCP, TCP_NOTSENT_LOWAT), 16384);
        CHECK_INT(option_of(fds[i], IPPROTO_IP, IP_TOS), 0x28);
    }
    CHECK_INT(edo_tcp_set_user_timeout(p.a, edo_ms(7)), 0);
    CHECK_INT(option_of(fds[0], IPPROTO_TCP, TCP_USER_TIMEOUT), 7);
    CHECK_INT(edo_tcp_set_user_timeout(p.a, (edo_duration){ -1 }), -EINVAL);
    CHECK_INT(edo_tcp_set_notsent_lowat(p.a, 4096), 0);
    CHECK_INT(option_of(fds[0], IPPROTO_TCP, TCP_NOTSENT_LOWAT), 4096);
    CHECK_INT(edo_tcp_set_tos(p.a, 0x48), 0);
    CHECK_INT(option_of(fds[0], IPPROTO_IP, IP_TOS), 0x48);
    CHECK_INT(edo_tcp_set_quickack(p.a, true), 0);
    CHECK_INT(option_of(fds[0], IPPROTO_TCP, TCP_QUICKACK), 1);
    close_pair(&p);
    edo_listener *l;
    opts = (edo_tcp_opts){ .user_timeout = { -1 } };
    CHECK_INT(edo_tcp_listen(&l, "127.0.0.1:0", &opts), -EINVAL);
    opts = (edo_tcp_opts){ .device = "no-such-device" };
    CHECK_INT(edo_tcp_listen(&l, "127.0.0.1:0", &opts), -ENODEV);
    return 0;
}

static void options_reach_both_ends(void **state) {
    (void)state;
    in_fiber(options_body, NULL);
}

static int tos_v6_body(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_stream *s;
    edo_addr at;
    CHECK_INT(edo_tcp_listen(&l, "[::1]:0", NULL), 0);
    CHECK_INT(edo_listener_addr(l, &at), 0);
    CHECK_INT(edo_tcp_connect_addr(&s, &at, &(edo_tcp_opts){ .tos = 0x28 }), 0);
    CHECK_INT(option_of(edo_stream_fd(s), IPPROTO_IPV6, IPV6_TCLASS), 0x28);
    CHECK_INT(edo_tcp_set_tos(s, 0x48), 0);
    CHECK_INT(option_of(edo_stream_fd(s), IPPROTO_IPV6, IPV6_TCLASS), 0x48);
    edo_close(s);
    edo_listener_close(l);
    return 0;
}

static int tos_v4_over_v6_body(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_stream *client, *server;
    edo_addr at;
    CHECK_INT(edo_tcp_listen(&l, "[::]:0", &(edo_tcp_opts){ .tos = 0x28 }), 0);
    CHECK_INT(edo_addr_parse(&at, "127.0.0.1:0"), 0);
    at.sock.v4.sin_port = htons(edo_listener_port(l));
    CHECK_INT(edo_tcp_connect_addr(&client, &at, NULL), 0);
    CHECK_INT(edo_accept(l, &server), 0);
    CHECK_INT(option_of(edo_stream_fd(server), IPPROTO_IP, IP_TOS), 0x28);
    CHECK_INT(edo_tcp_set_tos(server, 0x48), 0);
    CHECK_INT(option_of(edo_stream_fd(server), IPPROTO_IP, IP_TOS), 0x48);
    edo_close(client);
    edo_close(server);
    edo_listener_close(l);
    return 0;
}

static void type_of_service_is_set_for_the_family(void **state) {
    (void)state;
    in_fiber(tos_v6_body, NULL);
    in_fiber(tos_v4_over_v6_body, NULL);
}

/* Accepted only once it has sent something; and sent with the first packet, where that is on. */
static int deferred_body(void *arg) {
    (void)arg;
    place where = open_place(&(edo_tcp_opts){ .defer_accept = edo_s(30), .fastopen = 16 });
    edo_stream *client, *server;
    char byte;
    CHECK_INT(edo_tcp_connect(&client, where.addr, NULL), 0);
    CHECK_INT(edo_try_accept(where.listener, &server), -EAGAIN);
    CHECK_INT(edo_write(client, "x", 1), 1);
    CHECK_INT(edo_accept(where.listener, &server), 0);
    CHECK_INT(edo_try_read(server, &byte, 1), 1);
    edo_close(client);
    edo_close(server);
    CHECK_INT(edo_tcp_connect(&client, where.addr, &(edo_tcp_opts){ .fastopen = 1 }), 0);
    CHECK_INT(edo_write(client, "x", 1), 1);
    CHECK_INT(edo_accept(where.listener, &server), 0);
    CHECK_INT(edo_read(server, &byte, 1), 1);
    edo_close(client);
    edo_close(server);
    edo_listener_close(where.listener);
    return 0;
}

static void a_deferred_connection_comes_with_its_bytes(void **state) {
    (void)state;
    in_fiber(deferred_body, NULL);
}

/* ---- The queue ------------------------------------------------------------------------------- */

/* The kernel counts a little later, on a busy machine. */
static edo_listener_stats stats_of(edo_listener *l) {
    edo_listener_stats stats = { 0 };
    CHECK_INT(edo_listener_get_stats(l, &stats), 0);
    return stats;
}

static int stats_body(void *arg) {
    (void)arg;
    place where = open_place(&(edo_tcp_opts){ .backlog = 3 });
    edo_listener_stats stats = { 0 };
    edo_stream *clients[2] = { NULL }, *server;
    int late[4];
    edo_addr at;
    CHECK_INT(edo_listener_addr(where.listener, &at), 0);
    CHECK_INT(edo_listener_get_stats(where.listener, &stats), 0);
    CHECK_INT(stats.queued, 0);
    CHECK_INT(stats.queue_max, 3);
    CHECK_INT(stats.dropped, 0);
    for (int i = 0; i < 2; i++) CHECK_INT(edo_tcp_connect(&clients[i], where.addr, NULL), 0);
    WAIT_FOR_EQ(stats_of(where.listener).queued, 2);
    for (int i = 0; i < 4; i++) { // more than there is room for: the kernel drops the rest
        late[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        CHECK(late[i] >= 0);
        (void)connect(late[i], &at.sock.any, at.bytes);
    }
    WAIT_FOR(stats_of(where.listener).queued > 3);
    WAIT_FOR(stats_of(where.listener).dropped > 0);
    CHECK_INT(edo_accept(where.listener, &server), 0);
    edo_close(server);
    for (size_t i = 0; i < EDO_COUNT(clients); i++) edo_close(clients[i]);
    for (size_t i = 0; i < EDO_COUNT(late); i++) (void)close(late[i]);
    edo_listener *un;
    CHECK_INT(edo_unix_listen(&un, "", NULL), 0);
    CHECK_INT(edo_listener_get_stats(un, &stats), -ENOTSUP);
    edo_listener_close(un);
    edo_listener_close(edo_listener_ref(where.listener));
    CHECK_INT(edo_listener_get_stats(where.listener, &stats), -EDO_ECLOSED);
    CHECK_INT(edo_listener_fd(where.listener), -EDO_ECLOSED);
    edo_listener_unref(where.listener);
    return 0;
}

static void the_queue_and_its_drops_are_told(void **state) {
    (void)state;
    in_fiber_of(&one_thread, stats_body, NULL);
}

/* ---- Listeners of several processes ---------------------------------------------------------- */

static int accept_one(void *arg) {
    edo_stream *s;
    int err = edo_accept(arg, &s);
    edo_listener_unref(arg);
    return err;
}

/* A copy of the descriptor stands for another process. */
static int shared_body(void *arg) {
    (void)arg;
    place where = open_place(NULL);
    edo_listener *other;
    edo_stream *client, *server;
    int copy = dup(edo_listener_fd(where.listener));
    CHECK_INT(edo_listener_from_fd(&other, copy), 0);
    CHECK(fcntl(copy, F_GETFD) & FD_CLOEXEC);
    CHECK_INT(edo_listener_port(other), edo_listener_port(where.listener));
    edo_task *t = edo_spawn(accept_one, edo_listener_ref(where.listener));
    CHECK_INT(edo_yield(), 0);
    edo_listener_close(where.listener);
    CHECK_INT(edo_task_join(t), -EDO_ECLOSED);
    CHECK_INT(edo_tcp_connect(&client, where.addr, NULL), 0); // not refused
    CHECK_INT(edo_accept(other, &server), 0);
    edo_close(client);
    edo_close(server);
    edo_listener_close(other);
    CHECK_INT(edo_tcp_connect(&client, where.addr, NULL), -ECONNREFUSED);
    return 0;
}

static void a_close_leaves_the_socket_to_other_processes(void **state) {
    (void)state;
    in_fiber(shared_body, NULL);
}

static int not_listening_body(void *arg) {
    (void)arg;
    edo_listener *l;
    pair p = open_pair(NULL);
    CHECK_INT(edo_listener_from_fd(&l, edo_stream_fd(p.a)), -ENOTSUP);
    CHECK_INT(edo_listener_from_fd(&l, 0), -ENOTSOCK);
    CHECK_INT(edo_listener_from_fd(&l, -1), -EBADF);
    CHECK_INT(edo_listener_inherit(&l, NULL), -ENOENT);
    close_pair(&p);
    return 0;
}

static void only_listening_sockets_become_listeners(void **state) {
    (void)state;
    in_fiber(not_listening_body, NULL);
}

/* In a child: descriptors 3 to 5 are a TCP listener, a pipe and a Unix listener. */
static int inherits(void) {
    edo_listener *web, *admin, *none;
    edo_addr at;
    char pid[16];
    (void)snprintf(pid, sizeof pid, "%d", (int)getpid());
    CHECK_INT(setenv("LISTEN_FDS", "3", 1), 0);
    CHECK_INT(setenv("LISTEN_FDNAMES", "web:log:admin", 1), 0);
    CHECK_INT(edo_listener_inherit(&web, "web"), -ENOENT); // without LISTEN_PID
    CHECK_INT(setenv("LISTEN_PID", "1", 1), 0);
    CHECK_INT(edo_listener_inherit(&web, "web"), -ENOENT); // for another process
    CHECK_INT(setenv("LISTEN_PID", pid, 1), 0);
    for (int fd = 3; fd < 6; fd++) CHECK_INT(fcntl(fd, F_GETFD), 0);
    CHECK_INT(edo_listener_inherit(&none, "adm"), -ENOENT);
    for (int fd = 3; fd < 6; fd++) CHECK_INT(fcntl(fd, F_GETFD), FD_CLOEXEC); // also of no listener
    CHECK_INT(edo_listener_inherit(&admin, "admin"), 0);
    CHECK_INT(edo_listener_addr(admin, &at), 0);
    CHECK_INT(at.sock.any.sa_family, AF_UNIX);
    CHECK_INT(edo_listener_inherit(&none, "admin"), -ENOENT); // it has been taken
    CHECK_INT(edo_listener_inherit(&web, NULL), 0);           // the first
    CHECK_INT(edo_listener_addr(web, &at), 0);
    CHECK_INT(at.sock.any.sa_family, AF_INET);
    CHECK_INT(edo_listener_inherit(&none, "log"), -ENOTSOCK);
    CHECK_INT(edo_listener_inherit(&none, NULL), -ENOENT);
    edo_listener_close(web);
    edo_listener_close(admin);
    return 0;
}

static void listeners_of_systemd_are_taken_by_name_and_once(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        edo_listener *tcp, *un;
        int ends[2];
        CHECK_INT(pipe(ends), 0);
        CHECK_INT(edo_tcp_listen(&tcp, "127.0.0.1:0", NULL), 0);
        CHECK_INT(edo_unix_listen(&un, "", NULL), 0);
        int fds[3] = { fcntl(edo_listener_fd(tcp), F_DUPFD, 20), fcntl(ends[0], F_DUPFD, 20),
                       fcntl(edo_listener_fd(un), F_DUPFD, 20) };
        for (int i = 0; i < 3; i++) CHECK(dup2(fds[i], 3 + i) >= 0);
        _exit(inherits());
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_reach_both_ends),
        cmocka_unit_test(type_of_service_is_set_for_the_family),
        cmocka_unit_test(a_deferred_connection_comes_with_its_bytes),
        cmocka_unit_test(the_queue_and_its_drops_are_told),
        cmocka_unit_test(a_close_leaves_the_socket_to_other_processes),
        cmocka_unit_test(only_listening_sockets_become_listeners),
        cmocka_unit_test(listeners_of_systemd_are_taken_by_name_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
