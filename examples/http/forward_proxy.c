/* SPDX-License-Identifier: MIT */
/* forward_proxy.c: the proxy of clients that want to get out: what is http it sends on by its own
 * client, which keeps connections; for https it makes a tunnel (CONNECT), and sees nothing of it.
 *
 *     forward_proxy HOST:PORT [--private]
 *     curl -x http://HOST:PORT https://example.com/
 *
 * It leads to public addresses only, and tunnels to port 443, so that its clients cannot reach
 * machines of this network, or send mail; --private is without these rules. It asks nobody for a
 * password: let it listen where only its clients are. */
#include <edo/copy.h>
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/http_fields.h>
#include <edo/http_server.h>
#include <edo/streams.h>
#include <edo/uri.h>
#include <edo/uuid.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CONNECT_MAX edo_s(10)
#define IDLE_MAX    edo_s(5 * 60) /* of a tunnel; of a response, for each wait */
#define DRAIN_MAX   edo_s(10)     /* for tunnels and responses, once it is to end */

typedef struct proxy {
    const char *address;
    bool is_private;
    edo_http_client *client;
    char via[4 + EDO_UUID_BYTES]; // a name that no other proxy has
} proxy;

static int reply_failure(edo_response *res, int err) {
    edo_trail_clear();
    if (err == -EINVAL || err == -ENOTSUP)
        return edo_response_text(
            res, EDO_STATUS_BAD_REQUEST,
            EDO_STR("this proxy takes http://HOST/…, and CONNECT HOST:PORT\n"));
    if (err == -EACCES)
        return edo_response_text(res, EDO_STATUS_FORBIDDEN, EDO_STR("not by this proxy\n"));
    if (err == -ETIMEDOUT)
        return edo_response_text(res, EDO_STATUS_GATEWAY_TIMEOUT, EDO_STR("no response in time\n"));
    return edo_response_text(res, EDO_STATUS_BAD_GATEWAY, EDO_STR("no response\n"));
}

/* ---- http: sent on --------------------------------------------------------------------------- */

/* The value of the `nth` field Connection; its `ptr` is NULL behind the last one. */
static edo_str connection_field(const edo_headers *h, size_t nth) {
    const edo_header *f = edo_headers_next(h, NULL, EDO_HEADER_CONNECTION);
    while (f && nth-- > 0) f = edo_headers_next(h, f, EDO_HEADER_CONNECTION);
    return f ? f->value : (edo_str){ 0 };
}

/* Removes the fields that are of one connection only: those that Connection names, and these. */
static void remove_hop_by_hop(edo_headers *h) {
    static const edo_header_id ids[] = { EDO_HEADER_CONNECTION,
                                         EDO_HEADER_KEEP_ALIVE,
                                         EDO_HEADER_TE,
                                         EDO_HEADER_TRAILER,
                                         EDO_HEADER_UPGRADE,
                                         EDO_HEADER_PROXY_CONNECTION,
                                         EDO_HEADER_PROXY_AUTHENTICATE,
                                         EDO_HEADER_PROXY_AUTHORIZATION };
    edo_str rest;
    for (size_t i = 0; (rest = connection_field(h, i)).ptr; i++)
        for (edo_str name; edo_header_next(&name, &rest);) (void)edo_headers_remove_named(h, name);
    for (size_t i = 0; i < EDO_COUNT(ids); i++) (void)edo_headers_remove(h, ids[i]);
}

/* Has the request been here before? */
static bool is_loop(const proxy *p, const edo_headers *h) {
    edo_via by;
    for (const edo_header *f = NULL; (f = edo_headers_next(h, f, EDO_HEADER_VIA));)
        for (edo_str rest = f->value; edo_via_next(&by, &rest) > 0;)
            if (edo_str_equal(by.by, edo_str_of(p->via + 4))) return true;
    return false;
}

/* Makes the fields of the client's request those of ours. */
static int change_fields(const proxy *p, edo_headers *h) {
    remove_hop_by_hop(h);
    (void)edo_headers_remove(h, EDO_HEADER_HOST); // the URL has it
    bool has_accept = edo_headers_get(h, EDO_HEADER_ACCEPT).ptr != NULL;
    int err = has_accept ? 0 : edo_headers_set(h, EDO_HEADER_ACCEPT, EDO_STR("")); // add none
    return err < 0 ? err : edo_headers_append(h, EDO_HEADER_VIA, edo_str_of(p->via));
}

/* The response's fields are lent to ours: its head is sent here, before it ends. */
static int pass_back(const proxy *p, edo_response *res, edo_http_response *got) {
    edo_stream *out = NULL;
    remove_hop_by_hop(&got->headers);
    int err = edo_headers_append(&got->headers, EDO_HEADER_VIA, edo_str_of(p->via));
    res->status = got->status;
    for (size_t i = 0; err == 0 && i < edo_headers_count(&got->headers); i++)
        err = edo_headers_add(&res->headers, edo_headers_at(&got->headers, i));
    if (err == 0) err = edo_response_stream(res, &out, got->length);
    return err < 0 ? err : edo_copy(out, got->body, NULL);
}

static int forward(const proxy *p, edo_request *req, edo_response *res) {
    edo_http_response *got;
    if (is_loop(p, &req->headers))
        return edo_response_text(res, EDO_STATUS_LOOP_DETECTED, EDO_STR("a loop\n"));
    int err = change_fields(p, &req->headers);
    if (err < 0) return err;
    const edo_http_request ask = { .method = req->method,
                                   .method_name = req->method_name,
                                   .url = req->target,
                                   .headers = &req->headers,
                                   .body = req->length != 0 ? edo_request_body(req) : NULL,
                                   .length = req->length };
    err = edo_http_client_send(p->client, &got, &ask);
    if (err < 0) return reply_failure(res, err);
    err = pass_back(p, res, got);
    edo_http_response_free(got);
    return err;
}

/* ---- https: a tunnel ------------------------------------------------------------------------- */

/* The address is looked at, not the name, which may have another one in a moment. */
static int connect_allowed(edo_stream **out, const proxy *p, const edo_uri *to, const char *text) {
    edo_addr all[8];
    if (!p->is_private && edo_uri_port(to) != 443) return -EACCES;
    int n = edo_resolve(all, EDO_COUNT(all), text), err = n < 0 ? n : -EACCES;
    for (int i = 0; i < n; i++) {
        if (!p->is_private && !edo_addr_is_public(&all[i])) continue;
        err = edo_tcp_connect_addr(out, &all[i], NULL);
        if (err == 0 || err == -ECANCELED) break;
    }
    return err;
}

static int open_tunnel(edo_stream **out, const proxy *p, const edo_uri *to, const char *text) {
    EDO_DEADLINE(d, CONNECT_MAX);
    int err = edo_deadline_end(&d, connect_allowed(out, p, to, text));
    if (err < 0) return err;
    err = edo_stream_timeouts(out, *out, &(edo_stream_timeouts_opts){ .idle = IDLE_MAX });
    if (err < 0) edo_close(*out);
    return err;
}

static int tunnel(const proxy *p, edo_request *req, edo_response *res, const edo_uri *to) {
    edo_stream *client, *server = NULL;
    const char *text = edo_arena_copy(req->arena, req->target.ptr, req->target.len);
    int err = text ? open_tunnel(&server, p, to, text) : -ENOMEM;
    if (err < 0) return err == -ECANCELED ? err : reply_failure(res, err);
    err = edo_upgrade(req, res, &client); // 200
    if (err == 0) err = edo_copy_both(client, server, NULL);
    edo_close(server);
    return err;
}

/* ---- Both ------------------------------------------------------------------------------------ */

static int serve(edo_request *req, edo_response *res, void *arg) {
    const proxy *p = arg;
    edo_uri to;
    int err = edo_uri_parse_target(&to, req->method, req->target);
    if (err < 0) return reply_failure(res, -EINVAL);
    if (req->method == EDO_METHOD_CONNECT) return tunnel(p, req, res, &to);
    return edo_str_equal(to.scheme, EDO_STR("http")) ? forward(p, req, res)
                                                     : reply_failure(res, -EINVAL);
}

static int root(void *arg) {
    proxy *p = arg;
    char id[EDO_UUID_BYTES];
    (void)snprintf(p->via, sizeof p->via, "1.1 %s", edo_uuid(id));
    // It changes no more than a proxy may: redirects and codings are the client's matter.
    const edo_http_client_opts opts = { .allow = p->is_private ? NULL : edo_http_allow_public,
                                        .proxy = "",
                                        .user_agent = "",
                                        .redirects_max = EDO_HTTP_NO_REDIRECTS,
                                        .no_decode = true,
                                        .connect_timeout = CONNECT_MAX,
                                        .timeout = EDO_OFF,
                                        .read_timeout = IDLE_MAX };
    int err = edo_http_client_new(&p->client, &opts);
    if (err < 0) return err;
    err = edo_http_serve(serve, p,
                         &(edo_http_server_opts){ .listen = p->address,
                                                  .announce = true,
                                                  .preserve_case = true,
                                                  .drain_max = DRAIN_MAX });
    if (err != -ETIMEDOUT) edo_http_client_unref(p->client); // else a handler may use it still
    return err;
}

int main(int argc, char **argv) {
    static proxy p;
    p.is_private = argc == 3 && strcmp(argv[2], "--private") == 0;
    if (argc != 2 && !p.is_private) return 2;
    p.address = argv[1];
    return edo_main(root, &p);
}
