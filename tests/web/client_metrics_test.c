/* SPDX-License-Identifier: MIT */
/* Goal: a client counts each request once, by method, place, status and failure, with its time and
 * sizes, and its connections by their state; ids of the request that is being served go along.
 * Method: known exchanges with a server in memory on the paused clock, then the lines of the
 * text. */
#include "memory_site.h"

#include <edo/metrics.h>
#include <edo/test_web.h>
#include <edo/web.h>
#include <edo/web_layers.h>

static edo_metrics *registry;

/* The value of the line that begins with `name` and a blank; -1: there is none. */
static double value_of(const char *name) {
    edo_buf text = { 0 };
    char line[600];
    EDO_TEST_OK(edo_metrics_print(registry, &text, EDO_METRICS_PROMETHEUS));
    EDO_TEST_OK(edo_buf_append(&text, "", 1));
    (void)snprintf(line, sizeof line, "\n%s ", name);
    const char *at = strstr(text.ptr, line);
    double value = at ? strtod(at + strlen(line), NULL) : -1;
    edo_buf_deinit(&text);
    return value;
}

static void counts(const char *what, double wanted) {
    double is = value_of(what);
    if (is < wanted - 0.0001 || is > wanted + 0.0001)
        edo_test_fail("%s is %g, not %g", what, is, wanted);
}

#define SITE "server_address=\"site\",server_port=\"80\""
#define OF(method, status, version, failure)                                                       \
    "{http_request_method=\"" method "\"," SITE                                                    \
    ",url_scheme=\"http\",http_response_status_code=\"" status                                     \
    "\",network_protocol_version=\"" version "\",error_type=\"" failure "\"}"
#define ACTIVE                                                                                     \
    "http_client_active_requests{http_request_method=\"GET\"," SITE ",url_scheme=\"http\"}"
#define CONNS(state) "http_client_open_connections{http_connection_state=\"" state "\"," SITE "}"

static int respond(memory_site *s, edo_stream *io) {
    if (strstr(s->head, "/slow")) {
        int err = edo_sleep(edo_ms(200));
        return err < 0 ? err : site_say(io, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    }
    if (strstr(s->head, "/later")) {
        int err = site_say(io, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        if (err >= 0) err = edo_sleep(edo_ms(200));
        return err < 0 ? err : site_say(io, "hello");
    }
    if (strstr(s->head, "/silent")) return edo_sleep(edo_s(5));
    if (strstr(s->head, "/cut")) {
        (void)site_say(io, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
        return -1;
    }
    if (strstr(s->head, "/lead"))
        return site_say(io, "HTTP/1.1 302 Found\r\nLocation: /slow\r\nContent-Length: 0\r\n\r\n");
    return site_say(io, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static int get(edo_http_client *c, const char *url, const edo_fetch_opts *o) {
    edo_fetch_opts opts = { 0 };
    edo_bytes body;
    if (o) opts = *o;
    opts.client = c;
    int err = edo_fetch_bytes(&body, edo_str_of(url), &opts);
    if (err == 0) edo_bytes_unref(&body);
    return err;
}

static edo_http_client *counted(memory_site *s) {
    EDO_TEST_OK(edo_metrics_new(&registry, NULL));
    return site_client(s, &(edo_http_client_opts){ .metrics = registry });
}

static int count_requests(void *arg) {
    memory_site s = { .respond = respond };
    (void)arg;
    edo_http_client *c = counted(&s);
    EDO_TEST_OK(get(c, "http://SITE/slow", NULL));
    counts("http_client_request_duration_seconds_count" OF("GET", "200", "1.1", ""), 1);
    counts("http_client_request_duration_seconds_sum" OF("GET", "200", "1.1", ""), 0.2);
    counts("http_client_response_body_size_bytes_sum" OF("GET", "200", "1.1", ""), 5);
    EDO_TEST_OK(get(c, "http://site/lead", NULL)); // two requests
    counts("http_client_request_duration_seconds_count" OF("GET", "302", "1.1", ""), 1);
    counts("http_client_request_duration_seconds_count" OF("GET", "200", "1.1", ""), 2);
    const edo_fetch_opts post = { .data = EDO_STR("0123456") };
    CHECK_EQ(get(c, "http://site/", &post), -EDO_ESTATUS);
    counts("http_client_request_duration_seconds_count" OF("POST", "404", "1.1", "404"), 1);
    counts("http_client_request_body_size_bytes_sum" OF("POST", "404", "1.1", "404"), 7);
    counts(ACTIVE, 0);
    site_end(&s, c);
    edo_metrics_free(registry);
    return 0;
}

static int count_failures(void *arg) {
    memory_site s = { .respond = respond, .refuses_n = 1 };
    (void)arg;
    edo_http_client *c = counted(&s);
    CHECK_EQ(get(c, "http://site/", NULL), -ECONNREFUSED);
    counts("http_client_request_duration_seconds_count" OF("GET", "", "", "ECONNREFUSED"), 1);
    CHECK_EQ(get(c, "http://site/silent", &(edo_fetch_opts){ .timeout = edo_s(1) }), -ETIMEDOUT);
    counts("http_client_request_duration_seconds_sum" OF("GET", "", "", "ETIMEDOUT"), 1);
    CHECK_EQ(get(c, "http://site/cut", NULL), -EDO_EEOF);
    counts("http_client_request_duration_seconds_count" OF("GET", "200", "1.1", "EDO_EEOF"), 1);
    counts("http_client_response_body_size_bytes_sum" OF("GET", "200", "1.1", "EDO_EEOF"), 2);
    counts(ACTIVE, 0);
    counts(CONNS("active"), 0);
    counts("http_client_connection_duration_seconds_count{" SITE "}", 2);
    counts("http_client_connection_duration_seconds_sum{" SITE "}", 1);
    site_end(&s, c);
    edo_metrics_free(registry);
    return 0;
}

static int count_connections(void *arg) {
    memory_site s = { .respond = respond };
    edo_http_response *res;
    (void)arg;
    edo_http_client *c = counted(&s);
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/slow"), &(edo_fetch_opts){ .client = c }));
    counts(ACTIVE, 1);
    counts(CONNS("active"), 1);
    counts(CONNS("idle"), 0);
    edo_http_response_free(res);
    counts(ACTIVE, 0);
    counts(CONNS("active"), 0);
    counts(CONNS("idle"), 1);
    edo_http_client_close_idle(c);
    counts(CONNS("idle"), 0);
    counts(CONNS("active"), 0);
    site_end(&s, c);
    edo_metrics_free(registry);
    return 0;
}

/* A body that is not there yet is no failure. */
static int count_looks(void *arg) {
    memory_site s = { .respond = respond };
    edo_http_response *res;
    char bytes[5];
    (void)arg;
    edo_http_client *c = counted(&s);
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://site/later"), &(edo_fetch_opts){ .client = c }));
    CHECK_EQ(edo_try_read(res->body, bytes, sizeof bytes), -EAGAIN);
    EDO_TEST_OK(edo_read_exact(res->body, bytes, sizeof bytes));
    edo_http_response_free(res);
    counts("http_client_request_duration_seconds_count" OF("GET", "200", "1.1", ""), 1);
    site_end(&s, c);
    edo_metrics_free(registry);
    return 0;
}

/* ---- Ids ------------------------------------------------------------------------------------- */

#define PARENT "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static enum passing { NOTHING, BY_HAND, WHAT_IS_BOUND, IN_A_TASK } passing;
static edo_headers *own_fields;
static edo_str state_came = { "edo=1", 5 };

static int call_site(void *opts) {
    edo_http_response *res;
    int err = edo_fetch(&res, EDO_STR("http://site/"), opts);
    if (err == 0) edo_http_response_free(res);
    return err;
}

/* Calls the site while it serves a request itself. */
static int call_on(edo_web *w) {
    edo_fetch_opts o = { .client = edo_web_state(w),
                         .headers = own_fields,
                         .any_status = true,
                         .served = passing == BY_HAND ? edo_web_request(w) : NULL };
    int err = passing == IN_A_TASK ? edo_task_join(edo_spawn(call_site, &o)) : call_site(&o);
    if (err < 0) return err;
    return edo_web_reply_text(w, 200, edo_request_id(edo_web_request(w)).ptr);
}

/* Serves one request by a router with the layers, and leaves the head of its own call in `s`. The
 * id is copied to `id`. */
static void serve_one(edo_http_client *c, char id[64]) {
    edo_oneshot got;
    edo_headers came;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", call_on);
    edo_router_wrap(r, edo_request_id_layer(NULL), edo_traceparent_layer(NULL));
    edo_headers_init(&came);
    EDO_TEST_OK(edo_headers_append_named(&came, EDO_STR("traceparent"), EDO_STR(PARENT)));
    EDO_TEST_OK(edo_headers_append_named(&came, EDO_STR("tracestate"), state_came));
    EDO_TEST_OK(edo_web_oneshot(&got, r, &(edo_http_request){ .headers = &came },
                                &(edo_web_opts){ .state = c }));
    CHECK_EQ(got.status, 200);
    (void)snprintf(id, 64, "%s", got.body.ptr);
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&came);
    edo_router_free(r);
}

static void passes(memory_site *s, edo_http_client *c, enum passing how) {
    char id[64], wanted[100];
    passing = how;
    serve_one(c, id);
    (void)snprintf(wanted, sizeof wanted, "\r\nx-request-id: %s\r\n", id);
    CHECK(strlen(id) == 36 && strcasestr(s->head, wanted));
    CHECK(strcasestr(s->head, "\r\ntraceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    CHECK(!strstr(s->head, PARENT)); // the parent is the request that is being served
    CHECK(strcasestr(s->head, "\r\ntracestate: edo=1\r\n"));
}

/* A client that passes on what it is told to, and nothing else. */
static int pass_nothing(void *arg) {
    memory_site s = { .respond = respond };
    char id[64];
    (void)arg;
    edo_http_client *c = site_client(&s, &(edo_http_client_opts){ .no_context = true });
    passes(&s, c, BY_HAND);
    passing = NOTHING;
    serve_one(c, id);
    CHECK(!strcasestr(s.head, "x-request-id") && !strcasestr(s.head, "trace"));
    site_end(&s, c);
    return 0;
}

static int pass_ids(void *arg) {
    memory_site s = { .respond = respond };
    char id[64];
    edo_headers own;
    (void)arg;
    edo_http_client *c = site_client(&s, NULL);
    passes(&s, c, WHAT_IS_BOUND);
    passes(&s, c, IN_A_TASK);
    passes(&s, c, BY_HAND);
    char *longer = malloc(5000); // which its client would have any call fail by
    CHECK(longer);
    memset(longer, 'x', 5000);
    edo_str usual = state_came;
    state_came = (edo_str){ longer, 5000 };
    serve_one(c, id);
    CHECK(strcasestr(s.head, "\r\ntraceparent: ") && !strcasestr(s.head, "\r\ntracestate: "));
    state_came = usual;
    free(longer);
    edo_headers_init(&own); // the program's own fields stay
    EDO_TEST_OK(edo_headers_append_named(&own, EDO_STR("traceparent"), EDO_STR("of-mine")));
    own_fields = &own;
    serve_one(c, id);
    CHECK(strcasestr(s.head, "\r\ntraceparent: of-mine\r\n") && !strcasestr(s.head, "tracestate"));
    own_fields = NULL;
    edo_headers_deinit(&own);
    site_end(&s, c);
    return 0;
}

/* ---- All ------------------------------------------------------------------------------------- */

static void each_part_on_the_paused_clock(void **state) {
    static edo_task_fn *const parts[] = { count_requests, count_failures, count_connections,
                                          count_looks,    pass_ids,       pass_nothing };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(parts); i++) assert_int_equal(inside(parts[i], NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_on_the_paused_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
