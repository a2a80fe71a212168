/* SPDX-License-Identifier: MIT */
/* base/symbols/frames.c: see frames.h.
 *
 * dladdr() is not called: it waits for a thread in dlopen(), which may be the examined one.
 * dl_iterate_phdr() waits only while the list of objects changes. */
#include "base/symbols/frames.h"

#include "base/fork.h"
#include "base/held.h"

#include <errno.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <string.h>

#define KNOWN_MAX 256u

/* ---- Where an address lies ------------------------------------------------------------------- */

/* The program or library that contains the instruction `at`. */
typedef struct object {
    uintptr_t at;
    uintptr_t base;      /* load address of its file */
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

/* False: no object contains it. */
static bool object_find(object *o, uintptr_t at) {
    o->at = at;
    return dl_iterate_phdr(look_into, o) != 0;
}

static const char *file_of(const object *o) {
    return o->path[0] ? o->path : "/proc/self/exe";
}

static const char *name_of(const object *o) {
    const char *slash = strrchr(o->path, '/');
    const char *name = slash ? slash + 1 : o->path;
    return *name ? name : program_invocation_short_name;
}

/* ---- Dumps: names only ----------------------------------------------------------------------- */

/* The stacks of many tasks contain the same addresses, so results are cached. */
static struct {
    uintptr_t at;
    edoi_symbol symbol;
} known[KNOWN_MAX];

static const edoi_symbol *symbol_of(const object *o) {
    edoi_symbol *symbol = &known[o->at / 4 % KNOWN_MAX].symbol;
    edoi_image i;
    if (known[o->at / 4 % KNOWN_MAX].at == o->at) return symbol;
    known[o->at / 4 % KNOWN_MAX].at = o->at;
    *symbol = (edoi_symbol){ .offset = 0 };
    if (edoi_image_map(&i, file_of(o))) {
        edoi_symbol_find(symbol, &i, o->at - o->base);
        edoi_image_unmap(&i);
    }
    return symbol;
}

/* By one call, so that other threads cannot write into the line. */
static void print_frame(FILE *out, size_t at, const void *pc, uintptr_t back) {
    static object o; // one thread prints at a time
    // The call, not the return address: that may belong to the next line, or the next function.
    if (!object_find(&o, (uintptr_t)pc - back)) {
        (void)fprintf(out, "      #%-2zu %#zx\n", at, (size_t)o.at);
        return;
    }
    const edoi_symbol *symbol = symbol_of(&o);
    char offset[24] = "";
    if (symbol->name[0]) (void)snprintf(offset, sizeof offset, "+%#zx ", (size_t)symbol->offset);
    (void)fprintf(out, "      #%-2zu %s%s(%s+%#zx)\n", at, symbol->name, offset, name_of(&o),
                  (size_t)(o.at - o.base));
}

void edoi_frames_print(FILE *out, void *const *pcs, size_t n, bool first_is_exact) {
    for (size_t i = 0; i < n; i++) print_frame(out, i, pcs[i], i == 0 && first_is_exact ? 0 : 1);
}

/* ---- Reports of faults: all that is known ---------------------------------------------------- */

static pthread_mutex_t find_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the next four */
static object where;
static bool own_known; /* the next two are set */
static uintptr_t own_base;
static char own_sources[EDOI_LINE_FILE_MAX]; /* the directory of edo's sources; "": unknown */

/* fork() does not wait for this lock: a file may be being read. Partial results are found again. */
static void begin_child(void) {
    find_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    own_known = false;
}

EDOI_ON_FORK(.child = begin_child);

/* Finds the symbol and line of the code at `where` in its file. */
static void look_into_file(edoi_frame *out) {
    edoi_image i;
    if (!edoi_image_map(&i, file_of(&where))) return;
    edoi_symbol_find(&out->symbol, &i, where.at - where.base);
    edoi_source_line_find(&out->line, &i, where.at - where.base);
    edoi_image_unmap(&i);
}

/* Finds the directory of edo's sources, from the path of this file. */
static void find_own(void) {
    static const char tail[] = "base/symbols/frames.c";
    edoi_frame self = { .line.line = 0 };
    own_known = true;
    if (!object_find(&where, (uintptr_t)&edoi_frame_find)) return;
    own_base = where.base;
    look_into_file(&self);
    size_t n = strlen(self.line.file), tail_n = sizeof tail - 1;
    if (n <= tail_n || strcmp(self.line.file + n - tail_n, tail) != 0) return;
    memcpy(own_sources, self.line.file, n - tail_n);
    own_sources[n - tail_n] = '\0';
}

/* Is it a source of edo, other than a test next to it? */
static bool is_source_of_edo(const char *file) {
    static const char test[] = "_test.c";
    size_t n = strlen(file), test_n = sizeof test - 1;
    if (own_sources[0] == '\0' || strncmp(file, own_sources, strlen(own_sources)) != 0)
        return false;
    return n < test_n || strcmp(file + n - test_n, test) != 0;
}

/* By name, by its library, or by its source. */
static bool is_ours(const edoi_frame *f) {
    if (strncmp(f->symbol.name, "edo_", 4) == 0 || strncmp(f->symbol.name, "edoi_", 5) == 0)
        return true;
    if (where.base != own_base) return false;
    return where.path[0] != '\0' || is_source_of_edo(f->line.file);
}

void edoi_frame_find(edoi_frame *out, const void *pc, bool is_return) {
    uintptr_t call = (uintptr_t)pc - (is_return ? 1 : 0);
    *out = (edoi_frame){ .offset = call };
    edoi_mutex_acquire(&find_mutex);
    if (!own_known) find_own();
    if (object_find(&where, call)) {
        look_into_file(out);
        (void)snprintf(out->object, sizeof out->object, "%.*s", (int)sizeof out->object - 1,
                       name_of(&where));
        out->offset = call - where.base;
        out->is_ours = is_ours(out);
    }
    edoi_mutex_release(&find_mutex);
}

void edoi_frame_print(FILE *out, size_t at, const edoi_frame *f) {
    char offset[24] = "", line[EDOI_LINE_FILE_MAX + 24] = "";
    if (f->symbol.name[0])
        (void)snprintf(offset, sizeof offset, "+%#zx ", (size_t)f->symbol.offset);
    if (f->line.file[0])
        (void)snprintf(line, sizeof line, "at %s:%u ", f->line.shown, f->line.line);
    (void)fprintf(out, "      #%-2zu %s%s%s(%s%s%#zx)\n", at, f->symbol.name, offset, line,
                  f->object, f->object[0] ? "+" : "", (size_t)f->offset);
}

void edoi_place_tell(char *to, size_t bytes, const void *return_address) {
    edoi_frame f;
    if (!return_address) {
        (void)snprintf(to, bytes, "an unknown place");
        return;
    }
    edoi_frame_find(&f, return_address, true);
    if (f.line.file[0]) {
        (void)snprintf(to, bytes, "%s:%u", f.line.shown, f.line.line);
    } else if (f.symbol.name[0]) {
        (void)snprintf(to, bytes, "%s+%#zx", f.symbol.name, (size_t)f.symbol.offset);
    } else {
        (void)snprintf(to, bytes, "%s+%#zx", f.object, (size_t)f.offset);
    }
}
