/* SPDX-License-Identifier: MIT */
/* signal/log_hangup.c: edo_log_on_hangup(): a task of edo's own that listens. */
#include "base/memory/alloc.h"
#include "log/out/file.h"
#include "records/unfinished.h"

#include <edo/blocking.h>
#include <edo/signal.h>
#include <edo/task.h>

#include <errno.h>
#include <signal.h>

typedef struct hangup {
    edo_signal *signal;
    edo_log_hangup_fn *fn;
    void *arg;
} hangup;

static int reopen(void *arg) {
    (void)arg;
    edoi_log_files_reopen();
    return 0;
}

static int listen_to_hangup(void *arg) {
    hangup *self = arg;
    int err;
    while ((err = edo_signal_recv(self->signal)) == 0) {
        if (edo_blocking(reopen, NULL) < 0) edo_trail_clear(); // cancelled, or no thread
        if (self->fn) self->fn(self->arg);
    }
    edo_signal_close(self->signal);
    edoi_free(self);
    return err;
}

int edo_log_on_hangup(edo_log_hangup_fn *fn, void *arg) {
    static const edo_spawn_opts opts = { .name = EDOI_OWN_TASK "reopens logs on SIGHUP",
                                         .no_context = true };
    hangup *self = edoi_alloc(sizeof *self);
    if (!self) return -ENOMEM;
    *self = (hangup){ .fn = fn, .arg = arg };
    int err = edo_signal_listen(&self->signal, SIGHUP);
    if (err < 0) {
        edoi_free(self);
        return err;
    }
    err = edo_spawn_detached_with(listen_to_hangup, self, &opts);
    if (err < 0) {
        edo_signal_close(self->signal);
        edoi_free(self);
    }
    return err;
}
