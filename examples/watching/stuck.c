/* SPDX-License-Identifier: MIT */
/* stuck.c: a program that says itself what it hangs on.
 *
 *     stuck circle    two tasks wait for each other's lock; a dump shows both stacks
 *     stuck quit      the same, and the dump comes when SIGQUIT does (Ctrl-\), as in any program
 *     stuck blocked   a task calls what blocks its thread; the watchdog names it */
#include <edo/dump.h>
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

typedef struct purse {
    edo_mutex lock;
    int coins;
} purse;

static purse mine = { EDO_MUTEX_INIT, 10 }, yours = { EDO_MUTEX_INIT, 10 };

static int pay_locked(purse *from, purse *to, int coins) {
    int err = edo_mutex_lock(&to->lock); // the second lock, with the first in hand
    if (err < 0) return err;
    from->coins -= coins;
    to->coins += coins;
    edo_mutex_unlock(&to->lock);
    return 0;
}

static int pay(purse *from, purse *to, int coins) {
    int err = edo_mutex_lock(&from->lock);
    if (err < 0) return err;
    err = edo_sleep(edo_ms(50)); // now the other one has his first lock, too
    if (err == 0) err = pay_locked(from, to, coins);
    edo_mutex_unlock(&from->lock);
    return err;
}

static int pay_you(void *arg) {
    (void)arg;
    return pay(&mine, &yours, 3);
}

static int pay_me(void *arg) {
    (void)arg;
    return pay(&yours, &mine, 5);
}

static int circle(void) {
    int err = edo_spawn_detached(pay_you, NULL);
    if (err == 0) err = edo_spawn_detached(pay_me, NULL);
    if (err == 0) err = edo_sleep(edo_ms(200));
    if (err == 0) edo_dump_tasks(stdout);
    return err;
}

static int quit(void) {
    int err = edo_spawn_detached(pay_you, NULL);
    if (err == 0) err = edo_spawn_detached(pay_me, NULL);
    if (err == 0) err = edo_sleep(edo_ms(200));
    puts("waiting for SIGQUIT");
    (void)fflush(stdout);
    return err == 0 ? edo_sleep(edo_s(60)) : err;
}

static void wait_for_the_disk(void) {
    (void)nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
}

static int report(void *arg) {
    (void)arg;
    wait_for_the_disk(); // edo_blocking() is the way
    return 0;
}

static int blocked(void) {
    return edo_task_join(edo_spawn(report, NULL));
}

static int root(void *arg) {
    const char *what = arg;
    if (strcmp(what, "circle") == 0) return circle();
    if (strcmp(what, "quit") == 0) return quit();
    return strcmp(what, "blocked") == 0 ? blocked() : -EINVAL;
}

int main(int argc, char **argv) {
    static const edo_runtime_opts opts = { .watchdog = EDO_MS(10) }; // also in a release build
    return argc == 2 ? edo_main_with(root, argv[1], &opts) : 2;
}
