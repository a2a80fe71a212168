/* SPDX-License-Identifier: MIT */
/* test/suite/stream_suite.c: runs a kind of stream through the rules of stream_rules.h. */
#include "base/opts.h"
#include "test/suite/stream_rules.h"
#include "test/value.h"

#include <edo/scope.h>

#include <errno.h>

#define RULE_S 60 /* a rule that takes longer hangs */

void edoi_suite_eq(const edoi_suite_pair *p, int64_t is, int64_t want, const char *what, int line) {
    edoi_test_text is_text, want_text;
    if (is == want) return;
    edo_test_fail_at("edo_test_stream_suite", 0, "%s: %s is %s, not %s (rule at line %d)", p->rule,
                     what, edoi_test_value(&is_text, is), edoi_test_value(&want_text, want), line);
}

typedef struct rule {
    const char *name;
    edoi_suite_rule *run;
} rule;

static const rule rules[] = {
    { "bytes arrive in order, however they are cut", edoi_suite_cut_anyhow },
    { "both directions work at once", edoi_suite_both_ways },
    { "several buffers are written and read in order, and empty ones passed over",
      edoi_suite_vectors },
    { "a peek leaves the bytes", edoi_suite_peek },
    { "a writer waits for a peer that does not read", edoi_suite_back_pressure },
    { "a cancelled read loses nothing", edoi_suite_cancelled_read },
    { "a cancelled write is not half done", edoi_suite_cancelled_write },
    { "the end of the input comes after the last byte, and stays", edoi_suite_end_of_input },
    { "a shutdown ends one direction only", edoi_suite_half_close },
    { "a closed stream does nothing more", edoi_suite_closed_here },
    { "a write to a closed peer fails", edoi_suite_closed_there },
    { "a close wakes a reader", edoi_suite_close_wakes_reader },
    { "a close wakes a writer", edoi_suite_close_wakes_writer },
    { "readiness comes with bytes and room", edoi_suite_ready },
    { "a reference keeps the stream open", edoi_suite_references },
};

static int stream_suite_run_rule(const rule *r, edo_test_pair_fn *make, void *arg,
                                 const edo_test_suite_opts *opts) {
    edoi_suite_pair p = { .opts = opts, .rule = r->name };
    int err = make(&p.a, &p.b, arg);
    if (err < 0) return err;
    EDO_DEADLINE(d, edo_s(RULE_S));
    r->run(&p);
    EDOI_SUITE_EQ(&p, edo_deadline_end(&d, 0), 0);
    edo_close(p.a);
    edo_close(p.b);
    return 0;
}

int edo_test_stream_suite(edo_test_pair_fn *make, void *arg, const edo_test_suite_opts *opts) {
    static const edo_test_suite_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    int err = 0;
    for (size_t i = 0; err == 0 && i < EDO_COUNT(rules); i++)
        err = stream_suite_run_rule(&rules[i], make, arg, opts);
    return err;
}
