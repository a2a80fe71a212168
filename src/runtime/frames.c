/* SPDX-License-Identifier: MIT */
/* runtime/frames.c: see frames.h. The same addresses come again and again in the stacks of many
 * tasks, so what was found out is kept for a while.
 *
 * dladdr() is not called: it waits for a thread that is in dlopen(), and that may be the one that is
 * looked at. dl_iterate_phdr() waits only while the list of objects changes. */
#include "runtime/frames.h"

#include "runtime/symbols.h"

#include <errno.h>
#include <limits.h>
#include <link.h>
#include <string.h>

#define KNOWN_MAX 256u

static struct {
    uintptr_t at;
    edoi_symbol symbol;
} known[KNOWN_MAX];

/* The program or library that has the instruction `at`. */
typedef struct object {
    uintptr_t at;
    uintptr_t base;      /* addresses in its file begin here */
    char path[PATH_MAX]; /* "": the program */
} object;

/* Called for each loaded object; 1: it is the right one. */
static int look_into(struct dl_phdr_info *info, size_t bytes, void *arg) {
    object *out = arg;
    (void)bytes;
    for (uint32_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + p->p_vaddr;
        if (p->p_type != PT_LOAD || out->at < from || out->at - from >= p->p_memsz) continue;
        out->base = info->dlpi_addr;
        size_t n = strnlen(info->dlpi_name, sizeof out->path - 1);
        memcpy(out->path, info->dlpi_name, n);
        out->path[n] = '\0';
        return 1;
    }
    return 0;
}

static const edoi_symbol *symbol_of(const object *o) {
    edoi_symbol *symbol = &known[o->at / 4 % KNOWN_MAX].symbol;
    if (known[o->at / 4 % KNOWN_MAX].at == o->at) return symbol;
    known[o->at / 4 % KNOWN_MAX].at = o->at;
    edoi_symbol_find(symbol, o->path[0] ? o->path : "/proc/self/exe", o->base, o->at);
    return symbol;
}

/* By one call: a line is not torn by other threads. */
static void print_frame(FILE *out, size_t at, const void *pc, uintptr_t back) {
    static object o; // one prints at a time
    // The call, not what follows it: that may belong to the next line, or the next function.
    o.at = (uintptr_t)pc - back;
    if (dl_iterate_phdr(look_into, &o) == 0) {
        (void)fprintf(out, "      #%-2zu %#zx\n", at, (size_t)o.at);
        return;
    }
    const char *slash = strrchr(o.path, '/');
    const char *name = slash ? slash + 1 : o.path;
    const edoi_symbol *symbol = symbol_of(&o);
    char offset[24] = "";
    if (symbol->name[0]) (void)snprintf(offset, sizeof offset, "+%#zx ", (size_t)symbol->offset);
    (void)fprintf(out, "      #%-2zu %s%s(%s+%#zx)\n", at, symbol->name, offset,
                  *name ? name : program_invocation_short_name, (size_t)(o.at - o.base));
}

void edoi_frames_print(FILE *out, void *const *pcs, size_t n, bool first_is_exact) {
    for (size_t i = 0; i < n; i++) print_frame(out, i, pcs[i], i == 0 && first_is_exact ? 0 : 1);
}
