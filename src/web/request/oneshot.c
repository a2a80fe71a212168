/* SPDX-License-Identifier: MIT */
/* web/request/oneshot.c: see edo/test_web.h. A client of HTTP/1.1 at one end of a pipe in memory, a
 * server of one connection at the other. */
#include "http/headers/map.h"

#include <edo/proxy_header.h>
#include <edo/scope.h>
#include <edo/streams.h>
#include <edo/task.h>
#include <edo/test_web.h>

#include <errno.h>

#define PIPE_BYTES 65536

typedef struct server_end {
    edo_router *router;
    edo_stream *stream; /* taken */
    const edo_web_opts *opts;
} server_end;

static int web_oneshot_serve(void *arg) {
    server_end *s = arg;
    return edo_web_serve_stream(s->router, s->stream, s->opts);
}

static int web_oneshot_read_body(edo_buf *to, edo_stream *body) {
    int n;
    do {
        int err = edo_buf_reserve(to, 4096);
        if (err < 0) return err;
        n = edo_read(body, to->ptr + to->len, 4095);
        if (n > 0) to->len += (size_t)n;
        if (to->len > EDO_ONESHOT_BODY_MAX) return -EMSGSIZE;
    } while (n > 0);
    to->ptr[to->len] = '\0';
    return n;
}

static int oneshot_ask(edo_oneshot *out, edo_http1 *c, const edo_http_request *req) {
    edo_http_response *res = NULL;
    int err = edo_http1_send(c, &res, req);
    if (err < 0) return err;
    out->status = res->status;
    err = edoi_headers_append_all(&out->headers, &res->headers);
    if (err == 0) err = web_oneshot_read_body(&out->body, res->body);
    return err < 0 ? err : edoi_headers_append_all(&out->trailers, edo_http_response_trailers(res));
}

/* Sends the request as the client at `ours`, which it takes. */
static int ask_over(edo_oneshot *out, edo_stream *ours, const edo_http_request *req) {
    edo_http1 *c = NULL;
    int err = edo_http1_over(&c, ours, &(edo_http1_opts){ .host = "localhost" });
    if (err < 0) {
        edo_close(ours);
        return err;
    }
    err = oneshot_ask(out, c, req);
    edo_http1_close(c);
    return err;
}

/* Sends the address of the client, before all else. */
static int tell_peer(edo_stream *ours, const edo_addr *peer) {
    char bytes[EDO_PROXY_HEADER_MAX];
    const edo_proxy_header header = { .source = *peer, .dest = *peer };
    int n = edo_proxy_header_print(&header, bytes, sizeof bytes);
    return n < 0 ? n : edo_write_all(ours, bytes, (size_t)n);
}

/* Sends a request through a router. `peer` NULL: the server is told no address. */
static int oneshot(edo_oneshot *out, edo_router *r, const edo_http_request *req,
                   const edo_web_opts *opts, const edo_addr *peer) {
    server_end server = { .router = r, .opts = opts };
    edo_stream *ours = NULL;
    *out = (edo_oneshot){ .status = 0 };
    int err = edo_budget_consume();
    if (err == 0) err = edo_router_build(r);
    if (err == 0) err = edo_duplex(&ours, &server.stream, PIPE_BYTES);
    if (err < 0) return err;
    if (peer) err = tell_peer(ours, peer); // the pipe has room for it
    if (err < 0) {
        edo_close(ours);
        edo_close(server.stream);
        return err;
    }
    edo_task *task = edo_spawn(web_oneshot_serve, &server);
    if (!task) {
        edo_close(ours);
        edo_close(server.stream);
        return -ENOMEM;
    }
    err = ask_over(out, ours, req);
    // the connection is closed: the server ends, after the handlers that are cancelled by that
    edo_shield shield;
    edo_shield_begin(&shield, (edo_duration){ EDO_FOREVER_NS });
    int served = edo_task_join(task);
    (void)edo_shield_end(&shield, 0);
    if (err == 0 || err == -EDO_EEOF) err = served < 0 ? served : err;
    if (err < 0) edo_oneshot_deinit(out);
    return err;
}

int edo_web_oneshot(edo_oneshot *out, edo_router *r, const edo_http_request *req,
                    const edo_web_opts *opts) {
    return oneshot(out, r, req, opts, NULL);
}

int edo_web_oneshot_from(edo_oneshot *out, edo_router *r, const edo_http_request *req,
                         const edo_web_opts *opts, const edo_addr *peer) {
    edo_web_opts web = opts ? *opts : (edo_web_opts){ .listen = NULL };
    edo_http_server_opts http = web.http ? *web.http : (edo_http_server_opts){ .listen = NULL };
    http.proxy = EDO_HTTP_PROXY_REQUIRED;
    http.proxies = NULL;
    http.proxies_n = 0;
    web.http = &http;
    return oneshot(out, r, req, &web, peer);
}

void edo_oneshot_deinit(edo_oneshot *self) {
    edo_headers_deinit(&self->headers);
    edo_headers_deinit(&self->trailers);
    edo_buf_deinit(&self->body);
}
