/* SPDX-License-Identifier: MIT */
/* stacks/libdw.c: see libdw.h.
 *
 * Files are opened by find_elf() below: closed on exec, and the program's also if its file was
 * replaced meanwhile. Debug information that was split off is found by debug_file.c, since libdw
 * might fetch it from a server. */
#include "stacks/libdw.h"

#if defined(__has_include)
#    if __has_include(<elfutils/libdwfl.h>) && __has_include(<elfutils/version.h>)
#        include <elfutils/version.h>
#        if _ELFUTILS_PREREQ(0, 188)
#            define HAS_HEADERS 1
#        endif
#    endif
#endif

#ifdef HAS_HEADERS

#    include "stacks/debug_file.h"
#    include "stacks/frame_pointer.h"
#    include "stacks/objects.h"

#    include <dlfcn.h>
#    include <dwarf.h>
#    include <elfutils/libdwfl.h>
#    include <fcntl.h>
#    include <stdlib.h>
#    include <string.h>
#    include <sys/auxv.h>

#    define FUNCTIONS(X)                                                                           \
        X(dwarf_attr)                                                                              \
        X(dwarf_cfi_addrframe)                                                                     \
        X(dwarf_formstring)                                                                        \
        X(dwarf_frame_info)                                                                        \
        X(dwarf_getsrc_die)                                                                        \
        X(dwarf_haspc)                                                                             \
        X(dwarf_lineaddr)                                                                          \
        X(dwarf_lineno)                                                                            \
        X(dwarf_linesrc)                                                                           \
        X(dwfl_addrmodule)                                                                         \
        X(dwfl_attach_state)                                                                       \
        X(dwfl_begin)                                                                              \
        X(dwfl_end)                                                                                \
        X(dwfl_frame_pc)                                                                           \
        X(dwfl_frame_reg)                                                                          \
        X(dwfl_getthread_frames)                                                                   \
        X(dwfl_module_addrdie)                                                                     \
        X(dwfl_module_addrinfo)                                                                    \
        X(dwfl_module_build_id)                                                                    \
        X(dwfl_module_eh_cfi)                                                                      \
        X(dwfl_module_nextcu)                                                                      \
        X(dwfl_report_begin)                                                                       \
        X(dwfl_report_end)                                                                         \
        X(dwfl_report_module)                                                                      \
        X(dwfl_thread_state_register_pc)                                                           \
        X(dwfl_thread_state_registers)

#    define POINTER(name) __typeof__(&name) name;
static struct { FUNCTIONS(POINTER) } dw; /* const once loaded */

static Dwfl *dwfl; /* NULL: closed */

bool edoi_libdw_load(void) {
    void *lib = getauxval(AT_BASE) ? dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL) : NULL;
    void *at = lib;
#    define FIND(name)                                                                             \
        at = at ? dlsym(lib, #name) : NULL;                                                        \
        memcpy(&dw.name, &at, sizeof at);
    FUNCTIONS(FIND)
    return at != NULL;
}

/* ---- What is loaded -------------------------------------------------------------------------- */

static int find_elf(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                    char **file_name, Elf **elf) {
    (void)module, (void)data, (void)base, (void)file_name, (void)elf;
    return open(name, O_RDONLY | O_CLOEXEC);
}

static int find_debuginfo(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                          const char *file, const char *link, GElf_Word crc, char **file_name) {
    (void)data, (void)base, (void)file, (void)file_name;
    edoi_debug_link of = { .of = name, .name = link, .crc = crc };
    GElf_Addr at;
    int n = dw.dwfl_module_build_id(module, &of.id, &at);
    of.id_n = n > 0 ? (size_t)n : 0;
    return edoi_debug_file_open(&of);
}

static pid_t next_thread(Dwfl *of, void *arg, void **at);
static bool read_word(Dwfl *of, Dwarf_Addr at, Dwarf_Word *out, void *arg);
static bool set_registers(Dwfl_Thread *thread, void *arg);

bool edoi_libdw_open(void) {
    static const Dwfl_Callbacks files = { .find_elf = find_elf, .find_debuginfo = find_debuginfo };
    static const Dwfl_Thread_Callbacks threads = { .next_thread = next_thread,
                                                   .memory_read = read_word,
                                                   .set_initial_registers = set_registers };
    static edoi_object o;
    if (dwfl) return true;
    dwfl = dw.dwfl_begin(&files);
    if (!dwfl) return false;
    dw.dwfl_report_begin(dwfl);
    for (size_t i = 0; edoi_object_number(&o, i); i++)
        (void)dw.dwfl_report_module(dwfl, o.path, o.from, o.to);
    (void)dw.dwfl_report_end(dwfl, NULL, NULL);
    (void)dw.dwfl_attach_state(dwfl, NULL, 1, &threads, NULL); // fails: no stack is unwound
    return true;
}

void edoi_libdw_close(void) {
    if (dwfl) dw.dwfl_end(dwfl);
    dwfl = NULL;
}

void edoi_libdw_forget(void) {
    dwfl = NULL;
}

/* ---- Function and line ----------------------------------------------------------------------- */

/* C++ mangles a function outside classes and namespaces as _Z, or _ZL if static, then the length of
 * its name, the name, and types. Moves `*name` to the plain name and returns its length. */
static size_t plain_name(const char **name) {
    size_t n = strlen(*name), at = strncmp(*name, "_Z", 2) == 0 ? 2 : n, plain_n = 0;
    if (at < n && (*name)[at] == 'L') at++;
    while (at < n && (*name)[at] >= '0' && (*name)[at] <= '9' && plain_n < n)
        plain_n = plain_n * 10 + (size_t)((*name)[at++] - '0');
    if (plain_n == 0 || plain_n > n - at) return n;
    *name += at;
    return plain_n;
}

static void find_function(edoi_frame *out, Dwfl_Module *module, uintptr_t at) {
    GElf_Off offset;
    GElf_Sym symbol;
    const char *name = dw.dwfl_module_addrinfo(module, at, &offset, &symbol, NULL, NULL, NULL);
    if (!name || offset >= symbol.st_size) return; // just the nearest one
    size_t n = plain_name(&name);
    if (n > sizeof out->function - 1) n = sizeof out->function - 1;
    memcpy(out->function, name, n);
    out->function[n] = '\0';
    out->function_offset = (uintptr_t)offset;
}

/* The unit that contains the instruction. Compilers need not write the index that libdw reads;
 * where some have and others have not, it finds a neighbour. */
static Dwarf_Die *unit_of(Dwfl_Module *module, uintptr_t at, Dwarf_Addr *bias) {
    Dwarf_Die *unit = dw.dwfl_module_addrdie(module, at, bias);
    if (unit && dw.dwarf_haspc(unit, at - *bias) == 1) return unit;
    unit = NULL;
    do unit = dw.dwfl_module_nextcu(module, unit, bias);
    while (unit && dw.dwarf_haspc(unit, at - *bias) != 1);
    return unit;
}

static void find_line(edoi_frame *out, Dwfl_Module *module, uintptr_t at) {
    Dwarf_Addr bias, row_at = at;
    Dwarf_Attribute attribute;
    Dwarf_Die *unit = unit_of(module, at, &bias);
    Dwarf_Line *row = unit ? dw.dwarf_getsrc_die(unit, at - bias) : NULL;
    int line = 0;
    // A row without a line belongs to the one before it.
    while (row && dw.dwarf_lineno(row, &line) == 0 && line == 0) {
        if (dw.dwarf_lineaddr(row, &row_at) != 0) return;
        row = dw.dwarf_getsrc_die(unit, row_at - 1);
    }
    const char *file = row ? dw.dwarf_linesrc(row, NULL, NULL) : NULL;
    if (!file || line == 0) return;
    const char *directory = dw.dwarf_formstring(dw.dwarf_attr(unit, DW_AT_comp_dir, &attribute));
    size_t n = directory ? strlen(directory) : 0;
    bool is_below = n > 0 && strncmp(file, directory, n) == 0 && file[n] == '/';
    // libdw adds the directory to the unit's own file, but not to headers of DWARF 5.
    bool is_added = !is_below && n > 0 && file[0] != '/';
    (void)snprintf(out->file, sizeof out->file, "%s%s%s", is_added ? directory : "",
                   is_added ? "/" : "", file);
    out->shown = (is_below || is_added) && n + 1 < strlen(out->file) ? (uint32_t)n + 1 : 0;
    out->line = (uint32_t)line;
}

void edoi_libdw_find(edoi_frame *out, uintptr_t at) {
    Dwfl_Module *module = dw.dwfl_addrmodule(dwfl, at);
    if (!module) return;
    find_function(out, module, at);
    find_line(out, module, at);
}

/* ---- The stack of a thread that waits -------------------------------------------------------- */

#    if defined(__x86_64__)
enum { FP = 6, SP = 7 };
#    else // aarch64; elsewhere libdw finds no frames
enum { FP = 29, SP = 31 };
#    endif

#    define ROWS_MAX 8 /* from a call back to where its function begins */

/* A walk from one frame on. The walk ends early at a function without tables, or whose frame
 * depends on a register that only the kernel knows. */
static struct {
    Dwarf_Word pc, sp, fp; /* of the first frame; fp 0: unknown */
    bool goes_on;          /* that frame has been noted before */
    void **pcs;
    size_t n, max;
    bool knows_fp; /* of the last frame */
    Dwarf_Word last_sp;
} walk;

/* There is one thread. */
static pid_t next_thread(Dwfl *of, void *arg, void **at) {
    (void)of, (void)arg;
    bool is_first = *at == NULL;
    *at = &walk;
    return is_first;
}

static bool read_word(Dwfl *of, Dwarf_Addr at, Dwarf_Word *out, void *arg) {
    (void)of, (void)arg;
    uintptr_t word;
    if (!edoi_peek(&word, (uintptr_t)at, sizeof word)) return false;
    *out = word;
    return true;
}

static bool set_registers(Dwfl_Thread *thread, void *arg) {
    (void)arg;
    dw.dwfl_thread_state_register_pc(thread, walk.pc);
    if (walk.fp && !dw.dwfl_thread_state_registers(thread, FP, 1, &walk.fp)) return false;
    return dw.dwfl_thread_state_registers(thread, SP, 1, &walk.sp);
}

static int note_frame(Dwfl_Frame *frame, void *arg) {
    (void)arg;
    Dwarf_Addr pc;
    Dwarf_Word fp;
    if (!dw.dwfl_frame_pc(frame, &pc, NULL) || pc == 0) return DWARF_CB_ABORT;
    if (!walk.goes_on) walk.pcs[walk.n++] = (void *)(uintptr_t)pc;
    walk.goes_on = false;
    walk.knows_fp = dw.dwfl_frame_reg(frame, FP, &fp) == 0;
    if (dw.dwfl_frame_reg(frame, SP, &walk.last_sp) != 0) walk.knows_fp = true; // of no use
    return walk.n < walk.max ? DWARF_CB_OK : DWARF_CB_ABORT;
}

/* The frame pointer at the last frame; 0: unknown. The function may have no symbol, but it begins
 * where a row of the table of frames does: that of the call, or one of the few before it. */
static uintptr_t last_fp(void) {
    uintptr_t pc = (uintptr_t)walk.pcs[walk.n - 1] - (walk.n > 1), fp = 0;
    Dwarf_Addr bias = 0, from, to;
    Dwfl_Module *module = dw.dwfl_addrmodule(dwfl, pc);
    Dwarf_CFI *table = module ? dw.dwfl_module_eh_cfi(module, &bias) : NULL;
    for (int i = 0; table && i < ROWS_MAX && fp == 0; i++, pc = (uintptr_t)(from + bias) - 1) {
        Dwarf_Frame *row;
        bool is_signal;
        if (dw.dwarf_cfi_addrframe(table, pc - bias, &row) != 0) return 0;
        (void)dw.dwarf_frame_info(row, &from, &to, &is_signal);
        free(row);
        fp = edoi_frame_pointer_find((uintptr_t)walk.last_sp, (uintptr_t)(from + bias));
    }
    return fp;
}

size_t edoi_libdw_unwind(uintptr_t pc, uintptr_t sp, void **pcs, size_t max) {
    walk.pc = pc;
    walk.sp = sp;
    walk.fp = 0;
    walk.goes_on = false;
    walk.pcs = pcs;
    walk.n = 0;
    walk.max = max;
    do {
        walk.knows_fp = true;
        (void)dw.dwfl_getthread_frames(dwfl, 1, note_frame, NULL);
        if (walk.n == walk.max || walk.knows_fp) break;
        walk.fp = last_fp();
        walk.sp = walk.last_sp;
        walk.pc = (uintptr_t)pcs[walk.n - 1] - (walk.n > 1); // in the call that it makes
        walk.goes_on = true;
    } while (walk.fp);
    return walk.n;
}

#else

bool edoi_libdw_load(void) {
    return false;
}

bool edoi_libdw_open(void) {
    return false;
}

void edoi_libdw_close(void) {}

void edoi_libdw_forget(void) {}

void edoi_libdw_find(edoi_frame *out, uintptr_t at) {
    (void)out, (void)at;
}

size_t edoi_libdw_unwind(uintptr_t pc, uintptr_t sp, void **pcs, size_t max) {
    (void)pc, (void)sp, (void)pcs, (void)max;
    return 0;
}

#endif
