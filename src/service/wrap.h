/* SPDX-License-Identifier: MIT */
/* service/wrap.h: the end of a layer's `wrap` (edo/service.h). */
#ifndef EDOI_SERVICE_WRAP_H
#define EDOI_SERVICE_WRAP_H

#include <edo/service.h>

/* Returns `err`. The service that was made is `*out`, or, if it could not be completed, freed: the
 * one inside stays the caller's. */
EDOI_INLINE int edoi_wrap_end(edo_service **out, edo_service *made, int err) {
    if (err < 0) {
        made->inner = NULL;
        edo_service_unref(made);
    } else {
        *out = made;
    }
    return err;
}

#endif
