/* SPDX-License-Identifier: MIT */
/* edo/pg.h: PostgreSQL, by libpq. In a library of its own, libedo-pg (pkg-config edo-pg), beside
 * libedo.
 *
 *     edo_pg *db;                       // a pool of connections, for all tasks
 *     int err = edo_pg_connect(&db, EDO_STR("postgres://shop@db.internal/shop"), NULL);
 *     …
 *     edo_pg_close(db);
 *
 * An edo_pg is a pool or one connection of it, and edo_pg_close() gives either back.
 *
 * What the server refuses is -EDO_ESQL, and edo_pg_get_error() has the particulars: its SQLSTATE,
 * the constraint, the column. Passwords and arguments are in no error, in no trail and in no log.
 *
 * Where the filter of the log lets the target "pg" pass at INFO, each statement is a span, "query"
 * (edo/span.h), from its call to its last row: with its text as the program has given it, 1,000
 * bytes at most, its rows, and the SQLSTATE of a failure, by the names of OpenTelemetry's semantic
 * conventions. At DEBUG a transaction is one around its statements, "transaction", and within what
 * needs it stand "connect", and "wait" of the target "pool": for a connection that others have.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once; fibers and plain threads.   Since: 0.1 */
#ifndef EDO_PG_H
#define EDO_PG_H

#include <edo/bytes.h>
#include <edo/io.h>
#include <edo/metrics.h>
#include <edo/pool.h>
#include <edo/seq.h>
#include <edo/sql.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     37 __FILE__
#endif

EDO_BEGIN_DECLS

typedef struct edo_pg edo_pg;

/* ---- Errors ---------------------------------------------------------------------------------- */

/* What programs do something about. */
typedef enum edo_pg_kind {
    EDO_PG_OTHER,
    EDO_PG_RETRY,       /* the transaction may succeed when it is tried again: 40001, 40P01; or a
                           table or a type has changed since a statement in it was prepared */
    EDO_PG_UNIQUE,      /* 23505 */
    EDO_PG_FOREIGN_KEY, /* 23503 */
    EDO_PG_NOT_NULL,    /* 23502 */
    EDO_PG_CHECK,       /* 23514 */
    EDO_PG_EXCLUSION,   /* 23P01 */
    EDO_PG_CANCELED,    /* 57014 */
} edo_pg_kind;

#define EDO_PG_NAME_MAX 64 /* bytes of a name, with its NUL */

/* What the server says of a failure. Names are empty where it names none. */
typedef struct edo_pg_error {
    char sqlstate[6];
    uint8_t kind;      /* EDO_PG_… */
    uint32_t position; /* in the statement, in characters from 1; 0: none */
    char constraint[EDO_PG_NAME_MAX];
    char column[EDO_PG_NAME_MAX];
    char table[EDO_PG_NAME_MAX];
} edo_pg_error;

/** Returns what the server said of the failure that is being returned, -EDO_ESQL or -ETIMEDOUT.
 * Owns:    borrows from this task's trail: valid until the next edo_fail() or edo_trail_clear().
 * Errors:  NULL  the failure is none of the server's, or there was no memory. Of a connection that
 *                was refused there is the SQLSTATE alone
 * Waits:   never. */
EDO_API const edo_pg_error *edo_pg_get_error(void);

/* ---- Connections ----------------------------------------------------------------------------- */

/* A pooler between the program and the server, such as PgBouncer. One in transaction mode lends a
 * session of the server for a transaction at a time: what the session keeps would be the next
 * program's. So no statement is kept prepared there, the server is not told of deadlines, nothing
 * but DateStyle, IntervalStyle and client_encoding is set (a role whose extra_float_digits is below
 * 1 loses digits), and what needs a session is -ENOTSUP: subscriptions, edo_pg_migrate(),
 * `connect_sql`, `recycle_sql`, EDO_PG_CLEAN. A "set" or "listen" of the program's own texts is not
 * seen: it goes to the server, and is in whichever session that transaction had. Where such a
 * pooler is found out only as it is used, connections with `connect_sql` fail from then on, and
 * those two are not done any more. */
typedef enum edo_pg_pooling {
    /* It is found out, by the numbers of the server's processes and by names of statements, and
       said once in the log. A pooler of which it is not known how it lends gets neither statements
       nor deadlines, and is refused nothing. It may be noticed late: say what is known */
    EDO_PG_POOLING_UNKNOWN,
    EDO_PG_SESSION,     /* none, or one that lends a session for as long as a connection lasts */
    EDO_PG_TRANSACTION, /* one that lends it for a transaction, or for a statement */
} edo_pg_pooling;

/* What is done with a connection before it is lent again. One that was silent for a second is asked
 * whether the server is there, in one round trip; if nothing comes within another second it is
 * ended, as are those that have been idle for longer than that question, and the next one is lent,
 * or made. So connections that died without a word cost the first caller a second. */
typedef enum edo_pg_recycle {
    EDO_PG_FAST,     /* nothing else, but a look whether the server has closed it */
    EDO_PG_VERIFIED, /* a question that the server has to answer */
    EDO_PG_CLEAN,    /* as soon as a caller has given it back, settings, temporary tables, locks,
                        listens and cursors end; prepared statements stay, and `connect_sql` is
                        done again */
} edo_pg_recycle;

/* Options of a pool; all zero is the default. */
typedef struct edo_pg_opts {
    edo_pool_opts pool;           /* as of edo/pool.h; by default its `name` is "pg", and its
                                     `reset_timeout` 2 s */
    edo_duration connect_timeout; /* of one address; 0: that of the string, else 5 s. Where others
                                     follow it is no more than its share of what a deadline, or
                                     `pool.make_timeout`, leaves */
    edo_pg_recycle recycle;
    const char *recycle_sql; /* statements that are done instead of `recycle`, before the connection
                                is lent again; NULL: none.
                                `connect_sql` is not done again: what they reset they set */
    const char *connect_sql; /* statements for each new connection; NULL: none. A statement_timeout
                                belongs into the string ("options"), or to the role */
    edo_pg_pooling pooler;   /* what is between the program and the server */
    bool lazy;             /* edo_pg_connect() does not connect: the first use does, and may fail */
    bool no_cancel;        /* a call that is cut short ends its connection, and cancels nothing: by
                              that a commit that waits for a synchronous standby would be over, and
                              seen by others, though the standby does not have it */
    edo_duration slow;     /* a statement that takes longer, a copy without what its stream takes,
                             is a warning in the log, with its text and without its arguments; 0:
                             1 s; EDO_FOREVER_NS: none is */
    edo_metrics *metrics;  /* gets the histogram db.client.operation.duration; shared; NULL: none */
    bool has_details;      /* trails and logs have the server's words as they are, which may quote
                         arguments and rows */
    edo_duration sub_ping; /* a subscription asks a server that is silent for so long whether it is
                         there, and connects anew if nothing comes within `connect_timeout`; 0:
                         10 s; EDO_FOREVER_NS: never */
    /* how long a call waits for its turn on a connection, or in a transaction, that other tasks
       use; 0: 1 min; EDO_FOREVER_NS: as long as it takes */
    edo_duration turn_timeout;
    uint64_t reserved[4]; /* must be 0 */
} edo_pg_opts;

/** Makes a pool of connections, and one of them, to see that it can.
 *
 * `url` is "postgres://user:password@host:port/name?…", or "host=… dbname=…", with libpq's words.
 * Several hosts, and the addresses of a name, are tried in order, as `target_session_attrs` wants.
 * A host that begins with "/" is the folder of a Unix socket. Names are looked up by
 * edo_resolve(); without a host libpq knows where the server is, by PGHOST, a service or its
 * socket. ~/.pgpass is read.
 *
 * Without an sslmode addresses of this machine are spoken to in clear, all others by TLS with the
 * certificate and the name checked (verify-full); the system's roots count unless the string has an
 * sslrootcert.
 *
 * A connection whose server is not any more what `target_session_attrs` wants, as it says, is not
 * lent again: another one is made, as at first. What a statement, a block or a procedure has done
 * to settings on which edo reads and writes values is put right before the next call, but not
 * between the steps of one pipeline. Of what a function sets, which a query calls, the server does
 * not tell two: extra_float_digits below 1 costs digits of later floats, and bytea_output decides
 * what a bytea is that is read as a text. Such a function says "set extra_float_digits" in its
 * definition, by which it ends with the function. Behind a pooler client_encoding alone is looked
 * at.
 *
 * Where the server, the database or the role has no connection left (SQLSTATE 53300) callers wait
 * for one of the pool's that is given back, and the pool tries again four times a second, until
 * `wait_timeout`.
 * Owns:    copies `url` and `opts` (may be NULL). Returns new in `*out`: edo_pg_close().
 * Errors:  -EINVAL        options, or a string that is none: the trail names a word that has no such
 *                         value, as sslmode=maybe; an '@' in a password is %40
 *          -ENOENT; -EAGAIN  of edo_resolve()
 *          -ECONNREFUSED  no server can be reached; the trail says why, for each address
 *          -ETIMEDOUT     it took too long; or the server is full: the trail says which
 *          -EDO_ECERT     the certificate of the server is not trusted
 *          -EDO_ETLS      the server speaks no TLS
 *          -EDO_ESQL      the server refuses: the user, the password, the database
 *          -EPROTO        something else, which edo does not understand: the trail has libpq's words
 *          -ENOMEM; -ECANCELED; and those of edo_blocking()
 * Cancel:  safe.   Waits: for the connection. */
EDO_MUST_USE EDO_API int edo_pg_connect(edo_pg **out, edo_str url, const edo_pg_opts *opts);

/** Takes one connection of a pool, for statements that belong together. A macro over
 * edo_pg_acquire_at(), which adds the place of the call: it names who has the connections when a
 * task waits for one in vain.
 * Owns:    returns new in `*out`: edo_pg_close().
 * Errors:  as edo_pg_connect() and edo_pool_get()
 *          -EINVAL  `db` is no pool
 * Cancel:  safe.   Waits: for its turn, and for a connection. */
#define edo_pg_acquire(out, db) edo_pg_acquire_at((out), (db), EDOI_PLACE)

/** The function behind edo_pg_acquire().
 * Owns: as edo_pg_acquire(); `place` is a string literal.   Errors: as edo_pg_acquire()
 * Cancel: safe.   Waits: as edo_pg_acquire(). */
EDO_MUST_USE EDO_API int edo_pg_acquire_at(edo_pg **out, edo_pg *db, const char *place);

/** Gives a connection back to its pool, or ends a pool: what it has lent is still given back as
 * ever. NULL is allowed. What is under way on the connection by other handles goes on: a
 * transaction is rolled back behind it.
 * Owns:    takes `pg`. No call on it may be under way.
 * Waits:   never. */
EDO_API void edo_pg_close(edo_pg *pg);

/** Returns what the server has reported of a setting: "server_version", "TimeZone",
 * "in_hot_standby" and some others.
 * Owns:    borrows from the connection, until its next use.
 * Errors:  NULL  it has not, or `pg` is no connection
 * Threads: one at a time for `pg`.   Waits: never. */
EDO_API const char *edo_pg_get_parameter(edo_pg *pg, const char *name);

/** Returns the numbers of a pool, or of the pool of a connection.
 * Waits:   never. */
EDO_API edo_pool_stats edo_pg_get_stats(edo_pg *pg);

/* ---- Statements ------------------------------------------------------------------------------ */

/* These calls take a connection of a pool for their time; on a connection they take turns. A
 * statement with its arguments is one round trip, the first time as well as later, when it is
 * prepared. What a deadline leaves is the server's statement_timeout, too, in place of the role's.
 * A call that is cut short has its statement cancelled on the server before the connection is used
 * again, or the connection ends if that takes longer than a second. With `no_cancel` it ends at
 * once, and over TLS, since libpq would send the cancellation in clear; what the server does then
 * goes on until that notices, at its statement_timeout or by its client_connection_check_interval.
 * Whether a change that was cut short was made is not known. A statement may take any time; one
 * that the server's machine does not acknowledge for a second, though the kernel has sent it again,
 * is -ECONNRESET.
 *
 * A statement is one, without a semicolon between two. Where it fails with
 *     -EDO_ESQL       the server refuses, or somebody else has cancelled it: edo_pg_get_error()
 *     -ETIMEDOUT      a statement_timeout has passed: the deadline's, the role's, the string's. Of
 *                     a server whose words are not English also if somebody else has cancelled it
 *     -ECONNRESET     the connection is lost
 *     -EINVAL         a text among the arguments has a NUL; too many arguments
 *     -ENOTSUP        it copies, see edo_pg_copy_in(); the connection ends
 *     -ECANCELED      this task was cancelled, or a deadline around it passed
 *     -EDEADLK        this task reads rows of the same connection or transaction, which have its
 *                     turn until they are read to their end or freed (edo_seq_free()); the trail
 *                     has both places. Also of edo_pg_commit() and the like
 *     -ETIMEDOUT      on a connection or in a transaction: `turn_timeout` has passed; the trail says
 *                     who has the turn, and where
 *     -ENOMEM
 *     those of edo_pool_get() and edo_pg_connect(), if it needs a connection
 * `place` is a string literal, and names who has the connections when a task waits in vain. */

/** Does a statement, and returns how many rows it has changed, or has; INT_MAX if there are more.
 * A macro over edo_pg_exec_at().
 *
 *     n = edo_pg_exec(db, "delete from item where id = $1", EDO_SQL(id));
 * Errors:  as above   Cancel: the statement is cancelled.
 * Waits:   for a connection, and for the server. */
#define edo_pg_exec(pg, sql, args) edo_pg_exec_at((pg), (sql), (args), EDOI_PLACE)

/** The function behind edo_pg_exec().
 * Errors: as edo_pg_exec()   Cancel: as edo_pg_exec().   Waits: as edo_pg_exec(). */
EDO_MUST_USE EDO_API int edo_pg_exec_at(edo_pg *pg, const char *sql, edo_sql_args args,
                                        const char *place);

/** Does a query for one row, and fills the struct at `out` with it: each field from the column of
 * its name. A macro over edo_pg_query_one_at().
 *
 * A column without a field is passed over; a field that is not optional, and has no preset, needs a
 * column. Null is for optional fields. A bool, numbers, texts and enums are read as
 * edo_value_parse() does; a text takes any column; edo_bytes a bytea; a list, or an array, an array
 * of one dimension; a struct json or jsonb. An edo_wall takes a date or a timestamp of the years 1
 * to 9999, which is of UTC if it has no zone; an int64_t those, and a time, in microseconds (since
 * 1970, UTC; INT64_MAX is infinity); an edo_duration an interval of days and less. As an argument
 * an edo_wall is a timestamptz, an edo_duration an interval, without what is finer than a
 * microsecond. Settings of the role, the database or the string change nothing about that: edo sets
 * DateStyle, IntervalStyle, bytea_output, extra_float_digits and client_encoding of its sessions.
 * Owns:    fills `out`: edo_value_deinit(). After a failure it is all zero, or as it was.
 * Errors:  -EDO_ENOROW  there is none
 *          -EDO_EVALUE  there are several; a column is missing, null, or does not fit: too large,
 *                       no such name, not as the description demands. The trail says which
 *          -EDO_EJSON   a column is no JSON of its struct, likewise
 *          else as above
 *          A change that the statement has made stays made.
 * Cancel:  the statement is cancelled.   Waits: for a connection, and for the server. */
#define edo_pg_query_one(pg, out, desc, sql, args)                                                 \
    edo_pg_query_one_at((pg), (out), (desc), (sql), (args), EDOI_PLACE)

/** The function behind edo_pg_query_one().
 * Owns: as edo_pg_query_one().   Errors: as edo_pg_query_one()
 * Cancel: as edo_pg_query_one().   Waits: as edo_pg_query_one(). */
EDO_MUST_USE EDO_API int edo_pg_query_one_at(edo_pg *pg, void *out, const edo_desc *desc,
                                             const char *sql, edo_sql_args args, const char *place);

/** Does a query, and fills the one list of structs that the struct at `out` has with its rows, each
 * as edo_pg_query_one() does: for a reply that is sent whole. A macro over
 * edo_pg_query_all_at().
 *
 *     typedef struct { item *items; size_t items_n; } page;
 *     EDO_DESCRIBE(page, EDO_FIELD_LIST_OF(page, items, items_n, item_desc, .max_len = 100))
 *     …
 *     page p = { 0 };
 *     err = edo_pg_query_all(db, &p, &page_desc, edo_web_request(w)->arena,
 *                            "select id, name from item where id > $1 order by id limit $2",
 *                            EDO_SQL(after, limit));
 *     if (err == 0) err = edo_web_reply_json(w, 200, &p, &page_desc);
 *
 * A message of gRPC with a repeated message is such a struct, too. Its other fields stay as they
 * are. The list has `max_len` rows at most, or EDO_SQL_ROWS_MAX, or as many as its array; a query
 * that has more is cancelled. So a "limit" is for the statement to say; edo_pg_rows() reads any
 * number.
 * Owns:    the list, and texts of any length in it, are the arena's: they live until its reset. With
 *          an `arena` that is NULL they are on the heap: edo_value_deinit(). What the list was
 *          before is forgotten. After a failure it is empty; of an arena what was taken stays taken.
 * Errors:  -EDO_EVALUE  there are too many rows; or as edo_pg_query_one(), with the number of the
 *                       row in the trail, from 1
 *          -ENOMEM      also if the arena has reached its `bytes_max`
 *          -EDO_EMISUSE  `desc` has no list of structs, or several
 *          else as edo_pg_query_one(), but never -EDO_ENOROW
 *          A change that the statement has made stays made, unless there are too many rows: then it
 *          is not known, and a transaction has failed.
 * Cancel:  the statement is cancelled.   Waits: for a connection, and for all rows. */
#define edo_pg_query_all(pg, out, desc, arena, sql, args)                                          \
    edo_pg_query_all_at((pg), (out), (desc), (arena), (sql), (args), EDOI_PLACE)

/** The function behind edo_pg_query_all().
 * Owns: as edo_pg_query_all().   Errors: as edo_pg_query_all()
 * Cancel: as edo_pg_query_all().   Waits: as edo_pg_query_all(). */
EDO_MUST_USE EDO_API int edo_pg_query_all_at(edo_pg *pg, void *out, const edo_desc *desc,
                                             edo_arena *arena, const char *sql, edo_sql_args args,
                                             const char *place);

/** The rows of a query as a sequence of structs, filled as by edo_pg_query_one(). A macro over
 * edo_pg_rows_at().
 *
 *     edo_seq *rows = edo_pg_rows(db, &item_desc, "select id, name from item", EDO_SQL_NONE);
 *     while ((rc = edo_seq_next(rows, &it)) == 1) use(&it);
 *     edo_seq_free(rows);
 *
 * Rows are read from the connection as they are wanted, so a reader that is slow makes the server
 * wait, and has one row in memory. The connection is the sequence's until its end: another call on
 * it, or on its transaction, waits for that; of the task that reads the rows it is -EDEADLK at
 * once, and of the one that has asked for them after 100 ms, if no other task has read any since.
 * So read them to their end first, or all at once by edo_pg_query_all(), or call the pool, which
 * has other connections. Freed before, the sequence has the query cancelled; it may outlive `pg`.
 * The first failure, also one to begin the query, is the last item.
 * Owns:    returns new: edo_seq_free(). `desc` is borrowed until then; texts, bytes and lists of an
 *          item live until the next one is read, and are not given back.
 * Errors:  NULL without memory. Reading: as edo_pg_query_one()
 * Cancel:  of a read: safe; no row is lost, and the query goes on.
 * Threads: any; to read: one at a time.
 * Waits:   for a connection, and for the first row. */
#define edo_pg_rows(pg, desc, sql, args) edo_pg_rows_at((pg), (desc), (sql), (args), EDOI_PLACE)

/** The function behind edo_pg_rows().
 * Owns: as edo_pg_rows().   Errors: as edo_pg_rows()
 * Cancel: as edo_pg_rows().   Waits: as edo_pg_rows(). */
EDO_MUST_USE EDO_API edo_seq *edo_pg_rows_at(edo_pg *pg, const edo_desc *desc, const char *sql,
                                             edo_sql_args args, const char *place);

/* ---- Pipelines ------------------------------------------------------------------------------- */

/* One statement of a pipeline. */
typedef struct edo_pg_step {
    const char *sql;
    edo_sql_args args;    /* in C EDO_SQL() of an initializer lives as long as the block */
    void *out;            /* a struct that its one row fills; NULL: its rows are counted */
    const edo_desc *desc; /* of the struct; borrowed */
    int result;           /* set by the call: as edo_pg_exec(); with `out` as edo_pg_query_one() */
} edo_pg_step;

/** Does several statements in one round trip. A macro over edo_pg_pipeline_at().
 *
 *     edo_pg_step steps[] = {
 *         { "update item set stock = stock - 1 where id = $1", EDO_SQL(id) },
 *         { "select stock from item where id = $1", EDO_SQL(id), &it, &item_desc },
 *     };
 *     err = edo_pg_pipeline(db, steps, EDO_COUNT(steps));
 *
 * They are one transaction, or part of the one that `pg` is: if the server refuses one, those
 * behind it are not done, and those before it are undone; the `result` of all others is -ECANCELED,
 * as in a chain of io_uring. All results are in memory at once. None of them begins or ends a
 * transaction.
 * Owns:    fills each `out` whose `result` is 0: edo_value_deinit().
 * Errors:  the first failure among the results; a row that does not fit its struct fails alone,
 *          and what was done stays. As edo_pg_exec(): then each `result` is -ECANCELED, and
 *          whether they were done is not known
 * Cancel:  the statements are cancelled.   Waits: for a connection, and for the server. */
#define edo_pg_pipeline(pg, steps, n) edo_pg_pipeline_at((pg), (steps), (n), EDOI_PLACE)

/** The function behind edo_pg_pipeline().
 * Owns: as edo_pg_pipeline().   Errors: as edo_pg_pipeline()
 * Cancel: as edo_pg_pipeline().   Waits: as edo_pg_pipeline(). */
EDO_MUST_USE EDO_API int edo_pg_pipeline_at(edo_pg *pg, edo_pg_step *steps, size_t n,
                                            const char *place);

/* ---- Transactions ---------------------------------------------------------------------------- */

typedef enum edo_pg_isolation {
    EDO_PG_ISOLATION_DEFAULT, /* the server's: read committed, unless it is told otherwise */
    EDO_PG_READ_COMMITTED,
    EDO_PG_REPEATABLE_READ,
    EDO_PG_SERIALIZABLE,
} edo_pg_isolation;

/* Options of a transaction; all zero is the default. */
typedef struct edo_pg_tx_opts {
    edo_pg_isolation isolation;
    bool read_only;
    bool deferrable;      /* of one that is serializable and read_only, else -EINVAL: waits at its
                             begin, and then never fails */
    uint32_t tries;       /* edo_pg_run_tx(): at most; 0: 5 */
    edo_duration backoff; /* edo_pg_run_tx(): before the second try, then twice that each time, less
                             up to a half by chance; 0: 10 ms */
    uint64_t reserved[4]; /* must be 0 */
} edo_pg_tx_opts;

/** Begins a transaction, on a connection of a pool that it keeps, or on the connection `pg`; of a
 * transaction it is a savepoint, which is as the transaction is: `isolation`, `read_only` and
 * `deferrable` are -EINVAL there. A macro over edo_pg_begin_at().
 *
 *     edo_pg *tx;
 *     err = edo_pg_begin(&tx, db, NULL);
 *     if (err < 0) return err;
 *     err = edo_pg_exec(tx, "insert into sold (item) values ($1)", EDO_SQL(item));
 *     if (err >= 0) err = edo_pg_commit(tx);
 *     edo_pg_close(tx);                          // rolls back what was not committed
 *
 * A "commit" or a "rollback" as a statement ends it behind the handle, on which nothing can be done
 * then but its close. A handle that it was begun on may be closed first: its connection goes back
 * to the pool with the last of them.
 * Owns:    returns new in `*out`: edo_pg_close().
 * Errors:  -EINVAL  options; the connection has a transaction;  else as edo_pg_exec()
 * Cancel:  safe: what was begun is rolled back.   Waits: for a connection, and for the server. */
#define edo_pg_begin(out, pg, ...) edo_pg_begin_at((out), (pg), (__VA_ARGS__), EDOI_PLACE)

/** The function behind edo_pg_begin().
 * Owns: as edo_pg_begin(); `place` is a string literal.   Errors: as edo_pg_begin()
 * Cancel: as edo_pg_begin().   Waits: as edo_pg_begin(). */
EDO_MUST_USE EDO_API int edo_pg_begin_at(edo_pg **out, edo_pg *pg, const edo_pg_tx_opts *opts,
                                         const char *place);

/** Makes a savepoint in a transaction: what follows on `*out`, and on `tx`, is undone by the
 * rollback or the close of `*out`, and the transaction goes on. It ends with `tx`.
 * Owns:    returns new in `*out`: edo_pg_close().
 * Errors:  -EINVAL  `tx` is no transaction, or over;  else as edo_pg_exec()
 * Cancel:  safe.   Waits: for the server. */
EDO_MUST_USE EDO_API int edo_pg_savepoint(edo_pg **out, edo_pg *tx);

/** Commits a transaction, or releases a savepoint. After it, also if it fails, nothing can be done
 * on `tx` but its close.
 * Errors:  -EINVAL     `tx` is no transaction, or over, also by a statement: what that did is done
 *          -EDO_ESQL   the server refuses: nothing was committed. Also if a statement had failed
 *                      before, and the transaction with it
 *          -ECANCELED; -ECONNRESET  it is not known whether it was committed
 *          -EDEADLK; -ETIMEDOUT  of the turn, see above: nothing was done, `tx` is as it was
 * Cancel:  see there.   Waits: for the server. */
EDO_MUST_USE EDO_API int edo_pg_commit(edo_pg *tx);

/** Rolls a transaction back, or what was done since a savepoint. edo_pg_close() does it, too, and
 * does not wait.
 * Errors:  -EINVAL  `tx` is no transaction, or over;  -ECONNRESET: it is rolled back, too
 *          -ECANCELED  it will be
 *          -EDEADLK; -ETIMEDOUT  as edo_pg_commit()
 * Cancel:  safe.   Waits: for the server. */
EDO_MUST_USE EDO_API int edo_pg_rollback(edo_pg *tx);

/* What is done in a transaction. 0 or more: it is committed; a negative code: it is rolled back. */
typedef int edo_pg_tx_fn(edo_pg *tx, void *arg);

/** Calls `fn` in a transaction, commits it, and returns what `fn` returned. A macro over
 * edo_pg_run_tx_at().
 *
 * If a transaction may succeed when it is tried again (EDO_PG_RETRY: another one was in its way, or
 * a table has changed since a statement was prepared) `fn` is called again, in a new one, after a
 * pause: so it does nothing but on `tx`. In a transaction `pg` it is a savepoint, and `fn` is
 * called once.
 * Errors:  of `fn`; as edo_pg_begin() and edo_pg_commit()
 * Cancel:  what was done is rolled back.   Waits: as `fn`, and for the server. */
#define edo_pg_run_tx(pg, fn, ...) edo_pg_run_tx_at((pg), (fn), __VA_ARGS__, EDOI_PLACE)

/** The function behind edo_pg_run_tx().
 * Owns: as edo_pg_run_tx(); `place` is a string literal.   Errors: as edo_pg_run_tx()
 * Cancel: as edo_pg_run_tx().   Waits: as edo_pg_run_tx(). */
EDO_MUST_USE EDO_API int edo_pg_run_tx_at(edo_pg *pg, edo_pg_tx_fn *fn, void *arg,
                                          const edo_pg_tx_opts *opts, const char *place);

/** Calls `fn` in a transaction that is rolled back in any case, and returns what `fn` returned: for
 * tests that share a database.
 *
 * What `fn` gets is a pool, for all that takes one: the state of handlers, the store of sessions
 * (edo/pg_session.h), edo_pg_migrate(). Its one connection has the transaction. A transaction that
 * is begun on it, also by edo_pg_run_tx(), is a savepoint, which has no options; a statement
 * outside of one fails alone, and undoes nothing. While one task has the connection, for a
 * transaction or for rows that it reads, another call on the pool waits, also that task's: after
 * `wait_timeout`, 5 s, it is -ETIMEDOUT, and the trail names who has it. now() stands still;
 * constraints that are deferred are not checked, nor is a notification sent. A "commit" as a
 * statement is one. If `pg` is no pool nothing else is done on it meanwhile.
 * Errors:  of `fn`; as edo_pg_begin(); -ETIMEDOUT  what `fn` has begun keeps the connection, for
 *          5 s after its return
 * Cancel:  as edo_pg_run_tx().
 * Waits:   as `fn`, for the server, and for tasks that have the connection still. */
EDO_MUST_USE EDO_API int edo_pg_run_tx_back(edo_pg *pg, edo_pg_tx_fn *fn, void *arg);

/* ---- Copies ---------------------------------------------------------------------------------- */

/** Sends all of a stream to a statement `copy … from stdin`. `*rows` (may be NULL) is how many rows
 * the table got. A macro over edo_pg_copy_in_at(). The stream is read no faster than the server
 * takes it; it may be a file, the body of a request, or edo_stream_from_seq().
 * Errors:  as edo_pg_exec(); -EINVAL  it is no such statement; or what reading `from` returned:
 *          then nothing was copied
 * Cancel:  nothing is copied; the connection ends.
 * Waits:   for `from`, a connection, and the server. */
#define edo_pg_copy_in(pg, rows, sql, from)                                                        \
    edo_pg_copy_in_at((pg), (rows), (sql), (from), EDOI_PLACE)

/** The function behind edo_pg_copy_in().
 * Owns: as edo_pg_exec().   Errors: as edo_pg_copy_in()   Cancel: as edo_pg_copy_in().
 * Waits: as edo_pg_copy_in(). */
EDO_MUST_USE EDO_API int edo_pg_copy_in_at(edo_pg *pg, uint64_t *rows, const char *sql,
                                           edo_stream *from, const char *place);

/** Writes what a statement `copy … to stdout` has to a stream, and returns when it has all of it.
 * A macro over edo_pg_copy_out_at(). The server waits while the stream takes nothing.
 * Errors:  as edo_pg_exec(); -EINVAL  it is no such statement; or what writing returned: the
 *          connection ends then. After a failure `to` may have a part, which can end amid a row
 * Cancel:  as a failure: the connection ends.   Waits: for `to`, a connection, and the server. */
#define edo_pg_copy_out(pg, rows, sql, to) edo_pg_copy_out_at((pg), (rows), (sql), (to), EDOI_PLACE)

/** The function behind edo_pg_copy_out().
 * Owns: as edo_pg_exec().   Errors: as edo_pg_copy_out()   Cancel: as edo_pg_copy_out().
 * Waits: as edo_pg_copy_out(). */
EDO_MUST_USE EDO_API int edo_pg_copy_out_at(edo_pg *pg, uint64_t *rows, const char *sql,
                                            edo_stream *to, const char *place);

/* ---- Notifications --------------------------------------------------------------------------- */

/* Hears what others send by `notify`, on a connection of its own beside the pool. A connection that
 * is lost is made again, for as long as that takes; a server that is silent is asked, as `sub_ping`
 * of the pool's options says, while a call waits. What comes to a connection of the pool, after a
 * "listen" as a statement, is dropped. */
typedef struct edo_pg_sub edo_pg_sub;

/* What was sent. Texts live until the next one is read. */
typedef struct edo_pg_note {
    edo_str channel, payload;
    uint32_t pid; /* of the server's process that has sent it */
} edo_pg_note;

/** Makes a subscription to the database of a pool, without channels. It may outlive the pool.
 * Owns:    returns new in `*out`: edo_pg_sub_close().
 * Errors:  as edo_pg_connect()
 * Cancel:  safe.   Waits: for the connection. */
EDO_MUST_USE EDO_API int edo_pg_sub_open(edo_pg_sub **out, edo_pg *db);

/** Ends a subscription. NULL is allowed.
 * Owns:    takes `s`. No call on it may be under way.   Waits: never. */
EDO_API void edo_pg_sub_close(edo_pg_sub *s);

/** Listens to a channel; stops to. The name is what stands in quotes in SQL: "Room" is not room.
 * What comes after the return of edo_pg_sub_add() is heard.
 * Errors:  -EINVAL  a name that is empty, has more than 63 bytes, or a NUL;  -EDO_ESQL; -ENOMEM
 *          -ECANCELED  the connection is lost, and is made again by the next read
 * Cancel:  see there.   Threads: one at a time for `s`.   Waits: for the server. */
EDO_MUST_USE EDO_API int edo_pg_sub_add(edo_pg_sub *s, edo_str channel);
EDO_MUST_USE EDO_API int edo_pg_sub_remove(edo_pg_sub *s, edo_str channel);

/** Waits for the next notification: 1.
 * Errors:  -EDO_ELAGGED  the connection was lost, and is back: something may be missing. Read on
 *          -ECANCELED; -EDO_ENORUNTIME; -ENOMEM
 * Cancel:  safe: none is lost.   Threads: one at a time for `s`.
 * Waits:   for a notification, and for a connection. */
EDO_MUST_USE EDO_API int edo_pg_sub_next(edo_pg_sub *s, edo_pg_note *out);

/* ---- Migrations ------------------------------------------------------------------------------ */

/** Does the migrations of a list that were not done yet, in order, and returns how many those were.
 *
 * The table says of each its version, name, time, duration, and a checksum (SHA-384) of its text.
 * Programs that migrate one database at once take turns by an advisory lock, for which they ask
 * twice a second at least. Behind a pooler that lends sessions for a transaction the lock would
 * stay there: migrate by a connection to the server itself. Each migration is a transaction
 * together with its line of the table. One with "-- no-transaction" is one statement; the line says
 * before that it was begun, and afterwards that it was done. The connection on which something was
 * done ends with the call: what a text sets, or listens to, gets to nobody else.
 * Owns:    borrows the list and `opts` (may be NULL) until it returns.
 * Errors:  -EINVAL    `pg` is no pool; options; versions that do not grow; a text that ends its
 *                     transaction, which counts as done in part
 *          -EDO_ESQL  one fails; or one was changed since it was done, is missing, is new and below
 *                     one that was done, or was done in part. The trail says which. What was done
 *                     before it stays done
 *          else as edo_pg_exec()
 * Cancel:  the migration that is under way is not done.
 * Waits:   for the server, and for others that migrate. */
EDO_MUST_USE EDO_API int edo_pg_migrate(edo_pg *pg, const edo_migration *all, size_t n,
                                        const edo_migrate_opts *opts);

EDO_END_DECLS

#endif
