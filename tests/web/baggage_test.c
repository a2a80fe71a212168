/* SPDX-License-Identifier: MIT */
/* Goal: baggage comes in with a request, is seen by what that starts, and goes out only to hosts
 * that are named: not to another one, not after a redirect to one, and not at all where clients are
 * strangers.
 * Method: a router that serves one request in memory while it calls a site in memory, which is all
 * hosts. */
#define SITE_HEAD_MAX 20000
#include "memory_site.h"

#include <edo/baggage.h>
#include <edo/blocking.h>
#include <edo/test_web.h>
#include <edo/web.h>
#include <edo/web_layers.h>
#include <edo/ws_client.h>

static int sees_ann(void *arg) {
    (void)arg;
    return edo_str_equal(edo_baggage_get(EDO_STR("user")), EDO_STR("Ann B"));
}

static int says_ok(memory_site *s, edo_stream *io) {
    if (!strstr(s->head, " /leave"))
        return site_say(io, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    return site_say(io, "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://away/\r\n"
                        "Content-Length: 0\r\n\r\n");
}

/* What the last request to the site had: "": none. */
static const char *baggage_of(const memory_site *s) {
    static char text[9000];
    const char *at = strcasestr(s->head, "\r\nbaggage: ");
    text[0] = 0;
    if (at) (void)snprintf(text, sizeof text, "%.*s", (int)strcspn(at + 11, "\r"), at + 11);
    return text;
}

typedef struct town {
    memory_site site;
    edo_http_client *client;
} town;

static void fetches(const town *t, const char *url, const edo_headers *own, const char *baggage) {
    edo_http_response *res;
    EDO_TEST_OK(
        edo_fetch(&res, edo_str_of(url), &(edo_fetch_opts){ .client = t->client, .headers = own }));
    edo_http_response_free(res);
    if (strcmp(baggage_of(&t->site), baggage) != 0) {
        (void)fprintf(stderr, "%s: '%s'\n", url, baggage_of(&t->site));
        abort();
    }
}

/* Serves one request by `fn`, with the fields of `baggage`. */
static void serve(town *t, edo_web_fn *fn, bool is_untrusted, const char *const *baggage) {
    edo_oneshot got;
    edo_headers came;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", fn);
    edo_router_wrap(r, edo_traceparent_layer(&(edo_traceparent_opts){ .untrusted = is_untrusted }));
    edo_headers_init(&came);
    for (; *baggage; baggage++)
        EDO_TEST_OK(edo_headers_append_named(&came, EDO_STR("baggage"), edo_str_of(*baggage)));
    EDO_TEST_OK(edo_web_oneshot(&got, r,
                                &(edo_http_request){ .target = EDO_STR("/"), .headers = &came },
                                &(edo_web_opts){ .state = t }));
    CHECK_EQ(got.status, 201);
    edo_oneshot_deinit(&got);
    edo_headers_deinit(&came);
    edo_router_free(r);
}

static int in_town(int (*fn)(town *t), const char *hosts) {
    town t = { .site = { .respond = says_ok } };
    t.client = site_client(&t.site, &(edo_http_client_opts){ .baggage_hosts = hosts });
    int err = fn(&t);
    site_end(&t.site, t.client);
    return err;
}

/* ---- In, and on ------------------------------------------------------------------------------ */

#define CAME "user=Ann%20B;admin,a=1,a=2"

static int ask_around(edo_web *w) {
    const town *t = edo_web_state(w);
    edo_headers own;
    CHECK(sees_ann(NULL));
    CHECK(edo_str_equal(edo_baggage_get(EDO_STR("a")), EDO_STR("2")));
    edo_task *child = edo_spawn(sees_ann, NULL);
    CHECK(child);
    CHECK_EQ(edo_task_join(child), 1);
    CHECK_EQ(edo_blocking(sees_ann, NULL), 1);
    fetches(t, "http://near/", NULL, CAME);
    fetches(t, "http://b.inside.example/", NULL, CAME);
    fetches(t, "http://10.1.2.3/", NULL, CAME);
    fetches(t, "http://[::1]:81/", NULL, CAME);
    fetches(t, "http://[::1]/", NULL, "");
    fetches(t, "http://near.example/", NULL, "");
    fetches(t, "http://11.1.2.3/", NULL, "");
    fetches(t, "http://near/leave", NULL, ""); // for another one
    CHECK_EQ(strncmp(t->site.address, "away", 4), 0);
    edo_headers_init(&own);
    EDO_TEST_OK(edo_headers_append_named(&own, EDO_STR("baggage"), EDO_STR("mine=1")));
    fetches(t, "http://near/", &own, "mine=1");
    fetches(t, "http://other/", &own, "mine=1"); // as the program says
    fetches(t, "http://other/leave", &own, "");
    edo_headers_deinit(&own);
    return edo_web_reply_text(w, 201, "");
}

static int goes_on(town *t) {
    serve(t, ask_around, false,
          (const char *const[]){ "user=Ann%20B;admin , a=1", "a=2,b c", NULL });
    CHECK(!edo_baggage_at(0));
    fetches(t, "http://near/", NULL, "");
    return 0;
}

static int go_on(void *arg) {
    (void)arg;
    return in_town(goes_on, "near, .inside.example 10.0.0.0/8,[::1]:81");
}

static void it_goes_on_to_hosts_that_are_named(void **state) {
    (void)state;
    assert_int_equal(inside(go_on, NULL), 0);
}

/* ---- Away ------------------------------------------------------------------------------------ */

static int has_none(edo_web *w) {
    const town *t = edo_web_state(w);
    CHECK(!edo_baggage_at(0));
    CHECK(!edo_headers_get(&edo_web_request(w)->headers, EDO_HEADER_BAGGAGE).ptr);
    fetches(t, "http://near/", NULL, "");
    return edo_web_reply_text(w, 201, "");
}

static int stays_out(town *t) {
    serve(t, has_none, true, (const char *const[]){ "user=Ann%20B", "a=2", NULL });
    return 0;
}

static int has_some(edo_web *w) {
    const town *t = edo_web_state(w);
    CHECK(sees_ann(NULL));
    fetches(t, "http://near/", NULL, "");
    return edo_web_reply_text(w, 201, "");
}

static int stays_in(town *t) {
    serve(t, has_some, false, (const char *const[]){ "user=Ann%20B", NULL });
    return 0;
}

static int stay(void *arg) {
    (void)arg;
    CHECK_EQ(in_town(stays_out, "*"), 0);
    return in_town(stays_in, NULL);
}

static void of_strangers_none_is_taken_and_to_nobody_goes_one_unasked(void **state) {
    (void)state;
    assert_int_equal(inside(stay, NULL), 0);
}

/* ---- Sockets --------------------------------------------------------------------------------- */

static void opens(const town *t, const char *url, const char *baggage) {
    edo_ws *ws;
    edo_ws_refusal no = { 0 };
    CHECK_EQ(edo_ws_connect(&ws, edo_str_of(url),
                            &(edo_ws_client_opts){ .client = t->client, .refusal = &no }),
             -EACCES);
    CHECK_EQ(no.status, 200);
    CHECK(strcasestr(t->site.head, "\r\nupgrade: websocket\r\n"));
    CHECK(strcmp(baggage_of(&t->site), baggage) == 0);
    edo_ws_refusal_deinit(&no);
}

static int opens_sockets(town *t) {
    edo_context_block b;
    const edo_baggage_member user = { .key = EDO_STR("user"), .value = EDO_STR("Ann B") };
    EDO_TEST_OK(edo_baggage_begin(&b, &user, 1));
    opens(t, "ws://near/", "user=Ann%20B");
    opens(t, "ws://other/", "");
    return edo_context_end(&b, 0);
}

static int open_sockets(void *arg) {
    (void)arg;
    return in_town(opens_sockets, "near:80");
}

static void it_goes_with_the_request_of_a_socket(void **state) {
    (void)state;
    assert_int_equal(inside(open_sockets, NULL), 0);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

static int take_no_list(void *arg) {
    edo_http_client *c;
    (void)arg;
    CHECK_EQ(
        edo_http_client_new(&c, &(edo_http_client_opts){ .baggage_hosts = "near,10.0.0.0/33" }),
        -EINVAL);
    return 0;
}

static int has_no_room(town *t) {
    static char text[8003] = "k=", own_text[8000];
    edo_context_block b;
    edo_headers own;
    memset(text + 2, 'x', 8000);
    memset(own_text, 'y', sizeof own_text);
    const edo_baggage_member large = { .key = EDO_STR("k"), .value = { text + 2, 8000 } };
    EDO_TEST_OK(edo_baggage_begin(&b, &large, 1));
    edo_headers_init(&own);
    EDO_TEST_OK(edo_headers_append_named(&own, EDO_STR("x"), (edo_str){ own_text, 7000 }));
    fetches(t, "http://near/a", &own, text);
    EDO_TEST_OK(edo_headers_set_named(&own, EDO_STR("x"), (edo_str){ own_text, 8000 }));
    fetches(t, "http://near/b", &own, "");
    edo_headers_deinit(&own);
    return edo_context_end(&b, 0);
}

static int limit(void *arg) {
    (void)arg;
    return in_town(has_no_room, "near");
}

static void it_goes_only_where_the_head_has_room(void **state) {
    (void)state;
    assert_int_equal(inside(take_no_list, NULL), 0);
    assert_int_equal(inside(limit, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_on_to_hosts_that_are_named),
        cmocka_unit_test(of_strangers_none_is_taken_and_to_nobody_goes_one_unasked),
        cmocka_unit_test(it_goes_with_the_request_of_a_socket),
        cmocka_unit_test(it_goes_only_where_the_head_has_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
