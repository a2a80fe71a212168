/* SPDX-License-Identifier: MIT */
/* sqlite/rows.c: the rows of a query as a sequence: up to BATCH of them, and as many as BATCH_BYTES
 * are made of, are read in one job.
 *
 * A job belongs to the source, which it has a reference to: a reader that gives up leaves it alone,
 * and begins another with the next read. The two meet at the connection's mutex: the job that was
 * left has it first, and reads a batch, or has it second, and finds that it was left.
 *
 * inv. 1: a source whose query is over has no statement, and one with a failure is over.
 *
 * `items` and what follows are the job's while one runs, with the connection's mutex, else the
 * reader's: one that has begun a job, or has left one, looks at them after the end of a job of its
 * own only. */
#include "sqlite/count.h"
#include "sqlite/db.h"
#include "sqlite/value.h"

#include "base/assert.h"
#include "base/memory/alloc.h"
#include "runtime/spawn/span.h"

#include <edo/blocking.h>
#include <edo/error.h>
#include <edo/seq.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

#define BATCH       50u
#define BATCH_BYTES 262144u /* with the row that goes beyond them */

/* Memory of edo_rc_new(). */
typedef struct sqlite_source {
    edoi_sqlite_conn *c;       /* a reference; NULL: the query could not be begun */
    edo_pool_lease lease;      /* zero: the connection is a transaction's */
    edoi_sqlite_reader reader; /* of `lease` */
    edo_atomic_u32 is_ended;   /* atomic, relaxed: the rows are not wanted: interrupts the job */
    const edo_desc *desc;
    edoi_sqlite_statement *s; /* NULL: the query is over */
    int *columns;             /* of each field, once a row was read */
    bool has_columns;
    char *items;     /* BATCH of them */
    uint32_t n, at;  /* rows that were read; rows that the reader has */
    int failure;     /* behind them */
    edo_arena arena; /* of their texts */
} sqlite_source;

/* One batch; memory of edo_rc_new(). */
typedef struct rows_job {
    sqlite_source *source;  /* a reference */
    edo_atomic_u32 is_left; /* atomic, relaxed: the mutex orders it */
    bool has_run;           /* the job's, until it has ended */
} rows_job;

typedef struct sqlite_seq {
    edo_seq base;
    sqlite_source *source; /* a reference */
    rows_job *job;         /* a reference; NULL: no read waits */
    bool is_left;          /* a job was left, and none has run since */
    bool is_direct;        /* it is read in a job, on whose thread its reads are made */
    edo_blocking_future done;
    edoi_db_counts *counts;  /* a reference */
    edo_instant waits_since; /* for the job */
    edo_duration waited;     /* for all jobs: how long the query takes */
    bool is_due;             /* there is something of the query to count */
    edo_span *span;          /* of the query, until it is over; NULL: none */
    uint64_t given_n;        /* rows that the reader has got */
    char sql[];              /* const, with a NUL */
} sqlite_seq;

/* ---- The source ------------------------------------------------------------------------------ */

/* A query whose sequence is over. */
typedef struct query_rest {
    edoi_sqlite_conn *c; /* a reference */
    edoi_sqlite_statement *s;
} query_rest;

static int rest_end(void *arg) {
    query_rest *rest = arg;
    (void)pthread_mutex_lock(&rest->c->mutex);
    edoi_sqlite_give_back(rest->c, rest->s);
    (void)pthread_mutex_unlock(&rest->c->mutex);
    edo_rc_unref(rest->c);
    edoi_free(rest);
    return 0;
}

/* The query keeps the log no more. */
static void source_read_no_more(sqlite_source *r) {
    edoi_sqlite_reader_remove(&r->c->config->log, &r->reader);
}

/* Ends the query on this thread, which may be a worker's, unless another task's statement has the
 * connection: then on one that may block. Without such a one it waits here. */
static void sqlite_source_end(sqlite_source *r) {
    if (!r->s) return;
    if (pthread_mutex_trylock(&r->c->mutex) != 0) {
        query_rest *rest = edoi_alloc(sizeof *rest);
        if (rest) {
            *rest = (query_rest){ edo_rc_ref(r->c), r->s };
            if (edo_blocking_start(rest_end, rest) == 0) return;
            edo_rc_unref(r->c);
            edoi_free(rest);
        }
        (void)pthread_mutex_lock(&r->c->mutex);
    }
    edoi_sqlite_give_back(r->c, r->s);
    (void)pthread_mutex_unlock(&r->c->mutex);
}

/* Any thread: the last reference. */
static void sqlite_source_deinit(void *self) {
    sqlite_source *r = self;
    sqlite_source_end(r);
    if (r->lease.object) edoi_sqlite_lease_end(&r->lease);
    edo_rc_unref(r->c);
    edo_arena_deinit(&r->arena);
    edoi_free(r->columns);
    edoi_free(r->items);
}

/* Bytes of the texts and blobs of a row that was read. */
static size_t row_bytes(sqlite3_stmt *s) {
    size_t bytes = 0;
    int n = sqlite3_column_count(s);
    for (int i = 0; i < n; i++) {
        int type = sqlite3_column_type(s, i);
        if (type == SQLITE_TEXT || type == SQLITE_BLOB) bytes += (size_t)sqlite3_column_bytes(s, i);
    }
    return bytes;
}

/* Reads the row that the statement has. The columns are found at the first row only: until then
 * SQLite may prepare the statement anew, because tables have changed, and never after it. */
static int source_read_row(sqlite_source *r) {
    if (!r->has_columns) edoi_sqlite_find_columns(r->columns, r->s->made, r->desc);
    r->has_columns = true;
    return edoi_sqlite_read_row(r->items + r->n * r->desc->size, r->desc, r->s->made, r->columns,
                                &r->arena);
}

/* Reads rows until the batch is full, or the query over. The connection's mutex is held. */
static void source_read(sqlite_source *r) {
    int result = SQLITE_ROW, err = 0;
    size_t bytes = 0;
    r->n = r->at = 0;
    edo_arena_reset(&r->arena);
    while (r->n < BATCH && bytes < BATCH_BYTES && err == 0 &&
           (result = sqlite3_step(r->s->made)) == SQLITE_ROW) {
        err = source_read_row(r);
        bytes += row_bytes(r->s->made);
        r->n += err == 0;
    }
    if (err == 0 && result == SQLITE_ROW) return;
    if (result == SQLITE_DONE && !r->has_columns) // a missing column is an error without rows, too
        err = edoi_sqlite_check_columns(r->s->made, r->desc);
    r->failure = err < 0 ? err : edoi_sqlite_fail(r->c, result);
    edoi_sqlite_give_back(r->c, r->s);
    r->s = NULL;
    source_read_no_more(r);
}

/* A job that comes behind one that was left may find its rows. */
static void job_read(rows_job *j) {
    sqlite_source *r = j->source;
    r->c->is_stopped = &r->is_ended;
    if (r->at == r->n && r->s) source_read(r);
    r->c->is_stopped = NULL;
    j->has_run = true;
}

static int job_run(void *arg) {
    rows_job *j = arg;
    sqlite_source *r = j->source;
    int err = 0;
    (void)pthread_mutex_lock(&r->c->mutex);
    if (!edoi_load_rlx_u32(&j->is_left)) {
        job_read(j);
        err = r->n > r->at ? 0 : r->failure;
    }
    (void)pthread_mutex_unlock(&r->c->mutex);
    edo_rc_unref(j);
    return err;
}

static void job_deinit(void *self) {
    edo_rc_unref(((rows_job *)self)->source);
}

/* ---- The sequence ---------------------------------------------------------------------------- */

static sqlite_seq *seq_of(edo_seq *seq) {
    return (sqlite_seq *)(void *)seq;
}

static EDOI_NOINLINE void sqlite_rows_end_span(sqlite_seq *q, int err) {
    edo_span *span = q->span;
    q->span = NULL;
    edo_span_record(span, EDO_KV("db.response.returned_rows", q->given_n));
    if (err < 0) edoi_sqlite_span_fail(span, err);
    edoi_span_end_taken(span, err);
}

/* The query is over, with `err`. */
static void sqlite_rows_count(sqlite_seq *q, int err) {
    if (EDOI_UNLIKELY(q->span)) sqlite_rows_end_span(q, err);
    if (q->is_due) edoi_sqlite_count(q->counts, q->waited, q->sql, err);
    q->is_due = false;
}

/* The reader waits no more for a job. */
static void sqlite_rows_waited(sqlite_seq *q) {
    q->waited.ns += edo_instant_since(edo_now(), q->waits_since).ns;
    q->is_due = true;
}

/* Takes the next row that was read, the failure behind them, or the end; false: a job has to
 * read. */
static bool sqlite_rows_take(sqlite_seq *q, void *item, int *result) {
    sqlite_source *r = q->source;
    if (r->at < r->n) {
        memcpy(item, r->items + r->at++ * r->desc->size, r->desc->size);
        *result = 1;
        q->given_n++;
        return true;
    }
    EDO_INV("rows inv. 1", r->failure == 0 || !r->s);
    *result = r->failure;
    r->failure = 0;
    if (!r->s) sqlite_rows_count(q, *result);
    return !r->s;
}

static int sqlite_rows_begin(sqlite_seq *q) {
    q->job = edo_rc_new(sizeof *q->job, job_deinit);
    if (!q->job) return -ENOMEM;
    *q->job = (rows_job){ .source = edo_rc_ref(q->source) };
    q->waits_since = edo_now();
    (void)edo_blocking_init(&q->done, job_run, edo_rc_ref(q->job),
                            &(edo_blocking_opts){ .drop = edo_rc_unref });
    return 0;
}

/* Lets go of the job. Has it run? */
static bool sqlite_rows_end_job(sqlite_seq *q) {
    bool has_run = q->job->has_run;
    edo_rc_unref(q->job);
    q->job = NULL;
    sqlite_rows_waited(q);
    if (has_run) q->is_left = false;
    return has_run;
}

/* On the reader's thread, which may block. */
static void sqlite_rows_read_here(sqlite_seq *q) {
    sqlite_source *r = q->source;
    q->waits_since = edo_now();
    (void)pthread_mutex_lock(&r->c->mutex);
    source_read(r);
    (void)pthread_mutex_unlock(&r->c->mutex);
    sqlite_rows_waited(q);
}

static edo_polled sqlite_rows_poll(edo_seq *base, edo_cx *cx, void *item, int *result) {
    sqlite_seq *q = seq_of(base);
    if (!base->waits) {
        if (q->is_direct && q->source->s && q->source->at == q->source->n) sqlite_rows_read_here(q);
        if (!q->is_left && sqlite_rows_take(q, item, result)) return EDO_READY;
        *result = sqlite_rows_begin(q);
        if (*result < 0) return EDO_READY;
    }
    if (edo_poll(&q->done.base, cx) == EDO_PENDING) return EDO_PENDING;
    int err = edo_result(&q->done); // the trail of a failure is this task's now
    if (sqlite_rows_end_job(q) && sqlite_rows_take(q, item, result)) return EDO_READY;
    *result = err; // of the pool, which did not run it
    return EDO_READY;
}

static void sqlite_rows_leave(edo_seq *base) {
    sqlite_seq *q = seq_of(base);
    edoi_store_rlx_u32(&q->job->is_left, 1);
    edo_drop(&q->done.base);
    edo_rc_unref(q->job);
    q->job = NULL;
    sqlite_rows_waited(q);
    q->is_left = true;
}

static void sqlite_rows_drop(edo_seq *base) {
    sqlite_seq *q = seq_of(base);
    edoi_store_rlx_u32(&q->source->is_ended, 1);
    sqlite_rows_count(q, q->is_left ? -ECANCELED : 0); // 0: its reader has had enough
    if (q->source->c) source_read_no_more(q->source);  // its words end here
    edo_rc_unref(q->source);
    edo_rc_unref(q->counts);
    edoi_free(q);
}

/* ---- Begin ----------------------------------------------------------------------------------- */

typedef struct begin_rows {
    sqlite_source *source;
    const char *sql;
    const edo_sql_args *args;
} begin_rows;

static int begin_run(edoi_sqlite_conn *c, void *arg) {
    const begin_rows *b = arg;
    edoi_sqlite_statement *s;
    int err = edoi_sqlite_take(c, &s, b->sql);
    if (err < 0) return err;
    if (!sqlite3_stmt_readonly(s->made)) err = edo_fail(-EINVAL, "a sequence of rows cannot write");
    // "begin" writes nothing, and would stay open
    else if (sqlite3_column_count(s->made) == 0)
        err = edo_fail(-EINVAL, "the statement has no rows");
    if (err == 0) err = edoi_sqlite_bind(s->made, b->args, true);
    if (err < 0)
        edoi_sqlite_give_back(c, s);
    else
        b->source->s = s;
    if (err == 0 && b->source->lease.object)
        edoi_sqlite_reader_add(&c->config->log, &b->source->reader);
    return err;
}

static int begin_locked(void *arg) {
    const begin_rows *b = arg;
    edoi_sqlite_conn *c = b->source->c;
    (void)pthread_mutex_lock(&c->mutex);
    int err = b->source->lease.object ? edoi_sqlite_clean(c) : 0;
    if (err == 0) err = begin_run(c, arg);
    (void)pthread_mutex_unlock(&c->mutex);
    return err;
}

static int source_begin(sqlite_source *r, edo_sqlite *db, const char *sql,
                        const edo_sql_args *args) {
    edo_pool *pool = db->pools->readers ? db->pools->readers : db->pools->writer;
    begin_rows b = { r, sql, args };
    if (db->is_over) return edo_fail(-EINVAL, "the transaction is over");
    r->items = edoi_calloc(BATCH, r->desc->size);
    r->columns = edoi_calloc(r->desc->fields_n + 1, sizeof *r->columns);
    if (!r->items || !r->columns) return -ENOMEM;
    int err = db->tx ? 0 : edo_pool_get(pool, &r->lease);
    if (err < 0) return err;
    r->c = edo_rc_ref(db->tx ? db->tx : r->lease.object);
    return edo_blocking(begin_locked, &b);
}

edo_seq *edo_sqlite_rows_at(edo_sqlite *db, const edo_desc *desc, const char *sql,
                            edo_sql_args args, const char *place) {
    static const edo_seq_ops ops = { .poll_next = sqlite_rows_poll,
                                     .leave = sqlite_rows_leave,
                                     .drop = sqlite_rows_drop,
                                     .name = "edo_sqlite_rows" };
    size_t n = strlen(sql) + 1;
    sqlite_seq *q = edoi_calloc(1, sizeof *q + n);
    sqlite_source *r = q ? edo_rc_new(sizeof *r, sqlite_source_deinit) : NULL;
    if (!r) {
        edoi_free(q);
        return NULL;
    }
    *r = (sqlite_source){ .desc = desc };
    (void)edo_seq_init(&q->base, &ops, desc->size);
    q->source = r;
    q->is_direct = db->is_direct;
    q->counts = edo_rc_ref(db->pools->counts);
    memcpy(q->sql, sql, n);
    r->reader =
        (edoi_sqlite_reader){ .place = place, .sql = q->sql, .task = edo_task_current_id() };
    edo_context_block in;
    q->span = EDOI_LOG_LEVEL_ON(EDO_LEVEL_INFO) ? edoi_sqlite_span_make(db, sql) : NULL;
    edoi_span_enter(&in, q->span);
    r->failure = source_begin(r, db, sql, &args);
    edoi_context_leave(&in);
    q->is_due = r->failure < 0 && r->c;
    if (r->failure < 0) sqlite_rows_count(q, r->failure);
    return &q->base;
}
