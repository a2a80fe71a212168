/* SPDX-License-Identifier: MIT */
/* edo/test_layer.h: what every layer of edo/service.h must do, as a test that any layer can be run
 * through, the program's own too. */
#ifndef EDO_TEST_LAYER_H
#define EDO_TEST_LAYER_H

#include <edo/service.h>
#include <edo/test.h>

EDO_BEGIN_DECLS

#define EDO_TEST_LAYER_BYTES 512 /* of a request, and of a response, at most */

/* What the suite needs to know of a layer; all zero: it promises all, and does not look at requests
 * and responses. */
typedef struct edo_test_layer_opts {
    const void *request;    /* that the suite sends, copied for each call; NULL: zeros */
    size_t request_bytes;   /* of it */
    edo_service_fn *answer; /* what the inner service does to fill a response; NULL: returns 0 */
    void *arg;              /* of `answer` */
    bool never_waits;       /* ready does not wait for the inner service: a load shed */
    bool ready_in_call;     /* nor does it look at it, but call makes it ready: a steer */
    bool calls_again;       /* one call may be several of the inner service: a retry */
    bool changes_errors;    /* a failure of the inner call may become another result */
    uint64_t reserved[4];   /* must be 0 */
} edo_test_layer_opts;

/** Runs a layer through the rules of edo/service.h, around a service that counts: a call reaches
 * the inner service, which was made ready for it; a permit that is released, a wait for readiness
 * that is cancelled, a call that is cancelled or fails give back what was reserved, inside and by
 * the layer itself; ready waits for the inner service, and try_ready does not; a failure of the
 * inner ready comes out; many callers share one service; the last reference ends the inner service.
 * A rule that does not hold fails, as edo_test_fail() does, with its name.
 *
 * Each rule has a service of its own, of which at least one call must be able to be under way at a
 * time, and some hundred calls in all.
 * Owns:    borrows `layer` and `opts` (may be NULL) until return.
 * Errors:  -EINVAL  options;  what edo_layer_wrap() returns
 * Threads: in a fiber, on any runtime; with a paused clock it takes no time.
 * Waits: for the rules; on a running clock a tenth of a second.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_test_layer_suite(const edo_layer *layer,
                                              const edo_test_layer_opts *opts);

EDO_END_DECLS

#endif
