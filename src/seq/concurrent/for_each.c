/* SPDX-License-Identifier: MIT */
/* seq/concurrent/for_each.c: a function for each item, several at once, until all have ended
 * (contract: edo/seq.h). */
#include <edo/scope.h>
#include <edo/seq.h>

/* What the tasks borrow from the caller's frame, which waits for the last one. */
typedef struct each {
    edo_seq_each_fn *fn;
    void *arg;
} each;

static int run_each(void *arg, const void *in, void *out) {
    const each *e = arg;
    (void)out;
    return e->fn(e->arg, in);
}

int edo_seq_for_each_concurrent_at(edo_seq *s, size_t n, edo_seq_each_fn *fn, void *arg,
                                   const char *site) {
    each e = { fn, arg };
    int rc;
    edo_seq *all = edo_seq_try_buffer_unordered_at(s, n, run_each, &e, 0, site);
    while ((rc = edo_seq_next(all, NULL)) == 1) continue; // outputs of no bytes
    edo_shield sh; // the tasks are awaited also by a caller that is cancelled
    edo_shield_begin(&sh, edo_s(-1));
    (void)edo_seq_shutdown(all);
    return edo_shield_end(&sh, rc);
}
