/* SPDX-License-Identifier: MIT */
/* sim/calls/disk/maps.c: mmap() of files on a disk, where a program may write them. A mapping that
 * becomes writable later, by mprotect(2), is not noticed. */
#include "sim/calls/disk/enter.h"

#include "sim/calls/calls.h"

#include <stdarg.h>
#include <sys/mman.h>

EDOI_SIM_CALLS(disk_maps);

/* Returns `at`; MAP_FAILED without memory. */
static void *map_is_made(void *at, size_t n, int access, int flags, int fd, off_t place) {
    bool is_kind = flags & MAP_SHARED && access & PROT_WRITE && fd >= 0;
    if (at == MAP_FAILED || !is_kind) return at;
    edoi_sim_disk_call c = edoi_sim_disk_enter_fd(fd);
    int err = c.disk ? edoi_simdisk_map(c.disk, fd, at, n, place) : 0;
    if (err < 0) (void)munmap(at, n);
    return edoi_sim_disk_return(&c, err) < 0 ? MAP_FAILED : at;
}

void *mmap(void *at, size_t n, int access, int flags, int fd, off_t place) {
    void *made = EDOI_SIM_NEXT(mmap)(at, n, access, flags, fd, place);
    return map_is_made(made, n, access, flags, fd, place);
}

void *mmap64(void *at, size_t n, int access, int flags, int fd, off64_t place) {
    void *made = EDOI_SIM_NEXT(mmap64)(at, n, access, flags, fd, place);
    return map_is_made(made, n, access, flags, fd, place);
}

/* For a mapping of a disk; `disk` is NULL if it is none. */
static edoi_sim_disk_call map_enter(const void *at, size_t n) {
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    if (!c.disk || edoi_simdisk_has_map(c.disk, at, n)) return c;
    edoi_sim_disk_leave(&c);
    c.disk = NULL;
    return c;
}

int munmap(void *at, size_t n) {
    edoi_sim_disk_call c = map_enter(at, n);
    if (c.disk) edoi_simdisk_unmap(c.disk, at, n);
    edoi_sim_disk_leave(&c);
    return EDOI_SIM_NEXT(munmap)(at, n);
}

int msync(void *at, size_t n, int flags) {
    edoi_sim_disk_call c = map_enter(at, n);
    if (!c.disk || !(flags & MS_SYNC)) {
        edoi_sim_disk_leave(&c);
        return EDOI_SIM_NEXT(msync)(at, n, flags);
    }
    return edoi_sim_disk_return(&c, edoi_simdisk_sync_map(c.disk, at, n));
}

void *mremap(void *at, size_t n, size_t new_n, int flags, ...) {
    va_list args;
    va_start(args, flags);
    void *to = flags & MREMAP_FIXED ? va_arg(args, void *) : NULL;
    va_end(args);
    edoi_sim_disk_call c = map_enter(at, n);
    edoi_sim_disk_leave(&c);
    if (!c.disk) return EDOI_SIM_NEXT(mremap)(at, n, new_n, flags, to);
    edoi_sim_refuse(c.host, "mremap() of a file on its disk");
    errno = ENOTSUP;
    return MAP_FAILED;
}
