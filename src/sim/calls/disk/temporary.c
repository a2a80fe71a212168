/* SPDX-License-Identifier: MIT */
/* sim/calls/disk/temporary.c: temporary files and folders, whose names libc would choose; here the
 * world's seed does. tmpfile() makes a file without a name, which does not survive a crash. */
#include "sim/calls/disk/enter.h"

#include "sim/calls/calls.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

EDOI_SIM_CALLS(disk_temporary);

#define LETTERS_N 6u
#define TRIES_MAX 100

/* Where "XXXXXX" is in a path, before the last `behind_n` bytes. NULL: nowhere. */
static char *temporary_letters(char *path, int behind_n) {
    size_t n = strlen(path);
    if (behind_n < 0 || n < LETTERS_N + (size_t)behind_n) return NULL;
    char *at = path + n - (size_t)behind_n - LETTERS_N;
    return memcmp(at, "XXXXXX", LETTERS_N) == 0 ? at : NULL;
}

static void temporary_draw(const edoi_simdisk *disk, char *letters) {
    static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    uint64_t drawn = disk->host.random(disk->host.arg);
    for (unsigned i = 0; i < LETTERS_N; i++, drawn /= sizeof all - 1)
        letters[i] = all[drawn % (sizeof all - 1)];
}

/* `flags` of an open, or of a folder -1. False: it is the machine's. */
static bool temporary_make(char *path, int behind_n, int flags, int *result) {
    char below[PATH_MAX];
    edoi_sim_disk_call c = edoi_sim_disk_enter_path(AT_FDCWD, path, below);
    if (!c.disk) return false;
    char *given = temporary_letters(path, behind_n), *drawn = temporary_letters(below, behind_n);
    int err = given && drawn ? -EEXIST : -EINVAL;
    for (int i = 0; i < TRIES_MAX && err == -EEXIST; i++) {
        temporary_draw(c.disk, drawn);
        err = flags == -1 ? edoi_simdisk_mkdir(c.disk, below, 0700)
                          : edoi_simdisk_open(c.disk, below, flags, 0600);
    }
    if (err >= 0) memcpy(given, drawn, LETTERS_N);
    *result = edoi_sim_disk_return(&c, err);
    return true;
}

static int temporary_flags(int flags) {
    return (flags & ~O_ACCMODE) | O_RDWR | O_CREAT | O_EXCL;
}

int mkostemps(char *path, int behind_n, int flags) {
    int fd;
    if (temporary_make(path, behind_n, temporary_flags(flags), &fd)) return fd;
    return EDOI_SIM_NEXT(mkostemps)(path, behind_n, flags);
}

int mkostemps64(char *path, int behind_n, int flags) {
    int fd;
    if (temporary_make(path, behind_n, temporary_flags(flags), &fd)) return fd;
    return EDOI_SIM_NEXT(mkostemps64)(path, behind_n, flags);
}

int mkstemps(char *path, int behind_n) {
    return mkostemps(path, behind_n, 0);
}

int mkstemps64(char *path, int behind_n) {
    return mkostemps64(path, behind_n, 0);
}

int mkostemp(char *path, int flags) {
    return mkostemps(path, 0, flags);
}

int mkostemp64(char *path, int flags) {
    return mkostemps64(path, 0, flags);
}

int mkstemp(char *path) {
    return mkostemps(path, 0, 0);
}

int mkstemp64(char *path) {
    return mkostemps64(path, 0, 0);
}

char *mkdtemp(char *path) {
    int result;
    if (temporary_make(path, 0, -1, &result)) return result < 0 ? NULL : path;
    return EDOI_SIM_NEXT(mkdtemp)(path);
}
