/* SPDX-License-Identifier: MIT */
/* sqlite.c: the store in a file.
 *
 * What is said is written by one connection; the past, and messages by their references, are read
 * by others, so that nobody who speaks waits for those who read.
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
#include "store/sqlite_log.h"
#include "store/sqlite_look.h"
#include "store/sqlite_torn.h"

#include <edo/blocking.h>
#include <edo/error.h>
#include <edo/log.h>
#include <edo/scope.h>

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

#define APPLICATION 0x65646f63 /* "edoc", by which the file is known as a chat's */
/* Of the tables: in 1 references began with a token in clear, 2 had no names, 3 names of ASCII. */
#define VERSION       4
#define READERS       3     /* a page, one that is asked for to settle a write, a reference */
#define SKIPS_MAX     10000 /* damaged messages that a page leaves out, until it ends there */
#define TAKE_PAUSE_MS 20

/* A message as it is in the file. Its texts are bytes: what is damaged may be no text. */
typedef struct row {
    int64_t number, time_ms, kind;
    edo_bytes room, sender, text, ref;
} row;
EDO_DESCRIBE(row, EDO_FIELD(row, number), EDO_FIELD(row, time_ms, .optional = true),
             EDO_FIELD(row, kind, .optional = true), EDO_FIELD(row, room, .optional = true),
             EDO_FIELD(row, sender, .optional = true), EDO_FIELD(row, text, .optional = true),
             EDO_FIELD(row, ref, .optional = true))

#define ROW                                                                                        \
    "SELECT room, number, CAST(time_ms AS INTEGER) AS time_ms, CAST(kind AS INTEGER) AS kind, "    \
    "sender, text, ref FROM message "

#define RANGE "WHERE room = ?1 AND number > ?2 AND number < ?3 ORDER BY number DESC LIMIT "

/* The newest message of a room, or of a range of it. */
typedef struct newest {
    edo_bytes room;
    int64_t number;
} newest;
EDO_DESCRIBE(newest, EDO_FIELD(newest, room, .optional = true), EDO_FIELD(newest, number))

/* ---- Messages -------------------------------------------------------------------------------- */

static int insert(edo_sqlite *tx, const saying *m) {
    return edo_sqlite_exec(tx,
                           "INSERT INTO message (room, number, time_ms, kind, sender, text, ref) "
                           "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                           EDO_SQL(m->room.text, m->number, m->time_ms, m->is_action, m->nick.text,
                                   m->text.len > 0 ? m->text : EDO_STR(""),
                                   m->ref.len > 0 ? m->ref : (edo_str){ 0 })); // which is null
}

static int insert_all(edo_sqlite *tx, void *arg) {
    const sqlite_call *c = arg;
    int n = sqlite_log_is_short(c->self) ? -ENODATA : 0;
    for (size_t i = 0; i < c->n && n >= 0; i++) n = insert(tx, &c->batch[i]);
    return n < 0 ? n : 0;
}

static int append_all(edo_sqlite *db, void *arg) {
    return edo_sqlite_call(db, true, insert_all, arg);
}

/* Leaves a message out that the chat cannot have written so. */
static void leave_out(sqlite_call *c, const name *room, uint64_t number) {
    gathering_lack(&c->found, -EILSEQ);
    c->skips_n++;
    damage_note(&c->self->damage, c->self->path,
                "message %" PRIu64 " of #%s is not what was written", number, room->text);
}

static int gather_message(sqlite_call *c, const row *r) {
    saying m = {
        .number = (uint64_t)r->number,
        .time_ms = r->time_ms,
        .is_action = r->kind != 0,
        .text = r->text.str,
        .ref = r->ref.str,
    };
    bool is_whole = room_name_parse(&m.room, r->room.str) && name_read(&m.nick, r->sender.str) &&
                    m.number < c->before && !text_lines_fault(m.text) && !text_fault(m.ref);
    if (m.number < c->before) c->before = m.number;
    if (is_whole) return gathering_add(&c->found, &m);
    leave_out(c, c->room ? c->room : &m.room, m.number);
    return 0;
}

static int64_t to_int64(uint64_t n) {
    return n < INT64_MAX ? (int64_t)n : INT64_MAX;
}

/* Gathers the messages up to the end of the range, or to one that cannot be read. */
static int gather_range(edo_sqlite *tx, void *arg) {
    sqlite_call *c = arg;
    uint64_t limit = c->limit < INT64_MAX ? c->limit + 1 : c->limit; // is there more?
    row r;
    int rc, err = 0;
    edo_seq *rows = edo_sqlite_rows(tx, &row_desc, ROW RANGE "?4",
                                    EDO_SQL(c->room->text, to_int64(c->after), to_int64(c->before),
                                            to_int64(limit - c->found.n)));
    while ((rc = edo_seq_next(rows, &r)) == 1 && err == 0) err = gather_message(c, &r);
    edo_seq_free(rows);
    return err < 0 ? err : rc;
}

/* Leaves the next message out, which cannot be read: looks for it in the index alone. Returns 1; 0:
 * there is none; or a failure. */
static int skip_message(edo_sqlite *db, sqlite_call *c) {
    newest next = { .number = 0 };
    int err = edo_sqlite_query_one(db, &next, &newest_desc, "SELECT number FROM message " RANGE "1",
                                   EDO_SQL(c->room->text, to_int64(c->after), to_int64(c->before)));
    if (err == -EDO_ENOROW) return 0;
    uint64_t number = (uint64_t)next.number;
    if (err < 0 || number == 0 || number >= c->before) return call_fault(c, err);
    c->before = number;
    c->skips_n++;
    return 1;
}

/* Whether the failure takes some of the messages, and not all: then that is noted. */
static bool is_partial(sqlite_call *c, int err) {
    bool is_so = err == -EILSEQ || err == -EIO;
    if (is_so) gathering_lack(&c->found, err);
    return is_so;
}

/* Where not even the index can be read what was found is all that can be. */
static int gather_page(edo_sqlite *db, void *arg) {
    sqlite_call *c = arg;
    int err = 1; // it goes on
    while (err > 0 && c->found.n <= c->limit && c->skips_n < SKIPS_MAX) {
        unsigned skips_n = c->skips_n;
        err = call_fault(c, edo_sqlite_call(db, false, gather_range, c));
        if (is_partial(c, err)) {
            err = skip_message(db, c);
        } else if (err == 0) {
            err = c->skips_n > skips_n; // else it was the end
        }
    }
    return err > 0 || is_partial(c, err) ? 0 : err;
}

static int gather_by_ref(edo_sqlite *db, void *arg) {
    sqlite_call *c = arg;
    row r = { .number = 0 };
    int err = edo_sqlite_query_one(db, &r, &row_desc, ROW "WHERE ref = ?1 ORDER BY id DESC LIMIT 1",
                                   EDO_SQL(c->ref.len > 0 ? c->ref : (edo_str){ 0 }));
    if (err == -EDO_ENOROW) return 0;
    if (err == 0) err = gather_message(c, &r);
    edo_value_deinit(&r, &row_desc);
    return err;
}

/* Adds a room to the array, which has room for a power of two. */
static int gather_room(sqlite_call *c, const newest *r) {
    if ((c->n & (c->n - 1)) == 0) {
        store_room *moved = realloc(c->rooms, (c->n > 0 ? 2 * c->n : 1) * sizeof *moved);
        if (!moved) return -ENOMEM;
        c->rooms = moved;
    }
    store_room *added = &c->rooms[c->n];
    added->last = (uint64_t)r->number;
    if (!room_name_parse(&added->name, r->room.str)) {
        damage_note(&c->self->damage, c->self->path, "a room has no name");
        return -EILSEQ;
    }
    c->n++;
    return 0;
}

/* Steps from room to room by the index, and not through all messages. */
static const char sql_of_rooms[] =
    "WITH RECURSIVE r(room) AS ("
    "SELECT min(room) FROM message UNION ALL "
    "SELECT (SELECT min(room) FROM message WHERE room > r.room) FROM r WHERE r.room IS NOT NULL) "
    "SELECT room, (SELECT max(number) FROM message WHERE message.room = r.room) AS number FROM r "
    "WHERE room IS NOT NULL ORDER BY room COLLATE NOCASE";

static int gather_each_room(edo_sqlite *tx, void *arg) {
    newest r;
    int rc, err = 0;
    edo_seq *rows = edo_sqlite_rows(tx, &newest_desc, sql_of_rooms, EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &r)) == 1 && err == 0) err = gather_room(arg, &r);
    edo_seq_free(rows);
    return err < 0 ? err : rc;
}

static int gather_rooms(edo_sqlite *db, void *arg) {
    return edo_sqlite_call(db, false, gather_each_room, arg);
}

/* ---- Names ----------------------------------------------------------------------------------- */

/* A name as it is in the file, like a row. */
typedef struct kept_row {
    edo_bytes name, person, address;
    int64_t until_ms;
} kept_row;
EDO_DESCRIBE(kept_row, EDO_FIELD(kept_row, name, .optional = true),
             EDO_FIELD(kept_row, person, .optional = true),
             EDO_FIELD(kept_row, address, .optional = true),
             EDO_FIELD(kept_row, until_ms, .optional = true))

static int keep_one(edo_sqlite *tx, const store_name *what) {
    const edo_bytes from = { .str = { what->address, sizeof what->address } };
    char key[NAME_BYTES_MAX + 1];
    name_key(&what->name, key);
    if (what->until_ms == STORE_NAME_IS_FREE)
        return edo_sqlite_exec(tx, "DELETE FROM kept_name WHERE name = ?1", EDO_SQL(key));
    return edo_sqlite_exec(
        tx,
        "INSERT OR REPLACE INTO kept_name (name, shown, person, address, until_ms) "
        "VALUES (?1, ?2, ?3, ?4, ?5)",
        EDO_SQL(key, what->name.text, what->person, from, what->until_ms));
}

static int keep_each(edo_sqlite *tx, void *arg) {
    const sqlite_call *c = arg;
    int n = sqlite_log_is_short(c->self) ? -ENODATA : 0;
    for (size_t i = 0; i < c->n && n >= 0; i++) n = keep_one(tx, &c->kept[i]);
    return n < 0 ? n : 0;
}

static int keep_all(edo_sqlite *db, void *arg) {
    return edo_sqlite_call(db, true, keep_each, arg);
}

/* Adds a name to the array, as gather_room() does a room; one that the chat cannot have written so
 * is left out. */
static int gather_name(sqlite_call *c, const kept_row *r) {
    store_name is = { .until_ms = r->until_ms };
    bool is_whole = name_read(&is.name, r->name.str) && r->person.str.len == STORE_PERSON_BYTES &&
                    !text_fault(r->person.str) && r->address.str.len == sizeof is.address;
    if (!is_whole) {
        damage_note(&c->self->damage, c->self->path, "a name is not what was written");
        return 0;
    }
    if ((c->n & (c->n - 1)) == 0) {
        store_name *moved = realloc(c->names, (c->n > 0 ? 2 * c->n : 1) * sizeof *moved);
        if (!moved) return -ENOMEM;
        c->names = moved;
    }
    memcpy(is.person, r->person.str.ptr, STORE_PERSON_BYTES);
    memcpy(is.address, r->address.str.ptr, sizeof is.address);
    c->names[c->n++] = is;
    return 0;
}

static int gather_each_name(edo_sqlite *tx, void *arg) {
    kept_row r;
    int rc, err = 0;
    edo_seq *rows = edo_sqlite_rows(tx, &kept_row_desc,
                                    "SELECT coalesce(shown, name) AS name, person, address, "
                                    "CAST(until_ms AS INTEGER) AS until_ms FROM kept_name "
                                    "ORDER BY until_ms",
                                    EDO_SQL_NONE);
    while ((rc = edo_seq_next(rows, &r)) == 1 && err == 0) err = gather_name(arg, &r);
    edo_seq_free(rows);
    return err < 0 ? err : rc;
}

static int gather_names(edo_sqlite *db, void *arg) {
    return edo_sqlite_call(db, false, gather_each_name, arg);
}

/* ---- Calls ----------------------------------------------------------------------------------- */

/* Puts what the call has kept of the failure on the trail. Returns `err`. */
static int sqlite_call_fail(const sqlite_call *c, int err, const char *what) {
    return edo_fail(err, "%s: %s", what, *c->fault ? c->fault : edo_strerror(err));
}

/* Does something with the database. What has begun is awaited. */
static int with_database(sqlite_call *c, edo_sqlite_tx_fn *fn) {
    sqlite_store *self = c->self;
    int err = edo_rwlock_read(&self->lock);
    if (err < 0) return err;
    EDO_SHIELD(sh, edo_ns(-1));
    err = self->db ? call_fault(c, fn(self->db, c)) : call_refuse(c, -EIO, "the file is not open");
    (void)edo_shield_end(&sh, 0);
    edo_rwlock_unlock(&self->lock);
    return err;
}

static sqlite_call call_of(store *base) {
    return (sqlite_call){ .self = (sqlite_store *)base, .before = UINT64_MAX };
}

/* Does what gathers messages. */
static int gather_messages(sqlite_call *c, edo_sqlite_tx_fn *fn, store_found **out) {
    int err = with_database(c, fn);
    if (err == 0) return gathering_end(&c->found, c->limit, out);
    gathering_drop(&c->found);
    return sqlite_call_fail(c, err, "reading messages");
}

static int sqlite_page(store *base, const name *room, uint64_t after, uint64_t before, size_t limit,
                       store_found **out) {
    sqlite_call c = call_of(base);
    c.room = room;
    c.after = after;
    c.before = before;
    c.limit = limit;
    return gather_messages(&c, gather_page, out);
}

static int sqlite_find(store *base, edo_str ref, store_found **out) {
    sqlite_call c = call_of(base);
    c.ref = ref;
    c.limit = 1;
    return gather_messages(&c, gather_by_ref, out);
}

/* The program only begins: so nobody waits for the search for a damage. */
static int sqlite_rooms(store *base, store_room **out, size_t *n) {
    sqlite_call c = call_of(base);
    int err = with_database(&c, gather_rooms);
    if (err == 0 && !c.rooms && !(c.rooms = malloc(sizeof *c.rooms))) err = -ENOMEM;
    if (err == -EILSEQ) {
        (void)edo_blocking(sqlite_search_job, c.self);
        err = call_fault(&c, err);
    }
    if (err < 0) {
        free(c.rooms);
        c.rooms = NULL;
        c.n = 0;
    }
    *out = c.rooms;
    *n = c.n;
    return sqlite_call_fail(&c, err, "reading the rooms");
}

static int sqlite_names(store *base, store_name **out, size_t *n) {
    sqlite_call c = call_of(base);
    int err = with_database(&c, gather_names);
    if (err == 0 && !c.names && !(c.names = malloc(sizeof *c.names))) err = -ENOMEM;
    if (err < 0) {
        free(c.names);
        c.names = NULL;
        c.n = 0;
    }
    *out = c.names;
    *n = c.n;
    return sqlite_call_fail(&c, err, "reading the names");
}

static void sqlite_damage(store *base, char *out, size_t bytes) {
    (void)damage_text(&((sqlite_store *)base)->damage, out, bytes);
}

/* ---- Opening and closing --------------------------------------------------------------------- */

/* What a file says of itself. */
typedef struct marks {
    int64_t application, version, parts;
} marks;
EDO_DESCRIBE(marks, EDO_FIELD(marks, application), EDO_FIELD(marks, version),
             EDO_FIELD(marks, parts))

static bool marks_are_new(const marks *is) {
    return is->application == 0 && is->parts == 0;
}

/* Refuses a file that is something else. */
static int sqlite_call_look(sqlite_call *c, marks *is) {
    static const char sql[] =
        "SELECT (SELECT application_id FROM pragma_application_id) AS application, "
        "(SELECT user_version FROM pragma_user_version) AS version, "
        "count(*) AS parts FROM sqlite_schema";
    int err = edo_sqlite_query_one(c->self->db, is, &marks_desc, sql, EDO_SQL_NONE);
    if (err < 0) return err;
    if (!marks_are_new(is) && is->application != APPLICATION)
        return call_refuse(c, -EILSEQ, "the database is not a chat's");
    return is->version > VERSION ? call_refuse(c, -EILSEQ, "the database is of a newer edo-chat")
                                 : 0;
}

/* A step, which brings a file of that version nearer to what it is to be. */
typedef struct ready_step {
    int64_t from, to; /* versions, the second included; 0: the file is new */
    const char *sql;
} ready_step;

/* Makes the tables if the file is new, and what an older program has left as it is to be: what a
 * token in clear stood in is overwritten. */
static int make_ready(edo_sqlite *tx, void *arg) {
    static const ready_step steps[] = {
        { 0, 0,
          "CREATE TABLE message (id INTEGER PRIMARY KEY, room TEXT NOT NULL COLLATE NOCASE, "
          "number INTEGER NOT NULL, time_ms INTEGER NOT NULL, kind INTEGER NOT NULL, "
          "sender TEXT NOT NULL, text TEXT NOT NULL, ref TEXT, UNIQUE (room, number))" },
        { 0, 0, "CREATE INDEX message_ref ON message (ref) WHERE ref IS NOT NULL" },
        { 1, 1, "PRAGMA secure_delete = ON" },
        { 1, 1, "UPDATE message SET ref = NULL WHERE ref IS NOT NULL" },
        { 0, 2,
          "CREATE TABLE IF NOT EXISTS kept_name (name TEXT PRIMARY KEY COLLATE NOCASE, person TEXT "
          "NOT NULL, "
          "address BLOB NOT NULL, until_ms INTEGER NOT NULL) WITHOUT ROWID" },
        { 0, 3, "ALTER TABLE kept_name ADD COLUMN shown TEXT" }, // `name` is its key
    };
    const marks *is = arg;
    int64_t version = marks_are_new(is) ? 0 : is->version > 0 ? is->version : 1;
    char mark[64];
    int n = 0;
    if (version == VERSION) return 0;
    for (size_t i = 0; i < EDO_COUNT(steps) && n >= 0; i++) {
        if (version >= steps[i].from && version <= steps[i].to)
            n = edo_sqlite_exec(tx, steps[i].sql, EDO_SQL_NONE);
    }
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d", APPLICATION);
    if (n >= 0) n = edo_sqlite_exec(tx, mark, EDO_SQL_NONE);
    (void)snprintf(mark, sizeof mark, "PRAGMA user_version = %d", VERSION);
    if (n >= 0) n = edo_sqlite_exec(tx, mark, EDO_SQL_NONE);
    return n < 0 ? n : 0;
}

/* The log that older tokens stand in, too, is emptied at once. */
static int sqlite_make_ready(sqlite_call *c) {
    edo_sqlite *db = c->self->db;
    marks is;
    int err = sqlite_call_look(c, &is);
    if (err == 0) err = edo_sqlite_exec(db, "PRAGMA journal_mode = WAL", EDO_SQL_NONE);
    if (err >= 0) err = edo_sqlite_call(db, true, make_ready, &is);
    if (err == 0 && !marks_are_new(&is) && is.version < VERSION)
        err = edo_sqlite_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", EDO_SQL_NONE);
    return err < 0 ? err : 0;
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

/* SQLite opens a file that may not be written for reading alone, and says so too late. */
static int sqlite_connect(sqlite_call *c) {
    static const edo_sqlite_opts opts = { .name = "chat",
                                          .readers_max = READERS,
                                          .no_create = true, // by sqlite_guard(), once
                                          .no_wal = true,    // not before it is known as a chat's
                                          .no_foreign_keys = true,
                                          .open_sql = "PRAGMA synchronous = NORMAL",
                                          .busy = EDO_MS(BUSY_WAIT_MS),
                                          .wait_timeout = { EDO_FOREVER_NS } };
    sqlite_store *self = c->self;
    int err = edo_sqlite_open(&self->db, self->path, &opts);
    if (err < 0) return err;
    if (faccessat(AT_FDCWD, self->path, W_OK, AT_EACCESS) < 0)
        return call_refuse(c, -EROFS, "the file may not be written");
    return sqlite_make_ready(c);
}

static void sqlite_disconnect(sqlite_store *self, bool keeps_log) {
    if (self->db && keeps_log) edo_sqlite_keep_log(self->db);
    edo_sqlite_close(self->db);
    self->db = NULL;
}

/* SQLite would write over what stands behind a hole in the log: keeps a copy of it, without which
 * nothing is opened. Returns 1: there is a hole at `*at`; 0, or a failure. */
static int sqlite_look_for_hole(sqlite_call *c, int64_t *at, char kept[PATH_MAX]) {
    sqlite_torn_drop(c->self->path); // of a start that was killed
    int found = sqlite_torn_find(at, c->self->path);
    int err = found > 0 ? sqlite_torn_keep(kept, PATH_MAX, c->self->path) : 0;
    if (err == 0) return found;
    (void)snprintf(c->fault, sizeof c->fault,
                   "its log (-wal) is damaged at byte %" PRId64
                   ", and no copy of it can be made: %s; make room, or move it away with what is "
                   "in it",
                   *at, edo_strerror(err));
    return err;
}

/* Nothing was lost, and the log is as it was found: no copy of it is needed. */
static int sqlite_refuse_torn(sqlite_call *c, int64_t at, const char *kept, int err) {
    (void)unlink(kept);
    (void)snprintf(c->fault, sizeof c->fault,
                   "its log (-wal) is damaged at byte %" PRId64
                   ", and what is whole of it cannot be looked at: %s",
                   at, edo_strerror(err));
    edo_trail_clear();
    return err;
}

/* With a log that has a hole at byte `at`, of which `kept` is a copy. What is lost is told before
 * the log changes: until then it is as it was found. */
static int sqlite_connect_torn(sqlite_call *c, int64_t at, const char *kept) {
    sqlite_store *self = c->self;
    int mended = sqlite_torn_try(self->path), err = 0;
    if (mended >= 0)
        edo_error_kv(mended ? "the store's log is damaged: what stood at that place may be lost"
                            : "the store's log is damaged: what was stored from there on is lost",
                     EDO_KV("at_byte", at), EDO_KV("kept_as", kept));
    if (mended > 0) err = sqlite_torn_take(self->path);
    sqlite_torn_drop(self->path);
    if (mended < 0) return sqlite_refuse_torn(c, at, kept, mended);
    if (err == 0) err = sqlite_connect(c);
    if (err == 0) err = sqlite_log_empty(self->db); // what is behind the hole goes, too
    if (err < 0) return err;
    atomic_store(&self->is_cut, true);
    atomic_store(&self->is_cut_new, true);
    return 0;
}

/* The log lies beside the file itself, and not beside a link to it. */
static int sqlite_follow(sqlite_store *self) {
    char *real = realpath(self->path, NULL);
    if (!real) return errno == ENOENT ? 0 : -errno; // SQLite will tell
    free(self->path);
    self->path = real;
    return 0;
}

static int sqlite_open_job(void *arg) {
    sqlite_call *c = arg;
    sqlite_store *self = c->self;
    char kept[PATH_MAX];
    int64_t at = 0;
    sqlite_guard(self->path);
    int err = sqlite_follow(self);
    if (err == 0) err = sqlite_store_take(self, self->path);
    if (err == 0) err = sqlite_look_for_hole(c, &at, kept);
    if (err >= 0) err = err > 0 ? sqlite_connect_torn(c, at, kept) : sqlite_connect(c);
    if (err == 0) sqlite_log_open(self);
    struct stat own;
    return err < 0 ? err : sqlite_look_at_file(self, &own); // later looks know by it what lacks
}

/* ---- Syncing --------------------------------------------------------------------------------- */

static int sqlite_sync_job(void *arg) {
    sqlite_call *c = arg;
    c->is_done = true;
    if (sqlite_log_is_short(c->self)) return -ENODATA;
    if (c->self->log_fd < 0 || fdatasync(c->self->log_fd) == 0) return 0;
    int err = -errno;
    (void)snprintf(c->fault, sizeof c->fault, "the disk has not taken it: %s", edo_strerror(err));
    return err;
}

/* What the disk has refused the kernel may have forgotten, and another sync tells nothing of it.
 * SQLite still counts it as written, and would take what it then reads there for pages of the file.
 * So the file is opened again: thereby the log is read up to its first frame that is not whole. The
 * rest of it is written into the file, which SQLite syncs. Both locks are held. A log that was
 * deleted is written there first, while SQLite has it. */
static int reopen_job(void *arg) {
    sqlite_call *c = arg;
    sqlite_store *self = c->self;
    struct stat own;
    int err = sqlite_look_at_file(self, &own); // one that was deleted is made by nobody
    if (err == -ESTALE) return err;
    if (c->is_log_gone && self->db && (err = sqlite_log_empty(self->db)) < 0)
        return call_fault(c, err);
    sqlite_disconnect(self, true);
    err = sqlite_connect(c);
    if (err < 0) {
        sqlite_disconnect(self, true);
        return call_fault(c, err);
    }
    err = call_fault(c, sqlite_log_empty(self->db));
    sqlite_log_open(self);
    return err;
}

/* A look at the file may take long, and is waited for first, while others write and read.
 * `is_log_gone`: the log was deleted, and SQLite has it still. */
static int sqlite_reopen(store *base, bool is_log_gone) {
    sqlite_call c = call_of(base);
    c.is_log_gone = is_log_gone;
    int err = edo_mutex_lock(&c.self->look);
    if (err < 0) return err;
    err = edo_rwlock_write(&c.self->lock);
    if (err == 0) {
        EDO_SHIELD(sh, edo_ns(-1));
        err = edo_blocking(reopen_job, &c);
        (void)edo_shield_end(&sh, 0);
        edo_rwlock_unlock(&c.self->lock);
    }
    edo_mutex_unlock(&c.self->look);
    return sqlite_call_fail(&c, err, "opening the file again");
}

/* Opens the file again if its log was cut off, so that nothing is written behind the hole; what was
 * in there is gone. One that was deleted has lost nothing. */
static int mend_log(store *base) {
    sqlite_call c = call_of(base);
    sqlite_store *self = c.self;
    int err = edo_mutex_lock(&self->writing);
    if (err < 0) return err;
    err = edo_blocking(sqlite_log_look_job, &c);
    if (err == -EAGAIN) err = with_database(&c, sqlite_log_look_at_empty);
    edo_mutex_unlock(&self->writing);
    if (err == -ENODATA) {
        atomic_store(&self->is_cut, true);
        atomic_store(&self->is_cut_new, true);
        err = sqlite_reopen(base, false);
    } else if (err == 0 && c.is_log_gone) {
        err = sqlite_reopen(base, true);
    }
    return err == -EAGAIN ? 0 : err;
}

static int write_once(sqlite_call *c, edo_sqlite_tx_fn *fn) {
    int err = edo_mutex_lock(&c->self->writing);
    if (err < 0) return err;
    err = with_database(c, fn);
    if (err == 0) err = sqlite_log_note(c->self); // the file system has just responded
    edo_mutex_unlock(&c->self->writing);
    return err;
}

static int sqlite_write(sqlite_call *c, edo_sqlite_tx_fn *fn, const char *what) {
    int err = write_once(c, fn);
    if (err == -ENODATA && (err = mend_log(&c->self->base)) == 0) err = write_once(c, fn);
    return sqlite_call_fail(c, err, what);
}

static int sqlite_append(store *base, const saying *batch, size_t n) {
    sqlite_call c = call_of(base);
    c.batch = batch;
    c.n = n;
    return sqlite_write(&c, append_all, "storing messages");
}

static int sqlite_keep(store *base, const store_name *batch, size_t n) {
    sqlite_call c = call_of(base);
    c.kept = batch;
    c.n = n;
    return sqlite_write(&c, keep_all, "storing names");
}

/* Waits for nobody who writes or reads, unless the log is to be judged. That comes first: without
 * it the file would seem to be damaged. */
static int sqlite_check(store *base) {
    sqlite_call c = call_of(base);
    int err = edo_blocking(sqlite_log_look_job, &c);
    if (err == -ECANCELED) return err;
    if (err < 0 || c.is_log_gone) err = mend_log(base);
    if (err == 0) err = edo_mutex_lock(&c.self->look);
    if (err < 0) return sqlite_call_fail(&c, err, "looking at the log");
    err = edo_blocking(sqlite_check_job, c.self);
    edo_mutex_unlock(&c.self->look);
    if (err == 0 && atomic_load(&c.self->is_cut)) err = -ENODATA;
    return sqlite_call_fail(&c, err, "looking at the file");
}

/* Holds up nobody who writes, reads or looks at the file, unless the last one has failed, or the
 * log is to be judged. */
static int sqlite_sync(store *base) {
    sqlite_call c = call_of(base);
    int err = edo_blocking(sqlite_sync_job, &c);
    if (!c.is_done) return -ECANCELED; // the disk was not asked: no thread was to be had
    if (err == -ENODATA) err = mend_log(base);
    if (err < 0) err = sqlite_call_fail(&c, err, "storing messages");
    if (err == 0 && c.self->is_refused) err = sqlite_reopen(base, false);
    if (err != -ECANCELED) c.self->is_refused = err < 0;
    if (err < 0 || !atomic_exchange(&c.self->is_cut_new, false)) return err;
    return edo_fail(-ENODATA, "storing messages: the log was cut off");
}

static void sqlite_free(store *base) {
    sqlite_store *self = (sqlite_store *)base;
    sqlite_disconnect(self, self->is_refused);
    if (self->fd >= 0) (void)close(self->fd); // last: see sqlite_call.h
    if (self->log_fd >= 0) (void)close(self->log_fd);
    free(self->path);
    free(self);
}

/* Of a file that is none of SQLite that says more than its code. */
static const char *why_closed(const sqlite_call *c, int err) {
    static const char is_none[] = "file is not a database";
    char words[EDO_TRAIL_TEXT_MAX];
    if (*c->fault) return c->fault; // the chat has refused it
    sqlite_take_words(words, err);
    if (err == -EBUSY) return "another program uses it";
    if (err == -EILSEQ) return strcmp(words, is_none) == 0 ? is_none : "the file is damaged";
    return edo_strerror(err);
}

int store_sqlite_open(store **out, const char *path) {
    static const store_ops ops = {
        .append = sqlite_append,
        .page = sqlite_page,
        .find = sqlite_find,
        .rooms = sqlite_rooms,
        .keep = sqlite_keep,
        .names = sqlite_names,
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
    sqlite_call c = call_of(&self->base);
    int err = self->path ? edo_blocking(sqlite_open_job, &c) : -ENOMEM;
    if (err < 0) {
        const char *why = why_closed(&c, err);
        sqlite_free(&self->base);
        return edo_fail(err == -EDO_ESQL ? -EIO : err, "opening %s: %s", path, why);
    }
    *out = &self->base;
    return 0;
}
