/* SPDX-License-Identifier: MIT */
/* pg/conn/mend.c: a call that is cut short leaves a statement on the server, and its results on the
 * way.
 *
 *     the task that leaves                        a thread of the blocking pool
 *     edoi_pg_cut()                               PQcancel(): the server has the signal when this
 *       starts it, and leaves                       returns, or there is no server
 *     the next user, or the task that mends
 *     edoi_pg_mend()
 *       waits for it, then reads up to the last sync
 *
 * In this order no signal is on its way any more when the connection is used again, so it hits
 * nothing else. PQcancel() speaks in clear, so over TLS the connection is closed instead, as it is
 * where `cancels` are under way already: a server that stands still keeps a thread each; and where
 * the pool wants no cancellation. */
#include "pg/conn/conn.h"

#include "base/assert.h"

#include <edo/blocking.h>
#include <edo/error.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#define ERROR_TEXT 256 /* as libpq asks for */

static void cancel_deinit(void *self) {
    edoi_pg_cancel *cancel = self;
    if (cancel->of) PQfreeCancel(cancel->of);
    if (cancel->config) edo_sem_release(&cancel->config->cancels, 1);
    edo_rc_unref(cancel->config);
}

/* PQcancel() alone of libpq's functions writes to its socket without a care for SIGPIPE. */
static void cancel_send(PGcancel *of) {
    static const struct timespec at_once = { 0, 0 };
    char text[ERROR_TEXT];
    sigset_t pipe_only, before, pending;
    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    (void)sigpending(&pending);
    (void)PQcancel(of, text, sizeof text); // a server that is gone has nothing to cancel
    while (!sigismember(&pending, SIGPIPE) && sigtimedwait(&pipe_only, NULL, &at_once) < 0 &&
           errno == EINTR) {
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int cancel_run(void *arg) {
    edoi_pg_cancel *cancel = arg;
    cancel_send(cancel->of);
    edo_notify_one(&cancel->ended);
    edo_rc_unref(cancel);
    return 0;
}

static edoi_pg_cancel *cancel_make(edoi_pg_conn *c) {
    edoi_pg_cancel *cancel = edo_rc_new(sizeof *cancel, cancel_deinit);
    if (!cancel) return NULL;
    *cancel = (edoi_pg_cancel){ .of = PQgetCancel(c->pg), .ended = EDO_NOTIFY_INIT };
    if (cancel->of && edo_sem_try_acquire(&c->config->cancels, 1) == 0) {
        cancel->config = edo_rc_ref(c->config);
        return cancel;
    }
    edo_rc_unref(cancel);
    return NULL;
}

void edoi_pg_cut(edoi_pg_conn *c) {
    if (c->is_cut || !c->pg) return;
    edoi_pg_cancel *cancel = c->is_tls || c->config->no_cancel ? NULL : cancel_make(c);
    if (!cancel || edo_blocking_start(cancel_run, edo_rc_ref(cancel)) < 0) {
        if (cancel) edo_rc_unref(cancel), edo_rc_unref(cancel);
        edoi_pg_lose(c);
        return;
    }
    edo_rc_unref(c->cancel);
    c->cancel = cancel;
    c->is_cut = true;
    EDO_INV("conn inv. 2", c->pg);
}

int edoi_pg_mend(edoi_pg_conn *c) {
    if (!c->pg) return edo_fail(-ECONNRESET, "the connection is lost");
    if (!c->is_cut) return 0;
    int err = c->cancel ? edo_notify_wait(&c->cancel->ended) : 0;
    if (err < 0) return err;
    edo_rc_unref(c->cancel);
    c->cancel = NULL;
    err = edoi_pg_flush(c);
    if (err == 0) err = edoi_pg_drain(c);
    if (err < 0) return err;
    c->is_cut = c->must_reply = false;
    c->timeout_ms = EDOI_PG_TIMEOUT_UNKNOWN;
    // the signal of a cancellation may have hit the rollback that was posted behind
    if (c->ends_tx && PQtransactionStatus(c->pg) != PQTRANS_IDLE)
        err = edoi_pg_command(c, "rollback");
    if (err == 0) c->ends_tx = false;
    return err;
}
