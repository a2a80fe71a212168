/* SPDX-License-Identifier: MIT */
/* cleanup.c: what a state machine owns is released however it ends: at its return, by an error, or
 * dropped at any await. */
#include <edo/edo.h>

#include <stdio.h>
#include <stdlib.h>

EDO_ASYNC(copy_slowly, const char *text; char *copy; edo_sleep_future nap; int released;) {
    EDO_BEGIN;
    self->copy = malloc(100);
    EDO_TRY_AWAIT(edo_sleep_init(&self->nap, edo_ms(10)));
    EDO_RETURN(self->copy ? snprintf(self->copy, 100, "%s", self->text) : -1);
    EDO_CLEANUP;
    free(self->copy);
    self->released++;
    EDO_END;
}

static int root(void *arg) {
    (void)arg;
    copy_slowly c = { .text = "twelve bytes" };
    int n = edo_await(copy_slowly_init(&c));
    printf("at its return: %d bytes, released %d time\n", n, c.released);

    c = (copy_slowly){ .text = "never copied" };
    n = edo_timeout(copy_slowly_init(&c), edo_ms(3));
    printf("cut short: %s, released %d time\n", edo_error_name(n), c.released);

    c = (copy_slowly){ .text = "never begun" };
    edo_drop(copy_slowly_init(&c)); // `copy` is NULL: the frame was set to zero before
    printf("never begun: released %d time\n", c.released);
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
