/* SPDX-License-Identifier: MIT */
/* runtime/scope/deadline.h: a deadline whose end the caller has computed. */
#ifndef EDOI_RUNTIME_SCOPE_DEADLINE_H
#define EDOI_RUNTIME_SCOPE_DEADLINE_H

#include <edo/scope.h>

/* As edo_deadline_begin(), at `at_ns`; `length_ns` is what the trail says of it. */
EDO_MUST_USE edo_deadline edoi_deadline_begin_at(int64_t at_ns, int64_t length_ns);

#endif
