/* SPDX-License-Identifier: MIT */
/* Goal: what a server does to the stream or to the connection has its status.
 * Method: a server over memory that reads frames, and answers the first request by frames that are
 * made by hand. */
#include "grpc_site.h"

typedef struct raw_site {
    edo_grpc_channel *ch;
    const char *frames; /* what the server sends once it has got a request */
    size_t frames_n;
    bool closes; /* and behind it ends the connection */
    int connects, requests;
    edo_stream *ours[8];
    edo_task *tasks[8];
} raw_site;

typedef struct raw_conn {
    raw_site *site;
    edo_stream *s;
} raw_conn;

#define TYPE_HEADERS 1

/* Reads frames up to the head of a request, and notes its stream. Returns 0, or why there is
 * none. */
static int raw_await_request(edo_stream *s, char *stream) {
    unsigned char head[9];
    char skipped[16384];
    int err = 0;
    while (err == 0) {
        err = edo_read_exact(s, head, sizeof head);
        size_t n = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        if (err == 0 && n > sizeof skipped) return -EPROTO;
        if (err == 0 && n > 0) err = edo_read_exact(s, skipped, n);
        if (err == 0 && head[3] == TYPE_HEADERS) {
            *stream = (char)head[8];
            return 0;
        }
    }
    return err;
}

static int raw_serve(void *arg) {
    raw_conn c = *(raw_conn *)arg;
    free(arg);
    char frames[256], preface[24];
    CHECK(c.site->frames_n <= sizeof frames);
    memcpy(frames, c.site->frames, c.site->frames_n);
    int err = edo_write_all(c.s, "\0\0\0\4\0\0\0\0\0", 9); // SETTINGS
    if (err == 0) err = edo_read_exact(c.s, preface, sizeof preface);
    while (err == 0 && (err = raw_await_request(c.s, &frames[8])) == 0) { // of the first frame
        c.site->requests++;
        err = edo_write_all(c.s, frames, c.site->frames_n);
        if (c.site->closes) break;
    }
    edo_close(c.s);
    return 0;
}

static int raw_connect(void *arg, edo_stream **out, const char *address) {
    raw_site *t = arg;
    raw_conn *c = malloc(sizeof *c);
    (void)address;
    CHECK(c && t->connects < 8);
    c->site = t;
    CHECK_EQ(edo_duplex(out, &c->s, 65536), 0);
    t->tasks[t->connects++] = edo_spawn(raw_serve, c);
    return 0;
}

static void raw_begin(raw_site *t, const char *frames, size_t n, bool closes) {
    memset(t, 0, sizeof *t);
    t->frames = frames;
    t->frames_n = n;
    t->closes = closes;
    const edo_grpc_channel_opts opts = { .connect = raw_connect, .arg = t };
    CHECK_EQ(edo_grpc_channel_new(&t->ch, EDO_STR("greeter:1"), &opts), 0);
}

static void raw_end(raw_site *t) {
    edo_grpc_channel_unref(t->ch);
    for (int i = 0; i < t->connects; i++) CHECK_EQ(edo_task_join(t->tasks[i]), 0);
}

static edo_grpc_status raw_ask(raw_site *t) {
    const hello_v1_person person = { .name = EDO_STR("Ann") };
    hello_v1_reply reply;
    edo_arena arena = { 0 };
    edo_grpc_call *call;
    const edo_grpc_call_opts opts = { .kept = &call, .timeout = edo_s(10) };
    int err = hello_v1_greeter_greet(t->ch, &reply, &person, &arena, &opts);
    edo_grpc_status status = edo_grpc_get_status(call);
    CHECK_EQ(err, edo_grpc_error_of(status));
    edo_grpc_call_free(call);
    edo_arena_deinit(&arena);
    return status;
}

/* ---- Resets ---------------------------------------------------------------------------------- */

static int is_reset(void *arg) {
    static const edo_grpc_status statuses[] = {
        [EDO_HTTP2_NO_ERROR] = EDO_GRPC_INTERNAL,
        [EDO_HTTP2_PROTOCOL_ERROR] = EDO_GRPC_INTERNAL,
        [EDO_HTTP2_INTERNAL_ERROR] = EDO_GRPC_INTERNAL,
        [EDO_HTTP2_FLOW_CONTROL_ERROR] = EDO_GRPC_INTERNAL,
        [EDO_HTTP2_SETTINGS_TIMEOUT] = EDO_GRPC_INTERNAL,
        [EDO_HTTP2_STREAM_CLOSED] = EDO_GRPC_INTERNAL,
        [EDO_HTTP2_FRAME_SIZE_ERROR] = EDO_GRPC_INTERNAL,
        [EDO_HTTP2_REFUSED_STREAM] = EDO_GRPC_UNAVAILABLE,
        [EDO_HTTP2_CANCEL] = EDO_GRPC_CANCELLED,
        [EDO_HTTP2_COMPRESSION_ERROR] = EDO_GRPC_INTERNAL,
        [EDO_HTTP2_CONNECT_ERROR] = EDO_GRPC_INTERNAL,
        [EDO_HTTP2_ENHANCE_YOUR_CALM] = EDO_GRPC_RESOURCE_EXHAUSTED,
        [EDO_HTTP2_INADEQUATE_SECURITY] = EDO_GRPC_PERMISSION_DENIED,
    };
    raw_site t;
    (void)arg;
    for (size_t code = 0; code < EDO_COUNT(statuses); code++) {
        char reset[] = "\0\0\4\3\0\0\0\0\1\0\0\0\0";
        reset[12] = (char)code;
        raw_begin(&t, reset, 13, false);
        edo_grpc_status status = raw_ask(&t);
        raw_end(&t);
        CHECK_EQ(t.requests, code == EDO_HTTP2_REFUSED_STREAM ? 2 : 1); // it was not looked at
        if (status != statuses[code]) return edo_fail(-EIO, "%zu: %d", code, (int)status);
    }
    return 0;
}

static void reset_has_the_status_of_its_error(void **state) {
    (void)state;
    assert_int_equal(inside(is_reset, NULL), 0);
}

/* ---- A connection that ends ------------------------------------------------------------------ */

/* HEADERS with ":status: 200" and "content-type: application/grpc", END_HEADERS. */
#define HEAD                                                                                       \
    "\0\0\x20\1\4\0\0\0\1\x88\x00\x0c"                                                             \
    "content-type"                                                                                 \
    "\x10"                                                                                         \
    "application/grpc"

static int ends_amid(void *arg) {
    static const char message[] = HEAD "\0\0\7\0\0\0\0\0\1\0\0\0\0\7\x0a\5";
    raw_site t;
    (void)arg;
    raw_begin(&t, "\0\0\0\4\1\0\0\0\0", 0, true);
    CHECK_EQ(raw_ask(&t), EDO_GRPC_UNAVAILABLE);
    raw_end(&t);
    raw_begin(&t, message, sizeof message - 1, true); // within a message
    CHECK_EQ(raw_ask(&t), EDO_GRPC_UNAVAILABLE);
    raw_end(&t);
    raw_begin(&t, message, sizeof message - 1, false);
    CHECK_EQ(raw_ask(&t), EDO_GRPC_DEADLINE_EXCEEDED);
    raw_end(&t);
    raw_begin(&t, "no frames of any kind", 21, true);
    CHECK_EQ(raw_ask(&t), EDO_GRPC_UNAVAILABLE);
    raw_end(&t);
    return 0;
}

static void connection_that_ends_is_unavailable(void **state) {
    (void)state;
    assert_int_equal(inside(ends_amid, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reset_has_the_status_of_its_error),
        cmocka_unit_test(connection_that_ends_is_unavailable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
