/* SPDX-License-Identifier: MIT */
/* sync/channel/actor.c: a question to a task, and its reply: an edo_oneshot whose sender travels in
 * the message. Both channels do the waiting; this file says who frees which end. */
#include <edo/actor.h>

#include <edo/error.h>

int edo_actor_call(edo_mpsc_tx *actor, void *answer, size_t answer_bytes, void *msg,
                   edo_oneshot_tx **reply) {
    edo_oneshot_rx *rx;
    *reply = NULL;
    int err = edo_oneshot_new(reply, &rx, answer_bytes, NULL);
    if (err < 0) return err;
    err = edo_mpsc_send(actor, msg);
    if (err == 0) {
        err = edo_oneshot_recv(rx, answer);
    } else {
        edo_oneshot_tx_free(*reply); // not sent: ours
        *reply = NULL;
    }
    edo_oneshot_rx_free(rx);
    return err;
}
