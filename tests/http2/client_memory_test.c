/* SPDX-License-Identifier: MIT */
/* Goal: whatever allocation fails in the life of a client's connection, those of nghttp2 among
 * them, a request has its whole response, fails with -ENOMEM, or as one that was not sent; nothing
 * hangs or is left, and a connection that is still open serves the next request.
 * Method: exchanges of each kind, in which the first allocation fails, then the second, and so on
 * until none does; the server is frames made by hand, which needs no memory. */
#include "client_stage.h"

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

/* ---- The server ------------------------------------------------------------------------------ */

#define WINDOW_BYTES 8192
#define BODY_BYTES   40000

static char body[BODY_BYTES];
static int trailers_n; /* requests that came with trailers */

/* One response at a time. */
typedef struct replying {
    uint32_t id; /* 0: none */
    size_t left, window;
} replying;

/* Sends what the client's window has room for, and trailers behind it. */
static void reply_some(stage *t, replying *r) {
    while (r->id > 0 && r->left > 0 && r->window > 0) {
        size_t n = r->left < r->window ? r->left : r->window;
        if (n > 4000) n = 4000;
        frame_put(t, DATA, 0, r->id, body, n);
        r->left -= n;
        r->window -= n;
    }
    if (r->id == 0 || r->left > 0) return;
    FRAME(t, HEADERS, END_HEADERS | END_STREAM, r->id, "\0\5x-sum\0011");
    r->id = 0;
}

/* To each request: a hint, a head, and a body. */
static void reply_begin(stage *t, replying *r, uint32_t id) {
    *r = (replying){ .id = id, .left = BODY_BYTES, .window = WINDOW_BYTES };
    FRAME(t, HEADERS, END_HEADERS, id, "\x08\003103\0\4link\1a");
    FRAME(t, HEADERS, END_HEADERS, id, OK_HEAD "\0\5x-own\7a value");
}

/* Opens the windows for what the client has sent. */
static void reply_window(stage *t, uint32_t id, size_t n) {
    const uint8_t by[4] = { 0, 0, (uint8_t)(n >> 8), (uint8_t)n };
    if (n == 0) return;
    frame_put(t, WINDOW, 0, 0, by, sizeof by);
    frame_put(t, WINDOW, 0, id, by, sizeof by);
}

static int replies(void *arg) {
    stage *t = arg;
    replying r = { 0 };
    uint32_t with_body = 0;
    while (frame_get(t)) {
        const frame *f = &t->last;
        bool ends = (f->type == HEADERS || f->type == DATA) && f->flags & END_STREAM;
        if (f->type == SETTINGS && !(f->flags & ACK)) FRAME(t, SETTINGS, ACK, 0, "");
        if (f->type == DATA && !ends) reply_window(t, f->id, f->n);
        if (f->type == WINDOW && f->id == r.id) r.window += number_at(f->bytes);
        if (f->type == RST && f->id == r.id) r.id = 0;
        if (ends && f->type == HEADERS && f->id == with_body) trailers_n++;
        if (f->type == HEADERS && !ends) with_body = f->id;
        if (ends) reply_begin(t, &r, f->id);
        reply_some(t, &r);
    }
    return 0;
}

/* ---- The exchanges --------------------------------------------------------------------------- */

static int sees_hint(const edo_http_response *early, void *arg) {
    (void)early;
    ++*(int *)arg;
    return 0;
}

/* Reads the response to its end, and frees it. */
static int take_whole(edo_http_response *res, int err) {
    static char to[4096];
    size_t n = 0;
    int got = 0;
    while (err == 0 && (got = edo_read(res->body, to, sizeof to)) > 0) n += (size_t)got;
    if (err == 0) err = got;
    const edo_headers *tail = err == 0 ? edo_http_response_trailers(res) : NULL;
    if (err == 0) {
        CHECK_EQ(n, BODY_BYTES);
        CHECK(edo_headers_get_named(&res->headers, EDO_STR("x-own")).len == 7);
        CHECK(tail && edo_headers_get_named(tail, EDO_STR("x-sum")).len == 1);
    }
    edo_http_response_free(res);
    return err;
}

static int sends(edo_http2 *c, edo_http_request *req) {
    edo_http_response *res;
    int hints = 0;
    req->informational = sees_hint;
    req->arg = &hints;
    int err = edo_http2_send(c, &res, req);
    if (err == 0) CHECK_EQ(hints, 1);
    return err < 0 ? err : take_whole(res, 0);
}

static int asks(edo_http2 *c) {
    return sends(c, &(edo_http_request){ .target = EDO_STR("/a/path/of/some/length") });
}

static int posts_data(edo_http2 *c) {
    return sends(c, &(edo_http_request){ .method = EDO_METHOD_POST, .data = { body, BODY_BYTES } });
}

static int posts_stream(edo_http2 *c) {
    edo_headers h, tail;
    edo_stream *from;
    edo_headers_init(&h);
    edo_headers_init(&tail);
    int err = edo_stream_mem(&from, body, BODY_BYTES);
    if (err < 0) return err;
    err = edo_headers_append_named(&h, EDO_STR("trailer"), EDO_STR("x-sum"));
    if (err == 0) err = edo_headers_append_named(&tail, EDO_STR("x-sum"), EDO_STR("1"));
    edo_http_request req = {
        .method = EDO_METHOD_POST, .headers = &h, .body = from, .length = -1, .trailers = &tail
    };
    int before = trailers_n;
    if (err == 0) err = sends(c, &req);
    CHECK(err < 0 || trailers_n == before + 1);
    edo_headers_deinit(&h);
    edo_headers_deinit(&tail);
    edo_close(from);
    return err;
}

static int converses(edo_http2 *c) {
    edo_http_response *res;
    int err =
        edo_http2_open(c, &res, &(edo_http_request){ .method = EDO_METHOD_POST, .length = -1 });
    if (err < 0) return err;
    err = edo_write_all(res->body, body, BODY_BYTES);
    if (err == -EPIPE) err = 0; // the head says why
    if (err == 0) err = edo_shutdown(res->body);
    if (err == 0) err = edo_http2_head(res);
    return take_whole(res, err);
}

static int (*const kinds_of[])(edo_http2 *) = { asks, posts_data, posts_stream, converses };

/* ---- The sweep ------------------------------------------------------------------------------- */

/* Makes one exchange, in which the allocation number `k` fails; 0: none. Returns whether one
 * did. */
static bool exchange_without(stage *t, int (*kind)(edo_http2 *), int k) {
    edo_stream *theirs;
    char preface[PREFACE_BYTES];
    CHECK_EQ(edo_duplex(&t->ours, &theirs, 1 << 20), 0);
    edo_task *server = NULL;
    fail_in = k;
    int err = edo_http2_over(&t->c, theirs, &t->opts);
    int planned = fail_in;
    fail_in = 0;
    if (err < 0) {
        CHECK(err == -ENOMEM && k > 0 && planned == 0);
        edo_close(theirs);
        edo_close(t->ours);
        return true;
    }
    FRAME(t, SETTINGS, 0, 0, "");
    CHECK_EQ(edo_read_exact(t->ours, preface, sizeof preface), 0);
    server = edo_spawn(replies, t);
    CHECK(server != NULL);
    fail_in = planned;
    err = kind(t->c);
    bool has_failed = k > 0 && fail_in == 0;
    fail_in = 0;
    bool is_open = edo_http2_is_open(t->c, false);
    bool is_unsent = err == -EDO_ECLOSED || err == -ECONNREFUSED; // nothing has left
    bool is_told = err == -ENOMEM || (is_unsent && !is_open);
    if (err != 0 && !is_told) fprintf(stderr, "allocation %d: %d\n", k, err);
    CHECK(err == 0 || (has_failed && is_told));
    if (is_open) CHECK_EQ(kind(t->c), 0);
    edo_http2_close(t->c);
    CHECK_EQ(edo_task_join(server), 0);
    edo_close(t->ours);
    return has_failed;
}

static int sweep(void *kind) {
    static stage t;
    int k = 0;
    t = (stage){ .opts = { .host = "x", .stream_window = WINDOW_BYTES } };
    (void)exchange_without(&t, *(int (*const *)(edo_http2 *))kind, 0);
    while (exchange_without(&t, *(int (*const *)(edo_http2 *))kind, ++k)) CHECK(k < 2000);
    CHECK(k > 10); // there was something to fail
    return 0;
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
