/* SPDX-License-Identifier: MIT */
/* acceptor.c: see acceptor.h. Clients are children of their door's scope, so none outlives the
 * server. They live long, so each is placed on the worker that has the fewest. */
#include "line/acceptor.h"

#include "fault.h"
#include "line/client.h"
#include "line/origin.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

static const edo_duration part_slack = EDO_MS(500); /* beside what is bounded one by one */

int acceptor_listen(edo_listener **out, const char *address) {
    const edo_tcp_opts opts = { .send_buffer = CHAT_SEND_BUFFER, .user_timeout = CHAT_UNREAD_MAX };
    *out = NULL;
    if (strcmp(address, "none") == 0) return 0;
    int err = edo_tcp_listen(out, address, &opts);
    if (err < 0) edo_trail_clear(); // it names the address, too
    return edo_fail(err, "listening on %s: %s", address, fault_of_address(err));
}

/* Returns 0, or why there is no place for the client: see ticket_take(), origin_count(). One that
 * comes through a proxy is counted later, when that has told its address. */
static int acceptor_take_place(server *at, edo_stream *peer, ticket *out) {
    edo_addr from;
    int err = ticket_take(out, at, PLACE_TERMINAL, NULL);
    if (err < 0 || edo_stream_peer_addr(peer, &from) < 0) return err; // it has gone
    out->is_proxys = origin_is_proxy(at->options, &from);
    if (!out->is_proxys) err = origin_count(out, &from);
    if (err < 0) ticket_return(out);
    return err;
}

static void turn_away(edo_stream *peer, int why) {
    client_turn_away(peer, why);
    edo_close(peer);
}

/* Where terminals come, in one way. */
typedef struct door {
    server *server;
    edo_listener *listener;
    struct edo_tls_server *tls; /* NULL: clear text */
    bool is_full;               /* the last client found no place */
} door;

static void welcome(door *way, edo_scope *clients, edo_stream *peer) {
    server *self = way->server;
    ticket at;
    int err = acceptor_take_place(self, peer, &at);
    if (err == -EMFILE && !way->is_full) edo_warn("clients are turned away: too few descriptors");
    way->is_full = err == -EMFILE; // said once, until there is a place again
    client *c = err < 0 ? NULL : client_new(&at, peer, way->tls);
    if (!c) {
        if (err == 0) ticket_return(&at);
        turn_away(peer, err);
        return;
    }
    edo_tracker_add(&self->talking);
    if (edo_scope_spawn(clients, client_run, c) == 0) return;
    edo_tracker_done(&self->talking);
    client_free(c);
}

edo_duration acceptor_end_max(const server *self) {
    return edo_ns(ACCEPTOR_DRAIN_MAX.ns + CLIENT_FAREWELL_MAX.ns + server_end_max(self).ns +
                  part_slack.ns);
}

void acceptor_drain(server *self) {
    EDO_SHIELD(sh, ACCEPTOR_DRAIN_MAX);
    edo_cancel(self->draining, EDO_CANCEL_SIGNAL);
    edo_tracker_close(&self->talking);
    (void)edo_tracker_wait(&self->talking);
    directory_give_up_away(&self->directory);
}

/* The next one who comes; nobody comes any more when clients are sent to other servers. */
static int door_accept(door *self, edo_stream **peer) {
    EDO_CANCEL(b, self->server->leavers.begun);
    return edo_cancel_end(&b, edo_accept(self->listener, peer));
}

/* Serves the clients of a door, `arg`, until this task is cancelled; a task's function. */
static int serve_door(void *arg) {
    door *self = arg;
    EDO_SCOPE(clients, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL, .spread = true });
    int err = 0;
    for (edo_stream *peer; (err = door_accept(self, &peer)) == 0;) welcome(self, &clients, peer);
    edo_listener_close(self->listener);
    if (err == -ECANCELED) err = edo_sleep(edo_ns(EDO_FOREVER_NS)); // until this task is
    acceptor_drain(self->server);
    return err;
}

/* One that cannot be served any more is closed. */
static void door_open(edo_scope *doors, door *way) {
    if (way->listener && edo_scope_spawn(doors, serve_door, way) < 0)
        edo_listener_close(way->listener);
}

/* A server without terminals ends as one with them, in the same steps. */
static int await_end(server *self) {
    int err = edo_sleep(edo_ns(EDO_FOREVER_NS));
    acceptor_drain(self);
    return err;
}

int acceptor_run(void *arg) {
    server *self = arg;
    if (!self->lines_at && !self->secure_at) return await_end(self);
    door clear = { .server = self, .listener = self->lines_at };
    door secure = { .server = self, .listener = self->secure_at, .tls = self->tls };
    self->lines_at = self->secure_at = NULL; // the doors' now
    EDO_SCOPE(both, NULL);
    door_open(&both, &clear);
    door_open(&both, &secure);
    return edo_scope_end(&both, 0);
}
