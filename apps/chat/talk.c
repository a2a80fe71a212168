/* SPDX-License-Identifier: MIT */
/* talk.c: see talk.h. */
#include "talk.h"

#include "client.h"

#include <edo/error.h>

#include <errno.h>

static int tell(const reach *to, message *m) {
    if (!m) return -ENOMEM;
    if (!to->wire) return client_post(to->mailbox, &(pending){ .message = m }, to->is_stuck);
    if (wire_post(to->wire, m) < 0) return -EAGAIN; // the page may come back
    edo_rc_unref(m);                                // it is shared
    return 0;
}

int talk_tell(const reach *to, message *m) {
    int err = tell(to, m);
    if (err < 0) edo_rc_unref(m);
    return err;
}
