/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/net.h for listeners and connections, also when descriptors run out.
 * Method: fibers on the loopback; a shortage in a child process, with its limit lowered. */
#include "net_support.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int option_of(edo_stream *s, int level, int name) {
    int value = 0;
    socklen_t bytes = sizeof value;
    CHECK_INT(getsockopt(edo_stream_fd(s), level, name, &value, &bytes), 0);
    return value;
}

/* ---- Options and addresses ------------------------------------------------------------------- */

static int defaults_body(void *arg) {
    (void)arg;
    pair p = open_pair(NULL);
    edo_stream *ends[] = { p.a, p.b };
    for (int i = 0; i < 2; i++) {
        CHECK(option_of(ends[i], IPPROTO_TCP, TCP_NODELAY) != 0);
        CHECK_INT(option_of(ends[i], SOL_SOCKET, SO_KEEPALIVE), 0);
        CHECK(fcntl(edo_stream_fd(ends[i]), F_GETFD) & FD_CLOEXEC);
        CHECK(fcntl(edo_stream_fd(ends[i]), F_GETFL) & O_NONBLOCK);
    }
    close_pair(&p);
    return 0;
}

static void nothing_is_delayed_unless_asked_for(void **state) {
    (void)state;
    in_fiber(defaults_body, NULL);
}

static int options_body(void *arg) {
    (void)arg;
    edo_tcp_opts opts = { .delay = true,
                          .keepalive = edo_s(30),
                          .recv_buffer = 10000,
                          .send_buffer = 20000,
                          .reset_on_close = true,
                          .bind = "127.0.0.2:0" };
    pair p = open_pair(&opts);
    edo_stream *ends[] = { p.a, p.b };
    for (int i = 0; i < 2; i++) {
        CHECK_INT(option_of(ends[i], IPPROTO_TCP, TCP_NODELAY), 0);
        CHECK_INT(option_of(ends[i], IPPROTO_TCP, TCP_KEEPIDLE), 30);
        CHECK_INT(option_of(ends[i], SOL_SOCKET, SO_RCVBUF), 2 * 10000);
        CHECK_INT(option_of(ends[i], SOL_SOCKET, SO_SNDBUF), 2 * 20000);
    }
    CHECK(option_of(p.a, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT) != 0);
    CHECK_INT(option_of(p.a, SOL_SOCKET, SO_REUSEADDR), 0);
    CHECK_INT(edo_tcp_set_delay(p.a, false), 0);
    CHECK(option_of(p.a, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK_INT(edo_tcp_set_keepalive(p.a, edo_ms(1)), 0); // the unit of the kernel is 1 s
    CHECK_INT(option_of(p.a, IPPROTO_TCP, TCP_KEEPIDLE), 1);
    CHECK_INT(edo_tcp_set_keepalive(p.a, edo_ms(0)), 0);
    CHECK_INT(option_of(p.a, SOL_SOCKET, SO_KEEPALIVE), 0);
    CHECK_INT(edo_tcp_set_keepalive(p.a, edo_ms(-1)), -EINVAL);
    CHECK_INT(edo_tcp_set_recv_buffer(p.a, 30000), 0);
    CHECK_INT(option_of(p.a, SOL_SOCKET, SO_RCVBUF), 2 * 30000);
    CHECK_INT(edo_tcp_set_send_buffer(p.a, UINT32_MAX), 0); // clamped
    edo_addr a, b;
    char text[EDO_ADDR_TEXT_MAX];
    CHECK_INT(edo_stream_local_addr(p.a, &a), 0);
    CHECK_INT(edo_stream_peer_addr(p.b, &b), 0);
    CHECK_INT(edo_addr_port(&a), edo_addr_port(&b));
    CHECK(edo_addr_print(&b, text, sizeof text) > 0);
    CHECK(strncmp(text, "127.0.0.2:", 10) == 0);
    close_pair(&p);
    return 0;
}

static int by_address_body(void *arg) {
    const char *text = arg;
    edo_addr any, taken, peer;
    edo_listener *l = NULL;
    edo_stream *a = NULL, *b = NULL;
    CHECK_INT(edo_addr_parse(&any, text), 0);
    CHECK_INT(edo_tcp_listen_addr(&l, &any, NULL), 0);
    CHECK_INT(edo_listener_addr(l, &taken), 0);
    CHECK(edo_addr_port(&taken) != 0);
    CHECK_INT(edo_tcp_connect_addr(&a, &taken, &(edo_tcp_opts){ .delay = true }), 0);
    CHECK_INT(edo_accept(l, &b), 0);
    CHECK_INT(option_of(a, IPPROTO_TCP, TCP_NODELAY), 0);
    CHECK_INT(edo_stream_peer_addr(a, &peer), 0);
    CHECK_INT(edo_addr_port(&peer), edo_addr_port(&taken));
    edo_close(a);
    edo_close(b);
    edo_listener *other = NULL;
    CHECK_INT(edo_tcp_listen_addr(&other, &taken, NULL), -EADDRINUSE);
    edo_listener_close(l);
    CHECK_INT(edo_tcp_connect_addr(&a, &taken, NULL), -ECONNREFUSED);
    return 0;
}

static void an_address_may_stand_for_its_text(void **state) {
    (void)state;
    static char v4[] = "127.0.0.1:0", v6[] = "[::1]:0";
    in_fiber(by_address_body, v4);
    in_fiber(by_address_body, v6);
}

static int no_address_body(void *arg) {
    (void)arg;
    static const edo_addr none;
    edo_addr local = { .sock.any.sa_family = AF_UNIX, .bytes = sizeof(struct sockaddr) };
    edo_listener *l = NULL;
    edo_stream *s = NULL;
    CHECK_INT(edo_tcp_listen_addr(&l, &none, NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_tcp_listen_addr(&l, &local, NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_tcp_connect_addr(&s, &none, NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_tcp_connect_addr(&s, &local, NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_tcp_listen(&l, "unix:/nowhere", NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_tcp_connect(&s, "unix:/nowhere", NULL), -EAFNOSUPPORT);
    CHECK_INT(edo_tcp_listen_addr(&l, &none, &(edo_tcp_opts){ .keepalive = edo_s(-1) }), -EINVAL);
    CHECK(!l && !s);
    return 0;
}

static void bad_address_is_refused(void **state) {
    (void)state;
    in_fiber(no_address_body, NULL);
}

static void options_reach_both_kinds_of_socket(void **state) {
    (void)state;
    in_fiber(options_body, NULL);
}

/* The trail of a failure is this text, and nothing of the failure before it. */
static void assert_told(int err, const char *text) {
    char said[256];
    (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LINE);
    assert_int_equal(strncmp(said, text, strlen(text)), 0);
}

static void bad_options_and_addresses_are_refused(void **state) {
    (void)state;
    edo_listener *l = NULL;
    edo_tcp_opts later = { .reserved = { 1 } }, negative = { .keepalive = EDO_OFF };
    assert_int_equal(edo_tcp_listen(&l, "127.0.0.1:0", &later), -EINVAL);
    assert_int_equal(edo_tcp_listen(&l, "127.0.0.1:0", &negative), -EINVAL);
    assert_int_equal(edo_tcp_listen(&l, "nonsense", NULL), -EINVAL);
    assert_int_equal(edo_tcp_listen(&l, "no name:80", NULL), -EINVAL);
    assert_told(-EINVAL, "listening on no name:80: the form is 127.0.0.1:8080, ");
    for (int i = 0; i < 2; i++) { // the second trail does not go on with the first one
        assert_int_equal(edo_tcp_listen(&l, "192.0.2.1:1", NULL), -EADDRNOTAVAIL);
        assert_told(-EADDRNOTAVAIL, "listening on 192.0.2.1:1: Cannot assign");
    }
    edo_trail_clear();
    assert_null(l);
    place p = open_place(NULL);
    assert_int_equal(edo_tcp_listen(&l, p.addr, NULL), -EADDRINUSE);
    assert_null(l);
    assert_true(edo_listener_port(p.listener) > 0);
    edo_listener_close(p.listener);
    edo_listener_close(NULL);
    edo_tcp_opts shared = { .reuse_port = true };
    p = open_place(&shared);
    assert_int_equal(edo_tcp_listen(&l, p.addr, &shared), 0);
    edo_listener_close(l);
    edo_listener_close(p.listener);
}

/* ---- Accepting ------------------------------------------------------------------------------- */

typedef struct acceptors {
    place p;
    int accepted; /* atomic */
} acceptors;

static int accept_until_closed(void *arg) {
    acceptors *x = (acceptors *)arg;
    edo_listener *l = x->p.listener; // a reference, so that it may be closed at any moment
    edo_stream *s;
    int err;
    while ((err = edo_accept(l, &s)) == 0) {
        (void)__atomic_fetch_add(&x->accepted, 1, __ATOMIC_RELAXED);
        edo_close(s);
    }
    edo_listener_unref(l);
    return err;
}

static int accepted(const acceptors *x) {
    return __atomic_load_n(&x->accepted, __ATOMIC_RELAXED);
}

static edo_task *spawn_acceptor(acceptors *x) {
    (void)edo_listener_ref(x->p.listener);
    return edo_spawn(accept_until_closed, x);
}

static int several_body(void *arg) {
    (void)arg;
    acceptors x = { .p = open_place(NULL) };
    edo_task *t[4];
    for (size_t i = 0; i < EDO_COUNT(t); i++) t[i] = spawn_acceptor(&x);
    for (int i = 0; i < 100; i++) {
        edo_stream *s;
        char c;
        CHECK_INT(edo_tcp_connect(&s, x.p.addr, NULL), 0);
        CHECK_INT(edo_read(s, &c, 1), 0); // accepted, and closed there
        edo_close(s);
    }
    CHECK_INT(accepted(&x), 100);
    edo_listener_close(x.p.listener);
    for (size_t i = 0; i < EDO_COUNT(t); i++) CHECK_INT(edo_task_join(t[i]), -EDO_ECLOSED);
    return 0;
}

static void several_tasks_accept_and_a_close_ends_them_all(void **state) {
    (void)state;
    in_fiber(several_body, NULL);
}

static int cancel_accept_body(void *arg) {
    (void)arg;
    acceptors x = { .p = open_place(NULL) };
    edo_task *t = spawn_acceptor(&x);
    for (int i = 0; i < 5; i++) CHECK_INT(edo_yield(), 0);
    edo_task_cancel(t);
    CHECK_INT(edo_task_join(t), -ECANCELED);
    edo_stream *a, *b;
    CHECK_INT(edo_try_accept(x.p.listener, &b), -EAGAIN);
    CHECK_INT(edo_tcp_connect(&a, x.p.addr, NULL), 0); // it waits in the queue for the next
    CHECK_INT(edo_accept(x.p.listener, &b), 0);
    edo_close(a);
    edo_close(b);
    edo_listener_close(x.p.listener);
    return 0;
}

static void cancelled_accept_leaves_the_queue_alone(void **state) {
    (void)state;
    in_fiber(cancel_accept_body, NULL);
}

/* ---- Connecting ------------------------------------------------------------------------------ */

static int refused_body(void *arg) {
    (void)arg;
    place p = open_place(NULL);
    edo_listener_close(p.listener);
    edo_stream *s = NULL;
    CHECK_INT(edo_tcp_connect(&s, p.addr, NULL), -ECONNREFUSED);
    CHECK_INT(edo_tcp_connect(&s, "no where:1", NULL), -EINVAL);
    CHECK_INT(edo_tcp_connect(&s, "127.0.0.1:1", &(edo_tcp_opts){ .bind = "x" }), -EINVAL);
    char local[EDO_ADDR_TEXT_MAX];
    (void)snprintf(local, sizeof local, "localhost%s", strchr(p.addr, ':'));
    CHECK_INT(edo_tcp_connect(&s, local, NULL), -ECONNREFUSED);
    CHECK(s == NULL);
    return 0;
}

static void connect_without_a_listener_is_refused(void **state) {
    (void)state;
    in_fiber(refused_body, NULL);
}

static int v6_body(void *arg) {
    edo_listener *l = (edo_listener *)arg;
    char local[EDO_ADDR_TEXT_MAX];
    (void)snprintf(local, sizeof local, "localhost:%u", (unsigned)edo_listener_port(l));
    edo_stream *a, *b;
    CHECK_INT(edo_tcp_connect(&a, local, NULL), 0); // refused on 127.0.0.1, then ::1
    CHECK_INT(edo_accept(l, &b), 0);
    edo_addr peer;
    CHECK_INT(edo_stream_peer_addr(a, &peer), 0);
    CHECK_INT(peer.sock.any.sa_family, AF_INET6);
    edo_close(a);
    edo_close(b);
    return 0;
}

static void localhost_is_tried_in_both_families(void **state) {
    (void)state;
    edo_listener *l;
    if (edo_tcp_listen(&l, "[::1]:0", &(edo_tcp_opts){ .only_v6 = true }) < 0) {
        print_message("skipped: no IPv6 here\n");
        skip();
    }
    in_fiber(v6_body, l);
    edo_listener_close(l);
}

/* A queue that is full returns no more: connecting hangs until the deadline. */
static int hanging_body(void *arg) {
    (void)arg;
    place p = open_place(&(edo_tcp_opts){ .backlog = 1 });
    edo_stream *s[8] = { NULL };
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(s) && err == 0; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(50));
        err = edo_deadline_end(&d, edo_tcp_connect(&s[i], p.addr, NULL));
    }
    CHECK_INT(err, -ETIMEDOUT);
    for (size_t i = 0; i < EDO_COUNT(s); i++) edo_close(s[i]);
    edo_listener_close(p.listener);
    return 0;
}

static void connect_obeys_the_deadline_around_it(void **state) {
    (void)state;
    in_fiber(hanging_body, NULL);
}

/* ---- Out of descriptors ---------------------------------------------------------------------- */

#define SHORTAGE "shortage" /* argument of the child */

static int64_t cpu_ms(void) {
    struct timespec t;
    CHECK_INT(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Fills the table up to `left` free descriptors; returns how many were taken. */
static size_t use_up(int *fds, size_t most, size_t left) {
    struct rlimit limit = { 64, 64 };
    CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
    size_t n = 0;
    while (n < most && (fds[n] = dup(0)) >= 0) n++;
    CHECK_INT(errno, EMFILE);
    CHECK(n > left);
    for (size_t i = 0; i < left; i++) (void)close(fds[--n]);
    return n;
}

/* accept4() takes a descriptor before it looks whether anybody waits, and gives it back: for that
   moment an acceptor on the other worker's thread has the one that our end needs. */
static edo_stream *connect_in_shortage(acceptors *x) {
    edo_stream *s = NULL;
    int e;
    while ((e = edo_tcp_connect(&s, x->p.addr, NULL)) == -EMFILE) CHECK_INT(edo_yield(), 0);
    CHECK_INT(e, 0);
    return s;
}

static int shortage_body(void *arg) {
    (void)arg;
    acceptors x = { .p = open_place(NULL) };
    int fds[64];
    size_t n = use_up(fds, EDO_COUNT(fds), 1); // enough for our end, not for theirs
    edo_task *t = spawn_acceptor(&x), *t2 = spawn_acceptor(&x);
    CHECK_INT(edo_yield(), 0);
    char c;
    edo_stream *s = connect_in_shortage(&x);
    int64_t cpu = cpu_ms();
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(300));
    CHECK_INT(edo_deadline_end(&d, edo_read(s, &c, 1)), -ETIMEDOUT); // no task took it
    CHECK(cpu_ms() - cpu < 150);                                     // and none spun
    CHECK_INT(accepted(&x), 0);
    edo_stream *refused;
    CHECK_INT(edo_try_accept(x.p.listener, &refused), -EMFILE);
    (void)close(fds[--n]);
    CHECK_INT(edo_read(s, &c, 1), 0); // it goes on by itself
    CHECK_INT(accepted(&x), 1);
    edo_close(s);
    for (int i = 0; i < 3; i++) { // and keeps serving
        s = connect_in_shortage(&x);
        CHECK_INT(edo_read(s, &c, 1), 0);
        edo_close(s);
    }
    // a close during the pause ends it at once
    int last;
    while ((last = dup(0)) < 0) CHECK_INT(edo_yield(), 0); // an acceptor has it, see above
    s = connect_in_shortage(&x);
    for (int i = 0; i < 5; i++) CHECK_INT(edo_yield(), 0);
    edo_listener_close(x.p.listener);
    CHECK_INT(edo_task_join(t), -EDO_ECLOSED);
    CHECK_INT(edo_task_join(t2), -EDO_ECLOSED);
    edo_close(s);
    while (n > 0) (void)close(fds[--n]);
    (void)close(last);
    return 0;
}

static void out_of_descriptors_accept_pauses_and_goes_on(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        // anew: sanitizers lose track of fibers in a mere fork
        (void)execl("/proc/self/exe", "listener_test", SHORTAGE, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], SHORTAGE) == 0) {
        in_fiber(shortage_body, NULL);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_may_stand_for_its_text),
        cmocka_unit_test(bad_address_is_refused),
        cmocka_unit_test(nothing_is_delayed_unless_asked_for),
        cmocka_unit_test(options_reach_both_kinds_of_socket),
        cmocka_unit_test(bad_options_and_addresses_are_refused),
        cmocka_unit_test(several_tasks_accept_and_a_close_ends_them_all),
        cmocka_unit_test(cancelled_accept_leaves_the_queue_alone),
        cmocka_unit_test(connect_without_a_listener_is_refused),
        cmocka_unit_test(localhost_is_tried_in_both_families),
        cmocka_unit_test(connect_obeys_the_deadline_around_it),
        cmocka_unit_test(out_of_descriptors_accept_pauses_and_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
