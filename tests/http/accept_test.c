/* SPDX-License-Identifier: MIT */
/* Goal: a server accepts on all workers, also when descriptors run out, and ends old connections
 * one by one.
 * Method: accept4() is watched, and fails as often as the test wants. */
#include "tcp_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#define WORKERS 4u
#define HEAD    "GET / HTTP/1.1\r\nhost: x\r\n\r\n"

static atomic_int fails_n; /* as often it fails, with EMFILE */
static struct {
    pthread_mutex_t lock;
    int sockets[WORKERS + 1];
    long threads[WORKERS + 1];
    size_t sockets_n, threads_n;
} seen = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void see(int fd) {
    long thread = syscall(SYS_gettid);
    size_t i = 0, k = 0;
    pthread_mutex_lock(&seen.lock);
    while (i < seen.sockets_n && seen.sockets[i] != fd) i++;
    while (k < seen.threads_n && seen.threads[k] != thread) k++;
    if (i == seen.sockets_n && i <= WORKERS) seen.sockets[seen.sockets_n++] = fd;
    if (k == seen.threads_n && k <= WORKERS) seen.threads[seen.threads_n++] = thread;
    pthread_mutex_unlock(&seen.lock);
}

int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *bytes, int flags) {
    if (atomic_load(&fails_n) > 0) {
        atomic_fetch_sub(&fails_n, 1);
        errno = EMFILE;
        return -1;
    }
    int accepted = (int)syscall(SYS_accept4, fd, addr.__sockaddr__, bytes, flags);
    if (accepted >= 0) see(fd);
    return accepted;
}

static int hello(edo_request *req, edo_response *res, void *arg) {
    (void)req, (void)arg;
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hello"));
}

/* Sends a request and reads the response; returns whether it is the last one of the connection. */
static bool asks(edo_stream *c) {
    heard h = { 0 };
    say(c, HEAD);
    CHECK(hear_until(c, &h, "hello"));
    return has(&h, "connection: close");
}

/* ---- Several workers ------------------------------------------------------------------------- */

/* A socket that has a port, and does not listen. */
static int reserve_port(char address[32]) {
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t bytes = sizeof at;
    const int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    CHECK_EQ(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on), 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&at, bytes), 0);
    CHECK_EQ(getsockname(fd, (struct sockaddr *)&at, &bytes), 0);
    (void)snprintf(address, 32, "127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    return fd;
}

static edo_stream *connect_soon(const char *address) {
    edo_stream *c;
    int err;
    WAIT_FOR((err = edo_tcp_connect(&c, address, NULL)) != -ECONNREFUSED);
    CHECK_EQ(err, 0);
    return c;
}

#define CLIENTS 128 /* no socket gets none of them: once in 10^15 */

static int on_all(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .listen = s.address, .reuse_port = true } };
    int fd = reserve_port(s.address);
    s.task = edo_spawn(served_main, &s);
    for (int i = 0; i < CLIENTS; i++) {
        edo_stream *c = connect_soon(s.address);
        (void)asks(c);
        edo_close(c);
    }
    edo_task_cancel(s.task);
    CHECK_EQ(edo_task_join(s.task), 0);
    CHECK_EQ(close(fd), 0);
    CHECK_EQ(seen.sockets_n, WORKERS);
    CHECK(seen.threads_n > 1);
    return 0;
}

static void each_worker_accepts_by_option(void **state) {
    (void)state;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = WORKERS };
    assert_int_equal(inside_with(on_all, NULL, &opts), 0);
}

typedef struct unread {
    uint64_t bytes;  /* that a client which does not read is sent */
    uint64_t before; /* at the last look */
    int rests_n;     /* looks since they grew */
    bool is_writing; /* in a write, which may wait */
} unread;

static int writes_on(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    unread *u = arg;
    static const char piece[8192];
    edo_stream *out;
    int err = edo_response_stream(res, &out, -1);
    while (err == 0) {
        u->is_writing = true;
        err = edo_write_all(out, piece, sizeof piece);
        u->is_writing = false;
        if (err == 0) u->bytes += sizeof piece;
    }
    return err;
}

/* Does the handler, which has the test's thread, wait for its socket since 100 looks? The kernel
 * may find place for more some ms after it had none. */
static bool is_full(unread *u) {
    u->rests_n = u->is_writing && u->bytes == u->before ? u->rests_n + 1 : 0;
    u->before = u->bytes;
    return u->rests_n > 100;
}

static int sends_unread(void *arg) {
    served s = { .handler = writes_on,
                 .arg = arg,
                 .opts = { .listen = s.address, .reuse_port = true } };
    int fd = reserve_port(s.address);
    s.task = edo_spawn(served_main, &s);
    edo_stream *c = connect_soon(s.address);
    say(c, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    WAIT_FOR(is_full(arg));
    edo_close(c);
    edo_task_cancel(s.task);
    CHECK_EQ(close(fd), 0);
    return edo_task_join(s.task);
}

#define KERNEL_MOST (1u << 20) /* what both ends hold; by the kernel's choice over 2 MiB */

static void little_is_sent_ahead_of_a_client_that_does_not_read(void **state) {
    (void)state;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    unread u = { .bytes = 0 };
    assert_int_equal(inside_with(sends_unread, &u, &opts), 0);
    assert_true(u.bytes > 0);
    assert_true(u.bytes < KERNEL_MOST);
}

/* ---- No descriptors -------------------------------------------------------------------------- */

static int shortage(void *arg) {
    (void)arg;
    served s = { .handler = hello };
    serve_begin(&s);
    edo_stream *clients[3];
    for (size_t i = 0; i < EDO_COUNT(clients); i++) clients[i] = client_of(&s);
    for (size_t i = 0; i < EDO_COUNT(clients); i++) {
        EDO_TEST_OK(edo_time_advance(edo_ms(5)));
        CHECK(!asks(clients[i]));
    }
    CHECK(!asks(clients[0])); // the second is now the oldest
    atomic_store(&fails_n, 1);
    edo_instant start = edo_now();
    edo_stream *last = client_of(&s);
    WAIT_FOR_EQ(atomic_load(&fails_n), 0);
    EDO_TEST_OK(edo_time_advance(edo_ms(1)));
    CHECK(!asks(last));
    CHECK_EQ(ms_since(start), 1);
    char byte;
    CHECK_EQ(edo_read(clients[1], &byte, 1), 0);
    CHECK(!asks(clients[0]) && !asks(clients[2]));
    for (size_t i = 0; i < EDO_COUNT(clients); i++) edo_close(clients[i]);
    edo_close(last);
    return serve_end(&s);
}

static void shortage_of_descriptors_closes_the_oldest_idle_connection(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(shortage, NULL), 0);
}

/* `arg`: how many of it have begun. */
static int sleeps(edo_request *req, edo_response *res, void *arg) {
    ++*(int *)arg;
    int err = edo_sleep(edo_s(1));
    return err < 0 ? err : hello(req, res, arg);
}

static int all_busy(void *arg) {
    (void)arg;
    int begun_n = 0;
    served s = { .handler = sleeps, .arg = &begun_n };
    serve_begin(&s);
    edo_stream *busy = client_of(&s);
    say(busy, HEAD);
    WAIT_FOR_EQ(begun_n, 1);
    atomic_store(&fails_n, 3);
    edo_stream *last = client_of(&s);
    say(last, HEAD);
    WAIT_FOR_EQ(atomic_load(&fails_n), 2);
    for (int i = 0; i < 3; i++) { // pauses of 10, 20 and 40 ms, each of them whole
        unsigned before = queued_n(s.listener);
        EDO_TEST_OK(edo_time_advance(edo_ms((10 << i) - 1)));
        for (int k = 0; k < 100; k++) EDO_TEST_OK(edo_yield());
        CHECK_EQ(atomic_load(&fails_n), 2 - i);
        CHECK(before == 1 && queued_n(s.listener) == 1);
        EDO_TEST_OK(edo_time_advance(edo_ms(1)));
        if (i < 2) WAIT_FOR_EQ(atomic_load(&fails_n), 1 - i);
    }
    WAIT_FOR_EQ(begun_n, 2);
    EDO_TEST_OK(edo_time_advance(edo_s(1)));
    heard h = { 0 }, of_last = { 0 };
    CHECK(hear_until(busy, &h, "hello"));
    CHECK(hear_until(last, &of_last, "hello"));
    edo_close(busy);
    edo_close(last);
    return serve_end(&s);
}

static void shortage_with_no_idle_connection_is_waited_out(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(all_busy, NULL), 0);
}

/* ---- Descriptors for handlers ---------------------------------------------------------------- */

#define CROWD 60 /* clients, more than descriptors */
#define FEW   30 /* descriptors that the server has */

static edo_sem opening, holding;

/* Needs a descriptor once it may go on; all others only wait. */
static int opens(edo_request *req, edo_response *res, void *arg) {
    bool is_opener = edo_str_equal(req->target, EDO_STR("/open"));
    int err = edo_sem_acquire(is_opener ? &opening : &holding, 1);
    int fd = err == 0 && is_opener ? open("/dev/null", O_RDONLY | O_CLOEXEC) : 0;
    if (fd < 0) return -errno;
    if (fd > 0) (void)close(fd);
    return err < 0 ? err : hello(req, res, arg);
}

static int lowest_free(void) {
    int fd = dup(0);
    if (fd >= 0) (void)close(fd);
    return fd;
}

static void connects(edo_stream **out, edo_listener *l, const char *head) {
    edo_addr at;
    EDO_TEST_OK(edo_listener_addr(l, &at));
    EDO_TEST_OK(edo_tcp_connect_addr(out, &at, NULL));
    say(*out, head);
}

/* All clients are in the listener's queue before the server begins. */
static int few_descriptors(void *arg) {
    static edo_stream *clients[CROWD];
    edo_listener *l;
    served s = { .handler = opens };
    struct rlimit before;
    heard h = { 0 };
    (void)arg;
    edo_sem_init(&opening, 0);
    edo_sem_init(&holding, 0);
    EDO_TEST_OK(edo_tcp_listen(&l, "127.0.0.1:0", NULL));
    for (int i = 0; i < CROWD; i++)
        connects(&clients[i], l, i == 0 ? "GET /open HTTP/1.1\r\nhost: x\r\n\r\n" : HEAD);
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const int most = lowest_free() + FEW;
    const struct rlimit few = { (rlim_t)most, before.rlim_max };
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    s.opts.listeners = &l;
    s.opts.listeners_n = 1;
    s.task = edo_spawn(served_main, &s);
    WAIT_FOR(lowest_free() < 0 || lowest_free() >= most - most / 32 - 1);
    CHECK_EQ(edo_sleep(edo_ms(20)), 0); // the rest would be taken meanwhile
    edo_sem_release(&opening, 1);
    CHECK(hear_until(clients[0], &h, "\r\n\r\n"));
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    CHECK(has(&h, "200 OK"));
    edo_sem_release(&holding, CROWD);
    for (int i = 1; i < CROWD; i++) {
        h = (heard){ 0 };
        CHECK(hear_until(clients[i], &h, "hello"));
    }
    for (int i = 0; i < CROWD; i++) edo_close(clients[i]);
    edo_task_cancel(s.task);
    int err = edo_task_join(s.task);
    edo_listener_close(l);
    return err;
}

/* Others of the process have all descriptors but one, which each connection gives back. */
static int few_of_others(void *arg) {
    edo_stream *clients[2];
    edo_listener *l;
    served s = { .handler = hello };
    struct rlimit before;
    (void)arg;
    EDO_TEST_OK(edo_tcp_listen(&l, "127.0.0.1:0", NULL));
    for (int i = 0; i < 2; i++)
        connects(&clients[i], l, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    s.opts.listeners = &l;
    s.opts.listeners_n = 1;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const struct rlimit few = { (rlim_t)lowest_free() + 1, before.rlim_max };
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    s.task = edo_spawn(served_main, &s);
    for (int i = 0; i < 2; i++) {
        heard h = { 0 };
        CHECK(hear_until(clients[i], &h, "hello"));
    }
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    for (int i = 0; i < 2; i++) edo_close(clients[i]); // not before: it would leave numbers free
    edo_task_cancel(s.task);
    int err = edo_task_join(s.task);
    edo_listener_close(l);
    return err;
}

static void accepting_leaves_descriptors_to_handlers(void **state) {
    (void)state;
    assert_int_equal(inside_real(few_descriptors, NULL), 0);
    assert_int_equal(inside_real(few_of_others, NULL), 0);
}

static int fails_by(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    (void)res;
    return *(const int *)arg;
}

static int without_descriptors(void *arg) {
    served s = { .handler = fails_by, .arg = arg };
    heard h = { 0 };
    serve_begin(&s);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(&h, "HTTP/1.1 503 ") && has(&h, "retry-after: 1\r\n"));
    return serve_end(&s);
}

static void handler_without_descriptors_is_a_503(void **state) {
    int codes[] = { -EMFILE, -ENFILE };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(codes); i++)
        assert_int_equal(inside_real(without_descriptors, &codes[i]), 0);
}

/* ---- Addresses ------------------------------------------------------------------------------- */

/* A client from that address. */
static edo_stream *client_from(const char *address, const char *from) {
    edo_stream *c;
    EDO_TEST_OK(edo_tcp_connect(&c, address, &(edo_tcp_opts){ .bind = from }));
    return c;
}

static void is_refused(const char *address, const char *from) {
    char byte;
    edo_stream *c = client_from(address, from);
    CHECK_EQ(edo_read(c, &byte, 1), 0);
    edo_close(c);
}

/* A client from that address, which has room for one as soon as it has seen that another ended. */
static edo_stream *client_soon(const char *address, const char *from) {
    for (const int64_t since_s = patience_now_s();; let_run()) {
        heard h = { 0 };
        edo_stream *c = client_from(address, from);
        (void)edo_write_all(c, HEAD, strlen(HEAD));
        (void)hear_until(c, &h, "hello");
        if (has(&h, "hello")) return c;
        edo_close(c);
        patience_check(since_s, "a client is served", __FILE__, __LINE__);
    }
}

/* Of two addresses each may have two connections; one that ends makes room. */
static int two_each(void *arg) {
    served s = { .handler = hello, .opts = { .address_conns_max = 2 } };
    static const char *const from[] = { "127.0.0.1:0", "127.0.0.2:0" };
    edo_stream *clients[4];
    const char *listen = arg;
    EDO_TEST_OK(edo_tcp_listen(&s.listener, listen, NULL));
    serve_at(&s);
    for (size_t i = 0; i < EDO_COUNT(clients); i++) {
        clients[i] = client_from(s.address, from[i / 2]);
        CHECK(!asks(clients[i]));
    }
    for (size_t i = 0; i < EDO_COUNT(from); i++) is_refused(s.address, from[i]);
    edo_close(clients[0]);
    clients[0] = client_soon(s.address, from[0]);
    CHECK(!asks(clients[0]));
    is_refused(s.address, from[0]);
    for (size_t i = 0; i < EDO_COUNT(clients); i++) edo_close(clients[i]);
    return serve_end(&s);
}

/* All addresses of a /64 are those of one client. */
static int one_network(void *arg) {
    served s = { .handler = hello, .opts = { .address_conns_max = 1 } };
    (void)arg;
    EDO_TEST_OK(edo_tcp_listen(&s.listener, "[::1]:0", NULL));
    (void)snprintf(s.address, sizeof s.address, "[::1]:%u",
                   (unsigned)edo_listener_port(s.listener));
    s.opts.listeners = &s.listener;
    s.opts.listeners_n = 1;
    s.task = edo_spawn(served_main, &s);
    edo_stream *c = client_from(s.address, NULL);
    CHECK(!asks(c));
    is_refused(s.address, NULL);
    edo_close(c);
    return serve_end(&s);
}

static bool has_ipv6(void) {
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    bool has = fd >= 0 && bind(fd, (const struct sockaddr *)&at, sizeof at) == 0;
    if (fd >= 0) (void)close(fd);
    return has;
}

static void connection_beyond_those_of_its_address_is_closed(void **state) {
    static char v4[] = "127.0.0.1:0", both[] = "[::]:0";
    (void)state;
    assert_int_equal(inside_real(two_each, v4), 0);
    if (!has_ipv6()) {
        print_message("without IPv6: that was not tried\n");
        return;
    }
    assert_int_equal(inside_real(two_each, both), 0);
    assert_int_equal(inside_real(one_network, NULL), 0);
}

/* ---- Age ------------------------------------------------------------------------------------- */

#define OLD_N 50

static int ages(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .age_max = edo_s(100), .idle_timeout = EDO_OFF } };
    serve_begin(&s);
    edo_stream *clients[OLD_N];
    for (int i = 0; i < OLD_N; i++) clients[i] = client_of(&s);
    for (int i = 0; i < OLD_N; i++) CHECK(!asks(clients[i]));
    CHECK_EQ(edo_sleep(edo_s(89)), 0);
    for (int i = 0; i < OLD_N; i++) CHECK(!asks(clients[i]));
    CHECK_EQ(edo_sleep(edo_s(11)), 0);
    int ended = 0;
    bool is_last[OLD_N];
    for (int i = 0; i < OLD_N; i++) ended += is_last[i] = asks(clients[i]);
    CHECK(ended > 0 && ended < OLD_N); // else once in 2^49
    CHECK_EQ(edo_sleep(edo_s(11)), 0);
    for (int i = 0; i < OLD_N; i++) CHECK(is_last[i] || asks(clients[i]));
    for (int i = 0; i < OLD_N; i++) edo_close(clients[i]);
    return serve_end(&s);
}

static void connections_of_one_age_end_one_by_one(void **state) {
    (void)state;
    assert_int_equal(inside(ages, NULL), 0);
}

static int ageless(void *arg) {
    (void)arg;
    served s = { .handler = hello, .opts = { .age_max = edo_ns(EDO_FOREVER_NS - 1) } };
    serve_begin(&s);
    for (int i = 0; i < OLD_N; i++) {
        edo_stream *c = client_of(&s);
        CHECK(!asks(c));
        edo_close(c);
    }
    return serve_end(&s);
}

static void greatest_age_is_never_reached(void **state) {
    (void)state;
    assert_int_equal(inside(ageless, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_worker_accepts_by_option),
        cmocka_unit_test(little_is_sent_ahead_of_a_client_that_does_not_read),
        cmocka_unit_test(shortage_of_descriptors_closes_the_oldest_idle_connection),
        cmocka_unit_test(shortage_with_no_idle_connection_is_waited_out),
        cmocka_unit_test(accepting_leaves_descriptors_to_handlers),
        cmocka_unit_test(handler_without_descriptors_is_a_503),
        cmocka_unit_test(connection_beyond_those_of_its_address_is_closed),
        cmocka_unit_test(connections_of_one_age_end_one_by_one),
        cmocka_unit_test(greatest_age_is_never_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
