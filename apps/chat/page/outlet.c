/* SPDX-License-Identifier: MIT */
/* page/outlet.c: a WebSocket as an outlet: see page.h. */
#include "page/page.h"

#include <edo/error.h>

#include <errno.h>

#define TAKEN 4001 /* the close code: another connection has this session now */

static void ws_ref(void *to) {
    edo_ws_ref(to);
}

static void ws_unref(void *to) {
    edo_ws_unref(to);
}

static int ws_post(void *to, message *m) {
    int err = message_share(m);
    return err < 0 ? err : edo_ws_post(to, m->shared);
}

static void ws_post_many(outlet_post *all, size_t n) {
    edo_ws_posting some[OUTLET_POSTS_MAX];
    outlet_post *of[OUTLET_POSTS_MAX];
    size_t some_n = 0;
    for (size_t i = 0; i < n; i++) {
        all[i].result = all[i].m ? message_share(all[i].m) : -ENOMEM;
        if (all[i].result < 0) continue;
        of[some_n] = &all[i];
        some[some_n++] = (edo_ws_posting){ all[i].to, all[i].m->shared, 0 };
    }
    edo_ws_post_many(some, some_n);
    for (size_t i = 0; i < some_n; i++) of[i]->result = some[i].result;
}

static int ws_send(void *to, message *m) {
    return edo_ws_send_text(to, m->frame);
}

static void ws_take_over(void *to) {
    // One that is over needs no close.
    (void)edo_ws_close(to, TAKEN, EDO_STR("this session is used by another connection"));
}

outlet page_outlet(edo_ws *ws) {
    static const outlet_ops ops = {
        ws_ref, ws_unref, ws_post, ws_send, ws_take_over, ws_post_many
    };
    return (outlet){ &ops, ws };
}
