/* SPDX-License-Identifier: MIT */
/* apps/console/tokio/watch.h: watches a program of Tokio, by the service that tokio-console asks.
 */
#ifndef CONSOLE_TOKIO_WATCH_H
#define CONSOLE_TOKIO_WATCH_H

#include <edo/grpc.h>

/* What is wanted of each look, as in edo.console.v1.WatchRequest, and who takes its message. */
typedef struct tokio_watch_opts {
    edo_grpc_call_opts call;
    edo_str site;
    uint32_t tasks_max;                      /* 0: 200 */
    int (*take)(void *arg, edo_str message); /* a negative code ends the watch */
    void *arg;
} tokio_watch_opts;

/* Takes a look for each update of the program, until there are no more. Errors: as
 * edo_grpc_recv_bytes(); -EDO_ECLOSED at the end of the updates; what `take` returns */
int tokio_watch(edo_grpc_channel *channel, const tokio_watch_opts *opts);

#endif
