/* SPDX-License-Identifier: MIT */
/* statics.c: static data are in each run what they were before the first. Most pages are never
 * written, and there are three megabytes of them: all are read-only at first, and the first write
 * to a page notes it. From then on that page goes back before each run, and the others have nothing
 * to go back from. A system call that is the first to write there would fail with EFAULT: what runs
 * in a model makes none that writes.
 *
 * In gdb: `handle SIGSEGV nostop noprint pass`. */
#include "state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The linker's names for the program's data. */
extern char __data_start[], end[];

static size_t page_bytes;
static char *pages, *pages_end; // what is whole of these; the rest of the data always goes back

static char *copy_of(const char *at) {
    return ck->statics + (at - __data_start);
}

static void put_back(char *from, const char *to) {
    memcpy(from, copy_of(from), (size_t)(to - from));
}

static void protect(char *from, const char *to, int how) {
    if (from < to && mprotect(from, (size_t)(to - from), how) != 0) abort();
}

static bool was_written(const char *page) {
    for (size_t i = 0; i < ck->written_n; i++)
        if (ck->written[i] == page) return true;
    return false;
}

bool statics_take_write(const void *at) {
    const char *where = at;
    if (where < pages || where >= pages_end) return false;
    char *page = pages + (size_t)(where - pages) / page_bytes * page_bytes;
    if (was_written(page)) return false; // it is no write: a jump to data, say
    protect(page, page + page_bytes, PROT_READ | PROT_WRITE);
    ck->written[ck->written_n++] = page;
    return true;
}

void statics_setup(void) {
    const size_t bytes = (size_t)(end - __data_start);
    page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    pages = __data_start + (-(uintptr_t)__data_start & (page_bytes - 1));
    pages_end = end - ((uintptr_t)end & (page_bytes - 1));
    if (pages > pages_end) pages = pages_end = end; // the data are within one page
    ck->statics = map(bytes);
    ck->written = map((bytes / page_bytes + 1) * sizeof *ck->written);
}

void statics_keep(void) {
    protect(pages, pages_end, PROT_READ | PROT_WRITE);
    memcpy(ck->statics, __data_start, (size_t)(end - __data_start));
    ck->written_n = 0;
    protect(pages, pages_end, PROT_READ);
}

void statics_restore(void) {
    put_back(__data_start, pages);
    for (size_t i = 0; i < ck->written_n; i++)
        put_back(ck->written[i], ck->written[i] + page_bytes);
    put_back(pages_end, end);
}
