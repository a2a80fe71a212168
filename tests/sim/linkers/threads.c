/* SPDX-License-Identifier: MIT */
/* Threads and a runtime of two workers beside a world that is linked: a sanitizer has to know the
 * threads, and to see what orders them. One writes before it sends a byte, the other behind the
 * byte: a thread sanitizer that misses read() and write() reports a race. */
#include <edo/edo.h>
#include <edo/sim.h>

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static int ends[2], written_by;

static void *write_then_tell(void *arg) {
    written_by = 1;
    return write(ends[1], "x", 1) == 1 ? arg : NULL;
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

static int spawn_some(void *arg) {
    (void)arg;
    int err = 0;
    for (int i = 0; i < 50 && err == 0; i++) err = edo_task_join(edo_spawn(nothing, NULL));
    return err;
}

int main(void) {
    edo_sim_free(edo_sim_new(NULL));
    pthread_t thread;
    char byte;
    if (pipe(ends) < 0 || pthread_create(&thread, NULL, write_then_tell, NULL) != 0) return 1;
    if (read(ends[0], &byte, 1) != 1) return 1;
    written_by = 2;
    if (pthread_join(thread, NULL) != 0) return 1;
    (void)printf("written by %d\n", written_by);
    return edo_main(spawn_some, NULL);
}
