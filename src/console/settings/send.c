/* SPDX-License-Identifier: MIT */
/* console/settings/send.c: see send.h. */
#include "console/settings/send.h"

#include <edo/scope.h>
#include <edo/time.h>

#include <errno.h>

#define TAKES_MAX edo_s(10)

int edoi_console_send(edo_grpc_call *call, const void *message, const edo_desc *desc) {
    EDO_DEADLINE(limit, TAKES_MAX);
    int err = edo_deadline_end(&limit, edo_grpc_send(call, message, desc));
    if (err != -ETIMEDOUT) return err;
    return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "updates were not taken in time");
}
