/* SPDX-License-Identifier: MIT */
/* Goal: the addresses of a name are tried as RFC 8305 has it, and a program may look up names
 * itself.
 * Method: a resolver of the test; listeners that refuse, or whose queue is full, so that the kernel
 * lets an attempt hang; the paused clock, which tells how long a connection took. It stands beside
 * sockets, so connect() returns when the kernel has decided, unless the attempt is one that hangs:
 * nothing is on its way when the clock jumps. */
#include "inside.h"

#include <edo/edo.h>

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- A resolver ------------------------------------------------------------------------------ */

typedef struct table {
    const char *addrs[4]; /* of the only name; the port does not matter */
    edo_duration takes;
    int code;
    int asked, ended;
} table;

static int look_up(void *arg, edo_addr *out, size_t out_max, const char *host) {
    table *t = arg;
    int n = 0;
    CHECK_EQ(strcmp(host, "some.example"), 0);
    CHECK(out_max >= EDO_COUNT(t->addrs));
    t->asked++;
    int err = t->takes.ns > 0 ? edo_sleep(t->takes) : 0;
    t->ended++;
    if (err < 0 || t->code < 0) return err < 0 ? err : t->code;
    for (; n < (int)EDO_COUNT(t->addrs) && t->addrs[n]; n++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%s:0", t->addrs[n]);
        CHECK_EQ(edo_addr_parse(&out[n], text), 0);
    }
    return n;
}

static int system_again(void **state) {
    (void)state;
    edo_resolver_set(NULL, NULL);
    return 0;
}

/* ---- Listeners ------------------------------------------------------------------------------- */

#define FILLERS 6

static edo_addr hang_at[2]; /* where attempts hang */
static size_t hang_n;

static bool does_hang(const struct sockaddr *at, socklen_t bytes) {
    for (size_t i = 0; i < hang_n; i++)
        if (hang_at[i].bytes == bytes && memcmp(&hang_at[i].sock.any, at, bytes) == 0) return true;
    return false;
}

int connect(int fd, __CONST_SOCKADDR_ARG at, socklen_t bytes) {
    int result = (int)syscall(SYS_connect, fd, at.__sockaddr__, bytes);
    if (result == 0 || errno != EINPROGRESS || does_hang(at.__sockaddr__, bytes)) return result;
    struct pollfd decided = { .fd = fd, .events = POLLOUT };
    CHECK_EQ(poll(&decided, 1, 30000), 1);
    errno = EINPROGRESS;
    return -1;
}

static bool loses_errors; /* an attempt that has failed has no error any more */

int getsockopt(int fd, int level, int name, void *value, socklen_t *bytes) {
    int result = (int)syscall(SYS_getsockopt, fd, level, name, value, bytes);
    if (loses_errors && level == SOL_SOCKET && name == SO_ERROR) memset(value, 0, sizeof(int));
    return result;
}

/* Listens at one port of several addresses, of which some have no room. */
typedef struct world {
    edo_listener *good, *full[2];
    size_t full_n;
    int fillers[2 * FILLERS];
    uint16_t port;
    char name[32];
} world;

static edo_listener *listen_at(world *w, const char *host, uint32_t backlog) {
    edo_listener *l;
    char text[64];
    (void)snprintf(text, sizeof text, "%s:%u", host, (unsigned)w->port);
    CHECK_EQ(edo_tcp_listen(&l, text, &(edo_tcp_opts){ .backlog = backlog }), 0);
    w->port = edo_listener_port(l);
    (void)snprintf(w->name, sizeof w->name, "some.example:%u", (unsigned)w->port);
    return l;
}

#define TRIES 30000 /* of 1 ms: the kernel counts a little later, on a busy machine */

/* Until two connections are queued: only then the kernel lets the next attempt hang. */
static void await_queue(edo_listener *l) {
    edo_listener_stats stats = { 0 };
    for (int i = 0; i < TRIES && stats.queued <= 1; i++) {
        CHECK_EQ(usleep(1000), 0);
        CHECK_EQ(edo_listener_get_stats(l, &stats), 0);
    }
    if (stats.queued > 1) return;
    print_error("%u are queued\n", (unsigned)stats.queued);
    abort();
}

static void listen_full(world *w, const char *host) {
    edo_addr at;
    edo_listener *l = listen_at(w, host, 1);
    CHECK_EQ(edo_listener_addr(l, &at), 0);
    hang_at[hang_n++] = at;
    for (size_t i = 0; i < FILLERS; i++) {
        int fd = socket(at.sock.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        CHECK(fd >= 0);
        (void)connect(fd, &at.sock.any, at.bytes);
        w->fillers[w->full_n * FILLERS + i] = fd;
    }
    await_queue(l);
    w->full[w->full_n++] = l;
}

static void end_world(world *w) {
    hang_n = 0;
    edo_listener_close(w->good);
    for (size_t i = 0; i < w->full_n; i++) edo_listener_close(w->full[i]);
    for (size_t i = 0; i < w->full_n * FILLERS; i++) (void)close(w->fillers[i]);
}

/* Connects to the name; returns how many ms that took, or an error. */
static int64_t connect_ms(world *w, int family) {
    edo_stream *s;
    edo_addr peer;
    edo_instant start = edo_now();
    int err = edo_tcp_connect(&s, w->name, NULL);
    if (err < 0) return err;
    CHECK_EQ(edo_stream_peer_addr(s, &peer), 0);
    CHECK_EQ(peer.sock.any.sa_family, family);
    edo_close(s);
    return ms_since(start);
}

/* ---- The race -------------------------------------------------------------------------------- */

static int hangs(void *arg) {
    table t = { .addrs = { "127.0.0.9", "127.0.0.1" } };
    world w = { 0 };
    (void)arg;
    edo_resolver_set(look_up, &t);
    w.good = listen_at(&w, "127.0.0.1", 0);
    listen_full(&w, "127.0.0.9");
    CHECK_EQ(connect_ms(&w, AF_INET), 250);
    t.addrs[0] = "127.0.0.1"; // the best one is the good one
    t.addrs[1] = "127.0.0.9";
    CHECK_EQ(connect_ms(&w, AF_INET), 0);
    end_world(&w);
    return 0;
}

static void attempt_that_hangs_is_joined_by_another_after_250_ms(void **state) {
    (void)state;
    assert_int_equal(inside(hangs, NULL), 0);
}

static int take_turns(void *arg) {
    table t = { .addrs = { "127.0.0.9", "127.0.0.8", "[::1]" } };
    world w = { 0 };
    (void)arg;
    edo_resolver_set(look_up, &t);
    w.good = listen_at(&w, "[::1]", 0);
    listen_full(&w, "127.0.0.9");
    listen_full(&w, "127.0.0.8");
    CHECK_EQ(connect_ms(&w, AF_INET6), 250); // the second, not the third
    end_world(&w);
    w = (world){ 0 };
    t = (table){ .addrs = { "[::1]", "127.0.0.8", "127.0.0.1" } };
    w.good = listen_at(&w, "127.0.0.1", 0);
    listen_full(&w, "[::1]");
    listen_full(&w, "127.0.0.8");
    CHECK_EQ(connect_ms(&w, AF_INET), 500); // all of the other family have had their turn
    end_world(&w);
    return 0;
}

static void families_take_turns(void **state) {
    (void)state;
    assert_int_equal(inside(take_turns, NULL), 0);
}

static int refused(void *arg) {
    table t = { .addrs = { "127.0.0.9", "[::1]", "127.0.0.1" } };
    world w = { 0 };
    (void)arg;
    edo_resolver_set(look_up, &t);
    w.good = listen_at(&w, "127.0.0.1", 0);
    CHECK_EQ(connect_ms(&w, AF_INET), 0); // no delay after a refusal
    edo_listener_close(w.good);
    w.good = NULL;
    CHECK_EQ(connect_ms(&w, AF_INET), -ECONNREFUSED);
    listen_full(&w, "[::1]"); // one hangs, the others refuse: no connection
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(2));
    CHECK_EQ(edo_deadline_end(&d, (int)connect_ms(&w, AF_INET)), -ETIMEDOUT);
    end_world(&w);
    return 0;
}

static void refusal_is_followed_by_the_next_attempt_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(refused, NULL), 0);
}

/* The kernel gives the error of a socket once, and closes some without one. */
static int refused_without_error(void *arg) {
    table t = { .addrs = { "127.0.0.9", "[::1]", "127.0.0.1" } };
    world w = { 0 };
    (void)arg;
    edo_resolver_set(look_up, &t);
    w.good = listen_at(&w, "127.0.0.1", 0);
    loses_errors = true;
    CHECK_EQ(connect_ms(&w, AF_INET), 0);
    edo_listener_close(w.good);
    w.good = NULL;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(30));
    CHECK_EQ(edo_deadline_end(&d, (int)connect_ms(&w, AF_INET)), -ECONNABORTED);
    loses_errors = false;
    end_world(&w);
    return 0;
}

static void socket_that_is_closed_without_an_error_has_failed(void **state) {
    (void)state;
    assert_int_equal(inside(refused_without_error, NULL), 0);
}

static int lowest_free_fd(void) {
    int fd = dup(0);
    CHECK(fd >= 0);
    (void)close(fd);
    return fd;
}

/* Dropped while nothing, one or two attempts are under way. */
static int cut_short(void *arg) {
    table t = { .addrs = { "127.0.0.9", "127.0.0.8" }, .takes = edo_ms(10) };
    world w = { 0 };
    static const int64_t limits_ms[] = { 5, 100, 300 };
    (void)arg;
    edo_resolver_set(look_up, &t);
    listen_full(&w, "127.0.0.9");
    listen_full(&w, "127.0.0.8");
    int before = lowest_free_fd();
    for (size_t i = 0; i < EDO_COUNT(limits_ms); i++) {
        edo_stream *s = NULL;
        edo_tcp_connect_future f;
        edo_timeout_future limit;
        CHECK_EQ(edo_await(edo_timeout_init(&limit, edo_tcp_connect_init(&f, &s, w.name, NULL),
                                            edo_ms(limits_ms[i]))),
                 -ETIMEDOUT);
        CHECK(!s);
        CHECK_EQ(lowest_free_fd(), before);
    }
    CHECK_EQ(edo_sleep(edo_s(1)), 0); // lookups that nobody waits for run on
    CHECK_EQ(t.asked, t.ended);
    end_world(&w);
    return 0;
}

static void race_that_is_cut_short_leaves_nothing_open(void **state) {
    (void)state;
    assert_int_equal(inside(cut_short, NULL), 0);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static bool knows_localhost; /* does the system: a bare root has no file of hosts */

static int resolves(void *arg) {
    table t = { .addrs = { "[::1]", "127.0.0.1" }, .takes = edo_ms(1) };
    edo_addr out[4];
    edo_resolve_future f;
    (void)arg;
    edo_resolver_set(look_up, &t);
    CHECK_EQ(edo_resolve(out, 4, "some.example:77"), 2);
    CHECK_EQ(out[0].sock.any.sa_family, AF_INET6);
    CHECK_EQ(edo_addr_port(&out[0]), 77);
    CHECK_EQ(edo_addr_port(&out[1]), 77);
    bool is_inside = edo_runtime_current() != NULL; // the future needs a task for its lookup
    CHECK_EQ(edo_await(edo_resolve_init(&f, out, 1, "some.example:78")),
             is_inside ? 1 : -EDO_ENORUNTIME);
    CHECK_EQ(edo_addr_port(&out[0]), is_inside ? 78 : 77);
    CHECK_EQ(edo_resolve(out, 4, "127.0.0.1:1"), 1);
    CHECK_EQ(t.asked, is_inside ? 2 : 1); // numbers are not looked up
    t.code = -EAGAIN;
    CHECK_EQ(edo_resolve(out, 4, "some.example:77"), -EAGAIN);
    t = (table){ 0 };
    CHECK_EQ(edo_resolve(out, 4, "some.example:77"), -ENOENT);
    edo_resolver_set(edo_resolver_system, NULL);
    if (knows_localhost) {
        CHECK_EQ(edo_resolve(out, 1, "LOCALHOST:7"), 1);
        CHECK_EQ(edo_resolver_system(NULL, out, 1, "LOCALHOST"), 1);
        CHECK_EQ(edo_addr_port(&out[0]), 0);
    }
    CHECK_EQ(edo_resolver_system(NULL, out, 1, "no name"), -EINVAL);
    CHECK_EQ(edo_resolver_system(NULL, out, 0, "localhost"), -EINVAL);
    return 0;
}

static void program_may_look_up_names_itself(void **state) {
    struct addrinfo *found;
    (void)state;
    knows_localhost = getaddrinfo("LOCALHOST", NULL, NULL, &found) == 0;
    if (knows_localhost) freeaddrinfo(found);
    assert_int_equal(inside_each(resolves, NULL), 0);
    assert_int_equal(resolves(NULL), 0); // also on a plain thread
}

/* A resolver that hangs is cut short like any wait. */
static int hanging_resolver(void *arg) {
    table t = { .addrs = { "127.0.0.1" }, .takes = edo_s(100) };
    edo_addr out;
    edo_stream *s;
    (void)arg;
    edo_resolver_set(look_up, &t);
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(1));
    CHECK_EQ(edo_resolve(&out, 1, "some.example:1"), -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
    edo_deadline_begin(&d, edo_s(1));
    CHECK_EQ(edo_tcp_connect(&s, "some.example:1", NULL), -ECANCELED);
    CHECK_EQ(edo_deadline_end(&d, -ECANCELED), -ETIMEDOUT);
    CHECK_EQ(edo_sleep(edo_s(200)), 0);
    CHECK_EQ(t.ended, 2);
    return 0;
}

static void resolver_that_hangs_holds_up_nobody(void **state) {
    (void)state;
    assert_int_equal(inside(hanging_resolver, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(attempt_that_hangs_is_joined_by_another_after_250_ms,
                                  system_again),
        cmocka_unit_test_teardown(families_take_turns, system_again),
        cmocka_unit_test_teardown(refusal_is_followed_by_the_next_attempt_at_once, system_again),
        cmocka_unit_test_teardown(socket_that_is_closed_without_an_error_has_failed, system_again),
        cmocka_unit_test_teardown(race_that_is_cut_short_leaves_nothing_open, system_again),
        cmocka_unit_test_teardown(program_may_look_up_names_itself, system_again),
        cmocka_unit_test_teardown(resolver_that_hangs_holds_up_nobody, system_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
