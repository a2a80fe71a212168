/* SPDX-License-Identifier: MIT */
/* support/counted_alloc.c: preloaded into a program under test, it counts the bytes that the
 * program holds from malloc(): what the program has asked for and not given back, whatever the
 * kernel and malloc() keep. The counts are a `held` in the file that EDO_TEST_HELD names, which the
 * test reads (Held of bounded.py). For glibc, which has its functions under other names, too.
 *
 * libdw cannot be loaded there: its tables of a debug build are many MiB, and it reads them for any
 * report of the watchdog, which comes of a busy machine. edo then tells places by number. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t each);
extern void *__libc_realloc(void *old, size_t n);
extern void *__libc_memalign(size_t align, size_t n);
extern void __libc_free(void *p);

#define REPLACES __attribute__((visibility("default")))

typedef struct held {
    _Atomic int64_t now, most; /* the test sets `most` back */
} held;

static held before; /* until the file is there */
static held *counts = &before;

static void *count(void *p) {
    if (!p) return p;
    int64_t n = (int64_t)malloc_usable_size(p);
    int64_t now = atomic_fetch_add_explicit(&counts->now, n, memory_order_relaxed) + n;
    int64_t most = atomic_load_explicit(&counts->most, memory_order_relaxed);
    while (now > most && !atomic_compare_exchange_weak(&counts->most, &most, now)) continue;
    return p;
}

static void uncount(void *p) {
    if (!p) return;
    (void)atomic_fetch_sub_explicit(&counts->now, (int64_t)malloc_usable_size(p),
                                    memory_order_relaxed);
}

/* Its children count nothing. */
__attribute__((constructor)) static void open_file(void) {
    const char *path = getenv("EDO_TEST_HELD");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0) return;
    void *at = mmap(NULL, sizeof(held), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    (void)unsetenv("EDO_TEST_HELD");
    (void)unsetenv("LD_PRELOAD");
    if (at == MAP_FAILED) return;
    counts = at;
    counts->now += before.now;
}

REPLACES void *malloc(size_t n) {
    return count(__libc_malloc(n));
}

REPLACES void *calloc(size_t n, size_t each) {
    return count(__libc_calloc(n, each));
}

REPLACES void *realloc(void *old, size_t n) {
    int64_t was = old ? (int64_t)malloc_usable_size(old) : 0;
    void *p = __libc_realloc(old, n);
    if (p || n == 0) (void)atomic_fetch_sub_explicit(&counts->now, was, memory_order_relaxed);
    return count(p);
}

REPLACES void *memalign(size_t align, size_t n) {
    return count(__libc_memalign(align, n));
}

REPLACES void *aligned_alloc(size_t align, size_t n) {
    return memalign(align, n);
}

REPLACES int posix_memalign(void **out, size_t align, size_t n) {
    void *p = memalign(align, n);
    if (p) *out = p;
    return p ? 0 : ENOMEM;
}

REPLACES void free(void *p) {
    uncount(p);
    __libc_free(p);
}

REPLACES void *dlopen(const char *file, int mode) {
    void *(*next)(const char *, int);
    if (file && strncmp(file, "libdw.", 6) == 0) return NULL;
    *(void **)(void *)&next = dlsym(RTLD_NEXT, "dlopen");
    return next ? next(file, mode) : NULL;
}
