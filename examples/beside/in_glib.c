/* SPDX-License-Identifier: MIT */
/* in_glib.c: edo inside GLib's main loop, as a source of it. A timer of GLib's sends requests,
 * and an edo task replies. */
#include <edo/edo.h>

#include <glib.h>
#include <stdio.h>

enum { NUMBERS = 3 };

static edo_runtime *rt;
static GMainLoop *loop;
static int asked_n, replies_n;

/* ---- The source: all that it takes ----------------------------------------------------------- */

/* For GLib: in us of the same clock, rounded up; -1: never. */
static void set_deadline(GSource *source) {
    edo_instant deadline = edo_runtime_next_deadline(rt);
    g_source_set_ready_time(source, deadline.ns == INT64_MAX ? -1 : deadline.ns / 1000 + 1);
}

/* GLib calls it if the descriptor is readable or the deadline has come. */
static gboolean turn(GSource *source, GSourceFunc fn, gpointer arg) {
    (void)fn, (void)arg;
    if (edo_runtime_turn(rt, edo_ns(0)) < 0) return G_SOURCE_REMOVE;
    set_deadline(source);
    return G_SOURCE_CONTINUE;
}

static GSource *attach(int fd) {
    static GSourceFuncs funcs = { .dispatch = turn };
    GSource *source = g_source_new(&funcs, sizeof *source);
    (void)g_source_add_unix_fd(source, fd, G_IO_IN);
    set_deadline(source);
    (void)g_source_attach(source, NULL);
    return source;
}

/* ---- What runs in it ------------------------------------------------------------------------- */

/* It runs in a turn, on GLib's thread: so it may call GLib. */
static int square(void *arg) {
    int n = GPOINTER_TO_INT(arg);
    int err = edo_sleep(edo_ms(1));
    if (err < 0) return err;
    printf("%d squared is %d\n", n, n * n);
    if (++replies_n == NUMBERS) g_main_loop_quit(loop);
    return 0;
}

/* Always has something to do; GLib's timers come all the same. */
static int keep_busy(void *arg) {
    (void)arg;
    int err = 0;
    while (err == 0) err = edo_yield();
    return err;
}

static gboolean ask(gpointer arg) {
    (void)arg;
    if (replies_n < asked_n) return G_SOURCE_CONTINUE; // one request at a time
    asked_n++;
    if (edo_spawn_detached_on(rt, square, GINT_TO_POINTER(asked_n)) < 0) g_main_loop_quit(loop);
    return asked_n < NUMBERS ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

int main(void) {
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }) < 0) return 1;
    int fd = edo_runtime_fd(rt);
    if (fd < 0 || edo_spawn_detached_on(rt, keep_busy, NULL) < 0) return 1;
    loop = g_main_loop_new(NULL, FALSE);
    GSource *source = attach(fd);
    (void)g_timeout_add(2, ask, NULL);
    g_main_loop_run(loop);
    g_source_destroy(source); // before the descriptor is closed
    g_source_unref(source);
    g_main_loop_unref(loop);
    edo_runtime_free(rt);
    return replies_n == NUMBERS ? 0 : 1;
}
