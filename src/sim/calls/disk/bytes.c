/* SPDX-License-Identifier: MIT */
/* sim/calls/disk/bytes.c: reads, writes, lengths and syncs of files on a disk. */
#include "sim/calls/disk/enter.h"

#include "sim/calls/calls.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

EDOI_SIM_CALLS(disk_bytes);

/* ---- Writes ---------------------------------------------------------------------------------- */

bool edoi_sim_disk_has(int fd) {
    edoi_sim_disk_call c = edoi_sim_disk_enter_fd(fd);
    edoi_sim_disk_leave(&c);
    return c.disk != NULL;
}

bool edoi_sim_disk_close(int fd, int *result) {
    edoi_sim_disk_call c = edoi_sim_disk_enter_fd(fd);
    if (!c.disk) return false;
    *result = edoi_sim_disk_return(&c, edoi_simdisk_close(c.disk, fd));
    return true;
}

bool edoi_sim_disk_write(int fd, const struct iovec *vecs, int n, off_t at, int flags,
                         ssize_t *put) {
    edoi_sim_disk_call c = edoi_sim_disk_enter_fd(fd);
    if (!c.disk) return false;
    *put = edoi_simdisk_write(c.disk, fd, vecs, n, at, flags);
    edoi_sim_disk_leave(&c);
    *put = edoi_sim_return_n(*put);
    return true;
}

/* At a place, which the machine refuses if it is none. */
static bool write_one_on_disk(int fd, const void *buf, size_t n, off_t at, ssize_t *put) {
    const struct iovec one = { (void *)(uintptr_t)buf, n };
    return at >= 0 && edoi_sim_disk_write(fd, &one, 1, at, 0, put);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at) {
    ssize_t put;
    if (write_one_on_disk(fd, buf, n, at, &put)) return put;
    return EDOI_SIM_NEXT(pwrite)(fd, buf, n, at);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at) {
    ssize_t put;
    if (write_one_on_disk(fd, buf, n, at, &put)) return put;
    return EDOI_SIM_NEXT(pwrite64)(fd, buf, n, at);
}

ssize_t pwritev(int fd, const struct iovec *vecs, int n, off_t at) {
    ssize_t put;
    if (at >= 0 && edoi_sim_disk_write(fd, vecs, n, at, 0, &put)) return put;
    return EDOI_SIM_NEXT(pwritev)(fd, vecs, n, at);
}

ssize_t pwritev64(int fd, const struct iovec *vecs, int n, off64_t at) {
    ssize_t put;
    if (at >= 0 && edoi_sim_disk_write(fd, vecs, n, at, 0, &put)) return put;
    return EDOI_SIM_NEXT(pwritev64)(fd, vecs, n, at);
}

ssize_t pwritev2(int fd, const struct iovec *vecs, int n, off_t at, int flags) {
    ssize_t put;
    if (at >= -1 && edoi_sim_disk_write(fd, vecs, n, at, flags, &put)) return put;
    return EDOI_SIM_NEXT(pwritev2)(fd, vecs, n, at, flags);
}

ssize_t pwritev64v2(int fd, const struct iovec *vecs, int n, off64_t at, int flags) {
    ssize_t put;
    if (at >= -1 && edoi_sim_disk_write(fd, vecs, n, at, flags, &put)) return put;
    return EDOI_SIM_NEXT(pwritev64v2)(fd, vecs, n, at, flags);
}

/* Bytes that the kernel copies itself could not be noted as changes: the call fails with EXDEV, and
 * callers then read and write. */
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t n,
                        unsigned flags) {
    ssize_t got;
    if (edoi_sim_disk_refuses_read(from, &got)) return got;
    if (edoi_sim_disk_has(to)) return edoi_sim_return_n(-EXDEV);
    return EDOI_SIM_NEXT(copy_file_range)(from, from_at, to, to_at, n, flags);
}

/* ---- Reads ----------------------------------------------------------------------------------- */

bool edoi_sim_disk_refuses_read(int fd, ssize_t *got) {
    const edoi_sim_host *h = edoi_sim_here();
    if (!h || !h->disk || edoi_simdisk_may_read(h->disk) == 0) return false; // as a rule
    if (!edoi_sim_disk_has(fd)) return false;
    *got = edoi_sim_return_n(-EIO);
    return true;
}

ssize_t pread(int fd, void *buf, size_t n, off_t at) {
    ssize_t got;
    if (edoi_sim_disk_refuses_read(fd, &got)) return got;
    return EDOI_SIM_NEXT(pread)(fd, buf, n, at);
}

ssize_t pread64(int fd, void *buf, size_t n, off64_t at) {
    ssize_t got;
    if (edoi_sim_disk_refuses_read(fd, &got)) return got;
    return EDOI_SIM_NEXT(pread64)(fd, buf, n, at);
}

ssize_t preadv(int fd, const struct iovec *vecs, int n, off_t at) {
    ssize_t got;
    if (edoi_sim_disk_refuses_read(fd, &got)) return got;
    return EDOI_SIM_NEXT(preadv)(fd, vecs, n, at);
}

ssize_t preadv64(int fd, const struct iovec *vecs, int n, off64_t at) {
    ssize_t got;
    if (edoi_sim_disk_refuses_read(fd, &got)) return got;
    return EDOI_SIM_NEXT(preadv64)(fd, vecs, n, at);
}

ssize_t preadv2(int fd, const struct iovec *vecs, int n, off_t at, int flags) {
    ssize_t got;
    if (edoi_sim_disk_refuses_read(fd, &got)) return got;
    return EDOI_SIM_NEXT(preadv2)(fd, vecs, n, at, flags);
}

ssize_t preadv64v2(int fd, const struct iovec *vecs, int n, off64_t at, int flags) {
    ssize_t got;
    if (edoi_sim_disk_refuses_read(fd, &got)) return got;
    return EDOI_SIM_NEXT(preadv64v2)(fd, vecs, n, at, flags);
}

/* ---- Lengths --------------------------------------------------------------------------------- */

static bool truncate_on_disk(int fd, off_t size, int *result) {
    edoi_sim_disk_call c = edoi_sim_disk_enter_fd(fd);
    if (!c.disk) return false;
    *result = edoi_sim_disk_return(&c, edoi_simdisk_truncate(c.disk, fd, size));
    return true;
}

int ftruncate(int fd, off_t size) {
    int result;
    if (truncate_on_disk(fd, size, &result)) return result;
    return EDOI_SIM_NEXT(ftruncate)(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    int result;
    if (truncate_on_disk(fd, size, &result)) return result;
    return EDOI_SIM_NEXT(ftruncate64)(fd, size);
}

static bool truncate_path_on_disk(const char *path, off_t size, int *result) {
    char below[PATH_MAX];
    edoi_sim_disk_call c = edoi_sim_disk_enter_path(AT_FDCWD, path, below);
    if (!c.disk) return false;
    *result = edoi_sim_disk_return(&c, edoi_simdisk_truncate_path(c.disk, below, size));
    return true;
}

int truncate(const char *path, off_t size) {
    int result;
    if (truncate_path_on_disk(path, size, &result)) return result;
    return EDOI_SIM_NEXT(truncate)(path, size);
}

int truncate64(const char *path, off64_t size) {
    int result;
    if (truncate_path_on_disk(path, size, &result)) return result;
    return EDOI_SIM_NEXT(truncate64)(path, size);
}

/* `*result` is 0 or a negative errno. */
static bool allocate_on_disk(int fd, int mode, off_t at, off_t n, int *result) {
    edoi_sim_disk_call c = edoi_sim_disk_enter_fd(fd);
    if (!c.disk) return false;
    *result = edoi_simdisk_allocate(c.disk, fd, mode, at, n);
    edoi_sim_disk_leave(&c);
    return true;
}

int fallocate(int fd, int mode, off_t at, off_t n) {
    int result;
    if (allocate_on_disk(fd, mode, at, n, &result)) return edoi_sim_return(result);
    return EDOI_SIM_NEXT(fallocate)(fd, mode, at, n);
}

int fallocate64(int fd, int mode, off64_t at, off64_t n) {
    int result;
    if (allocate_on_disk(fd, mode, at, n, &result)) return edoi_sim_return(result);
    return EDOI_SIM_NEXT(fallocate64)(fd, mode, at, n);
}

/* These return what goes wrong. */
int posix_fallocate(int fd, off_t at, off_t n) {
    int result;
    if (allocate_on_disk(fd, 0, at, n, &result)) return -result;
    return EDOI_SIM_NEXT(posix_fallocate)(fd, at, n);
}

int posix_fallocate64(int fd, off64_t at, off64_t n) {
    int result;
    if (allocate_on_disk(fd, 0, at, n, &result)) return -result;
    return EDOI_SIM_NEXT(posix_fallocate64)(fd, at, n);
}

/* ---- Syncs ----------------------------------------------------------------------------------- */

static bool sync_on_disk(int fd, int *result) {
    edoi_sim_disk_call c = { NULL, NULL };
    if (!edoi_simnet_is_fd(fd)) c = edoi_sim_disk_enter();
    if (!c.disk) return false;
    *result = edoi_sim_disk_return(&c, edoi_simdisk_sync(c.disk, fd));
    return true;
}

/* A world does not wait for the machine's disk. */
int fsync(int fd) {
    int result;
    if (sync_on_disk(fd, &result)) return result;
    return EDOI_SIM_NEXT(fsync)(fd);
}

int fdatasync(int fd) {
    int result;
    if (sync_on_disk(fd, &result)) return result;
    return EDOI_SIM_NEXT(fdatasync)(fd);
}

int syncfs(int fd) {
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    if (!c.disk) return EDOI_SIM_NEXT(syncfs)(fd);
    return edoi_sim_disk_return(&c, edoi_simdisk_sync_all(c.disk));
}

void sync(void) {
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    if (!c.disk) {
        EDOI_SIM_NEXT(sync)();
        return;
    }
    (void)edoi_simdisk_sync_all(c.disk); // sync(2) returns no errors
    edoi_sim_disk_leave(&c);
}
