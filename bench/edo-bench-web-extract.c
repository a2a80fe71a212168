/* SPDX-License-Identifier: MIT */
/* Question: what does a described handler cost beside one that does the same by hand?
 * Guards: what is described (path, query, JSON) is read without a list of fields for each request.
 *     edo-bench-web-extract bare|described|hello-bare|hello-routed [-n REQUESTS]
 * PUT /users/{id}?dry_run=true with a body of JSON, or GET / without anything, over a pipe in
 * memory, sixteen requests at a time. Under callgrind the instructions between two values of -n are
 * those of the requests. The bare handlers have no router; that of the PUT takes path and query
 * apart by hand, and decodes the body. */
#include <edo/edo.h>
#include <edo/json.h>
#include <edo/streams.h>
#include <edo/uri.h>
#include <edo/web.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AT_ONCE 16
#define BODY    "{\"name\":\"Ann\",\"age\":42,\"email\":\"ann@example.org\"}"
#define REQUEST                                                                                    \
    "PUT /users/4711?dry_run=true HTTP/1.1\r\nhost: localhost\r\n"                                 \
    "content-type: application/json\r\ncontent-length: 49\r\n\r\n" BODY
_Static_assert(sizeof BODY - 1 == 49, "the length of the body");

typedef struct user {
    edo_str name;
    uint32_t age;
    edo_str email;
} user;
EDO_DESCRIBE(user, EDO_FIELD(user, name, .min_len = 1, .max_len = 64),
             EDO_FIELD(user, age, .max = 150), EDO_FIELD(user, email, .optional = true))

typedef struct put_user {
    int64_t id;
    bool dry_run;
    user body;
} put_user;
EDO_DESCRIBE(put_user, EDO_FIELD(put_user, id, .in = EDO_IN_PATH, .min = 1),
             EDO_FIELD(put_user, dry_run),
             EDO_FIELD_OF(put_user, body, user_desc, .in = EDO_IN_BODY))

/* A program has many descriptions: so that the linker does not make functions for these two. */
static const edo_desc *volatile user_of = &user_desc, *volatile put_user_of = &put_user_desc;

typedef struct bench {
    const char *name;
    edo_task_fn *serve;
    const char *request, *end; /* `end`: of the response */
    edo_stream *ours, *theirs;
    long n;
} bench;

/* Both handlers say how many letters and years there were, so that all is read. */
static edo_str said(edo_request *req, const put_user *p) {
    char *text = edo_arena_text(req->arena, 24);
    int n = text ? snprintf(text, 24, "%u", (unsigned)(p->id + p->dry_run + p->body.age)) : 0;
    return (edo_str){ text, (size_t)n };
}

/* Takes the percent encoding out. Returns 0 or a code. */
static int decode(edo_request *req, edo_str *text) {
    if (!memchr(text->ptr, '%', text->len)) return 0;
    edo_buf buf = { 0 };
    int err = edo_uri_decode(*text, &buf);
    char *copy = err < 0 ? NULL : edo_arena_copy(req->arena, buf.ptr, buf.len);
    *text = (edo_str){ copy, buf.len };
    edo_buf_deinit(&buf);
    return err < 0 || copy ? err : -ENOMEM;
}

static int read_id(put_user *p, edo_request *req, edo_str text) {
    int err = decode(req, &text);
    for (size_t i = 0; i < text.len && err == 0; i++) {
        p->id = 10 * p->id + (text.ptr[i] - '0');
        if (text.ptr[i] < '0' || text.ptr[i] > '9' || i >= 18) err = -EINVAL;
    }
    return err < 0 || p->id > 0 ? err : -EINVAL;
}

static int read_dry_run(put_user *p, edo_str text) {
    p->dry_run = edo_str_equal(text, EDO_STR("true"));
    return p->dry_run || edo_str_equal(text, EDO_STR("false")) ? 0 : -EINVAL;
}

static int read_query(put_user *p, edo_request *req, const char *at, const char *end) {
    bool is_seen = false;
    int err = 0;
    for (const char *next; at < end && err == 0; at = next + 1) {
        next = memchr(at, '&', (size_t)(end - at));
        if (!next) next = end;
        const char *equals = memchr(at, '=', (size_t)(next - at));
        edo_str name = { at, (size_t)((equals ? equals : next) - at) };
        edo_str text = { equals ? equals + 1 : next, equals ? (size_t)(next - equals - 1) : 0 };
        err = decode(req, &name);
        if (err == 0) err = decode(req, &text);
        if (err < 0 || !edo_str_equal(name, EDO_STR("dry_run"))) continue;
        err = is_seen ? -EINVAL : read_dry_run(p, text);
        is_seen = true;
    }
    return err;
}

/* "/users/4711?dry_run=true" by hand. */
static int read_target(put_user *p, edo_request *req) {
    static const char prefix[] = "/users/";
    const char *at = req->target.ptr + sizeof prefix - 1, *end = req->target.ptr + req->target.len;
    if (req->target.len < sizeof prefix || memcmp(req->target.ptr, prefix, sizeof prefix - 1) != 0)
        return -ENOENT;
    const char *mark = memchr(at, '?', (size_t)(end - at));
    int err = read_id(p, req, (edo_str){ at, (size_t)((mark ? mark : end) - at) });
    return err < 0 || !mark ? err : read_query(p, req, mark + 1, end);
}

/* The work of the described handler, and no more: all that is checked there is checked here. */
static int bare(edo_request *req, edo_response *res, void *arg) {
    put_user p = { 0 };
    edo_str body = { 0 };
    (void)arg;
    int err = req->method == EDO_METHOD_PUT ? read_target(&p, req) : -ENOENT;
    edo_str type = edo_headers_get(&req->headers, EDO_HEADER_CONTENT_TYPE);
    if (err == 0 && !edo_str_equal(type, EDO_STR("application/json"))) err = -EINVAL;
    if (err == 0) err = edo_request_collect(req, &body, EDO_WEB_BODY_MAX);
    const edo_json_opts opts = { .arena = req->arena, .borrows = true };
    if (err == 0) err = edo_json_decode_with(&p.body, user_of, body, &opts);
    return err < 0 ? err
                   : edo_response_data(res, EDO_STATUS_OK, EDO_STR("text/plain"), said(req, &p));
}

static int described(edo_web *w) {
    put_user p;
    int err = edo_web_extract(w, &p, put_user_of);
    return err < 0
               ? err
               : edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", said(edo_web_request(w), &p));
}

static const char *volatile plain_text = "text/plain"; /* nor for a constant text */

static int hello_bare(edo_request *req, edo_response *res, void *arg) {
    (void)req;
    (void)arg;
    return edo_response_data(res, EDO_STATUS_OK, edo_str_of(plain_text), EDO_STR("hello"));
}

static int hello_routed(edo_web *w) {
    return edo_web_reply_bytes(w, EDO_STATUS_OK, plain_text, EDO_STR("hello"));
}

static int serve_bare(void *arg) {
    return edo_http_serve_stream(bare, NULL, ((bench *)arg)->theirs, NULL);
}

static int serve_hello_bare(void *arg) {
    return edo_http_serve_stream(hello_bare, NULL, ((bench *)arg)->theirs, NULL);
}

static int serve_router(edo_router *r, bench *b) {
    int err = edo_web_serve_stream(r, b->theirs, NULL);
    edo_router_free(r);
    return err;
}

static int serve_described(void *arg) {
    edo_router *r = edo_router_new();
    edo_router_put(r, "/users/{id}", described);
    return serve_router(r, arg);
}

static int serve_hello_routed(void *arg) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", hello_routed);
    return serve_router(r, arg);
}

/* Reads `n` responses; an end may come in two reads. */
static int hear(edo_stream *s, int n, const char *end_text) {
    char buf[4096];
    size_t held = 0, end_n = strlen(end_text);
    while (n > 0) {
        int got = edo_read(s, buf + held, sizeof buf - held);
        if (got <= 0) return got < 0 ? got : -EPIPE;
        const char *at = buf, *end = buf + held + (size_t)got, *found;
        for (; (found = memmem(at, (size_t)(end - at), end_text, end_n)); n--) at = found + end_n;
        held = (size_t)(end - at) < end_n - 1 ? (size_t)(end - at) : end_n - 1;
        memmove(buf, end - held, held);
    }
    return 0;
}

static int ask(bench *b) {
    char requests[AT_ONCE * sizeof REQUEST];
    size_t request_n = strlen(b->request);
    int err = 0;
    for (size_t i = 0; i < AT_ONCE; i++) memcpy(requests + i * request_n, b->request, request_n);
    for (long i = 0; i < b->n && err >= 0; i += AT_ONCE) {
        err = edo_write_all(b->ours, requests, AT_ONCE * request_n);
        if (err >= 0) err = hear(b->ours, AT_ONCE, b->end);
    }
    return err < 0 ? err : 0;
}

static int64_t now_ns(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int run(void *arg) {
    bench *b = arg;
    int err = edo_duplex(&b->ours, &b->theirs, 1 << 16);
    if (err < 0) return err;
    edo_task *task = edo_spawn(b->serve, b);
    int64_t begin = now_ns();
    err = task ? ask(b) : -ENOMEM;
    double ns = (double)(now_ns() - begin) / (double)b->n;
    edo_close(b->ours);
    int served = task ? edo_task_join(task) : 0;
    if (err == 0 && printf("%.0f ns a request\n", ns) < 0) err = -EIO;
    return err < 0 ? err : served;
}

#define HELLO     "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n"
#define HELLO_END "\r\n\r\nhello"
#define END       "\r\n\r\n4754"

static bench benches[] = {
    { .name = "bare", .serve = serve_bare, .request = REQUEST, .end = END },
    { .name = "described", .serve = serve_described, .request = REQUEST, .end = END },
    { .name = "hello-bare", .serve = serve_hello_bare, .request = HELLO, .end = HELLO_END },
    { .name = "hello-routed", .serve = serve_hello_routed, .request = HELLO, .end = HELLO_END },
};

int main(int argc, char **argv) {
    long n = argc > 3 && strcmp(argv[2], "-n") == 0 ? strtol(argv[3], NULL, 10) : 160000;
    for (size_t i = 0; argc > 1 && n > 0 && i < EDO_COUNT(benches); i++) {
        if (strcmp(argv[1], benches[i].name) != 0) continue;
        benches[i].n = n;
        return edo_main_with(run, &benches[i], &(edo_runtime_opts){ .workers = 1 });
    }
    return 2;
}
