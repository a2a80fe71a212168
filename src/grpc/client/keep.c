/* SPDX-License-Identifier: MIT */
/* grpc/client/keep.c: what a call keeps of its request, so that it can be sent again: its only
 * message; or, if the service config lets it be tried again, those of its stream, up to the
 * server's metadata. What is too much, for the call or for its channel, is not kept: then the call
 * is committed to the attempt that it has (gRPC's A6). */
#include "base/assert.h"
#include "base/atomic.h"
#include "grpc/client/client.h"

#include <errno.h>

#define CHANNEL_MAX ((uint64_t)16 << 20) /* bytes that all calls of a channel keep */

/* Counts `n` bytes more, if they may be kept. Called with the lock held, or before it is shared. */
static bool keep_count(edoi_grpc_client_call *c, size_t n) {
    edo_atomic_u64 *all = &c->channel->kept_n;
    if (n > EDOI_GRPC_KEEP_MAX - c->kept_n) return false;
    if (edoi_add_rlx_u64(all, n) + n > CHANNEL_MAX) {
        (void)edoi_sub_rlx_u64(all, n);
        return false;
    }
    c->kept_n += n;
    return true;
}

static void keep_count_none(edoi_grpc_client_call *c) {
    (void)edoi_sub_rlx_u64(&c->channel->kept_n, c->kept_n);
    c->kept_n = 0;
}

int edoi_grpc_client_keep(edoi_grpc_client_call *c, edo_str frame) {
    if (!keep_count(c, frame.len)) return 0;
    const char *copy = edo_arena_copy(&c->arena, frame.ptr, frame.len);
    c->frame = (edo_str){ copy, frame.len };
    EDO_CHECK(edoi_grpc_client_check_kept(c));
    return copy ? 0 : -ENOMEM;
}

void edoi_grpc_client_keep_more(edoi_grpc_client_call *c, edo_str frame) {
    (void)pthread_mutex_lock(&c->lock);
    bool is_kept = !c->is_committed && keep_count(c, frame.len) &&
                   edo_buf_append(&c->kept, frame.ptr, frame.len) == 0;
    if (is_kept) EDO_CHECK(edoi_grpc_client_check_kept(c)); // else the commit restores it
    (void)pthread_mutex_unlock(&c->lock);
    if (!is_kept) edoi_grpc_client_commit(c);
}

void edoi_grpc_client_keep_less(edoi_grpc_client_call *c, edo_str frame) {
    (void)pthread_mutex_lock(&c->lock);
    if (!c->is_committed) {
        c->kept.len -= frame.len;
        c->kept_n -= frame.len;
        (void)edoi_sub_rlx_u64(&c->channel->kept_n, frame.len);
        EDO_CHECK(edoi_grpc_client_check_kept(c));
    }
    (void)pthread_mutex_unlock(&c->lock);
}

void edoi_grpc_client_commit(edoi_grpc_client_call *c) {
    if (!c->keeps) return;
    (void)pthread_mutex_lock(&c->lock);
    edo_buf kept = c->kept;
    c->is_committed = true;
    c->kept = (edo_buf){ 0 };
    keep_count_none(c);
    EDO_CHECK(edoi_grpc_client_check_kept(c));
    (void)pthread_mutex_unlock(&c->lock);
    edo_buf_deinit(&kept);
}

bool edoi_grpc_client_has_all(edoi_grpc_client_call *c) {
    if (!c->keeps) return c->frame.ptr != NULL;
    (void)pthread_mutex_lock(&c->lock);
    bool has = !c->is_committed;
    (void)pthread_mutex_unlock(&c->lock);
    return has;
}

int edoi_grpc_client_open_again(edoi_grpc_client_call *c) {
    if (!c->keeps) return edoi_grpc_client_open(c, c->frame, false);
    const edo_str all = c->kept.len > 0 ? (edo_str){ c->kept.ptr, c->kept.len } : EDO_STR("");
    return edoi_grpc_client_open(c, all, !c->is_shut);
}

int edoi_grpc_client_turn(edoi_grpc_client_call *c) {
    return c->keeps ? edo_mutex_lock(&c->turn) : 0;
}

void edoi_grpc_client_turn_end(edoi_grpc_client_call *c) {
    if (c->keeps) edo_mutex_unlock(&c->turn);
}

void edoi_grpc_client_keep_end(edoi_grpc_client_call *c) {
    keep_count_none(c);
    edo_buf_deinit(&c->kept);
}
