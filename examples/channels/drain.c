/* SPDX-License-Identifier: MIT */
/* drain.c: a cancelled receiver hears -ECANCELED, not what is still in its channel; that is taken
 * out without waiting. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

static int serve(void *arg) {
    edo_mpsc_rx *orders = arg;
    int order, err;
    while ((err = edo_mpsc_recv(orders, &order)) == 0) printf("order %d is done\n", order);
    if (err == -ECANCELED) {
        edo_mpsc_close(orders); // from here on a send fails
        while (edo_mpsc_try_recv(orders, &order) == 0) printf("order %d is put off\n", order);
    }
    edo_mpsc_rx_free(orders);
    return err;
}

static int root(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, sizeof(int), 8, NULL);
    if (err < 0) return err;
    edo_task *server = edo_spawn(serve, rx);
    err = edo_yield(); // it waits for an order now
    for (int order = 1; order <= 3 && err == 0; order++) err = edo_mpsc_send(tx, &order);
    edo_task_cancel(server); // before it had its turn
    edo_mpsc_tx_unref(tx);
    int ended = edo_task_join(server);
    printf("the server ended with %s\n", edo_error_name(ended));
    return err;
}

int main(void) {
    // One thread: what the server has done when it is cancelled is then the same in each run.
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
