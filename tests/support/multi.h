/* SPDX-License-Identifier: MIT */
/* support/multi.h: a runtime with a given number of workers, whatever the machine has. */
#ifndef EDO_TESTS_MULTI_H
#define EDO_TESTS_MULTI_H

#include <edo/runtime.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline edo_runtime *multi(uint32_t workers) {
    edo_runtime *rt = NULL;
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_MULTI, .workers = workers };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    return rt;
}

#endif
