/* SPDX-License-Identifier: MIT */
/* edo/fault.h: fault points: places of a program that a test makes fail, by their names.
 *
 *     static int save(store *s) {
 *         int err = edo_fault_point("store.save"); // 0, unless a test has armed it
 *         return err < 0 ? err : store_write(s);
 *     }
 *
 *     err = edo_fault_arm("store.save", &(edo_fault_opts){ .skip = 2, .times = 1 });
 *     …                                               // the third save fails with -EIO
 *     EDO_TEST_EQ(edo_fault_disarm("store.save"), 1); // and has done so
 *
 * A name belongs to the whole program: several places may share one. By custom it begins with the
 * module's. While no point is armed, one costs a call and a load.
 *
 * In release builds there are no fault points: edo_fault_point() is the constant 0. A file that
 * wants them there defines EDO_FAULTS before its includes, as the code of tests does.
 *
 * Not in edo/edo.h: programs without fault points do not need it.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_FAULT_H
#define EDO_FAULT_H

#include <edo/base.h>

EDO_BEGIN_DECLS

/** edo_fault_point(name): returns 0, or, as a test has armed the point, its code. A macro: the
 * constant 0 in release builds, unless EDO_FAULTS is defined.
 *
 * Params:  name  a text that ends with a zero byte
 * Errors:  the code of edo_fault_opts */
#if defined EDO_DEBUG || defined EDO_FAULTS
#    define edo_fault_point(name) edoi_fault_at(name)
#else
#    define edo_fault_point(name) 0
#endif

/* Behind edo_fault_point(). */
EDO_MUST_USE EDO_API int edoi_fault_at(const char *name);

/* How a point fails. All zero: each time, with -EIO. */
typedef struct edo_fault_opts {
    int code;             /* that it returns, negative; 0: -EIO */
    uint64_t skip;        /* passes before the first that may fail */
    uint64_t times;       /* after as many failures it passes again; 0: no end */
    double share;         /* of the passes after `skip`, how many fail, at random; 0: all */
    uint64_t seed;        /* of that: with one seed the n-th pass of a point always fares alike */
    uint64_t reserved[2]; /* must be 0 */
} edo_fault_opts;

/** Arms the point `name`: from now on its passes are counted, and fail as `opts` (may be NULL) say.
 * One that is armed already begins anew.
 * Owns:    copies `name` and `opts`, until edo_fault_disarm().
 * Errors:  -EINVAL  `name` is empty; a code that is positive; a share that is not from 0 to 1;
 *                   `reserved`
 *          -ENOMEM  the point is as it was */
EDO_MUST_USE EDO_API int edo_fault_arm(const char *name, const edo_fault_opts *opts);

/** Returns how often the point `name` has failed since it was armed; 0 if it is not. */
EDO_API uint64_t edo_fault_failed_n(const char *name);

/** Disarms the point `name`, or all of them if `name` is NULL, and returns how often it, or they,
 * have failed. One that is not armed is allowed. */
EDO_API uint64_t edo_fault_disarm(const char *name);

EDO_END_DECLS

#endif
