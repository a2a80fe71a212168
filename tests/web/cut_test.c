/* SPDX-License-Identifier: MIT */
/* Goal: nothing follows a part of a line or an event whose send a limit has cut: the client gets
 * the rest first, or neither that nor what comes behind, and no end of the response in order.
 * Method: a client in paused time that does not read at first, with a coding and without. The test
 * of HTTP/1.0 is in sse_test.c. */
#include "web_server.h"

#include <edo/http_client.h>
#include <edo/json.h>
#include <edo/sse.h>
#include <edo/streams.h>
#include <edo/web_compress.h>

#define LONG 400000 /* more than all that lies between a server and its client holds */
#define ROOM (4 * LONG)

static char long_text[LONG];

/* Text that no coding makes much shorter. */
static void make_long_text(void) {
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof long_text; i++) {
        x = x * 1664525 + 1013904223;
        long_text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[x >> 26];
    }
}

/* One response. */
typedef struct cut {
    edo_web_fn *handler;
    const char *begin, *next; /* the text before the long one, and that of the next */
    bool is_coded;
    int first_code, next_code; /* what the sends have returned */
} cut;

/* ---- The server ------------------------------------------------------------------------------ */

static int sends_events(edo_web *w) {
    cut *c = edo_web_state(w);
    edo_sse sse;
    int err = edo_sse_start(&sse, w, NULL);
    EDO_DEADLINE(limit, edo_s(1));
    if (err == 0)
        err = edo_sse_send(&sse, &(edo_sse_event){ .data = { long_text, sizeof long_text } });
    c->first_code = edo_deadline_end(&limit, err);
    c->next_code = edo_sse_send(&sse, &(edo_sse_event){ .data = EDO_STR("next") });
    return edo_sse_end(&sse, c->next_code);
}

typedef struct said {
    edo_str text;
} said;
EDO_DESCRIBE(said, EDO_FIELD(said, text))

/* It returns 0, whatever its sends do. */
static int sends_lines(edo_web *w) {
    cut *c = edo_web_state(w);
    edo_stream *out = NULL;
    CHECK_EQ(edo_web_reply_json_lines(w, &out), 0);
    EDO_DEADLINE(limit, edo_s(1));
    int err = edo_web_send_json_line(out, &(said){ { long_text, sizeof long_text } }, &said_desc);
    c->first_code = edo_deadline_end(&limit, err);
    c->next_code = edo_web_send_json_line(out, &(said){ EDO_STR("next") }, &said_desc);
    return 0;
}

static bool codes_all(void *arg, const edo_request *req, const edo_response *res, int64_t length,
                      bool is_usual) {
    (void)arg, (void)req, (void)res, (void)length, (void)is_usual;
    return true;
}

static void cut_begin(web_served *server, cut *c) {
    edo_router *r = edo_router_new();
    *server = (web_served){ .opts = { .state = c }, .http = { .pipe_bytes = 512 } };
    edo_router_get(r, "/", c->handler);
    if (c->is_coded)
        edo_router_wrap(r, edo_compress_layer(&(edo_compress_opts){ .when = codes_all }));
    web_begin(server, r);
}

/* ---- The client ------------------------------------------------------------------------------ */

typedef struct got {
    char *text; /* a string */
    size_t n;
    int end; /* 0: it has ended in order */
} got;

static int got_connect(void *arg, edo_stream **out, const char *address) {
    (void)address;
    *out = client_of(arg);
    return 0;
}

/* Reads all, but only after some time. */
static got got_after(edo_duration time, cut *c) {
    web_served server;
    edo_http_client *client;
    edo_http_response *res = NULL;
    got g = { .text = calloc(1, ROOM), .end = 1 };
    CHECK(g.text != NULL);
    cut_begin(&server, c);
    EDO_TEST_OK(edo_http_client_new(
        &client, &(edo_http_client_opts){ .connect = got_connect, .arg = &server.http }));
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://x.test/"), &(edo_fetch_opts){ .client = client }));
    bool is_coded = edo_headers_get(&res->headers, EDO_HEADER_VARY).ptr != NULL;
    CHECK_EQ(is_coded, c->is_coded && edo_web_codings() != 0);
    EDO_TEST_OK(edo_sleep(time));
    while ((g.end = edo_read(res->body, g.text + g.n, ROOM - 1 - g.n)) > 0) g.n += (size_t)g.end;
    edo_http_response_free(res);
    edo_http_client_unref(client);
    CHECK_EQ(web_end(&server), 0);
    return g;
}

/* ---- What follows ---------------------------------------------------------------------------- */

/* Does all of the first one stand in front of the next? */
static bool has_both(const got *g, const cut *c) {
    const char *begin = strstr(g->text, c->begin);
    if (!begin) return false;
    const char *text = begin + strlen(c->begin);
    bool is_first = (size_t)(g->text + g->n - text) > LONG && memcmp(text, long_text, LONG) == 0;
    return is_first && strncmp(text + LONG, c->next, strlen(c->next)) == 0;
}

static void cut_row(cut c) {
    got g = got_after(edo_ms(1500), &c);
    CHECK(has_both(&g, &c));
    CHECK(g.end == 0 && c.next_code == 0);
    free(g.text);
    g = got_after(edo_s(5), &c);
    if (c.next_code == 0) { // the rest was kept for the client
        CHECK(edo_test_over && c.handler == sends_events && has_both(&g, &c));
    } else {
        CHECK(c.first_code == -ETIMEDOUT && g.end < 0 && !strstr(g.text, "next"));
    }
    free(g.text);
}

#define EVENTS .handler = sends_events, .begin = "data: ", .next = "\n\ndata: next\n\n"
#define LINES  .handler = sends_lines, .begin = "{\"text\":\"", .next = "\"}\n{\"text\":\"next\"}\n"

static int cut_sends(void *arg) {
    (void)arg;
    make_long_text();
    cut_row((cut){ EVENTS });
    cut_row((cut){ EVENTS, .is_coded = true });
    cut_row((cut){ LINES });
    cut_row((cut){ LINES, .is_coded = true });
    return 0;
}

static void nothing_follows_half_a_line_or_event(void **state) {
    (void)state;
    assert_int_equal(inside(cut_sends, NULL), 0);
}

/* ---- A farewell ------------------------------------------------------------------------------ */

#define MOST 12000 /* of an event that the output of a connection takes, and no more */

/* The event waits in the output for its client, and a posted one behind it for room there. Then the
 * server drains, or the client has not read for too long. */
static int says_farewell(edo_web *w) {
    cut *c = edo_web_state(w);
    edo_sse sse;
    edo_sse_frame *posted;
    CHECK_EQ(edo_sse_start(&sse, w, NULL), 0);
    EDO_DEADLINE(limit, edo_s(1));
    int err = edo_sse_send(&sse, &(edo_sse_event){ .data = { long_text, MOST } });
    c->first_code = edo_deadline_end(&limit, err);
    edo_sse_events *events = edo_sse_ref(&sse);
    CHECK_EQ(edo_sse_frame_new(&posted, &(edo_sse_event){ .data = { long_text, MOST } }), 0);
    CHECK_EQ(edo_sse_post(events, posted), 0);
    edo_sse_frame_unref(posted);
    edo_sse_unref(events);
    err = edo_sse_wait(&sse);
    EDO_SHIELD(farewell, edo_s(3));
    c->next_code = edo_sse_send(&sse, &(edo_sse_event){ .data = EDO_STR("next") });
    (void)edo_shield_end(&farewell, 0);
    return edo_sse_end(&sse, err);
}

static void farewell_row(edo_duration write_timeout, bool drains) {
    edo_http_client *client;
    edo_http_response *res = NULL;
    cut c = { .handler = says_farewell };
    web_served server;
    char text[3 * MOST];
    size_t n = 0;
    int read_n;
    cut_begin(&server, &c);
    server.http.opts.write_timeout = write_timeout;
    EDO_TEST_OK(edo_http_client_new(
        &client, &(edo_http_client_opts){ .connect = got_connect, .arg = &server.http }));
    EDO_TEST_OK(edo_fetch(&res, EDO_STR("http://x.test/"), &(edo_fetch_opts){ .client = client }));
    EDO_TEST_OK(edo_sleep(edo_ms(3500)));
    if (drains) edo_task_cancel(server.http.task);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    while ((read_n = edo_read(res->body, text + n, sizeof text - n)) > 0) n += (size_t)read_n;
    CHECK_EQ(c.next_code, 0);
    CHECK(n > 14 && memcmp(text + n - 14, "\n\ndata: next\n\n", 14) == 0);
    edo_http_response_free(res);
    edo_http_client_unref(client);
    CHECK_EQ(web_end(&server), 0);
}

static int farewells(void *arg) {
    (void)arg;
    make_long_text();
    farewell_row(edo_s(30), true);
    if (!edo_test_over) farewell_row(edo_s(2), false); // HTTP/2 resets the stream
    return 0;
}

static void farewell_follows_an_event_that_was_not_begun(void **state) {
    (void)state;
    assert_int_equal(inside(farewells, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_follows_half_a_line_or_event),
        cmocka_unit_test(farewell_follows_an_event_that_was_not_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
