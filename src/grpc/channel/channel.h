/* SPDX-License-Identifier: MIT */
/* grpc/channel/channel.h: connections of HTTP/2 to the endpoints of a target, of which calls pick
 * one each (edo/balance.h). */
#ifndef EDOI_GRPC_CHANNEL_CHANNEL_H
#define EDOI_GRPC_CHANNEL_CHANNEL_H

#include "grpc/call/count.h"
#include "grpc/channel/config.h"
#include "grpc/channel/target.h"
#include "grpc/wire/coding.h"

#include <edo/balance.h>
#include <edo/cancel.h>
#include <edo/grpc.h>
#include <edo/http2.h>
#include <edo/notify.h>
#include <edo/scope.h>
#include <edo/service.h>

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
    edoi_grpc_counts counts;
    edo_arena texts;
} edoi_grpc_way;

/* The balance that a channel uses, until it is idle or closed. */
typedef struct edoi_grpc_use {
    edo_balance *balance;   /* a reference */
    edo_cancel_token *left; /* likewise; a child of `closed`; fires when it is used no more */
} edoi_grpc_use;

struct edo_grpc_channel { /* counted by edo_rc: by its owners together, and the task of idle.c */
    edoi_grpc_way *way;   /* const; a reference */
    edo_cancel_token *closed; /* const; fires when the channel is closed */
    pthread_mutex_t lock;     /* a leaf */
    uint32_t owners_n;        /* lock; references of the program and of calls */
    uint32_t calls_n;         /* lock; calls that are there */
    edo_instant idle_at;      /* lock; when the last one of them has ended */
    edoi_grpc_use use;        /* lock; NULL: the channel is idle */
    edo_notify changed;       /* `use` is another one */
    edo_atomic_u64 kept_n;    /* atomic, relaxed: bytes of requests that its calls keep */
    edo_service *layers;      /* const; owned; calls go through it; NULL: they go at once */
};

/* The tables by which a balance makes connections; their argument is a reference to an
 * edoi_grpc_way. Those of the second one are made, and get calls, while their server is serving. */
extern const edo_balance_ops edoi_grpc_dial_ops, edoi_grpc_dial_watching_ops;

/* The connection of a lease. */
edo_http2 *edoi_grpc_dial_conn(const edo_balance_lease *lease);

/* ---- channel.c ------------------------------------------------------------------------------- */

/* A call begins, and ends: it has a reference meanwhile. */
void edoi_grpc_channel_enter(edo_grpc_channel *ch);
void edoi_grpc_channel_leave(edo_grpc_channel *ch);

/* Uses its balance no more. */
void edoi_grpc_channel_drop_use(edo_grpc_channel *ch);

/* Picks a connection for a call. Returns 0 with `*lease`: edo_balance_done(). Otherwise why there
 * is none: -EDO_ECLOSED: the channel was closed; -ECANCELED: the task was cancelled; those of
 * connects. */
int edoi_grpc_channel_pick(edo_grpc_channel *ch, edo_balance_lease *lease, bool wait_for_ready);

/* ---- client/layers.c ------------------------------------------------------------------------- */

/* Puts the layers around calls; NULL: none. Returns 0 or a code; what is in `*out` is the caller's
 * in any case. */
int edoi_grpc_layers_build(edo_service **out, const edo_stack *layers);

/* ---- idle.c ---------------------------------------------------------------------------------- */

/* A balance is used from now on: begins the task that drops it when there was no call for long. */
void edoi_grpc_channel_watch(edo_grpc_channel *ch);

#endif
