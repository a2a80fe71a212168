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
 *     GET /fan        a WebSocket: each message goes to all that have come here
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
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

#define BACKLOG    4096
#define DRAIN_S    3 /* at the end, for clients that stall */
#define USER_MAX   (1u << 20)
#define FILE_NAME  "16k.bin"
#define ROOM_FIRST 64

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
    static const edo_ws_opts opts = { .any_origin = true,
                                      .deflate = true,
                                      .deflate_ratio_max = UINT16_MAX }; // any echo
    return edo_ws_handle_request(req, res, &echo_all, NULL, &opts);
}

/* ---- Fan-out --------------------------------------------------------------------------------- */

static struct {
    pthread_mutex_t lock;
    edo_ws **sockets; /* counted */
    size_t n, cap;
} room = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int enter_room(edo_ws *ws) {
    int err = 0;
    pthread_mutex_lock(&room.lock);
    if (room.n == room.cap) {
        size_t cap = room.cap > 0 ? 2 * room.cap : ROOM_FIRST;
        edo_ws **larger = realloc(room.sockets, cap * sizeof(edo_ws *));
        if (larger) {
            room.sockets = larger;
            room.cap = cap;
        } else {
            err = -ENOMEM;
        }
    }
    if (err == 0) room.sockets[room.n++] = edo_ws_ref(ws);
    pthread_mutex_unlock(&room.lock);
    return err;
}

static void leave_room(edo_ws *ws) {
    pthread_mutex_lock(&room.lock);
    for (size_t i = 0; i < room.n; i++) {
        if (room.sockets[i] != ws) continue;
        room.sockets[i] = room.sockets[--room.n];
        edo_ws_unref(ws);
        break;
    }
    pthread_mutex_unlock(&room.lock);
}

static int say_to_all(edo_ws *ws, const edo_ws_message *m) {
    edo_ws_frame *f;
    (void)ws;
    int err = edo_ws_frame_new(&f, m);
    if (err < 0) return err;
    pthread_mutex_lock(&room.lock);
    (void)edo_ws_broadcast(room.sockets, room.n, f);
    pthread_mutex_unlock(&room.lock);
    edo_ws_frame_unref(f);
    return 0;
}

static int join_fan(edo_request *req, edo_response *res) {
    static const edo_ws_handler all = { .on_open = enter_room,
                                        .on_message = say_to_all,
                                        .on_close = leave_room };
    static const edo_ws_opts opts = { .any_origin = true };
    return edo_ws_handle_request(req, res, &all, NULL, &opts);
}

/* ---- All of them ----------------------------------------------------------------------------- */

/* A target without its query. */
static edo_str path_of(edo_str target) {
    const char *mark = memchr(target.ptr, '?', target.len);
    return (edo_str){ target.ptr, mark ? (size_t)(mark - target.ptr) : target.len };
}

static int serve_request(edo_request *req, edo_response *res, void *arg) {
    edo_str path = path_of(req->target);
    if (req->method == EDO_METHOD_GET || req->method == EDO_METHOD_HEAD) {
        edo_str prefix = EDO_STR("/user/");
        if (path.len == 1 && path.ptr[0] == '/')
            return edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!"));
        if (starts_with(path, prefix) && path.len > prefix.len)
            return edo_response_text(res, EDO_STATUS_OK,
                                     (edo_str){ path.ptr + prefix.len, path.len - prefix.len });
        if (edo_str_equal(path, EDO_STR("/" FILE_NAME))) return file(res, arg);
        if (edo_str_equal(path, EDO_STR("/ws"))) return echo_messages(req, res);
        if (edo_str_equal(path, EDO_STR("/fan"))) return join_fan(req, res);
    } else if (req->method == EDO_METHOD_POST) {
        if (edo_str_equal(path, EDO_STR("/user"))) return user(req, res);
        if (edo_str_equal(path, EDO_STR("/echo"))) return echo(req, res);
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
    free(room.sockets);
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
