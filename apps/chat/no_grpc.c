/* SPDX-License-Identifier: MIT */
/* no_grpc.c: see stream/door.h; without libedo-grpc there is no gRPC. */
#include "stream/door.h"

#include <edo/error.h>

#include <errno.h>

int door_listen(edo_listener **out, const char *address) {
    (void)out, (void)address;
    return edo_fail(-ENOTSUP, "this edo-chat was built without gRPC");
}

int door_run(void *arg) {
    (void)arg;
    return 0;
}
