/* SPDX-License-Identifier: MIT */
/* looked_at.c: a program to look into with a browser: many visitors that wait, two tasks that have
 * locked each other out, and one whose name is markup, which stays text.
 *
 *     EDO_WATCH=locks looked_at [HOST:PORT [VISITORS]]     and then http://HOST:PORT/console/
 *
 * With EDO_CONSOLE=1 edo console shows it in a terminal, too. */
#include <edo/console.h>
#include <edo/console_page.h>
#include <edo/edo.h>

#include <stdlib.h>

/* ---- Tasks ----------------------------------------------------------------------------------- */

EDO_ASYNC(visitor, edo_sleep_future nap;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_sleep_init(&self->nap, edo_hours(24)));
    EDO_RETURN(0);
    EDO_END;
}

static int let_in(unsigned long visitors) {
    int err = 0;
    for (unsigned long i = 0; err == 0 && i < visitors; i++) {
        visitor v = { 0 };
        err = edo_spawn_future_detached(visitor_init(&v)); // moved into the task
    }
    return err;
}

typedef struct purse {
    edo_mutex lock;
    int coins;
} purse;

static purse mine = { EDO_MUTEX_INIT, 10 }, yours = { EDO_MUTEX_INIT, 10 };

static int pay(purse *from, purse *to, int coins) {
    int err = edo_mutex_lock(&from->lock);
    if (err < 0) return err;
    err = edo_sleep(edo_ms(10)); // now the other one has his first lock, too
    if (err == 0) err = edo_mutex_lock(&to->lock);
    if (err == 0) {
        from->coins -= coins;
        to->coins += coins;
        edo_mutex_unlock(&to->lock);
    }
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

static int wait_for_ever(void *arg) {
    (void)arg;
    return edo_sleep(edo_hours(24));
}

static int begin(unsigned long visitors) {
    int err = edo_spawn_detached(pay_you, NULL);
    if (err == 0) err = edo_spawn_detached(pay_me, NULL);
    if (err == 0)
        err = edo_spawn_detached_with(wait_for_ever, NULL,
                                      &(edo_spawn_opts){ .name = "<img src=x onerror=alert(1)>" });
    return err == 0 ? let_in(visitors) : err;
}

/* ---- The program ----------------------------------------------------------------------------- */

static int app(void *arg) {
    char **args = arg;
    const char *listen = args[1] ? args[1] : "127.0.0.1:8080";
    int err = edo_console_start(NULL);
    if (err == 0) err = begin(args[1] && args[2] ? strtoul(args[2], NULL, 10) : 100000);
    edo_router *r = edo_router_new();
    edo_console_routes(r, &(edo_console_page_opts){ .always = true });
    const edo_web_opts opts = { .listen = listen, .announce_as = "looked at" };
    if (err == 0) return edo_web_serve(r, &opts);
    edo_router_free(r);
    return err;
}

int main(int argc, char **argv) {
    return argc <= 3 ? edo_main(app, argv) : 2;
}
