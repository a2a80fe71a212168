/* SPDX-License-Identifier: MIT */
/* serve.c: see serve.h. */
#include "serve/serve.h"

#include "fault.h"
#include "line/acceptor.h"
#include "node/carrier.h"
#include "page/web.h"
#include "person/lease.h"
#include "person/people.h"
#include "serve/listeners.h"
#include "stream/door.h"
#include "tls.h"

#include <edo/console.h>
#include <edo/drain.h>
#include <edo/error.h>
#include <edo/health.h>
#include <edo/log.h>
#include <edo/otlp.h>
#include <edo/scope.h>
#include <edo/signal.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Tells people again and again what is stored of that which could not be. `arg` is the server; a
 * task's function. */
static int tell_stored(void *arg) {
    server *self = arg;
    int err;
    EDO_SCOPE(tellers, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    while ((err = edo_sleep(edo_s(1))) == 0) directory_tell_stored(&self->directory, &tellers);
    return err;
}

/* Says that SIGHUP was for nothing: without a certificate nothing is read anew. A task's
 * function. */
static int tell_hangups(void *arg) {
    edo_signal *hangup;
    (void)arg;
    int err = edo_signal_listen(&hangup, SIGHUP);
    if (err < 0) return err; // it stays ignored
    while ((err = edo_signal_recv(hangup)) == 0)
        edo_warn("SIGHUP is ignored: without --tls-cert there is nothing to read anew");
    edo_signal_close(hangup);
    return err;
}

/* Serves pages and streams, which end at once. `arg` is the server; a task's function. */
static int serve_sessions(void *arg) {
    EDO_SCOPE(both, NULL);
    edo_scope_spawn(&both, web_run, arg);
    edo_scope_spawn(&both, door_run, arg);
    return edo_scope_end(&both, 0);
}

/* What hears of the phases of the end. */
typedef struct ending {
    edo_health *health;
    bool is_part_left; /* it goes on, and uses the server */
} ending;

/* `to` is an ending. That a part is left is not seen by what edo_drain_run() returns: another may
 * have failed first. */
static void note_phase(void *to, edo_drain_phase phase, const char *part) {
    ending *self = to;
    if (phase == EDO_DRAIN_LEFT) self->is_part_left = true;
    edo_health_on_phase(self->health, phase, part);
}

/* Pages and streams are served until all terminals are gone: so what these say at the end is seen,
 * and whoever asks for readiness is told that there is none. `*is_left`: a part has not ended. */
static int serve_parts(server *self, bool *is_left) {
    const edo_drain_part parts[] = {
        { .name = "web", .run = serve_sessions, .arg = self, .max = web_end_max(self) },
        { .name = "terminals", .run = acceptor_run, .arg = self, .max = acceptor_end_max(self) },
        { .name = "clients", .run = leave_run, .arg = self, .max = leave_end_max(self) },
    };
    const size_t n = EDO_COUNT(parts) - (self->options->drain.ns == 0);
    ending end = { .health = self->health };
    const edo_drain_opts opts = { .pre_stop = self->options->pre_stop,
                                  .on_phase = note_phase,
                                  .arg = &end };
    EDO_OTLP(otlp, &(edo_otlp_opts){ .service_name = "edo-chat", .metrics = self->metrics });
    EDO_SCOPE(scope, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    if (self->tls) edo_scope_spawn(&scope, tls_renew, self->tls);
    if (!self->tls) edo_scope_spawn(&scope, tell_hangups, NULL);
    if (self->streams_tls) edo_scope_spawn(&scope, tls_renew, self->streams_tls);
    if (self->storage) edo_scope_spawn(&scope, tell_stored, self);
    if (storage_gives_numbers(self->storage))
        edo_scope_spawn(&scope, question_run, &self->question);
    if (self->carrier) edo_scope_spawn(&scope, carrier_run, self->carrier);
    if (self->directory.is_shared) edo_scope_spawn(&scope, lease_run, self);
    edo_scope_spawn(&scope, people_run, self);
    edo_health_set_ready(self->health, true);
    int err = edo_drain_run(parts, n, &opts);
    *is_left = end.is_part_left;
    edo_scope_cancel(&scope);
    (void)edo_scope_end(&scope, 0);
    edo_info("stopped");
    return err;
}

static int check_storage(void *arg) {
    const server *self = arg;
    return storage_check(self->storage);
}

static int check_carrier(void *arg) {
    const server *self = arg;
    return carrier_check(self->carrier);
}

/* Another program of this machine may have the usual address of consoles. */
static int serve_console(void) {
    int err = edo_console_start(NULL); // who runs it decides whether it listens
    if (err != -EADDRINUSE) return err;
    edo_warn("the console does not listen: its address is taken");
    edo_trail_clear();
    return 0;
}

/* Redis, if the options name one. */
static int open_carrier(server *self) {
    const char *url = self->options->redis;
    if (!url) return 0;
    int err = carrier_open(&self->carrier, url, &self->directory, &self->question);
    if (err < 0) return edo_fail(err, "opening Redis"); // whose URL has a password
    return edo_health_add(self->health, "redis", check_carrier, self,
                          &(edo_health_check_opts){ .optional = true });
}

/* What is there before anything is served. */
static int serve_prepare(server *self) {
    const edo_health_opts health = { .version = CHAT_VERSION, .instance = self->options->node };
    int err = edo_health_new(&self->health, &health);
    if (err == 0 && self->storage) {
        err = edo_health_add(self->health, "store", check_storage, self,
                             &(edo_health_check_opts){ .optional = true });
    }
    if (err == 0) err = open_carrier(self);
    if (err == 0) err = serve_console();
    if (err == 0) err = people_open(self);
    return err == 0 ? numbers_open(self) : err;
}

/* ---- Its life -------------------------------------------------------------------------------- */

/* The store that the options name. `*out` is NULL if nothing is to be kept. */
static int open_store(store **out, const options *o) {
    *out = NULL;
    if (strcmp(o->db, "none") == 0) return 0;
    return text_is_database(o->db) ? store_pg_open(out, o->db, o->node)
                                   : store_sqlite_open(out, o->db); // its trail names the file
}

/* `*out` is NULL if nothing is to be kept. */
static int open_storage(storage **out, const serving *of) {
    const char *called = of->store ? "the store" : of->options->db;
    store *found = of->store;
    *out = NULL;
    int err = found ? 0 : open_store(&found, of->options);
    if (err < 0 || !found) return err;
    err = storage_start(out, found);
    if (text_is_database(called)) called = "the database"; // whose URL has a password
    return edo_fail(err, "opening %s", called);
}

/* `*is_left` is written if the parts were begun. */
static int listen_and_serve(server *self, const serving *of, bool *is_left) {
    int err = listeners_open(self);
    if (err < 0) {
        fault_print(err);
        return err == -EINVAL ? 2 : 1;
    }
    if (!of->is_quiet) err = listeners_say(self);
    if (err < 0) return err;
    err = serve_parts(self, is_left);
    *is_left |= self->web || self->streams;
    return err;
}

/* `*is_left`: connections, or a part, have not ended, and use the server, the storage and the
 * options for longer. */
static int serve_with(const serving *of, storage *kept, bool *is_left) {
    *is_left = false;
    server *self = malloc(sizeof *self);
    if (!self) return -ENOMEM;
    int err = server_init(self, of->options, kept);
    if (err < 0) {
        free(self);
        return err;
    }
    err = serve_prepare(self);
    if (err == 0) err = listen_and_serve(self, of, is_left);
    if (*is_left) return err;
    people_close(self);
    numbers_close(self);
    listeners_close(self);
    edo_health_free(self->health);
    carrier_close(self->carrier);
    server_deinit(self);
    free(self);
    return err;
}

int serve_run(void *arg) {
    serving *of = arg;
    storage *kept;
    bool is_left;
    const char *node = of->options->node;
    if (node) edo_info_kv("starting", EDO_KV("node", node));
    int err = open_storage(&kept, of);
    if (err < 0) {
        fault_print(err);
        return 1;
    }
    err = edo_fail(serve_with(of, kept, &is_left), "running the chat");
    if (is_left && kept) (void)edo_rc_ref(kept); // what is left may still say something
    if (is_left) fault_print(err);
    int left = storage_end(kept); // not 0: also a thread that a disk holds cannot be ended
    of->is_to_exit = left != 0 || is_left;
    return left < 0 ? left : err;
}
