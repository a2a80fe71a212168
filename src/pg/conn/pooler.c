/* SPDX-License-Identifier: MIT */
/* pg/conn/pooler.c: see pooler.h. */
#include "pg/conn/pooler.h"

#include "base/atomic.h"

#include <edo/error.h>
#include <edo/log.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void edoi_pg_pooler_init(edoi_pg_pooler *p, edo_pg_pooling said) {
    *p = (edoi_pg_pooler){ .is_said = said != EDO_PG_POOLING_UNKNOWN };
    edoi_store_rlx_u32(&p->between,
                       said == EDO_PG_TRANSACTION ? EDOI_PG_POOLED_TX : EDOI_PG_DIRECT);
    (void)pthread_mutex_init(&p->lock, NULL);
    TAILQ_INIT(&p->conns);
}

void edoi_pg_pooler_deinit(edoi_pg_pooler *p) {
    (void)pthread_mutex_destroy(&p->lock);
}

/* ---- What is known --------------------------------------------------------------------------- */

bool edoi_pg_pooler_leaves_sessions(const edoi_pg_pooler *p) {
    return edoi_load_rlx_u32(&p->between) == EDOI_PG_DIRECT;
}

bool edoi_pg_pooler_lends_txs(const edoi_pg_pooler *p) {
    return edoi_load_rlx_u32(&p->between) == EDOI_PG_POOLED_TX;
}

int edoi_pg_pooler_refuse(const edoi_pg_pooler *p, const char *what) {
    if (!edoi_pg_pooler_lends_txs(p)) return 0;
    return edo_fail(-ENOTSUP,
                    "%s needs a session: the pooler in between lends one for a transaction", what);
}

/* Notes what is seen; true: it is news, to be said once. */
static bool pooler_note(edoi_pg_pooler *p, edoi_pg_between seen) {
    if (p->is_said) return false;
    (void)pthread_mutex_lock(&p->lock);
    bool is_news = edoi_load_rlx_u32(&p->between) < (uint32_t)seen;
    if (is_news) edoi_store_rlx_u32(&p->between, seen);
    (void)pthread_mutex_unlock(&p->lock);
    return is_news;
}

static void pooler_is_there(edoi_pg_pooler *p) {
    if (!pooler_note(p, EDOI_PG_POOLED)) return;
    edo_warn("a pooler is between this program and PostgreSQL: no statement is kept prepared there,"
             " and the server is not told of deadlines; if it lends whole sessions,"
             " `.pooler = EDO_PG_SESSION` of edo_pg_connect() says so");
}

void edoi_pg_pooler_is_shared(edoi_pg_pooler *p) {
    if (!pooler_note(p, EDOI_PG_POOLED_TX)) return;
    edo_warn("a pooler lends sessions of PostgreSQL for a transaction each: no statement is kept"
             " prepared, the server is not told of deadlines, what needs a session is refused, and"
             " none is cleaned;"
             " `.pooler = EDO_PG_TRANSACTION` of edo_pg_connect() says so from the beginning");
}

/* ---- The connections ------------------------------------------------------------------------- */

/* Does the pooler still have the connection open? If it has closed it, the socket has an end of
 * file or a last message to read, even if the connection was not used since. */
static bool pooled_lives(const edoi_pg_pooled *c) {
    char byte;
    return recv(c->socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static bool process_is(const edoi_pg_process *p, const edoi_pg_process *other) {
    return p->pid == other->pid && p->server_us == other->server_us;
}

/* Adds it; true: another one that lives is served by the same process. */
static bool pooler_list(edoi_pg_pooler *p, edoi_pg_pooled *c) {
    const edoi_pg_pooled *other;
    bool is_shared = false;
    (void)pthread_mutex_lock(&p->lock);
    TAILQ_FOREACH(other, &p->conns, next) {
        if (process_is(&other->first, &c->first) && pooled_lives(other)) is_shared = true;
    }
    TAILQ_INSERT_HEAD(&p->conns, c, next);
    c->is_listed = true;
    (void)pthread_mutex_unlock(&p->lock);
    return is_shared;
}

void edoi_pg_pooler_add(edoi_pg_pooler *p, edoi_pg_pooled *c, edoi_pg_process first, int told,
                        int socket) {
    c->first = first;
    if (first.pid == told) return;
    pooler_is_there(p);
    c->socket = fcntl(socket, F_DUPFD_CLOEXEC, 0); // libpq may close its own before it is removed
    if (c->socket >= 0 && pooler_list(p, c)) edoi_pg_pooler_is_shared(p);
}

void edoi_pg_pooler_remove(edoi_pg_pooler *p, edoi_pg_pooled *c) {
    if (!c->is_listed) return;
    (void)pthread_mutex_lock(&p->lock);
    TAILQ_REMOVE(&p->conns, c, next);
    c->is_listed = false;
    (void)pthread_mutex_unlock(&p->lock);
    (void)close(c->socket);
}
