/* SPDX-License-Identifier: MIT */
/* Goal: the handlers of a server serve HTTP/2 as they serve HTTP/1.1, on one port: requests and
 * responses of all kinds, many at once, with bodies larger than any window.
 * Method: a client by nghttp2, over memory with a clock that jumps, and over TCP. */
#include "h2_peer.h"

#include <edo/file.h>
#include <edo/http2.h>
#include <edo/tmp.h>

#define BIG (3u << 20)

static char big[BIG];

static uint64_t sum_of_big(void) {
    uint64_t sum = 0;
    for (size_t i = 0; i < BIG; i++) sum += (i + 1) * (unsigned char)big[i];
    return sum;
}

/* ---- Handlers -------------------------------------------------------------------------------- */

static int running, most_running;
static edo_sem gate;
static uint64_t uploaded;

static int echoes(edo_request *req, edo_response *res) {
    edo_stream *out;
    int err = edo_response_stream(res, &out, req->length);
    return err < 0 ? err : edo_copy(out, edo_request_body(req), NULL);
}

static int waits(edo_response *res) {
    running++;
    if (running > most_running) most_running = running;
    int err = edo_sem_acquire(&gate, 1);
    running--;
    return err < 0 ? err : edo_response_text(res, EDO_STATUS_OK, EDO_STR("at last"));
}

static int shows(edo_request *req, edo_response *res) {
    edo_buf text = { 0 };
    CHECK_EQ(edo_buf_append(&text, req->method_name.ptr, req->method_name.len), 0);
    CHECK_EQ(edo_buf_append(&text, "\n", 1), 0);
    CHECK_EQ(edo_headers_print(&req->headers, &text), 0);
    int err = edo_response_text(res, EDO_STATUS_OK, (edo_str){ text.ptr, text.len });
    edo_buf_deinit(&text);
    return err;
}

static int trails(edo_request *req, edo_response *res) {
    edo_str body;
    edo_stream *out;
    CHECK(edo_request_trailers(req) == NULL);
    CHECK_EQ(edo_request_collect(req, &body, 100), 0);
    CHECK(edo_str_equal(body, EDO_STR("body")));
    const edo_headers *t = edo_request_trailers(req);
    CHECK(t && edo_str_equal(edo_headers_get_named(t, EDO_STR("x-sum")), EDO_STR("12")));
    CHECK_EQ(edo_response_stream(res, &out, -1), 0);
    CHECK_EQ(edo_write_all(out, "x", 1), 0);
    return edo_headers_append_named(edo_response_trailers(res), EDO_STR("X-Tail"), EDO_STR("end"));
}

/* Trailers behind a body of no bytes, which is streamed, or whole and seen by a hook. */
static int trails_nothing(edo_request *req, edo_response *res, bool by_hook) {
    static const edo_response_hook_ops ops = { .head = NULL };
    edo_stream *out;
    edo_headers *tail = edo_response_trailers(res);
    CHECK_EQ(edo_headers_append_named(tail, EDO_STR("X-Tail"), EDO_STR("end")), 0);
    if (!by_hook) return edo_response_stream(res, &out, 0);
    edo_response_hook *hook = edo_arena_alloc(req->arena, sizeof *hook);
    CHECK(hook != NULL);
    *hook = (edo_response_hook){ .ops = &ops };
    edo_response_add_hook(res, hook);
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR(""));
}

/* Trailers behind a body that is given as a whole. */
static int trails_whole(edo_response *res, edo_str body) {
    edo_headers *tail = edo_response_trailers(res);
    CHECK_EQ(edo_headers_append_named(tail, EDO_STR("X-Tail"), EDO_STR("end")), 0);
    return edo_response_text(res, EDO_STATUS_OK, body);
}

/* Asks for trailers, and fills none in, as a call of gRPC that fails does. */
static int trails_none(edo_request *req, edo_response *res) {
    static const edo_response_hook_ops ops = { .head = NULL };
    edo_response_hook *hook = edo_arena_alloc(req->arena, sizeof *hook);
    CHECK(hook != NULL);
    *hook = (edo_response_hook){ .ops = &ops };
    edo_response_add_hook(res, hook);
    (void)edo_response_trailers(res);
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR(""));
}

static int hints(edo_response *res) {
    CHECK_EQ(edo_headers_append_named(&res->headers, EDO_STR("link"), EDO_STR("</x>")), 0);
    CHECK_EQ(edo_response_informational(res, EDO_STATUS_EARLY_HINTS), 0);
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("hinted"));
}

static int fails(edo_response *res, bool late) {
    edo_stream *out;
    if (!late) return -EIO;
    CHECK_EQ(edo_response_stream(res, &out, -1), 0);
    CHECK_EQ(edo_write_all(out, "half", 4), 0);
    CHECK_EQ(edo_flush(out), 0);
    return -EIO;
}

static int sends_file(edo_response *res) {
    edo_stream *file;
    CHECK_EQ(edo_fs_tmp(&file, NULL), 0);
    CHECK_EQ(edo_write_all(file, big, 100000), 0);
    int err = edo_response_file_part(res, EDO_STR("text/plain"), file, 1000, 99000);
    edo_close(file);
    return err;
}

static int swallows(edo_request *req, edo_response *res) {
    char piece[4096];
    int n;
    uploaded = 0;
    while ((n = edo_read(edo_request_body(req), piece, sizeof piece)) > 0)
        for (int i = 0; i < n; i++) uploaded += (unsigned char)piece[i];
    return n < 0 ? n : edo_response_text(res, EDO_STATUS_OK, EDO_STR("taken"));
}

static int serve(edo_request *req, edo_response *res, void *arg) {
    edo_str t = req->target;
    (void)arg;
    if (edo_str_equal(t, EDO_STR("/echo"))) return echoes(req, res);
    if (edo_str_equal(t, EDO_STR("/wait"))) return waits(res);
    if (edo_str_equal(t, EDO_STR("/show"))) return shows(req, res);
    if (edo_str_equal(t, EDO_STR("/trails"))) return trails(req, res);
    if (edo_str_equal(t, EDO_STR("/trails-nothing"))) return trails_nothing(req, res, false);
    if (edo_str_equal(t, EDO_STR("/trails-nothing-by-hook"))) return trails_nothing(req, res, true);
    if (edo_str_equal(t, EDO_STR("/trails-whole"))) return trails_whole(res, EDO_STR("x"));
    if (edo_str_equal(t, EDO_STR("/trails-empty"))) return trails_whole(res, EDO_STR(""));
    if (edo_str_equal(t, EDO_STR("/trails-none"))) return trails_none(req, res);
    if (edo_str_equal(t, EDO_STR("/hints"))) return hints(res);
    if (edo_str_equal(t, EDO_STR("/fails"))) return fails(res, false);
    if (edo_str_equal(t, EDO_STR("/late"))) return fails(res, true);
    if (edo_str_equal(t, EDO_STR("/file"))) return sends_file(res);
    if (edo_str_equal(t, EDO_STR("/swallow"))) return swallows(req, res);
    if (edo_str_equal(t, EDO_STR("/none"))) return res->status = EDO_STATUS_NO_CONTENT, 0;
    if (edo_str_equal(t, EDO_STR("/big")))
        return edo_response_data(res, EDO_STATUS_OK, EDO_STR("text/plain"), (edo_str){ big, BIG });
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
}

typedef struct site {
    served s;
    h2_peer p;
} site;

static void site_begin(site *t) {
    memset(t, 0, sizeof *t);
    t->s.handler = serve;
    for (size_t i = 0; i < BIG; i++) big[i] = (char)(i * 7 + i / 1000);
    edo_sem_init(&gate, 0);
    running = most_running = 0;
    serve_begin(&t->s);
    h2_begin(&t->p, client_of(&t->s), NULL, 0);
}

static void site_end(site *t) {
    h2_end(&t->p);
    CHECK_EQ(serve_end(&t->s), 0);
}

/* Runs the test over memory and over TCP. */
static void both(int (*fn)(void *)) {
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside(fn, t), 0);
    assert_int_equal(inside_real(fn, t), 0);
    assert_int_equal(inside_with(fn, t, &(edo_runtime_opts){ .workers = 4 }), 0);
    free(t);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static int is_asked(void *arg) {
    site *t = arg;
    site_begin(t);
    h2_answer *a = h2_ask(&t->p, "GET", "/", NULL), *b = h2_ask(&t->p, "HEAD", "/", NULL);
    h2_answer *c = h2_ask(&t->p, "GET", "/none", NULL);
    h2_await(&t->p, a);
    h2_await(&t->p, b);
    h2_await(&t->p, c);
    CHECK_EQ(a->status, 200);
    CHECK_EQ(strcmp(a->body, "Hello, World!"), 0);
    CHECK(h2_has(a, "content-length: 13\n") && h2_has(a, "date: ") && h2_has(a, "content-type: "));
    CHECK(!h2_has(a, "connection"));
    CHECK(b->status == 200 && b->body_n == 0 && h2_has(b, "content-length: 13\n"));
    CHECK(c->status == 204 && c->body_n == 0 && !h2_has(c, "content-length"));
    CHECK(a->error == 0 && b->error == 0 && c->error == 0);
    site_end(t);
    return 0;
}

static void requests_get_their_responses(void **state) {
    (void)state;
    both(is_asked);
}

static int asks_both(void *arg) {
    site *t = arg;
    heard *h = calloc(1, sizeof *h);
    CHECK(h != NULL);
    site_begin(t);
    h2_answer *a = h2_ask(&t->p, "GET", "/", NULL);
    h2_await(&t->p, a);
    ask(&t->s, h, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(h, "HTTP/1.1 200 OK") && has(h, "Hello, World!"));
    ask(&t->s, h, "PUT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    CHECK(has(h, "HTTP/1.1 200 OK"));
    ask(&t->s, h, "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
    CHECK(has(h, "HTTP/1.1 ") && !has(h, " 200 "));
    ask(&t->s, h,
        "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings, close\r\nupgrade: "
        "h2c\r\n"
        "http2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n");
    CHECK(has(h, "HTTP/1.1 200 OK") && !has(h, " 101 "));
    site_end(t);
    free(h);
    return 0;
}

static void one_port_serves_both_versions_and_no_upgrade(void **state) {
    (void)state;
    both(asks_both);
}

static int is_slow(void *arg) {
    site *t = arg;
    static const char begin[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0";
    site_begin(t);
    edo_stream *c = client_of(&t->s);
    for (size_t i = 0; i < sizeof begin; i++) {
        CHECK_EQ(edo_write_all(c, begin + i, 1), 0);
        for (int k = 0; k < 5; k++) CHECK_EQ(edo_yield(), 0);
    }
    char got[9];
    CHECK_EQ(edo_read_exact(c, got, sizeof got), 0);
    CHECK_EQ(got[3], 4); // its SETTINGS
    edo_close(c);
    site_end(t);
    return 0;
}

static void preface_may_come_byte_by_byte(void **state) {
    (void)state;
    both(is_slow);
}

static int are_many(void *arg) {
    site *t = arg;
    h2_answer *a[50];
    site_begin(t);
    for (int i = 0; i < 50; i++) a[i] = h2_ask(&t->p, "GET", "/wait", NULL);
    h2_send(&t->p);
    WAIT_FOR(running == 50);
    h2_answer *quick = h2_ask(&t->p, "GET", "/", NULL);
    h2_await(&t->p, quick);
    CHECK_EQ(running, 50);
    for (int i = 0; i < 50; i++) CHECK_EQ(a[i]->status, 0);
    edo_sem_release(&gate, 50);
    for (int i = 0; i < 50; i++) {
        h2_await(&t->p, a[i]);
        CHECK(a[i]->status == 200 && strcmp(a[i]->body, "at last") == 0);
    }
    site_end(t);
    return 0;
}

static void handlers_of_one_connection_run_at_once(void **state) {
    (void)state;
    site *t = calloc(1, sizeof *t);
    assert_non_null(t);
    assert_int_equal(inside(are_many, t), 0);
    assert_int_equal(inside_real(are_many, t), 0);
    free(t);
}

static int are_large(void *arg) {
    site *t = arg;
    site_begin(t);
    h2_answer *down = h2_ask(&t->p, "GET", "/big", NULL);
    h2_answer *both_ways = h2_post(&t->p, "/echo", NULL, big, BIG, false);
    h2_answer *file = h2_ask(&t->p, "GET", "/file", NULL);
    h2_answer *up = h2_post(&t->p, "/swallow", NULL, big, BIG, false);
    h2_await(&t->p, down);
    h2_await(&t->p, both_ways);
    h2_await(&t->p, file);
    h2_await(&t->p, up);
    CHECK(down->status == 200 && down->body_n == BIG && down->sum == sum_of_big());
    CHECK(both_ways->body_n == BIG && both_ways->sum == sum_of_big());
    CHECK(file->status == 200 && file->body_n == 99000);
    CHECK_EQ(memcmp(file->body, big + 1000, 100), 0);
    uint64_t sum = 0;
    for (size_t i = 0; i < BIG; i++) sum += (unsigned char)big[i];
    CHECK(up->status == 200 && uploaded == sum);
    CHECK(down->error == 0 && both_ways->error == 0 && up->error == 0);
    site_end(t);
    return 0;
}

static void bodies_beyond_all_windows_arrive(void **state) {
    (void)state;
    both(are_large);
}

static int has_fields(void *arg) {
    site *t = arg;
    site_begin(t);
    h2_answer *a = h2_ask(&t->p, "GET", "/show", "cookie: a=1\nx-own: v\ncookie: b=2\n");
    h2_answer *b = h2_ask(&t->p, "BREW", "/show", "host: x\n");
    h2_await(&t->p, a);
    h2_await(&t->p, b);
    CHECK(strstr(a->body, "GET\n") && strstr(a->body, "cookie: a=1; b=2\n"));
    CHECK(strstr(a->body, "x-own: v\n") && strstr(a->body, "host: x\n"));
    CHECK(strstr(b->body, "BREW\n") && strstr(b->body, "host: x\n"));
    site_end(t);
    return 0;
}

static void handler_sees_host_and_whole_cookies(void **state) {
    (void)state;
    both(has_fields);
}

static ssize_t body_and_trailers(nghttp2_session *session, int32_t id, uint8_t *buf, size_t n,
                                 uint32_t *flags, nghttp2_data_source *source, void *arg) {
    const nghttp2_nv tail = { (uint8_t *)(uintptr_t) "x-sum", (uint8_t *)(uintptr_t) "12", 5, 2,
                              0 };
    (void)n, (void)source, (void)arg;
    memcpy(buf, "body", 4);
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    CHECK_EQ(nghttp2_submit_trailer(session, id, &tail, 1), 0);
    return 4;
}

static int has_trailers(void *arg) {
    site *t = arg;
    site_begin(t);
    h2_answer *hinted = h2_ask(&t->p, "GET", "/hints", NULL);
    h2_await(&t->p, hinted);
    CHECK(hinted->first == 103 && hinted->status == 200 && h2_has(hinted, "link: </x>\n"));
    const nghttp2_data_provider body = { .read_callback = body_and_trailers };
    static const char *const names[] = { ":method", ":scheme", ":authority", ":path" };
    static const char *const values[] = { "POST", "http", "x", "/trails" };
    nghttp2_nv nv[4];
    for (size_t i = 0; i < 4; i++)
        nv[i] = (nghttp2_nv){ (uint8_t *)(uintptr_t)names[i], (uint8_t *)(uintptr_t)values[i],
                              strlen(names[i]), strlen(values[i]), 0 };
    h2_answer *a = &t->p.answers[t->p.n++];
    a->id = nghttp2_submit_request(t->p.session, NULL, nv, 4, &body, NULL);
    h2_await(&t->p, a);
    CHECK(a->status == 200 && h2_has(a, "x-tail: end\n") && a->body_n == 1 && a->ended);
    static const char *const empty[] = { "/trails-nothing", "/trails-nothing-by-hook" };
    for (size_t i = 0; i < EDO_COUNT(empty); i++) {
        h2_answer *e = h2_ask(&t->p, "GET", empty[i], NULL);
        h2_await(&t->p, e);
        CHECK(e->status == 200 && h2_has(e, "content-length: 0\n") && h2_has(e, "x-tail: end\n"));
        CHECK(e->body_n == 0 && e->ended);
    }
    static const char *const wholes[] = { "/trails-empty", "/trails-whole" };
    for (size_t i = 0; i < EDO_COUNT(wholes); i++) {
        h2_answer *w = h2_ask(&t->p, "GET", wholes[i], NULL);
        h2_await(&t->p, w);
        CHECK(w->status == 200 && h2_has(w, "x-tail: end\n") && w->body_n == i && w->ended);
    }
    h2_answer *ends = h2_ask(&t->p, "GET", "/trails-none", NULL);
    h2_await(&t->p, ends);
    CHECK(ends->status == 200 && ends->ended && ends->frames == 1); // its head ends the stream
    h2_answer *none = h2_ask(&t->p, "HEAD", "/trails-nothing", NULL);
    h2_await(&t->p, none);
    CHECK(none->status == 200 && !h2_has(none, "x-tail: end\n") && none->ended);
    site_end(t);
    return 0;
}

static void hints_and_trailers_go_both_ways(void **state) {
    (void)state;
    both(has_trailers);
}

static int expects(void *arg) {
    site *t = arg;
    site_begin(t);
    h2_answer *a = h2_post(&t->p, "/swallow", "expect: 100-continue\n", NULL, 0, true);
    H2_UNTIL(&t->p, a->first != 0);
    CHECK_EQ(a->first, 100);
    h2_say(&t->p, a, "body", 4, false);
    h2_await(&t->p, a);
    CHECK_EQ(a->status, 200);
    site_end(t);
    return 0;
}

static void client_that_waits_is_asked_for_its_body(void **state) {
    (void)state;
    both(expects);
}

static int breaks(void *arg) {
    site *t = arg;
    site_begin(t);
    h2_answer *early = h2_ask(&t->p, "GET", "/fails", NULL);
    h2_answer *late = h2_ask(&t->p, "GET", "/late", NULL);
    h2_answer *good = h2_ask(&t->p, "GET", "/", NULL);
    h2_await(&t->p, early);
    h2_await(&t->p, late);
    h2_await(&t->p, good);
    CHECK(early->status == 500 && early->error == 0);
    CHECK(late->status == 200 && !late->ended && late->error == NGHTTP2_INTERNAL_ERROR);
    CHECK(good->status == 200 && good->ended);
    site_end(t);
    return 0;
}

static void failure_in_the_middle_resets_its_stream_alone(void **state) {
    (void)state;
    both(breaks);
}

static int ends_early(void *arg) {
    site *t = arg;
    site_begin(t);
    h2_answer *a = h2_post(&t->p, "/", NULL, "some", 4, true);
    h2_answer *b = h2_ask(&t->p, "GET", "/", NULL);
    H2_UNTIL(&t->p, a->closed);
    h2_await(&t->p, b);
    CHECK(a->status == 200 && a->ended && a->error == NGHTTP2_NO_ERROR);
    CHECK_EQ(strcmp(a->body, "Hello, World!"), 0);
    CHECK_EQ(b->status, 200);
    site_end(t);
    return 0;
}

static void response_before_the_end_of_the_request_resets_what_is_left(void **state) {
    (void)state;
    both(ends_early);
}

static int is_refused(void *arg) {
    served s = { .handler = serve, .opts = { .no_http2 = true } };
    heard *h = calloc(1, sizeof *h);
    (void)arg;
    CHECK(h != NULL);
    serve_begin(&s);
    ask(&s, h, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    CHECK(has(h, "HTTP/1.1 ") && !has(h, " 200 "));
    CHECK_EQ(serve_end(&s), 0);
    free(h);
    edo_stream *a, *b;
    const edo_http2_opts bad[] = { { .reserved = { 1 } },
                                   { .frame_max = 100 },
                                   { .stream_window = 1u << 20, .conn_window = 1000 } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        CHECK_EQ(edo_duplex(&a, &b, 100), 0);
        CHECK_EQ(edo_http_serve_stream(serve, NULL, a, &(edo_http_server_opts){ .http2 = &bad[i] }),
                 -EINVAL);
        edo_close(b);
    }
    CHECK_EQ(edo_duplex(&a, &b, 100), 0);
    CHECK_EQ(edo_http_serve_stream(
                 serve, NULL, a,
                 &(edo_http_server_opts){ .no_http2 = true, .http2 = &(edo_http2_opts){ 0 } }),
             -EINVAL);
    edo_close(b);
    return 0;
}

static void server_may_do_without_and_refuses_bad_options(void **state) {
    (void)state;
    assert_int_equal(inside(is_refused, NULL), 0);
}

/* ---- Trailers that are read late ------------------------------------------------------------- */

/* Never indexed, never indexed, and without an index. */
#define LATE_POST  "\x83\x44\x05/late\x86\x41\x01x"
#define LATE_TAIL  "\x10\x05x-one\x03one\x10\x05x-two\x03two\x00\x05x-ten\x03ten"
#define OTHER_HEAD "\x82\x84\x86\x41\x01x\x10\x05x-six\x03six"

static bool late_is_right(const edo_headers *h, edo_str name, edo_str value, uint16_t flags) {
    const edo_header *f = h ? edo_headers_next_named(h, NULL, name) : NULL;
    return f && edo_str_equal(f->value, value) && f->flags == flags;
}

static int trails_late(edo_request *req, edo_response *res, void *arg) {
    edo_str body;
    (void)arg;
    if (edo_str_equal(req->target, EDO_STR("/late"))) {
        EDO_TEST_OK(edo_request_collect(req, &body, 100));
        EDO_TEST_OK(edo_sem_acquire(&gate, 1));
        const edo_headers *t = edo_request_trailers(req);
        CHECK(late_is_right(t, EDO_STR("x-one"), EDO_STR("one"), EDO_HEADER_SENSITIVE));
        CHECK(late_is_right(t, EDO_STR("x-two"), EDO_STR("two"), EDO_HEADER_SENSITIVE));
        CHECK(late_is_right(t, EDO_STR("x-ten"), EDO_STR("ten"), 0));
    }
    return edo_response_text(res, EDO_STATUS_OK, EDO_STR("ok"));
}

static int reads_late(void *arg) {
    static h2_peer p;
    served s = { .handler = trails_late };
    (void)arg;
    edo_sem_init(&gate, 0);
    serve_begin(&s);
    h2_begin(&p, client_of(&s), NULL, 0);
    h2_begin_raw(&p);
    h2_raw(&p, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, LATE_POST, sizeof LATE_POST - 1);
    h2_raw(&p, NGHTTP2_DATA, 0, 1, "body", 4);
    h2_raw(&p, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, LATE_TAIL,
           sizeof LATE_TAIL - 1);
    h2_raw(&p, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 3, OTHER_HEAD,
           sizeof OTHER_HEAD - 1);
    H2_UNTIL(&p, p.heads == 1);
    edo_sem_release(&gate, 1);
    H2_UNTIL(&p, p.heads == 2);
    h2_end(&p);
    return serve_end(&s);
}

static void trailers_stay_when_other_fields_come(void **state) {
    (void)state;
    assert_int_equal(inside(reads_late, NULL), 0);
}

/* ---- Tunnels --------------------------------------------------------------------------------- */

static struct {
    int read, watched;
    bool is_over;
} tunnel_end;

static int watches(void *stream) {
    return edo_io_ready(stream, EDO_IO_READ_CLOSED);
}

/* Has said all, and waits for the client's end: as bytes, and beside that. */
static int has_said_all(edo_request *req, edo_response *res, void *arg) {
    edo_stream *raw;
    char byte;
    (void)arg;
    EDO_TEST_OK(edo_upgrade(req, res, &raw));
    EDO_TEST_OK(edo_shutdown(raw));
    edo_task *watcher = edo_spawn(watches, raw);
    CHECK(watcher != NULL);
    tunnel_end.read = edo_read(raw, &byte, 1);
    tunnel_end.watched = edo_task_join(watcher);
    tunnel_end.is_over = true;
    return 0;
}

static h2_peer tunnel_peer;

static int ends_tunnels(void *arg) {
    served s = { .handler = has_said_all };
    (void)arg;
    serve_begin(&s);
    h2_begin(&tunnel_peer, client_of(&s), NULL, 0);
    for (int i = 0; i < 2; i++) {
        tunnel_end.is_over = false;
        h2_answer *a = h2_ask_raw(&tunnel_peer, ":method: CONNECT\n:authority: x:1\n", false);
        h2_await(&tunnel_peer, a);
        if (i == 0) h2_say(&tunnel_peer, a, "", 0, false);
        if (i == 1)
            CHECK_EQ(nghttp2_submit_rst_stream(tunnel_peer.session, 0, a->id, NGHTTP2_NO_ERROR), 0);
        h2_send(&tunnel_peer);
        WAIT_FOR(tunnel_end.is_over);
        CHECK_EQ(tunnel_end.read, i == 0 ? 0 : -ECONNRESET);
        CHECK_EQ(tunnel_end.watched, 0);
    }
    h2_end(&tunnel_peer);
    return serve_end(&s);
}

static void end_of_a_tunnel_is_told_however_it_comes(void **state) {
    (void)state;
    assert_int_equal(inside(ends_tunnels, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_get_their_responses),
        cmocka_unit_test(one_port_serves_both_versions_and_no_upgrade),
        cmocka_unit_test(preface_may_come_byte_by_byte),
        cmocka_unit_test(handlers_of_one_connection_run_at_once),
        cmocka_unit_test(bodies_beyond_all_windows_arrive),
        cmocka_unit_test(handler_sees_host_and_whole_cookies),
        cmocka_unit_test(hints_and_trailers_go_both_ways),
        cmocka_unit_test(trailers_stay_when_other_fields_come),
        cmocka_unit_test(client_that_waits_is_asked_for_its_body),
        cmocka_unit_test(failure_in_the_middle_resets_its_stream_alone),
        cmocka_unit_test(response_before_the_end_of_the_request_resets_what_is_left),
        cmocka_unit_test(server_may_do_without_and_refuses_bad_options),
        cmocka_unit_test(end_of_a_tunnel_is_told_however_it_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
