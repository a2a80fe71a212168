/* SPDX-License-Identifier: MIT */
/* fs/file/tmp.c: temporary files, without a name and with one. */
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "fs/file/file.h"
#include "records/handles.h"

#include <edo/blocking.h>
#include <edo/random.h>
#include <edo/scope.h>
#include <edo/tmp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGITS   16
#define ATTEMPTS 100 /* names that are there already, before it is given up */

struct edo_tmp {
    edo_stream *stream;
    int dir; /* descriptor of the directory */
    bool is_kept;
    size_t name; /* where in `path` it begins */
    char path[];
};

static const char *or_empty(const char *text) {
    return text ? text : "";
}

static const char *default_dir(const char *dir) {
    const char *found = dir ? dir : secure_getenv("TMPDIR");
    return found && *found ? found : "/tmp";
}

/* Opens with `flags` until no signal interrupts it. */
static int tmp_open_at(int dir, const char *name, int flags) {
    int fd;
    do fd = openat(dir, name, flags | O_CLOEXEC, 0600);
    while (fd < 0 && errno == EINTR);
    return fd < 0 ? -errno : fd;
}

/* ---- With a name ----------------------------------------------------------------------------- */

/* Makes the file, with a new name in `path`; returns its descriptor. */
static int tmp_make(edo_tmp *t, const edo_tmp_opts *o) {
    const char *prefix = or_empty(o->prefix), *suffix = or_empty(o->suffix);
    size_t room = strlen(prefix) + DIGITS + strlen(suffix) + 1;
    int fd = -EEXIST;
    for (int i = 0; i < ATTEMPTS && fd == -EEXIST; i++) {
        uint64_t number;
        int err = edo_random(&number, sizeof number);
        if (err < 0) return err;
        (void)snprintf(t->path + t->name, room, "%s%016llx%s", prefix, (unsigned long long)number,
                       suffix);
        fd = tmp_open_at(t->dir, t->path + t->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
    }
    return fd;
}

/* A record for a file in the directory of `o`, which is not NULL, and which it opens. */
static int tmp_prepare(edo_tmp **out, const edo_tmp_opts *o) {
    const char *dir = o->dir;
    size_t dir_n = strlen(dir);
    size_t name_n = strlen(or_empty(o->prefix)) + DIGITS + strlen(or_empty(o->suffix));
    edo_tmp *t = (edo_tmp *)edoi_alloc(sizeof *t + dir_n + name_n + 2);
    if (!t) return -ENOMEM;
    t->is_kept = false;
    memcpy(t->path, dir, dir_n);
    if (t->path[dir_n - 1] != '/') t->path[dir_n++] = '/';
    t->name = dir_n;
    t->dir = tmp_open_at(AT_FDCWD, dir, O_PATH | O_DIRECTORY);
    if (t->dir < 0) {
        int err = t->dir;
        edoi_free(t);
        return err;
    }
    *out = t;
    return 0;
}

typedef struct tmp_opening {
    const edo_tmp_opts *opts;
    edo_tmp *tmp;
    const void *caller;
} tmp_opening;

static int tmp_stream(edo_stream **out, int fd, const void *caller) {
    struct statx about;
    edoi_file_ask(fd, &about);
    return edoi_file_new(out, fd, &about, false, caller);
}

static int tmp_open_job(void *arg) {
    tmp_opening *o = (tmp_opening *)arg;
    edo_tmp *t;
    int err = tmp_prepare(&t, o->opts);
    if (err < 0) return err;
    int fd = tmp_make(t, o->opts);
    err = fd < 0 ? fd : tmp_stream(&t->stream, fd, o->caller);
    if (err == 0) {
        o->tmp = t;
        return 0;
    }
    if (fd >= 0) {
        (void)close(fd);
        (void)unlinkat(t->dir, t->path + t->name, 0); // the failure before it counts
    }
    (void)close(t->dir);
    edoi_free(t);
    return err;
}

int edo_tmp_open(edo_tmp **out, const edo_tmp_opts *opts) {
    edo_tmp_opts all = opts ? *opts : (edo_tmp_opts){ 0 };
    if (!edoi_all_zero(all.reserved, EDO_COUNT(all.reserved))) return -EINVAL;
    if (strchr(or_empty(all.prefix), '/') || strchr(or_empty(all.suffix), '/')) return -EINVAL;
    all.dir = default_dir(all.dir); // here: no other thread reads the environment
    tmp_opening o = { .opts = &all, .caller = EDOI_CALLER() };
    int err = edo_blocking(tmp_open_job, &o);
    if (err == 0) *out = (edo_tmp *)edoi_handle_made_here(EDOI_TMP, o.tmp, o.caller);
    return err;
}

edo_stream *edo_tmp_stream(edo_tmp *tmp) {
    EDOI_ENTERS(EDOI_TMP, tmp);
    return tmp->stream;
}

const char *edo_tmp_path(const edo_tmp *tmp) {
    EDOI_ENTERS(EDOI_TMP, tmp);
    return tmp->path;
}

typedef struct keeping {
    const edo_tmp *tmp;
    const char *to;
} keeping;

static int keep_job(void *arg) {
    const keeping *k = (const keeping *)arg;
    const edo_tmp *t = k->tmp;
    return renameat(t->dir, t->path + t->name, AT_FDCWD, k->to) < 0 ? -errno : 0;
}

int edo_tmp_keep(edo_tmp *tmp, const char *to) {
    EDOI_ENTERS(EDOI_TMP, tmp);
    keeping k = { tmp, to };
    if (tmp->is_kept) return -EDO_EMISUSE;
    int err = to ? edo_blocking(keep_job, &k) : 0;
    if (err == 0) tmp->is_kept = true;
    return err;
}

static int remove_job(void *arg) {
    const edo_tmp *t = *(edo_tmp *const *)arg;
    return unlinkat(t->dir, t->path + t->name, 0) < 0 ? -errno : 0;
}

/* Removes the name, whatever the state of the task and the pool. */
static int remove_name(edo_tmp *t) {
    EDO_SHIELD(shield, edo_ns(-1));
    int err = edo_blocking(remove_job, &t);
    (void)edo_shield_end(&shield, 0);
    bool never_ran = err == -EAGAIN || err == -ENOMEM || err == -EDO_ECLOSED || err == -ECANCELED ||
                     err == -EDO_EFORKED;
    return never_ran ? remove_job(&t) : err;
}

int edo_tmp_close(edo_tmp *tmp) {
    if (!tmp) return 0;
    edoi_handle_given_up(EDOI_TMP, tmp, EDOI_CALLER());
    edo_stream_unref(tmp->stream);
    int err = tmp->is_kept ? 0 : remove_name(tmp);
    (void)close(tmp->dir);
    edoi_handle_free(EDOI_TMP, tmp, tmp, sizeof *tmp + strlen(tmp->path) + 1);
    return err;
}

/* ---- Without a name -------------------------------------------------------------------------- */

/* Makes a file and removes its name. */
static int make_and_unlink(const char *dir) {
    edo_tmp *t;
    const edo_tmp_opts opts = { .dir = dir };
    int err = tmp_prepare(&t, &opts);
    if (err < 0) return err;
    int fd = tmp_make(t, &opts);
    if (fd >= 0 && unlinkat(t->dir, t->path + t->name, 0) < 0) {
        err = -errno;
        (void)close(fd);
        fd = err;
    }
    (void)close(t->dir);
    edoi_free(t);
    return fd;
}

/* Returns the descriptor. */
static int unnamed_job(void *arg) {
    const char *dir = *(const char *const *)arg;
    int fd = tmp_open_at(AT_FDCWD, dir, O_RDWR | O_TMPFILE | O_EXCL);
    bool has_none = fd == -EOPNOTSUPP || fd == -EISDIR || fd == -EINVAL;
    return has_none ? make_and_unlink(dir) : fd;
}

int edo_fs_tmp(edo_stream **out, const char *dir) {
    const char *found = default_dir(dir);
    int fd = edo_blocking(unnamed_job, &found);
    if (fd < 0) return fd;
    int err = tmp_stream(out, fd, EDOI_CALLER());
    if (err < 0) (void)close(fd);
    return err;
}
