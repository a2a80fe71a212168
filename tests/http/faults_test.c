/* SPDX-License-Identifier: MIT */
/* Goal: whatever allocation or system call of an exchange fails, the client gets a whole response,
 * a refusal, or the end of the connection; nothing hangs or is left, and the next request is
 * served.
 * Method: exchanges of each kind, in which the first allocation fails, then the second, and so on
 * until none does; the same for system calls, with each code. Requests are sent by a plain thread
 * with bare system calls, which do not fail. EDO_LIBC_CALLS lets streams use recv() and send(). */
#include "kinds.h"

#include <edo/copy.h>
#include <edo/edo.h>
#include <edo/http1.h>
#include <edo/http_server.h>
#include <edo/test.h>
#include <edo/tmp.h>

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define CHECK    EDO_TEST_TRUE
#define CHECK_EQ EDO_TEST_EQ

/* Before edo reads the environment. */
__attribute__((constructor(101))) static void use_libc(void) {
    (void)setenv("EDO_LIBC_CALLS", "1", 1);
}

/* ---- What fails ------------------------------------------------------------------------------ */

typedef struct plan {
    atomic_int fail_in; /* the one that makes it 0 fails; 0: none is planned */
    atomic_int code;
} plan;

static plan allocations, calls;
static atomic_bool accept_fails; /* accept4() is one of the calls: the server pauses after each */
static atomic_long live;         /* allocations that were not freed */

static bool fails_now(plan *p) {
    int left = atomic_load(&p->fail_in);
    while (left > 0 && !atomic_compare_exchange_weak(&p->fail_in, &left, left - 1)) {
    }
    if (left == 1) errno = atomic_load(&p->code);
    return left == 1;
}

static void *alloc(void *arg, size_t n) {
    (void)arg;
    void *memory = fails_now(&allocations) ? NULL : malloc(n);
    if (memory) atomic_fetch_add(&live, 1);
    return memory;
}

static void *regrow(void *arg, void *old, size_t n) {
    (void)arg;
    void *memory = fails_now(&allocations) ? NULL : realloc(old, n);
    if (memory && !old) atomic_fetch_add(&live, 1);
    return memory;
}

static void release(void *arg, void *memory) {
    (void)arg;
    if (memory) atomic_fetch_sub(&live, 1);
    free(memory);
}

#define UNLESS_PLANNED(call) (fails_now(&calls) ? -1 : (call))

/* As fails_now(), for moving bytes: a connection of which the kernel says that it is broken is. */
static bool breaks_now(int fd) {
    if (!fails_now(&calls)) return false;
    int err = errno;
    if (err == ECONNRESET || err == EPIPE || err == ETIMEDOUT)
        (void)syscall(SYS_shutdown, fd, SHUT_RDWR);
    errno = err;
    return true;
}

int accept4(int fd, __SOCKADDR_ARG addr, socklen_t *bytes, int flags) {
    int accepted = (int)syscall(SYS_accept4, fd, addr.__sockaddr__, bytes, flags);
    if (accepted < 0 || !atomic_load(&accept_fails) || !fails_now(&calls)) return accepted;
    (void)close(accepted); // the connection has died
    return -1;
}
int connect(int fd, __CONST_SOCKADDR_ARG addr, socklen_t bytes) {
    bool fails = fails_now(&calls);
    int err = errno;
    if (fails && err != EINTR) return -1;
    int result = (int)syscall(SYS_connect, fd, addr.__sockaddr__, bytes);
    if (!fails) return result;
    errno = err; // a connect that was interrupted goes on
    return -1;
}
ssize_t recv(int fd, void *to, size_t n, int flags) {
    return breaks_now(fd) ? -1 : syscall(SYS_recvfrom, fd, to, n, flags, NULL, NULL);
}
ssize_t send(int fd, const void *from, size_t n, int flags) {
    return breaks_now(fd) ? -1 : syscall(SYS_sendto, fd, from, n, flags, NULL, 0);
}
ssize_t recvmsg(int fd, struct msghdr *msg, int flags) {
    return breaks_now(fd) ? -1 : syscall(SYS_recvmsg, fd, msg, flags);
}
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags) {
    return breaks_now(fd) ? -1 : syscall(SYS_sendmsg, fd, msg, flags);
}
int shutdown(int fd, int how) {
    return UNLESS_PLANNED((int)syscall(SYS_shutdown, fd, how));
}
int setsockopt(int fd, int level, int name, const void *value, socklen_t bytes) {
    return UNLESS_PLANNED((int)syscall(SYS_setsockopt, fd, level, name, value, bytes));
}
int getpeername(int fd, __SOCKADDR_ARG addr, socklen_t *bytes) {
    return UNLESS_PLANNED((int)syscall(SYS_getpeername, fd, addr.__sockaddr__, bytes));
}
ssize_t sendfile(int to, int from, off_t *at, size_t n) {
    return breaks_now(to) ? -1 : syscall(SYS_sendfile, to, from, at, n);
}
int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event) {
    return UNLESS_PLANNED((int)syscall(SYS_epoll_ctl, epoll, op, fd, event));
}

/* ---- The server ------------------------------------------------------------------------------ */

static char path[256]; /* of a file with FILE_TEXT */

#define FILE_TEXT "this is all of the file"

static int speaks_raw(edo_request *req, edo_response *res) {
    edo_stream *raw = NULL;
    int err = edo_headers_append(&res->headers, EDO_HEADER_UPGRADE, EDO_STR("x"));
    if (err == 0) err = edo_upgrade(req, res, &raw);
    char text[64];
    while (err >= 0 && (err = edo_read(raw, text, sizeof text)) > 0)
        err = edo_write_all(raw, text, (size_t)err);
    return err;
}

static int serves(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    edo_addr peer;
    int err = edo_request_peer(req, &peer);
    if (err < 0) return err;
    if (edo_str_equal(req->target, EDO_STR("/raw"))) return speaks_raw(req, res);
    if (edo_str_equal(req->target, EDO_STR("/file")))
        return edo_response_file(res, EDO_STR("text/x"), path);
    if (edo_str_equal(req->target, EDO_STR("/echo"))) {
        edo_stream *out;
        err = edo_response_stream(res, &out, -1);
        return err < 0 ? err : edo_copy(out, edo_request_body(req), NULL);
    }
    edo_str body;
    err = edo_request_collect(req, &body, 10000);
    return err < 0 ? err : edo_response_data(res, EDO_STATUS_OK, EDO_STR("text/x"), body);
}

typedef struct served {
    edo_listener *listener;
    edo_addr at;
    char address[32];
    int descriptors; /* without a connection */
} served;

static int serve(void *arg) {
    served *s = arg;
    return edo_http_serve(serves, NULL,
                          &(edo_http_server_opts){ .listeners = &s->listener, .listeners_n = 1 });
}

/* ---- Exchanges ------------------------------------------------------------------------------- */

typedef struct exchange {
    const char *name;
    const char *request;
    const char *awaits; /* then `more` is sent, and the output ended; NULL: nothing */
    const char *more;
    const char *whole; /* the end of a response that is whole */
} exchange;

#define HEAD  " HTTP/1.1\r\nhost: x\r\n"
#define CLOSE "connection: close\r\n"

static char large[20000]; /* a head and a body of 9,000 bytes each */

static const exchange exchanges[] = {
    { "no body", "GET /" HEAD CLOSE "\r\n", .whole = " GMT\r\n\r\n" },
    { "body", "POST /" HEAD CLOSE "content-length: 5\r\n\r\nhello", .whole = "\r\n\r\nhello" },
    { "chunked",
      "POST /" HEAD CLOSE "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\na: b\r\n\r\n",
      .whole = "\r\n\r\nhello" },
    { "streamed both ways",
      "POST /echo" HEAD CLOSE "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      .whole = "hello\r\n0\r\n\r\n" },
    { "pipelined",
      "POST /" HEAD "content-length: 3\r\n\r\nabcPOST /echo" HEAD CLOSE
      "content-length: 5\r\n\r\nhello",
      .whole = "hello\r\n0\r\n\r\n" },
    { "large", large, .whole = "xxxxxxxxxxhello" },
    { "100-continue", "POST /" HEAD CLOSE "expect: 100-continue\r\ncontent-length: 5\r\n\r\n",
      .awaits = "100 Continue\r\n\r\n", .more = "hello", .whole = "\r\n\r\nhello" },
    { "upgrade", "GET /raw" HEAD "connection: upgrade, close\r\nupgrade: x\r\n\r\n",
      .awaits = " 101 ", .more = "raw bytes", .whole = "\r\n\r\nraw bytes" },
    { "file", "GET /file" HEAD CLOSE "\r\n", .whole = FILE_TEXT },
};

#define PATIENCE_S 20

/* Sends the request, by bare system calls, and reads up to the end of the connection. Returns
 * whether the response was whole. */
static bool talks(const served *s, const exchange *x) {
    static char text[32768];
    const struct timeval limit = { .tv_sec = PATIENCE_S };
    size_t n = 0;
    int fd = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0);
    CHECK_EQ(syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    CHECK_EQ(syscall(SYS_connect, fd, &s->at.sock.any, s->at.bytes), 0);
    (void)syscall(SYS_sendto, fd, x->request, strlen(x->request), MSG_NOSIGNAL, NULL, 0);
    const char *awaits = x->awaits;
    for (;;) {
        ssize_t got = syscall(SYS_recvfrom, fd, text + n, sizeof text - 1 - n, 0, NULL, NULL);
        CHECK(got >= 0 || errno != EAGAIN); // it hangs
        if (got <= 0) break;
        n += (size_t)got;
        text[n] = 0;
        if (!awaits || !strstr(text, awaits)) continue;
        (void)syscall(SYS_sendto, fd, x->more, strlen(x->more), MSG_NOSIGNAL, NULL, 0);
        if (strstr(x->name, "upgrade")) (void)syscall(SYS_shutdown, fd, SHUT_WR);
        awaits = NULL;
    }
    (void)close(fd);
    text[n] = 0;
    size_t whole = strlen(x->whole);
    return n >= whole && memcmp(text + n - whole, x->whole, whole) == 0;
}

static int descriptors(void) {
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    CHECK(d != NULL);
    while (readdir(d)) n++;
    (void)closedir(d);
    return n;
}

/* The server may close a connection a little later than its client. */
static void has_only(int before) {
    for (int i = 0; i < PATIENCE_S * 1000 && descriptors() > before; i++)
        (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
    CHECK_EQ(descriptors(), before);
}

typedef bool exchange_fn(const served *s, const void *arg);

static bool raw_exchange(const served *s, const void *arg) {
    return talks(s, arg);
}

/* Returns how many of them had their turn. */
static int fail_each(const served *s, plan *p, int code, exchange_fn *fn, const void *arg) {
    int k = 0;
    for (bool fired = true; fired; k++) {
        CHECK(k < 2000);
        atomic_store(&p->code, code);
        atomic_store(&p->fail_in, k + 1);
        bool whole = fn(s, arg);
        fired = atomic_exchange(&p->fail_in, 0) == 0;
        CHECK(fired || whole);
        CHECK(talks(s, &exchanges[1])); // the next one is served
    }
    has_only(s->descriptors);
    return k - 1;
}

static const int codes[] = { EINTR, ENOMEM, ENOBUFS, ECONNRESET, EPIPE, EIO, ETIMEDOUT, EPERM };

/* With the first `codes_n` codes. */
static void fail_all(const served *s, size_t codes_n, exchange_fn *fn, const void *arg,
                     const char *name) {
    int allocated = fail_each(s, &allocations, ENOMEM, fn, arg), called = 0;
    for (size_t i = 0; i < codes_n; i++) called = fail_each(s, &calls, codes[i], fn, arg);
    print_message("%s: %d allocations, %d calls\n", name, allocated, called);
    CHECK(called > 0); // there was something to fail
}

/* ---- A client of edo ------------------------------------------------------------------------- */

static int sends_two(void *arg) {
    const served *s = arg;
    edo_http1 *c;
    edo_http_response *res;
    char text[64];
    edo_deadline limit;
    edo_deadline_begin(&limit, edo_s(PATIENCE_S));
    int err = edo_http1_connect(&c, s->address, NULL);
    if (err < 0) return edo_deadline_end(&limit, err);
    for (int i = 0; i < 2 && err >= 0; i++) {
        const edo_http_request request = { .method = EDO_METHOD_POST,
                                           .target = i == 0 ? EDO_STR("/") : EDO_STR("/echo"),
                                           .data = EDO_STR("hello"),
                                           .expect_continue = i == 0 };
        err = edo_http1_send(c, &res, &request);
        if (err >= 0 && res->status != EDO_STATUS_OK) err = -EPROTO;
        if (err >= 0) err = edo_read_exact(res->body, text, 5);
        if (err >= 0 && memcmp(text, "hello", 5) != 0) err = -EILSEQ; // never
        if (err >= 0) err = edo_read(res->body, text, 1);
    }
    edo_http1_close(c);
    return edo_deadline_end(&limit, err);
}

static bool edo_exchange(const served *s, const void *arg) {
    (void)arg;
    edo_runtime *rt;
    served mine = *s;
    int plan_calls = atomic_exchange(&calls.fail_in, 0);
    int plan_allocations = atomic_exchange(&allocations.fail_in, 0);
    CHECK_EQ(edo_runtime_new(&rt, &one_thread), 0);
    atomic_store(&calls.fail_in, plan_calls);
    atomic_store(&allocations.fail_in, plan_allocations);
    int err = edo_run(rt, sends_two, &mine);
    edo_runtime_free(rt);
    return err == 0;
}

/* ---- The test -------------------------------------------------------------------------------- */

static void pass_all(size_t codes_n) {
    edo_runtime *rt;
    served s;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI,
                                    .workers = 1,
                                    .watchdog = EDO_OFF };
    CHECK_EQ(edo_runtime_new(&rt, &opts), 0);
    CHECK_EQ(edo_tcp_listen(&s.listener, "127.0.0.1:0", NULL), 0);
    CHECK_EQ(edo_listener_addr(s.listener, &s.at), 0);
    (void)snprintf(s.address, sizeof s.address, "127.0.0.1:%u", (unsigned)edo_addr_port(&s.at));
    s.descriptors = descriptors();
    edo_task *t = edo_spawn_on(rt, serve, &s);
    for (size_t i = 0; i < EDO_COUNT(exchanges); i++) CHECK(talks(&s, &exchanges[i])); // warm
    for (size_t i = 0; i < EDO_COUNT(exchanges); i++) {
        atomic_store(&accept_fails, i == 0); // before the server knows which exchange it is
        fail_all(&s, codes_n, raw_exchange, &exchanges[i], exchanges[i].name);
    }
    CHECK(edo_exchange(&s, NULL));
    atomic_store(&accept_fails, true);
    fail_all(&s, codes_n, edo_exchange, NULL, "client");
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), 0);
    edo_listener_close(s.listener);
    edo_runtime_free(rt);
}

static void print_large(void) {
    static char xs[9001];
    memset(xs, 'x', sizeof xs - 1);
    (void)snprintf(large, sizeof large,
                   "POST /" HEAD "x: %s\r\n" CLOSE "content-length: 9005\r\n\r\n%shello", xs, xs);
}

static void exchange_survives_each_failure(void **state) {
    (void)state;
    edo_tmp *tmp;
    assert_int_equal(edo_tmp_open(&tmp, NULL), 0);
    (void)snprintf(path, sizeof path, "%s", edo_tmp_path(tmp));
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fputs(FILE_TEXT, f) < 0 || fclose(f) != 0, 0);
    print_large();
    pass_all(1); // what edo keeps for good is there
    long before = atomic_load(&live);
    pass_all(EDO_COUNT(codes));
    assert_int_equal(atomic_load(&live), before);
    assert_int_equal(edo_tmp_close(tmp), 0);
}

int main(void) {
    const edo_allocator failing = { .alloc = alloc, .realloc = regrow, .free = release };
    if (edo_set_allocator(&failing) != 0) return 1;
    const struct CMUnitTest tests[] = { cmocka_unit_test(exchange_survives_each_failure) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
