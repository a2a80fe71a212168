/* SPDX-License-Identifier: MIT */
/* store_sqlite.c: the store in a file.
 *
 * A call locks the connection, for fibers wait better there than in SQLite, and does its work on a
 * thread of the blocking pool.
 *
 * The journal is a write-ahead log with synchronous=NORMAL: a commit has handed its pages to the
 * kernel when it returns, so the end of the program, however it comes, loses nothing. A loss of
 * power may take the last commits with it, and never damages the file; FULL would wait for the disk
 * at each commit. The connection is exclusive: two programs would give messages the same numbers.
 *
 * inv. 1: only the holder of `lock` uses the connection and its statements.
 * inv. 2: no statement is in the middle of its rows, and no transaction is open, between calls. */
#include "store_found.h"

#include <edo/blocking.h>
#include <edo/error.h>
#include <edo/mutex.h>
#include <edo/trace.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION  0x65646f63 /* "edoc", by which the file is known as a chat's */
#define VERSION      2          /* of the tables; in 1 references began with a token in clear */
#define FAULT_BYTES  128
#define BUSY_WAIT_MS 500 /* for a chat that just ends */

enum { BEGIN, COMMIT, ROLLBACK, INSERT, PAGE, FIND, ROOMS, STATEMENTS_N };

static const char *const statements[STATEMENTS_N] = {
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [INSERT] = "INSERT INTO message (room, number, time_ms, kind, sender, text, ref) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [PAGE] = "SELECT room, number, time_ms, kind, sender, text, ref FROM message "
             "WHERE room = ?1 AND number > ?2 AND number < ?3 ORDER BY number DESC LIMIT ?4",
    [FIND] = "SELECT room, number, time_ms, kind, sender, text, ref FROM message "
             "WHERE ref = ?1 ORDER BY id DESC LIMIT 1",
    // Steps from room to room by the index, and not through all messages.
    [ROOMS] = "WITH RECURSIVE r(room) AS ("
              "SELECT min(room) FROM message UNION ALL "
              "SELECT (SELECT min(room) FROM message WHERE room > r.room) FROM r "
              "WHERE r.room IS NOT NULL) "
              "SELECT room, (SELECT max(number) FROM message WHERE message.room = r.room) FROM r "
              "WHERE room IS NOT NULL ORDER BY room COLLATE NOCASE",
};

static const char tables[] =
    "CREATE TABLE message (id INTEGER PRIMARY KEY, room TEXT NOT NULL COLLATE NOCASE, "
    "number INTEGER NOT NULL, time_ms INTEGER NOT NULL, kind INTEGER NOT NULL, "
    "sender TEXT NOT NULL, text TEXT NOT NULL, ref TEXT, UNIQUE (room, number));"
    "CREATE INDEX message_ref ON message (ref) WHERE ref IS NOT NULL;";

typedef struct sqlite_store {
    store base; /* first */
    edo_mutex lock;
    sqlite3 *db;                      /* lock: lock */
    sqlite3_stmt *made[STATEMENTS_N]; /* lock: lock; NULL: not made */
} sqlite_store;

/* One call, as the thread of the pool sees it. */
typedef struct job {
    sqlite_store *self;
    const char *path;
    const store_message *batch;
    size_t n;
    const name *room;
    uint64_t after, before;
    size_t limit;
    const char *ref;
    size_t ref_bytes;
    gathering found;
    store_room *rooms;
    bool is_done;
    char fault[FAULT_BYTES]; /* what SQLite says of the failure */
} job;

/* ---- SQLite's results ------------------------------------------------------------------------ */

/* The negative code for what the last call on the connection returned. */
static int code_of(sqlite3 *db, int result) {
    int system = db ? sqlite3_system_errno(db) : 0;
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return 0;
    case SQLITE_NOMEM: return -ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return -EBUSY;
    case SQLITE_CONSTRAINT: return -EEXIST;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return -EILSEQ;
    case SQLITE_FULL: return -ENOSPC;
    case SQLITE_READONLY: return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH: return -EACCES;
    case SQLITE_CANTOPEN: return system > 0 ? -system : -ENOENT;
    default: return system > 0 ? -system : -EIO;
    }
}

/* As code_of(), and keeps what SQLite says. */
static int fault(job *j, int result) {
    sqlite3 *db = j->self->db;
    int err = code_of(db, result);
    if (err < 0) (void)snprintf(j->fault, sizeof j->fault, "%s", sqlite3_errmsg(db));
    return err;
}

/* Makes the statement when it is first used. NULL: see the connection's error. */
static sqlite3_stmt *statement(sqlite_store *self, unsigned which) {
    sqlite3_stmt **made = &self->made[which];
    if (!*made)
        (void)sqlite3_prepare_v3(self->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT, made,
                                 NULL);
    return *made;
}

/* Runs a statement that has no rows. Returns SQLite's result. */
static int run(sqlite_store *self, unsigned which) {
    sqlite3_stmt *s = statement(self, which);
    if (!s) return sqlite3_errcode(self->db);
    int result = sqlite3_step(s);
    (void)sqlite3_reset(s); // it repeats the result
    return result;
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static int insert(sqlite_store *self, const store_message *m) {
    sqlite3_stmt *s = statement(self, INSERT);
    if (!s) return sqlite3_errcode(self->db);
    (void)sqlite3_bind_text(s, 1, m->room.text, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(s, 2, (int64_t)m->number);
    (void)sqlite3_bind_int64(s, 3, m->time_ms);
    (void)sqlite3_bind_int64(s, 4, m->kind);
    (void)sqlite3_bind_text(s, 5, m->from.text, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text64(s, 6, m->text_bytes > 0 ? m->text : "", m->text_bytes, SQLITE_STATIC,
                              SQLITE_UTF8);
    (void)sqlite3_bind_text64(s, 7, m->ref_bytes > 0 ? m->ref : NULL, m->ref_bytes, SQLITE_STATIC,
                              SQLITE_UTF8); // NULL pointer: SQL's NULL
    int result = run(self, INSERT);
    (void)sqlite3_clear_bindings(s); // they point into the batch
    return result;
}

static int append_job(void *arg) {
    job *j = arg;
    sqlite_store *self = j->self;
    int err = fault(j, run(self, BEGIN));
    if (err < 0) return err;
    for (size_t i = 0; i < j->n && err == 0; i++) err = fault(j, insert(self, &j->batch[i]));
    if (err == 0) err = fault(j, run(self, COMMIT));
    if (err < 0 && !sqlite3_get_autocommit(self->db)) (void)run(self, ROLLBACK); // inv. 2
    return err;
}

/* Copies a name from a column. Returns 0, or -EILSEQ: the chat has not written that. */
static int get_name(name *out, sqlite3_stmt *s, int column) {
    const unsigned char *text = sqlite3_column_text(s, column);
    int bytes = sqlite3_column_bytes(s, column);
    if (!text || bytes < 1 || bytes > NAME_BYTES_MAX) return -EILSEQ;
    memcpy(out->text, text, (size_t)bytes + 1);
    return 0;
}

static int gather_row(job *j, sqlite3_stmt *s) {
    store_message m = {
        .number = (uint64_t)sqlite3_column_int64(s, 1),
        .time_ms = sqlite3_column_int64(s, 2),
        .kind = (uint32_t)sqlite3_column_int64(s, 3),
        .text = (const char *)sqlite3_column_text(s, 5),
        .text_bytes = (size_t)sqlite3_column_bytes(s, 5),
        .ref = (const char *)sqlite3_column_text(s, 6),
        .ref_bytes = (size_t)sqlite3_column_bytes(s, 6),
    };
    int err = get_name(&m.room, s, 0);
    if (err == 0) err = get_name(&m.from, s, 4);
    return err < 0 ? err : gathering_add(&j->found, &m);
}

/* Gathers the rows of a statement whose parameters are bound. */
static int gather_rows(job *j, sqlite3_stmt *s) {
    int err = 0, result;
    while ((result = sqlite3_step(s)) == SQLITE_ROW && err == 0) err = gather_row(j, s);
    if (err == 0) err = fault(j, result);
    (void)sqlite3_reset(s);
    (void)sqlite3_clear_bindings(s);
    return err;
}

static int64_t to_int64(uint64_t n) {
    return n < INT64_MAX ? (int64_t)n : INT64_MAX;
}

static int page_job(void *arg) {
    job *j = arg;
    sqlite3_stmt *s = statement(j->self, PAGE);
    if (!s) return fault(j, sqlite3_errcode(j->self->db));
    int64_t limit = to_int64(j->limit);
    (void)sqlite3_bind_text(s, 1, j->room->text, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(s, 2, to_int64(j->after));
    (void)sqlite3_bind_int64(s, 3, to_int64(j->before));
    (void)sqlite3_bind_int64(s, 4, limit < INT64_MAX ? limit + 1 : limit); // is there more?
    return gather_rows(j, s);
}

static int find_job(void *arg) {
    job *j = arg;
    sqlite3_stmt *s = statement(j->self, FIND);
    if (!s) return fault(j, sqlite3_errcode(j->self->db));
    (void)sqlite3_bind_text64(s, 1, j->ref_bytes > 0 ? j->ref : NULL, j->ref_bytes, SQLITE_STATIC,
                              SQLITE_UTF8);
    return gather_rows(j, s);
}

/* Adds a room to the array, which has room for a power of two. */
static int gather_room(job *j, sqlite3_stmt *s) {
    if ((j->n & (j->n - 1)) == 0) {
        store_room *moved = realloc(j->rooms, (j->n > 0 ? 2 * j->n : 1) * sizeof *moved);
        if (!moved) return -ENOMEM;
        j->rooms = moved;
    }
    store_room *added = &j->rooms[j->n];
    added->last = (uint64_t)sqlite3_column_int64(s, 1);
    int err = get_name(&added->name, s, 0);
    if (err == 0) j->n++;
    return err;
}

static int rooms_job(void *arg) {
    job *j = arg;
    sqlite3_stmt *s = statement(j->self, ROOMS);
    if (!s) return fault(j, sqlite3_errcode(j->self->db));
    int err = 0, result;
    while ((result = sqlite3_step(s)) == SQLITE_ROW && err == 0) err = gather_room(j, s);
    if (err == 0) err = fault(j, result);
    (void)sqlite3_reset(s);
    if (err == 0 && !j->rooms && !(j->rooms = malloc(sizeof *j->rooms))) err = -ENOMEM;
    return err;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* Runs the job with the connection locked; `what` is for the trail. */
static int with_lock(job *j, edo_task_fn *fn, const char *what) {
    int err = edo_mutex_lock(&j->self->lock);
    if (err < 0) return err;
    err = edo_blocking(fn, j);
    edo_mutex_unlock(&j->self->lock);
    return edo_fail(err, "%s: %s", what, *j->fault ? j->fault : edo_strerror(err));
}

static int sqlite_append(store *base, const store_message *batch, size_t n) {
    job j = { .self = (sqlite_store *)base, .batch = batch, .n = n };
    return with_lock(&j, append_job, "storing messages");
}

/* Runs a job that gathers messages. */
static int gather_messages(job *j, edo_task_fn *fn, store_found **out) {
    int err = with_lock(j, fn, "reading messages");
    if (err == 0) return gathering_end(&j->found, j->limit, out);
    gathering_drop(&j->found);
    return err;
}

static int sqlite_page(store *base, const name *room, uint64_t after, uint64_t before, size_t limit,
                       store_found **out) {
    job j = {
        .self = (sqlite_store *)base, .room = room, .after = after, .before = before, .limit = limit
    };
    return gather_messages(&j, page_job, out);
}

static int sqlite_find(store *base, const char *ref, size_t ref_bytes, store_found **out) {
    job j = { .self = (sqlite_store *)base, .ref = ref, .ref_bytes = ref_bytes, .limit = 1 };
    return gather_messages(&j, find_job, out);
}

static int sqlite_rooms(store *base, store_room **out, size_t *n) {
    job j = { .self = (sqlite_store *)base };
    int err = with_lock(&j, rooms_job, "reading the rooms");
    if (err < 0) return free(j.rooms), err;
    *out = j.rooms;
    *n = j.n;
    return 0;
}

/* ---- Opening and closing --------------------------------------------------------------------- */

/* Runs a statement that returns one number. Returns 0 or a negative code. */
static int query(job *j, const char *text, int64_t *out) {
    sqlite3_stmt *s = NULL;
    int result = sqlite3_prepare_v2(j->self->db, text, -1, &s, NULL);
    if (result == SQLITE_OK) result = sqlite3_step(s);
    int err = fault(j, result);
    *out = result == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    (void)sqlite3_finalize(s);
    return err;
}

static int refuse(job *j, const char *why) {
    (void)snprintf(j->fault, sizeof j->fault, "%s", why);
    return -EILSEQ;
}

/* Runs statements without rows. */
static int execute(job *j, const char *text) {
    return fault(j, sqlite3_exec(j->self->db, text, NULL, NULL, NULL));
}

/* Refuses a file that is something else. */
static int look(job *j, bool *is_new, bool *is_old) {
    int64_t application = 0, version = 0, parts = 0;
    int err = query(j, "PRAGMA application_id", &application);
    if (err == 0) err = query(j, "PRAGMA user_version", &version);
    if (err == 0) err = query(j, "SELECT count(*) FROM sqlite_schema", &parts);
    if (err < 0) return err;
    *is_new = application == 0 && parts == 0;
    *is_old = !*is_new && version < VERSION;
    if (!*is_new && application != APPLICATION) return refuse(j, "the database is not a chat's");
    return version > VERSION ? refuse(j, "the database is of a newer edo-chat") : 0;
}

/* Takes the file for itself, and makes the tables if it is new. */
static int take_over(job *j) {
    char mark[96];
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   APPLICATION, VERSION);
    // What a token in clear stood in is overwritten, in the file at once: the log is emptied.
    static const char hide_tokens[] = "PRAGMA secure_delete = ON; UPDATE message SET ref = NULL "
                                      "WHERE ref IS NOT NULL";
    bool is_new, is_old;
    int err = look(j, &is_new, &is_old);
    if (err == 0) err = execute(j, "PRAGMA journal_mode = WAL");
    if (err == 0) err = execute(j, "BEGIN EXCLUSIVE");
    if (err == 0 && is_new) err = execute(j, tables);
    if (err == 0 && is_old) err = execute(j, hide_tokens);
    if (err == 0 && (is_new || is_old)) err = execute(j, mark);
    if (err == 0) err = execute(j, "COMMIT");
    return err < 0 || !is_old ? err : execute(j, "PRAGMA wal_checkpoint(TRUNCATE)");
}

static void warn_if_open(const char *path) {
    struct stat is;
    bool is_open =
        stat(path, &is) == 0 && S_ISREG(is.st_mode) && (is.st_mode & (S_IRWXG | S_IRWXO)) != 0;
    if (is_open)
        edo_warn_kv("others on this machine may read or write the store: chmod 600",
                    EDO_KV("file", path));
}

/* What is said is for those who are here: a new file is its owner's alone, and so are the log and
 * the index beside it, to which SQLite gives its mode. That of another file its owner may have
 * chosen. */
static void guard(const char *path) {
    char log[PATH_MAX];
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd >= 0) (void)close(fd);
    bool has_log = snprintf(log, sizeof log, "%s-wal", path) < (int)sizeof log;
    warn_if_open(path);
    if (has_log) warn_if_open(log); // of a program that was killed; it is used again as it is
}

static int open_job(void *arg) {
    job *j = arg;
    sqlite_store *self = j->self;
    static const char ways[] = "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = NORMAL";
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    guard(j->path);
    int err = fault(j, sqlite3_open_v2(j->path, &self->db, flags, NULL));
    if (err < 0) return err;
    (void)sqlite3_busy_timeout(self->db, BUSY_WAIT_MS);
    (void)sqlite3_extended_result_codes(self->db, 1);
    if (sqlite3_db_readonly(self->db, "main") > 0) {
        (void)snprintf(j->fault, sizeof j->fault, "the file may not be written");
        return -EROFS;
    }
    err = execute(j, ways);
    return err < 0 ? err : take_over(j);
}

static int close_job(void *arg) {
    job *j = arg;
    sqlite_store *self = j->self;
    for (unsigned i = 0; i < STATEMENTS_N; i++) (void)sqlite3_finalize(self->made[i]);
    (void)sqlite3_close(self->db);
    j->is_done = true;
    return 0;
}

static void sqlite_free(store *base) {
    job j = { .self = (sqlite_store *)base };
    (void)edo_blocking(close_job, &j);
    if (!j.is_done) (void)close_job(&j); // this task was cancelled, or the pool is at its end
    free(j.self);
}

/* Of a file that cannot be opened SQLite says no more than that, and of one that is taken that it
 * is locked. */
static const char *why_closed(const job *j, int err) {
    if (err == -EBUSY) return "another program uses it";
    bool is_told = *j->fault && strcmp(j->fault, "unable to open database file") != 0;
    return is_told ? j->fault : edo_strerror(err);
}

int store_sqlite_open(store **out, const char *path) {
    static const store_ops ops = {
        .append = sqlite_append,
        .page = sqlite_page,
        .find = sqlite_find,
        .rooms = sqlite_rooms,
        .free = sqlite_free,
    };
    sqlite_store *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->base.ops = &ops;
    job j = { .self = self, .path = path };
    int err = edo_blocking(open_job, &j);
    if (err < 0) {
        sqlite_free(&self->base);
        return edo_fail(err, "opening %s: %s", path, why_closed(&j, err));
    }
    *out = &self->base;
    return 0;
}
