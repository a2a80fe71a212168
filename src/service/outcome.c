/* SPDX-License-Identifier: MIT */
/* service/outcome.c: what results say when nobody says more. */
#include <edo/outcome.h>

#include <edo/error.h>

edo_call_outcome edo_outcome_of(int result) {
    switch (result) {
    case -ECANCELED:
    case -EINVAL:
    case -EMSGSIZE:
    case -ENOMEM:
    case -EDO_EMISUSE:
    case -EDO_ENORUNTIME:
    case -EDO_ECIRCUITOPEN:
    case -EDO_EOVERLOADED:
    case -EDO_ERATELIMITED: return EDO_CALL_IGNORED;
    default: return result < 0 ? EDO_CALL_FAILED : EDO_CALL_SUCCEEDED;
    }
}
