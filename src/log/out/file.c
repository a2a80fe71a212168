/* SPDX-License-Identifier: MIT */
/* log/out/file.c: see file.h.
 *
 * Threads: `mu` of the list is taken in the turn of an output (output.h), and held while a file is
 * rolled: by the thread that writes, mostly the log's own. */
#include "log/out/file.h"

#include "base/files/open.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "log/out/thread.h"

#include <edo/error.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MODE      0640u
#define STAMP     "20261127T204500Z" /* the form of the time in a finished file's name */
#define STAMP_LEN (sizeof STAMP - 1)
#define NAMES_MAX 100 /* of one second */
#define RETRY_S   60  /* after a file that could not be made */

struct edo_log_file {
    edo_log_file_opts opts; /* const but for its path, which is `path` */
    int fd;                 /* const */
    uint64_t bytes;     /* lock: files.mu; in the file of now, or more: not all writes succeed */
    int64_t rolls_at_s; /* lock: files.mu; when its time is over; INT64_MAX: never */
    int64_t tries_at_s; /* lock: files.mu; not before: the last try has failed */
    bool is_told;       /* lock: files.mu; that it cannot be rolled */
    int64_t named_s;    /* lock: files.mu; the second of the last finished file's name */
    int named_n;        /* lock: files.mu; and its number in that second */
    edo_log_file *next; /* lock: files.mu */
    char *name;         /* lock: files.mu; room for that of a finished file: a stack that rolls
                               may be a fiber's, too small for a path */
    size_t name_room;   /* const */
    char path[];        /* const */
};

edo_atomic_u32 edoi_log_files_n;

static struct files {
    pthread_mutex_t mu;
    edo_log_file *first;   /* lock: mu */
    edoi_log_job_fn *jobs; /* lock: mu */
} files = { .mu = PTHREAD_MUTEX_INITIALIZER };

EDOI_ON_FORK(.mutex = &files.mu);

/* ---- A finished file ------------------------------------------------------------------------- */

/* A call of the program's function, or, of a file that could not be rolled, a line. */
typedef struct file_job {
    edo_log_finished_fn *fn; /* NULL: a line */
    void *arg;
    int err;
    char path[];
} file_job;

static void file_job_run(void *arg) {
    file_job *job = arg;
    if (job->fn) {
        job->fn(job->arg, job->path);
    } else {
        edo_log_event(
            EDO_LEVEL_ERROR, "edo.log",
            (EDO_KV("path", (const char *)job->path), EDO_KV("error", edo_error_name(job->err))),
            "the file of a log cannot be begun anew: it goes on, and is tried again");
    }
    edoi_free(job);
}

static void *file_job_thread(void *arg) {
    file_job_run(arg);
    return NULL;
}

/* The thread that rolls the file has the turn of its output, so it may not log, as the job might:
 * if no runtime takes the job, it gets a thread of its own. */
static bool file_job_start(file_job *job) {
    if (files.jobs && files.jobs(file_job_run, job)) return true;
    return edoi_log_thread(file_job_thread, job, "edo-log-done");
}

/* Called with the lock held. Has `fn` called for a finished file; without memory it is not. */
static void file_tell(edo_log_finished_fn *fn, void *arg, int err, const char *path) {
    file_job *job = edoi_alloc(sizeof *job + strlen(path) + 1);
    if (!job) return;
    *job = (file_job){ .fn = fn, .arg = arg, .err = err };
    memcpy(job->path, path, strlen(path) + 1);
    if (!file_job_start(job)) edoi_free(job);
}

/* Called with the lock held. Once, until it has been rolled. */
static void file_tell_failed(edo_log_file *f, int err) {
    if (!f->is_told) file_tell(NULL, NULL, err, f->path);
    f->is_told = true;
}

/* Does `name` belong to a finished file of `base`? Programs that compress add an ending. */
static bool is_finished_name(const char *name, const char *base) {
    size_t n = strlen(base);
    if (strncmp(name, base, n) != 0 || name[n] != '.') return false;
    const char *stamp = name + n + 1;
    return strlen(stamp) >= STAMP_LEN && stamp[8] == 'T' && stamp[15] == 'Z' &&
           strspn(stamp, "0123456789") == 8;
}

/* Of the names of one second the one without a number is the first, whatever ending it has. */
static int name_rank(char c) {
    return c == '-' ? UCHAR_MAX + 1 : (unsigned char)c;
}

static int newest_first(const void *a, const void *b) {
    const char *left = *(char *const *)a, *right = *(char *const *)b;
    for (; *left && *left == *right; right++) left++;
    return name_rank(*right) - name_rank(*left);
}

/* The time as a finished file has it in its name. */
static bool file_stamp(char stamp[sizeof STAMP], int64_t at_s) {
    time_t at = at_s;
    struct tm tm;
    return gmtime_r(&at, &tm) && strftime(stamp, sizeof STAMP, "%Y%m%dT%H%M%SZ", &tm) > 0;
}

/* Names of the finished files in `dir`, to be freed one by one, and the list; returns how many. */
static size_t list_finished(DIR *dir, const char *base, char ***out) {
    size_t n = 0, room = 0;
    char **names = NULL;
    for (const struct dirent *e; (e = readdir(dir));) {
        if (!is_finished_name(e->d_name, base)) continue;
        if (n == room) {
            char **more = edoi_realloc(names, (room = room ? 2 * room : 16) * sizeof *names);
            if (!more) break;
            names = more;
        }
        size_t bytes = strlen(e->d_name) + 1;
        if (!(names[n] = edoi_alloc(bytes))) break;
        memcpy(names[n++], e->d_name, bytes);
    }
    *out = names;
    return n;
}

/* How many of the names, the newest first, have a time in the future: the clock was ahead when they
 * were made, so these files are older than the present ones. */
static size_t of_the_future(char *const *names, size_t n, size_t base_n, int64_t now_s) {
    char stamp[sizeof STAMP];
    size_t i = 0;
    if (!file_stamp(stamp, now_s)) return 0;
    while (i < n && strncmp(names[i] + base_n + 1, stamp, STAMP_LEN) > 0) i++;
    return i;
}

/* The name without the folder. */
static const char *file_base(const edo_log_file *f) {
    const char *slash = strrchr(f->path, '/');
    return slash ? slash + 1 : f->path;
}

/* Its folder; NULL: it is not there, or has no place in this process. Uses `name`. */
static DIR *file_folder(edo_log_file *f) {
    int n = (int)(file_base(f) - f->path);
    (void)snprintf(f->name, f->name_room, "%.*s", n > 0 ? n : 1, n > 0 ? f->path : ".");
    return opendir(f->name);
}

/* Removes the oldest finished files beyond `keep`. Uses `name`. */
static void file_forget_old(edo_log_file *f, int64_t now_s) {
    if (f->opts.keep == 0) return;
    DIR *dir = file_folder(f);
    if (!dir) return;
    char **names;
    const char *base = file_base(f);
    size_t names_n = list_finished(dir, base, &names);
    if (names_n > 0) qsort(names, names_n, sizeof *names, newest_first);
    size_t future_n = of_the_future(names, names_n, strlen(base), now_s);
    for (size_t i = 0; i < names_n; i++) {
        size_t newer_n = i < future_n ? names_n - future_n + i : i - future_n;
        if (newer_n >= f->opts.keep) (void)unlinkat(dirfd(dir), names[i], 0);
        edoi_free(names[i]);
    }
    edoi_free(names);
    (void)closedir(dir);
}

/* ---- Rolling --------------------------------------------------------------------------------- */

/* Opens the file anew and moves it to the descriptor; on failure the old file stays. A FIFO without
 * a reader is -ENXIO, since a program must not wait for one. A FIFO with a reader, as /dev/stdout
 * may be, is written as a file is. */
static int file_begin(edo_log_file *f) {
    mode_t mode = f->opts.mode ? f->opts.mode : MODE;
    int fresh =
        edoi_open_unheld(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, mode);
    struct stat st;
    if (fresh < 0) return fresh;
    int err = fstat(fresh, &st) < 0 ? -errno : 0;
    if (err == 0 && f->fd >= 0 && dup3(fresh, f->fd, O_CLOEXEC) < 0) err = -errno;
    if (err < 0 || f->fd >= 0) (void)close(fresh);
    if (err < 0) return err;
    if (f->fd < 0) f->fd = fresh;
    f->bytes = (uint64_t)st.st_size;
    return 0;
}

static int64_t wall_s(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); // this cannot fail
    return now.tv_sec;
}

static int64_t period_s(const edo_log_file *f) {
    return f->opts.roll_every.ns / 1000000000;
}

/* The end of the period around `at_s`. Periods count from the epoch: days end at midnight UTC. */
static int64_t period_end(const edo_log_file *f, int64_t at_s) {
    int64_t n = period_s(f);
    return n > 0 ? (at_s / n + 1) * n : INT64_MAX;
}

/* `s` is what follows the time in a finished file's name: "-07" and an ending. Returns the number,
 * 0 if there is none. */
static int finished_number(const char *s) {
    static const char digits[] = "0123456789";
    bool has_number = s[0] == '-' && strspn(s + 1, digits) >= 2;
    return has_number ? 10 * (s[1] - '0') + s[2] - '0' : 0;
}

/* The next free number for a finished file with this time stamp, after all such files in the
 * folder, whatever their ending; 0: there is no such file. Uses `name`. */
static int file_count_named(edo_log_file *f, const char *stamp) {
    const char *base = file_base(f);
    size_t base_n = strlen(base);
    int next = 0;
    DIR *dir = file_folder(f);
    if (!dir) return 0;
    for (const struct dirent *e; (e = readdir(dir));) {
        if (!is_finished_name(e->d_name, base)) continue;
        const char *at = e->d_name + base_n + 1;
        if (strncmp(at, stamp, STAMP_LEN) != 0) continue;
        int n = finished_number(at + STAMP_LEN);
        if (n >= next) next = n + 1;
    }
    (void)closedir(dir);
    return next;
}

/* Sets `name` to the finished file's name: the present one with the time. Several files of one
 * second get numbers. A number is not used again, even if a program has moved the file away or
 * compressed it. */
static int file_name_finished(edo_log_file *f, int64_t now_s) {
    char stamp[sizeof STAMP];
    if (!file_stamp(stamp, now_s)) return -EOVERFLOW;
    int i = file_count_named(f, stamp);
    if (f->named_s == now_s && f->named_n >= i) i = f->named_n + 1;
    if (i >= NAMES_MAX) return -EEXIST;
    int n = i == 0 ? snprintf(f->name, f->name_room, "%s.%s", f->path, stamp)
                   : snprintf(f->name, f->name_room, "%s.%s-%02d", f->path, stamp, i);
    if (n < 0 || (size_t)n >= f->name_room) return -ENAMETOOLONG;
    f->named_s = now_s;
    f->named_n = i;
    return access(f->name, F_OK) == 0 ? -EEXIST : 0; // in a folder that may not be read
}

/* Called with the lock held. A file that somebody has removed is not finished: there is none. */
static int file_roll(edo_log_file *f, int64_t now_s) {
    int err = file_name_finished(f, now_s);
    if (err < 0) return err;
    const bool is_there = rename(f->path, f->name) == 0;
    if (!is_there && errno != ENOENT) return -errno;
    err = file_begin(f);
    if (err < 0) { // lines go on into the old file, under its old name if that can be
        if (is_there) (void)rename(f->name, f->path);
        return err;
    }
    f->is_told = false;
    f->rolls_at_s = period_end(f, now_s);
    if (is_there && f->opts.finished) file_tell(f->opts.finished, f->opts.arg, 0, f->name);
    file_forget_old(f, now_s);
    return 0;
}

/* After a clock that was ahead is set back: what was to be later is of the period that is now. */
static void file_follow_clock(edo_log_file *f, int64_t now_s) {
    int64_t n = period_s(f);
    if (n > 0 && now_s < f->rolls_at_s - n) f->rolls_at_s = period_end(f, now_s);
    if (now_s < f->tries_at_s - RETRY_S) f->tries_at_s = now_s;
}

static bool file_seems_due(const edo_log_file *f, int64_t now_s, size_t n) {
    if (f->bytes == 0 || now_s < f->tries_at_s) return false;
    bool is_full = f->opts.roll_bytes > 0 && f->bytes + n > f->opts.roll_bytes;
    return is_full || now_s >= f->rolls_at_s;
}

/* What a full disk has not taken makes no file due: its bytes are counted anew before it is. */
static bool file_is_due(edo_log_file *f, int64_t now_s, size_t n) {
    struct stat st;
    if (!file_seems_due(f, now_s, n)) return false;
    if (fstat(f->fd, &st) == 0) f->bytes = (uint64_t)st.st_size;
    return file_seems_due(f, now_s, n);
}

/* Called with the lock held. After the names of one second the next second has others. */
static bool file_try_roll(edo_log_file *f, int64_t now_s) {
    int err = file_roll(f, now_s);
    if (err == 0) return true;
    f->tries_at_s = now_s + (err == -EEXIST ? 1 : RETRY_S);
    if (err != -EEXIST) file_tell_failed(f, err);
    return false;
}

static edo_log_file *files_find(int fd) {
    edo_log_file *f = files.first;
    while (f && f->fd != fd) f = f->next;
    return f;
}

bool edoi_log_file_make_room(int fd, size_t n) {
    if (EDOI_LIKELY(edoi_load_rlx_u32(&edoi_log_files_n) == 0)) return false;
    edoi_mutex_acquire(&files.mu);
    edo_log_file *f = files_find(fd);
    int64_t now_s = f ? wall_s() : 0;
    if (f) file_follow_clock(f, now_s);
    bool is_fresh = f && file_is_due(f, now_s, n) && file_try_roll(f, now_s);
    if (f) f->bytes += n;
    edoi_mutex_release(&files.mu);
    return is_fresh;
}

void edoi_log_jobs_by(edoi_log_job_fn *start) {
    edoi_mutex_acquire(&files.mu);
    files.jobs = start;
    edoi_mutex_release(&files.mu);
}

/* ---- What programs call ---------------------------------------------------------------------- */

static bool file_opts_are_good(const edo_log_file_opts *o) {
    bool has_whole_seconds = o->roll_every.ns >= 0 && o->roll_every.ns % 1000000000 == 0;
    return o->path && o->path[0] && has_whole_seconds && (o->mode & ~0777u) == 0 &&
           edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
}

/* An existing file belongs to the period of its last write, a new one to the present period. */
static void file_date(edo_log_file *f) {
    struct stat st;
    bool is_old = f->bytes > 0 && fstat(f->fd, &st) == 0;
    f->rolls_at_s = period_end(f, is_old ? st.st_mtim.tv_sec : wall_s());
}

int edo_log_file_new(edo_log_file **out, const edo_log_file_opts *opts) {
    if (!file_opts_are_good(opts)) return edo_fail(-EINVAL, "edo_log_file_new(): bad options");
    size_t bytes = strlen(opts->path) + 1, name_room = bytes + sizeof "." STAMP "-00";
    edo_log_file *f = edoi_calloc(1, sizeof *f + bytes + name_room);
    if (!f) return -ENOMEM;
    f->name = f->path + bytes;
    f->name_room = name_room;
    f->opts = *opts;
    f->opts.path = NULL;
    f->fd = -1;
    memcpy(f->path, opts->path, bytes);
    int err = file_begin(f);
    if (err < 0) {
        err = edo_fail(err, "opening the log %s", f->path);
        edoi_free(f);
        return err;
    }
    file_date(f);
    edoi_mutex_acquire(&files.mu);
    f->next = files.first;
    files.first = f;
    edoi_add_rlx_u32(&edoi_log_files_n, 1); // relaxed: who writes to it has got it since
    edoi_mutex_release(&files.mu);
    *out = f;
    return 0;
}

int edo_log_file_fd(const edo_log_file *f) {
    return f->fd;
}

/* Called with the lock held. */
static int file_reopen(edo_log_file *f) {
    int err = file_begin(f);
    if (err == 0) f->rolls_at_s = period_end(f, wall_s());
    return err;
}

/* A log line would come here again, for the lock. */
void edoi_log_files_reopen(void) {
    unsigned failed_n = 0;
    int last = 0;
    edoi_mutex_acquire(&files.mu);
    for (edo_log_file *f = files.first; f; f = f->next) {
        int err = file_reopen(f);
        if (err < 0) failed_n++, last = err;
    }
    edoi_mutex_release(&files.mu);
    if (failed_n > 0) {
        edo_log_event(EDO_LEVEL_ERROR, "edo.log",
                      (EDO_KV("files", failed_n), EDO_KV("error", edo_error_name(last))),
                      "files of logs could not be opened again: they go on where they were");
    }
}

int edo_log_file_reopen(edo_log_file *f) {
    edoi_mutex_acquire(&files.mu);
    int err = file_reopen(f);
    edoi_mutex_release(&files.mu);
    return err < 0 ? edo_fail(err, "opening the log %s", f->path) : 0;
}

void edo_log_file_free(edo_log_file *f) {
    if (!f) return;
    edoi_mutex_acquire(&files.mu);
    edo_log_file **at = &files.first;
    while (*at != f) at = &(*at)->next;
    *at = f->next;
    edoi_sub_rlx_u32(&edoi_log_files_n, 1);
    edoi_mutex_release(&files.mu);
    (void)close(f->fd);
    edoi_free(f);
}
