/* SPDX-License-Identifier: MIT */
/* pg/conn/silence.c: finds connections that died without a FIN or RST: a cable was pulled out, a
 * machine lost power, or a firewall dropped its state.
 *
 * A statement may take any time, so silence alone says nothing. A connection is dead if nothing has
 * come for `silence`, a second, and one of these holds:
 *
 *     nothing is executed      a sync was sent alone, to which the server replies at once:
 *                              edoi_pg_ask(), before a connection is lent that was idle for long
 *     nothing was received     the other machine has acknowledged none of what was sent, though
 *                              this one has sent it again
 *
 * If one is dead, others may be: an idle connection that has received nothing since is closed
 * instead of lent, without a question of its own.
 *
 * A caller may have less time than `silence`. Its question then goes on without it: else each
 * caller in a hurry would meet the next dead connection. */
#include "pg/conn/conn.h"

#include "base/atomic.h"
#include "fd/fd.h"
#include "records/unfinished.h"

#include <edo/error.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define RESENDS_N 2 /* of the kernel in a second, but on a network that is slower than that */

/* ---- What the kernel knows ------------------------------------------------------------------- */

/* A server whose buffers are full acknowledges the kernel's questions whether they are. */
static bool conn_is_unheard(const edoi_pg_conn *c) {
    struct tcp_info info = { .tcpi_state = 0 };
    socklen_t bytes = sizeof info;
    if (getsockopt(PQsocket(c->pg), IPPROTO_TCP, TCP_INFO, &info, &bytes) < 0) return false;
    return info.tcpi_unacked > 0 && info.tcpi_retransmits >= RESENDS_N &&
           info.tcpi_last_ack_recv >= c->config->silence.ns / 1000000;
}

/* Nothing has come for so long, as far as this thread has looked: it may have been busy. */
static bool conn_is_dead(const edoi_pg_conn *c) {
    if (edoi_pg_has_rest(c) || edoi_pg_peek(c) != -EAGAIN) return false;
    return c->must_reply || conn_is_unheard(c);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

static edo_future *conn_event(edoi_pg_conn *c, edo_fd_ready_future *f, uint32_t what) {
    bool is_asked = c->is_asked;
    c->is_asked = false;
    return is_asked ? edoi_fd_event_init(f, c->fd) : edo_fd_ready_init(f, c->fd, what);
}

int edoi_pg_ready(edoi_pg_conn *c) {
    edo_fd_ready_future f;
    if (edoi_pg_has_rest(c)) return EDO_IO_READ;
    return edo_await(conn_event(c, &f, EDO_IO_READ));
}

static int conn_fail_dead(edoi_pg_conn *c) {
    edo_instant since = edo_instant_add(edo_now(), edo_ns(-c->config->silence.ns));
    edoi_store_rlx_u64(&c->config->silent_since_ns, (uint64_t)since.ns);
    edoi_pg_lose(c);
    return edo_fail(-ECONNRESET, "the server says nothing, and the connection is taken for dead");
}

int edoi_pg_await(edoi_pg_conn *c, uint32_t what) {
    for (;;) {
        edo_fd_ready_future ready;
        edo_sleep_future silence;
        if ((what & EDO_IO_READ) && edoi_pg_has_rest(c)) return EDO_IO_READ;
        int which = edo_select_with(EDO_SELECT_BIASED, conn_event(c, &ready, what),
                                    edo_sleep_init(&silence, c->config->silence));
        if (which < 0) return which;
        if (which == 0) return edo_result(&ready);
        int err = edo_result(&silence);
        if (err < 0) return err;
        if (conn_is_dead(c)) return conn_fail_dead(c);
    }
}

/* ---- Before a connection is lent ------------------------------------------------------------- */

void edoi_pg_heard(edoi_pg_conn *c) {
    c->heard_at = edo_now_coarse();
}

bool edoi_pg_is_suspect(const edoi_pg_conn *c) {
    return c->heard_at.ns < (int64_t)edoi_load_rlx_u64(&c->config->silent_since_ns);
}

bool edoi_pg_was_idle_for_long(const edoi_pg_conn *c) {
    return edo_instant_since(edo_now_coarse(), c->heard_at).ns >= c->config->silence.ns;
}

int edoi_pg_ask_alive(edoi_pg_conn *c, const char *sql) {
    c->must_reply = true;
    int err = edoi_pg_commands(c, &sql, sql ? 1 : 0);
    if (!c->is_cut) c->must_reply = false;
    return err;
}

/* A server that says other things meanwhile is there. */
static int hears_out(void *arg) {
    edoi_pg_conn *c = arg;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ns(2 * c->config->silence.ns));
    (void)edo_deadline_end(&d, edoi_pg_mend(c));
    edoi_pg_conn_free(c);
    return 0;
}

void edoi_pg_conn_end(edoi_pg_conn *c) {
    edo_spawn_opts opts = { .name = EDOI_OWN_TASK "asks whether PostgreSQL is there",
                            .no_context = true };
    bool is_open = c->must_reply && c->is_cut;
    if (!is_open || edo_spawn_detached_with(hears_out, c, &opts) < 0) edoi_pg_conn_free(c);
}
