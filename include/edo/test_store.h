/* SPDX-License-Identifier: MIT */
/* edo/test_store.h: what every store of sessions (edo/session.h) must do, as a test that any store
 * can be run through, the program's own too. The headers of libedo-web are needed, the library is
 * not. */
#ifndef EDO_TEST_STORE_H
#define EDO_TEST_STORE_H

#include <edo/session.h>
#include <edo/test.h>

EDO_BEGIN_DECLS

/* What the suite needs to know of a store; all may be zero. */
typedef struct edo_test_store_opts {
    /* Lets time go by for the store, by its own clock. NULL: edo_sleep(), best with a paused
     * clock. */
    void (*pass)(void *store, edo_duration time);
    uint64_t reserved[4]; /* must be 0 */
} edo_test_store_opts;

/** Runs a store through the rules of edo_session_store_ops: a session is there from its save to its
 * end, with its bytes, age and idle time; a new one takes no place of another, and one that has
 * ended does not come back; it ends with its time, which saves and touches give anew; of many
 * tasks that begin one session, one does; a call that is cancelled is done or not, and the store
 * goes on. A rule that does not hold fails, as edo_test_fail() does, with its name.
 *
 * The store must be empty, and is so again. Times are compared to a second.
 * Owns:    borrows its arguments until return; `opts` may be NULL.
 * Errors:  -EINVAL  an operation is missing, or `reserved` is not 0
 * Threads: in a fiber, on any runtime.   Waits: for the store, and for time to pass.   Since: 0.1 */
EDO_MUST_USE EDO_API int edo_test_store_suite(const edo_session_store_ops *ops, void *store,
                                              const edo_test_store_opts *opts);

EDO_END_DECLS

#endif
