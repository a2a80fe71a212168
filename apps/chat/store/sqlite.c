/* SPDX-License-Identifier: MIT */
/* sqlite.c: the store in a file.
 *
 * What is said is written by one connection; the past, and messages by their references, are read
 * by two others, so that nobody who speaks waits for those who read. A call locks its connection,
 * for fibers wait better there than in SQLite, and does its work on a thread of the blocking pool.
 *
 * The journal is a write-ahead log with synchronous=NORMAL: a commit has handed its pages to the
 * kernel when it returns, so the end of the program, however it comes, loses nothing. A loss of
 * power may take the commits since the last sync with it, and never damages the file; FULL would
 * wait for the disk at each commit. A lock of its own keeps other chats from the file: two programs
 * would give messages the same numbers. Locks of SQLite cannot, for a connection that has the file
 * for itself lets no other one read.
 *
 * A page of the file that is damaged takes the messages in it, and no others: a reader finds the
 * number before in the index, which has pages of its own, and goes on from there. */
#include "store/sqlite_call.h"
#include "store/sqlite_look.h"

#include <edo/blocking.h>
#include <edo/error.h>
#include <edo/trace.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define APPLICATION   0x65646f63 /* "edoc", by which the file is known as a chat's */
#define VERSION       2          /* of the tables; in 1 references began with a token in clear */
#define SKIPS_MAX     10000      /* damaged messages that a page leaves out, until it ends there */
#define TAKE_PAUSE_MS 20

static const char tables[] =
    "CREATE TABLE message (id INTEGER PRIMARY KEY, room TEXT NOT NULL COLLATE NOCASE, "
    "number INTEGER NOT NULL, time_ms INTEGER NOT NULL, kind INTEGER NOT NULL, "
    "sender TEXT NOT NULL, text TEXT NOT NULL, ref TEXT, UNIQUE (room, number));"
    "CREATE INDEX message_ref ON message (ref) WHERE ref IS NOT NULL;";

/* ---- Jobs ------------------------------------------------------------------------------------ */

static int insert(sqlite_connection *self, const saying *m) {
    sqlite3_stmt *s = connection_statement(self, INSERT);
    if (!s) return sqlite3_errcode(self->db);
    (void)sqlite3_bind_text(s, 1, m->room.text, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(s, 2, (int64_t)m->number);
    (void)sqlite3_bind_int64(s, 3, m->time_ms);
    (void)sqlite3_bind_int64(s, 4, m->is_action);
    (void)sqlite3_bind_text(s, 5, m->nick.text, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text64(s, 6, m->text.len > 0 ? m->text.ptr : "", m->text.len, SQLITE_STATIC,
                              SQLITE_UTF8);
    (void)sqlite3_bind_text64(s, 7, m->ref.len > 0 ? m->ref.ptr : NULL, m->ref.len, SQLITE_STATIC,
                              SQLITE_UTF8); // NULL pointer: SQL's NULL
    int result = connection_run(self, INSERT);
    (void)sqlite3_clear_bindings(s); // they point into the batch
    return result;
}

static int append_job(void *arg) {
    sqlite_job *j = arg;
    sqlite_connection *self = j->on;
    int err = job_fault(j, connection_run(self, BEGIN));
    if (err < 0) return err;
    for (size_t i = 0; i < j->n && err == 0; i++) err = job_fault(j, insert(self, &j->batch[i]));
    if (err == 0) err = job_fault(j, connection_run(self, COMMIT));
    if (err < 0 && !sqlite3_get_autocommit(self->db))
        (void)connection_run(self, ROLLBACK); // inv. 2
    return err;
}

static edo_str column_text(sqlite3_stmt *s, int column) {
    const char *text = (const char *)sqlite3_column_text(s, column); // before its bytes
    return (edo_str){ text, (size_t)sqlite3_column_bytes(s, column) };
}

/* Copies a name from a column. Returns whether it is one: else the chat has not written it. */
static bool get_name(name *out, sqlite3_stmt *s, int column) {
    return name_parse(out, column_text(s, column));
}

/* Leaves a message out that the chat cannot have written so. */
static void leave_out(sqlite_job *j, const name *room, uint64_t number) {
    gathering_lack(&j->found, -EILSEQ);
    j->skips_n++;
    damage_note(&j->self->damage, j->self->path,
                "message %" PRIu64 " of #%s is not what was written", number, room->text);
}

static int gather_message(sqlite_job *j, sqlite3_stmt *s) {
    saying m = {
        .number = (uint64_t)sqlite3_column_int64(s, 1),
        .time_ms = sqlite3_column_int64(s, 2),
        .is_action = sqlite3_column_int64(s, 3) != 0,
        .text = column_text(s, 5),
        .ref = column_text(s, 6),
    };
    if (sqlite3_errcode(j->on->db) == SQLITE_NOMEM) return -ENOMEM; // a text may lack
    bool is_whole = get_name(&m.room, s, 0) && get_name(&m.nick, s, 4) && m.number < j->before &&
                    !text_lines_fault(m.text) && !text_fault(m.ref);
    if (m.number < j->before) j->before = m.number;
    if (is_whole) return gathering_add(&j->found, &m);
    leave_out(j, j->room ? j->room : &m.room, m.number);
    return 0;
}

/* Gathers the rows of a statement whose parameters are bound, each by that function. */
static int gather_rows(sqlite_job *j, sqlite3_stmt *s,
                       int (*take)(sqlite_job *j, sqlite3_stmt *s)) {
    int err = 0, result;
    while ((result = sqlite3_step(s)) == SQLITE_ROW && err == 0) err = take(j, s);
    if (err == 0) err = job_fault(j, result);
    (void)sqlite3_reset(s);
    (void)sqlite3_clear_bindings(s);
    return err;
}

static int64_t to_int64(uint64_t n) {
    return n < INT64_MAX ? (int64_t)n : INT64_MAX;
}

/* Binds the range that is still to be read. NULL: there is no such statement. */
static sqlite3_stmt *statement_of_range(sqlite_job *j, unsigned which) {
    sqlite3_stmt *s = connection_statement(j->on, which);
    if (!s) return NULL;
    (void)sqlite3_bind_text(s, 1, j->room->text, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(s, 2, to_int64(j->after));
    (void)sqlite3_bind_int64(s, 3, to_int64(j->before));
    return s;
}

/* Gathers the messages up to the end, or to one that cannot be read. */
static int gather_range(sqlite_job *j) {
    sqlite3_stmt *s = statement_of_range(j, PAGE);
    if (!s) return job_fault(j, sqlite3_errcode(j->on->db));
    uint64_t limit = j->limit < INT64_MAX ? j->limit + 1 : j->limit; // is there more?
    (void)sqlite3_bind_int64(s, 4, to_int64(limit - j->found.n));
    return gather_rows(j, s, gather_message);
}

/* Leaves the next message out, which cannot be read. Returns 1; 0: there is none; or a failure. */
static int skip_message(sqlite_job *j) {
    sqlite3_stmt *s = statement_of_range(j, BEFORE);
    if (!s) return job_fault(j, sqlite3_errcode(j->on->db));
    int result = sqlite3_step(s), err = job_fault(j, result);
    uint64_t number = result == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(s, 0) : 0;
    (void)sqlite3_reset(s);
    (void)sqlite3_clear_bindings(s);
    if (err < 0 || number == 0 || number >= j->before) return err;
    j->before = number;
    j->skips_n++;
    return 1;
}

/* Whether the failure takes some of the messages, and not all: then that is noted. */
static bool is_partial(sqlite_job *j, int err) {
    bool is_so = err == -EILSEQ || err == -EIO;
    if (is_so) gathering_lack(&j->found, err);
    return is_so;
}

/* Where not even the index can be read what was found is all that can be. */
static int page_job(void *arg) {
    sqlite_job *j = arg;
    int err = 1; // it goes on
    while (err > 0 && j->found.n <= j->limit && j->skips_n < SKIPS_MAX &&
           !edo_blocking_cancelled()) {
        unsigned skips_n = j->skips_n;
        err = gather_range(j);
        if (is_partial(j, err)) {
            err = skip_message(j);
        } else if (err == 0) {
            err = j->skips_n > skips_n; // else it was the end
        }
    }
    return err > 0 || is_partial(j, err) ? 0 : err;
}

static int find_job(void *arg) {
    sqlite_job *j = arg;
    sqlite3_stmt *s = connection_statement(j->on, FIND);
    if (!s) return job_fault(j, sqlite3_errcode(j->on->db));
    (void)sqlite3_bind_text64(s, 1, j->ref.len > 0 ? j->ref.ptr : NULL, j->ref.len, SQLITE_STATIC,
                              SQLITE_UTF8);
    j->before = UINT64_MAX;
    return gather_rows(j, s, gather_message);
}

/* Adds a room to the array, which has room for a power of two. */
static int gather_room(sqlite_job *j, sqlite3_stmt *s) {
    if ((j->n & (j->n - 1)) == 0) {
        store_room *moved = realloc(j->rooms, (j->n > 0 ? 2 * j->n : 1) * sizeof *moved);
        if (!moved) return -ENOMEM;
        j->rooms = moved;
    }
    store_room *added = &j->rooms[j->n];
    added->last = (uint64_t)sqlite3_column_int64(s, 1);
    bool is_whole = get_name(&added->name, s, 0);
    if (sqlite3_errcode(j->on->db) == SQLITE_NOMEM) return -ENOMEM;
    if (!is_whole) {
        damage_note(&j->self->damage, j->self->path, "a room has no name");
        return -EILSEQ;
    }
    j->n++;
    return 0;
}

static int rooms_job(void *arg) {
    sqlite_job *j = arg;
    sqlite3_stmt *s = connection_statement(j->on, ROOMS);
    if (!s) return job_fault(j, sqlite3_errcode(j->on->db));
    int err = gather_rows(j, s, gather_room);
    if (err == 0 && !j->rooms && !(j->rooms = malloc(sizeof *j->rooms))) err = -ENOMEM;
    return job_locate(j, err); // the program only begins
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* Puts what the job has kept of the failure on the trail. Returns `err`. */
static int job_fail(const sqlite_job *j, int err, const char *what) {
    return edo_fail(err, "%s: %s", what, *j->fault ? j->fault : edo_strerror(err));
}

/* Runs the job with its connection locked; `what` is for the trail. */
static int with_lock(sqlite_job *j, edo_task_fn *fn, const char *what) {
    int err = edo_mutex_lock(&j->on->lock);
    if (err < 0) return err;
    bool is_open = j->on->db || j->on == &j->self->on[CHECKS]; // else it could not be opened again
    err = is_open ? edo_blocking(fn, j) : job_refuse(j, -EIO, "the file is not open");
    edo_mutex_unlock(&j->on->lock);
    return job_fail(j, err, what);
}

static sqlite_job job_on(store *base, unsigned which) {
    sqlite_store *self = (sqlite_store *)base;
    return (sqlite_job){ .self = self, .on = &self->on[which] };
}

static int sqlite_append(store *base, const saying *batch, size_t n) {
    sqlite_job j = job_on(base, WRITES);
    j.batch = batch;
    j.n = n;
    return with_lock(&j, append_job, "storing messages");
}

/* Runs a job that gathers messages. */
static int gather_messages(sqlite_job *j, edo_task_fn *fn, store_found **out) {
    int err = with_lock(j, fn, "reading messages");
    if (err == 0) return gathering_end(&j->found, j->limit, out);
    gathering_drop(&j->found);
    return err;
}

static int sqlite_page(store *base, const name *room, uint64_t after, uint64_t before, size_t limit,
                       store_found **out) {
    sqlite_job j = job_on(base, PAGES);
    j.room = room;
    j.after = after;
    j.before = before;
    j.limit = limit;
    return gather_messages(&j, page_job, out);
}

static int sqlite_find(store *base, edo_str ref, store_found **out) {
    sqlite_job j = job_on(base, FINDS);
    j.ref = ref;
    j.limit = 1;
    return gather_messages(&j, find_job, out);
}

static int sqlite_rooms(store *base, store_room **out, size_t *n) {
    sqlite_job j = job_on(base, PAGES);
    int err = with_lock(&j, rooms_job, "reading the rooms");
    if (err < 0) return free(j.rooms), err;
    *out = j.rooms;
    *n = j.n;
    return 0;
}

/* Waits for nobody who writes or reads. */
static int sqlite_check(store *base) {
    sqlite_job j = job_on(base, CHECKS);
    return with_lock(&j, sqlite_check_job, "looking at the file");
}

static void sqlite_damage(store *base, char *out, size_t bytes) {
    sqlite_tell_damage((sqlite_store *)base, out, bytes);
}

/* ---- Opening and closing --------------------------------------------------------------------- */

/* Runs a statement that returns one number. Returns 0 or a negative code. */
static int query(sqlite_job *j, const char *text, int64_t *out) {
    sqlite3_stmt *s = NULL;
    int result = sqlite3_prepare_v2(j->on->db, text, -1, &s, NULL);
    if (result == SQLITE_OK) result = sqlite3_step(s);
    int err = job_fault(j, result);
    *out = result == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    (void)sqlite3_finalize(s);
    return err;
}

/* Runs statements without rows. */
static int execute(sqlite_job *j, const char *text) {
    return job_fault(j, sqlite3_exec(j->on->db, text, NULL, NULL, NULL));
}

/* Refuses a file that is something else. */
static int job_look(sqlite_job *j, bool *is_new, bool *is_old) {
    int64_t application = 0, version = 0, parts = 0;
    int err = query(j, "PRAGMA application_id", &application);
    if (err == 0) err = query(j, "PRAGMA user_version", &version);
    if (err == 0) err = query(j, "SELECT count(*) FROM sqlite_schema", &parts);
    if (err < 0) return err;
    *is_new = application == 0 && parts == 0;
    *is_old = !*is_new && version < VERSION;
    if (!*is_new && application != APPLICATION)
        return job_refuse(j, -EILSEQ, "the database is not a chat's");
    return version > VERSION ? job_refuse(j, -EILSEQ, "the database is of a newer edo-chat") : 0;
}

/* Makes the tables if the file is new, and what an older program has left as it is to be. */
static int job_make_ready(sqlite_job *j) {
    char mark[96];
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                   APPLICATION, VERSION);
    // What a token in clear stood in is overwritten, in the file at once: the log is emptied.
    static const char hide_tokens[] = "PRAGMA secure_delete = ON; UPDATE message SET ref = NULL "
                                      "WHERE ref IS NOT NULL";
    bool is_new, is_old;
    int err = job_look(j, &is_new, &is_old);
    if (err == 0) err = execute(j, "PRAGMA journal_mode = WAL");
    if (err == 0) err = execute(j, "BEGIN IMMEDIATE");
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
static void sqlite_guard(const char *path) {
    char log[PATH_MAX];
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd >= 0) (void)close(fd);
    bool has_log = snprintf(log, sizeof log, "%s-wal", path) < (int)sizeof log;
    warn_if_open(path);
    if (has_log) warn_if_open(log); // of a program that was killed; it is used again as it is
}

/* Takes the file, so that no other chat does; one that just ends is waited for. What else is wrong
 * with the file SQLite will tell. */
static int sqlite_store_take(sqlite_store *self, const char *path) {
    const struct timespec pause = { .tv_nsec = TAKE_PAUSE_MS * 1000000L };
    self->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (self->fd < 0) return 0;
    for (int ms = 0; flock(self->fd, LOCK_EX | LOCK_NB) < 0; ms += TAKE_PAUSE_MS) {
        if (errno != EWOULDBLOCK) return -errno;
        if (ms >= BUSY_WAIT_MS) return -EBUSY;
        (void)nanosleep(&pause, NULL);
    }
    return 0;
}

static int job_connect_all(sqlite_job *j, int flags) {
    int err = job_connect(j, WRITES, SQLITE_OPEN_READWRITE | flags);
    if (err < 0) return err;
    if (sqlite3_db_readonly(j->on->db, "main") > 0)
        return job_refuse(j, -EROFS, "the file may not be written");
    err = execute(j, "PRAGMA synchronous = NORMAL");
    if (err == 0) err = job_make_ready(j);
    if (err == 0) err = job_connect(j, PAGES, SQLITE_OPEN_READONLY);
    if (err == 0) err = job_connect(j, FINDS, SQLITE_OPEN_READONLY);
    return err;
}

/* Failures of the disk are told to a descriptor that was open when they came. */
static void sqlite_open_log(sqlite_store *self) {
    char log[PATH_MAX];
    if (snprintf(log, sizeof log, "%s-wal", self->path) < (int)sizeof log)
        self->log_fd = open(log, O_RDONLY | O_CLOEXEC);
}

static int sqlite_open_job(void *arg) {
    sqlite_job *j = arg;
    sqlite_store *self = j->self;
    sqlite_guard(self->path);
    int err = sqlite_store_take(self, self->path);
    if (err == 0) err = job_connect_all(j, SQLITE_OPEN_CREATE);
    if (err == 0) sqlite_open_log(self);
    struct stat own;
    return err < 0 ? err : sqlite_look_at_file(j, &own); // later looks know by it what is missing
}

/* ---- Syncing --------------------------------------------------------------------------------- */

static int sqlite_sync_job(void *arg) {
    sqlite_job *j = arg;
    j->is_done = true;
    if (j->self->log_fd < 0 || fdatasync(j->self->log_fd) == 0) return 0;
    int err = -errno;
    (void)snprintf(j->fault, sizeof j->fault, "the disk has not taken it: %s", edo_strerror(err));
    return err;
}

/* What the disk has refused the kernel may have forgotten, and another sync tells nothing of it.
 * SQLite still counts it as written, and would take what it then reads there for pages of the file.
 * So the file is opened again: thereby the log is read up to its first frame that is not whole. The
 * rest of it is written into the file, which SQLite syncs. The locks of all connections are
 * held. */
static int reopen_job(void *arg) {
    sqlite_job *j = arg;
    struct stat own;
    int err = sqlite_look_at_file(j, &own); // one that was deleted is made by nobody
    if (err == -ESTALE) return err;
    for (unsigned i = 0; i < CONNECTIONS_N; i++) connection_close(&j->self->on[i], true);
    err = job_connect_all(j, 0);
    j->on = &j->self->on[WRITES];
    int mode = SQLITE_CHECKPOINT_TRUNCATE;
    if (err == 0) err = job_fault(j, sqlite3_wal_checkpoint_v2(j->on->db, NULL, mode, NULL, NULL));
    return err;
}

/* A look at the file may take long, and is waited for first, while others write and read. */
static int sqlite_reopen(store *base) {
    sqlite_job j = job_on(base, WRITES);
    unsigned n = CONNECTIONS_N;
    int err = 0;
    while (n > 0 && (err = edo_mutex_lock(&j.self->on[n - 1].lock)) == 0) n--;
    if (err == 0) err = edo_blocking(reopen_job, &j);
    while (n < CONNECTIONS_N) edo_mutex_unlock(&j.self->on[n++].lock);
    return job_fail(&j, err, "opening the file again");
}

/* Holds up nobody who writes, reads or looks at the file, unless the last one has failed. */
static int sqlite_sync(store *base) {
    sqlite_job j = job_on(base, WRITES); // which it does not use
    int err = edo_blocking(sqlite_sync_job, &j);
    if (!j.is_done) return -ECANCELED; // the disk was not asked: no thread was to be had
    if (err < 0) err = job_fail(&j, err, "storing messages");
    if (err == 0 && j.self->is_refused) err = sqlite_reopen(base);
    if (err != -ECANCELED) j.self->is_refused = err < 0;
    return err;
}

static int sqlite_close_job(void *arg) {
    sqlite_job *j = arg;
    sqlite_store *self = j->self;
    for (unsigned i = CONNECTIONS_N; i > 0; i--)
        connection_close(&self->on[i - 1], self->is_refused);
    if (self->fd >= 0) (void)close(self->fd); // inv. 3
    if (self->log_fd >= 0) (void)close(self->log_fd);
    free(self->path);
    j->is_done = true;
    return 0;
}

static void sqlite_free(store *base) {
    sqlite_job j = { .self = (sqlite_store *)base };
    (void)edo_blocking(sqlite_close_job, &j);
    if (!j.is_done)
        (void)sqlite_close_job(&j); // this task was cancelled, or the pool is at its end
    free(j.self);
}

/* Of a file that cannot be opened SQLite says no more than that, and of one that is taken that it
 * is locked. */
static const char *why_closed(const sqlite_job *j, int err) {
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
        .sync = sqlite_sync,
        .check = sqlite_check,
        .damage = sqlite_damage,
        .free = sqlite_free,
    };
    sqlite_store *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->base.ops = &ops;
    self->fd = self->log_fd = -1;
    self->damage = (damage)DAMAGE_INIT;
    self->path = strdup(path);
    sqlite_job j = { .self = self, .on = &self->on[WRITES] };
    int err = self->path ? edo_blocking(sqlite_open_job, &j) : -ENOMEM;
    if (err < 0) {
        sqlite_free(&self->base);
        return edo_fail(err, "opening %s: %s", path, why_closed(&j, err));
    }
    *out = &self->base;
    return 0;
}
