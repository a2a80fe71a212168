/* SPDX-License-Identifier: MIT */
/* sim/calls/disk/lists.c: opendir() and the like for folders on a disk, which decides the order and
 * the inode numbers. libc's versions call the kernel inside libc, which cannot be replaced, so all
 * of them are written anew here. nftw(), fts_read() and glob() still list the machine's folder. */
#include "base/memory/alloc.h"
#include "sim/calls/disk/enter.h"

#include "sim/calls/calls.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

EDOI_SIM_CALLS(disk_lists);

_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64), "both have 64 bits for a number");

/* A list of a folder on a disk, which a program has as a DIR. It is read whole at the first
 * readdir(), and kept until rewinddir(): POSIX lets later changes show or not. */
typedef struct lists_open {
    struct lists_open *next;
    const edoi_sim_host *host;
    int fd;
    bool is_read;
    uint64_t from;     /* the place of the descriptor, where the list begins */
    size_t at;         /* in `all`: the position that telldir() returns */
    edoi_simbytes all; /* records of getdents64(2) */
} lists_open;

static EDOI_THREAD_LOCAL lists_open *lists_all; /* a world has one thread */

/* NULL: it is libc's. */
static lists_open *lists_find(const DIR *d) {
    lists_open *l = lists_all;
    while (l && (const void *)l != (const void *)d) l = l->next;
    return l;
}

/* From the place of the descriptor, as the kernel has it. */
ssize_t getdents64(int fd, void *to, size_t n) {
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    if (!c.disk || !edoi_simdisk_has_folder(c.disk, fd)) {
        edoi_sim_disk_leave(&c);
        return EDOI_SIM_NEXT(getdents64)(fd, to, n);
    }
    off_t at = lseek(fd, 0, SEEK_CUR);
    uint64_t place = at > 0 ? (uint64_t)at : 0;
    ssize_t got = edoi_simdisk_list(c.disk, fd, &place, to, n);
    if (got > 0 && lseek(fd, (off_t)place, SEEK_SET) < 0) got = -errno;
    edoi_sim_disk_leave(&c);
    return edoi_sim_return_n(got);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

/* Takes the descriptor, unless it fails. */
static DIR *lists_new(int fd) {
    lists_open *l = edoi_calloc(1, sizeof *l);
    if (!l) {
        errno = ENOMEM;
        return NULL;
    }
    l->host = edoi_sim_here();
    l->fd = fd;
    off_t at = lseek(fd, 0, SEEK_CUR);
    l->from = at > 0 ? (uint64_t)at : 0;
    l->next = lists_all;
    lists_all = l;
    return (DIR *)(void *)l;
}

static bool lists_has(int fd) {
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    bool has = c.disk && edoi_simdisk_has_folder(c.disk, fd);
    edoi_sim_disk_leave(&c);
    return has;
}

DIR *fdopendir(int fd) {
    return lists_has(fd) ? lists_new(fd) : EDOI_SIM_NEXT(fdopendir)(fd);
}

/* By the machine: a list does not fail while the disk does. False: it is libc's. */
static bool lists_open_at(int folder, const char *path, DIR **out) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h || !h->disk) return false;
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK;
    int fd = EDOI_SIM_NEXT(openat)(folder, path, flags);
    if (fd < 0) {
        *out = NULL;
        return true;
    }
    *out = fdopendir(fd);
    if (!*out) (void)close(fd);
    return true;
}

DIR *opendir(const char *path) {
    DIR *d;
    return lists_open_at(AT_FDCWD, path, &d) ? d : EDOI_SIM_NEXT(opendir)(path);
}

/* Closes the list that stands there. */
static int lists_close(lists_open **at) {
    lists_open *l = *at;
    *at = l->next;
    int result = close(l->fd);
    edoi_free(l->all.bytes);
    edoi_free(l);
    return result;
}

int closedir(DIR *d) {
    const lists_open *l = lists_find(d);
    lists_open **at = &lists_all;
    if (!l) return EDOI_SIM_NEXT(closedir)(d);
    while (*at != l) at = &(*at)->next;
    return lists_close(at);
}

void edoi_sim_close_lists(const edoi_sim_host *host) {
    lists_open **at = &lists_all;
    while (*at) {
        if ((*at)->host == host)
            (void)lists_close(at);
        else
            at = &(*at)->next;
    }
}

int dirfd(DIR *d) {
    const lists_open *l = lists_find(d);
    return l ? l->fd : EDOI_SIM_NEXT(dirfd)(d);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Returns 0 or a code. A folder that was removed has nothing. */
static int lists_read(lists_open *l) {
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    int err = c.disk ? edoi_simdisk_list_all(c.disk, l->fd, l->from, &l->all) : 0;
    edoi_sim_disk_leave(&c);
    l->is_read = err == 0;
    return err == -ENOENT ? 0 : err;
}

/* NULL: the end, where errno is as it was, or a failure. */
static struct dirent64 *lists_next(lists_open *l) {
    const int before = errno;
    int err = l->is_read ? 0 : lists_read(l);
    errno = err < 0 ? -err : before;
    if (l->at >= l->all.n) return NULL;
    struct dirent64 *one = (struct dirent64 *)(void *)(l->all.bytes + l->at);
    l->at = (size_t)one->d_off;
    return one;
}

struct dirent *readdir(DIR *d) {
    lists_open *l = lists_find(d);
    return l ? (struct dirent *)(void *)lists_next(l) : EDOI_SIM_NEXT(readdir)(d);
}

struct dirent64 *readdir64(DIR *d) {
    lists_open *l = lists_find(d);
    return l ? lists_next(l) : EDOI_SIM_NEXT(readdir64)(d);
}

long telldir(DIR *d) {
    const lists_open *l = lists_find(d);
    return l ? (long)l->at : EDOI_SIM_NEXT(telldir)(d);
}

/* A position that is not valid any more, for which POSIX defines nothing, leads to the start of a
 * record, too. */
void seekdir(DIR *d, long place) {
    lists_open *l = lists_find(d);
    if (!l) {
        EDOI_SIM_NEXT(seekdir)(d, place);
        return;
    }
    l->at = 0;
    while (place > 0 && l->at < (size_t)place && lists_next(l)) continue;
}

void rewinddir(DIR *d) {
    lists_open *l = lists_find(d);
    if (!l) {
        EDOI_SIM_NEXT(rewinddir)(d);
        return;
    }
    edoi_free(l->all.bytes);
    l->all = (edoi_simbytes){ .n = 0 };
    l->is_read = false;
    l->from = l->at = 0;
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations" /* old programs call them */

/* 0, with NULL at the end; or a code of errno. */
int readdir64_r(DIR *d, struct dirent64 *to, struct dirent64 **out) {
    lists_open *l = lists_find(d);
    if (!l) return EDOI_SIM_NEXT(readdir64_r)(d, to, out);
    const int before = errno;
    errno = 0;
    const struct dirent64 *one = lists_next(l);
    const int err = one ? 0 : errno;
    errno = before;
    if (one) memcpy(to, one, one->d_reclen);
    *out = one ? to : NULL;
    return err;
}

int readdir_r(DIR *d, struct dirent *to, struct dirent **out) {
    struct dirent64 *one;
    if (!lists_find(d)) return EDOI_SIM_NEXT(readdir_r)(d, to, out);
    int err = readdir64_r(d, (struct dirent64 *)(void *)to, &one);
    *out = (struct dirent *)(void *)one;
    return err;
}

/* ---- At once --------------------------------------------------------------------------------- */

typedef int filter_fn(const struct dirent *);
typedef int compare_fn(const struct dirent **, const struct dirent **);
typedef int filter64_fn(const struct dirent64 *);
typedef int compare64_fn(const struct dirent64 **, const struct dirent64 **);

/* What is listed, in memory of its own for each: free(), as libc's. */
typedef struct gathered {
    struct dirent64 **all;
    size_t n, room;
} gathered;

static int gathered_add(gathered *g, const struct dirent64 *one) {
    if (g->n == g->room) {
        size_t room = g->room > 0 ? 2 * g->room : 16;
        struct dirent64 **all = realloc(g->all, room * sizeof *all);
        if (!all) return -ENOMEM;
        g->all = all;
        g->room = room;
    }
    struct dirent64 *copy = malloc(one->d_reclen);
    if (!copy) return -ENOMEM;
    memcpy(copy, one, one->d_reclen);
    g->all[g->n++] = copy;
    return 0;
}

static int lists_gather(DIR *d, gathered *g, filter64_fn *filter) {
    int err = 0;
    for (struct dirent64 *one; err == 0 && (errno = 0, one = readdir64(d)) != NULL;)
        if (!filter || filter(one)) err = gathered_add(g, one);
    return err < 0 ? err : -errno;
}

/* As scandirat(); takes the list. */
static int lists_scan(DIR *d, struct dirent64 ***out, filter64_fn *filter, compare64_fn *compare) {
    gathered g = { .all = NULL };
    const int before = errno;
    if (!d) return -1;
    int err = lists_gather(d, &g, filter);
    (void)closedir(d);
    if (err < 0) {
        while (g.n > 0) free(g.all[--g.n]);
        free(g.all);
        return edoi_sim_return(err);
    }
    errno = before;
    typedef int any_fn(const void *, const void *);
    if (compare && g.n > 1) qsort(g.all, g.n, sizeof *g.all, (any_fn *)(void (*)(void))compare);
    *out = g.all;
    return (int)g.n;
}

int scandirat64(int folder, const char *restrict path, struct dirent64 ***restrict out,
                filter64_fn *filter, compare64_fn *compare) {
    DIR *d;
    if (!lists_open_at(folder, path, &d))
        return EDOI_SIM_NEXT(scandirat64)(folder, path, out, filter, compare);
    return lists_scan(d, out, filter, compare);
}

int scandirat(int folder, const char *restrict path, struct dirent ***restrict out,
              filter_fn *filter, compare_fn *compare) {
    DIR *d;
    if (!lists_open_at(folder, path, &d))
        return EDOI_SIM_NEXT(scandirat)(folder, path, out, filter, compare);
    return lists_scan(d, (struct dirent64 ***)(void *)out, (filter64_fn *)(void (*)(void))filter,
                      (compare64_fn *)(void (*)(void))compare);
}

int scandir(const char *restrict path, struct dirent ***restrict out, filter_fn *filter,
            compare_fn *compare) {
    return scandirat(AT_FDCWD, path, out, filter, compare);
}

int scandir64(const char *restrict path, struct dirent64 ***restrict out, filter64_fn *filter,
              compare64_fn *compare) {
    return scandirat64(AT_FDCWD, path, out, filter, compare);
}
