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
 *     edo_broadcast_send(): the speaker waits     room/page_socket.c  page_aims_post(): into the
 *          │     for terminals that read, and          │          queue of a WebSocket, without a
 *          │     these miss nothing                    │          wait; a page that does not read is
 *          │                                           │          let go, and comes back
 *     line/client.c    client_write(): a fiber    page/assets/    link.js, chat.js: receive() shows
 *                      for each terminal                          it, and asks for what it has missed
 *
 * What else there is, from below; tools/tidy knows these floors:
 *
 *     text.c, fault.c     what a line may consist of; why the program cannot start
 *     clock.c             the clock of the machine
 *     name/               names of people and rooms
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
 *                         address a proxy tells of one; session.c: the person of a session
 *     person/             people with a session: sessions.c: all of them; visit.c: the time of a
 *                         connection; request.c: what they ask for; past.c: rooms and what was said
 *                         there; people.c: what happens by itself
 *     page/               web.c: the routes; api.c: rooms and what was said there as JSON; guard.c:
 *                         which requests are taken; numbers.c: /metrics
 *     stream/             gRPC: door.c: the service; stream.c: a conversation, which is a fiber for
 *                         each side; outbox.c: what waits to be sent; translate.c: frames and
 *                         requests as messages of chat.proto; ask.c: calls with one reply
 *     serve/              serve.c: the life of a server, as a function; listeners.c: where it listens
 *
 * The end, after --pre-stop, and after --drain, in which server.c sends clients to other servers
 * and gives them 2 s more: 5 s in all.
 *
 *     1.5 s  line/acceptor.c   clients are read until they are silent
 *     1.7 s  line/client.c     they are shown what is left, and let go
 *     0.8 s  page/web.c        requests that were begun; pages and streams are told, and let go
 *     0.9 s  storage/storage.c the store gets what is left; a disk that is slow has 3 s more
 *
 * Of thousands of clients that are cut, terminals and the web have up to 4 s more each: see
 * server_end_max(), which counts the clients that there may be. What hangs is waited for as long,
 * and 3 s in all beside that: then its part is left behind, and the status is 1. After --drain a
 * call by gRPC that does not end has that time once more.
 *
 * Before that a collector, where spans are exported, has 5 s more for the last ones. */
#include "copy.h"
#include "options.h"
#include "serve/serve.h"
#include "terminal/terminal.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/runtime.h>

#include <signal.h>
#include <stdlib.h>

/* The longest end but for options; see above: 7 s, 8 of thousands of clients, 3 of a disk, 3 of
 * what hangs, and 5 of a collector. */
static const edo_duration ends_in = EDO_S(26);

/* The root of the program. `arg` is the options. */
static int run_server(void *arg) {
    serving all = { .options = arg };
    int err = serve_run(&all);
    if (!all.is_to_exit) return err;
    edo_log_stop(); // its lines would be lost
    _Exit(err < 0);
}

int main(int argc, char **argv) {
    options o;
    int status = options_parse(&o, argc, argv);
    if (status >= 0) return status;
    const edo_log_opts log = { .filter = o.log ? o.log : "warn", .ignore_env = o.log != NULL };
    if (edo_log_start(&log) < 0) return options_free(&o), 2;
    (void)edo_dump_on_signal(SIGQUIT); // the chat runs without it as well
    // No reason to end a server, while it starts or ends neither. The line client leaves with its
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
        .shutdown = edo_ns(ends_in.ns + o.pre_stop.ns + (o.grpc ? 2 : 1) * o.drain.ns),
    };
    edo_task_fn *run = o.connect ? terminal_run : o.copy_to ? copy_run : run_server;
    status = edo_main_with(run, &o, &runtime);
    options_free(&o);
    return status;
}
