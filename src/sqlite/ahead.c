/* SPDX-License-Identifier: MIT */
/* sqlite/ahead.c: see ahead.h.
 *
 * A checkpoint that truncates holds the writing connection until all earlier readers have ended.
 * Readers that begin meanwhile read only the file, or the log as it is, so they do not prolong the
 * wait. The wait for a reader that stays is bounded: after a failure the next try comes when the
 * log has twice the length, and waits longer. A wait that was long enough is where the next one
 * begins.
 *
 * Time is counted in pauses, since the runtime's clock may stand still. */
#include "sqlite/ahead.h"

#include "log/span/sql.h"

#include <edo/log.h>

#include <stdio.h>

#define TOLD_EVERY_NS INT64_C(60000000000)

/* By patience. */
static const int64_t waits_ns[] = { INT64_C(20000000), INT64_C(100000000), INT64_C(500000000),
                                    INT64_C(2000000000) };

/* ---- Sequences ------------------------------------------------------------------------------- */

void edoi_sqlite_reader_add(edoi_sqlite_log *log, edoi_sqlite_reader *r) {
    const edo_instant now = edo_now();
    (void)pthread_mutex_lock(&log->lock);
    r->since = now;
    r->is_listed = true;
    TAILQ_INSERT_TAIL(&log->readers, r, next);
    (void)pthread_mutex_unlock(&log->lock);
}

void edoi_sqlite_reader_remove(edoi_sqlite_log *log, edoi_sqlite_reader *r) {
    (void)pthread_mutex_lock(&log->lock);
    if (r->is_listed) TAILQ_REMOVE(&log->readers, r, next);
    r->is_listed = false;
    (void)pthread_mutex_unlock(&log->lock);
}

/* Has the task one open? It would wait for itself. */
static bool log_is_read_by(edoi_sqlite_log *log, uint64_t task) {
    const edoi_sqlite_reader *r;
    bool is_one = false;
    if (task == 0) return false;
    (void)pthread_mutex_lock(&log->lock);
    TAILQ_FOREACH(r, &log->readers, next) is_one = is_one || r->task == task;
    (void)pthread_mutex_unlock(&log->lock);
    return is_one;
}

/* ---- The log --------------------------------------------------------------------------------- */

/* Bytes of its file; 0: there is none. */
static int64_t ahead_bytes(sqlite3 *db) {
    sqlite3_file *file = NULL;
    sqlite3_int64 bytes = 0;
    (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    if (!file || !file->pMethods || file->pMethods->xFileSize(file, &bytes) != SQLITE_OK) return 0;
    return bytes;
}

/* The words of the oldest sequence, which may end meanwhile: so they are copied. */
typedef struct ahead_reason {
    char place[128], sql[EDOI_SQL_SHOWN_MAX];
    int64_t age_ns;
} ahead_reason;

static void ahead_find_reason(edoi_sqlite_log *log, edo_instant now, ahead_reason *out) {
    *out = (ahead_reason){ .place = "not a sequence of this program" };
    (void)pthread_mutex_lock(&log->lock);
    const edoi_sqlite_reader *oldest = TAILQ_FIRST(&log->readers);
    if (oldest) {
        const edo_str shown = edoi_sql_shown(out->sql, oldest->sql);
        if (shown.ptr != out->sql)
            (void)snprintf(out->sql, sizeof out->sql, "%.*s", (int)shown.len, shown.ptr);
        (void)snprintf(out->place, sizeof out->place, "%s", oldest->place);
        out->age_ns = edo_instant_since(now, oldest->since).ns;
    }
    (void)pthread_mutex_unlock(&log->lock);
}

static void ahead_tell(edoi_sqlite_ahead *self, edoi_sqlite_log *log, int64_t bytes) {
    const edo_instant now = edo_now();
    ahead_reason why;
    if (now.ns < self->told_next) return;
    self->told_next = now.ns + TOLD_EVERY_NS;
    ahead_find_reason(log, now, &why);
    edo_warn_kv("the log of SQLite grows beside a reader that stays", EDO_KV("file", log->path),
                EDO_KV("bytes", bytes), EDO_KV("reader", (const char *)why.place),
                EDO_KV("sql", (const char *)why.sql), EDO_KV("open_ms", why.age_ns / 1000000));
}

/* It is as long as it may be: begins it anew, or tries again when it is twice as long. */
static void ahead_truncate(edoi_sqlite_ahead *self, edoi_sqlite_log *log, sqlite3 *db,
                           int64_t bytes, bool waits) {
    self->wait_ns = waits ? waits_ns[self->patience] : 1;
    int result = sqlite3_wal_checkpoint_v2(db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    const bool was_cut = self->wait_ns > 0; // its task is cancelled; or another process does it
    self->wait_ns = 0;
    if (result == SQLITE_OK) {
        self->try_bytes = 0;
        return;
    }
    if (result == SQLITE_BUSY && (was_cut || !waits)) return;
    if (self->patience + 1 < EDO_COUNT(waits_ns)) self->patience++;
    self->try_bytes = 2 * bytes;
    if (result == SQLITE_BUSY) ahead_tell(self, log, bytes);
}

void edoi_sqlite_ahead_settle(edoi_sqlite_ahead *self, edoi_sqlite_log *log, sqlite3 *db,
                              uint64_t task) {
    if (log->bytes_max == 0 || sqlite3_db_readonly(db, "main") != 0) return;
    const int64_t bytes = ahead_bytes(db);
    if (bytes <= log->bytes_max) self->try_bytes = 0;
    if (bytes <= log->bytes_max || bytes < self->try_bytes) return;
    if (sqlite3_txn_state(db, "main") != SQLITE_TXN_NONE) return; // it would wait for itself
    ahead_truncate(self, log, db, bytes, !log_is_read_by(log, task));
}
