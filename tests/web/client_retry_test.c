/* SPDX-License-Identifier: MIT */
/* Goal: a client sends again what is safe to send again, and no more than its budget allows; a
 * program may decide otherwise.
 * Method: a server in memory whose responses are a list, on the paused clock. */
#include "memory_site.h"

#include <edo/fs.h>

#include <unistd.h>

#define OK   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define BUSY "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
#define BAD  "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
#define HINT "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
#define HALF "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no" /* then it ends */
#define LEAD "HTTP/1.1 307 Temporary Redirect\r\nLocation: /on\r\nContent-Length: 0\r\n\r\n"
#define END  "" /* the connection ends without a response */

static const char *const *responses; /* one for each request; the last one for all others */

static int respond_next(memory_site *s, edo_stream *io) {
    const char *text = responses[0];
    (void)s;
    if (responses[1]) responses++;
    int err = *text ? site_say(io, text) : -1;
    return err == 0 && strcmp(text, HALF) == 0 ? -1 : err;
}

/* Fetches by `o`; returns the status, or the failure. */
static int status_at(edo_http_client *c, const char *url, const edo_fetch_opts *o) {
    edo_http_response *res;
    edo_fetch_opts opts = { 0 };
    if (o) opts = *o;
    opts.client = c;
    opts.any_status = true;
    int err = edo_fetch(&res, edo_str_of(url), &opts);
    if (err < 0) return err;
    int status = (int)res->status;
    edo_http_response_free(res);
    return status;
}

static int status_of(edo_http_client *c, const edo_fetch_opts *o) {
    return status_at(c, "http://site/", o);
}

/* ---- What is safe ---------------------------------------------------------------------------- */

typedef struct row {
    const char *name;
    const char *responses[4];
    int refuses_n;
    edo_fetch_opts opts;
    int status, requests_n;
} row;

static const row rows[] = {
    { "a status that passes", { BUSY, BUSY, OK }, 0, { 0 }, 200, 3 },
    { "attempts are bounded", { BUSY }, 0, { 0 }, 503, 3 },
    { "an end without a response", { END, OK }, 0, { 0 }, 200, 2 },
    { "another failure stays", { BAD, OK }, 0, { 0 }, 500, 1 },
    { "POST may have been done", { BUSY, OK }, 0, { .data = { "x", 1 } }, 503, 1 },
    { "POST that has no response", { END, OK }, 0, { .data = { "x", 1 } }, -EDO_EEOF, 1 },
    { "POST that was not sent", { OK }, 2, { .data = { "x", 1 } }, 200, 1 },
    { "PUT", { BUSY, OK }, 0, { .data = { "x", 1 }, .method = EDO_METHOD_PUT }, 200, 2 },
    { "a call with attempts of its own", { BUSY, OK }, 0, { .attempts = 1 }, 503, 1 },
};

static int retry_rows(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const row *r = &rows[i];
        memory_site s = { .respond = respond_next, .refuses_n = r->refuses_n };
        responses = r->responses;
        edo_http_client *c =
            site_client(&s, &(edo_http_client_opts){ .retry = &(edo_http_retry_opts){ 0 } });
        (void)edo_fail(-ENOENT, "the caller's");
        int status = status_of(c, &r->opts);
        if (status != r->status) edo_test_fail("%s: %d", r->name, status);
        if (status > 0 && !edo_trail_find(-ENOENT)) edo_test_fail("%s: no trail", r->name);
        edo_trail_clear();
        CHECK_EQ(s.requests_n, r->requests_n);
        site_end(&s, c);
    }
    return 0;
}

/* Without the option there is one attempt. */
static int retry_never(void *arg) {
    static const char *const list[] = { BUSY, OK, NULL };
    memory_site s = { .respond = respond_next, .refuses_n = 1 };
    (void)arg;
    responses = list;
    edo_http_client *c = site_client(&s, NULL);
    CHECK_EQ(status_of(c, NULL), -ECONNREFUSED);
    CHECK_EQ(status_of(c, NULL), 503);
    site_end(&s, c);
    return 0;
}

/* A body that is a stream is sent again if nothing of it was read, or little of it. */
static int retry_streams(void *arg) {
    static const struct {
        size_t body_max;
        edo_method method;
        int status, requests_n;
    } streams[] = { { 0, EDO_METHOD_PUT, 200, 3 },
                    { 5, EDO_METHOD_PUT, 200, 3 },
                    { 4, EDO_METHOD_PUT, -EDO_EEOF, 1 },
                    { 0, EDO_METHOD_POST, -EDO_EEOF, 1 } };
    static const char *const list[] = { END, BUSY, OK, NULL };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(streams); i++) {
        memory_site s = { .respond = respond_next, .refuses_n = 2 };
        const edo_http_retry_opts retry = { .attempts = 5, .body_max = streams[i].body_max };
        edo_stream *body;
        responses = list;
        edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .retry = &retry });
        EDO_TEST_OK(edo_stream_mem(&body, "hello", 5));
        const edo_fetch_opts o = { .method = streams[i].method, .body = body };
        CHECK_EQ(status_of(c, &o), streams[i].status); // first two refusals, then it is sent
        CHECK_EQ(s.requests_n, streams[i].requests_n);
        CHECK(strcmp(s.body, "hello") == 0);
        edo_close(body);
        site_end(&s, c);
    }
    return 0;
}

/* A redirect that keeps the body sends it again, by the same rule. */
static int redirect_streams(void *arg) {
    static const struct {
        size_t body_max;
        uint32_t attempts;
        int status, requests_n;
    } streams[] = { { 5, 2, 200, 3 }, { 4, 2, 307, 1 }, { 5, 1, 307, 1 } };
    static const char *const list[] = { LEAD, LEAD, OK, NULL };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(streams); i++) {
        memory_site s = { .respond = respond_next };
        const edo_http_retry_opts retry = { .attempts = streams[i].attempts,
                                            .body_max = streams[i].body_max };
        edo_stream *body;
        responses = list;
        edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .retry = &retry });
        EDO_TEST_OK(edo_stream_mem(&body, "hello", 5));
        const edo_fetch_opts o = { .method = EDO_METHOD_POST, .body = body };
        CHECK_EQ(status_of(c, &o), streams[i].status);
        CHECK_EQ(s.requests_n, streams[i].requests_n);
        CHECK(strcmp(s.body, "hello") == 0);
        edo_close(body);
        site_end(&s, c);
    }
    return 0;
}

/* The code of a program's own function is none of the connection: a POST that was sent is not sent
 * again. */
static int fails_as_closed(const edo_http_response *res, void *arg) {
    (void)res, (void)arg;
    return -EDO_ECLOSED;
}

static int retry_not_for_hints(void *arg) {
    static const char *const list[] = { HINT OK, NULL };
    memory_site s = { .respond = respond_next };
    (void)arg;
    responses = list;
    edo_http_client *c =
        site_client(&s, &(edo_http_client_opts){ .retry = &(edo_http_retry_opts){ 0 } });
    const edo_fetch_opts post = { .data = { "x", 1 }, .before = fails_as_closed };
    CHECK_EQ(status_of(c, &post), -ECONNABORTED);
    CHECK_EQ(s.requests_n, 1);
    site_end(&s, c);
    return 0;
}

/* A layer that makes a request of its own does not tell what was sent of it. */
static int remake(void *arg, edo_next *next, void *request, void *response) {
    const edo_http_request *req = request;
    edo_http_request own = {
        .method = req->method, .url = req->url, .headers = req->headers, .data = req->data
    };
    (void)arg;
    return edo_layer_next(next, &own, response);
}

static int retry_not_behind_layers(void *arg) {
    static const char *const list[] = { END, OK, NULL };
    memory_site s = { .respond = respond_next };
    edo_stack around;
    (void)arg;
    responses = list;
    edo_stack_init(&around);
    edo_stack_push(&around, edo_layer_from_fn(remake, NULL));
    edo_http_client *c = site_client(
        &s, &(edo_http_client_opts){ .retry = &(edo_http_retry_opts){ 0 }, .layers = &around });
    edo_stack_deinit(&around);
    const edo_fetch_opts post = { .data = { "x", 1 } };
    CHECK_EQ(status_of(c, &post), -EDO_EEOF);
    CHECK_EQ(s.requests_n, 1);
    site_end(&s, c);
    return 0;
}

/* All zero but for the URL is a GET. */
static int retry_defaults(void *arg) {
    static const char *const list[] = { BUSY, OK, NULL };
    memory_site s = { .respond = respond_next };
    edo_http_response *res;
    (void)arg;
    responses = list;
    edo_http_client *c =
        site_client(&s, &(edo_http_client_opts){ .retry = &(edo_http_retry_opts){ 0 } });
    EDO_TEST_OK(
        edo_http_client_send(c, &res, &(edo_http_request){ .url = EDO_STR("http://site/") }));
    CHECK_EQ(res->status, 200);
    edo_http_response_free(res);
    site_end(&s, c);
    return 0;
}

/* A body that breaks off is asked for again by those who read it as a whole. */
static int retry_bodies(void *arg) {
    static const char *const list[] = { HALF, HALF, OK, HALF, OK, HALF, OK, NULL };
    memory_site s = { .respond = respond_next };
    char path[] = "/tmp/edo-retry-XXXXXX";
    edo_http_response *res;
    edo_bytes body;
    char byte[8];
    int fd = mkstemp(path);
    (void)arg;
    CHECK(fd >= 0 && close(fd) == 0);
    responses = list;
    edo_http_client *c =
        site_client(&s, &(edo_http_client_opts){ .retry = &(edo_http_retry_opts){ 0 } });
    const edo_fetch_opts get = { .client = c };
    const edo_fetch_opts post = { .client = c, .data = EDO_STR("x") };
    EDO_TEST_OK(edo_fetch_bytes(&body, EDO_STR("http://site/"), &get));
    CHECK(edo_str_equal(body.str, EDO_STR("ok"))); // and nothing of those before
    edo_bytes_unref(&body);
    CHECK_EQ(s.requests_n, 3);
    EDO_TEST_OK(edo_fetch_file(path, EDO_STR("http://site/"), &get));
    EDO_TEST_OK(edo_fs_read_all(&body, path));
    CHECK(edo_str_equal(body.str, EDO_STR("ok")));
    edo_bytes_unref(&body);
    CHECK_EQ(s.requests_n, 5);
    CHECK_EQ(edo_fetch_bytes(&body, EDO_STR("http://site/"), &post), -EDO_EEOF); // it was done
    CHECK_EQ(s.requests_n, 6);
    responses = list;
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/"), &get)); // the caller reads
    CHECK_EQ(edo_read_exact(res->body, byte, 2), -EDO_EEOF);
    edo_http_response_free(res);
    CHECK_EQ(s.requests_n, 7);
    site_end(&s, c);
    (void)unlink(path);
    return 0;
}

/* ---- Pauses ---------------------------------------------------------------------------------- */

#define AFTER(value)                                                                               \
    "HTTP/1.1 429 Too Many Requests\r\nRetry-After: " value "\r\nContent-Length: 0\r\n\r\n"

static int retry_pauses(void *arg) {
    static const char *const seconds[] = { AFTER("7"), OK, NULL };
    static const char *const over[] = { AFTER("Sun, 06 Nov 1994 08:49:37 GMT"), OK, NULL };
    static const char *const none[] = { AFTER("0"), OK, NULL };
    static const char *const late[][3] = { { AFTER("40"), OK, NULL },
                                           { AFTER("7200"), OK, NULL },
                                           { AFTER("9999999999"), OK, NULL },
                                           { AFTER("Fri, 31 Dec 9999 23:59:59 GMT"), OK, NULL } };
    static const char *const busy[] = { BUSY, BUSY, OK, NULL };
    const edo_http_retry_opts fixed = {
        .backoff = { .kind = EDO_BACKOFF_FIXED, .pause_min = edo_s(2) },
    };
    memory_site s = { .respond = respond_next };
    (void)arg;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .retry = &fixed });
    edo_instant begun = edo_now();
    responses = seconds;
    CHECK_EQ(status_of(c, NULL), 200);
    CHECK_EQ(ms_since(begun), 7000);
    begun = edo_now();
    responses = over; // the pause of the client
    CHECK_EQ(status_of(c, NULL), 200);
    CHECK_EQ(ms_since(begun), 2000);
    begun = edo_now();
    responses = none;
    CHECK_EQ(status_of(c, NULL), 200);
    CHECK_EQ(ms_since(begun), 2000);
    begun = edo_now();
    for (size_t i = 0; i < EDO_COUNT(late); i++) {
        responses = late[i]; // the limit of 30 s would pass: no pause
        CHECK_EQ(status_of(c, NULL), 429);
        CHECK_EQ(ms_since(begun), 0);
    }
    responses = busy;
    CHECK_EQ(status_of(c, NULL), 200);
    CHECK_EQ(ms_since(begun), 4000);
    site_end(&s, c);
    return 0;
}

static int retry_jitter(void *arg) {
    static const char *const busy[] = { BUSY, NULL };
    const edo_http_retry_opts many = { .attempts = 8 };
    memory_site s = { .respond = respond_next };
    int64_t took[2];
    (void)arg;
    responses = busy;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .retry = &many });
    for (int i = 0; i < 2; i++) {
        edo_instant begun = edo_now();
        CHECK_EQ(status_of(c, NULL), 503);
        took[i] = edo_instant_since(edo_now(), begun).ns;
        CHECK(took[i] <= edo_ms(100 * (1 + 2 + 4 + 8 + 16 + 32 + 64)).ns);
    }
    CHECK(took[0] != took[1]);
    site_end(&s, c);
    return 0;
}

/* A call that is cancelled in a pause ends at once. */
static int retry_cancelled(void *arg) {
    static const char *const list[] = { AFTER("20"), NULL };
    memory_site s = { .respond = respond_next };
    (void)arg;
    responses = list;
    edo_http_client *c =
        site_client(&s, &(edo_http_client_opts){ .retry = &(edo_http_retry_opts){ 0 } });
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(25));
    edo_instant begun = edo_now();
    int status = status_of(c, NULL); // the second pause would end too late
    CHECK_EQ(edo_deadline_end(&d, status), 429);
    CHECK_EQ(ms_since(begun), 20000);
    CHECK_EQ(s.requests_n, 2);
    site_end(&s, c);
    return 0;
}

/* ---- The budget ------------------------------------------------------------------------------ */

static int retry_budget(void *arg) {
    static const char *const busy[] = { BUSY, NULL };
    const edo_retry_budget_opts fifth = { .share = 0.2, .no_min = true };
    edo_http_retry_opts retry = {
        .attempts = 10, .backoff = { .kind = EDO_BACKOFF_FIXED, .pause_min = edo_ms(1) }
    };
    edo_http_client_stats st;
    memory_site s = { .respond = respond_next };
    (void)arg;
    responses = busy;
    EDO_TEST_OK(edo_retry_budget_new(&retry.budget, &fifth));
    edo_http_client *a = site_client(&s, &(edo_http_client_opts){ .retry = &retry });
    edo_http_client *b = site_client(&s, &(edo_http_client_opts){ .retry = &retry });
    edo_retry_budget_unref(retry.budget);
    for (int i = 0; i < 50; i++) {
        CHECK_EQ(status_of(a, NULL), 503);
        CHECK_EQ(status_of(b, NULL), 503);
    }
    CHECK_EQ(s.requests_n, 120); // a fifth more than without, of both clients together
    edo_http_client_get_stats(a, &st);
    uint64_t retries = st.retries;
    edo_http_client_get_stats(b, &st);
    CHECK_EQ(retries + st.retries, 20);
    edo_http_client_unref(a);
    site_end(&s, b);
    return 0;
}

/* The budget that a client has by itself: 10 a second, and a fifth. */
static int retry_own_budget(void *arg) {
    static const char *const busy[] = { BUSY, NULL };
    const edo_http_retry_opts retry = {
        .attempts = 1000, .backoff = { .kind = EDO_BACKOFF_FIXED, .pause_min = edo_ns(1) }
    };
    memory_site s = { .respond = respond_next };
    (void)arg;
    responses = busy;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .retry = &retry });
    CHECK_EQ(status_of(c, NULL), 503);
    CHECK_EQ(s.requests_n, 1 + 100); // those of the next 10 s
    site_end(&s, c);
    return 0;
}

/* A host that is down spends no other one's budget. Two may share one by chance, 1 in 256; one of
 * eight has its own. */
static int retry_budget_of_host(void *arg) {
    static const char *const busy[] = { BUSY, NULL };
    const edo_http_retry_opts retry = {
        .attempts = 1000, .backoff = { .kind = EDO_BACKOFF_FIXED, .pause_min = edo_ns(1) }
    };
    memory_site s = { .respond = respond_next };
    char url[40];
    int most = 0;
    (void)arg;
    responses = busy;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .retry = &retry });
    CHECK_EQ(status_of(c, NULL), 503);
    CHECK_EQ(s.requests_n, 101);
    CHECK_EQ(status_at(c, "http://SITE:80/other", NULL), 503);
    CHECK_EQ(s.requests_n, 102); // the same host, whose budget is spent
    for (int i = 0; i < 8; i++) {
        int before = s.requests_n;
        (void)snprintf(url, sizeof url, i % 2 ? "http://site%d/" : "http://site:%d/", i + 1);
        CHECK_EQ(status_at(c, url, NULL), 503);
        if (s.requests_n - before > most) most = s.requests_n - before;
    }
    CHECK_EQ(most, 101);
    site_end(&s, c);
    return 0;
}

/* ---- The program decides --------------------------------------------------------------------- */

static int seen_n, seen_worth_n;

static bool decide_for_500(void *arg, edo_http_attempt *at) {
    CHECK(arg == &seen_n && at->n == (uint32_t)++seen_n);
    CHECK(edo_str_equal(at->request->url, EDO_STR("http://site/")));
    seen_worth_n += at->is_worth_more;
    at->pause = edo_s(3);
    return at->response && at->response->status == 500;
}

static int retry_decided(void *arg) {
    static const char *const bad[] = { BAD, BAD, BUSY, OK, NULL };
    static const edo_http_retry_ops ops = { .decide = decide_for_500 };
    memory_site s = { .respond = respond_next };
    const edo_http_retry_opts retry = { .attempts = 9, .ops = &ops, .arg = &seen_n };
    (void)arg;
    responses = bad;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .retry = &retry });
    edo_instant begun = edo_now();
    CHECK_EQ(status_of(c, &(edo_fetch_opts){ .data = EDO_STR("x") }), 503); // a POST, too
    CHECK_EQ(ms_since(begun), 6000);
    CHECK_EQ(s.requests_n, 3);
    CHECK_EQ(seen_worth_n, 0);
    site_end(&s, c);
    return 0;
}

static int bad_options(void *arg) {
    edo_http_client *c;
    edo_retry_budget *b;
    (void)arg;
    EDO_TEST_OK(edo_retry_budget_new(&b, NULL));
    const edo_http_retry_opts bad[] = {
        { .reserved = { 1 } },
        { .budget = b, .no_budget = true },
        { .backoff = { .jitter = -1 } },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        CHECK_EQ(edo_http_client_new(&c, &(edo_http_client_opts){ .retry = &bad[i] }), -EINVAL);
    edo_retry_budget_unref(b);
    return 0;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void each_part_on_the_paused_clock(void **state) {
    static edo_task_fn *const parts[] = {
        retry_not_for_hints,  retry_not_behind_layers, retry_defaults,   retry_rows,
        retry_never,          retry_streams,           retry_bodies,     retry_pauses,
        retry_jitter,         retry_cancelled,         retry_budget,     retry_own_budget,
        retry_budget_of_host, retry_decided,           redirect_streams, bad_options
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(parts); i++) assert_int_equal(inside(parts[i], NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_on_the_paused_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
