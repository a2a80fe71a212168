/* SPDX-License-Identifier: MIT */
/* entered.c: a plain thread that enters a runtime can spawn there; one that did not says where. */
#include <edo/edo.h>

#include <stdio.h>

static int square(void *arg) {
    int *number = arg;
    *number *= *number;
    return 0;
}

static int square_all(int numbers[], size_t n) {
    EDO_SCOPE(s, NULL);
    for (size_t i = 0; i < n; i++) edo_scope_spawn(&s, square, &numbers[i]);
    return edo_scope_end(&s, 0); // parks this thread; the workers run the children
}

static int work(edo_runtime *rt) {
    int numbers[] = { 1, 2, 3, 4 };
    int err = edo_runtime_enter(rt);
    if (err < 0) return err;
    err = square_all(numbers, EDO_COUNT(numbers));
    printf("entered: %d %d %d %d\n", numbers[0], numbers[1], numbers[2], numbers[3]);
    printf("I am task number %d\n", (int)edo_task_current_id());
    edo_runtime_leave(rt);
    if (err < 0) return err;

    int nowhere = edo_task_join(edo_spawn(square, &numbers[3]));
    printf("left: %s\n", edo_error_name(nowhere));
    err = edo_task_join(edo_spawn_on(rt, square, &numbers[3])); // says where
    printf("spawned on it: %d\n", numbers[3]);
    return err;
}

int main(void) {
    edo_runtime *rt;
    int err = edo_runtime_new(&rt, NULL);
    if (err == 0) {
        err = work(rt);
        edo_runtime_free(rt);
    }
    if (err < 0) (void)fprintf(stderr, "%s\n", edo_strerror(err));
    return err < 0;
}
