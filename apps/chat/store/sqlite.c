/* SPDX-License-Identifier: MIT */
/* sqlite.c: the store in a file.
 *
 * What is said is written by one connection; the past, and messages by their references, are read
 * by two others, so that nobody who speaks waits for those who read. A call locks its connection,
 * for fibers wait better there than in SQLite, and does its work on a thread of the blocking pool.
 *
 * The journal is a write-ahead log with synchronous=NORMAL: a commit has handed its pages to the
 * kernel when it returns, so the end of the program, however it comes, loses nothing. A loss of
 * power may take the last commits with it, and never damages the file; FULL would wait for the disk
 * at each commit. A lock of its own keeps other chats from the file: two programs would give
 * messages the same numbers. Locks of SQLite cannot, for a connection that has the file for itself
 * lets no other one read.
 *
 * inv. 1: only the holder of `lock` uses a connection and its statements.
 * inv. 2: no statement is in the middle of its rows, and no transaction is open, between calls.
 * inv. 3: `fd` is open as long as any connection: to close a descriptor of a file takes all locks
 *         of SQLite off it. */
#include "store/store.h"

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
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define APPLICATION   0x65646f63 /* "edoc", by which the file is known as a chat's */
#define VERSION       2          /* of the tables; in 1 references began with a token in clear */
#define HEAD_BYTES    32         /* of the file, that are looked at */
#define FAULT_BYTES   128
#define CHECK_SHARE   100 /* of a core's time, at most one part goes into reading all of the file */
#define READ_MAX      (256 << 20) /* bytes of a file that is read so */
#define STEPS         10000       /* of SQLite, until it sees that nobody waits any more */
#define BUSY_WAIT_MS  500         /* for a chat that just ends */
#define TAKE_PAUSE_MS 20

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

typedef struct connection {
    edo_mutex lock;
    sqlite3 *db;                      /* lock: lock */
    sqlite3_stmt *made[STATEMENTS_N]; /* lock: lock; NULL: not made */
} connection;

/* That of CHECKS is open while all of the file is read: so nothing of it is remembered. */
enum { WRITES, PAGES, FINDS, CHECKS, CONNECTIONS_N };

typedef struct sqlite_store {
    store base; /* first */
    char *path; /* const; as it was opened */
    int fd;     /* const; of the file, with a lock that tells other chats that it is in use */
    /* lock: on[CHECKS]'s */
    int64_t bytes;              /* of the file when it was looked at last */
    struct timespec changed_at; /* when it had been written, as all of it was read last */
    edo_instant read_again_at;  /* not before that */
    connection on[CONNECTIONS_N];
} sqlite_store;

/* One call, as the thread of the pool sees it. */
typedef struct job {
    sqlite_store *self;
    connection *on;
    const char *path;
    const saying *batch;
    size_t n;
    const name *room;
    uint64_t after, before;
    size_t limit;
    edo_str ref;
    gathering found;
    store_room *rooms;
    bool is_done;
    char fault[FAULT_BYTES]; /* what SQLite says of the failure */
} job;

/* ---- SQLite's results ------------------------------------------------------------------------ */

/* The negative code for what the last call on the connection returned. */
static int sqlite_code_of(sqlite3 *db, int result) {
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

/* As sqlite_code_of(), and keeps what SQLite says. */
static int job_fault(job *j, int result) {
    sqlite3 *db = j->on->db;
    int err = sqlite_code_of(db, result);
    bool is_damage = (result & 0xff) == SQLITE_CORRUPT; // SQLite calls that a malformed image
    const char *why = is_damage ? "the file is damaged" : sqlite3_errmsg(db);
    if (err < 0) (void)snprintf(j->fault, sizeof j->fault, "%s", why);
    return err;
}

/* Makes the statement when it is first used. NULL: see the connection's error. */
static sqlite3_stmt *statement(connection *self, unsigned which) {
    sqlite3_stmt **made = &self->made[which];
    if (!*made)
        (void)sqlite3_prepare_v3(self->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT, made,
                                 NULL);
    return *made;
}

/* Runs a statement that has no rows. Returns SQLite's result. */
static int connection_run(connection *self, unsigned which) {
    sqlite3_stmt *s = statement(self, which);
    if (!s) return sqlite3_errcode(self->db);
    int result = sqlite3_step(s);
    (void)sqlite3_reset(s); // it repeats the result
    return result;
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static int insert(connection *self, const saying *m) {
    sqlite3_stmt *s = statement(self, INSERT);
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
    job *j = arg;
    connection *self = j->on;
    int err = job_fault(j, connection_run(self, BEGIN));
    if (err < 0) return err;
    for (size_t i = 0; i < j->n && err == 0; i++) err = job_fault(j, insert(self, &j->batch[i]));
    if (err == 0) err = job_fault(j, connection_run(self, COMMIT));
    if (err < 0 && !sqlite3_get_autocommit(self->db))
        (void)connection_run(self, ROLLBACK); // inv. 2
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

static edo_str column_text(sqlite3_stmt *s, int column) {
    const char *text = (const char *)sqlite3_column_text(s, column); // before its bytes
    return (edo_str){ text, (size_t)sqlite3_column_bytes(s, column) };
}

static int gather_message(job *j, sqlite3_stmt *s) {
    saying m = {
        .number = (uint64_t)sqlite3_column_int64(s, 1),
        .time_ms = sqlite3_column_int64(s, 2),
        .is_action = sqlite3_column_int64(s, 3) != 0,
        .text = column_text(s, 5),
        .ref = column_text(s, 6),
    };
    int err = get_name(&m.room, s, 0);
    if (err == 0) err = get_name(&m.nick, s, 4);
    return err < 0 ? err : gathering_add(&j->found, &m);
}

/* Gathers the rows of a statement whose parameters are bound, each by that function. */
static int gather_rows(job *j, sqlite3_stmt *s, int (*take)(job *j, sqlite3_stmt *s)) {
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

static int page_job(void *arg) {
    job *j = arg;
    sqlite3_stmt *s = statement(j->on, PAGE);
    if (!s) return job_fault(j, sqlite3_errcode(j->on->db));
    int64_t limit = to_int64(j->limit);
    (void)sqlite3_bind_text(s, 1, j->room->text, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(s, 2, to_int64(j->after));
    (void)sqlite3_bind_int64(s, 3, to_int64(j->before));
    (void)sqlite3_bind_int64(s, 4, limit < INT64_MAX ? limit + 1 : limit); // is there more?
    return gather_rows(j, s, gather_message);
}

static int find_job(void *arg) {
    job *j = arg;
    sqlite3_stmt *s = statement(j->on, FIND);
    if (!s) return job_fault(j, sqlite3_errcode(j->on->db));
    (void)sqlite3_bind_text64(s, 1, j->ref.len > 0 ? j->ref.ptr : NULL, j->ref.len, SQLITE_STATIC,
                              SQLITE_UTF8);
    return gather_rows(j, s, gather_message);
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
    sqlite3_stmt *s = statement(j->on, ROOMS);
    if (!s) return job_fault(j, sqlite3_errcode(j->on->db));
    int err = gather_rows(j, s, gather_room);
    if (err == 0 && !j->rooms && !(j->rooms = malloc(sizeof *j->rooms))) err = -ENOMEM;
    return err;
}

static int open_connection(job *j, unsigned which, int flags) {
    j->on = &j->self->on[which];
    int err = job_fault(j, sqlite3_open_v2(j->path, &j->on->db, flags | SQLITE_OPEN_NOMUTEX, NULL));
    if (err < 0) return err;
    (void)sqlite3_busy_timeout(j->on->db, BUSY_WAIT_MS);
    (void)sqlite3_extended_result_codes(j->on->db, 1);
    return 0;
}

/* How many bytes a database that begins so has, up to the last page. */
static int64_t bytes_by_head(const unsigned char head[HEAD_BYTES]) {
    int64_t page_bytes = head[16] << 8 | head[17], pages = 0;
    for (int i = 28; i < 32; i++) pages = pages << 8 | head[i];
    return pages * (page_bytes == 1 ? 65536 : page_bytes);
}

/* The file begins as all databases do. Other programs may make it smaller: VACUUM does, and writes
 * the new head first. While pages go from the log into the file its head may count some that are
 * still to come. So a part is missing if the file is smaller than it was, and than its head
 * says. */
static int check_head(sqlite_store *self, const struct stat *own) {
    static const char begin[] = "SQLite format 3";
    unsigned char head[HEAD_BYTES];
    bool is_smaller = own->st_size < self->bytes;
    self->bytes = own->st_size;
    ssize_t n = pread(self->fd, head, sizeof head, 0);
    if (n < 0) return -errno;
    if ((size_t)n < sizeof head || memcmp(head, begin, sizeof begin) != 0)
        return is_smaller || own->st_size > 0 ? -EILSEQ : 0;
    return is_smaller && own->st_size < bytes_by_head(head) ? -EILSEQ : 0;
}

static int is_unwanted(void *arg) {
    (void)arg;
    return edo_blocking_cancelled();
}

/* Reads all of the file. Returns 0, -EILSEQ, or why nothing is known. */
static int job_read_all(job *j) {
    sqlite3_stmt *s = NULL;
    int err = open_connection(j, CHECKS, SQLITE_OPEN_READONLY);
    sqlite3 *db = j->on->db;
    int result = SQLITE_OK;
    if (err == 0) {
        sqlite3_progress_handler(db, STEPS, is_unwanted, NULL);
        result = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &s, NULL);
        if (result == SQLITE_OK) result = sqlite3_step(s);
        err = job_fault(j, result);
    }
    const char *found = result == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    if (err == 0 && found && strcmp(found, "ok") != 0) err = -EILSEQ;
    (void)sqlite3_finalize(s);
    (void)sqlite3_close(db);
    j->on->db = NULL;
    return err;
}

static bool is_same_time(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* Of this thread. What others take on a machine with much to do is not counted. */
static edo_duration cpu_time(void) {
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return edo_ns(now.tv_sec * INT64_C(1000000000) + now.tv_nsec);
}

/* What was damaged far from where anything is written or read would else be found when it is too
 * late for a copy. A file that was not written since it was read is not read again; the chat writes
 * it now and then, when its log has become long. SQLite does not let a large part of this be broken
 * off, so a file that would take long, and hold up the end of the program, is not read. */
static int check_all(job *j, const struct stat *own) {
    sqlite_store *self = j->self;
    edo_instant begun = edo_now();
    bool is_read = is_same_time(&own->st_mtim, &self->changed_at);
    if (is_read || own->st_size > READ_MAX || begun.ns < self->read_again_at.ns) return 0;
    edo_duration before = cpu_time();
    int err = job_read_all(j);
    if (err == 0) self->changed_at = own->st_mtim;
    int64_t took_ns = cpu_time().ns - before.ns;
    self->read_again_at = edo_instant_add(begun, edo_ns(CHECK_SHARE * took_ns));
    return err == -EILSEQ ? err : 0; // it is tried again
}

static int look_at_file(job *j, struct stat *own) {
    sqlite_store *self = j->self;
    struct stat there;
    if (stat(self->path, &there) < 0) return errno == ENOENT ? -ESTALE : -errno;
    if (fstat(self->fd, own) < 0) return -errno;
    if (there.st_ino != own->st_ino || there.st_dev != own->st_dev) return -ESTALE;
    return check_head(self, own);
}

static int check_job(void *arg) {
    job *j = arg;
    struct stat own = { 0 };
    int err = look_at_file(j, &own);
    return err < 0 ? err : check_all(j, &own);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* Runs the job with its connection locked; `what` is for the trail. */
static int with_lock(job *j, edo_task_fn *fn, const char *what) {
    int err = edo_mutex_lock(&j->on->lock);
    if (err < 0) return err;
    err = edo_blocking(fn, j);
    edo_mutex_unlock(&j->on->lock);
    return edo_fail(err, "%s: %s", what, *j->fault ? j->fault : edo_strerror(err));
}

static job job_on(store *base, unsigned which) {
    sqlite_store *self = (sqlite_store *)base;
    return (job){ .self = self, .on = &self->on[which] };
}

static int sqlite_append(store *base, const saying *batch, size_t n) {
    job j = job_on(base, WRITES);
    j.batch = batch;
    j.n = n;
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
    job j = job_on(base, PAGES);
    j.room = room;
    j.after = after;
    j.before = before;
    j.limit = limit;
    return gather_messages(&j, page_job, out);
}

static int sqlite_find(store *base, edo_str ref, store_found **out) {
    job j = job_on(base, FINDS);
    j.ref = ref;
    j.limit = 1;
    return gather_messages(&j, find_job, out);
}

static int sqlite_rooms(store *base, store_room **out, size_t *n) {
    job j = job_on(base, PAGES);
    int err = with_lock(&j, rooms_job, "reading the rooms");
    if (err < 0) return free(j.rooms), err;
    *out = j.rooms;
    *n = j.n;
    return 0;
}

/* Waits for nobody who writes or reads. */
static int sqlite_check(store *base) {
    job j = job_on(base, CHECKS);
    j.path = j.self->path;
    return with_lock(&j, check_job, "looking at the file");
}

/* ---- Opening and closing --------------------------------------------------------------------- */

/* Runs a statement that returns one number. Returns 0 or a negative code. */
static int query(job *j, const char *text, int64_t *out) {
    sqlite3_stmt *s = NULL;
    int result = sqlite3_prepare_v2(j->on->db, text, -1, &s, NULL);
    if (result == SQLITE_OK) result = sqlite3_step(s);
    int err = job_fault(j, result);
    *out = result == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    (void)sqlite3_finalize(s);
    return err;
}

static int job_refuse(job *j, int err, const char *why) {
    (void)snprintf(j->fault, sizeof j->fault, "%s", why);
    return err;
}

/* Runs statements without rows. */
static int execute(job *j, const char *text) {
    return job_fault(j, sqlite3_exec(j->on->db, text, NULL, NULL, NULL));
}

/* Refuses a file that is something else. */
static int job_look(job *j, bool *is_new, bool *is_old) {
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
static int job_make_ready(job *j) {
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

static int sqlite_open_job(void *arg) {
    job *j = arg;
    sqlite_store *self = j->self;
    sqlite_guard(j->path);
    int err = sqlite_store_take(self, j->path);
    if (err == 0) err = open_connection(j, WRITES, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (err < 0) return err;
    if (sqlite3_db_readonly(j->on->db, "main") > 0)
        return job_refuse(j, -EROFS, "the file may not be written");
    err = execute(j, "PRAGMA synchronous = NORMAL");
    if (err == 0) err = job_make_ready(j);
    if (err == 0) err = open_connection(j, PAGES, SQLITE_OPEN_READONLY);
    if (err == 0) err = open_connection(j, FINDS, SQLITE_OPEN_READONLY);
    if (err == 0 && !(self->path = strdup(j->path))) err = -ENOMEM;
    struct stat own;
    return err < 0 ? err : look_at_file(j, &own); // later looks know by it what is missing
}

static void close_connection(connection *self) {
    for (unsigned i = 0; i < STATEMENTS_N; i++) (void)sqlite3_finalize(self->made[i]);
    (void)sqlite3_close(self->db);
}

static int sqlite_close_job(void *arg) {
    job *j = arg;
    sqlite_store *self = j->self;
    for (unsigned i = CONNECTIONS_N; i > 0; i--) close_connection(&self->on[i - 1]);
    if (self->fd >= 0) (void)close(self->fd); // inv. 3
    free(self->path);
    j->is_done = true;
    return 0;
}

static void sqlite_free(store *base) {
    job j = { .self = (sqlite_store *)base };
    (void)edo_blocking(sqlite_close_job, &j);
    if (!j.is_done)
        (void)sqlite_close_job(&j); // this task was cancelled, or the pool is at its end
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
        .check = sqlite_check,
        .free = sqlite_free,
    };
    sqlite_store *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->base.ops = &ops;
    self->fd = -1;
    job j = { .self = self, .on = &self->on[WRITES], .path = path };
    int err = edo_blocking(sqlite_open_job, &j);
    if (err < 0) {
        sqlite_free(&self->base);
        return edo_fail(err, "opening %s: %s", path, why_closed(&j, err));
    }
    *out = &self->base;
    return 0;
}
