/* SPDX-License-Identifier: MIT */
/* grpc/client/check.c: walks a call of a client, and asserts that its parts fit together. */
#include "base/assert.h"
#include "base/atomic.h"
#include "grpc/client/client.h"

void edoi_grpc_client_check_kept(const edoi_grpc_client_call *c) {
    EDO_INV("client inv. 2", c->kept_n == c->frame.len + c->kept.len);
    EDO_INV("client inv. 2", c->kept_n <= edoi_load_rlx_u64(&c->channel->kept_n));
    EDO_INV("client inv. 2", c->kept_n == 0 || !c->is_committed);
}

static void client_check_attempts(const edoi_grpc_client_call *c) {
    const uint32_t most = c->policy && c->policy->attempts > 1 ? c->policy->attempts : 1;
    EDO_INV("client inv. 6", c->attempts <= most);
    EDO_INV("client inv. 6", !c->keeps || most > 1);
    EDO_INV("client inv. 6", !c->is_retry || c->attempts > 1);
}

void edoi_grpc_client_check(const edoi_grpc_client_call *c) {
    EDO_INV("client inv. 3", !c->is_over || !c->lease.of);
    EDO_INV("client inv. 3", !c->is_over || c->code < 0 || (c->has_head && c->last));
    EDO_INV("client inv. 4", !c->has_head || (c->res && c->call.received == &c->res->headers));
    EDO_INV("client inv. 4", !c->last || c->res);
    EDO_INV("client inv. 5", !c->cut);
    client_check_attempts(c);
}
