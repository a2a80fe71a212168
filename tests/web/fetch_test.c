/* SPDX-License-Identifier: MIT */
/* Goal: a client fetches what a server has: bodies, JSON, files; over connections that it keeps,
 * through redirects without secrets, and again where that is safe.
 * Method: a router on a free port, whose handlers note what they have seen. */
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/http_fields.h>
#include <edo/web.h>
#include <edo/web_compress.h>

#include <edo/test.h>

#include "inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct item {
    int64_t id;
    edo_str name;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, id), EDO_FIELD(item, name))

static int busy_n; /* responses that are 503 */
static char seen_auth[64], seen_referer[200], seen_method[16], seen_type[64];

static int answer_item(edo_web *w) {
    const item it = { .id = 7, .name = EDO_STR("seven") };
    return edo_web_reply_json(w, 200, &it, &item_desc);
}

static int take_item(edo_web *w) {
    item it = { 0 };
    int err = edo_web_json(w, &it, &item_desc);
    if (err < 0) return err;
    it.id++;
    return edo_web_reply_json(w, 201, &it, &item_desc);
}

static void note(char *to, size_t bytes, edo_str text) {
    (void)snprintf(to, bytes, "%.*s", (int)text.len, text.len > 0 ? text.ptr : "");
}

static int show(edo_web *w) {
    const edo_request *req = edo_web_request(w);
    note(seen_auth, sizeof seen_auth, edo_headers_get(&req->headers, EDO_HEADER_AUTHORIZATION));
    note(seen_type, sizeof seen_type, edo_headers_get(&req->headers, EDO_HEADER_CONTENT_TYPE));
    note(seen_referer, sizeof seen_referer, edo_headers_get(&req->headers, EDO_HEADER_REFERER));
    note(seen_method, sizeof seen_method, edo_method_name(req->method));
    return edo_web_reply_text(w, 200, "shown");
}

static int lead_on(edo_web *w) {
    return edo_web_reply_redirect(w, 303, EDO_STR("/show"));
}

static int hint_and_lead_on(edo_web *w) {
    int err = edo_response_informational(edo_web_response(w), 103);
    return err < 0 ? err : lead_on(w);
}

static int lead_round(edo_web *w) {
    return edo_web_reply_redirect(w, 307, EDO_STR("/round"));
}

static int be_busy(edo_web *w) {
    if (busy_n-- > 0) return edo_web_reply_text(w, 503, "busy");
    return edo_web_reply_text(w, 200, "at last");
}

static int be_slow(edo_web *w) {
    int err = edo_sleep(edo_s(600));
    return err < 0 ? err : edo_web_reply_text(w, 200, "late");
}

static int repeat(edo_web *w) {
    char digits[100];
    edo_stream *out;
    for (size_t i = 0; i < sizeof digits; i++) digits[i] = (char)('0' + i % 10);
    int err = edo_web_reply_stream(w, &out, 200, "text/plain");
    for (int i = 0; i < 100 && err == 0; i++) err = edo_write_all(out, digits, sizeof digits);
    return err;
}

static int tell(edo_web *w, edo_str id, edo_str name) {
    char text[200];
    (void)snprintf(text, sizeof text, "%.*s, %.*s", (int)id.len, id.ptr, (int)name.len, name.ptr);
    return edo_web_reply_text(w, 200, text);
}

static int tell_item(edo_web *w, const item *it) {
    char id[24];
    (void)snprintf(id, sizeof id, "%lld", (long long)it->id);
    return tell(w, edo_str_of(id), it->name);
}

static int tell_query(edo_web *w) {
    item it = { 0 };
    int err = edo_web_query(w, &it, &item_desc);
    return err < 0 ? err : tell_item(w, &it);
}

static int tell_form(edo_web *w) {
    item it = { 0 };
    int err = edo_web_form(w, &it, &item_desc);
    return err < 0 ? err : tell_item(w, &it);
}

/* Sets a cookie on the first visit, and then says which one came. */
static int take_cookie(edo_web *w) {
    edo_str cookie = edo_headers_get(&edo_web_request(w)->headers, EDO_HEADER_COOKIE);
    int err = edo_web_set_header(w, "Set-Cookie", "visit=1; Path=/cookie");
    return err < 0 ? err : tell(w, EDO_STR("cookie"), cookie.len > 0 ? cookie : EDO_STR("none"));
}

/* ---- The server ------------------------------------------------------------------------------ */

typedef struct site {
    edo_listener *listener;
    edo_task *task;
    char root[64]; /* "http://127.0.0.1:port" */
} site;

static int serve(void *arg) {
    site *s = arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/item", answer_item);
    edo_router_post(r, "/item", take_item);
    edo_router_get(r, "/show", show);
    edo_router_post(r, "/show", show);
    edo_router_get(r, "/lead", lead_on);
    edo_router_post(r, "/lead", lead_on);
    edo_router_get(r, "/hint", hint_and_lead_on);
    edo_router_get(r, "/round", lead_round);
    edo_router_get(r, "/busy", be_busy);
    edo_router_get(r, "/slow", be_slow);
    edo_router_get(r, "/repeat", repeat);
    edo_router_get(r, "/ask", tell_query);
    edo_router_post(r, "/ask", tell_form);
    edo_router_get(r, "/cookie", take_cookie);
    edo_router_wrap(r, edo_compress_layer(&(edo_compress_opts){ .bytes_min = 100 }));
    const edo_http_server_opts http = { .listeners = &s->listener, .listeners_n = 1 };
    return edo_web_serve(r, &(edo_web_opts){ .http = &http });
}

static void site_begin(site *s) {
    EDO_TEST_OK(edo_tcp_listen(&s->listener, "127.0.0.1:0", NULL));
    (void)snprintf(s->root, sizeof s->root, "http://127.0.0.1:%u",
                   (unsigned)edo_listener_port(s->listener));
    s->task = edo_spawn(serve, s);
    CHECK(s->task);
}

static void site_end(site *s) {
    edo_task_cancel(s->task);
    (void)edo_task_join(s->task);
    edo_listener_close(s->listener);
}

static edo_str url_of(const site *s, const char *path) {
    static char text[300];
    int n = snprintf(text, sizeof text, "%s%s", s->root, path);
    return (edo_str){ text, (size_t)n };
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static void check_text(edo_str url, const edo_fetch_opts *o, const char *wanted) {
    edo_bytes text;
    EDO_TEST_OK(edo_fetch_bytes(&text, url, o));
    CHECK_EQ(text.str.len, strlen(wanted));
    CHECK(memcmp(text.str.ptr, wanted, text.str.len) == 0);
    edo_bytes_unref(&text);
}

static int fetch_values(void *arg) {
    const site *s = arg;
    item got = { 0 }, sent = { .id = 41, .name = EDO_STR("x") };
    EDO_TEST_OK(edo_fetch_json(&got, &item_desc, url_of(s, "/item"), NULL));
    CHECK_EQ(got.id, 7);
    CHECK(edo_str_equal(got.name, EDO_STR("seven")));
    edo_value_deinit(&got, &item_desc);
    const edo_fetch_opts post = { .json = &sent, .json_desc = &item_desc };
    EDO_TEST_OK(edo_fetch_json(&got, &item_desc, url_of(s, "/item"), &post));
    CHECK_EQ(got.id, 42);
    edo_value_deinit(&got, &item_desc);
    CHECK_EQ(edo_fetch_json(&got, &item_desc, url_of(s, "/nothing"), NULL), -EDO_ESTATUS);
    edo_http_response *res;
    EDO_TEST_OK(edo_fetch(&res, url_of(s, "/nothing"), &(edo_fetch_opts){ .any_status = true }));
    CHECK_EQ(res->status, 404);
    edo_http_response_free(res);
    return 0;
}

static int follow(void *arg) {
    const site *s = arg;
    edo_http_response *res;
    const edo_fetch_opts o = { .bearer = EDO_STR("secret") };
    EDO_TEST_OK(edo_fetch(&res, url_of(s, "/lead"), &o));
    CHECK_EQ(res->status, 200);
    edo_str at = edo_http_response_url(res);
    CHECK(edo_str_equal(at, url_of(s, "/show")));
    edo_http_response_free(res);
    CHECK(strcmp(seen_auth, "Bearer secret") == 0); // the origin is the same
    CHECK(strstr(seen_referer, "/lead"));
    check_text(url_of(s, "/lead"), &(edo_fetch_opts){ .data = EDO_STR("x") }, "shown");
    CHECK(strcmp(seen_method, "GET") == 0);
    CHECK_EQ(edo_fetch(&res, url_of(s, "/round"), NULL), -ELOOP);
    return 0;
}

typedef struct told {
    uint64_t status_sum;
    int n, result;
} told;

static int hear(const edo_http_response *res, void *arg) {
    told *t = arg;
    t->status_sum += res->status;
    t->n++;
    return t->result;
}

/* Responses before the last one: an informational one, redirects, and the one that is not followed
 * any more; a failure of the function is that of the request. */
static int hear_before(void *arg) {
    site s;
    edo_http_response *res;
    told t = { 0 };
    (void)arg;
    site_begin(&s);
    const edo_fetch_opts o = { .before = hear, .arg = &t };
    check_text(url_of(&s, "/hint"), &o, "shown");
    CHECK_EQ(t.n, 2);
    CHECK_EQ(t.status_sum, 103 + 303);
    t = (told){ 0 };
    check_text(url_of(&s, "/show"), &o, "shown");
    CHECK_EQ(t.n, 0);
    CHECK_EQ(edo_fetch(&res, url_of(&s, "/round"), &o), -ELOOP);
    CHECK_EQ(t.n, 11);
    t = (told){ .result = -EDO_EEOF };
    CHECK_EQ(edo_fetch(&res, url_of(&s, "/lead"), &o), -EDO_EEOF);
    CHECK_EQ(t.n, 1);
    site_end(&s);
    return 0;
}

static int reuse(void *arg) {
    const site *s = arg;
    edo_http_client *c;
    edo_http_client_stats st;
    EDO_TEST_OK(edo_http_client_new(&c, NULL));
    const edo_fetch_opts o = { .client = c };
    for (int i = 0; i < 10; i++) check_text(url_of(s, "/show"), &o, "shown");
    edo_http_client_get_stats(c, &st);
    CHECK_EQ(st.connects, 1);
    CHECK_EQ(st.reuses, 9);
    CHECK_EQ(st.idle, 1);
    edo_http_client_close_idle(c);
    edo_http_client_get_stats(c, &st);
    CHECK_EQ(st.open, 0);
    check_text(url_of(s, "/show"), &o, "shown");
    edo_http_client_unref(c);
    return 0;
}

static int try_again(void *arg) {
    const site *s = arg;
    busy_n = 2;
    check_text(url_of(s, "/busy"), &(edo_fetch_opts){ .attempts = 3 }, "at last");
    busy_n = 5;
    edo_bytes text;
    CHECK_EQ(edo_fetch_bytes(&text, url_of(s, "/busy"), &(edo_fetch_opts){ .attempts = 2 }),
             -EDO_ESTATUS);
    CHECK_EQ(busy_n, 3);
    return 0;
}

static int time_out(void *arg) {
    const site *s = arg;
    edo_http_response *res;
    const edo_fetch_opts o = { .timeout = edo_ms(50) };
    CHECK_EQ(edo_fetch(&res, url_of(s, "/slow"), &o), -ETIMEDOUT);
    return 0;
}

/* ---- What is sent and taken ------------------------------------------------------------------ */

static int send_values(void *arg) {
    const site *s = arg;
    const item it = { .id = -3, .name = EDO_STR("a&b=c d/\xc3\xa4") };
    const edo_fetch_opts query = { .query = &it, .query_desc = &item_desc };
    check_text(url_of(s, "/ask"), &query, "-3, a&b=c d/\xc3\xa4");
    const edo_fetch_opts form = { .form = &it, .form_desc = &item_desc };
    check_text(url_of(s, "/ask"), &form, "-3, a&b=c d/\xc3\xa4");
    const edo_fetch_opts both = { .form = &it, .form_desc = &item_desc, .data = EDO_STR("x") };
    edo_bytes none;
    CHECK_EQ(edo_fetch_bytes(&none, url_of(s, "/ask"), &both), -EINVAL);
    const edo_fetch_opts nobody = { .password = EDO_STR("pw:1") };
    CHECK_EQ(edo_fetch_bytes(&none, url_of(s, "/ask"), &nobody), -EINVAL);
    const edo_fetch_opts patch = { .json = &it,
                                   .json_desc = &item_desc,
                                   .type = EDO_STR("application/merge-patch+json") };
    check_text(url_of(s, "/show"), &patch, "shown");
    CHECK(strcmp(seen_type, "application/merge-patch+json") == 0);
    const edo_fetch_part part = { .name = EDO_STR("a"), .data = EDO_STR("b") };
    const edo_fetch_opts typed = { .parts = &part, .parts_n = 1, .type = EDO_STR("text/plain") };
    CHECK_EQ(edo_fetch_bytes(&none, url_of(s, "/show"), &typed), -EINVAL);
    const edo_fetch_opts login = { .user = EDO_STR("me"), .password = EDO_STR("pw:1") };
    check_text(url_of(s, "/show"), &login, "shown");
    CHECK(strcmp(seen_auth, "Basic bWU6cHc6MQ==") == 0);
    return 0;
}

static void note_progress(void *arg, uint64_t bytes, int64_t total) {
    (void)total;
    *(uint64_t *)arg = bytes;
}

/* The body is long and compressed: it is decoded. */
static int save_file(void *arg) {
    const site *s = arg;
    char path[] = "/tmp/edo-fetch-XXXXXX";
    uint64_t done = 0;
    struct stat st;
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    const edo_fetch_opts o = { .progress = note_progress, .arg = &done };
    EDO_TEST_OK(edo_fetch_file(path, url_of(s, "/repeat"), &o));
    CHECK_EQ(done, 10000);
    CHECK_EQ(fstat(fd, &st), 0);
    CHECK_EQ(st.st_size, 10000);
    edo_http_response *res;
    EDO_TEST_OK(edo_fetch(&res, url_of(s, "/repeat"), NULL));
    CHECK(!edo_headers_get(&res->headers, EDO_HEADER_CONTENT_ENCODING).ptr);
    edo_http_response_free(res); // not read: its connection is closed, or has all
    edo_http_client *plain;
    EDO_TEST_OK(edo_http_client_new(&plain, &(edo_http_client_opts){ .no_decode = true }));
    EDO_TEST_OK(edo_fetch_file(path, url_of(s, "/repeat"), &(edo_fetch_opts){ .client = plain }));
    CHECK_EQ(fstat(fd, &st), 0);
    CHECK_EQ(st.st_size, 10000);
    edo_http_client_unref(plain);
    (void)close(fd);
    (void)unlink(path);
    return 0;
}

static int keep_cookies(void *arg) {
    const site *s = arg;
    edo_cookie_jar *jar;
    edo_http_client *c;
    EDO_TEST_OK(edo_cookie_jar_new(&jar, NULL));
    EDO_TEST_OK(edo_http_client_new(&c, &(edo_http_client_opts){ .jar = jar }));
    edo_cookie_jar_unref(jar);
    const edo_fetch_opts o = { .client = c };
    check_text(url_of(s, "/cookie"), &o, "cookie, none");
    check_text(url_of(s, "/cookie"), &o, "cookie, visit=1");
    check_text(url_of(s, "/cookie"), NULL, "cookie, none"); // another client
    edo_http_client_unref(c);
    return 0;
}

/* A layer sees the request, and makes a response of a failure. */
static int stand_in(void *arg, edo_next *next, void *request, void *response) {
    const edo_http_request *req = request;
    int *calls_n = arg;
    (*calls_n)++;
    CHECK(req->url.len > 0);
    int err = edo_layer_next(next, request, response);
    if (err != -ECONNREFUSED) return err;
    return edo_http_response_make(response, 200, EDO_STR("text/plain"), EDO_STR("stand-in"));
}

static int pass_layers(void *arg) {
    const site *s = arg;
    edo_http_client *c;
    edo_stack around;
    int calls_n = 0;
    edo_stack_init(&around);
    edo_stack_push(&around, edo_layer_from_fn(stand_in, &calls_n));
    EDO_TEST_OK(edo_http_client_new(&c, &(edo_http_client_opts){ .layers = &around }));
    edo_stack_deinit(&around);
    const edo_fetch_opts o = { .client = c };
    check_text(url_of(s, "/show"), &o, "shown");
    check_text(EDO_STR("http://127.0.0.1:1/"), &o, "stand-in");
    CHECK_EQ(calls_n, 2);
    edo_http_client_unref(c);
    return 0;
}

#define TASKS 10

typedef struct sharing {
    const site *site;
    edo_http_client *client;
} sharing;

static int fetch_often(void *arg) {
    const sharing *sh = arg;
    char url[100];
    (void)snprintf(url, sizeof url, "%s/repeat", sh->site->root);
    for (int i = 0; i < 10; i++) {
        edo_bytes text;
        int err =
            edo_fetch_bytes(&text, edo_str_of(url), &(edo_fetch_opts){ .client = sh->client });
        if (err < 0) return err;
        CHECK_EQ(text.str.len, 10000);
        edo_bytes_unref(&text);
    }
    return 0;
}

static int share(void *arg) {
    const site *s = arg;
    sharing sh = { .site = s };
    edo_task *tasks[TASKS];
    edo_http_client_stats st;
    EDO_TEST_OK(edo_http_client_new(&sh.client, &(edo_http_client_opts){ .host_conns_max = 2 }));
    for (int i = 0; i < TASKS; i++) CHECK((tasks[i] = edo_spawn(fetch_often, &sh)));
    for (int i = 0; i < TASKS; i++) EDO_TEST_OK(edo_task_join(tasks[i]));
    edo_http_client_get_stats(sh.client, &st);
    CHECK(st.connects <= 2);
    CHECK_EQ(st.waiting, 0);
    edo_http_client_unref(sh.client);
    return 0;
}

/* ---- All ------------------------------------------------------------------------------------- */

static edo_task_fn *const parts[] = { fetch_values, follow,      reuse,       try_again,
                                      time_out,     share,       send_values, save_file,
                                      keep_cookies, pass_layers, hear_before };

/* At one site, since the end of each waits 100 ms for the connections that clients keep. */
static int all_parts(void *arg) {
    site s;
    (void)arg;
    site_begin(&s);
    for (size_t i = 0; i < EDO_COUNT(parts); i++) EDO_TEST_OK(parts[i](&s));
    site_end(&s);
    return 0;
}

static void each_part_by_one_thread_and_by_several(void **state) {
    static const edo_runtime_opts one = { .flavor = EDO_RUNTIME_CURRENT };
    (void)state;
    assert_int_equal(inside_with(all_parts, NULL, &one), 0);
    assert_int_equal(inside_with(all_parts, NULL, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_by_one_thread_and_by_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
