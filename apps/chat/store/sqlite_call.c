/* SPDX-License-Identifier: MIT */
/* sqlite_call.c: see sqlite_call.h. */
#include "store/sqlite_call.h"

#include <edo/error.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const statements[STATEMENTS_N] = {
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [INSERT] = "INSERT INTO message (room, number, time_ms, kind, sender, text, ref) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [PAGE] = "SELECT room, number, time_ms, kind, sender, text, ref FROM message "
             "WHERE room = ?1 AND number > ?2 AND number < ?3 ORDER BY number DESC LIMIT ?4",
    // Of the index alone.
    [BEFORE] = "SELECT number FROM message WHERE room = ?1 AND number > ?2 AND number < ?3 "
               "ORDER BY number DESC LIMIT 1",
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

/* What the system has said last of the file, or of its log, that was no success; 0: nothing. That
 * stays so until the connection is opened again. */
static int last_errno(sqlite3 *db) {
    sqlite3_file *log = NULL;
    int of_file = 0, of_log = 0;
    (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &of_file);
    (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (log && log->pMethods)
        (void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &of_log);
    return of_file != 0 ? of_file : of_log;
}

/* With these SQLite reports damage where a disk has failed to read, and with others
 * SQLITE_IOERR_READ. Damage behind such a failure is taken for one that may pass, until all of the
 * file is read. */
static bool has_failed_to_read(sqlite3 *db) {
    int system = last_errno(db);
    return system == EIO || system == ENXIO || system == ERANGE;
}

int sqlite_code_of(sqlite3 *db, int result) {
    int system = db ? sqlite3_system_errno(db) : 0;
    if (result == SQLITE_IOERR_SHORT_READ) return -EILSEQ;
    if (result == SQLITE_IOERR_READ) return -EIO;
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return 0;
    case SQLITE_NOMEM: return -ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return -EBUSY;
    case SQLITE_CONSTRAINT: return -EEXIST;
    case SQLITE_NOTADB: return -EILSEQ;
    case SQLITE_CORRUPT: return has_failed_to_read(db) ? -EIO : -EILSEQ;
    case SQLITE_IOERR: return system > 0 ? -system : -EIO;
    case SQLITE_INTERRUPT: return -ECANCELED;
    case SQLITE_FULL: return -ENOSPC;
    case SQLITE_READONLY: return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH: return -EACCES;
    case SQLITE_CANTOPEN: return system > 0 ? -system : -ENOENT;
    default: return system > 0 ? -system : -EIO;
    }
}

/* Notes where the damage is of which SQLite's check has reported. That the "image is malformed"
 * tells nobody where. */
static void note_report(sqlite_store *self, sqlite3 *db, const char *report) {
    uint32_t page = damage_page_in(report);
    sqlite3_stmt *s = NULL;
    int64_t bytes = 0;
    if (page > 0 && sqlite3_prepare_v2(db, "PRAGMA page_size", -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        bytes = sqlite3_column_int64(s, 0);
    (void)sqlite3_finalize(s);
    if (bytes > 0) {
        damage_note(&self->damage, self->path, "page %" PRIu32 ", from byte %" PRId64 " on", page,
                    (int64_t)(page - 1) * bytes);
    } else if (!strstr(report, "malformed")) {
        damage_note(&self->damage, self->path, "%s", report);
    }
}

int sqlite_read_all(sqlite_store *self, sqlite3 *db) {
    sqlite3_stmt *s = NULL;
    int result = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &s, NULL);
    if (result == SQLITE_OK) result = sqlite3_step(s);
    const char *report = result == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
    bool is_whole = !report || strcmp(report, "ok") == 0;
    if (!is_whole) result = last_errno(db) != 0 ? SQLITE_IOERR_READ : SQLITE_CORRUPT;
    int err = sqlite_code_of(db, result);
    if (!is_whole && err == -EILSEQ) note_report(self, db, report);
    (void)sqlite3_finalize(s);
    return err;
}

void sqlite_tell_damage(sqlite_store *self, char *out, size_t bytes) {
    (void)damage_text(&self->damage, out, bytes);
}

static bool is_read_quickly(const sqlite_store *self) {
    struct stat is;
    return self->fd >= 0 && fstat(self->fd, &is) == 0 && is.st_size <= READ_MAX;
}

static int tell_damaged(sqlite_job *j, int err) {
    char where[STORE_DAMAGE_BYTES];
    bool is_found =
        damage_has_place(&j->self->damage) && damage_text(&j->self->damage, where, sizeof where);
    (void)snprintf(j->fault, sizeof j->fault, "the file is damaged%s%s%s", is_found ? " (" : "",
                   is_found ? where : "", is_found ? ")" : "");
    return err;
}

int job_locate(sqlite_job *j, int err) {
    if (err == -EILSEQ && is_read_quickly(j->self)) (void)sqlite_read_all(j->self, j->on->db);
    return err == -EILSEQ ? tell_damaged(j, err) : err;
}

int job_fault(sqlite_job *j, int result) {
    sqlite3 *db = j->on->db;
    sqlite_store *self = j->self;
    int err = sqlite_code_of(db, result), unwanted = SEARCH_UNWANTED;
    if (err < 0) (void)snprintf(j->fault, sizeof j->fault, "%s", sqlite3_errmsg(db));
    if ((result & 0xff) == SQLITE_NOTADB) { // SQLite says so in plain words
        damage_note(&self->damage, self->path, "it does not begin as a database does");
    } else if (err == -EILSEQ) {
        damage_guess(&self->damage, self->path, "some of it is not what was written");
        (void)atomic_compare_exchange_strong(&self->search, &unwanted, SEARCH_WANTED);
        (void)tell_damaged(j, err);
    } else if (err == -EIO || (result & 0xff) == SQLITE_IOERR) { // SQLite does not say which
        (void)snprintf(j->fault, sizeof j->fault, "disk I/O error: %s", edo_strerror(err));
    }
    return err;
}

int job_refuse(sqlite_job *j, int err, const char *why) {
    (void)snprintf(j->fault, sizeof j->fault, "%s", why);
    return err;
}

sqlite3_stmt *connection_statement(sqlite_connection *self, unsigned which) {
    sqlite3_stmt **made = &self->made[which];
    if (!*made)
        (void)sqlite3_prepare_v3(self->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT, made,
                                 NULL);
    return *made;
}

int connection_run(sqlite_connection *self, unsigned which) {
    sqlite3_stmt *s = connection_statement(self, which);
    if (!s) return sqlite3_errcode(self->db);
    int result = sqlite3_step(s);
    (void)sqlite3_reset(s); // it repeats the result
    return result;
}

int job_connect(sqlite_job *j, unsigned which, int flags) {
    j->on = &j->self->on[which];
    int err =
        job_fault(j, sqlite3_open_v2(j->self->path, &j->on->db, flags | SQLITE_OPEN_NOMUTEX, NULL));
    if (err < 0) return err;
    (void)sqlite3_busy_timeout(j->on->db, BUSY_WAIT_MS);
    (void)sqlite3_extended_result_codes(j->on->db, 1);
    return 0;
}

void connection_close(sqlite_connection *self, bool leaves_log) {
    if (self->db && leaves_log)
        (void)sqlite3_db_config(self->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    for (unsigned i = 0; i < STATEMENTS_N; i++) (void)sqlite3_finalize(self->made[i]);
    (void)sqlite3_close(self->db);
    memset(self->made, 0, sizeof self->made);
    self->db = NULL;
}
