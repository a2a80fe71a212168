/* SPDX-License-Identifier: MIT */
/* fs/watch.c: changes of files, by inotify; the handle is the sequence of its events. */
#include "base/atomic.h"
#include "base/fork.h"
#include "base/memory/alloc.h"
#include "records/handles.h"

#include <edo/blocking.h>
#include <edo/fd.h>
#include <edo/fs_watch.h>

#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

struct edo_fs_watch {
    edo_seq base;            /* first */
    edo_fd *fd;              /* const */
    int inotify;             /* const; `fd` has a duplicate */
    edo_fd_io_future filler; /* pending while the sequence waits */
    uint32_t at, end;        /* of the events that were read and not reported */
    _Alignas(struct inotify_event) char bytes[4096];
};

static const struct change {
    uint32_t edo, kernel;
} changes[] = {
    { EDO_FS_CREATED, IN_CREATE },
    { EDO_FS_REMOVED, IN_DELETE },
    { EDO_FS_MOVED_FROM, IN_MOVED_FROM },
    { EDO_FS_MOVED_TO, IN_MOVED_TO },
    { EDO_FS_MODIFIED, IN_MODIFY },
    { EDO_FS_CLOSED_WRITE, IN_CLOSE_WRITE },
    { EDO_FS_ATTRIBUTES, IN_ATTRIB },
    { EDO_FS_OPENED, IN_OPEN },
    { EDO_FS_READ, IN_ACCESS },
    { EDO_FS_SELF_REMOVED, IN_DELETE_SELF }, // from here on not to be chosen
    { EDO_FS_SELF_MOVED, IN_MOVE_SELF },
    { EDO_FS_UNMOUNTED, IN_UNMOUNT },
    { EDO_FS_ENDED, IN_IGNORED },
    { EDO_FS_OVERFLOW, IN_Q_OVERFLOW },
};

#define CHOICE_MAX (EDO_FS_SELF_REMOVED - 1u)

/* ---- Events ---------------------------------------------------------------------------------- */

static int read_events(int fd, void *arg) {
    edo_fs_watch *w = (edo_fs_watch *)arg;
    ssize_t n;
    do n = read(fd, w->bytes, sizeof w->bytes);
    while (n < 0 && errno == EINTR);
    if (n < 0) return -errno;
    w->at = 0;
    w->end = (uint32_t)n;
    return 0;
}

/* The next event that was read. */
static void fs_watch_take(edo_fs_watch *w, edo_fs_event *out) {
    const struct inotify_event *e = (const void *)(w->bytes + w->at);
    w->at += (uint32_t)(sizeof *e + e->len);
    *out = (edo_fs_event){ .cookie = e->cookie,
                           .place = e->wd < 0 ? 0 : e->wd,
                           .is_dir = e->mask & IN_ISDIR,
                           .name = e->len > 0 ? e->name : "" };
    for (size_t i = 0; i < EDO_COUNT(changes); i++)
        if (e->mask & changes[i].kernel) out->what |= changes[i].edo;
}

static edo_polled watch_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    edo_fs_watch *w = (edo_fs_watch *)(void *)s;
    if (w->at == w->end) {
        if (!s->waits) (void)edo_fd_io_init(&w->filler, w->fd, EDO_IO_READ, read_events, w);
        if (edo_poll(&w->filler.base, cx) == EDO_PENDING) return EDO_PENDING;
        *result = edo_result(&w->filler);
        if (*result < 0) return EDO_READY;
    }
    fs_watch_take(w, (edo_fs_event *)item);
    *result = 1;
    return EDO_READY;
}

static void watch_leave(edo_seq *s) {
    edo_drop(&((edo_fs_watch *)(void *)s)->filler.base);
}

/* The kernel waits some 20 ms for readers of its lists: not on a worker, unless many are under way.
 * Each counts among the user's watches until then, of which there are 128 as a rule. */
#define ENDING_MAX 32u

static edo_atomic_u32 ending_n; /* atomic, relaxed: jobs that close; a count, no data */

static void fs_watch_begin_child(void) {
    edoi_store_rlx_u32(&ending_n, 0); // the jobs are the parent's
}

EDOI_ON_FORK(.child = fs_watch_begin_child);

static int fs_watch_close_job(void *arg) {
    int result = close((int)(intptr_t)arg);
    (void)edoi_sub_rlx_u32(&ending_n, 1);
    return result;
}

static void watch_drop(edo_seq *s) {
    edo_fs_watch *w = (edo_fs_watch *)(void *)s;
    edo_fd_close(w->fd);
    void *inotify = (void *)(intptr_t)w->inotify;
    bool are_many = edoi_add_rlx_u32(&ending_n, 1) >= ENDING_MAX;
    if (are_many || edo_blocking_start(fs_watch_close_job, inotify) < 0)
        (void)fs_watch_close_job(inotify);
    edoi_handle_free(EDOI_FS_WATCH, w, w, sizeof *w);
}

/* ---- The handle ------------------------------------------------------------------------------ */

int edo_fs_watch_open(edo_fs_watch **out) {
    static const edo_seq_ops ops = {
        .poll_next = watch_poll, .leave = watch_leave, .drop = watch_drop, .name = "edo_fs_watch"
    };
    edo_fs_watch *w = (edo_fs_watch *)edoi_alloc(sizeof *w);
    if (!w) return -ENOMEM;
    (void)edo_seq_init(&w->base, &ops, sizeof(edo_fs_event));
    w->at = w->end = 0;
    w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    int err = w->inotify < 0 ? -errno : edo_fd_open(&w->fd, w->inotify, NULL);
    if (err < 0) {
        if (w->inotify >= 0) (void)close(w->inotify);
        edoi_free(w);
        return err;
    }
    edoi_handle_made_by(EDOI_FD, w->fd, EDOI_CALLER());
    *out = (edo_fs_watch *)edoi_handle_made_here(EDOI_FS_WATCH, w, EDOI_CALLER());
    return 0;
}

typedef struct adding {
    int inotify;
    const char *path;
    uint32_t mask;
} adding;

static int add_job(void *arg) {
    const adding *a = (const adding *)arg;
    int place = inotify_add_watch(a->inotify, a->path, a->mask);
    return place < 0 ? -errno : place;
}

int edo_fs_watch_add(edo_fs_watch *w, const char *path, uint32_t what) {
    EDOI_ENTERS_LENT(EDOI_FS_WATCH, w);
    if (what & ~CHOICE_MAX) return -EINVAL;
    if (!what) what = EDO_FS_CHANGES;
    adding a = { .inotify = w->inotify, .path = path };
    a.mask = IN_DELETE_SELF | IN_MOVE_SELF | IN_MASK_ADD;
    for (size_t i = 0; i < EDO_COUNT(changes); i++)
        if (what & changes[i].edo) a.mask |= changes[i].kernel;
    return edo_blocking(add_job, &a);
}

int edo_fs_watch_remove(edo_fs_watch *w, int place) {
    EDOI_ENTERS_LENT(EDOI_FS_WATCH, w);
    return inotify_rm_watch(w->inotify, place) < 0 ? -errno : 0;
}

int edo_fs_watch_next(edo_fs_watch *w, edo_fs_event *event) {
    EDOI_ENTERS(EDOI_FS_WATCH, w);
    return edo_seq_next(&w->base, event);
}

void edo_fs_watch_close(edo_fs_watch *w) {
    if (!w) return;
    edoi_handle_given_up(EDOI_FS_WATCH, w, EDOI_CALLER());
    edo_seq_free(&w->base);
}

edo_seq *edo_seq_from_fs_watch(edo_fs_watch *w) {
    if (!w) return NULL;
    edoi_handle_given_up(EDOI_FS_WATCH, w, EDOI_CALLER());
    return &w->base;
}
