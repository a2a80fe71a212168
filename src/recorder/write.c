/* SPDX-License-Identifier: MIT */
/* recorder/write.c: see write.h. */
#include "recorder/write.h"

#include "recorder/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES      1536u /* more than a report's path has */
#define NAME_END        ".new-0123456789ab"
#define NAME_TRIES      64
#define REPORT_EVERY_NS UINT64_C(10000000000)

/* Where reports go: of two buffers the one that is not in use is written, by the thread that starts
 * the recorder. */
static char paths[2][EDOI_RECORDER_PATH_BYTES];
static edo_atomic_ptr report_path;  /* atomic: RS3; NULL: nowhere */
static edo_atomic_u32 has_crashed;  /* relaxed: the first writes */
static edo_atomic_u64 report_at_ns; /* relaxed: when the last report was written; 0: none was */

static int write_at(int fd, const void *bytes, uint64_t n, uint64_t at) {
    const char *from = bytes;
    while (n > 0) {
        ssize_t wrote = pwrite(fd, from, n, (off_t)at);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return wrote < 0 ? -errno : -ENOSPC;
        from += wrote;
        at += (uint64_t)wrote;
        n -= (uint64_t)wrote;
    }
    return 0;
}

/* A ring as number `n` of the file, with what was overwritten while it was copied. */
static int write_ring(int fd, const edoi_recorder_ring *r, uint32_t n) {
    const edoi_recorder_region *region = &edoi_recorder_region_of;
    const edoi_recorder_head *h = region->head;
    uint64_t at = h->rings_at + n * h->ring_bytes;
    edoi_recorder_ring copy = *r;
    edoi_store_rlx_u64(&copy.head, edoi_load_acq_u64(&r->head)); // RR2: pairs with RR2 in ring_put
    int err = write_at(fd, r, h->ring_bytes, at);
    // relaxed: the kernel has read the events, each by accesses of its own; on machines that
    // reorder loads an event of these last nanoseconds may be wrong
    edoi_store_rlx_u64(&copy.after, edoi_load_rlx_u64(&r->head));
    return err < 0 ? err : write_at(fd, &copy, sizeof copy, at);
}

static int write_rings(int fd, uint32_t *written_n) {
    const edoi_recorder_region *region = &edoi_recorder_region_of;
    int err = 0;
    *written_n = 0;
    for (uint32_t i = 0; i < region->rings_n && err == 0; i++) {
        const edoi_recorder_ring *r = edoi_recorder_ring_at(i);
        if (edoi_load_rlx_u64(&r->head) == 0) continue;
        err = write_ring(fd, r, (*written_n)++);
    }
    return err;
}

/* As strncpy(), with an end. */
static void recorder_copy_text(char *to, size_t bytes, const char *from) {
    size_t n = strnlen(from, bytes - 1);
    memcpy(to, from, n);
    memset(to + n, 0, bytes - n);
}

static int recorder_write_all(int fd, const char *why) {
    const edoi_recorder_region *region = &edoi_recorder_region_of;
    edoi_recorder_head h = *region->head;
    int err = write_rings(fd, &h.rings_n);
    uint64_t sites_bytes = EDOI_RECORDER_SITES * sizeof(edoi_recorder_site);
    if (err == 0) err = write_at(fd, region->sites, sites_bytes, h.sites_at);
    h.wrote_ns = edoi_recorder_clock_ns();
    recorder_copy_text(h.why, sizeof h.why, why);
    return err < 0 ? err : write_at(fd, &h, sizeof h, 0); // last: half a file is none
}

/* May a new file take this name? Not that of the rings' own, of what is no file, and of what is
 * somebody else's. */
static int name_is_ours(const char *path) {
    const edoi_recorder_region *r = &edoi_recorder_region_of;
    struct stat about;
    if (lstat(path, &about) < 0) return errno == ENOENT ? 0 : -errno;
    if (S_ISLNK(about.st_mode)) return -ELOOP;
    if (!S_ISREG(about.st_mode)) return -EINVAL;
    if (about.st_uid != geteuid()) return -EPERM;
    bool is_mapped = about.st_dev == edoi_load_rlx_u64(&r->device) &&
                     about.st_ino == edoi_load_rlx_u64(&r->inode);
    return is_mapped ? -EBUSY : 0;
}

/* PATH.new-N, of a number that no other thread writes to. Returns a descriptor. */
static int open_new(char *name, const char *path) {
    static edo_atomic_u64 names_n; /* atomic, relaxed: a number */
    static const char digits[] = "0123456789abcdef";
    size_t n = strnlen(path, NAME_BYTES - sizeof NAME_END);
    if (path[n]) return -ENAMETOOLONG;
    memcpy(name, path, n);
    memcpy(name + n, NAME_END, sizeof NAME_END);
    for (int tries = 0; tries < NAME_TRIES; tries++) { // one may be there from a process before
        uint64_t number = edoi_add_rlx_u64(&names_n, 1) << 32 | (uint32_t)getpid();
        for (size_t i = n + sizeof NAME_END - 2; name[i] != '-'; i--, number >>= 4)
            name[i] = digits[number & 15];
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd >= 0 || errno != EEXIST) return fd >= 0 ? fd : -errno;
    }
    return -EEXIST;
}

/* Nobody sees half of it, and of two threads that write the last one has the name. */
static int recorder_write_file(const char *path, const char *why) {
    char name[NAME_BYTES];
    int err = name_is_ours(path);
    if (err < 0) return err;
    int fd = open_new(name, path);
    if (fd < 0) return fd;
    err = recorder_write_all(fd, why);
    if (close(fd) < 0 && err == 0) err = -errno;
    if (err == 0 && rename(name, path) < 0) err = -errno;
    if (err < 0) (void)unlink(name);
    return err;
}

int edoi_recorder_write(const char *path, const char *why) {
    if (!edoi_recorder_region_of.head) return -ENODATA;
    int kept = errno; // of what a signal's handler has interrupted
    int err = recorder_write_file(path, why);
    errno = kept;
    return err;
}

void edoi_recorder_mark(const char *why) {
    edoi_recorder_head *h = edoi_recorder_region_of.head;
    if (h) recorder_copy_text(h->why, sizeof h->why, why);
}

void edoi_recorder_report_to(const char *path) {
    char *to = edoi_load_rlx_ptr(&report_path) == paths[0] ? paths[1] : paths[0];
    recorder_copy_text(to, EDOI_RECORDER_PATH_BYTES, path ? path : "");
    edoi_store_rel_ptr(&report_path, path ? to : NULL); // RS3: pairs with RS3 below
}

static const char *path_of_reports(void) {
    return edoi_load_acq_ptr(&report_path); // RS3: pairs with RS3 in report_to
}

/* By one call, if somebody reads. */
static void crash_say(const char *path) {
    char line[EDOI_RECORDER_PATH_BYTES + 64] = "edo: the last events are in ";
    size_t n = strlen(line), path_n = strlen(path);
    struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
    memcpy(line + n, path, path_n);
    line[n + path_n] = '\n';
    if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT)) return;
    ssize_t wrote = write(STDERR_FILENO, line, n + path_n + 1);
    (void)wrote; // an error cannot be reported
}

void edoi_recorder_crash(const char *why) {
    if (!edoi_recorder_region_of.head || edoi_swap_rlx_u32(&has_crashed, 1)) return;
    edoi_recorder_mark(why);
    const char *path = path_of_reports();
    if (path && edoi_recorder_write(path, why) == 0) crash_say(path);
}

/* Is this the thread that writes, and is it not too soon? */
static bool report_is_due(void) {
    uint64_t now_ns = edoi_recorder_clock_ns(), last_ns = edoi_load_rlx_u64(&report_at_ns);
    bool is_soon = last_ns != 0 && now_ns - last_ns < REPORT_EVERY_NS;
    return !is_soon && edoi_cas_rlx_u64(&report_at_ns, &last_ns, now_ns);
}

const char *edoi_recorder_report(const char *why) {
    if (!edoi_recorder_region_of.head) return NULL;
    edoi_recorder_mark(why);
    const char *path = path_of_reports();
    if (!path || !report_is_due()) return NULL;
    return edoi_recorder_write(path, why) == 0 ? path : NULL;
}
