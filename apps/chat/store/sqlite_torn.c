/* SPDX-License-Identifier: MIT */
/* sqlite_torn.c: see sqlite_torn.h. The log is that of SQLite's file format, section 4: a head, and
 * then frames, each of them a page behind a head of its own. All have the two salts of the log, and
 * a sum over everything before. A frame with these salts behind one whose sum is wrong was written
 * to this log, and SQLite will not see it: what a log had before it was begun anew has other
 * salts. */
#include "store/sqlite_torn.h"
#include "store/sqlite_call.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD      32u
#define FRAME     24u
#define PAGE_MIN  512u
#define PAGE_MAX  65536u
#define KEPT_MAX  100 /* copies */
#define COPY_ONCE 16384u
#define MENDED    ".mend" /* behind the path of the database */

typedef struct sums {
    uint32_t a, b;
    bool is_big; /* the order of the bytes that are summed */
} sums;

static uint32_t torn_number(const unsigned char *at, bool is_big) {
    return is_big ? (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]
                  : (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

static void sums_add(sums *s, const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i += 8) {
        s->a += torn_number(bytes + i, s->is_big) + s->b;
        s->b += torn_number(bytes + i + 4, s->is_big) + s->a;
    }
}

/* Are they those that stand there? */
static bool sums_are(const sums *s, const unsigned char *at) {
    return s->a == torn_number(at, true) && s->b == torn_number(at + 4, true);
}

/* A log that is read frame by frame. */
typedef struct torn_log {
    FILE *file;
    unsigned char head[HEAD];
    unsigned char *frame; /* of the next size, with its head */
    size_t frame_bytes;
    sums sums; /* as the head has them */
} torn_log;

static bool torn_path(char out[PATH_MAX], const char *path) {
    return snprintf(out, PATH_MAX, "%s-wal", path) < PATH_MAX;
}

static void torn_log_close(torn_log *log) {
    if (log->file) (void)fclose(log->file);
    free(log->frame);
}

/* Reads the head. Returns 1; 0: there is none, or no file; or -ENOMEM. */
static int torn_log_open(torn_log *log, const char *file) {
    static const unsigned char magic[] = { 0x37, 0x7f, 0x06 };
    *log = (torn_log){ .file = fopen(file, "re") };
    if (!log->file || fread(log->head, HEAD, 1, log->file) != 1) return 0;
    uint32_t page = torn_number(log->head + 8, true);
    bool is_head = memcmp(log->head, magic, sizeof magic) == 0 && (log->head[3] & ~1) == 0x82;
    if (!is_head || page < PAGE_MIN || page > PAGE_MAX || page & (page - 1)) return 0;
    log->sums.is_big = log->head[3] & 1;
    sums_add(&log->sums, log->head, HEAD - 8);
    if (!sums_are(&log->sums, log->head + HEAD - 8)) return 0;
    log->frame_bytes = FRAME + page;
    log->frame = malloc(log->frame_bytes);
    return log->frame ? 1 : -ENOMEM;
}

static bool torn_log_next(torn_log *log) {
    return fread(log->frame, log->frame_bytes, 1, log->file) == 1;
}

/* Goes on with the sums over the frame. */
static void torn_log_add(const torn_log *log, sums *s) {
    sums_add(s, log->frame, 8);
    sums_add(s, log->frame + FRAME, log->frame_bytes - FRAME);
}

static bool torn_log_has_salts(const torn_log *log) {
    return memcmp(log->frame + 8, log->head + 16, 8) == 0;
}

/* ---- Whether it is torn ---------------------------------------------------------------------- */

static bool torn_in_frames(int64_t *out, torn_log *log) {
    bool is_whole = true;
    sums s = log->sums;
    for (int64_t at = HEAD; torn_log_next(log); at += (int64_t)log->frame_bytes) {
        bool has_salts = torn_log_has_salts(log);
        bool commits = torn_number(log->frame + 4, true) > 0; // the size of the file after it
        if (!is_whole && has_salts && commits) return true;
        torn_log_add(log, &s);
        if (is_whole) *out = at;
        is_whole = is_whole && has_salts && sums_are(&s, log->frame + 16);
    }
    return false;
}

/* A log without a head has zeros, if the program was killed before it had written one. */
static bool torn_has_bytes(FILE *file) {
    int c;
    while (file && (c = getc(file)) != EOF)
        if (c != 0) return true;
    return false;
}

int sqlite_torn_find(int64_t *at, const char *path) {
    char log_path[PATH_MAX];
    torn_log log;
    *at = 0;
    if (!torn_path(log_path, path)) return 0;
    int found = torn_log_open(&log, log_path);
    if (found >= 0) found = found ? torn_in_frames(at, &log) : torn_has_bytes(log.file);
    torn_log_close(&log);
    return found;
}

/* ---- The copy -------------------------------------------------------------------------------- */

/* What was made or renamed beside `path` is there after a loss of power, too. */
static int torn_sync_folder(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    (void)snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1,
                   slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int err = fsync(fd) < 0 && errno != EINVAL ? -errno : 0; // some file systems sync no folder
    (void)close(fd);
    return err;
}

static int torn_copy(int to, int from) {
    char bytes[COPY_ONCE];
    ssize_t n;
    while ((n = read(from, bytes, sizeof bytes)) > 0)
        for (ssize_t done = 0, put; done < n; done += put)
            if ((put = write(to, bytes + done, (size_t)(n - done))) < 0) return -errno;
    return n < 0 || fsync(to) < 0 ? -errno : 0;
}

int sqlite_torn_keep(char *kept, size_t bytes, const char *path) {
    char log_path[PATH_MAX];
    int to = -1;
    *kept = '\0';
    if (!torn_path(log_path, path)) return -ENAMETOOLONG;
    int from = open(log_path, O_RDONLY | O_CLOEXEC);
    if (from < 0) return -errno;
    for (int i = 1; i < KEPT_MAX && to < 0 && (i == 1 || errno == EEXIST); i++) {
        bool fits = snprintf(kept, bytes, "%s.torn-%d", log_path, i) < (int)bytes;
        to = open(fits ? kept : "", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    }
    int err = to < 0 ? -errno : torn_copy(to, from);
    if (to >= 0 && close(to) < 0 && err == 0) err = -errno;
    if (err == 0) err = torn_sync_folder(path);
    if (to >= 0 && err < 0) (void)unlink(kept);
    (void)close(from);
    return err;
}

/* ---- What is whole --------------------------------------------------------------------------- */

static void torn_put_number(unsigned char *at, uint32_t number) {
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(number >> (24 - 8 * i));
}

static int torn_write(int to, const void *bytes, size_t n) {
    const char *at = bytes;
    for (size_t done = 0; done < n;) {
        ssize_t put = write(to, at + done, n - done);
        if (put < 0) return -errno;
        done += (size_t)put;
    }
    return 0;
}

/* Each frame is measured by the sum that stands in the one before it, whole or not; those that are
 * written have sums of their own. */
static int torn_write_whole(int to, torn_log *log) {
    sums from = log->sums, written = log->sums;
    int err = torn_write(to, log->head, HEAD);
    while (err == 0 && torn_log_next(log)) {
        torn_log_add(log, &from);
        bool is_whole = torn_log_has_salts(log) && sums_are(&from, log->frame + 16);
        from.a = torn_number(log->frame + 16, true);
        from.b = torn_number(log->frame + 20, true);
        if (!is_whole) continue;
        torn_log_add(log, &written);
        torn_put_number(log->frame + 16, written.a);
        torn_put_number(log->frame + 20, written.b);
        err = torn_write(to, log->frame, log->frame_bytes);
    }
    return err;
}

/* Makes a file as the log is, which is its owner's alone or not, with what is whole of it. */
static int torn_make_whole(const char *path, torn_log *log) {
    struct stat is;
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (to < 0) return -errno;
    int err = fstat(fileno(log->file), &is) < 0 ? -errno : torn_write_whole(to, log);
    if (err == 0 && geteuid() == 0 && fchown(to, is.st_uid, is.st_gid) < 0) err = -errno;
    if (err == 0 && (fchmod(to, is.st_mode & 0777) < 0 || fsync(to) < 0)) err = -errno;
    if (close(to) < 0 && err == 0) err = -errno;
    return err;
}

void sqlite_torn_drop(const char *path) {
    static const char *const ends[] = { "", "-wal", "-shm" };
    char file[PATH_MAX];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (snprintf(file, sizeof file, "%s" MENDED "%s", path, ends[i]) < PATH_MAX)
            (void)unlink(file);
}

/* Makes `mended`: the same database by a second name, with a log of its own. */
static int torn_mend(char mended[PATH_MAX], const char *path) {
    char log_path[PATH_MAX], whole[PATH_MAX];
    torn_log log;
    bool fits = snprintf(mended, PATH_MAX, "%s" MENDED, path) < PATH_MAX &&
                torn_path(log_path, path) && torn_path(whole, mended);
    if (!fits) return -ENAMETOOLONG;
    int err = torn_log_open(&log, log_path);
    if (err == 0) err = -EILSEQ;
    if (err > 0) err = torn_make_whole(whole, &log);
    torn_log_close(&log);
    if (err == 0 && link(path, mended) < 0) err = -errno;
    return err;
}

/* ---- Whether that is a database -------------------------------------------------------------- */

typedef struct verdict {
    int64_t faults;
} verdict;
EDO_DESCRIBE(verdict, EDO_FIELD(verdict, faults))

/* Is the database whole? Nothing is written, but for the index of its log. */
static int torn_look_at(const char *path) {
    static const edo_sqlite_opts opts = { .name = "chat, mended",
                                          .readers_max = 1,
                                          .no_create = true,
                                          .no_wal = true,
                                          .busy = EDO_MS(BUSY_WAIT_MS) };
    verdict found = { 0 };
    edo_sqlite *db;
    int err = edo_sqlite_open(&db, path, &opts);
    if (err < 0) return err;
    err = edo_sqlite_query_one(db, &found, &verdict_desc,
                               "SELECT count(*) AS faults FROM pragma_integrity_check(1) "
                               "WHERE integrity_check <> 'ok'",
                               EDO_SQL_NONE);
    edo_sqlite_keep_log(db);
    edo_sqlite_close(db);
    return err == 0 && found.faults > 0 ? -EILSEQ : err;
}

/* Does it say nothing of the log, and may be else at the next start? */
static bool failure_may_pass(int err) {
    return err == -ENOMEM || err == -EBUSY || err == -EIO || err == -ENOSPC || err == -EDQUOT ||
           err == -EMFILE || err == -ENFILE;
}

int sqlite_torn_try(const char *path) {
    char mended[PATH_MAX];
    int err = torn_mend(mended, path);
    if (err == 0) err = torn_look_at(mended);
    if (err < 0 && !failure_may_pass(err)) {
        edo_trail_clear();
        return 0;
    }
    return err < 0 ? err : 1;
}

int sqlite_torn_take(const char *path) {
    char log_path[PATH_MAX], whole[PATH_MAX];
    bool fits = torn_path(log_path, path) &&
                snprintf(whole, sizeof whole, "%s" MENDED "-wal", path) < (int)sizeof whole;
    if (!fits) return -ENAMETOOLONG;
    return rename(whole, log_path) < 0 ? -errno : torn_sync_folder(path);
}
