/* SPDX-License-Identifier: MIT */
/* leaks.c: a server that leaks what its argument says, a hundred in a second: tasks that nobody
 * ends, sockets that nobody closes, or values in a queue that nobody reads. It prints where it
 * shows what is open, and ends with a signal:
 *
 *     leaks tasks &
 *     edo look http://127.0.0.1:41234/open */
#include <edo/dump.h>
#include <edo/edo.h>
#include <edo/mpsc.h>
#include <edo/unix.h>
#include <edo/web.h>

#include <stdio.h>
#include <string.h>

static edo_notify farewell = EDO_NOTIFY_INIT;

static int wait_for_ever(void *arg) {
    (void)arg;
    return edo_notify_wait(&farewell); // nobody ever says it
}

static int leak_tasks(void *arg) {
    (void)arg;
    int err = 0;
    while (err == 0 && (err = edo_sleep(edo_ms(10))) == 0)
        err = edo_spawn_detached(wait_for_ever, NULL);
    return err;
}

static int leak_sockets(void *arg) {
    (void)arg;
    edo_stream *a, *b;
    int err = 0;
    while (err == 0 && (err = edo_sleep(edo_ms(20))) == 0) err = edo_unix_pair(&a, &b);
    return err;
}

static int leak_values(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, sizeof err, EDO_MPSC_UNBOUNDED, NULL);
    if (err < 0) return err;
    while (err == 0 && (err = edo_sleep(edo_ms(10))) == 0) err = edo_mpsc_send(tx, &err);
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return err;
}

static int leaks(void *arg) {
    const char *what = arg;
    edo_listener *l;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    if (strcmp(what, "tasks") == 0) err = edo_spawn_detached(leak_tasks, NULL);
    if (strcmp(what, "sockets") == 0) err = edo_spawn_detached(leak_sockets, NULL);
    if (strcmp(what, "values") == 0) err = edo_spawn_detached(leak_values, NULL);
    edo_router *r = edo_router_new();
    edo_dump_routes(r);
    printf("http://127.0.0.1:%u/open\n", (unsigned)edo_listener_port(l));
    (void)fflush(stdout);
    edo_http_server_opts http = { .listeners = &l, .listeners_n = 1 };
    if (err == 0) err = edo_web_serve(r, &(edo_web_opts){ .http = &http });
    edo_listener_close(l);
    return err == -ECANCELED ? 0 : err;
}

int main(int argc, char **argv) {
    static char nothing[] = "nothing";
    return edo_main(leaks, argc > 1 ? argv[1] : nothing);
}
