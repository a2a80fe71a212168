/* SPDX-License-Identifier: MIT */
/* locals.c: what a state machine needs after an await is in its frame; what it does not is in a
 * block that ends before. So no compiler finds a local that an await destroys. */
#include <edo/edo.h>

#include <stdio.h>
#include <string.h>

EDO_ASYNC(tell_three, edo_sleep_future nap; int i;) {
    EDO_BEGIN;
    { // a block that ends before the first await
        int length = (int)strlen("not needed later");
        printf("%d\n", length);
    }
    for (self->i = 0; self->i < 3; self->i++) { // not int i: the loop goes on after the await
        EDO_AWAIT(edo_sleep_init(&self->nap, edo_ms(1)));
        printf("%d\n", self->i);
    }
    EDO_RETURN(0);
    EDO_END;
}

static int root(void *arg) {
    (void)arg;
    tell_three t = { .i = 0 };
    return edo_await(tell_three_init(&t));
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
