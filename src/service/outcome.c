/* SPDX-License-Identifier: MIT */
/* service/outcome.c: the default meaning of a call's result: success, failure or refusal. */
#include "service/outcome.h"

#include <edo/error.h>
#include <edo/task.h>

#include <errno.h>

bool edoi_outcome_is_refusal(int result) {
    return result == -EDO_ECIRCUITOPEN || result == -EDO_EOVERLOADED || result == -EDO_ERATELIMITED;
}

edo_call_outcome edoi_outcome_by(edo_outcome_fn *fn, void *arg, const void *request,
                                 const void *response, int result) {
    if (!fn) return edo_outcome_of(result);
    edo_no_await_begin();
    edo_call_outcome outcome = fn(arg, request, response, result);
    edo_no_await_end();
    return outcome;
}

edo_call_outcome edo_outcome_of(int result) {
    if (edoi_outcome_is_refusal(result)) return EDO_CALL_IGNORED;
    switch (result) {
    case -ECANCELED:
    case -EINVAL:
    case -EMSGSIZE:
    case -ENOMEM:
    case -EDO_EMISUSE:
    case -EDO_ENORUNTIME: return EDO_CALL_IGNORED;
    default: return result < 0 ? EDO_CALL_FAILED : EDO_CALL_SUCCEEDED;
    }
}
