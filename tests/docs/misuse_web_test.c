/* SPDX-License-Identifier: MIT */
/* Goal: the texts of docs/book/misuse.md about HTTP and the web are printed when their contract is
 * broken. Method: as misuse_test.c. */
#include <edo/edo.h>
#include <edo/ext.h>
#include <edo/http1.h>
#include <edo/multipart.h>
#include <edo/streams.h>
#include <edo/test_web.h>
#include <edo/web_call.h>
#include <edo/web_routes.h>
#include <edo/ws_client.h>

#include <errno.h>
#include <stdlib.h>

#include "breaches.h"

static int sets_nothing(void *arg) {
    static const edo_ext_tag tag = { .name = "own" };
    edo_ext ext = { 0 };
    (void)arg;
    return edo_ext_set(&ext, &tag, NULL);
}

static int handler(edo_web *w) {
    (void)w;
    return 0;
}

static int around(edo_web *w, edo_next *next) {
    return edo_next_call(next, w);
}

static int adds_late(void *arg) {
    edo_router *r = edo_router_new();
    (void)arg;
    int err = edo_router_build(r);
    if (err == 0) edo_router_add(r, EDO_METHODS_ANY, "/", handler);
    edo_router_free(r);
    return err;
}

static int wraps_late(void *arg) {
    edo_router *r = edo_router_new();
    const edo_layer layer = edo_web_around(around);
    (void)arg;
    int err = edo_router_build(r);
    if (err == 0) edo_router_wrap_with(r, EDO_WRAP_SO_FAR, &layer, 1);
    edo_router_free(r);
    return err;
}

static int merges_late(void *arg) {
    edo_router *r = edo_router_new(), *other = edo_router_new();
    (void)arg;
    int err = edo_router_build(other);
    if (err == 0) edo_router_merge(r, other);
    edo_router_free(r);
    return err;
}

static int merges_twice(void *arg) {
    edo_router *r = edo_router_new(), *other = edo_router_new();
    (void)arg;
    edo_router_merge(r, other);
    edo_router_merge(r, other);
    int err = edo_router_build(r);
    edo_router_free(r);
    return err;
}

static int guards_taken(void *arg) {
    edo_router *r = edo_router_new(), *other = edo_router_new();
    (void)arg;
    edo_router_get(other, "/", handler);
    edo_router_merge(r, other);
    edo_router_guard(other, &(edo_route_guard){ .host = "a.example" });
    edo_router_free(r);
    return 0;
}

static int frees_taken(void *arg) {
    edo_router *r = edo_router_new(), *other = edo_router_new();
    (void)arg;
    edo_router_nest(r, "/in", other);
    edo_router_free(other);
    edo_router_free(r);
    return 0;
}

static int lends_a_local(edo_web *w) {
    char text[64] = "of the handler";
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", edo_str_of(text));
}

typedef struct note {
    char *text;
} note;
EDO_DESCRIBE(note, EDO_FIELD(note, text))

static int has_a_local_owned(edo_web *w) {
    note local = { .text = NULL };
    return edo_web_own(w, &local, &note_desc);
}

static int asks(edo_web_fn *fn) {
    edo_oneshot got;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", fn);
    int err = edo_web_oneshot(&got, r, &(edo_http_request){ .target = EDO_STR("/") }, NULL);
    edo_oneshot_deinit(&got);
    edo_router_free(r);
    return err;
}

static int asks_for_a_local(void *arg) {
    (void)arg;
    return asks(lends_a_local);
}

static int asks_one_who_keeps_a_local(void *arg) {
    (void)arg;
    return asks(has_a_local_owned);
}

static int says_no_number(edo_web *w) {
    int err = edo_web_set_header(w, "content-length", "abc");
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_NOT_MODIFIED);
}

/* One above 2^63-1. */
static int says_too_large_a_number(edo_web *w) {
    int err = edo_web_set_header(w, "content-length", "9223372036854775808");
    return err < 0 ? err : edo_web_reply_status(w, EDO_STATUS_NOT_MODIFIED);
}

static int asks_for_length(edo_web_fn *fn) {
    edo_oneshot got;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", fn);
    int err = edo_web_oneshot(&got, r, &(edo_http_request){ .target = EDO_STR("/") }, NULL);
    edo_oneshot_deinit(&got);
    edo_router_free(r);
    return err;
}

/* As of edo_pg_exec(). */
static int counts_rows(edo_web *w, const void *in, void *out) {
    (void)w, (void)in, (void)out;
    return 1;
}

static int asks_for_a_count(void *arg) {
    edo_oneshot got;
    edo_router *r = edo_router_new();
    (void)arg;
    edo_router_call(r, EDO_METHOD_GET, "/", counts_rows, &(edo_route_doc){ .summary = "counts" });
    int err = edo_web_oneshot(&got, r, &(edo_http_request){ .target = EDO_STR("/") }, NULL);
    edo_oneshot_deinit(&got);
    edo_router_free(r);
    return err;
}

static int asks_for_no_number(void *arg) {
    (void)arg;
    return asks_for_length(says_no_number);
}

static int asks_for_too_large_a_number(void *arg) {
    (void)arg;
    return asks_for_length(says_too_large_a_number);
}

/* ---- WebSockets ------------------------------------------------------------------------------ */

static int ends_itself(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    if (err == 0) err = edo_ws_recv(ws, &m);
    err = edo_ws_end(ws, err);
    return err;
}

static int misuse(edo_ws *ws, const edo_ws_message *m) {
    edo_ws_message next;
    if (edo_str_equal(m->data, EDO_STR("unref"))) edo_ws_unref(ws);
    int err = edo_ws_recv(ws, &next);
    return err;
}

static int be_functions(edo_web *w) {
    static const edo_ws_handler functions = { .on_message = misuse };
    return edo_ws_handle(w, &functions, NULL, NULL);
}

static int serve_route(void *arg) {
    edo_router *r = edo_router_new();
    edo_router_get(r, "/loop", ends_itself);
    edo_router_get(r, "/functions", be_functions);
    int err = edo_web_serve_stream(r, arg, NULL);
    edo_router_free(r);
    return err;
}

/* A client of a route, over a pipe. */
static edo_ws *talk_to(const char *url) {
    edo_stream *ours, *theirs;
    edo_ws *ws;
    if (edo_duplex(&ours, &theirs, 4096) < 0 || edo_spawn_detached(serve_route, theirs) < 0 ||
        edo_ws_connect_over(&ws, ours, edo_str_of(url), NULL) < 0)
        abort();
    return ws;
}

static int receives(void *arg) {
    edo_ws_message m;
    return edo_ws_recv(arg, &m);
}

/* A client from which another task receives. */
static edo_ws *shared(void) {
    edo_ws *ws = talk_to("ws://x/functions");
    if (edo_spawn_detached(receives, ws) < 0 || edo_sleep(edo_ms(1)) < 0) abort();
    return ws;
}

static int receives_too(void *arg) {
    edo_ws_message m;
    (void)arg;
    return edo_ws_recv(shared(), &m);
}

static int receives_a_piece_too(void *arg) {
    edo_ws_message m;
    bool is_last;
    (void)arg;
    return edo_ws_recv_piece(shared(), &m, &is_last);
}

static int shuts_down_beside(void *arg) {
    (void)arg;
    return edo_ws_shutdown(shared(), EDO_WS_CLOSE_NORMAL, EDO_STR(""));
}

static int ends_beside(void *arg) {
    (void)arg;
    return edo_ws_end(shared(), 0);
}

static int ask_for(const char *url, const char *what) {
    edo_ws *ws = talk_to(url);
    edo_ws_message m;
    int err = edo_ws_send_text(ws, edo_str_of(what));
    if (err == 0) err = edo_ws_recv(ws, &m); // until the program is ended
    return edo_ws_end(ws, err);
}

static int receives_as_functions(void *arg) {
    (void)arg;
    return ask_for("ws://x/functions", "receive");
}

static int gives_back_too_much(void *arg) {
    (void)arg;
    return ask_for("ws://x/functions", "unref");
}

static int ends_a_route(void *arg) {
    (void)arg;
    return ask_for("ws://x/loop", "end");
}

/* ---- No stream ------------------------------------------------------------------------------- */

static int asks_over_null(void *arg) {
    edo_http1 *conn = NULL;
    (void)arg;
    return edo_http1_over(&conn, NULL, NULL);
}

static int serves_null(void *arg) {
    edo_router *r = edo_router_new();
    (void)arg;
    int err = r ? edo_web_serve_stream(r, NULL, NULL) : -ENOMEM;
    edo_router_free(r);
    return err;
}

static int takes_a_form_of_null(void *arg) {
    edo_multipart *m = NULL;
    (void)arg;
    return edo_multipart_new(&m, NULL, EDO_STR("multipart/form-data; boundary=x"), NULL);
}

static const breach rows[] = {
    { "a body that is a local of its handler", asks_for_a_local },
    { "a request is to own a local of its handler", asks_one_who_keeps_a_local },
    { "a stream is used that is NULL", asks_over_null },
    { "a stream is used that is NULL", serves_null },
    { "a stream is used that is NULL", takes_a_form_of_null },
    { "an extension has no value", sets_nothing },
    { "a router that is complete takes nothing more", adds_late },
    { "a router that is complete takes nothing more", wraps_late },
    { "a router that is complete takes nothing more", merges_late },
    { "a router that is in another one belongs to that", merges_twice },
    { "a router that is in another one belongs to that", guards_taken },
    { "a router that is in another one belongs to that", frees_taken },
    { "two tasks receive from one WebSocket", receives_too },
    { "two tasks receive from one WebSocket", receives_a_piece_too },
    { "a shutdown of a WebSocket from which another task receives", shuts_down_beside },
    { "a WebSocket ends from which another task receives", ends_beside },
    { "a socket of an edo_ws_handler gives its messages to on_message", receives_as_functions },
    { "a WebSocket of a route ends by itself: return the code instead", ends_a_route },
    { "a reference of a WebSocket is given back that was not taken", gives_back_too_much },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_web_test.c:");
}

/* The handler has returned. */
static const breach found_late[] = {
    { "a route's function returns neither 0 nor a status", asks_for_a_count },
    { "a Content-Length that is no number", asks_for_no_number },
    { "a Content-Length that is no number", asks_for_too_large_a_number },
};

static void each_breach_that_is_found_late_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(found_late, EDO_COUNT(found_late), HAS_ENDED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_breach_is_named),
        cmocka_unit_test(each_breach_that_is_found_late_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
