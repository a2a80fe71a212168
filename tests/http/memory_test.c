/* SPDX-License-Identifier: MIT */
/* tests/http/memory_test.c: a server whose memory runs out, and one whose runtime ends under it. */
#include "tcp_server.h"

#include <edo/copy.h>

#include <stdatomic.h>
#include <stdlib.h>

/* ---- An allocator that fails once ------------------------------------------------------------ */

static atomic_int fail_in; /* the allocation that makes it 0 fails; 0: none is planned */
static atomic_long live;   /* allocations that were not freed */

static bool fails_now(void) {
    int left = atomic_load(&fail_in);
    while (left > 0 && !atomic_compare_exchange_weak(&fail_in, &left, left - 1)) {
    }
    return left == 1;
}

static void *alloc(void *arg, size_t n) {
    (void)arg;
    void *memory = fails_now() ? NULL : malloc(n);
    if (memory) atomic_fetch_add(&live, 1);
    return memory;
}

static void *regrow(void *arg, void *old, size_t n) {
    (void)arg;
    void *memory = fails_now() ? NULL : realloc(old, n);
    if (memory && !old) atomic_fetch_add(&live, 1);
    return memory;
}

static void release(void *arg, void *memory) {
    (void)arg;
    if (memory) atomic_fetch_sub(&live, 1);
    free(memory);
}

/* ---- Memory that runs out -------------------------------------------------------------------- */

static int responds(edo_request *req, edo_response *res, void *arg) {
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/stream"))) {
        edo_stream *out;
        int err = edo_response_stream(res, &out, -1);
        return err < 0 ? err : edo_copy(out, edo_request_body(req), NULL);
    }
    edo_str body;
    int err = edo_request_collect(req, &body, 100000);
    if (err < 0) return err;
    for (int i = 0; i < 20 && err == 0; i++)
        err = edo_headers_append_named(&res->headers, EDO_STR("x-own"), EDO_STR("some value"));
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, body);
}

#define FIELDS 30

/* A request with many fields and a long body in chunks. */
static void print_request(char *to, size_t room, const char *target) {
    size_t at = (size_t)snprintf(to, room, "POST %s HTTP/1.1\r\nhost: x\r\n", target);
    for (int i = 0; i < FIELDS; i++)
        at += (size_t)snprintf(to + at, room - at, "x-%d: %0250d\r\n", i, i);
    at += (size_t)snprintf(to + at, room - at,
                           "connection: close\r\n"
                           "transfer-encoding: chunked\r\n\r\n");
    for (int i = 0; i < 12; i++) at += (size_t)snprintf(to + at, room - at, "200\r\n%0512d\r\n", i);
    at += (size_t)snprintf(to + at, room - at, "0\r\nsum: 1\r\n");
    (void)snprintf(to + at, room - at, "long: %09000d\r\n\r\n", 1); // longer than the buffer
}

/* Sends the request while the allocation number `k` fails. Returns whether one did. */
static bool ask_without_memory(served *s, const char *request, int k, bool *ok) {
    heard h = { 0 };
    edo_stream *c = client_of(s);
    atomic_store(&fail_in, k);
    (void)edo_write_all(c, request, strlen(request));
    (void)hear_until(c, &h, NULL);
    bool fired = atomic_exchange(&fail_in, 0) == 0;
    *ok = has(&h, " 200 OK");
    edo_close(c);
    return fired;
}

static int without_memory(void *arg) {
    served s = { .handler = responds, .opts = { .address_conns_max = 100 } };
    serve_begin(&s);
    char request[30000];
    print_request(request, sizeof request, arg);
    bool fired = true, ok;
    int k = 0;
    for (; fired; k++) {
        CHECK(k < 1000);
        fired = ask_without_memory(&s, request, k + 1, &ok);
        CHECK(fired || ok);
    }
    CHECK(k > 1); // there was something to fail
    return serve_end(&s);
}

/* What edo keeps for good is made in one of the first runs: in a later one by a thread that had
 * nothing to do before. What is lost is lost in each. */
#define RUNS_MAX 5

static void server_survives_each_allocation_that_fails(void **state) {
    (void)state;
    static char targets[][16] = { "/", "/stream" };
    for (size_t i = 0; i < EDO_COUNT(targets); i++) {
        long before = 0, now = -1;
        for (int run = 0; run < RUNS_MAX && now != before; run++) {
            before = atomic_load(&live);
            assert_int_equal(inside_real(without_memory, targets[i]), 0);
            now = atomic_load(&live);
        }
        assert_int_equal(now, before);
    }
}

/* ---- A runtime that ends --------------------------------------------------------------------- */

static int waits(edo_request *req, edo_response *res, void *arg) {
    atomic_fetch_add((atomic_int *)arg, 1);
    if (edo_str_equal(req->target, EDO_STR("/body"))) {
        edo_str body;
        return edo_request_collect(req, &body, 100);
    }
    edo_stream *out;
    int err = edo_response_stream(res, &out, -1);
    while (err >= 0) {
        static const char piece[4096] = { 0 };
        err = edo_write_all(out, piece, sizeof piece); // nobody reads
    }
    return err;
}

typedef struct left {
    served s;
    edo_stream *clients[5];
    atomic_int begun;
} left;

/* Ends with connections in all states. */
static int leaves_all(void *arg) {
    left *l = arg;
    static const char *const sent[] = {
        "", "GET / HT", "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
        "POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nb",
        "GET / HTTP/1.1\r\nhost: x\r\n\r\nGET /"
    };
    *l = (left){ .s = { .handler = waits, .arg = &l->begun } };
    serve_begin(&l->s);
    for (size_t i = 0; i < EDO_COUNT(sent); i++) {
        l->clients[i] = client_of(&l->s);
        say(l->clients[i], sent[i]);
    }
    WAIT_FOR(atomic_load(&l->begun) >= 3);
    return 0;
}

static void runtime_may_end_under_requests(void **state) {
    (void)state;
    for (size_t i = 0; i < KINDS_N; i++) {
        left l;
        edo_runtime *rt;
        assert_int_equal(edo_runtime_new(&rt, &kinds[i]), 0);
        assert_int_equal(edo_run(rt, leaves_all, &l), 0);
        (void)edo_runtime_shutdown(rt, edo_s(5));
        for (size_t c = 0; c < EDO_COUNT(l.clients); c++) edo_close(l.clients[c]);
        edo_task_unref(l.s.task);
        edo_listener_close(l.s.listener);
        edo_runtime_free(rt);
    }
}

int main(void) {
    const edo_allocator failing = { .alloc = alloc, .realloc = regrow, .free = release };
    if (edo_set_allocator(&failing) != 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_survives_each_allocation_that_fails),
        cmocka_unit_test(runtime_may_end_under_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
