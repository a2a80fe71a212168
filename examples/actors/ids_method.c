/* SPDX-License-Identifier: MIT */
/* ids_method.c: the actor of ids.c with its state in a struct and its work in methods. The struct
 * is the task's alone; the handle is another thing, and has no way to it but the inbox. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct request {
    enum { NEXT, SKIP } what;
    int n;                 // of SKIP
    edo_oneshot_tx *reply; // of NEXT: an int
} request;

static void drop_request(void *msg) {
    edo_oneshot_tx_free(((request *)msg)->reply);
}

/* ---- The task -------------------------------------------------------------------------------- */

typedef struct ids {
    edo_mpsc_rx *inbox;
    int last;
} ids;

static void ids_free(ids *self) {
    edo_mpsc_rx_free(self->inbox);
    free(self);
}

static void ids_apply(ids *self, const request *r) {
    switch (r->what) {
    case NEXT:
        self->last++;
        (void)edo_oneshot_send(r->reply, &self->last); // whoever asked may have gone
        break;
    case SKIP: self->last += r->n; break;
    }
}

static int ids_run(void *arg) {
    ids *self = arg;
    int err;
    for (request r; (err = edo_mpsc_recv(self->inbox, &r)) == 0;) ids_apply(self, &r);
    ids_free(self);
    return err == -EDO_ECLOSED ? 0 : err;
}

/* ---- The handle ------------------------------------------------------------------------------ */

static int ids_start(edo_scope *s, edo_mpsc_tx **handle, int first) {
    ids *self = calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->last = first - 1;
    edo_mpsc_opts opts = { .drop = drop_request };
    int err = edo_mpsc_new(handle, &self->inbox, sizeof(request), 8, &opts);
    if (err < 0 || edo_scope_spawn(s, ids_run, self) < 0) ids_free(self);
    return err; // from here on `self` is the task's
}

static int ids_next(edo_mpsc_tx *handle) {
    request r = { .what = NEXT };
    int id;
    int err = edo_actor_call(handle, &id, sizeof id, &r, &r.reply);
    return err < 0 ? err : id;
}

static int ids_skip(edo_mpsc_tx *handle, int n) { // no reply: waits for a place in the inbox only
    return edo_mpsc_send(handle, &(request){ .what = SKIP, .n = n });
}

static int root(void *arg) {
    edo_mpsc_tx *handle;
    (void)arg;
    EDO_SCOPE(s, NULL);
    int err = ids_start(&s, &handle, 100);
    if (err < 0) return err;
    int first = ids_next(handle);
    err = ids_skip(handle, 10);
    int second = err < 0 ? err : ids_next(handle);
    printf("%d, then %d\n", first, second);
    edo_mpsc_tx_unref(handle); // the last one: the task ends
    return edo_scope_end(&s, 0);
}

int main(void) {
    return edo_main(root, NULL);
}
