/* SPDX-License-Identifier: MIT */
/* moved.c: three moves of a future. Two are fine; the third one is named by a debug build.
 *
 *     moved copy        before the first poll: fine
 *     moved box         the handle moves, the future on the heap does not: fine
 *     moved polled      after the first poll: whoever shall wake it points to the old place */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static edo_notify bell = EDO_NOTIFY_INIT;

static int copy_fresh(void) {
    edo_notify_wait_future here, there;
    (void)edo_notify_wait_init(&here, &bell);
    there = here; // nobody points to it yet
    edo_notify_one(&bell);
    return edo_await(&there.base);
}

static int move_box(void) {
    edo_notify_wait_future on_stack;
    edo_future *box = edo_boxed_new(edo_notify_wait_init(&on_stack, &bell));
    if (!box) return -ENOMEM;
    (void)edo_poll_once(box);
    edo_future *handle = box; // a pointer may go anywhere
    edo_notify_one(&bell);
    return edo_await(handle); // which also frees the box
}

static int copy_polled(void) {
    edo_notify_wait_future here, there;
    (void)edo_poll_once(edo_notify_wait_init(&here, &bell)); // the bell points to it from now on
    there = here;
    int err = edo_await(&there.base); // a debug build aborts here and says why
    edo_drop(&here.base);
    return err;
}

static int root(void *arg) {
    const char *what = arg;
    int err = -EINVAL;
    if (strcmp(what, "copy") == 0) err = copy_fresh();
    if (strcmp(what, "box") == 0) err = move_box();
    if (strcmp(what, "polled") == 0) err = copy_polled();
    printf("%s: %d\n", what, err);
    return err < 0;
}

int main(int argc, char **argv) {
    return argc == 2 ? edo_main(root, argv[1]) : 2;
}
