/* SPDX-License-Identifier: MIT */
/* tls/watch.c: loads the files of a server again when they have changed.
 *
 * The files are looked at each second, by their names. So a symlink that points elsewhere, a folder
 * that was renamed, and a file on a network are noticed as any change is; a notification by the
 * kernel has an inode, and would need one for each folder on the way. */
#include "tls/server.h"

#include <edo/blocking.h>
#include <edo/time.h>

#include <errno.h>

#define EDO_TARGET "tls"
#include <edo/log.h>

#define LOOK edo_s(1) /* how often; what has changed must stay as it is from one look to the next */

typedef struct tls_watch {
    edo_tls_server *server;
    uint64_t state; /* of the files: now */
} tls_watch;

static int watch_look(void *arg) {
    tls_watch *w = arg;
    w->state = edoi_tls_server_look(w->server);
    return 0;
}

static int watch_reload(void *arg) {
    return edo_tls_server_reload(arg);
}

/* Is it wrong with this process, not with the files? They are tried again. */
static bool watch_is_passing(int err) {
    return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -EAGAIN || err == -ESTALE;
}

/* A pair that is refused is tried again when it has changed. */
static int watch_load(edo_tls_server *server, uint64_t *done, uint64_t state) {
    int err = edo_blocking(watch_reload, server);
    if (!watch_is_passing(err)) *done = state;
    if (err == 0) {
        edo_info("the certificates were loaded again");
    } else if (err != -ECANCELED) {
        char why[512];
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        edo_trail_clear();
        edo_warn("new certificates are refused, the old ones go on: %s", why);
    }
    return err == -ECANCELED ? err : 0;
}

int edo_tls_server_watch(edo_tls_server *tls) {
    if (EDO_MISUSE(!tls, "a TLS configuration is used that is NULL")) return -EDO_EMISUSE;
    tls_watch w = { .server = tls };
    uint64_t done = edoi_tls_server_state(tls), seen = done;
    for (;;) {
        int err = edo_sleep(LOOK);
        if (err < 0) return err;
        err = edo_blocking(watch_look, &w);
        if (watch_is_passing(err)) continue; // no thread has looked
        if (err == 0 && w.state == seen && w.state != done) err = watch_load(tls, &done, w.state);
        if (err < 0) return err;
        seen = w.state;
    }
}
