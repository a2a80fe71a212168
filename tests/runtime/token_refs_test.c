/* SPDX-License-Identifier: MIT */
/* Goal: the references that edo itself holds of a token, for a block or a task, are none of the
 * program's handles: a token that is given up too often, or used after that, is named with the line
 * where the program gave it up.
 * Method: each breach in a child, whose standard error is read. */
#include <edo/edo.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "last_words.h"

/* Where the token is given up, and where it is used after that; shared with the child. */
static struct { int up, used; } * lines;

#define UP(call)   (lines->up = __LINE__, call)
#define USED(call) (lines->used = __LINE__, call)

static edo_cancel_token *new_token(void) {
    edo_cancel_token *t;
    if (edo_cancel_new(&t) < 0) abort();
    return t;
}

static int wait_long(void *arg) {
    (void)arg;
    return edo_sleep(edo_s(60));
}

static int uses_after_its_block(void *arg) {
    (void)arg;
    edo_cancel_token *t = new_token();
    edo_cancel_block b;
    edo_cancel_begin(&b, t);
    UP(edo_cancel_unref(t));
    int err = edo_cancel_end(&b, 0); // the last one that holds it
    USED(edo_cancel(t, EDO_CANCEL_ASKED));
    return err;
}

static int gives_up_twice_in_a_block(void *arg) {
    (void)arg;
    edo_cancel_token *t = new_token();
    edo_cancel_block b;
    edo_cancel_begin(&b, t);
    UP(edo_cancel_unref(t));
    USED(edo_cancel_unref(t));
    return edo_cancel_end(&b, 0);
}

static int fires_what_only_a_task_holds(void *arg) {
    edo_cancel_token *t = new_token();
    edo_task *task = edo_spawn_with(wait_long, arg, &(edo_spawn_opts){ .cancel = t });
    UP(edo_cancel_unref(t));
    USED(edo_cancel(t, EDO_CANCEL_ASKED));
    return edo_task_join(task);
}

static int fires_after_the_end_of_the_task(void *arg) {
    edo_cancel_token *t = new_token();
    edo_task *task = edo_spawn_with(wait_long, arg, &(edo_spawn_opts){ .cancel = t });
    edo_cancel(t, EDO_CANCEL_ASKED);
    int err = edo_task_join(task);
    UP(edo_cancel_unref(t));
    USED(edo_cancel(t, EDO_CANCEL_ASKED));
    return err;
}

static int begins_a_block_of_none(void *arg) {
    (void)arg;
    edo_cancel_token *t = new_token();
    edo_cancel_block b;
    UP(edo_cancel_unref(t));
    USED(edo_cancel_begin(&b, t));
    return edo_cancel_end(&b, 0);
}

static int spawns_with_none(void *arg) {
    edo_cancel_token *t = new_token();
    UP(edo_cancel_unref(t));
    return edo_task_join(USED(edo_spawn_with(wait_long, arg, &(edo_spawn_opts){ .cancel = t })));
}

static edo_task_fn *const breaches[] = {
    uses_after_its_block,         gives_up_twice_in_a_block,
    fires_what_only_a_task_holds, fires_after_the_end_of_the_task,
    begins_a_block_of_none,       spawns_with_none,
};

static int run(void *fn) {
    return edo_main(*(edo_task_fn *const *)fn, NULL);
}

static void the_programs_lines_are_named(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    print_message("skipped: a release build does not remember, nor one for the thread sanitizer\n");
    skip();
#endif
    for (size_t i = 0; i < EDO_COUNT(breaches); i++) {
        char said[8192], up[128], used[64];
        edo_task_fn *fn = breaches[i];
        int status = last_words(run, &fn, said, sizeof said);
        (void)snprintf(up, sizeof up, "tests/runtime/token_refs_test.c:%d\n", lines->up);
        (void)snprintf(used, sizeof used, "tests/runtime/token_refs_test.c:%d)", lines->used);
        const char *line = strstr(said, "edo: the cancel token made at ");
        if (line) line = strstr(line, " [task root of edo_main] was given up at ");
        if (!is_abort(status) || !line || !strstr(line, up) || !strstr(line, used))
            fail_msg("row %zu: want %s and %s, status %x, said: %s", i, up, used, (unsigned)status,
                     said);
    }
}

/* All references of the program are gone before the block and the task end. */
static int gives_up_early(void *arg) {
    edo_cancel_token *t = new_token(), *child;
    if (edo_cancel_child(&child, t) < 0) abort();
    edo_task *task = edo_spawn_with(wait_long, arg, &(edo_spawn_opts){ .cancel = child });
    edo_cancel_block b;
    edo_cancel_begin(&b, child);
    edo_cancel_unref(child);
    edo_cancel(t, EDO_CANCEL_ASKED);
    edo_cancel_unref(t);
    if (edo_cancel_end(&b, edo_yield()) != -ECANCELED) return 1;
    return edo_task_join(task) == -ECANCELED ? 0 : 2;
}

static void correct_use_reports_nothing(void **state) {
    (void)state;
    char said[8192];
    edo_task_fn *fn = gives_up_early;
    int status = last_words(run, &fn, said, sizeof said);
    if (status != 0 || *said) fail_msg("status %x, said: %s", (unsigned)status, said);
}

int main(void) {
    lines = mmap(NULL, sizeof *lines, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (lines == MAP_FAILED) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_programs_lines_are_named),
        cmocka_unit_test(correct_use_reports_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
