/* SPDX-License-Identifier: MIT */
/* in_libuv.c: edo inside libuv's loop, as two handles of it. A timer of libuv's sends requests,
 * and an edo task replies. */
#include <edo/edo.h>

#include <stdio.h>
#include <uv.h>

enum { NUMBERS = 3 };

static edo_runtime *rt;
static uv_poll_t work;      // edo's descriptor
static uv_timer_t deadline; // edo's next deadline
static uv_timer_t asking;
static int asked_n, replies_n;

/* ---- The handles: all that it takes ---------------------------------------------------------- */

static void turn_at_deadline(uv_timer_t *timer);

static void set_deadline(void) {
    int ms = edo_runtime_timeout_ms(rt); // -1: there is none
    (void)uv_timer_stop(&deadline);
    if (ms >= 0) (void)uv_timer_start(&deadline, turn_at_deadline, (uint64_t)ms, 0);
}

static void close_all(void) {
    uv_close((uv_handle_t *)&work, NULL);
    uv_close((uv_handle_t *)&deadline, NULL);
    uv_close((uv_handle_t *)&asking, NULL);
}

static void turn(void) {
    bool over = edo_runtime_turn(rt, edo_ns(0)) < 0 || replies_n == NUMBERS;
    if (over) {
        close_all(); // before edo's descriptor is closed; uv_run() then returns
    } else {
        set_deadline();
    }
}

static void turn_at_deadline(uv_timer_t *timer) {
    (void)timer;
    turn();
}

static void turn_at_work(uv_poll_t *poll, int status, int events) {
    (void)poll, (void)status, (void)events;
    turn();
}

/* ---- What runs in it ------------------------------------------------------------------------- */

/* It runs in a turn, on libuv's thread: so it may call libuv. */
static int square(void *arg) {
    int n = (int)(intptr_t)arg;
    int err = edo_sleep(edo_ms(1));
    if (err < 0) return err;
    printf("%d squared is %d\n", n, n * n);
    replies_n++;
    return 0;
}

/* Always has something to do; libuv's timers come all the same. */
static int keep_busy(void *arg) {
    (void)arg;
    int err = 0;
    while (err == 0) err = edo_yield();
    return err;
}

static void ask(uv_timer_t *timer) {
    if (replies_n < asked_n) return; // one request at a time
    asked_n++;
    if (edo_spawn_detached_on(rt, square, (void *)(intptr_t)asked_n) < 0) close_all();
    if (asked_n == NUMBERS) (void)uv_timer_stop(timer);
}

int main(void) {
    uv_loop_t *loop = uv_default_loop();
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }) < 0) return 1;
    int fd = edo_runtime_fd(rt);
    if (fd < 0 || edo_spawn_detached_on(rt, keep_busy, NULL) < 0) return 1;
    (void)uv_poll_init(loop, &work, fd);
    (void)uv_timer_init(loop, &deadline);
    (void)uv_timer_init(loop, &asking);
    (void)uv_poll_start(&work, UV_READABLE, turn_at_work);
    (void)uv_timer_start(&asking, ask, 2, 2);
    (void)uv_run(loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(loop);
    edo_runtime_free(rt);
    return replies_n == NUMBERS ? 0 : 1;
}
