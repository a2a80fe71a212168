/* SPDX-License-Identifier: MIT */
/* pg/conn/connect.c: a connection's begin and end.
 *
 * libpq gets one host with one address at a time: its own list knows no time limit of an address
 * outside of its blocking calls, and its lookups block. A file it may read, ~/.pgpass, is read on
 * the blocking pool. It may close its socket and open another with the same number, to go on
 * without TLS: so a new socket is noticed by its inode. */
#include "pg/conn/conn.h"
#include "pg/conn/fault.h"
#include "pg/conn/script.h"

#include "base/atomic.h"
#include "base/error/away.h"
#include "base/error/trail.h"
#include "base/memory/alloc.h"
#include "base/text/c_locale.h"

#include <edo/blocking.h>
#include <edo/error.h>
#include <edo/log.h>
#include <edo/scope.h>
#include <edo/span.h>

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ADDRS_MAX 16

/* ---- The end --------------------------------------------------------------------------------- */

void edoi_pg_conn_free(edoi_pg_conn *c) {
    if (!c) return;
    edoi_pg_lose(c);
    edo_rc_unref(c->cancel);
    edoi_pg_statements_clear(&c->statements);
    edo_arena_deinit(&c->scratch);
    edo_rc_unref(c->config);
    edoi_pg_hold_deinit(&c->hold);
    (void)pthread_mutex_destroy(&c->lock);
    edoi_free(c);
}

/* ---- One address ----------------------------------------------------------------------------- */

typedef struct start_job {
    const edoi_pg_params *params;
    PGconn *pg;
} start_job;

static int conn_start(void *arg) {
    start_job *job = arg;
    locale_t before = edoi_c_locale_begin(); // its words are read: fault.c
    job->pg = PQconnectStartParams(job->params->words, job->params->values, 0);
    edoi_c_locale_end(before);
    return job->pg ? 0 : -ENOMEM;
}

typedef struct watched_socket {
    edo_fd *fd;
    ino_t inode;
    int of;
} watched_socket;

/* Watches libpq's socket, which may have become another one. */
static int socket_watch(watched_socket *w, const PGconn *pg) {
    struct stat now;
    int of = PQsocket(pg);
    if (of < 0 || fstat(of, &now) < 0) return -EBADF;
    if (w->fd && w->of == of && w->inode == now.st_ino) return 0;
    edo_fd_close(w->fd);
    *w = (watched_socket){ .of = of, .inode = now.st_ino };
    return edo_fd_open(&w->fd, of, NULL);
}

static PostgresPollingStatusType pg_conn_step(PGconn *pg) {
    locale_t before = edoi_c_locale_begin();
    PostgresPollingStatusType wants = PQconnectPoll(pg);
    edoi_c_locale_end(before);
    return wants;
}

static int pg_conn_poll(watched_socket *w, PGconn *pg) {
    PostgresPollingStatusType wants = PGRES_POLLING_WRITING; // as libpq has it
    if (PQstatus(pg) == CONNECTION_BAD) return edoi_pg_fail_connect(pg);
    while (wants != PGRES_POLLING_OK) {
        int ready = socket_watch(w, pg);
        if (ready == 0) {
            ready =
                edo_fd_ready(w->fd, wants == PGRES_POLLING_WRITING ? EDO_IO_WRITE : EDO_IO_READ);
        }
        if (ready < 0) return ready;
        wants = pg_conn_step(pg);
        if (wants == PGRES_POLLING_FAILED) return edoi_pg_fail_connect(pg);
    }
    return socket_watch(w, pg);
}

static void on_notice(void *arg, const PGresult *r) {
    const edoi_pg_config *config = arg;
    const char *sqlstate = PQresultErrorField(r, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
    if (!config->has_details) text = "a notice"; // may quote anything
    if (severity && strcmp(severity, "WARNING") == 0) {
        edo_warn_kv(text ? text : "", EDO_KV("sqlstate", sqlstate));
    } else {
        edo_debug_kv(text ? text : "", EDO_KV("sqlstate", sqlstate));
    }
}

/* libpq brings OpenSSL along, whose functions libedo-pg is not linked with. */
static edoi_pg_rest conn_rest(PGconn *pg) {
    edoi_pg_rest rest = { .ssl = PQsslStruct(pg, "OpenSSL") };
    void *of = rest.ssl ? dlsym(RTLD_DEFAULT, "SSL_pending") : NULL;
    memcpy(&rest.of, &of, sizeof of);
    return rest;
}

/* A connection over what is connected; takes neither on failure. */
static edoi_pg_conn *conn_over(PGconn *pg, edo_fd *fd, edoi_pg_config *config) {
    if (PQsetnonblocking(pg, 1) < 0 || !PQenterPipelineMode(pg)) return NULL;
    edoi_pg_conn *c = edoi_calloc(1, sizeof *c);
    if (!c) return NULL;
    c->pg = pg;
    c->fd = fd;
    c->is_tls = PQsslInUse(pg) != 0;
    c->rest = conn_rest(pg);
    edoi_pg_hold_init(&c->hold);
    (void)pthread_mutex_init(&c->lock, NULL);
    STAILQ_INIT(&c->closed);
    STAILQ_INIT(&c->preparing);
    edoi_pg_statements_init(&c->statements, EDOI_PG_STATEMENTS_MAX);
    c->config = edo_rc_ref(config);
    edoi_pg_heard(c);
    c->stale_n = edoi_load_rlx_u64(&config->stale_n);
    return c;
}

/* How long one address may take of `n` that are left to try: where a deadline is in force each has
 * its share, else a silent one would leave none to the others. */
static edo_duration conn_limit(const edoi_pg_config *config, size_t n) {
    edo_duration left = edo_deadline_left(), limit = config->connect_timeout;
    if (left.ns < 0 || n < 2 || left.ns / (int64_t)n >= limit.ns) return limit;
    return edo_ns(left.ns / (int64_t)n);
}

static int conn_try(edoi_pg_conn **out, edoi_pg_config *config, const edoi_pg_params *params,
                    size_t left_n) {
    start_job job = { .params = params };
    watched_socket w = { .fd = NULL };
    int err = edo_blocking(conn_start, &job);
    if (err == 0) {
        (void)PQsetNoticeReceiver(job.pg, on_notice, config); // else libpq prints them
        (void)PQsetErrorVerbosity(job.pg, PQERRORS_VERBOSE);  // with SQLSTATEs: fault.c
        edo_deadline d;
        edo_deadline_begin(&d, conn_limit(config, left_n));
        err = pg_conn_poll(&w, job.pg);
        err = edo_deadline_end(&d, err);
    }
    edoi_pg_conn *c = err == 0 ? conn_over(job.pg, w.fd, config) : NULL;
    if (err == 0 && !c) err = -ENOMEM;
    if (!c) {
        edo_fd_close(w.fd);
        if (job.pg) PQfinish(job.pg);
        return err;
    }
    *out = c;
    return 0;
}

/* ---- All addresses --------------------------------------------------------------------------- */

/* May another address, or host, do better? */
static bool conn_may_go_on(int err) {
    return err != -ECANCELED && err != -ENOMEM && err != -EDO_ECLOSED && err != -EDO_ENORUNTIME;
}

/* Chooses between the failures of two addresses: a failure that a server reported says more than a
 * refused connection, since there may be no server at the other address. */
static int conn_more_telling(int before, int err) {
    bool was_told =
        before == -EDO_ECERT || before == -EDO_ETLS || before == -EDO_ESQL || before == -EPROTO;
    return was_told && err == -ECONNREFUSED ? before : err;
}

/* Finds a host's addresses; 0: it needs none. */
static int host_look_up(edo_addr addrs[ADDRS_MAX], const edoi_pg_host *h) {
    char text[512];
    const char *name = h->hostaddr ? h->hostaddr : h->host;
    if (!h->hostaddr && (*name == '/' || *name == '@')) return 0;
    bool is_v6 = strchr(name, ':') != NULL;
    int n =
        snprintf(text, sizeof text, "%s%s%s:%s", is_v6 ? "[" : "", name, is_v6 ? "]" : "", h->port);
    if (n < 0 || (size_t)n >= sizeof text) return edo_fail(-EINVAL, "a host's name is too long");
    n = edo_resolve(addrs, ADDRS_MAX, text);
    return n < 0 ? edo_fail(n, "looking up %s", name) : n;
}

/* `behind_n`: hosts that are tried after this one. */
static int host_try(edoi_pg_conn **out, edoi_pg_config *config, const edoi_pg_host *h,
                    edoi_pg_params *params, bool wants_standby, size_t behind_n) {
    edo_addr *addrs = edoi_alloc(ADDRS_MAX * sizeof *addrs);
    if (!addrs) return -ENOMEM;
    int n = host_look_up(addrs, h), err = n < 0 ? n : -ECONNREFUSED;
    for (int i = 0; n >= 0 && (i == 0 || i < n); i++) {
        edoi_pg_params_fill(params, &config->target, h, n > 0 ? &addrs[i] : NULL, wants_standby);
        int before = err;
        err = conn_try(out, config, params, behind_n + (n > 0 ? (size_t)(n - i) : 1));
        if (err == 0 && i > 0) edo_trail_clear(); // of other addresses
        if (err == 0 || !conn_may_go_on(err)) break;
        err = conn_more_telling(before, edo_fail(err, "at %s", n > 0 ? params->hostaddr : h->host));
    }
    edoi_free(addrs);
    return err;
}

static int conn_round(edoi_pg_conn **out, edoi_pg_config *config, edoi_pg_params *params,
                      bool wants_standby) {
    const edoi_pg_target *t = &config->target;
    int err = -ECONNREFUSED;
    if (t->hosts_n == 0) {
        edoi_pg_params_fill(params, t, NULL, NULL, wants_standby);
        return conn_try(out, config, params, 1);
    }
    for (size_t i = 0; i < t->hosts_n; i++) {
        int before = err;
        err = host_try(out, config, &t->hosts[i], params, wants_standby, t->hosts_n - i - 1);
        if (err == 0 && i > 0) edo_trail_clear(); // of other hosts
        if (err == 0 || !conn_may_go_on(err)) break;
        err = conn_more_telling(before, err);
    }
    return err;
}

/* ---- The session ----------------------------------------------------------------------------- */

/* Has a setting that the server reports the wanted value? The value of DateStyle has a second part
 * after a comma, for input, which does not matter. */
static bool form_is(const char *value, const char *wanted) {
    return strcspn(value, ",") == strlen(wanted) && strncmp(value, wanted, strlen(wanted)) == 0;
}

/* A setting that the server did not report counts as different, since it may be. */
static bool conn_is_other(const edoi_pg_conn *c, const char *name, const char *wanted) {
    const char *value = PQparameterStatus(c->pg, name);
    return !value || !form_is(value, wanted);
}

/* One that was not told of was set, and has not changed as far as is known. */
static bool conn_has_become_other(const edoi_pg_conn *c, const char *name, const char *wanted) {
    const char *value = PQparameterStatus(c->pg, name);
    return value && !form_is(value, wanted);
}

/* A pooler may use another session for each statement, and carries over only the settings that the
 * server reports: sets these. */
static int conn_set_told_forms(edoi_pg_conn *c) {
    const char *sql[3];
    size_t n = 0;
    if (conn_is_other(c, "DateStyle", "ISO")) sql[n++] = "set DateStyle to ISO";
    if (conn_is_other(c, "IntervalStyle", "postgres")) sql[n++] = "set IntervalStyle to postgres";
    if (conn_is_other(c, "client_encoding", "UTF8")) sql[n++] = "set client_encoding to 'UTF8'";
    return n ? edoi_pg_commands(c, sql, n) : 0;
}

/* No query, which would take the snapshot of a transaction that the program may want to set up, or
 * lock tables in, first. */
static int conn_set_all_forms(edoi_pg_conn *c) {
    static const char *const sql[] = { "set DateStyle to ISO", "set IntervalStyle to postgres",
                                       "set bytea_output to hex", "set extra_float_digits to 3",
                                       "set client_encoding to 'UTF8'" };
    return edoi_pg_commands(c, sql, EDO_COUNT(sql));
}

/* Behind a pooler another session may be set, and not tell, where its own style was right: what
 * libpq has noted of the first would stay. */
bool edoi_pg_conn_has_forms(const edoi_pg_conn *c) {
    if (c->wants_forms || PQclientEncoding(c->pg) != c->config->utf8) return false;
    return !edoi_pg_keeps_session(c) || (!conn_has_become_other(c, "DateStyle", "ISO") &&
                                         !conn_has_become_other(c, "IntervalStyle", "postgres"));
}

/* Of a call that was cut short it is not known whether the session has them: the next one sets
 * them. */
int edoi_pg_conn_set_forms(edoi_pg_conn *c) {
    int err = edoi_pg_keeps_session(c) ? conn_set_all_forms(c) : conn_set_told_forms(c);
    c->wants_forms = err < 0;
    c->has_forms_of_tx = PQtransactionStatus(c->pg) != PQTRANS_IDLE;
    return err;
}

int edoi_pg_conn_prepare(edoi_pg_conn *c) {
    const char *sql = c->config->connect_sql;
    int err = sql ? edoi_pg_pooler_refuse(&c->config->pooler, "connect_sql") : 0;
    if (sql && err == 0) err = edoi_pg_script(c, sql);
    if (err == 0) err = edoi_pg_conn_set_forms(c);
    if (sql && err == 0) c->reads_by_itself = !edoi_pg_is_wanted(c);
    c->timeout_ms = 0; // what it is now, by `connect_sql`, too, is the session's own
    return err;
}

/* Does the server refuse for now: does it begin or end, or has it too many clients? */
static bool conn_is_refused_for_now(int err) {
    static const char *const states[] = { "57P01", "57P02", "57P03", "53300" };
    const edo_pg_error *e = err == -EDO_ESQL ? edo_pg_get_error() : NULL;
    for (size_t i = 0; e && i < EDO_COUNT(states); i++)
        if (strcmp(e->sqlstate, states[i]) == 0) return true;
    return false;
}

/* Adds the last line to a failure. edo_pg_get_error() still returns the server's error. */
static int conn_fail(int err) {
    if (edoi_code_is_of_absence(err)) return edoi_fail_away(err, "PostgreSQL is away");
    if (!conn_is_refused_for_now(err)) return edo_fail(err, "connecting to PostgreSQL");
    const edo_pg_error e = *edo_pg_get_error();
    (void)edoi_fail_away(err, "PostgreSQL is away");
    if (strcmp(e.sqlstate, EDOI_PG_FULL) != 0) return edo_fail_with(err, &e, "connecting");
    // a get that waits for room in vain has this line alone
    return edo_fail_with(err, &e, "SQLSTATE " EDOI_PG_FULL ": the server has no connection left");
}

static int conn_make(edoi_pg_conn **out, edoi_pg_config *config) {
    edoi_pg_conn *c = NULL;
    edoi_pg_params *params = edoi_alloc(sizeof *params);
    if (!params) return -ENOMEM;
    bool prefers = config->target.prefers_standby;
    int err = conn_round(&c, config, params, prefers);
    if (err < 0 && prefers && conn_may_go_on(err)) {
        err = conn_round(&c, config, params, false);
        if (err == 0) edo_trail_clear(); // of the round before
    }
    edoi_free(params);
    if (c) err = edoi_pg_process_meet(c);
    if (c && err == 0) err = edoi_pg_conn_prepare(c);
    if (err < 0) {
        edoi_pg_conn_free(c);
        return conn_fail(err);
    }
    *out = c;
    return 0;
}

static edo_span *conn_span(const edoi_pg_config *config) {
    const edoi_pg_target *t = &config->target;
    return edo_span_new(EDO_LEVEL_DEBUG, "pg", edo_span_current(),
                        (EDO_KV("otel.kind", "client"), EDO_KV("db.system.name", "postgresql"),
                         EDO_KV("db.namespace", t->database), EDO_KV("server.address", t->server),
                         EDO_KV("server.port", t->port)),
                        "connect");
}

/* Adds the result of connecting to the span; with several hosts also the host and port. `c` is NULL
 * if no connection was made. */
static void conn_tell(edo_span *span, const edoi_pg_config *config, const edoi_pg_conn *c,
                      int err) {
    if (err < 0) edo_span_record(span, EDO_KV("error.type", edo_error_name(err)));
    if (!c || config->target.server) return;
    edo_span_record(span, EDO_KV("server.address", (const char *)PQhost(c->pg)));
    edo_span_record(span, EDO_KV("server.port", (int)strtol(PQport(c->pg), NULL, 10)));
}

int edoi_pg_conn_new(edoi_pg_conn **out, edoi_pg_config *config) {
    EDO_SPAN(span, conn_span(config));
    edoi_trail_kept kept = edoi_trail_keep();
    int err = edoi_trail_kept_end(kept, conn_make(out, config));
    if (EDOI_UNLIKELY(span.span)) conn_tell(span.span, config, err < 0 ? NULL : *out, err);
    return edo_span_end(&span, err);
}
