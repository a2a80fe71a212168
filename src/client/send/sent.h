/* SPDX-License-Identifier: MIT */
/* client/send/sent.h: has a byte of a request left? All attempts tell it that layers make
 * of one request, perhaps several at once: of one that is told to have left nothing, and of no
 * other, it may be made anew. */
#ifndef EDOI_CLIENT_SEND_SENT_H
#define EDOI_CLIENT_SEND_SENT_H

#include "base/atomic.h"

#include <edo/http_message.h>
#include <edo/service.h>

#define EDOI_SENT_NOTHING 1u /* by an attempt that has ended */
#define EDOI_SENT_SOME    2u

/* `to` may be NULL: nobody wants to know. */
EDOI_INLINE void edoi_sent_tell(edo_atomic_u32 *to, bool is_sent) {
    if (to) // relaxed: who looks has waited for the attempts
        (void)edoi_or_rlx_u32(to, is_sent ? EDOI_SENT_SOME : EDOI_SENT_NOTHING);
}

/* Where no attempt has told anything, nobody knows. */
EDOI_INLINE bool edoi_sent_may_be(const edo_atomic_u32 *told) {
    return edoi_load_rlx_u32(told) != EDOI_SENT_NOTHING; // relaxed: as above
}

/* As edo_service_oneshot(). If the service does not become ready nothing has left, since no part of
 * it has seen the request. */
EDOI_INLINE int edoi_sent_oneshot(edo_service *service, edo_http_request *req,
                                  edo_http_response **out) {
    edo_permit permit = EDO_PERMIT_INIT;
    int err = edo_service_ready(service, &permit);
    if (err < 0) edoi_sent_tell(req->edoi_told, false);
    return err < 0 ? err : edo_service_call(service, &permit, req, out);
}

#endif
