/* SPDX-License-Identifier: MIT */
/* http_proxy.c: a reverse proxy: each request goes to one upstream server, its response back.
 *
 *     http_proxy HOST:PORT UPSTREAM_HOST:PORT
 *
 * Bodies stream both ways with the memory of one buffer each: while the one end does not read, the
 * other one's writes wait. A response that breaks off in the upstream breaks off here, too. */
#include <edo/copy.h>
#include <edo/edo.h>
#include <edo/http1.h>
#include <edo/http_fields.h>
#include <edo/http_server.h>

/* The value of the `nth` field Connection; its `ptr` is NULL behind the last one. */
static edo_str connection_field(const edo_headers *h, size_t nth) {
    const edo_header *f = edo_headers_next(h, NULL, EDO_HEADER_CONNECTION);
    while (f && nth-- > 0) f = edo_headers_next(h, f, EDO_HEADER_CONNECTION);
    return f ? f->value : (edo_str){ 0 };
}

/* Removes the fields that are of one connection only: those that Connection names, and these. */
static void remove_hop_by_hop(edo_headers *h) {
    static const edo_header_id ids[] = { EDO_HEADER_CONNECTION, EDO_HEADER_KEEP_ALIVE,
                                         EDO_HEADER_TE,         EDO_HEADER_TRAILER,
                                         EDO_HEADER_UPGRADE,    EDO_HEADER_PROXY_CONNECTION };
    edo_str rest;
    for (size_t i = 0; (rest = connection_field(h, i)).ptr; i++)
        for (edo_str name; edo_header_next(&name, &rest);) (void)edo_headers_remove_named(h, name);
    for (size_t i = 0; i < EDO_COUNT(ids); i++) (void)edo_headers_remove(h, ids[i]);
}

/* The response's fields are lent to ours: its head is sent here, before it ends. */
static int pass_back(edo_response *res, edo_http_response *got) {
    edo_stream *out = NULL;
    remove_hop_by_hop(&got->headers);
    res->status = got->status;
    int err = 0;
    for (size_t i = 0; err == 0 && i < edo_headers_count(&got->headers); i++)
        err = edo_headers_add(&res->headers, edo_headers_at(&got->headers, i));
    if (err == 0) err = edo_response_stream(res, &out, got->length);
    return err < 0 ? err : edo_copy(out, got->body, NULL);
}

static int forward(edo_request *req, edo_response *res, void *arg) {
    edo_http1 *c;
    edo_http_response *got;
    if (req->method == EDO_METHOD_CONNECT)
        return edo_response_text(res, EDO_STATUS_NOT_IMPLEMENTED, EDO_STR("no tunnels\n"));
    if (edo_http1_connect(&c, arg, NULL) < 0)
        return edo_response_text(res, EDO_STATUS_BAD_GATEWAY, EDO_STR("no upstream\n"));
    remove_hop_by_hop(&req->headers);
    edo_http_request ask = { .method = req->method,
                             .method_name = req->method_name,
                             .target = req->target,
                             .headers = &req->headers,
                             .body = req->length != 0 ? edo_request_body(req) : NULL,
                             .length = req->length };
    int err = edo_http1_send(c, &got, &ask);
    err = err < 0 ? edo_response_text(res, EDO_STATUS_BAD_GATEWAY, EDO_STR("no response\n"))
                  : pass_back(res, got);
    edo_http1_close(c);
    return err;
}

static int root(void *arg) {
    char **argv = arg;
    const edo_http_server_opts opts = { .listen = argv[1], .announce = true };
    return edo_http_serve(forward, argv[2], &opts);
}

int main(int argc, char **argv) {
    return argc == 3 ? edo_main(root, argv) : 2;
}
