/* SPDX-License-Identifier: MIT */
/* edo-bench-ws [-t threads] [--header-timeout S] HOST:PORT: a server of WebSockets, until SIGTERM.
 *
 *     GET /ws         a WebSocket: each message comes back; above 16 MiB the close is 1009
 *     GET /fan        a WebSocket: each message goes to all that have come here
 *     GET /user/ID    ID
 *
 * Question: what does a message cost, to one and to many, and a socket that is silent?
 * Guards: no buffer and no stack for an idle socket, one encoding for many. */
#include <edo/edo.h>
#include <edo/web.h>
#include <edo/ws.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_USAGE = 2 };

#define BACKLOG    4096
#define DRAIN_S    3 /* at the end, for clients that stall */
#define ROOM_FIRST 64

/* ---- Echoes ---------------------------------------------------------------------------------- */

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

static int join_fan(edo_web *w) {
    static const edo_ws_handler all = { .on_open = enter_room,
                                        .on_message = say_to_all,
                                        .on_close = leave_room };
    static const edo_ws_opts opts = { .any_origin = true };
    return edo_ws_handle(w, &all, NULL, &opts);
}

/* ---- The program ----------------------------------------------------------------------------- */

typedef struct user_path {
    edo_str id;
} user_path;
EDO_DESCRIBE(user_path, EDO_FIELD(user_path, id))

static int user(edo_web *w) {
    user_path path;
    int err = edo_web_params(w, &path, &user_path_desc);
    return err < 0 ? err : edo_web_reply_bytes(w, EDO_STATUS_OK, "text/plain", path.id);
}

typedef struct options {
    const char *address;
    uint32_t threads;
    double header_timeout_s;
} options;

static int serve(void *arg) {
    const options *o = arg;
    edo_listener *l;
    int err = edo_tcp_listen(&l, o->address, &(edo_tcp_opts){ .backlog = BACKLOG });
    if (err < 0) return err;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/ws", echo_messages);
    edo_router_get(r, "/fan", join_fan);
    edo_router_get(r, "/user/{id}", user);
    const edo_http_server_opts http = { .listeners = &l,
                                        .listeners_n = 1,
                                        .header_timeout =
                                            edo_ms((int64_t)(o->header_timeout_s * 1000)),
                                        .drain_max = edo_s(DRAIN_S),
                                        .cancel_max = edo_s(1) };
    err = edo_web_serve(r, &(edo_web_opts){ .http = &http });
    edo_listener_close(l);
    free(room.sockets);
    return err == -ETIMEDOUT ? 0 : err; // a client that stalls is no failure of the server
}

static EDOI_NORETURN void usage(void) {
    (void)fputs("usage: edo-bench-ws [-t threads] [--header-timeout S] HOST:PORT\n", stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    (void)argc;
    options o = { .address = NULL };
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "-t") && at[1]) {
            o.threads = (uint32_t)strtoul(*++at, NULL, 10);
            if (o.threads == 0) usage();
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
    const edo_runtime_opts opts = { .flavor =
                                        o.threads != 1 ? EDO_RUNTIME_MULTI : EDO_RUNTIME_CURRENT,
                                    .workers = o.threads > 1 ? o.threads : 1 };
    return edo_main_with(serve, &o, &opts);
}
