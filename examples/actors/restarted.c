/* SPDX-License-Identifier: MIT */
/* restarted.c: an actor that fails is started again. Its inbox is the supervisor's, so handles stay
 * good, and what waits in it is read by the next start; its state begins anew. */
#include <edo/edo.h>
#include <edo/supervise.h>

#include <errno.h>
#include <stdio.h>

typedef struct request {
    int a, b;
    edo_oneshot_tx *reply; // of an int, a / b
} request;

static void drop_request(void *msg) {
    edo_oneshot_tx_free(((request *)msg)->reply);
}

/* ---- The actor ------------------------------------------------------------------------------- */

static int divide(void *arg) {
    edo_mpsc_rx *inbox = arg; // borrowed from the supervisor
    int err, done_n = 0;
    for (request r; (err = edo_mpsc_recv(inbox, &r)) == 0;) {
        if (r.b == 0) {
            drop_request(&r); // what it has in its hands when it fails: nobody else knows of it
            return edo_fail(-EDOM, "%d by 0, after %d others", r.a, done_n);
        }
        int quotient = r.a / r.b;
        (void)edo_oneshot_send(r.reply, &quotient); // whoever asked may have gone
        done_n++;
    }
    printf("start %u has divided %d times\n", edo_supervised_starts(), done_n);
    return err == -EDO_ECLOSED ? 0 : err; // 0: the last handle is gone, so it ends for good
}

static int watch_over(void *arg) {
    const edo_supervised child = { .name = "divider", .run = divide, .arg = arg };
    edo_supervise_opts opts = { .name = "sums", .backoff = { .no_jitter = true } };
    int err = edo_supervise(&child, 1, &opts);
    edo_mpsc_rx_free(arg); // too many failures: from now on calls are told -EDO_ECLOSED
    return err;
}

/* ---- The handle ------------------------------------------------------------------------------ */

static int divider_start(edo_scope *s, edo_mpsc_tx **divider) {
    edo_mpsc_rx *inbox;
    edo_mpsc_opts opts = { .drop = drop_request };
    int err = edo_mpsc_new(divider, &inbox, sizeof(request), 8, &opts);
    if (err < 0) return err;
    if (edo_scope_spawn(s, watch_over, inbox) < 0) edo_mpsc_rx_free(inbox);
    return 0;
}

static void ask(edo_mpsc_tx *divider, int a, int b) {
    request r = { .a = a, .b = b };
    int quotient;
    int err = edo_actor_call(divider, &quotient, sizeof quotient, &r, &r.reply);
    if (err < 0)
        printf("%d / %d: %s\n", a, b, edo_strerror(err));
    else
        printf("%d / %d: %d\n", a, b, quotient);
}

static int root(void *arg) {
    edo_mpsc_tx *divider;
    (void)arg;
    EDO_SCOPE(s, NULL);
    int err = divider_start(&s, &divider);
    if (err < 0) return err;
    ask(divider, 84, 2);
    ask(divider, 1, 0);
    ask(divider, 9, 3); // waits in the inbox for the next start
    edo_mpsc_tx_unref(divider);
    return edo_scope_end(&s, 0);
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
