/* SPDX-License-Identifier: MIT */
/* runtime/frames.c: see frames.h. */
#include "runtime/frames.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

static void print_frame(FILE *out, size_t at, const void *pc, uintptr_t back) {
    // The call, not what follows it: that may belong to the next line, or the next function.
    uintptr_t call = (uintptr_t)pc - back;
    Dl_info info;
    (void)fprintf(out, "      #%-2zu ", at);
    if (dladdr((const void *)call, &info) == 0 || !info.dli_fname) {
        (void)fprintf(out, "%#zx\n", (size_t)call);
        return;
    }
    const char *slash = strrchr(info.dli_fname, '/');
    if (info.dli_sname)
        (void)fprintf(out, "%s+%#zx ", info.dli_sname, (size_t)(call - (uintptr_t)info.dli_saddr));
    (void)fprintf(out, "(%s+%#zx)\n", slash ? slash + 1 : info.dli_fname,
                  (size_t)(call - (uintptr_t)info.dli_fbase));
}

void edoi_frames_print(FILE *out, void *const *pcs, size_t n, int first_is_exact) {
    for (size_t i = 0; i < n; i++) print_frame(out, i, pcs[i], i == 0 && first_is_exact ? 0 : 1);
}
