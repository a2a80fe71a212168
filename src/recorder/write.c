/* SPDX-License-Identifier: MIT */
/* recorder/write.c: see write.h. */
#include "recorder/write.h"

#include "base/fork.h"
#include "recorder/clock.h"

#include <edo/error.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVENTS_AT_ONCE  20 /* on the stack of a signal's handler */
#define REPORT_EVERY_NS UINT64_C(10000000000)

/* The path of reports. The thread that starts the recorder writes a new path into the buffer that
 * is not in use, and publishes it by `report_path`. */
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

/* Each word of an event as its writer may overwrite it meanwhile. */
static void events_copy(edoi_recorder_event *to, const edoi_recorder_event *from, size_t n) {
    for (size_t i = 0; i < n; i++) {
        // RR1: pairs with RR1 in ring_put: inv. 1 of ring.h
        edoi_store_rlx_u64(&to[i].when, edoi_load_acq_u64(&from[i].when)); // RR1
        edoi_store_rlx_u64(&to[i].task, edoi_load_acq_u64(&from[i].task)); // RR1
        edoi_store_rlx_u64(&to[i].arg, edoi_load_acq_u64(&from[i].arg));   // RR1
    }
}

static int write_events(int fd, const edoi_recorder_ring *r, uint64_t at) {
    edoi_recorder_event some[EVENTS_AT_ONCE];
    uint64_t events_n = edoi_recorder_region_of.mask + 1;
    int err = 0;
    for (uint64_t n = 0; n < events_n && err == 0; n += EVENTS_AT_ONCE) {
        size_t most = events_n - n < EVENTS_AT_ONCE ? (size_t)(events_n - n) : EVENTS_AT_ONCE;
        events_copy(some, edoi_recorder_ring_event(r, n), most);
        err = write_at(fd, some, most * sizeof *some, at + n * sizeof *some);
    }
    return err;
}

/* A ring at `at` of the file, with what was overwritten while it was copied. */
static int write_ring(int fd, const edoi_recorder_ring *r, uint64_t at) {
    uint64_t head = edoi_load_acq_u64(&r->head); // RR2: pairs with RR2 in ring_put
    int err = write_events(fd, r, at + EDOI_RECORDER_RING_HEAD);
    edoi_recorder_ring copy = { .name = "" };
    edoi_store_rlx_u64(&copy.head, head);
    // relaxed: by RR1 not older than what an overwritten word was written with
    edoi_store_rlx_u64(&copy.after, edoi_load_rlx_u64(&r->head));
    edoi_store_rlx_u64(&copy.from, edoi_load_rlx_u64(&r->from));
    edoi_store_rlx_u32(&copy.whose, edoi_load_rlx_u32(&r->whose));
    edoi_store_rlx_u32(&copy.index, edoi_load_rlx_u32(&r->index));
    edoi_store_rlx_u64(&copy.runtime, edoi_load_rlx_u64(&r->runtime));
    memcpy(copy.name, r->name, sizeof copy.name);
    return err < 0 ? err : write_at(fd, &copy, sizeof copy, at);
}

/* As strncpy(), with an end. */
static void recorder_copy_text(char *to, size_t bytes, const char *from) {
    size_t n = strnlen(from, bytes - 1);
    memcpy(to, from, n);
    memset(to + n, 0, bytes - n);
}

static int write_sites(int fd, const edoi_recorder_head *now, uint64_t at) {
    int err = 0;
    for (uint32_t i = 0; i < EDOI_RECORDER_SITES && err == 0; i++) {
        const edoi_recorder_site *from = edoi_recorder_sites(now) + i;
        edoi_recorder_site site = { .text = "" };
        uint64_t is = edoi_load_acq_u64(&from->at); // RS1: pairs with RS1 in site_put
        if (is == 0) continue;                      // the file has zeros there
        edoi_store_rlx_u64(&site.at, is);
        memcpy(site.text, from->text, sizeof site.text);
        err = write_at(fd, &site, sizeof site, at + i * sizeof site);
    }
    return err;
}

static int write_rings(int fd, const edoi_recorder_head *now, edoi_recorder_head *h) {
    uint32_t rings_n = h->rings_n;
    int err = 0;
    h->rings_n = 0;
    for (uint32_t i = 0; i < rings_n && err == 0; i++) {
        const edoi_recorder_ring *r = edoi_recorder_ring_at(now, i);
        if (edoi_load_rlx_u64(&r->head) == 0) continue;
        err = write_ring(fd, r, h->rings_at + h->rings_n++ * h->ring_bytes);
    }
    return err;
}

static EDOI_NOINLINE int recorder_write_all(int fd, const char *why) {
    const edoi_recorder_head *now = edoi_recorder_head_now();
    edoi_recorder_head h;
    edoi_recorder_head_fill(&h);
    int err = write_rings(fd, now, &h);
    if (err == 0) err = write_sites(fd, now, h.sites_at);   // after the events that name them
    uint64_t bytes = h.rings_at + h.rings_n * h.ring_bytes; // a ring is written but for its rest
    if (err == 0 && ftruncate(fd, (off_t)bytes) < 0) err = -errno;
    memcpy(h.magic, EDOI_RECORDER_MAGIC, sizeof h.magic);
    h.wrote_ns = edoi_recorder_clock_ns();
    recorder_copy_text(h.why, sizeof h.why, why);
    return err < 0 ? err : write_at(fd, &h, sizeof h, 0); // last: half a file is none
}

/* May a new file take this name? Not if it names the rings' own file, something that is no regular
 * file, or a file of another user. */
static int name_is_ours(const char *path) {
    struct stat about;
    if (lstat(path, &about) < 0) return errno == ENOENT ? 0 : -errno;
    if (S_ISLNK(about.st_mode)) return -ELOOP;
    if (!S_ISREG(about.st_mode)) return -EINVAL;
    if (about.st_uid != geteuid()) return -EPERM;
    bool is_mapped = edoi_recorder_file_is(edoi_recorder_file_now(), about.st_dev, about.st_ino);
    return is_mapped ? -EBUSY : 0;
}

/* Writes a new file and then renames it: no reader sees an unfinished file, and if two threads
 * write, the last one's file stays. */
static int recorder_write_file(const char *path, const char *why) {
    char name[EDOI_RECORDER_NAME_BYTES];
    int err = name_is_ours(path);
    if (err < 0) return err;
    int fd = edoi_recorder_open_new(name, path);
    if (fd < 0) return fd;
    err = recorder_write_all(fd, why);
    if (close(fd) < 0 && err == 0) err = -errno;
    if (err == 0 && rename(name, path) < 0) err = -errno;
    if (err < 0) (void)unlink(name);
    return err;
}

int edoi_recorder_write(const char *path, const char *why) {
    if (!edoi_recorder_head_now()) return -ENODATA;
    int kept = errno; // of what a signal's handler has interrupted
    int err = recorder_write_file(path, why);
    errno = kept;
    return err;
}

void edoi_recorder_mark(const char *why) {
    edoi_recorder_head *h = edoi_recorder_head_now();
    if (!h) return;
    uint64_t words[sizeof h->why / 8];
    recorder_copy_text((char *)words, sizeof words, why);
    edo_atomic_u64 *to = (edo_atomic_u64 *)(void *)h->why;
    for (size_t i = 0; i < EDO_COUNT(words); i++) // relaxed: two threads may mix their reasons
        edoi_store_rlx_u64(&to[i], words[i]);
}

void edoi_recorder_report_to(const char *path) {
    char *to = edoi_load_rlx_ptr(&report_path) == paths[0] ? paths[1] : paths[0];
    recorder_copy_text(to, EDOI_RECORDER_PATH_BYTES, path ? path : "");
    edoi_store_rel_ptr(&report_path, path ? to : NULL); // RS3: pairs with RS3 below
}

const char *edoi_recorder_report_path(void) {
    return edoi_load_acq_ptr(&report_path); // RS3: pairs with RS3 in report_to
}

static size_t line_add(char *line, size_t n, size_t bytes, const char *text) {
    const size_t more = strnlen(text, bytes - n);
    memcpy(line + n, text, more);
    return n + more;
}

/* By one call, if somebody reads. */
static EDOI_NOINLINE void crash_say(const char *path, int err) {
    char line[EDOI_RECORDER_PATH_BYTES + 128];
    struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
    size_t n = line_add(line, 0, sizeof line - 1,
                        err == 0 ? "edo: the last events are in "
                                 : "edo: the last events cannot be written to ");
    n = line_add(line, n, sizeof line - 1, path);
    if (err < 0) n = line_add(line, n, sizeof line - 1, ": ");
    if (err < 0) n = line_add(line, n, sizeof line - 1, edo_strerror(err));
    line[n++] = '\n';
    if (poll(&out, 1, 0) != 1 || !(out.revents & POLLOUT)) return;
    ssize_t wrote = write(STDERR_FILENO, line, n);
    (void)wrote; // an error cannot be reported
}

void edoi_recorder_crash(const char *why) {
    if (!edoi_recorder_head_now() || edoi_swap_rlx_u32(&has_crashed, 1)) return;
    edoi_recorder_mark(why);
    const char *path = edoi_recorder_report_path();
    if (path) crash_say(path, edoi_recorder_write(path, why));
}

/* What the parent has written is no report of the child. */
static void reports_begin_child(void) {
    edoi_store_rlx_u32(&has_crashed, 0);
    edoi_store_rlx_u64(&report_at_ns, 0);
}

EDOI_ON_FORK(.child = reports_begin_child);

/* Is this the thread that writes, and is it not too soon? */
static bool report_is_due(void) {
    uint64_t now_ns = edoi_recorder_clock_ns(), last_ns = edoi_load_rlx_u64(&report_at_ns);
    bool is_soon = last_ns != 0 && now_ns - last_ns < REPORT_EVERY_NS;
    return !is_soon && edoi_cas_rlx_u64(&report_at_ns, &last_ns, now_ns);
}

const char *edoi_recorder_report_due(const char *why) {
    if (!edoi_recorder_head_now()) return NULL;
    edoi_recorder_mark(why);
    const char *path = edoi_recorder_report_path();
    return path && report_is_due() ? path : NULL;
}
