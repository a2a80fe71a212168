/* SPDX-License-Identifier: MIT */
/* Goal: what is open tells of each stream of HTTP/2 what it waits for: its handler, bytes of its
 * client, room in the client's window; and which task has it.
 * Method: a client by nghttp2 that reads no byte, sends half a body, or waits. */
#include "h2_peer.h"

#include <edo/blocking.h>
#include <edo/dump.h>
#include <edo/http2.h>
#include <edo/web.h>

#include <sched.h>

#define MUCH 200000u /* more than a window of 65,535 bytes, and what is queued behind it */

static h2_peer peer;
static edo_notify go_on = EDO_NOTIFY_INIT;
static char text[256 * 1024];

static int handles(edo_web *w) {
    int err = edo_notify_wait(&go_on);
    return err < 0 ? err : edo_web_reply_text(w, EDO_STATUS_OK, "done");
}

static int reads(edo_web *w) {
    char some[64];
    int n;
    while ((n = edo_read(edo_web_body_stream(w), some, sizeof some)) > 0) {
    }
    return n < 0 ? n : edo_web_reply_text(w, EDO_STATUS_OK, "read");
}

static int writes(edo_web *w) {
    static const char some[1000];
    edo_stream *out;
    int err = edo_response_stream(edo_web_response(w), &out, -1);
    for (size_t n = 0; n < MUCH && err >= 0; n += sizeof some)
        err = edo_write_all(out, some, sizeof some);
    return err < 0 ? err : 0;
}

static int serve_all(void *arg) {
    served *s = arg;
    return edo_web_serve(s->arg, &(edo_web_opts){ .http = &s->opts });
}

static void begin(served *s) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/handles/{id}", handles);
    edo_router_post(r, "/reads", reads);
    edo_router_get(r, "/writes", writes);
    CHECK_EQ(edo_router_build(r), 0);
    *s = (served){ .arg = r, .serve_all = serve_all };
    serve_begin(s);
    h2_begin_holding(&peer, client_of(s), NULL, 0); // which opens no window again by itself
    H2_UNTIL(&peer, peer.settings > 0);
}

static bool is_open(const char *line) {
    FILE *out = fmemopen(text, sizeof text, "w");
    CHECK(out);
    edo_dump_open(out, EDO_DUMP_TEXT);
    CHECK_EQ(fclose(out), 0);
    return strstr(text, line) != NULL;
}

/* Waits for a row; it may take turns of others. */
static void until_open(const char *line) {
    while (!is_open(line)) CHECK_EQ(edo_yield(), 0);
}

static void until_shown(const served *s, int n, const char *kind, const char *state) {
    char line[160];
    const char *port = strchr(s->address, ':') + 1;
    (void)snprintf(line, sizeof line, "  %d x %s of port %s, %s\n", n, kind, port, state);
    until_open(line);
}

/* What tasks wait for is seen by another thread: a worker that looks still holds the last ones. */
static int until_open_beside(void *line) {
    while (!is_open(line)) (void)sched_yield();
    return 0;
}

static int streams(void *arg) {
    char handler[] = "  2 x wait of GET /handles/{id}, edo_notify_wait",
         reader[] = "  1 x wait of POST /reads, edo_read",
         writer[] = "  1 x wait of GET /writes, edo_write";
    served s;
    (void)arg;
    begin(&s);
    h2_answer *a = h2_ask(&peer, "GET", "/handles/1", NULL);
    h2_answer *b = h2_ask(&peer, "GET", "/handles/2", NULL);
    h2_answer *c = h2_post(&peer, "/reads", NULL, "half of it", 10, true);
    h2_answer *d = h2_ask(&peer, "GET", "/writes", NULL);
    H2_UNTIL(&peer, d->body_n == 65535); // the first windows are full
    until_shown(&s, 2, "HTTP/2 stream", "in its handler");
    until_shown(&s, 1, "HTTP/2 stream", "waits for bytes of its client");
    until_shown(&s, 1, "HTTP/2 stream", "waits for its client's window");
    until_shown(&s, 1, "HTTP connection", "HTTP/2 with streams");
    CHECK_EQ(edo_blocking(until_open_beside, handler), 0);
    CHECK_EQ(edo_blocking(until_open_beside, reader), 0);
    CHECK_EQ(edo_blocking(until_open_beside, writer), 0);
    edo_notify_all(&go_on);
    h2_say(&peer, c, "the rest", 8, false);
    CHECK_EQ(nghttp2_submit_window_update(peer.session, 0, 0, MUCH), 0);
    CHECK_EQ(nghttp2_submit_window_update(peer.session, 0, d->id, MUCH), 0);
    h2_await(&peer, a);
    h2_await(&peer, b);
    h2_await(&peer, c);
    h2_await(&peer, d);
    CHECK_EQ(d->body_n, MUCH);
    while (is_open("x HTTP/2 stream")) CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(serve_end(&s), 0);
    h2_end(&peer);
    return 0;
}

static void streams_are_shown_by_what_they_wait_for(void **state) {
    (void)state;
    assert_int_equal(inside_real(streams, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_shown_by_what_they_wait_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
