/* SPDX-License-Identifier: MIT */
/* net/net_support.h: a runtime for one test body, and a pair of connected streams. */
#ifndef EDO_TESTS_NET_SUPPORT_H
#define EDO_TESTS_NET_SUPPORT_H

#include "kinds.h"

#include <edo/edo.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Checks inside fibers: cmocka's own jump, which must not cross a fiber's first frame. */
#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            print_error("%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);                         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)
#define CHECK_INT(have, want)                                                                      \
    do {                                                                                           \
        long long have_ = (long long)(have), want_ = (long long)(want);                            \
        if (have_ != want_) {                                                                      \
            print_error("%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #have, have_, want_); \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Runs `body` as a task of a runtime of its own; it must return 0 and leave no task behind. */
static inline void in_fiber_of(const edo_runtime_opts *kind, edo_task_fn *body, void *arg) {
    edo_runtime *rt = NULL;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, body, arg), 0);
    edo_runtime_free(rt);
}

/* Runs `body` so on every kind of runtime. */
static inline void in_fiber(edo_task_fn *body, void *arg) {
    for (size_t i = 0; i < KINDS_N; i++) in_fiber_of(&kinds[i], body, arg);
}

/* A listener on a free port of the loopback, and its address in print. */
typedef struct place {
    edo_listener *listener;
    char addr[EDO_ADDR_TEXT_MAX];
} place;

static inline place open_place(const edo_tcp_opts *opts) {
    place p = { 0 };
    edo_addr addr;
    CHECK_INT(edo_tcp_listen(&p.listener, "127.0.0.1:0", opts), 0);
    CHECK_INT(edo_listener_addr(p.listener, &addr), 0);
    CHECK(edo_addr_print(&addr, p.addr, sizeof p.addr) > 0);
    return p;
}

/* Two ends of one connection; inside a fiber. */
typedef struct pair {
    edo_stream *a, *b;
} pair;

static inline pair open_pair(const edo_tcp_opts *opts) {
    place p = open_place(opts);
    pair both = { 0 };
    CHECK_INT(edo_tcp_connect(&both.a, p.addr, opts), 0);
    CHECK_INT(edo_accept(p.listener, &both.b), 0);
    edo_listener_close(p.listener);
    return both;
}

static inline void close_pair(pair *both) {
    edo_close(both->a);
    edo_close(both->b);
}

#endif
