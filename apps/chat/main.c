/* SPDX-License-Identifier: MIT */
/* edo-chat: a chat server for browsers, lines of text and gRPC, and a tour of edo.
 *
 * How a message goes from a keyboard to a thousand screens:
 *
 *     a line from a terminal                      a frame from a browser
 *     line/client.c    client_run(): a fiber      page/page.c     on_message(): called when one
 *                      waits for it                               has come; no fiber waits
 *     line/command.c   client_do_say()            person/request.c  user_do_say(); user.c: a
 *          │                                           │          person, who outlives connections
 *          └─────────────────────┬─────────────────────┘
 *     message.c        message_said() makes it once, as a line and as a frame; all share it
 *     room/room.c      room_say() gives it the next number, and waits until it is stored
 *     storage/writes.c writes_put(): a queue, from which one task writes many at once
 *     room/room.c      fan_out() tells of what is stored, in one order for everybody: pages first
 *          ┌─────────────────────┴─────────────────────┐
 *     edo_broadcast_send(): the speaker waits     room/page_socket.c  page_aim_post(): into the
 *          │     for terminals that read, and          │          queue of a WebSocket, without a
 *          │     these miss nothing                    │          wait; a page that does not read is
 *          │                                           │          let go, and comes back
 *     line/client.c    client_write(): a fiber    page/assets/    link.js, chat.js: receive() shows
 *                      for each terminal                          it, and asks for what it has missed
 *
 * What else there is, from below; tools/tidy knows these floors:
 *
 *     text.c, fault.c     what a line and a name may consist of; why the program cannot start
 *     clock.c             the clock of the machine
 *     options.c           the command line
 *     copy.c              --copy-to: a file becomes a database
 *     tls.c               the certificate of --tls-cert, and what lines need for TLS
 *     store/              where what was said is kept: an interface, and SQLite behind it
 *     store_pg/           the same over PostgreSQL
 *     storage/            what writes it there and reads it, so that nobody waits for a disk:
 *                         storage.c: the whole, by its parts; health.c: how the store is
 *     terminal/           --connect: the line client
 *     room/directory.c    which people and rooms there are; member.c: what a person does, whichever
 *                         face it has; reach.c: how one is told; unseen.c: what one has missed;
 *                         turns.c: how much work leaves time for others
 *     node/               several programs over one store: question.c: what the others have said,
 *                         again and again; carrier.c: by Redis, at once; hearing.c: who is told;
 *                         company.c: who is there at all of them
 *     server.c            what connections share, and how many there may be
 *     line/acceptor.c     where terminals are accepted, and how they are let go; origin.c: which
 *                         address a proxy tells of one
 *     person/             people with a session: sessions.c: all of them; visit.c: the time of a
 *                         connection; request.c: what they ask for; past.c: rooms and what was said
 *                         there; people.c: what happens by itself
 *     page/               web.c: the routes; api.c: rooms and what was said there as JSON; guard.c:
 *                         which requests are taken; numbers.c: /metrics
 *     stream/             gRPC: door.c: the service; stream.c: a conversation, which is a fiber for
 *                         each side; outbox.c: what waits to be sent; translate.c: frames and
 *                         requests as messages of chat.proto; ask.c: calls with one reply
 *
 * The end, after --pre-stop, and after --drain, in which server.c sends clients to other servers
 * and gives them 2 s more: 5 s in all.
 *
 *     1.5 s  line/acceptor.c   clients are read until they are silent
 *     1.7 s  line/client.c     they are shown what is left, and let go
 *     0.8 s  page/web.c        requests that were begun; pages and streams are told, and let go
 *     0.9 s  storage/storage.c the store gets what is left; a disk that is slow has 3 s more
 *
 * Before that a collector, where spans are exported, has 5 s more for the last ones. */
#include "copy.h"
#include "fault.h"
#include "line/acceptor.h"
#include "node/carrier.h"
#include "options.h"
#include "page/web.h"
#include "person/lease.h"
#include "person/people.h"
#include "server.h"
#include "stream/door.h"
#include "terminal/terminal.h"
#include "tls.h"

#include <edo/console.h>
#include <edo/console_page.h>
#include <edo/drain.h>
#include <edo/error.h>
#include <edo/health.h>
#include <edo/io.h>
#include <edo/log.h>
#include <edo/otlp.h>
#include <edo/pipe.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/signal.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS(major, minor, patch)    #major "." #minor "." #patch
#define VERSION_OF(major, minor, patch) NUMBERS(major, minor, patch)
#define VERSION                         VERSION_OF(EDO_VERSION_MAJOR, EDO_VERSION_MINOR, EDO_VERSION_PATCH)

/* A line for each listener, and one for the console. */
#define WHERE_BYTES (5 * (EDO_ADDR_TEXT_MAX + 32) + EDO_CONSOLE_PATH_BYTES)

static const edo_duration say_max = EDO_S(1);

/* Adds a line to those that whoever started the server waits for. */
static int add_where(char lines[WHERE_BYTES], edo_listener *l, const char *before,
                     const char *behind) {
    edo_addr addr;
    char text[EDO_ADDR_TEXT_MAX];
    size_t bytes = strlen(lines);
    int err = edo_listener_addr(l, &addr);
    if (err >= 0) err = edo_addr_print(&addr, text, sizeof text);
    if (err < 0) return err;
    (void)snprintf(lines + bytes, WHERE_BYTES - bytes, "%s%s%s\n", before, text, behind);
    return 0;
}

/* A pipe that is full, and that nobody reads, is no reason not to serve. Shielded, as a server that
 * is to end at once ends in order, too. */
static int say_lines(const char *lines) {
    edo_stream *out;
    int err = edo_stdout(&out);
    if (err < 0) return err;
    EDO_SHIELD(sh, edo_ns(-1));
    EDO_DEADLINE(d, say_max);
    err = edo_write_all(out, lines, strlen(lines));
    if (err == 0) err = edo_flush(out);
    err = edo_deadline_end(&d, err);
    (void)edo_shield_end(&sh, 0);
    edo_close(out);
    if (err != -ETIMEDOUT) return err;
    edo_trail_clear();
    edo_warn("where the server listens was not said: nobody reads standard output");
    return 0;
}

/* The console is below the web's address, if whoever started the server wants one: its link lets
 * others than loopback in. */
static int add_console(char lines[WHERE_BYTES], const server *self) {
    char path[EDO_CONSOLE_PATH_BYTES];
    int err = edo_console_path(path, NULL);
    if (err == 0)
        err = add_where(lines, self->web_at,
                        self->tls ? "console on https://" : "console on http://", path);
    return err == -ENOENT ? 0 : err;
}

static int say_where(const server *self) {
    char lines[WHERE_BYTES] = "";
    int err = self->lines_at ? add_where(lines, self->lines_at, "listening on ", "") : 0;
    if (err == 0 && self->secure_at)
        err = add_where(lines, self->secure_at, "listening by TLS on ", "");
    const char *before = self->tls ? "web on https://" : "web on http://";
    if (err == 0 && self->web_at) err = add_where(lines, self->web_at, before, "/");
    if (err == 0 && self->web_at) err = add_console(lines, self);
    before = self->streams_tls ? "gRPC by TLS on " : "gRPC on ";
    if (err == 0 && self->streams_at) err = add_where(lines, self->streams_at, before, "");
    if (err == 0) err = say_lines(lines);
    return edo_fail(err, "saying where it listens");
}

/* Returns also the exit status of a failure that it has told. */
static int listen_to_all(server *self) {
    int err = acceptor_listen(&self->lines_at, self->options->address);
    if (err == 0 && self->options->tcp_tls)
        err = acceptor_listen(&self->secure_at, self->options->tcp_tls);
    if (err == 0) err = web_listen(&self->web_at, self->options->http);
    if (err == 0 && self->options->grpc) err = door_listen(&self->streams_at, self->options->grpc);
    if (err == 0) err = tls_open(&self->tls, self->options, "http/1.1");
    if (err == 0 && self->streams_at) err = tls_open(&self->streams_tls, self->options, "h2");
    if (err < 0) {
        fault_print(err);
        return err == -EINVAL ? 2 : 1;
    }
    return say_where(self);
}

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
    while ((err = edo_signal_recv(hangup)) >= 0)
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

/* Pages and streams are served until all terminals are gone: so what these say at the end is seen,
 * and whoever asks for readiness is told that there is none. */
static int main_serve(server *self) {
    const edo_drain_part parts[] = {
        { .name = "web", .run = serve_sessions, .arg = self, .max = EDO_NS(-1) },
        { .name = "terminals", .run = acceptor_run, .arg = self, .max = EDO_NS(-1) },
        { .name = "clients", .run = leave_run, .arg = self, .max = EDO_NS(-1) },
    };
    const size_t n = EDO_COUNT(parts) - (self->options->drain.ns == 0);
    const edo_drain_opts opts = { .pre_stop = self->options->pre_stop,
                                  .on_phase = edo_health_on_phase,
                                  .arg = self->health };
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
static int main_console(void) {
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
static int main_prepare(server *self) {
    const edo_health_opts health = { .version = VERSION, .instance = self->options->node };
    int err = edo_health_new(&self->health, &health);
    if (err == 0 && self->storage) {
        err = edo_health_add(self->health, "store", check_storage, self,
                             &(edo_health_check_opts){ .optional = true });
    }
    if (err == 0) err = open_carrier(self);
    if (err == 0) err = main_console();
    if (err == 0) err = people_open(self);
    return err == 0 ? numbers_open(self) : err;
}

/* `*kept` is NULL if nothing is to be kept. */
static int open_store(storage **kept, const options *o) {
    store *found;
    const char *file = o->db;
    bool is_file = !text_is_database(file);
    if (strcmp(file, "none") == 0) return 0;
    int err = is_file ? store_sqlite_open(&found, file) : store_pg_open(&found, file, o->node);
    if (err < 0) return err; // its trail names the file
    err = storage_start(kept, found);
    return edo_fail(err, "opening %s", is_file ? file : "the database"); // whose URL has a password
}

/* `*is_left`: connections have not ended, and use the server, the storage and the options for
 * longer. */
static int serve_with(const options *o, storage *kept, bool *is_left) {
    *is_left = false;
    server *self = malloc(sizeof *self);
    if (!self) return -ENOMEM;
    int err = server_init(self, o, kept);
    if (err < 0) {
        free(self);
        return err;
    }
    err = main_prepare(self);
    if (err == 0) err = listen_to_all(self);
    if (err == 0) err = main_serve(self);
    *is_left = self->web || self->streams;
    if (*is_left) return err;
    people_close(self);
    numbers_close(self);
    edo_listener_close(self->lines_at);
    edo_listener_close(self->secure_at);
    edo_listener_close(self->web_at);
    edo_listener_close(self->streams_at);
    tls_close(self->tls);
    tls_close(self->streams_tls);
    edo_health_free(self->health);
    carrier_close(self->carrier);
    server_deinit(self);
    free(self);
    return err;
}

/* Serves until this task, the root of the program, is cancelled by SIGINT or SIGTERM; then ends in
 * order. `arg` is the options. Returns the exit status of a failure that it has told, or a negative
 * code. */
static int run_server(void *arg) {
    const options *o = arg;
    storage *kept = NULL;
    bool is_left;
    if (o->node) edo_info_kv("starting", EDO_KV("node", o->node));
    int err = open_store(&kept, o);
    if (err < 0) {
        fault_print(err);
        return 1;
    }
    err = serve_with(o, kept, &is_left);
    if (is_left && kept) (void)edo_rc_ref(kept); // what is left may still say something
    if (is_left) fault_print(edo_fail(err, "running the chat"));
    // Nothing is left to be done in order; and neither can a thread that a disk holds be ended, nor
    // what is left have its memory taken.
    int left = storage_end(kept);
    if (left != 0 || is_left) {
        edo_log_stop(); // its lines would be lost
        _Exit(left < 0 || err < 0);
    }
    return err < 0 ? edo_fail(err, "running the chat") : err;
}

int main(int argc, char **argv) {
    options o;
    int status = options_parse(&o, argc, argv);
    if (status >= 0) return status;
    const edo_log_opts log = { .filter = o.log ? o.log : "warn", .ignore_env = o.log != NULL };
    if (edo_log_start(&log) < 0) return options_free(&o), 2;
    (void)edo_dump_on_signal(SIGQUIT); // the chat runs without it as well
    // No reason to end a server, while it starts or ends neither. The line client ends with its
    // terminal.
    if (!o.connect) (void)sigaction(SIGHUP, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
    // A store that may not grow any more is a failure like a full disk, and not the end.
    (void)sigaction(SIGXFSZ, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
    // One thread needs none of what several cost.
    const edo_runtime_opts runtime = {
        .flavor = o.threads == 1 || o.connect ? EDO_RUNTIME_CURRENT : EDO_RUNTIME_MULTI,
        .workers = o.threads,
        .watchdog = edo_ns(o.connect ? -1 : 0), // off: the screen of a terminal is its user's
        // The server ends sooner by itself.
        .shutdown = edo_ns(edo_s(15).ns + o.pre_stop.ns + o.drain.ns),
    };
    edo_task_fn *run = o.connect ? terminal_run : o.copy_to ? copy_run : run_server;
    status = edo_main_with(run, &o, &runtime);
    options_free(&o);
    return status;
}
