/* SPDX-License-Identifier: MIT */
/* grpc/channel/config.h: a service config in JSON: how long calls of a method may take, whether
 * they wait for a connection, how they are tried again or hedged (gRPC's A6 and
 * service_config.proto), how endpoints are picked, and whose health counts (A17). Of its members
 * only these are looked at. */
#ifndef EDOI_GRPC_CHANNEL_CONFIG_H
#define EDOI_GRPC_CHANNEL_CONFIG_H

#include <edo/arena.h>
#include <edo/balance.h>
#include <edo/retry_layer.h>
#include <edo/time.h>

#define EDOI_GRPC_ATTEMPTS_MAX 5u

/* How the calls of some methods are made. */
typedef struct edoi_grpc_policy {
    edo_duration timeout; /* negative: none */
    bool wait_for_ready;
    uint32_t attempts; /* at most, the first included; 1: no retry */
    edo_duration pause, pause_max;
    double multiplier;
    uint32_t codes;           /* bit n: status n is worth a retry, or does not end the hedges */
    uint32_t hedges;          /* attempts side by side, the first included; 0: it is not hedged */
    edo_duration hedge_delay; /* between two of them */
} edoi_grpc_policy;

struct edoi_grpc_config_row;

typedef struct edoi_grpc_config {
    struct edoi_grpc_config_row *rows;
    size_t rows_n;
    edo_retry_budget *budget; /* NULL: no throttle */
    edo_str health;           /* the service whose health is watched; NULL as its pointer: none */
    bool hedges;              /* some method is hedged */
    bool has_balance, shuffles;
    edo_balance_kind balance; /* has_balance */
} edoi_grpc_config;

/* Reads the text into memory of the arena. Returns 0 or a code, with a trail:
 * edoi_grpc_config_deinit(). */
int edoi_grpc_config_parse(edoi_grpc_config *out, edo_str text, edo_arena *arena);
void edoi_grpc_config_deinit(edoi_grpc_config *self);

/* The policy of the method "/service/method": the nearest row counts. NULL: none. */
const edoi_grpc_policy *edoi_grpc_config_find(const edoi_grpc_config *self, edo_str path);

#endif
