/* SPDX-License-Identifier: MIT */
/* reach.c: see reach.h. */
#include "room/reach.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>

static const edo_duration post_patience = EDO_S(1);

int mailbox_post(edo_mpsc_tx *to, const pending *p, bool is_stuck) {
    int err = edo_mpsc_try_send(to, p);
    if (err != -EAGAIN || is_stuck) return err;
    edo_deadline d = edo_deadline_begin(post_patience);
    err = edo_deadline_end(&d, edo_mpsc_send(to, p));
    return err == -ETIMEDOUT ? -EAGAIN : err;
}

void reach_drop(reach *self) {
    edo_mpsc_tx_unref(self->mailbox);
    edo_rc_unref(self->socket);
}

int reach_tell(const reach *to, message *m) {
    if (!m) return -ENOMEM;
    int err = !to->socket ? mailbox_post(to->mailbox, &(pending){ .message = m }, to->is_stuck)
              : page_socket_post(to->socket, m) < 0 ? -EAGAIN // the page may come back
                                                    : 0;
    if (err < 0 || to->socket) edo_rc_unref(m); // a page socket shares it
    return err;
}
