/* SPDX-License-Identifier: MIT */
/* server.c: see server.h. Clients are children of one scope, so none outlives the house. They live
 * long, so each is placed on the worker that has the fewest; a message to a room then wakes all
 * workers. */
#include "server.h"

#include "client.h"

#include <edo/net.h>
#include <edo/scope.h>
#include <edo/signal.h>
#include <edo/trace.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define CLIENTS_WANTED    10000
#define DESCRIPTORS_OTHER 32 /* that are not clients */

static const edo_duration stop_max = EDO_S(5);
static const edo_duration last_orders_max = EDO_S(2);

/* How many clients the descriptor limit allows; edo_main() has raised it as far as it could. */
static size_t clients_max(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
    size_t most = limit.rlim_cur > DESCRIPTORS_OTHER ? limit.rlim_cur - DESCRIPTORS_OTHER : 1;
    if (most < CLIENTS_WANTED) {
        fprintf(stderr,
                "edo-chat: the descriptor limit of %llu is low: at most %zu clients at once. Raise "
                "the hard limit (ulimit -Hn).\n",
                (unsigned long long)limit.rlim_cur, most);
    }
    return most;
}

static void turn_away(edo_stream *peer) {
    static const char full[] = "* error: the server is full\n";
    if (edo_try_write(peer, full, sizeof full - 1) < 0) edo_debug("it could not be told");
    edo_close(peer);
}

static void welcome(house *at, edo_scope *clients, edo_stream *peer, size_t most) {
    if (hall_people(&at->hall) >= most) {
        if (!at->full) edo_warn("clients are turned away: the descriptor limit allows %zu", most);
        at->full = true; // said once, until there is room again
        turn_away(peer);
        return;
    }
    at->full = false;
    client *c = client_new(at, peer);
    if (!c) {
        turn_away(peer);
    } else if (edo_scope_spawn(clients, client_run, c) < 0) {
        client_free(c);
    }
}

/* From now on a signal does what it would if nobody had listened: who asks twice does not want to
 * wait. */
static void give_signals_back(void) {
    const struct sigaction deflt = { .sa_handler = SIG_DFL };
    (void)sigaction(SIGTERM, &deflt, NULL);
    (void)sigaction(SIGINT, &deflt, NULL);
}

/* Takes clients until a signal comes. */
static int accept_clients(house *at, edo_scope *clients, edo_listener *l) {
    edo_signal *term = NULL, *intr = NULL;
    size_t most = clients_max();
    int err = edo_signal_listen(&term, SIGTERM);
    if (err >= 0) err = edo_signal_listen(&intr, SIGINT);
    while (err >= 0) {
        edo_accept_future next;
        edo_signal_recv_future on_term, on_intr;
        edo_stream *peer;
        err = edo_select(edo_accept_init(&next, l, &peer), edo_signal_recv_init(&on_term, term),
                         edo_signal_recv_init(&on_intr, intr));
        if (err != 0) break; // a signal, or this task was cancelled
        err = edo_result(&next);
        if (err >= 0) welcome(at, clients, peer, most);
    }
    edo_signal_close(term);
    edo_signal_close(intr);
    give_signals_back();
    return err;
}

/* What clients have already sent is heard, and everybody is shown what was said. */
static void last_orders(house *at, edo_mpsc_rx *reading) {
    edo_mpsc_tx_unref(at->reading);
    edo_cancel(at->last_orders, EDO_CANCEL_SIGNAL);
    edo_deadline d = edo_deadline_begin(last_orders_max);
    (void)edo_deadline_end(&d,
                           edo_mpsc_recv(reading, NULL)); // ends when the last share is given back
    edo_cancel(at->closing, EDO_CANCEL_SIGNAL);
}

static int serve(house *at, edo_listener *l, edo_mpsc_rx *reading) {
    edo_scope clients;
    edo_scope_begin(&clients, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL, .spread = true });
    int err = accept_clients(at, &clients, l);
    edo_listener_close(l);
    edo_deadline d = edo_deadline_begin(stop_max);
    last_orders(at, reading);
    int ended = edo_deadline_end(&d, edo_scope_end(&clients));
    if (ended == -ETIMEDOUT) edo_warn("some clients did not read to the end");
    return err < 0 ? err : 0;
}

/* The line that whoever started the server waits for. */
static int say_where(edo_listener *l) {
    edo_addr addr;
    char text[EDO_ADDR_TEXT_MAX];
    int err = edo_listener_addr(l, &addr);
    if (err >= 0) err = edo_addr_print(&addr, text, sizeof text);
    if (err >= 0) {
        printf("listening on %s\n", text);
        if (fflush(stdout) != 0) err = -EIO;
    }
    return err;
}

int server_run(void *arg) {
    house at = { .options = arg };
    edo_mpsc_rx *reading = NULL;
    edo_listener *l = NULL;
    int err = hall_init(&at.hall, at.options->history);
    if (err < 0) return edo_fail(err, "starting the server");
    err = edo_cancel_new(&at.last_orders);
    if (err >= 0) err = edo_cancel_new(&at.closing);
    if (err >= 0) err = edo_mpsc_new(&at.reading, &reading, 0, 1, NULL);
    if (err >= 0) {
        err = edo_tcp_listen(&l, at.options->address, NULL);
        if (err == -EINVAL) err = edo_fail(err, "an address is HOST:PORT");
        if (err < 0) err = edo_fail(err, "listening on %s", at.options->address);
    }
    if (err >= 0) {
        err = say_where(l);
        if (err < 0) err = edo_fail(err, "saying where it listens");
    }
    if (err >= 0) {
        err = serve(&at, l, reading);
    } else {
        edo_listener_close(l);
        edo_mpsc_tx_unref(at.reading);
    }
    edo_mpsc_rx_free(reading);
    edo_cancel_unref(at.closing);
    edo_cancel_unref(at.last_orders);
    hall_deinit(&at.hall);
    return err;
}
