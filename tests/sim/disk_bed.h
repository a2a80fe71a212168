/* SPDX-License-Identifier: MIT */
/* sim/disk_bed.h: a folder, and a host whose disk it is. */
#ifndef EDO_TESTS_SIM_DISK_BED_H
#define EDO_TESTS_SIM_DISK_BED_H

#include "files.h"
#include "inside.h"

#include <edo/blocking.h>
#include <edo/sim.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct bed {
    char folder[64], file[96], other[96];
    edo_task_fn *fn;
    const void *more; /* as `fn` has it */
    uint64_t before;  /* likewise */
    void *mapping;    /* likewise */
    int result;       /* of what the program does before it waits */
} bed;

static inline int disk_host(void *arg) {
    bed *b = arg;
    b->result = b->fn(b);
    return edo_sleep(edo_hours(1)); // until it crashes
}

static inline void bed_open(bed *b, edo_task_fn *fn) {
    *b = (bed){ .fn = fn };
    files_make(b->folder);
    (void)snprintf(b->file, sizeof b->file, "%s/file", b->folder);
    (void)snprintf(b->other, sizeof b->other, "%s/other", b->folder);
}

static inline void bed_close(const bed *b) {
    files_free(b->folder);
}

static inline edo_sim *bed_world(bed *b, uint64_t seed) {
    edo_sim *sim = edo_sim_new(&(edo_sim_opts){ .seed = seed });
    assert_non_null(sim);
    assert_int_equal(edo_sim_host(sim, "keeper", disk_host, b), 0);
    assert_int_equal(edo_sim_disk(sim, "keeper", b->folder), 0);
    return sim;
}

/* The program runs, and its machine crashes. */
static inline void crash_with(bed *b, uint64_t seed) {
    edo_sim *sim = bed_world(b, seed);
    assert_int_equal(edo_sim_crash(sim, "keeper", edo_s(10)), 0);
    assert_int_equal(edo_sim_run(sim, edo_s(20)), 0);
    assert_int_equal(b->result, 0);
    edo_sim_free(sim);
}

/* The bytes of a file; returns how many, or -1: there is none. */
static inline ssize_t bytes_of(const char *path, char *to, size_t n) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t got = read(fd, to, n);
    assert_int_equal(close(fd), 0);
    return got;
}

static inline int sync_job(void *arg) {
    int fd = open(arg, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -errno;
    int err = fsync(fd) < 0 ? -errno : 0;
    (void)close(fd);
    return err;
}

static inline int sync_folder(const char *folder) {
    return edo_blocking(sync_job, (void *)(uintptr_t)folder);
}

#endif
