/* SPDX-License-Identifier: MIT */
/* edo/sqlite.h: databases of SQLite, by its own library. In a library of its own, libedo-sqlite
 * (pkg-config edo-sqlite), beside libedo.
 *
 *     edo_sqlite *db;                    // one connection that writes, some that read
 *     int err = edo_sqlite_open(&db, "shop.db", NULL);
 *     …
 *     n = edo_sqlite_exec(db, "delete from item where id = ?1", EDO_SQL(id));
 *     …
 *     edo_sqlite_close(db);
 *
 * SQLite blocks its thread; so each call is a job of the blocking pool, and the worker runs other
 * tasks meanwhile. One connection writes, for one task at a time; statements that only read have
 * connections of their own, which see what was committed before they began, and wait for nobody
 * (write-ahead log). A log that has become long makes whoever writes wait a little for those that
 * read (`log_bytes_max`).
 *
 * What SQLite refuses is -EDO_ESQL, and edo_sqlite_get_error() has the particulars. Arguments are
 * in no error, no trail and no log.
 *
 * Where the filter of the log lets the target "sqlite" pass at INFO, each statement is a span,
 * "query" (edo/span.h), from its call to its last row, as one of edo/pg.h is; "ran_us" is how long
 * SQLite had of that, and the rest is the wait for the connection and for a thread. At DEBUG a
 * transaction is a span around its statements.
 *
 * The shape is that of edo/pg.h, and so are the rules by which rows fill described structs.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once; fibers and plain threads.   Since: 0.1 */
#ifndef EDO_SQLITE_H
#define EDO_SQLITE_H

#include <edo/pool.h>
#include <edo/seq.h>
#include <edo/sql.h>

EDO_BEGIN_DECLS

/* A database, or a transaction. */
typedef struct edo_sqlite edo_sqlite;

/* ---- Errors ---------------------------------------------------------------------------------- */

/* What programs do something about. */
typedef enum edo_sqlite_kind {
    EDO_SQLITE_OTHER,
    EDO_SQLITE_UNIQUE, /* also of a primary key */
    EDO_SQLITE_FOREIGN_KEY,
    EDO_SQLITE_NOT_NULL,
    EDO_SQLITE_CHECK,
} edo_sqlite_kind;

/* Why a statement has failed. */
typedef struct edo_sqlite_error {
    int code; /* SQLite's extended result code: SQLITE_CONSTRAINT_UNIQUE */
    edo_sqlite_kind kind;
    char message[200]; /* SQLite's words, perhaps cut: "UNIQUE constraint failed: item.name"; of a
                          failure that may quote an argument none of them */
} edo_sqlite_error;

/** Returns why the last statement of this task has failed with -EDO_ESQL, as long as its trail is
 * there.
 * Owns:    borrows from the trail, until the task fails anew or clears it.
 * Errors:  NULL  the trail has no such failure
 * Waits:   never. */
EDO_API const edo_sqlite_error *edo_sqlite_get_error(void);

/* ---- Databases ------------------------------------------------------------------------------- */

/* Options of a database; all zero is the default. */
typedef struct edo_sqlite_opts {
    const char *name;          /* for reports and metrics; NULL: "sqlite" */
    uint32_t readers_max;      /* connections that read; 0: 4. A database in memory has none */
    bool read_only;            /* nothing is written; the file has to be there */
    bool no_create;            /* the file has to be there */
    bool no_wal;               /* the journal is what the file has: readers and the writer wait for
                                  each other */
    bool no_foreign_keys;      /* foreign keys are not checked */
    const char *open_sql;      /* done with each new connection, as "pragma cache_size = 10000";
                                  NULL: none */
    edo_duration busy;         /* how long a call waits for other processes that hold the file; 0:
                                  5 s */
    edo_duration wait_timeout; /* how long a task waits in line for a connection; 0: 5 s */
    struct edo_metrics *metrics; /* as of edo_pool_opts; the writer's pool has "-writer" behind its
                                    name. It also gets the histogram db.client.operation.duration.
                                    NULL: none */
    uint64_t log_bytes_max; /* of the write-ahead log: when it is longer the next change waits a
                               little, 20 ms to 2 s, for what is being read, so that the log begins
                               anew; 0: 64 MiB */
    edo_duration slow;      /* a statement that takes longer, once it has a connection, is a warning
                             in the log, with its text and without its arguments; 0: 1 s;
                             EDO_FOREVER_NS: none is */
    uint64_t reserved[2];   /* must be 0 */
} edo_sqlite_opts;

/** Opens the database in the file `path`, which is made if it is not there, and no URI; ":memory:"
 * is one that ends with its handle. Foreign keys are checked, and the log is written ahead.
 * Owns:    copies `path` and `opts` (may be NULL). Returns new in `*out`: edo_sqlite_close().
 * Errors:  -EINVAL  options, or `path` is empty, or leads to a FIFO or a device
 *          -ENOENT, -EACCES  the file, or its folder
 *          -EILSEQ  the file is none of SQLite, or damaged
 *          -EBUSY   another process has held it for longer than `busy`
 *          -EDO_ESQL  `open_sql`;  -ENOMEM; -ECANCELED; and those of edo_blocking()
 * Cancel:  safe.   Waits: for the file. */
EDO_MUST_USE EDO_API int edo_sqlite_open(edo_sqlite **out, const char *path,
                                         const edo_sqlite_opts *opts);

/** Closes a database: what transactions and sequences of rows have of it goes on to its end. A
 * transaction that was neither committed nor rolled back is rolled back, after the call; a
 * savepoint before it returns. NULL is allowed.
 * Owns:    takes `db`. No call on it may be under way.
 * Waits:   of a database and a savepoint: for the file. */
EDO_API void edo_sqlite_close(edo_sqlite *db);

/** From now on the last connection to the file does not write the log into it at its close: the log
 * stays beside the file. For a program that knows that the disk has not kept all of the log: what
 * SQLite still counts as written would be read there, and written into the file; the next open
 * reads the log up to the first part that is not whole. Also for programs that copy logs.
 * Waits:   never. */
EDO_API void edo_sqlite_keep_log(edo_sqlite *db);

/* Numbers of a database. */
typedef struct edo_sqlite_stats {
    edo_pool_stats writer, readers;
} edo_sqlite_stats;

/** Returns the numbers of a database.
 * Waits:   never. */
EDO_API edo_sqlite_stats edo_sqlite_get_stats(edo_sqlite *db);

/* ---- Statements ------------------------------------------------------------------------------ */

/* A text has one statement; placeholders are ?1, ?2 and so on, or ? in order. Statements are kept
 * prepared, 100 on each connection. A call that is cut short interrupts SQLite, and what the
 * statement has done is undone; if it changes something in a transaction, with it the whole
 * transaction, which is over then. Where it fails with
 *     -EDO_ESQL       SQLite refuses: edo_sqlite_get_error()
 *     -EINVAL         more than one statement, other placeholders than arguments, a text among the
 *                     arguments with a NUL, or a NaN, which SQLite has not; or a transaction that
 *                     is over
 *     -EBUSY          another process has held the file for longer than `busy`
 *     -EIO            the disk has failed to read, and may not the next time; also what looks like
 *                     damage on a connection for which it has
 *     -EILSEQ         the file is damaged
 *     -ENOSPC, -EROFS and others of the system
 *     -ECANCELED      this task was cancelled, or a deadline around it passed
 *     -ENOMEM
 *     those of edo_pool_get() and edo_blocking() */

/** Does a statement, and returns how many rows it has changed; INT_MAX if there are more.
 * Errors:  as above   Cancel: the statement is interrupted and undone.
 * Waits:   for its turn to write, and for the file. */
EDO_MUST_USE EDO_API int edo_sqlite_exec(edo_sqlite *db, const char *sql, edo_sql_args args);

/** Does a query for one row, and fills the struct at `out` with it: each field from the column of
 * its name. A query that only reads has a connection of its own; others, as "insert … returning",
 * wait for their turn to write.
 *
 * A column without a field is passed over; a field that is not optional, and has no preset, needs a
 * column. Null is for optional fields. A bool is 0 or 1; a text takes numbers, too; edo_bytes are a
 * blob or a text; an edo_duration is nanoseconds; a struct is JSON. A list is no column. An
 * edo_wall is a text as SQLite's own functions make and read it, "2026-11-27 15:04:05.250" in UTC,
 * so texts are in the order of time; one with an offset is read, too, and a whole number as the
 * seconds of unixepoch().
 * Owns:    fills `out`: edo_value_deinit(). After a failure it is all zero, or as it was.
 * Errors:  -EDO_ENOROW  there is none
 *          -EDO_EVALUE  there are several; a column is missing, null, or does not fit. The trail
 *                       says which
 *          -EDO_EJSON   a column is no JSON of its struct, likewise
 *          else as above
 *          A change that the statement has made stays made.
 * Cancel:  as edo_sqlite_exec().   Waits: for a connection, and for the file. */
EDO_MUST_USE EDO_API int edo_sqlite_query_one(edo_sqlite *db, void *out, const edo_desc *desc,
                                              const char *sql, edo_sql_args args);

/** Does a query, and fills the one list of structs that the struct at `out` has with its rows, each
 * as edo_sqlite_query_one() does: for a reply that is sent whole. All rows are read in one job.
 *
 *     typedef struct { item *items; size_t items_n; } page;
 *     EDO_DESCRIBE(page, EDO_FIELD_LIST_OF(page, items, items_n, item_desc, .max_len = 100))
 *     …
 *     page p = { 0 };
 *     err = edo_sqlite_query_all(db, &p, &page_desc, edo_web_request(w)->arena,
 *                                "select id, name from item where id > ?1 order by id limit ?2",
 *                                EDO_SQL(after, limit));
 *     if (err == 0) err = edo_web_reply_json(w, 200, &p, &page_desc);
 *
 * A message of gRPC with a repeated message is such a struct, too. Its other fields stay as they
 * are. The list has `max_len` rows at most, or EDO_SQL_ROWS_MAX, or as many as its array. So a
 * "limit" is for the statement to say; edo_sqlite_rows() reads any number.
 * Owns:    the list, and texts of any length in it, are the arena's: they live until its reset. With
 *          an `arena` that is NULL they are on the heap: edo_value_deinit(). What the list was
 *          before is forgotten. After a failure it is empty; of an arena what was taken stays taken.
 * Errors:  -EDO_EVALUE  there are too many rows; or as edo_sqlite_query_one(), with the number of
 *                       the row in the trail, from 1
 *          -ENOMEM      also if the arena has reached its `bytes_max`
 *          -EDO_EMISUSE  `desc` has no list of structs, or several
 *          else as edo_sqlite_query_one(), but never -EDO_ENOROW
 *          A change that the statement has made stays made.
 * Cancel:  as edo_sqlite_exec().   Waits: for a connection, and for the file. */
EDO_MUST_USE EDO_API int edo_sqlite_query_all(edo_sqlite *db, void *out, const edo_desc *desc,
                                              edo_arena *arena, const char *sql, edo_sql_args args);

/** The rows of a query as a sequence of structs, filled as by edo_sqlite_query_one(). Rows are read
 * as they are wanted, up to 50 in one job, of large ones fewer; the connection is the sequence's
 * until its end. The first failure, also one to begin the query, is the last item. A macro over
 * edo_sqlite_rows_at(), which adds the place of the call.
 *
 * While it is open the write-ahead log keeps what is written: one that stays long makes it long. A
 * warning in the log then has its place.
 *
 *     edo_seq *rows = edo_sqlite_rows(db, &item_desc, "select id, name from item", EDO_SQL_NONE);
 *     while ((rc = edo_seq_next(rows, &it)) == 1) use(&it);
 *     edo_seq_free(rows);
 *
 * A query that writes ("… returning") is one for edo_sqlite_query_one() and edo_sqlite_exec().
 * Owns:    returns new: edo_seq_free(), in time, since others wait for the connection; of a
 *          transaction before its end. `desc` is borrowed until then. Texts, bytes and lists of an
 *          item live until the next one is read, and are not given back.
 * Errors:  NULL without memory. Reading: as edo_sqlite_query_one(); -EINVAL  it writes, or
 *          has no columns, as "begin"
 * Cancel:  of a read: safe; no row is lost.
 * Threads: any; to read: one at a time, in a runtime.   Waits: for a connection. */
#define edo_sqlite_rows(db, desc, sql, args)                                                       \
    edo_sqlite_rows_at((db), (desc), (sql), (args), EDOI_PLACE)

/** The function behind edo_sqlite_rows().
 * Owns: as edo_sqlite_rows(); `place` is a string literal.   Errors: as edo_sqlite_rows()
 * Cancel: as edo_sqlite_rows().   Waits: as edo_sqlite_rows(). */
EDO_API edo_seq *edo_sqlite_rows_at(edo_sqlite *db, const edo_desc *desc, const char *sql,
                                    edo_sql_args args, const char *place);

/* ---- Transactions ---------------------------------------------------------------------------- */

/** Begins a transaction that writes (BEGIN IMMEDIATE): others that write wait for its end. In a
 * transaction it is a savepoint.
 *
 *     edo_sqlite *tx;
 *     err = edo_sqlite_begin(&tx, db);
 *     if (err < 0) return err;
 *     err = edo_sqlite_exec(tx, "insert into sold (item) values (?1)", EDO_SQL(item));
 *     if (err >= 0) err = edo_sqlite_commit(tx);
 *     edo_sqlite_close(tx);                      // rolls back what was not committed
 *
 * A handle that a savepoint was begun on is used again, and closed, when that is over.
 * Owns:    returns new in `*out`: edo_sqlite_close().
 * Errors:  as edo_sqlite_exec()   Cancel: safe: what was begun is rolled back.
 * Waits:   for its turn to write, and for the file. */
EDO_MUST_USE EDO_API int edo_sqlite_begin(edo_sqlite **out, edo_sqlite *db);

/** Commit a transaction, or release a savepoint; roll it back, or what was done since the
 * savepoint. Nothing can be done on `tx` after that but its close; a commit that fails can still be
 * rolled back, or tried again.
 * Errors:  -EINVAL  `tx` is no transaction, or over;  else as edo_sqlite_exec(): a constraint that
 *          is checked at the end, -EBUSY
 * Cancel:  none: it is done, or has failed.   Waits: for the file. */
EDO_MUST_USE EDO_API int edo_sqlite_commit(edo_sqlite *tx);
EDO_MUST_USE EDO_API int edo_sqlite_rollback(edo_sqlite *tx);

/* What is done in a transaction. 0 or more: it is committed; a negative code: it is rolled back. */
typedef int edo_sqlite_tx_fn(edo_sqlite *tx, void *arg);

/** Calls `fn` in a transaction, commits it, and returns what `fn` returned.
 * Errors:  of `fn`; as edo_sqlite_begin() and edo_sqlite_commit()
 * Cancel:  what was done is rolled back.   Waits: as `fn`, and for its turn to write. */
EDO_MUST_USE EDO_API int edo_sqlite_run_tx(edo_sqlite *db, edo_sqlite_tx_fn *fn, void *arg);

/** Calls `fn` in a transaction, as edo_sqlite_run_tx(), but in one job of the blocking pool: for
 * many statements that are short. `writes`: it is one that writes; else it is a snapshot, on a
 * connection that reads: several queries see one state, that which the first of them found. If `db`
 * is a transaction, `fn` has a savepoint of it in either case.
 *
 *     static int add_all(edo_sqlite *tx, void *arg) {
 *         const order *o = arg;
 *         int n = 0;
 *         for (size_t i = 0; n >= 0 && i < o->lines_n; i++)
 *             n = edo_sqlite_exec(tx, "insert into line values (?1, ?2)",
 *                                 EDO_SQL(o->id, o->lines[i].item));
 *         return n;
 *     }
 *     …
 *     err = edo_sqlite_call(db, true, add_all, &o);
 *
 * Statements on `tx`, savepoints, and reads of a sequence of its rows are done on the job's thread;
 * 100 inserts take a tenth of the time of edo_sqlite_run_tx().
 * Owns:    borrows `arg`, and lends `tx`, until `fn` returns; sequences of `tx` end before that.
 * Errors:  as edo_sqlite_run_tx();  -EROFS  of a statement that writes in a snapshot of a file
 * Cancel:  before `fn` has begun: it is not called. Then the statement that is under way is
 *          interrupted, and what was done is rolled back; once `fn` has returned 0 or more that is
 *          committed.
 * Threads: `fn` runs on one of the pool, or on the caller's if that may block. It may block, and
 *          awaits nothing.
 * Waits:   for a connection, and for `fn`. */
EDO_MUST_USE EDO_API int edo_sqlite_call(edo_sqlite *db, bool writes, edo_sqlite_tx_fn *fn,
                                         void *arg);

/* ---- Whole databases ------------------------------------------------------------------------- */

/** Reads all of the database, and looks whether it is whole ("pragma quick_check").
 * Errors:  -EILSEQ  it is damaged: the trail has SQLite's words for the first damage
 *          -EIO     the disk has failed to read some of it
 *          else as edo_sqlite_exec()
 * Cancel:  it is interrupted.   Waits: for a connection, and for all of the file. */
EDO_MUST_USE EDO_API int edo_sqlite_check(edo_sqlite *db);

/** Copies the whole database, as it is at one moment, while others go on: to a file beside `path`,
 * named as that with ".edo-copy" behind it, which then takes the place of `path`.
 * Errors:  -EINVAL  `path` is the database itself, or `db` a transaction
 *          -EBUSY   at `path` is a database that is in use, or was left with a log or journal
 *          -ENAMETOOLONG
 *          else as edo_sqlite_open() of `path`, and edo_sqlite_exec()
 * Cancel:  what was at `path` stays.   Waits: for the files. */
EDO_MUST_USE EDO_API int edo_sqlite_backup(edo_sqlite *db, const char *path);

/* ---- Migrations ------------------------------------------------------------------------------ */

/** Does the migrations of a list that were not done yet, in order, and returns how many those were.
 * If none is new, nothing is written.
 *
 *     static const edo_migration migrations[] = {
 *         { 1, "items", "create table item (id integer primary key, name text)" },
 *         { 2, "shelves", "alter table item add shelf int; create index on_shelf on item (shelf)" },
 *     };
 *     err = edo_sqlite_migrate(db, migrations, EDO_COUNT(migrations), NULL);
 *
 * The table says of each its version, name, time, duration in nanoseconds, and a checksum (SHA-1)
 * of its text. Each migration is a transaction (BEGIN IMMEDIATE) together with its line of the
 * table. So programs that migrate one database at once take turns, and wait for each other as long
 * as `busy` says. A text begins and ends no transaction.
 *
 * One with "-- no-transaction" is for `vacuum`, and for what foreign keys would forbid or delete,
 * such as a new form of a table that others refer to: within a transaction `pragma foreign_keys`
 * does nothing. Its statements are done one by one, and may begin and commit transactions; the line
 * says before that it was begun, and afterwards that it was done.
 *
 * The connection on which a text was done ends with it: what that has attached, made in temp, or
 * set by pragmas, gets to nobody else. A database in memory has one connection, where that stays;
 * foreign keys are checked afterwards if they were before.
 * Owns:    borrows the list and `opts` (may be NULL) until it returns.
 * Errors:  -EINVAL    `db` is a transaction; options; versions that do not grow; a text that ends
 *                     the transaction it is done in, or leaves one open
 *          -EDO_ESQL  one fails; or one was changed since it was done, is missing, is new and below
 *                     one that was done, or was done in part. The trail says which. What was done
 *                     before it stays done
 *          else as edo_sqlite_exec()
 * Cancel:  the migration that is under way is not done; one in no transaction is done in part.
 * Waits:   for its turn to write, and for the file. */
EDO_MUST_USE EDO_API int edo_sqlite_migrate(edo_sqlite *db, const edo_migration *all, size_t n,
                                            const edo_migrate_opts *opts);

EDO_END_DECLS

#endif
