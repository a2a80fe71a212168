/* SPDX-License-Identifier: MIT */
/* Goal: whatever allocation fails in the life of a connection of HTTP/2, those of nghttp2 among
 * them, the client asks a whole response, a refusal, a reset, or the end of the connection; nothing
 * hangs or is left, and the next connection is served.
 * Method: exchanges of each kind, in which the first allocation fails, then the second, and so on
 * until none does; over memory, by a client that takes its memory from elsewhere. */
#include "h2_peer.h"

#include <edo/copy.h>
#include <edo/http2.h>

#include <stdlib.h>

/* ---- An allocator that fails once ------------------------------------------------------------ */

static int fail_in; /* the allocation that makes it 0 fails; 0: none is planned */
static long live;   /* allocations that were not freed */

static bool fails_now(void) {
    return fail_in > 0 && --fail_in == 0;
}

static void *alloc(void *arg, size_t n) {
    (void)arg;
    void *memory = fails_now() ? NULL : malloc(n);
    live += memory != NULL;
    return memory;
}

static void *regrow(void *arg, void *old, size_t n) {
    (void)arg;
    void *memory = fails_now() ? NULL : realloc(old, n);
    live += memory && !old;
    return memory;
}

static void release(void *arg, void *memory) {
    (void)arg;
    live--;
    free(memory);
}

/* ---- The exchanges --------------------------------------------------------------------------- */

static h2_peer peer;
static char body[40000];

static int tunnels(edo_request *req, edo_response *res) {
    edo_stream *raw;
    int err = edo_upgrade(req, res, &raw);
    return err < 0 ? err : edo_copy(raw, raw, NULL);
}

static int serve(edo_request *req, edo_response *res, void *arg) {
    edo_stream *out;
    edo_str all;
    (void)arg;
    if (req->method == EDO_METHOD_CONNECT) return tunnels(req, res);
    if (edo_str_equal(req->target, EDO_STR("/echo"))) {
        int err = edo_response_stream(res, &out, -1);
        if (err == 0) err = edo_copy(out, edo_request_body(req), NULL);
        return err < 0 ? err
                       : edo_headers_append_named(edo_response_trailers(res), EDO_STR("x-sum"),
                                                  EDO_STR("1"));
    }
    int err = edo_request_collect(req, &all, sizeof body);
    if (err == 0) err = edo_headers_append_named(&res->headers, EDO_STR("X-Own"), EDO_STR("a"));
    return err < 0 ? err : edo_response_data(res, EDO_STATUS_OK, EDO_STR("a/b"), all);
}

static h2_answer *asks(void) {
    return h2_ask(&peer, "GET", "/", "a: b\ncookie: c\ncookie: d\nx-long: a-value-of-its-own\n");
}

static h2_answer *posts(void) {
    return h2_post(&peer, "/", NULL, body, sizeof body, false);
}

static h2_answer *posts_when_asked(void) {
    return h2_post(&peer, "/", "expect: 100-continue\n", body, 10, false);
}

static h2_answer *echoes(void) {
    return h2_post(&peer, "/echo", NULL, body, sizeof body, false);
}

static h2_answer *opens_a_tunnel(void) {
    h2_answer *a = h2_ask_raw(&peer, ":method: CONNECT\n:authority: x:1\n", false);
    h2_say(&peer, a, body, 100, false);
    return a;
}

static h2_answer *(*const kinds_of[])(void) = { asks, posts, posts_when_asked, echoes,
                                                opens_a_tunnel };

/* Makes one exchange, in which the allocation number `k` fails; 0: none. Returns whether one
 * did. */
static bool exchange_without(served *s, h2_answer *(*begin)(void), int k) {
    edo_stream *c = client_of(s);
    fail_in = k;
    h2_begin(&peer, c, NULL, 0);
    h2_answer *a = begin();
    size_t sent = a->up_n;
    while (!a->ended && !a->closed && h2_turn(&peer)) {
    }
    bool has_failed = k > 0 && fail_in == 0;
    fail_in = 0;
    bool is_whole = a->ended && a->status == 200;
    CHECK(is_whole || has_failed);
    CHECK(!is_whole || a->body_n == sent || begin == opens_a_tunnel); // which may end early
    CHECK(!is_whole || begin != echoes || h2_has(a, "x-sum: 1\n"));
    h2_end(&peer);
    return has_failed;
}

static int sweep(void *begin) {
    served s = { .handler = serve };
    h2_answer *(*const *kind)(void) = begin;
    int k = 0;
    serve_begin(&s);
    (void)exchange_without(&s, *kind, 0);
    while (exchange_without(&s, *kind, ++k)) {
        CHECK(k < 1000);
        CHECK(!exchange_without(&s, *kind, 0)); // the next one
    }
    CHECK(k > 10); // there was something to fail
    int err = serve_end(&s);
    return err == -ENOMEM ? 0 : err; // of a connection that could not begin
}

static void each_allocation_may_fail(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(kinds_of); i++) {
        void *kind = (void *)(uintptr_t)&kinds_of[i];
        assert_int_equal(inside(sweep, kind), 0); // what edo keeps for good is there
        long before = live;
        assert_int_equal(inside(sweep, kind), 0);
        assert_int_equal(live, before);
    }
}

int main(void) {
    static const edo_allocator failing = { .alloc = alloc, .realloc = regrow, .free = release };
    EDO_TEST_OK(edo_set_allocator(&failing));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
