/* SPDX-License-Identifier: MIT */
/* edo-bench-service [-t threads] [--header-timeout S] HOST:PORT: a web service with the layers that
 * services have, until SIGTERM: what edo-bench-hostile-web attacks.
 *
 *     GET /            "Hello, World!"
 *     POST /json       a number and a name, and says them again; also compressed
 *     POST /upload     multipart: how many bytes its files have
 *     GET /large       1 MiB
 *     GET /events      server-sent events, ten a second
 *     GET /left        the same by a handler that returns after the first, without their end
 *     GET /ws          a WebSocket: each message comes back; 1 MiB at most
 *     GET /fiber       the same, by a fiber for each socket
 *
 * Guards: what a client sends is bounded before it is held. */
#include <edo/edo.h>
#include <edo/multipart.h>
#include <edo/sse.h>
#include <edo/web.h>
#include <edo/web_compress.h>
#include <edo/web_layers.h>
#include <edo/web_limits.h>
#include <edo/web_log.h>
#include <edo/ws.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

#define BACKLOG    4096
#define BODY_MAX   (UINT64_C(1) << 20)
#define UPLOAD_MAX (UINT64_C(64) << 20)

static const edo_ws_opts socket_opts = { .message_max = 1u << 20,
                                         .message_timeout = { 1000000000 },
                                         .deflate = true };

static int hello(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "Hello, World!");
}

typedef struct item {
    int64_t number;
    edo_str name;
} item;
EDO_DESCRIBE(item, EDO_FIELD(item, number, .min = 0), EDO_FIELD(item, name, .max_len = 400))

static int json(edo_web *w) {
    item it;
    int err = edo_web_json(w, &it, &item_desc);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &it, &item_desc);
}

static int upload(edo_web *w) {
    edo_multipart *m;
    edo_multipart_field f;
    char piece[1024], text[32];
    uint64_t bytes = 0;
    int got, n = 0;
    int err = edo_web_multipart(&m, w, &(edo_multipart_opts){ .bytes_max = UPLOAD_MAX });
    if (err < 0) return err;
    while ((got = edo_multipart_next(m, &f)) > 0)
        while ((n = edo_multipart_read(m, piece, sizeof piece)) > 0) bytes += (uint64_t)n;
    if (got < 0 || n < 0) return got < 0 ? got : n;
    (void)snprintf(text, sizeof text, "%" PRIu64 "\n", bytes);
    return edo_web_reply_text(w, EDO_STATUS_CREATED, text);
}

static int large(edo_web *w) {
    static const char text[1u << 20];
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "image/png", (edo_str){ text, sizeof text });
}

static const edo_sse_event tick = { .data = { "tick", 4 } };

static int events(edo_web *w) {
    edo_sse sse;
    int err = edo_sse_start(&sse, w, NULL);
    while (err == 0 && (err = edo_sse_send(&sse, &tick)) == 0) err = edo_sleep(edo_ms(100));
    return edo_sse_end(&sse, err);
}

static int left(edo_web *w) {
    edo_sse sse;
    int err = edo_sse_start(&sse, w, NULL);
    return err < 0 ? err : edo_sse_send(&sse, &tick);
}

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static int echo(edo_web *w) {
    static const edo_ws_handler handler = { .on_message = say_again };
    return edo_ws_handle(w, &handler, NULL, &socket_opts);
}

static int echo_by_fiber(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, &socket_opts);
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static edo_router *routes(void) {
    edo_router *small = edo_router_new();
    edo_router_post(small, "/json", json);
    edo_router_wrap_all(small, edo_decompress_layer(NULL), edo_body_limit_layer(BODY_MAX));
    edo_router *r = edo_router_new();
    edo_router_get(r, "/", hello);
    edo_router_get(r, "/large", large);
    edo_router_get(r, "/events", events);
    edo_router_get(r, "/left", left);
    edo_router_get(r, "/ws", echo);
    edo_router_get(r, "/fiber", echo_by_fiber);
    edo_router_post(r, "/upload", upload);
    edo_router_merge(r, small);
    edo_router_wrap_all(r, edo_request_id_layer(NULL), edo_catch_layer(NULL),
                        edo_compress_layer(NULL));
    return r;
}

typedef struct options {
    const char *address;
    uint32_t threads;
    double header_timeout_s;
} options;

static int serve(void *arg) {
    const options *o = arg;
    edo_listener *l;
    int err = edo_tcp_listen(&l, o->address,
                             &(edo_tcp_opts){ .backlog = BACKLOG, .notsent_lowat = 128 << 10 });
    if (err < 0) return err;
    const edo_http_server_opts http = {
        .listeners = &l,
        .listeners_n = 1,
        .header_timeout = edo_ms((int64_t)(o->header_timeout_s * 1000)),
        .drain_max = edo_s(3),
        .cancel_max = edo_s(1),
    };
    const edo_security_headers_opts all = { .documents_only = false };
    err = edo_web_serve(
        routes(),
        &(edo_web_opts){ .http = &http, .announce = true, .guards = { .headers = &all } });
    edo_listener_close(l);
    return err == -ETIMEDOUT ? 0 : err; // a client that stalls is no failure of the server
}

static void usage(void) {
    (void)fputs("usage: edo-bench-service [-t threads] [--header-timeout S] HOST:PORT\n", stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    (void)argc;
    options o = { .threads = 1 };
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "-t") && at[1]) {
            o.threads = (uint32_t)strtoul(*++at, NULL, 10);
        } else if (!strcmp(*at, "--header-timeout") && at[1]) {
            o.header_timeout_s = strtod(*++at, NULL);
        } else {
            o.address = *at;
        }
    }
    if (!o.address || o.threads == 0 || o.header_timeout_s < 0) usage();
    const edo_runtime_opts opts = { .flavor =
                                        o.threads > 1 ? EDO_RUNTIME_MULTI : EDO_RUNTIME_CURRENT,
                                    .workers = o.threads };
    return edo_main_with(serve, &o, &opts);
}
