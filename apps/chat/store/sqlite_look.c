/* SPDX-License-Identifier: MIT */
/* sqlite_look.c: see sqlite_look.h. */
#include "store/sqlite_look.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#define HEAD_BYTES  32  /* of the file, that are looked at */
#define CHECK_SHARE 100 /* of a core's time, at most one part goes into reading all of the file */

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
    bool has_head = (size_t)n == sizeof head && memcmp(head, begin, sizeof begin) == 0;
    bool is_empty = own->st_size == 0 && !is_smaller;
    bool is_cut = has_head && is_smaller && own->st_size < bytes_by_head(head);
    if (!has_head && !is_empty) {
        damage_note(&self->damage, self->path, "it does not begin as a database does");
    } else if (is_cut) {
        damage_note(&self->damage, self->path, "it ends at byte %jd, of %" PRId64,
                    (intmax_t)own->st_size, bytes_by_head(head));
    }
    return is_cut || (!has_head && !is_empty) ? -EILSEQ : 0;
}

typedef struct pages {
    int64_t page_size;
} pages;
EDO_DESCRIBE(pages, EDO_FIELD(pages, page_size))

/* Notes where the damage is of which SQLite's check has reported. That the "image is malformed"
 * tells nobody where. */
static void note_report(sqlite_store *self, edo_sqlite *db, const char *report) {
    uint32_t page = damage_page_in(report);
    pages is = { 0 };
    if (page > 0 &&
        edo_sqlite_query_one(db, &is, &pages_desc, "PRAGMA page_size", EDO_SQL_NONE) == 0) {
        damage_note(&self->damage, self->path, "page %" PRIu32 ", from byte %" PRId64 " on", page,
                    (int64_t)(page - 1) * is.page_size);
    } else if (*report && !strstr(report, "malformed")) {
        damage_note(&self->damage, self->path, "%s", report);
    }
}

/* Reads all of the file, by connections that remember nothing of it. Returns 0, -EILSEQ, also if it
 * cannot tell where the damage is, or why nothing is known. */
static int look_read_all(sqlite_store *self) {
    static const edo_sqlite_opts opts = { .name = "chat-look",
                                          .read_only = true,
                                          .no_foreign_keys = true,
                                          .busy = EDO_MS(BUSY_WAIT_MS) };
    char report[EDO_TRAIL_TEXT_MAX];
    edo_sqlite *db;
    int err = edo_sqlite_open(&db, self->path, &opts);
    if (err == 0) {
        err = edo_sqlite_check(db);
        if (err < 0) sqlite_take_words(report, err);
        if (err == -EILSEQ) note_report(self, db, report);
        edo_sqlite_close(db);
    }
    if (err == -EILSEQ)
        damage_guess(&self->damage, self->path, "some of it is not what was written");
    return err == -EDO_ESQL ? -EIO : err;
}

int sqlite_search_job(void *arg) {
    sqlite_store *self = arg;
    struct stat own;
    bool is_quick = self->fd >= 0 && fstat(self->fd, &own) == 0 && own.st_size <= READ_MAX;
    return is_quick ? look_read_all(self) : 0;
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
 * off, so a file that would take long, and hold up the end of the program, is not read. For the
 * place of the first damage that a call has come upon all is read at once. Returns what was found
 * the last time. */
static int check_all(sqlite_store *self, const struct stat *own) {
    edo_instant begun = edo_now();
    bool is_search = atomic_load(&self->search) == SEARCH_WANTED;
    bool is_read = is_same_time(&own->st_mtim, &self->changed_at);
    if (is_search) atomic_store(&self->search, SEARCH_DONE);
    if (own->st_size > READ_MAX) return 0;
    if (!is_search && (is_read || begun.ns < self->read_again_at.ns)) return self->read_err;
    edo_duration before = cpu_time();
    self->read_err = look_read_all(self);
    self->changed_at = self->read_err == 0 ? own->st_mtim : (struct timespec){ 0 };
    int64_t took_ns = cpu_time().ns - before.ns;
    self->read_again_at = edo_instant_add(begun, edo_ns(CHECK_SHARE * took_ns));
    return self->read_err;
}

int sqlite_look_at_file(sqlite_store *self, struct stat *own) {
    struct stat there;
    if (stat(self->path, &there) < 0) return errno == ENOENT ? -ESTALE : -errno;
    if (fstat(self->fd, own) < 0) return -errno;
    if (there.st_ino != own->st_ino || there.st_dev != own->st_dev) return -ESTALE;
    return check_head(self, own);
}

int sqlite_check_job(void *arg) {
    struct stat own = { 0 };
    int err = sqlite_look_at_file(arg, &own);
    return err < 0 ? err : check_all(arg, &own);
}
