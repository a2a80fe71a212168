/* SPDX-License-Identifier: MIT */
/* grpc/channel/channel.h: connections of HTTP/2 to the endpoints of a target, of which calls pick
 * one each (edo/balance.h). */
#ifndef EDOI_GRPC_CHANNEL_CHANNEL_H
#define EDOI_GRPC_CHANNEL_CHANNEL_H

#include "grpc/channel/config.h"
#include "grpc/channel/target.h"
#include "grpc/wire/coding.h"

#include <edo/balance.h>
#include <edo/cancel.h>
#include <edo/grpc.h>
#include <edo/http2.h>
#include <edo/notify.h>
#include <edo/scope.h>

#include <pthread.h>

/* What a channel was made with. Counted by edo_rc: the channel has a reference, and each balance of
 * it, which may outlive it. */
typedef struct edoi_grpc_way {
    edoi_grpc_target target;
    edo_grpc_channel_opts opts; /* with defaults filled in */
    edo_http2_opts http2;
    edo_atomic_u64 ping_ns; /* atomic, relaxed: its `ping_interval`, which servers may lengthen */
    char tls_name[EDO_ENDPOINT_ADDRESS_MAX];
    edo_str user_agent;
    edoi_coding send_coding;
    edo_str accept; /* the names of `accept_codings`; no bytes: none */
    edoi_grpc_config config;
    edo_arena texts;
} edoi_grpc_way;

struct edo_grpc_channel {
    edoi_grpc_way *way;       /* const; a reference */
    edo_cancel_token *closed; /* const; fires when the channel is closed */
    pthread_mutex_t lock;     /* a leaf */
    edo_balance *balance;     /* lock; NULL: it is idle */
    edo_notify changed;       /* `balance` is another one */
};

/* The table by which a balance makes connections, which are edo_http2; its argument is a reference
 * to an edoi_grpc_way. */
extern const edo_balance_ops edoi_grpc_dial_ops;

/* Picks a connection for a call. Returns 0 with `*lease`: edo_balance_done(). Otherwise why there
 * is none: -EDO_ECLOSED: the channel was closed; -ECANCELED: the task was cancelled; those of
 * connects. */
int edoi_grpc_channel_pick(edo_grpc_channel *ch, edo_balance_lease *lease, bool wait_for_ready);

#endif
