/* SPDX-License-Identifier: MIT */
/* server.c: see server.h. Clients are children of one scope, so none outlives the server. They live
 * long, so each is placed on the worker that has the fewest. */
#include "client.h"

#include <edo/net.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/stats.h>
#include <edo/trace.h>

#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>

#define CLIENTS_WANTED     10000
#define DESCRIPTORS_OTHER  32 /* that are neither clients nor a worker's */
#define DESCRIPTORS_WORKER 2  /* of each worker */

static const edo_duration last_orders_max = EDO_S(2);

/* How many clients the descriptor limit allows; edo_main() has raised it as far as it could. */
static uint64_t clients_max(void) {
    struct rlimit limit;
    edo_runtime_stats now = { .w_max = 0 };
    edo_runtime_get_stats(edo_runtime_current(), &now);
    uint64_t other = DESCRIPTORS_OTHER + DESCRIPTORS_WORKER * (uint64_t)now.workers;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= EDO_SEM_PERMITS_MAX)
        return EDO_SEM_PERMITS_MAX;
    uint64_t most = limit.rlim_cur > other ? limit.rlim_cur - other : 1;
    if (most < CLIENTS_WANTED) {
        fprintf(stderr,
                "edo-chat: the descriptor limit of %llu is low: at most %llu clients at once. "
                "Raise the hard limit (ulimit -Hn).\n",
                (unsigned long long)limit.rlim_cur, (unsigned long long)most);
    }
    return most;
}

static void turn_away(edo_stream *peer) {
    static const char full[] = "* error: the server is full\n";
    if (edo_try_write(peer, full, sizeof full - 1) < 0) edo_debug("it could not be told");
    edo_close(peer);
}

static void welcome(server *self, edo_scope *clients, edo_stream *peer) {
    bool has_place = edo_sem_try_acquire(&self->places, 1) == 0;
    if (!has_place && !self->is_full) edo_warn("clients are turned away: too few descriptors");
    self->is_full = !has_place; // said once, until there is a place again
    client *c = has_place ? client_new(self, peer) : NULL;
    if (!c) {
        turn_away(peer);
        if (has_place) edo_sem_release(&self->places, 1);
        return;
    }
    edo_tracker_add(&self->talking);
    if (edo_scope_spawn(clients, client_run, c) == 0) return;
    edo_tracker_done(&self->talking);
    client_free(c);
}

/* What clients have already sent is heard, and everybody is shown what was said. The signal has
 * cancelled this task. */
static void last_orders(server *self) {
    edo_shield sh = edo_shield_begin(last_orders_max);
    edo_cancel(self->last_orders, EDO_CANCEL_SIGNAL);
    edo_tracker_close(&self->talking);
    (void)edo_tracker_wait(&self->talking);
    edo_shield_end(&sh);
}

/* The line that whoever started the server waits for. */
static int say_where(edo_listener *l) {
    edo_addr addr;
    char text[EDO_ADDR_TEXT_MAX];
    int err = edo_listener_addr(l, &addr);
    if (err >= 0) err = edo_addr_print(&addr, text, sizeof text);
    if (err >= 0 && (printf("listening on %s\n", text) < 0 || fflush(stdout) != 0)) err = -EIO;
    return edo_fail(err, "saying where it listens");
}

static int serve(server *self) {
    const char *address = self->options->address;
    edo_listener *l;
    int err = edo_tcp_listen(&l, address, NULL);
    if (err == -EINVAL) {
        fprintf(stderr, "edo-chat: --tcp wants HOST:PORT, not %s\n", address);
        return 2;
    }
    if (err < 0) return edo_fail(err, "listening on %s", address);
    self->places = (edo_sem)EDO_SEM_INIT(clients_max());
    err = say_where(l);

    edo_scope clients;
    edo_scope_begin(&clients, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL, .spread = true });
    for (edo_stream *peer; err >= 0 && (err = edo_accept(l, &peer)) == 0;)
        welcome(self, &clients, peer);
    edo_listener_close(l);
    edo_info("stopping");
    last_orders(self);
    edo_scope_cancel(&clients);
    (void)edo_scope_end(&clients);
    edo_info("stopped");
    return err;
}

int server_run(void *arg) {
    server self = { .options = arg };
    int err = directory_init(&self.directory, self.options->history, self.storage);
    if (err < 0) return edo_fail(err, "starting the server");
    err = edo_cancel_new(&self.last_orders);
    if (err >= 0) err = serve(&self);
    edo_cancel_unref(self.last_orders);
    directory_deinit(&self.directory);
    return err;
}
