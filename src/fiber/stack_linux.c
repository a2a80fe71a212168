/* SPDX-License-Identifier: MIT */
/* stack_linux.c: memory for stacks on Linux.
 *
 * A guard is made by MADV_GUARD_INSTALL (Linux 6.13), which splits no mapping: a million stacks fit
 * under the default limit of mappings. Older kernels refuse it; qemu's user emulation returns 0
 * without effect, so it is tested once. If it fails, the guard is made by page protection, which
 * costs two mappings per stack.
 *
 * Threads: any. */
#include "stack_os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/atomic.h"

#define SELF (-10000) /* PIDFD_SELF_THREAD: Linux 6.14; a bad descriptor to older ones */
#define GUARD_INSTALL                                                                              \
    102 /* MADV_GUARD_INSTALL: newer than the headers of the oldest supported libc */

enum { GUARD_UNKNOWN, GUARD_LIGHT, GUARD_PROTECT };
static edo_atomic_u32 guard_kind;     /* all threads that probe get the same result */
static edo_atomic_u32 many_refused;   /* process_madvise() guards nothing here */
static edo_atomic_u32 protect_forced; /* tests only */
static edo_atomic_u32 full_forced;    /* tests only */

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
    // Without access at first: under mlockall(MCL_FUTURE) a writable mapping would be populated at
    // once. Then unlocked and made writable: pages come with the first access, and guards can be
    // light.
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (edoi_load_rlx_u32(&full_forced)) return -ENOMEM; // relaxed: a flag, no data
    char *base = mmap(NULL, bytes, PROT_NONE, flags, -1, 0);
    if (base == MAP_FAILED) return -ENOMEM;
    (void)munlock(base, bytes);
    (void)madvise(base, bytes, MADV_NOHUGEPAGE); // fails harmlessly without huge pages
    if (mprotect(base, bytes, PROT_READ | PROT_WRITE) != 0) {
        (void)munmap(base, bytes);
        return -ENOMEM;
    }
    *out = base;
    return 0;
}

/* Does a guard at `at` have effect? The kernel, asked to read there, then returns EFAULT. */
static uint32_t probe_guard_at(char *at, size_t page) {
    int ends[2];
    if (madvise(at, page, GUARD_INSTALL) != 0) return GUARD_PROTECT;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return GUARD_UNKNOWN; // out of descriptors
    bool faults = write(ends[1], at, 1) == -1 && errno == EFAULT;
    (void)close(ends[0]);
    (void)close(ends[1]);
    return faults ? GUARD_LIGHT : GUARD_PROTECT;
}

static uint32_t probe_guard(void) {
    size_t page = edoi_stack_os_page();
    char *at;
    if (edoi_stack_os_map(&at, page) < 0) return GUARD_UNKNOWN;
    uint32_t kind = probe_guard_at(at, page);
    (void)munmap(at, page);
    return kind;
}

/* If it cannot be determined the result is false, and the next call tries again. */
bool edoi_stack_os_guards_are_light(void) {
    // Relaxed: no other memory depends on the value.
    if (edoi_load_rlx_u32(&protect_forced)) return false;
    uint32_t kind = edoi_load_rlx_u32(&guard_kind);
    if (kind == GUARD_UNKNOWN) {
        int err = errno;
        kind = probe_guard();
        errno = err;
        edoi_store_rlx_u32(&guard_kind, kind);
    }
    return kind == GUARD_LIGHT;
}

void edoi_stack_os_force_protect(bool on) {
    edoi_store_rlx_u32(&protect_forced, on);
}

void edoi_stack_os_force_full(bool on) {
    edoi_store_rlx_u32(&full_forced, on);
}

int edoi_stack_os_guard(char *at, size_t bytes) {
    // It fails on locked memory (mlockall after the slab was mapped), where protection works.
    if (edoi_stack_os_guards_are_light() && madvise(at, bytes, GUARD_INSTALL) == 0) return 0;
    return mprotect(at, bytes, PROT_NONE) == 0 ? 0 : -ENOMEM;
}

#ifdef SYS_process_madvise
/* Will the next call fail with this, too? Old kernels and sandboxes have no such call, and Linux
 * 6.13 has no SELF. */
static bool is_refusal(int err) {
    return err == ENOSYS || err == EPERM || err == EBADF;
}
#endif

bool edoi_stack_os_guard_many(char *at, size_t bytes, size_t stride, uint32_t n) {
#ifdef SYS_process_madvise
    struct iovec ranges[EDOI_GUARDS_AT_ONCE];
    // relaxed: a flag, no data
    if (edoi_load_rlx_u32(&many_refused) || !edoi_stack_os_guards_are_light()) return false;
    for (uint32_t i = 0; i < n; i++) ranges[i] = (struct iovec){ at + i * stride, bytes };
    int err = errno;
    long done = syscall(SYS_process_madvise, SELF, ranges, (size_t)n, GUARD_INSTALL, 0u);
    if (done < 0 && is_refusal(errno)) edoi_store_rlx_u32(&many_refused, true);
    errno = err;
    return done == (long)(n * bytes);
#else
    (void)at, (void)bytes, (void)stride, (void)n;
    return false;
#endif
}

void edoi_stack_os_release(char *at, size_t bytes) {
    int err = errno;
    (void)madvise(at, bytes, MADV_DONTNEED); // refused for locked memory: it stays
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
