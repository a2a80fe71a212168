/* SPDX-License-Identifier: MIT */
/* support/kinds.h: the kinds of runtime on which a promise must hold that is not about one of them.
 *
 *     static void a_promise_on(const edo_runtime_opts *kind) { … edo_runtime_new(&rt, kind) … }
 *     ON_EACH_KIND(a_promise) // the cmocka test
 */
#ifndef EDO_TESTS_KINDS_H
#define EDO_TESTS_KINDS_H

#include <edo/runtime.h>

/* One thread that drives; one that only waits for the worker; more workers than most machines
 * have. No watchdog: its thread opens files of /proc, which a test that counts descriptors would
 * see. */
static const edo_runtime_opts kinds[] = {
    { .flavor = EDO_RUNTIME_CURRENT, .watchdog = EDO_OFF },
    { .flavor = EDO_RUNTIME_MULTI, .workers = 1, .watchdog = EDO_OFF },
    { .flavor = EDO_RUNTIME_MULTI, .workers = 4, .watchdog = EDO_OFF },
};

#define KINDS_N (sizeof kinds / sizeof kinds[0])

#define ON_EACH_KIND(promise)                                                                      \
    static void promise(void **state) {                                                            \
        (void)state;                                                                               \
        for (size_t kind_i = 0; kind_i < KINDS_N; kind_i++) promise##_on(&kinds[kind_i]);          \
    }

/* As ON_EACH_KIND(), for promises that another worker of the runtime would disturb. */
#define ON_EACH_KIND_OF_ONE_WORKER(promise)                                                        \
    static void promise(void **state) {                                                            \
        (void)state;                                                                               \
        for (size_t kind_i = 0; kind_i < KINDS_N; kind_i++)                                        \
            if (kinds[kind_i].workers <= 1) promise##_on(&kinds[kind_i]);                          \
    }

/* Tasks in the order in which they were spawned or woken, and none at the same time as another. */
static const edo_runtime_opts one_thread = { .flavor = EDO_RUNTIME_CURRENT, .watchdog = EDO_OFF };

#endif
