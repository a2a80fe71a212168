/* SPDX-License-Identifier: MIT */
/* stack_linux.c: memory for stacks on Linux.
 *
 * A guard is made by MADV_GUARD_INSTALL (Linux 6.13), which splits no mapping: a million stacks fit
 * under the default limit of mappings. Older kernels refuse it; qemu's user emulation answers 0 and
 * does nothing, so it is tried once. Where it fails, the guard is made by page protection, at the
 * price of two mappings a stack.
 *
 * Threads: any. */
#include "stack_os.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/atomic.h"

#define GUARD_INSTALL                                                                              \
    102 /* MADV_GUARD_INSTALL: newer than the headers of the oldest libc we know */

enum { GUARD_UNKNOWN, GUARD_LIGHT, GUARD_PROTECT };
static edo_atomic_u32 guard_kind;     /* every thread that probes finds the same */
static edo_atomic_u32 protect_forced; /* tests only */

size_t edoi_stack_os_page(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

size_t edoi_stack_os_signal_frame(void) {
    size_t bytes = 0;
#ifdef AT_MINSIGSTKSZ
    bytes = getauxval(AT_MINSIGSTKSZ);
#endif
    size_t least = (size_t)MINSIGSTKSZ;
    return bytes > least ? bytes : least;
}

int edoi_stack_os_map(char **out, size_t bytes) {
    // Without access at first: under mlockall(MCL_FUTURE) a writable mapping would be filled at
    // once. Unlocked, made writable: pages come with the first touch, and guards can be light.
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char *base = mmap(NULL, bytes, PROT_NONE, flags, -1, 0);
    if (base == MAP_FAILED) return -ENOMEM;
    (void)munlock(base, bytes);
    (void)madvise(base, bytes, MADV_NOHUGEPAGE); // a kernel without huge pages refuses: as good
    if (mprotect(base, bytes, PROT_READ | PROT_WRITE) != 0) {
        (void)munmap(base, bytes);
        return -ENOMEM;
    }
    *out = base;
    return 0;
}

/* Whether the kernel itself cannot write to `at`. The raw call: libc's might look at its argument. One
 * that Valgrind hands on as it is: it reads a signal set itself, and dies of the guard. */
static bool kernel_faults_at(char *at) {
    return syscall(SYS_getrandom, at, (size_t)1, GRND_NONBLOCK) == -1 && errno == EFAULT;
}

static uint32_t probe_guard(void) {
    size_t page = edoi_stack_os_page();
    char *at;
    if (edoi_stack_os_map(&at, page) < 0) return GUARD_PROTECT;
    // Where the guard has no effect the call writes a byte to the page, which goes anyway.
    bool works = madvise(at, page, GUARD_INSTALL) == 0 && kernel_faults_at(at);
    (void)munmap(at, page);
    return works ? GUARD_LIGHT : GUARD_PROTECT;
}

bool edoi_stack_os_guards_are_light(void) {
    // Relaxed: the value says all, and no other memory hangs on it.
    if (edoi_load_rlx_u32(&protect_forced)) return false;
    uint32_t kind = edoi_load_rlx_u32(&guard_kind);
    if (kind == GUARD_UNKNOWN) {
        kind = probe_guard();
        edoi_store_rlx_u32(&guard_kind, kind);
    }
    return kind == GUARD_LIGHT;
}

void edoi_stack_os_force_protect(bool on) {
    edoi_store_rlx_u32(&protect_forced, on);
}

int edoi_stack_os_guard(char *at, size_t bytes) {
    // It fails on locked memory (mlockall after the slab was mapped); protection works there.
    if (edoi_stack_os_guards_are_light() && madvise(at, bytes, GUARD_INSTALL) == 0) return 0;
    return mprotect(at, bytes, PROT_NONE) == 0 ? 0 : -ENOMEM;
}

void edoi_stack_os_release(char *at, size_t bytes) {
    int err = errno;
    (void)madvise(at, bytes, MADV_DONTNEED); // locked memory refuses: then it stays
    errno = err;
}

char *edoi_stack_os_first_resident(char *lo, char *hi) {
    enum { CHUNK = 256 };
    unsigned char in_core[CHUNK];
    size_t page = edoi_stack_os_page();
    while (lo < hi) {
        size_t pages = (size_t)(hi - lo) / page;
        if (pages > CHUNK) pages = CHUNK;
        if (mincore(lo, pages * page, in_core) != 0) return lo;
        for (size_t i = 0; i < pages; i++)
            if (in_core[i] & 1) return lo + i * page;
        lo += pages * page;
    }
    return hi;
}
