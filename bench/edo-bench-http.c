/* SPDX-License-Identifier: MIT */
/* edo-bench-http [-t threads] [--mt] [--header-timeout S] [--proxy-protocol] HOST:PORT: an HTTP
 * server, until SIGTERM. With --proxy-protocol each connection has to begin with a PROXY header.
 *
 *     GET /           "Hello, World!"
 *     GET /user/ID    ID
 *     POST /user      the body, as application/json
 *     POST /echo      the body, streamed
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
#include <edo/ws.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

#define BACKLOG   4096
#define DRAIN_S   3 /* at the end, for clients that stall */
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

static int echo_messages(edo_request *req, edo_response *res) {
    static const edo_ws_handler echo_all = { .on_message = say_again };
    static const edo_ws_opts opts = { .any_origin = true, .deflate = true };
    return edo_ws_handle_request(req, res, &echo_all, NULL, &opts);
}

static int serve_request(edo_request *req, edo_response *res, void *arg) {
    edo_str target = req->target;
    if (req->method == EDO_METHOD_GET || req->method == EDO_METHOD_HEAD) {
        edo_str prefix = EDO_STR("/user/");
        if (target.len == 1 && target.ptr[0] == '/')
            return edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
        if (starts_with(target, prefix) && target.len > prefix.len)
            return edo_response_text(res, EDO_STATUS_OK,
                                     (edo_str){ target.ptr + prefix.len, target.len - prefix.len });
        if (edo_str_equal(target, EDO_STR("/" FILE_NAME))) return file(res, arg);
        if (edo_str_equal(target, EDO_STR("/ws"))) return echo_messages(req, res);
    } else if (req->method == EDO_METHOD_POST) {
        if (edo_str_equal(target, EDO_STR("/user"))) return user(req, res);
        if (edo_str_equal(target, EDO_STR("/echo"))) return echo(req, res);
    }
    return edo_response_text(res, EDO_STATUS_NOT_FOUND, EDO_STR("Not Found"));
}

/* ---- The program ----------------------------------------------------------------------------- */

typedef struct options {
    const char *address;
    bool mt;
    uint32_t threads;
    double header_timeout_s;
    bool proxy_protocol; /* connections begin with a PROXY header */
} options;

static int serve(void *arg) {
    const options *o = arg;
    edo_listener *l;
    edo_file_cache *files;
    int err = edo_file_cache_new(&files, NULL);
    if (err < 0) return err;
    err = edo_tcp_listen(&l, o->address, &(edo_tcp_opts){ .backlog = BACKLOG });
    if (err < 0) {
        edo_file_cache_unref(files);
        return edo_fail(err, "listening on %s", o->address);
    }
    err = edo_http_serve(
        serve_request, files,
        &(edo_http_server_opts){
            .listeners = &l,
            .listeners_n = 1,
            .header_timeout = edo_ms((int64_t)(o->header_timeout_s * 1000)),
            .drain_max = edo_s(DRAIN_S),
            .proxy = o->proxy_protocol ? EDO_HTTP_PROXY_REQUIRED : EDO_HTTP_PROXY_OFF,
            .cancel_max = edo_s(1),
        });
    edo_listener_close(l);
    edo_file_cache_unref(files);
    return err == -ETIMEDOUT ? 0 : err; // a client that stalls is no failure of the server
}

static EDOI_NORETURN void usage(void) {
    (void)fputs("usage: edo-bench-http [-t threads] [--mt] [--header-timeout S] [--proxy-protocol] "
                "HOST:PORT\n",
                stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    (void)argc;
    options o = { 0 };
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "--mt")) {
            o.mt = true;
        } else if (!strcmp(*at, "-t") && at[1]) {
            o.threads = (uint32_t)strtoul(*++at, NULL, 10);
            if (o.threads == 0) usage();
        } else if (!strcmp(*at, "--proxy-protocol")) {
            o.proxy_protocol = true;
        } else if (!strcmp(*at, "--header-timeout") && at[1]) {
            o.header_timeout_s = strtod(*++at, NULL);
            if (!(o.header_timeout_s > 0)) usage();
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
