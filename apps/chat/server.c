/* SPDX-License-Identifier: MIT */
/* server.c: see server.h. Clients are children of one scope, so none outlives the server. They live
 * long, so each is placed on the worker that has the fewest. */
#include "client.h"
#include "web.h"

#include <edo/net.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/stats.h>
#include <edo/trace.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* The lines that whoever started the server waits for. */
static int say_where(edo_listener *l, const char *before, const char *behind) {
    edo_addr addr;
    char text[EDO_ADDR_TEXT_MAX];
    int err = edo_listener_addr(l, &addr);
    if (err >= 0) err = edo_addr_print(&addr, text, sizeof text);
    if (err >= 0 && (printf("%s%s%s\n", before, text, behind) < 0 || fflush(stdout) != 0))
        err = -EIO;
    return edo_fail(err, "saying where it listens");
}

/* Serves both until this task is cancelled, and ends in order. Closes `l`. */
static int serve_on(server *self, edo_listener *l) {
    edo_scope clients, web;
    edo_scope_begin(&web, &(edo_scope_opts){ .policy = EDO_SCOPE_FAIL_FAST });
    if (self->web) edo_scope_spawn(&web, web_run, self);
    edo_scope_begin(&clients, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL, .spread = true });
    int err = 0;
    for (edo_stream *peer; (err = edo_accept(l, &peer)) == 0;) welcome(self, &clients, peer);
    edo_listener_close(l);
    edo_info("stopping");
    edo_scope_cancel(&web);
    last_orders(self);
    edo_scope_cancel(&clients);
    (void)edo_scope_end(&clients);
    int web_err = edo_scope_end(&web);
    edo_info("stopped");
    return web_err < 0 && web_err != -ECANCELED ? web_err : err;
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
    err = web_listen(&self->web, self->options->http);
    self->places_n = clients_max();
    self->places = (edo_sem)EDO_SEM_INIT(self->places_n);
    if (err == 0) err = say_where(l, "listening on ", "");
    if (err >= 0 && self->web) err = say_where(self->web, "web on http://", "/");
    if (err >= 0) {
        err = serve_on(self, l);
    } else {
        edo_listener_close(l);
    }
    edo_listener_close(self->web);
    return err;
}

static int open_store(server *self) {
    const char *file = self->options->db;
    store *kept;
    if (strcmp(file, "none") == 0) return 0;
    int err = store_sqlite_open(&kept, file);
    if (err == 0) err = storage_start(&self->storage, kept);
    return edo_fail(err, "opening the store %s", file);
}

int server_run(void *arg) {
    server self = { .options = arg };
    int err = open_store(&self);
    if (err < 0) return err;
    err = directory_init(&self.directory, self.options->history, self.storage);
    if (err == 0) {
        err = edo_cancel_new(&self.last_orders);
        if (err >= 0) err = serve(&self);
        edo_cancel_unref(self.last_orders);
        directory_deinit(&self.directory);
    }
    // Nothing is left to be done in order; and a thread that a disk holds cannot be ended.
    if (!storage_end(self.storage)) _Exit(1);
    return err < 0 ? edo_fail(err, "running the chat") : err;
}
