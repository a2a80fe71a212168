/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo_response_add_hook() and edo_request_set_body(): hooks see each head
 * once, the inner one first, may change it and the body behind it, and hear of the end.
 * Method: a server on one thread; hooks that write their names down, and streams that write in
 * capitals. */
#include "http_server.h"

#include <ctype.h>
#include <unistd.h>

/* ---- A stream that writes in capitals -------------------------------------------------------- */

typedef struct capitals {
    edo_stream base;
    edo_response_hook *hook; /* what it is of, for writing */
    edo_stream *from;        /* for reading */
} capitals;

static capitals *capitals_of(edo_stream *s) {
    return (capitals *)(void *)s;
}

static edo_polled capitals_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                const struct iovec *to, size_t n, uint32_t flags, int *result) {
    edo_stream *from = capitals_of(s)->from;
    if (from->ops->poll_read(from, cx, wait, to, n, flags, result) == EDO_PENDING)
        return EDO_PENDING;
    for (int i = 0; i < *result; i++)
        ((char *)to->iov_base)[i] = (char)toupper(((char *)to->iov_base)[i]);
    return EDO_READY;
}

static edo_polled capitals_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait,
                                 const struct iovec *from, size_t n, int *result) {
    edo_stream *below = capitals_of(s)->hook->below;
    char text[64];
    struct iovec piece = { text, from->iov_len < sizeof text ? from->iov_len : sizeof text };
    (void)n;
    for (size_t i = 0; i < piece.iov_len; i++)
        text[i] = (char)toupper(((const char *)from->iov_base)[i]);
    return below->ops->poll_write(below, cx, wait, &piece, 1, result);
}

static void capitals_unwait(edo_stream *s, edo_io_wait *wait) {
    capitals *c = capitals_of(s);
    edo_stream *other = c->from ? c->from : c->hook->below;
    other->ops->unwait(other, wait);
}

static edo_polled capitals_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    (void)s, (void)cx, (void)wait;
    *result = -ENOTSUP;
    return EDO_READY;
}

static void capitals_end(edo_stream *s) {
    (void)s;
}

static int capitals_fd(edo_stream *s) {
    (void)s;
    return -1;
}

static const edo_stream_ops capitals_ops = { .name = "capitals",
                                             .poll_read = capitals_read,
                                             .poll_write = capitals_write,
                                             .poll_shutdown = capitals_shutdown,
                                             .unwait = capitals_unwait,
                                             .close = capitals_end,
                                             .free = capitals_end,
                                             .fd = capitals_fd };

static void capitals_init(capitals *c) {
    *c = (capitals){ .base = { .ops = &capitals_ops, .refs = EDOI_ATOMIC_INIT(1) } };
}

/* ---- A hook that tells ----------------------------------------------------------------------- */

typedef struct teller {
    edo_response_hook base;
    char name;
    bool capitals, with_tail;
    int fails;         /* the code of `head` */
    edo_status status; /* set by `head`; 0: left */
    capitals stream;
} teller;

/* The arguments of the hooks; tests are single-threaded. */
static char told[256];

static void tell(const char *what, char name, int64_t n) {
    size_t len = strlen(told);
    (void)snprintf(told + len, sizeof told - len, "%s%c%lld ", what, name, (long long)n);
}

static teller *teller_of(edo_response_hook *h) {
    return (teller *)(void *)h;
}

static int teller_head(edo_response_hook *h, edo_response *res, edo_response_head *head) {
    teller *t = teller_of(h);
    tell(head->is_bodiless ? "bare" : "head", t->name, head->length);
    if (t->fails < 0) return t->fails;
    if (t->status) res->status = t->status;
    const char name[] = { 'x', '-', t->name, 0 };
    EDO_TEST_OK(edo_headers_set_named(&res->headers, edo_str_of(name), EDO_STR("seen")));
    if (!t->capitals) return 0;
    capitals_init(&t->stream);
    t->stream.hook = h;
    h->over = &t->stream.base;
    if (t->with_tail) head->length = -1;
    return 0;
}

static int teller_finish(edo_response_hook *h, edo_response *res) {
    (void)res;
    tell("tail", teller_of(h)->name, 0);
    if (!teller_of(h)->with_tail) return 0;
    return edo_write_all(h->below, "+tail", 5);
}

static void teller_done(edo_response_hook *h, edo_response *res, const edo_response_end *end) {
    tell("done", teller_of(h)->name, end->err < 0 ? -1 : (int64_t)end->body_bytes);
    CHECK(res->status >= 100);
}

static const edo_response_hook_ops teller_ops = { .head = teller_head,
                                                  .finish = teller_finish,
                                                  .done = teller_done };

static teller *add(edo_request *req, edo_response *res, char name) {
    teller *t = edo_arena_alloc(req->arena, sizeof *t);
    CHECK(t != NULL);
    *t = (teller){ .base = { .ops = &teller_ops }, .name = name };
    edo_response_add_hook(res, &t->base);
    return t;
}

/* Adds an outer hook "a" and an inner one "b", as the target says, and responds as it says. */
static int handler(edo_request *req, edo_response *res, void *arg) {
    const char *file = arg;
    edo_str target = req->target;
    edo_stream *out;
    told[0] = 0;
    teller *a = add(req, res, 'a'), *b = add(req, res, 'b');
    b->capitals = memchr(target.ptr, 'B', target.len) != NULL;
    b->with_tail = memchr(target.ptr, 'T', target.len) != NULL;
    a->capitals = memchr(target.ptr, 'A', target.len) != NULL;
    a->status = memchr(target.ptr, 'S', target.len) ? EDO_STATUS_ACCEPTED : 0;
    if (memchr(target.ptr, 'F', target.len)) a->fails = -EPERM;
    if (memchr(target.ptr, '9', target.len)) b->status = 99;
    switch (target.ptr[1]) {
    case 't': return edo_response_text(res, EDO_STATUS_OK, EDO_STR("whole"));
    case 'e': return edo_response_text(res, EDO_STATUS_OK, EDO_STR(""));
    case 'f': return edo_response_file(res, EDO_STR("text/plain"), file);
    case 'x': return -EBADMSG;
    case 'l':
    case 'c': {
        int err = edo_response_stream(res, &out, target.ptr[1] == 'l' ? 6 : -1);
        if (err < 0) return edo_response_text(res, EDO_STATUS_CONFLICT, EDO_STR("no"));
        CHECK_EQ(edo_write_all(out, "strea", 5), 0);
        CHECK_EQ(edo_write_all(out, "m", 1), 0);
        return memchr(target.ptr, 'X', target.len) ? -EIO : 0;
    }
    case 'b': {
        capitals *c = edo_arena_alloc(req->arena, sizeof *c);
        edo_str body;
        capitals_init(c);
        c->from = edo_request_body(req);
        edo_request_set_body(req, &c->base, -1);
        EDO_TEST_OK(edo_request_collect(req, &body, 100));
        return edo_response_data(res, EDO_STATUS_OK, EDO_STR("text/plain"), body);
    }
    default: return -EINVAL;
    }
}

typedef struct hook_case {
    const char *line, *status, *body, *wanted;
} hook_case;

static void send_line(served *s, heard *h, const char *line) {
    char request[256];
    (void)snprintf(request, sizeof request,
                   "%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
                   line);
    ask(s, h, request);
}

static int each_case(void *arg) {
    static const hook_case cases[] = {
        { "GET /t", " 200 ", "whole", "headb5 heada5 doneb5 donea5 " },
        { "GET /tS", " 202 ", "whole", "headb5 heada5 doneb5 donea5 " },
        { "GET /tB", " 200 ", "WHOLE", "headb5 heada5 tailb0 taila0 doneb5 donea5 " },
        { "GET /tBT", " 200 ", "5\r\nWHOLE\r\n5\r\n+tail",
          "headb5 heada-1 tailb0 taila0 doneb10 donea10 " },
        { "GET /tABT", " 200 ", "WHOLE\r\n5\r\n+TAIL", NULL },
        { "GET /e", " 200 ", "", "headb0 heada0 doneb0 donea0 " },
        { "GET /eBT", " 200 ", "5\r\n+tail", "headb0 heada-1 tailb0 taila0 doneb5 donea5 " },
        { "HEAD /t", "content-length: 5\r\n", "", "bareb5 barea5 doneb0 donea0 " },
        { "HEAD /tBT", " 200 ", "", "bareb5 barea-1 doneb0 donea0 " },
        { "GET /l", " 200 ", "stream", "headb6 heada6 tailb0 taila0 doneb6 donea6 " },
        { "GET /lB", " 200 ", "STREAM", "headb6 heada6 tailb0 taila0 doneb6 donea6 " },
        { "GET /c", "chunked", "strea", "headb-1 heada-1 tailb0 taila0 doneb6 donea6 " },
        { "GET /cBT", "chunked", "+tail", "headb-1 heada-1 tailb0 taila0 doneb11 donea11 " },
        { "GET /f", " 200 ", "of a file", "headb9 heada9 tailb0 taila0 doneb9 donea9 " },
        { "GET /fB", " 200 ", "OF A FILE", "headb9 heada9 tailb0 taila0 doneb9 donea9 " },
        { "GET /x", " 400 ", "Bad Request", "headb11 heada11 doneb11 donea11 " },
        { "GET /tF", " 500 ", "Internal", "headb5 heada5 doneb21 donea21 " },
        { "GET /t9", " 500 ", "Internal", "headb5 heada5 doneb21 donea21 " },
        { "POST /b", " 200 ", "HELLO", "headb5 heada5 doneb5 donea5 " },
    };
    served *s = arg;
    heard h;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        send_line(s, &h, cases[i].line);
        const char *body = strstr(h.text, "\r\n\r\n");
        bool is_right = has(&h, cases[i].status) && body && strstr(body, cases[i].body) &&
                        (!cases[i].wanted || strcmp(told, cases[i].wanted) == 0);
        if (!is_right) (void)fprintf(stderr, "%s: %s\n%s\n", cases[i].line, told, h.text);
        CHECK(is_right);
        if (!strstr(cases[i].wanted ? cases[i].wanted : "", "21 ")) CHECK(has(&h, "x-a: seen"));
    }
    return 0;
}

/* The stream's function says why there is none, and the handler makes another response: the hooks
 * are asked again, and fail again. A response that breaks off has no end, but is over. */
static int failures(void *arg) {
    served *s = arg;
    heard h;
    send_line(s, &h, "GET /cF");
    CHECK(has(&h, " 500 "));
    CHECK_EQ(strcmp(told, "headb-1 heada-1 headb2 heada2 doneb21 donea21 "), 0);
    edo_stream *c = client_of(s);
    h = (heard){ 0 };
    say(c, "GET /cX HTTP/1.1\r\nhost: x\r\n\r\n");
    CHECK(!hear_until(c, &h, NULL) || !has(&h, "\r\n0\r\n"));
    edo_close(c);
    CHECK_EQ(strcmp(told, "headb-1 heada-1 doneb-1 donea-1 "), 0);
    return 0;
}

static int upgrading(edo_request *req, edo_response *res, void *arg) {
    edo_stream *out;
    (void)arg;
    told[0] = 0;
    teller *a = add(req, res, 'a');
    a->capitals = true;
    a->status = EDO_STATUS_OK; // not for it to say
    EDO_TEST_OK(edo_headers_set(&res->headers, EDO_HEADER_UPGRADE, EDO_STR("own")));
    EDO_TEST_OK(edo_upgrade(req, res, &out));
    CHECK_EQ(edo_write_all(out, "hi", 2), 0);
    return 0;
}

static int upgrade(void *arg) {
    served s = { .handler = upgrading, .arg = arg };
    heard h;
    serve_begin(&s);
    ask(&s, &h, "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: own\r\n\r\n");
    CHECK(has(&h, " 101 ") && has(&h, "x-a: seen\r\n") && has(&h, "\r\n\r\nhi"));
    CHECK_EQ(strcmp(told, "barea0 donea0 "), 0);
    return serve_end(&s);
}

static int with_file(edo_task_fn *cases) {
    char path[] = "/tmp/edo-hooks-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK_EQ(write(fd, "of a file", 9), 9);
    (void)close(fd);
    served s = { .handler = handler, .arg = path };
    serve_begin(&s);
    int err = cases(&s);
    (void)unlink(path);
    return err < 0 ? err : serve_end(&s);
}

static int run_cases(void *arg) {
    (void)arg;
    return with_file(each_case);
}

static int run_failures(void *arg) {
    (void)arg;
    return with_file(failures);
}

static void hooks_see_each_head_and_end(void **state) {
    (void)state;
    assert_int_equal(inside(run_cases, NULL), 0);
}

static void hook_that_fails_makes_a_failure(void **state) {
    (void)state;
    assert_int_equal(inside(run_failures, NULL), 0);
}

static void hook_sees_an_upgrade(void **state) {
    (void)state;
    assert_int_equal(inside(upgrade, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hooks_see_each_head_and_end),
        cmocka_unit_test(hook_that_fails_makes_a_failure),
        cmocka_unit_test(hook_sees_an_upgrade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
