/* SPDX-License-Identifier: MIT */
/* grpc/channel/idle.c: a channel that has had no calls for long closes its connections, and looks
 * no names up. The next call begins anew. */
#include "grpc/channel/channel.h"

#include <edo/error.h>
#include <edo/task.h>

/* Returns how long the channel has to wait for a call before it is idle: 0: it is. */
static edo_duration idle_left(edo_grpc_channel *ch) {
    const edo_duration limit = ch->way->opts.idle_timeout;
    (void)pthread_mutex_lock(&ch->lock);
    const bool is_busy = ch->calls_n > 0;
    const edo_duration since = edo_instant_since(edo_now(), ch->idle_at);
    (void)pthread_mutex_unlock(&ch->lock);
    if (is_busy) return limit;
    return edo_ns(since.ns < limit.ns ? limit.ns - since.ns : 0);
}

/* A call that begins behind the last look has what the channel used up to then, or begins anew. */
static int idle_task(void *arg) {
    edo_grpc_channel *ch = arg;
    edo_duration left;
    int err = 0;
    while (err == 0 && (left = idle_left(ch)).ns > 0) err = edo_sleep(left);
    if (err == 0) edoi_grpc_channel_drop_use(ch);
    edo_rc_unref(ch);
    return err;
}

void edoi_grpc_channel_watch(edo_grpc_channel *ch) {
    if (ch->way->opts.idle_timeout.ns < 0) return;
    const edo_spawn_opts opts = { .name = "edo_grpc idle",
                                  .cancel = ch->closed,
                                  .no_context = true };
    // without memory for it the channel stays as it is
    if (edo_spawn_detached_with(idle_task, edo_rc_ref(ch), &opts) < 0) edo_rc_unref(ch);
}
