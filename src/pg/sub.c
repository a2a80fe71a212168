/* SPDX-License-Identifier: MIT */
/* pg/sub.c: LISTEN, on a connection of its own that comes back.
 *
 * inv. 1: whenever there is a connection, it listens to all of `channels`.
 * inv. 2: `has_gap` is set from the loss of a connection until the reader has been told.
 * inv. 1 is not asserted: only the server knows. tests/pg/sub_test.c kills it. */
#include "pg/db.h"
#include "pg/value/quote.h"

#include "base/assert.h"
#include "base/error/trail.h"
#include "base/memory/alloc.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/scope.h>
#include <edo/time.h>

#include <errno.h>
#include <stdio.h>

#define PAUSE_MS     50
#define PAUSE_MS_MAX 500 /* a server that is back is found within a second */
#define CONNECT_S    10  /* one try, with all channels: a server may stand still at any time */
#define SQL_BYTES    (EDOI_PG_QUOTED_BYTES + 16)

typedef struct sub_channel {
    struct sub_channel *next;
    size_t n;
    char name[]; /* const */
} sub_channel;

struct edo_pg_sub {
    edoi_pg_config *config; /* shared */
    edoi_pg_conn *conn;     /* NULL: lost */
    sub_channel *channels;
    bool has_gap;
    edo_instant heard_at; /* when the server was heard, or asked, last */
    int64_t pause_ms;     /* behind the next try to connect */
    edo_instant next_at;  /* when that may be */
    PGnotify *last;       /* what the reader looks at */
};

/* ---- Channels -------------------------------------------------------------------------------- */

static sub_channel **sub_find(edo_pg_sub *s, edo_str name) {
    sub_channel **at = &s->channels;
    while (*at && !edo_str_equal((edo_str){ (*at)->name, (*at)->n }, name)) at = &(*at)->next;
    return at;
}

static void pg_sub_lose(edo_pg_sub *s) {
    edoi_pg_conn_free(s->conn);
    s->conn = NULL;
    s->has_gap = true;
}

/* Does "listen" or "unlisten" if there is a connection; one that is lost meanwhile does it when it
 * comes back. */
static int sub_tell(edo_pg_sub *s, const char *word, edo_str name) {
    char quoted[EDOI_PG_QUOTED_BYTES], sql[SQL_BYTES];
    int err = edoi_pg_quote_name(quoted, name);
    if (err < 0 || !s->conn) return err;
    (void)snprintf(sql, sizeof sql, "%s %s", word, quoted);
    err = edoi_pg_command(s->conn, sql);
    if (err == 0 || err == -EDO_ESQL) return err;
    pg_sub_lose(s);
    return err == -ECONNRESET ? 0 : err;
}

int edo_pg_sub_add(edo_pg_sub *s, edo_str name) {
    char quoted[EDOI_PG_QUOTED_BYTES];
    int err = edo_budget_consume();
    if (err == 0) err = edoi_pg_quote_name(quoted, name);
    if (err < 0) return err;
    if (*sub_find(s, name)) return 0;
    sub_channel *c = edoi_alloc(sizeof *c + name.len);
    if (!c) return -ENOMEM;
    *c = (sub_channel){ .next = s->channels, .n = name.len };
    memcpy(c->name, name.ptr, name.len);
    err = sub_tell(s, "listen", name);
    if (err < 0) {
        edoi_free(c);
        return err;
    }
    s->channels = c;
    return 0;
}

int edo_pg_sub_remove(edo_pg_sub *s, edo_str name) {
    sub_channel **at = sub_find(s, name), *c = *at;
    int err = edo_budget_consume();
    if (!c || err < 0) return err;
    err = sub_tell(s, "unlisten", name);
    if (err < 0) return err;
    *at = c->next;
    edoi_free(c);
    return 0;
}

/* ---- The connection -------------------------------------------------------------------------- */

static int sub_connect_all(edo_pg_sub *s) {
    int err = edoi_pg_conn_new(&s->conn, s->config);
    if (err == 0) err = edoi_pg_pooler_refuse(&s->config->pooler, "a subscription");
    if (err == 0) s->conn->keeps_notes = true;
    for (const sub_channel *c = s->channels; c && err == 0 && s->conn; c = c->next)
        err = sub_tell(s, "listen", (edo_str){ c->name, c->n });
    return err == 0 && !s->conn ? -ECONNRESET : err;
}

/* The next try waits for its pause also if this one succeeds, since a server may hang up at once
 * each time. A connection that has lasted for longer is replaced without one. */
static int pg_sub_connect(edo_pg_sub *s) {
    if (edo_instant_since(edo_now(), s->next_at).ns > edo_ms(PAUSE_MS_MAX).ns)
        s->pause_ms = PAUSE_MS;
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(CONNECT_S));
    int err = edo_deadline_end(&d, sub_connect_all(s));
    s->heard_at = edo_now();
    s->next_at = edo_instant_add(s->heard_at, edo_ms(s->pause_ms));
    s->pause_ms = 2 * s->pause_ms < PAUSE_MS_MAX ? 2 * s->pause_ms : PAUSE_MS_MAX;
    return err;
}

/* Comes back, however long that takes. */
static int pg_sub_come_back(edo_pg_sub *s) {
    for (;;) {
        int err = edo_sleep_at(s->next_at);
        if (err < 0) return err;
        err = pg_sub_connect(s);
        if (err == 0) return 0;
        if (s->conn) pg_sub_lose(s);
        if (err == -ECANCELED || err == -EDO_ENORUNTIME || err == -ENOMEM) return err;
        edo_debug("a subscription to PostgreSQL waits for its server: %s", edo_strerror(err));
        edo_trail_clear();
    }
}

int edo_pg_sub_open(edo_pg_sub **out, edo_pg *db) {
    int err = edo_budget_consume();
    if (err < 0) return err;
    edo_pg_sub *s = edoi_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    s->config = edo_rc_ref(db->config);
    s->pause_ms = PAUSE_MS;
    err = pg_sub_connect(s);
    if (err < 0) {
        edo_pg_sub_close(s);
        return err;
    }
    *out = s;
    return 0;
}

void edo_pg_sub_close(edo_pg_sub *s) {
    if (!s) return;
    edoi_pg_conn_free(s->conn);
    while (s->channels) {
        sub_channel *c = s->channels;
        s->channels = c->next;
        edoi_free(c);
    }
    if (s->last) PQfreemem(s->last);
    edo_rc_unref(s->config);
    edoi_free(s);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* How long may the server be silent still? Not above 0: it was for too long. */
static edo_duration pg_sub_patience(const edo_pg_sub *s) {
    bool is_asked = s->conn->syncs_n > 0;
    edo_duration limit = is_asked ? s->config->connect_timeout : s->config->sub_ping;
    if (limit.ns == EDO_FOREVER_NS) return limit;
    return edo_ns(limit.ns - edo_instant_since(edo_now(), s->heard_at).ns);
}

/* The server was silent for too long: asks, once. false: the connection is to be lost. */
static bool pg_sub_ask(edo_pg_sub *s) {
    s->heard_at = edo_now();
    return s->conn->syncs_n == 0 && edoi_pg_ask(s->conn);
}

static bool sub_read(edo_pg_sub *s) {
    s->heard_at = edo_now();
    return edoi_pg_consume(s->conn) && edoi_pg_read_replies(s->conn);
}

/* Waits until the server has sent something, or was silent for too long. The silence may last over
 * several calls: each may have a short deadline. 0, also if the connection is lost. */
static int sub_wait(edo_pg_sub *s) {
    edoi_pg_conn *c = s->conn;
    edo_duration left = pg_sub_patience(s);
    int ready = -ETIMEDOUT;
    if (left.ns > 0) {
        edo_deadline d;
        edo_deadline_begin(&d, left);
        ready = edo_deadline_end(&d, edoi_pg_ready(c));
        if (ready < 0 && ready != -ETIMEDOUT) return ready;
    }
    // something may have come all the same, if the task has not read for long
    bool is_silent = ready < 0 && !edoi_pg_has_rest(c) && edoi_pg_peek(c) == -EAGAIN;
    if (!(is_silent ? pg_sub_ask(s) : sub_read(s))) pg_sub_lose(s);
    if (ready < 0) edo_trail_clear();
    return 0;
}

/* Waits for the next one, in s->last. 0, or a code. */
static int sub_take(edo_pg_sub *s) {
    for (;;) {
        int err = s->conn ? 0 : pg_sub_come_back(s);
        if (err < 0) return err;
        EDO_INV("sub inv. 2", s->conn);
        if (s->has_gap) {
            s->has_gap = false;
            return edo_fail(-EDO_ELAGGED, "the connection was lost, and is back");
        }
        s->last = PQnotifies(s->conn->pg);
        if (s->last) return 0;
        err = sub_wait(s);
        if (err < 0) return err;
    }
}

int edo_pg_sub_next(edo_pg_sub *s, edo_pg_note *out) {
    if (s->last) PQfreemem(s->last);
    s->last = NULL;
    int err = edo_budget_consume();
    if (err < 0) return err;
    edoi_trail_kept kept = edoi_trail_keep();
    err = edoi_trail_kept_end(kept, sub_take(s));
    if (err < 0) return err;
    *out = (edo_pg_note){ .channel = edo_str_of(s->last->relname),
                          .payload = edo_str_of(s->last->extra),
                          .pid = (uint32_t)s->last->be_pid };
    return 1;
}
