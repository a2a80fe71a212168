/* SPDX-License-Identifier: MIT */
/* ids.c: the smallest actor: a task that gives ids by a counter, which nobody else can reach, and a
 * handle by which others ask it. On a paused clock. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct request {
    edo_oneshot_tx *reply; // of an int, the next id
} request;

static void drop_request(void *msg) { // nobody reads it any more
    edo_oneshot_tx_free(((request *)msg)->reply);
}

/* ---- The task -------------------------------------------------------------------------------- */

static int give_ids(void *arg) {
    edo_mpsc_rx *inbox = arg;
    int id = 0, err;
    for (request r; (err = edo_mpsc_recv(inbox, &r)) == 0;) {
        id++;
        (void)edo_sleep(edo_ms(10));          // writes it down
        (void)edo_oneshot_send(r.reply, &id); // whoever asked may have gone: no failure of ours
    }
    printf("the last handle is gone; %d ids were given\n", id);
    edo_mpsc_rx_free(inbox);
    return err == -EDO_ECLOSED ? 0 : err;
}

/* ---- The handle ------------------------------------------------------------------------------ */

static int ids_start(edo_scope *s, edo_mpsc_tx **ids) {
    edo_mpsc_rx *inbox;
    edo_mpsc_opts opts = { .drop = drop_request };
    int err = edo_mpsc_new(ids, &inbox, sizeof(request), 8, &opts);
    if (err < 0) return err;
    if (edo_scope_spawn(s, give_ids, inbox) < 0) edo_mpsc_rx_free(inbox); // calls find it closed
    return 0;
}

static int ids_next(edo_mpsc_tx *ids) {
    request r;
    int id;
    int err = edo_actor_call(ids, &id, sizeof id, &r, &r.reply);
    return err < 0 ? err : id;
}

/* ---- Who asks -------------------------------------------------------------------------------- */

typedef struct guest {
    const char *name;
    int patience_ms;
    edo_mpsc_tx *ids; // a handle of its own
} guest;

static int enter(void *arg) {
    guest *self = arg;
    EDO_DEADLINE(d, edo_ms(self->patience_ms));
    int id = edo_deadline_end(&d, ids_next(self->ids));
    edo_mpsc_tx_unref(self->ids);
    if (id < 0)
        printf("%s: %s\n", self->name, edo_strerror(id));
    else
        printf("%s: %d\n", self->name, id);
    return 0;
}

static int root(void *arg) {
    guest guests[] = { { "Ada", 100, NULL }, { "Bob", 15, NULL }, { "Cy", 100, NULL } };
    edo_mpsc_tx *ids;
    (void)arg;
    EDO_SCOPE(s, NULL);
    int err = ids_start(&s, &ids);
    if (err < 0) return err;
    for (size_t i = 0; i < EDO_COUNT(guests); i++) {
        guests[i].ids = edo_mpsc_tx_ref(ids);
        if (edo_scope_spawn(&s, enter, &guests[i]) < 0) edo_mpsc_tx_unref(ids);
    }
    edo_mpsc_tx_unref(ids);
    return edo_scope_end(&s, 0);
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
