/* SPDX-License-Identifier: MIT */
/* runtime/frames.c: see frames.h. The same addresses come again and again in the stacks of many tasks, so
 * what was found out is kept for a while. */
#include "runtime/frames.h"

#include "runtime/symbols.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/auxv.h>

#define KNOWN_MAX 256u

static struct {
    uintptr_t at;
    edoi_symbol symbol;
} known[KNOWN_MAX];

/* The file of the loaded object; of the program itself by what it was started from. */
static const char *file_of(const Dl_info *info) {
    Dl_info self;
    bool is_program = dladdr((const void *)(uintptr_t)getauxval(AT_ENTRY), &self) != 0 &&
                      self.dli_fbase == info->dli_fbase;
    return is_program ? "/proc/self/exe" : info->dli_fname;
}

static const edoi_symbol *symbol_of(const Dl_info *info, uintptr_t at) {
    edoi_symbol *symbol = &known[at / 4 % KNOWN_MAX].symbol;
    if (known[at / 4 % KNOWN_MAX].at == at) return symbol;
    known[at / 4 % KNOWN_MAX].at = at;
    edoi_symbol_find(symbol, file_of(info), (uintptr_t)info->dli_fbase, at);
    if (symbol->name[0] == '\0' && info->dli_sname) {
        size_t n = strnlen(info->dli_sname, EDOI_SYMBOL_MAX - 1);
        memcpy(symbol->name, info->dli_sname, n);
        symbol->name[n] = '\0';
        symbol->offset = at - (uintptr_t)info->dli_saddr;
    }
    return symbol;
}

/* By one call: a line is not torn by other threads. */
static void print_frame(FILE *out, size_t at, const void *pc, uintptr_t back) {
    // The call, not what follows it: that may belong to the next line, or the next function.
    uintptr_t call = (uintptr_t)pc - back;
    Dl_info info;
    if (dladdr((const void *)call, &info) == 0 || !info.dli_fname) {
        (void)fprintf(out, "      #%-2zu %#zx\n", at, (size_t)call);
        return;
    }
    const char *slash = strrchr(info.dli_fname, '/');
    const edoi_symbol *symbol = symbol_of(&info, call);
    char offset[24] = "";
    if (symbol->name[0]) (void)snprintf(offset, sizeof offset, "+%#zx ", (size_t)symbol->offset);
    (void)fprintf(out, "      #%-2zu %s%s(%s+%#zx)\n", at, symbol->name, offset,
                  slash ? slash + 1 : info.dli_fname, (size_t)(call - (uintptr_t)info.dli_fbase));
}

void edoi_frames_print(FILE *out, void *const *pcs, size_t n, bool first_is_exact) {
    for (size_t i = 0; i < n; i++) print_frame(out, i, pcs[i], i == 0 && first_is_exact ? 0 : 1);
}
