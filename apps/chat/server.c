/* SPDX-License-Identifier: MIT */
/* server.c: see server.h. Clients are children of one scope, so none outlives the server. They live
 * long, so each is placed on the worker that has the fewest.
 *
 * The end, after --pre-stop: 5 s in all.
 *
 *     1.5 s  drain_max   clients are read until they are silent
 *     1.7 s  client.c          they are shown what is left, and let go
 *     0.8 s  web.c             requests that were begun; pages are told, and let go
 *     0.9 s  storage.c         the store gets what is left */
#include "client.h"
#include "fault.h"
#include "guard.h"
#include "web.h"

#include <edo/fs.h>
#include <edo/health.h>
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
#define ADDRESS_WANTED     1000 /* connections of an address */
#define READS_PER_SECOND   10   /* of the store, for terminals of an address that come back */
#define DESCRIPTORS_OTHER  32   /* that are neither clients nor a worker's */
#define DESCRIPTORS_WORKER 2    /* of each worker */

#define NUMBERS(major, minor, patch)    #major "." #minor "." #patch
#define VERSION_OF(major, minor, patch) NUMBERS(major, minor, patch)
#define VERSION                         VERSION_OF(EDO_VERSION_MAJOR, EDO_VERSION_MINOR, EDO_VERSION_PATCH)

static const edo_duration drain_max = EDO_MS(1500);

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

static void turn_away(edo_stream *peer, edo_str why) {
    if (edo_try_write(peer, why.ptr, why.len) < 0) edo_debug("it could not be told");
    edo_close(peer);
}

/* Counts the client for its address; false: that has as many connections as it may. */
static bool count_address(client *c) {
    server *at = c->server;
    edo_addr from;
    if (edo_stream_peer_addr(c->peer, &from) < 0) return true; // it has gone
    if (at->options->per_address == 0 && address_is_own(&from)) return true;
    return edo_keyed_sem_try_acquire(at->addresses, &c->address, edo_addr_key(&from, c->key)) == 0;
}

static void welcome(server *self, edo_scope *clients, edo_stream *peer) {
    bool has_place = edo_sem_try_acquire(&self->places, 1) == 0;
    if (!has_place && !self->is_full) edo_warn("clients are turned away: too few descriptors");
    self->is_full = !has_place; // said once, until there is a place again
    client *c = has_place ? client_new(self, peer) : NULL;
    if (!c) {
        turn_away(peer, EDO_STR("* error: the server is full\n"));
        if (has_place) edo_sem_release(&self->places, 1);
        return;
    }
    if (!count_address(c)) {
        turn_away(edo_stream_ref(peer), EDO_STR("* error: too many connections\n"));
        client_free(c);
        return;
    }
    edo_tracker_add(&self->talking);
    if (edo_scope_spawn(clients, client_run, c) == 0) return;
    edo_tracker_done(&self->talking);
    client_free(c);
}

/* What clients have already sent is heard, and everybody is shown what was said. The signal has
 * cancelled this task. */
static void drain_terminals(server *self) {
    edo_shield sh = edo_shield_begin(drain_max);
    edo_cancel(self->draining, EDO_CANCEL_SIGNAL);
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
    if (err >= 0) err = printf("%s%s%s\n", before, text, behind) < 0 || fflush(stdout) ? -EIO : 0;
    return edo_fail(err, "saying where it listens");
}

/* Serves terminals until this task is cancelled, and ends in order. A part of the program. */
static int serve_terminals(void *arg) {
    server *self = arg;
    edo_scope clients;
    edo_scope_begin(&clients, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL, .spread = true });
    int err = 0;
    for (edo_stream *peer; (err = edo_accept(self->terminals, &peer)) == 0;)
        welcome(self, &clients, peer);
    edo_listener_close(self->terminals);
    self->terminals = NULL;
    drain_terminals(self);
    edo_scope_cancel(&clients);
    (void)edo_scope_end(&clients);
    return err;
}

/* Pages are served until all terminals are gone: so what these say at the end is seen, and whoever
 * asks for readiness is told that there is none. */
static int serve(server *self) {
    const edo_drain_part parts[] = {
        { .name = "web", .run = web_run, .arg = self, .max = EDO_NS(-1) },
        { .name = "terminals", .run = serve_terminals, .arg = self, .max = EDO_NS(-1) },
    };
    const edo_drain_opts opts = { .pre_stop = self->options->pre_stop,
                                  .on_phase = edo_health_on_phase,
                                  .arg = self->health };
    int err = edo_drain_run(parts, EDO_COUNT(parts), &opts);
    edo_info("stopped");
    return err;
}

/* ---- Beginning and end ----------------------------------------------------------------------- */

/* Returns also the exit status of a failure that it has told. */
static int listen_to_all(server *self) {
    const char *address = self->options->address;
    const edo_tcp_opts opts = { .send_buffer = CHAT_SEND_BUFFER, .user_timeout = CHAT_UNREAD_MAX };
    int err = edo_tcp_listen(&self->terminals, address, &opts);
    if (err < 0) err = edo_fail(err, "listening on %s: %s", address, fault_of_address(err));
    if (err == 0) err = web_listen(&self->web, self->options->http);
    if (err < 0) {
        fault_print(err);
        return err == -EINVAL ? 2 : 1;
    }
    err = say_where(self->terminals, "listening on ", "");
    if (err == 0 && self->web) err = say_where(self->web, "web on http://", "/");
    return err;
}

static int open_store(server *self) {
    const char *file = self->options->db;
    store *kept;
    if (strcmp(file, "none") == 0) return 0;
    int err = store_sqlite_open(&kept, file);
    if (err < 0) return err;                    // its trail names the file
    (void)edo_fs_stat(&self->store_file, file); // else it is gone
    err = storage_start(&self->storage, kept);
    return edo_fail(err, "opening %s", file);
}

static int run(server *self) {
    int err = directory_init(&self->directory, self->options->history, self->storage);
    if (err < 0) return err;
    uint32_t of_address = self->options->per_address;
    self->address_conns_max = of_address > 0 ? of_address : ADDRESS_WANTED;
    self->places_n = clients_max();
    self->places = (edo_sem)EDO_SEM_INIT(self->places_n);
    const edo_keyed_limiter_opts reads = { .limit = { .num = READS_PER_SECOND,
                                                      .burst = ADDRESS_WANTED } };
    err = edo_keyed_sem_new(&self->addresses, self->address_conns_max);
    if (err == 0) err = edo_keyed_limiter_new(&self->reads, &reads);
    if (err == 0) err = edo_cancel_new(&self->draining);
    if (err >= 0) err = edo_health_new(&self->health, &(edo_health_opts){ .version = VERSION });
    if (err == 0) err = listen_to_all(self);
    if (err == 0) err = serve(self);
    edo_listener_close(self->terminals);
    edo_listener_close(self->web);
    edo_health_free(self->health);
    edo_cancel_unref(self->draining);
    directory_deinit(&self->directory);
    edo_keyed_limiter_free(self->reads);
    edo_keyed_sem_free(self->addresses);
    return err;
}

int server_run(void *arg) {
    server self = { .options = arg };
    int err = open_store(&self);
    if (err < 0) {
        fault_print(err);
        return 1;
    }
    err = run(&self);
    // Nothing is left to be done in order; and a thread that a disk holds cannot be ended.
    if (!storage_end(self.storage)) _Exit(1);
    return err < 0 ? edo_fail(err, "running the chat") : err;
}
