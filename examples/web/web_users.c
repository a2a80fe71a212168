/* SPDX-License-Identifier: MIT */
/* web_users.c: a service: a JSON API with checked input, a middleware, a WebSocket, an orderly end.
 *
 *     web_users [HOST:PORT]
 *     curl -d '{"name":"Ann","email":"ann@x.org"}' -H 'content-type: application/json' \
 *         http://127.0.0.1:8080/users
 *     curl http://127.0.0.1:8080/users/1 */
#include <edo/edo.h>
#include <edo/layers.h>
#include <edo/uuid.h>
#include <edo/ws.h>

#include <inttypes.h>

#define USERS_MAX 1000

typedef struct user {
    int64_t id;
    char name[65], email[65];
} user;
EDO_DESCRIBE(user, EDO_FIELD(user, id, .optional = true, .doc = "given by the server"),
             EDO_FIELD(user, name, .min_len = 1), EDO_FIELD(user, email, .optional = true))

typedef struct users {
    edo_mutex mutex;
    user all[USERS_MAX];
    int64_t n;
} users;

static int create_user(edo_web *w) {
    users *us = edo_web_state(w);
    user u;
    int err = edo_web_json(w, &u, &user_desc); // on failure a response has been made
    if (err == 0) err = edo_mutex_lock(&us->mutex);
    if (err < 0) return err;
    bool has_room = us->n < USERS_MAX;
    u.id = us->n + 1;
    if (has_room) us->all[us->n++] = u;
    edo_mutex_unlock(&us->mutex);
    if (!has_room) return edo_web_reply_problem(w, EDO_STATUS_INSUFFICIENT_STORAGE, "no room");
    return edo_web_reply_json(w, EDO_STATUS_CREATED, &u, &user_desc);
}

typedef struct user_key {
    int64_t id;
} user_key;
EDO_DESCRIBE(user_key, EDO_FIELD(user_key, id, .min = 1))

static int get_user(edo_web *w) {
    users *us = edo_web_state(w);
    user_key key;
    int err = edo_web_params(w, &key, &user_key_desc);
    if (err == 0) err = edo_mutex_lock(&us->mutex);
    if (err < 0) return err;
    user u = { 0 };
    if (key.id <= us->n) u = us->all[key.id - 1];
    edo_mutex_unlock(&us->mutex);
    if (u.id == 0)
        return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no user %" PRId64, key.id);
    return edo_web_reply_json(w, EDO_STATUS_OK, &u, &user_desc);
}

static int echo(edo_web *w) {
    edo_ws *ws;
    edo_ws_message m;
    int err = edo_ws_upgrade(&ws, w, NULL);
    while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int with_request_id(edo_web *w, edo_next *next) {
    char id[EDO_UUID_BYTES];
    edo_web_set_header(w, "x-request-id", edo_uuid(id));
    return edo_next_call(next, w);
}

static int app(void *arg) {
    static users us = { .mutex = EDO_MUTEX_INIT };
    edo_router *r = edo_router_new();
    edo_router_post(r, "/users", create_user);
    edo_router_get(r, "/users/{id}", get_user);
    edo_router_wrap(r, edo_timeout_layer(edo_s(5))); // around the two above
    edo_router_get(r, "/echo", echo);
    edo_router_wrap(r, edo_web_around(with_request_id));
    // Returns on SIGTERM, once what was begun is finished.
    return edo_web_serve(r, &(edo_web_opts){ .listen = arg, .state = &us, .announce = true });
}

int main(int argc, char **argv) {
    static char usual[] = "127.0.0.1:8080";
    return edo_main(app, argc > 1 ? argv[1] : usual);
}
