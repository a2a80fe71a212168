/* SPDX-License-Identifier: MIT */
/* edo-bench-http [-t threads] [--mt] [--header-timeout S] [--drain-max S] [--proxy-protocol]
 * [--tls-cert F --tls-key F] [--tls-alpn NAMES] [--handshake-max S] HOST:PORT: an HTTP server,
 * until SIGTERM. SIGHUP reads the pair for TLS again; --tls-alpn "h2,http/1.1" offers HTTP/2 there.
 * With --proxy-protocol each connection has to begin with a PROXY header. If handlers had to be
 * cancelled at the end, it says so.
 *
 *     GET /           "Hello, World!"
 *     GET /user/ID    ID
 *     POST /user      the body, as application/json
 *     POST /echo      the body, streamed
 *     POST /sink      nothing; the body is read
 *     GET /16k.bin    the file of that name in the directory $WWW
 *     GET /ws         a WebSocket: each message comes back; above 16 MiB the close is 1009
 *
 * HEAD is as GET; everything else is 404.
 *
 * Question: what does edo's HTTP/1.1 add to the system calls of a raw loop?
 * Guards: no allocation per request, no buffer and no stack for an idle connection. */
#include <edo/copy.h>
#include <edo/edo.h>
#include <edo/http_server.h>
#include <edo/signal.h>
#include <edo/tls.h>
#include <edo/ws.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

#define BACKLOG   4096
#define DRAIN_S   3 /* at the end, for clients that stall; --drain-max */
#define USER_MAX  (1u << 20)
#define FILE_NAME "16k.bin"

/* ---- Routes ---------------------------------------------------------------------------------- */

static bool starts_with(edo_str s, edo_str begin) {
    return s.len >= begin.len && memcmp(s.ptr, begin.ptr, begin.len) == 0;
}

static int user(edo_request *req, edo_response *res) {
    edo_str json;
    int err = edo_request_collect(req, &json, USER_MAX);
    if (err < 0) return err;
    return edo_response_data(res, EDO_STATUS_OK, EDO_STR("application/json"), json);
}

static int echo(edo_request *req, edo_response *res) {
    edo_stream *out;
    int err = edo_response_stream(res, &out, req->length);
    if (err < 0) return err;
    return edo_copy(out, edo_request_body(req), NULL);
}

static int sink(edo_request *req, edo_response *res) {
    edo_stream *body = edo_request_body(req);
    char piece[16384];
    int n;
    while ((n = edo_read(body, piece, sizeof piece)) > 0) {
    }
    return n < 0 ? n : edo_response_text(res, EDO_STATUS_OK, EDO_STR(""));
}

static int file(edo_response *res, edo_file_cache *files) {
    const char *www = getenv("WWW");
    char path[4096];
    int err = -ENOENT;
    if (www && (size_t)snprintf(path, sizeof path, "%s/" FILE_NAME, www) < sizeof path)
        err = edo_response_cached_file(res, EDO_STR("application/octet-stream"), files, path);
    return err == -ENOENT ? edo_response_text(res, EDO_STATUS_NOT_FOUND, EDO_STR("Not Found"))
                          : err;
}

static int say_again(edo_ws *ws, const edo_ws_message *m) {
    return edo_ws_send(ws, m);
}

static int echo_messages(edo_web *w) {
    static const edo_ws_handler echo_all = { .on_message = say_again };
    static const edo_ws_opts opts = { .any_origin = true,
                                      .deflate = true,
                                      .deflate_ratio_max = UINT16_MAX }; // any echo
    return edo_ws_handle(w, &echo_all, NULL, &opts);
}

/* ---- All of them ----------------------------------------------------------------------------- */

/* What handlers share; const. */
typedef struct shared {
    edo_file_cache *files;
    edo_router *sockets; /* has the one route /ws */
} shared;

/* A target without its query. */
static edo_str path_of(edo_str target) {
    const char *mark = memchr(target.ptr, '?', target.len);
    return (edo_str){ target.ptr, mark ? (size_t)(mark - target.ptr) : target.len };
}

static int serve_request(edo_request *req, edo_response *res, void *arg) {
    const shared *s = arg;
    edo_str path = path_of(req->target);
    if (req->method == EDO_METHOD_GET || req->method == EDO_METHOD_HEAD) {
        edo_str prefix = EDO_STR("/user/");
        if (path.len == 1 && path.ptr[0] == '/')
            return edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
        if (starts_with(path, prefix) && path.len > prefix.len)
            return edo_response_text(res, EDO_STATUS_OK,
                                     (edo_str){ path.ptr + prefix.len, path.len - prefix.len });
        if (edo_str_equal(path, EDO_STR("/" FILE_NAME))) return file(res, s->files);
        if (edo_str_equal(path, EDO_STR("/ws")))
            return edo_router_handle(s->sockets, req, res, NULL);
    } else if (req->method == EDO_METHOD_POST) {
        if (edo_str_equal(path, EDO_STR("/user"))) return user(req, res);
        if (edo_str_equal(path, EDO_STR("/echo"))) return echo(req, res);
        if (edo_str_equal(path, EDO_STR("/sink"))) return sink(req, res);
    }
    return edo_response_text(res, EDO_STATUS_NOT_FOUND, EDO_STR("Not Found"));
}

/* ---- The program ----------------------------------------------------------------------------- */

typedef struct options {
    const char *address;
    bool mt;
    uint32_t threads;
    double header_timeout_s;
    double drain_max_s;
    bool proxy_protocol; /* connections begin with a PROXY header */
    const char *tls_cert, *tls_key, *tls_alpn;
    double handshake_s; /* limit of a handshake; 0: as usual */
} options;

#ifdef EDOI_HAVE_TLS
static int reload_on_hup(void *tls) {
    edo_signal *hup;
    int err = edo_signal_listen(&hup, SIGHUP);
    while (err >= 0 && (err = edo_signal_recv(hup)) == 0) {
        int failed = edo_tls_server_reload(tls);
        if (failed < 0) edo_trail_print(stderr, failed, EDO_TRAIL_LINE); // the old pair goes on
    }
    edo_signal_close(hup);
    edo_tls_server_unref(tls);
    return err;
}

static int open_tls(edo_tls_server **tls, const options *o) {
    const edo_tls_server_opts opts = { .cert = o->tls_cert,
                                       .key = o->tls_key,
                                       .alpn = o->tls_alpn ? o->tls_alpn : "http/1.1",
                                       .handshake = edo_ms((int64_t)(o->handshake_s * 1e3)) };
    int err = edo_tls_server_new(tls, &opts);
    return err < 0 ? err : edo_spawn_detached(reload_on_hup, edo_tls_server_ref(*tls));
}

static void close_tls(edo_tls_server *tls) {
    edo_tls_server_unref(tls);
}
#else
static int open_tls(edo_tls_server **tls, const options *o) {
    (void)tls, (void)o;
    return edo_fail(-ENOTSUP, "this program was built without TLS");
}

static void close_tls(edo_tls_server *tls) {
    (void)tls;
}
#endif

static int open_shared(shared *s) {
    s->sockets = edo_router_new();
    edo_router_get(s->sockets, "/ws", echo_messages);
    int err = edo_router_build(s->sockets);
    return err < 0 ? err : edo_file_cache_new(&s->files, NULL);
}

/* Called when no handler can run any more. */
static void close_shared(shared *s) {
    edo_file_cache_unref(s->files);
    edo_router_free(s->sockets);
}

static int serve_at(const options *o, shared *s, edo_tls_server *tls) {
    edo_listener *l;
    int err = edo_tcp_listen(&l, o->address, &(edo_tcp_opts){ .backlog = BACKLOG });
    if (err < 0) return err;
    err = edo_http_serve(
        serve_request, s,
        &(edo_http_server_opts){
            .listeners = &l,
            .listeners_n = 1,
            .header_timeout = edo_ms((int64_t)(o->header_timeout_s * 1000)),
            .drain_max = edo_ms((int64_t)(o->drain_max_s * 1000)),
            .proxy = o->proxy_protocol ? EDO_HTTP_PROXY_REQUIRED : EDO_HTTP_PROXY_OFF,
            .cancel_max = edo_s(1),
            .tls = tls,
        });
    edo_listener_close(l);
    return err;
}

static int serve(void *arg) {
    static shared s; // static: a handler that does not end may use it until the process does
    const options *o = arg;
    edo_tls_server *tls = NULL;
    int err = o->tls_cert ? open_tls(&tls, o) : 0;
    if (err == 0) err = open_shared(&s);
    if (err == 0) err = serve_at(o, &s, tls);
    close_tls(tls);
    if (err != -ETIMEDOUT) {
        close_shared(&s);
        return err;
    }
    (void)fputs("the end has cancelled handlers\n", stderr);
    return 0; // a client that stalls is no failure of the server
}

static EDOI_NORETURN void usage(void) {
    (void)fputs("usage: edo-bench-http [-t threads] [--mt] [--header-timeout S] [--drain-max S] "
                "[--proxy-protocol] [--tls-cert F --tls-key F] [--tls-alpn NAMES] "
                "[--handshake-max S] HOST:PORT\n",
                stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    (void)argc;
    options o = { .drain_max_s = DRAIN_S };
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "--mt")) {
            o.mt = true;
        } else if (!strcmp(*at, "-t") && at[1]) {
            o.threads = (uint32_t)strtoul(*++at, NULL, 10);
            if (o.threads == 0) usage();
        } else if (!strcmp(*at, "--proxy-protocol")) {
            o.proxy_protocol = true;
        } else if (!strcmp(*at, "--tls-cert") && at[1]) {
            o.tls_cert = *++at;
        } else if (!strcmp(*at, "--tls-key") && at[1]) {
            o.tls_key = *++at;
        } else if (!strcmp(*at, "--tls-alpn") && at[1]) {
            o.tls_alpn = *++at;
        } else if (!strcmp(*at, "--handshake-max") && at[1]) {
            o.handshake_s = strtod(*++at, NULL);
            if (!(o.handshake_s > 0)) usage();
        } else if (!strcmp(*at, "--header-timeout") && at[1]) {
            o.header_timeout_s = strtod(*++at, NULL);
            if (!(o.header_timeout_s > 0)) usage();
        } else if (!strcmp(*at, "--drain-max") && at[1]) {
            o.drain_max_s = strtod(*++at, NULL);
            if (!(o.drain_max_s > 0)) usage();
        } else if ((*at)[0] == '-' || o.address) {
            usage();
        } else {
            o.address = *at;
        }
    }
    if (!o.address) usage();
    bool multi = o.threads != 1 || o.mt;
    const edo_runtime_opts opts = { .flavor = multi ? EDO_RUNTIME_MULTI : EDO_RUNTIME_CURRENT,
                                    .workers = o.threads > 1 ? o.threads : 1 };
    return edo_main_with(serve, &o, &opts);
}
