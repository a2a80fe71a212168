/* SPDX-License-Identifier: MIT */
/* console/tokio/tokio.c: see tokio.h. A pause is for all clients: what happens is still taken in,
 * and nothing of it is sent.
 * It ends with the last client that watches. */
#include "console/tokio/tokio.h"

#include "console/settings/send.h"
#include "console/tokio/message.h"

#include <edo/arena.h>
#include <edo/error.h>
#include <edo/notify.h>

#include <errno.h>

typedef rs_tokio_console_instrument_instrument_request updates_request;
typedef rs_tokio_console_instrument_task_details_request details_request;
typedef rs_tokio_console_instrument_state_request state_request;
typedef rs_tokio_console_instrument_state state_message;
typedef rs_tokio_console_instrument_pause_request pause_request;
typedef rs_tokio_console_instrument_pause_response pause_response;
typedef rs_tokio_console_instrument_resume_request resume_request;
typedef rs_tokio_console_instrument_resume_response resume_response;

static int tokio_enter(edo_grpc_call *call, edoi_live *l, edoi_live_watcher *w) {
    int err = edoi_live_enter(l, w);
    if (err != -EDQUOT) return err;
    return edo_grpc_fail(call, EDO_GRPC_RESOURCE_EXHAUSTED, "too many watch already");
}

/* Until the next update is due. Returns 0 or a code. */
static int tokio_wait(edoi_tokio *self) {
    int err = edo_sleep(self->publish);
    while (err == 0 && self->live->is_paused) err = edo_notify_wait(&self->live->paused);
    return err;
}

/* ---- Updates --------------------------------------------------------------------------------- */

static int tokio_publish(edo_grpc_call *call, edoi_live *l, edoi_live_watcher *w) {
    edo_arena arena = { 0 };
    edoi_tokio_update update;
    edoi_live_turn(l);
    int err = edoi_tokio_update_make(&update, l, w, &arena);
    edoi_live_told(l, w); // what changes while it is sent is for the next one
    if (err == 0) err = edoi_console_send(call, &update, &rs_tokio_console_instrument_update_desc);
    edo_arena_deinit(&arena);
    return err;
}

static int tokio_watch_updates(edo_grpc_call *call, const updates_request *in) {
    edoi_tokio *self = edo_grpc_arg(call);
    edoi_live_watcher w;
    (void)in;
    int err = tokio_enter(call, self->live, &w);
    if (err < 0) return err;
    while ((err = tokio_publish(call, self->live, &w)) == 0 && (err = tokio_wait(self)) == 0) {
    }
    edoi_live_leave(self->live, &w);
    return err;
}

/* ---- Details --------------------------------------------------------------------------------- */

/* Returns 1, or 0 if there is nothing more to tell. */
static int tokio_publish_details(edo_grpc_call *call, edoi_live *l, edoi_live_watcher *w,
                                 uint64_t id) {
    edo_arena arena = { 0 };
    edoi_tokio_details details;
    edoi_live_turn(l);
    const edoi_live_task *t = edoi_live_find(l, id);
    bool is_last = !t || t->ended_ns != 0;
    int err = t && t->times ? edoi_tokio_details_make(&details, l, t, &arena) : 0;
    edoi_live_told(l, w);
    if (err == 0 && t && t->times)
        err = edoi_console_send(call, &details, &rs_tokio_console_tasks_task_details_desc);
    edo_arena_deinit(&arena);
    return err < 0 ? err : !is_last;
}

static int tokio_watch_task(edo_grpc_call *call, edoi_tokio *self, edoi_live_watcher *w,
                            uint64_t id) {
    edoi_live_task *t = edoi_live_find(self->live, id);
    if (!t) return edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "there is no such task");
    int err = edoi_live_times_begin(self->live, t);
    if (err < 0) return err;
    while ((err = tokio_publish_details(call, self->live, w, id)) == 1 &&
           (err = tokio_wait(self)) == 0) {
    }
    t = edoi_live_find(self->live, id);
    if (t) edoi_live_times_end(t);
    return err;
}

static int tokio_watch_task_details(edo_grpc_call *call, const details_request *in) {
    edoi_tokio *self = edo_grpc_arg(call);
    edoi_live_watcher w;
    int err = tokio_enter(call, self->live, &w);
    if (err < 0) return err;
    err = tokio_watch_task(call, self, &w, in->id ? in->id->id : 0);
    edoi_live_leave(self->live, &w);
    return err;
}

/* ---- Pauses ---------------------------------------------------------------------------------- */

static int tokio_watch_state(edo_grpc_call *call, const state_request *in) {
    edoi_live *l = ((edoi_tokio *)edo_grpc_arg(call))->live;
    int err = 0;
    (void)in;
    while (err == 0) {
        const bool is_paused = l->is_paused;
        const state_message state = { .temporality = is_paused ? RS_TOKIO_CONSOLE_INSTRUMENT_PAUSED
                                                               : RS_TOKIO_CONSOLE_INSTRUMENT_LIVE };
        err = edoi_console_send(call, &state, &rs_tokio_console_instrument_state_desc);
        while (err == 0 && l->is_paused == is_paused) err = edo_notify_wait(&l->paused);
    }
    return err;
}

static int tokio_pause(edo_grpc_call *call, pause_response *out, const pause_request *in) {
    (void)out, (void)in;
    edoi_live_set_paused(((edoi_tokio *)edo_grpc_arg(call))->live, true);
    return 0;
}

static int tokio_resume(edo_grpc_call *call, resume_response *out, const resume_request *in) {
    (void)out, (void)in;
    edoi_live_set_paused(((edoi_tokio *)edo_grpc_arg(call))->live, false);
    return 0;
}

/* ---- The routes ------------------------------------------------------------------------------ */

void edoi_tokio_routes(edo_router *r, edoi_tokio *tokio) {
    static const rs_tokio_console_instrument_instrument_ops ops = {
        .watch_updates = tokio_watch_updates,
        .watch_task_details = tokio_watch_task_details,
        .watch_state = tokio_watch_state,
        .pause = tokio_pause,
        .resume = tokio_resume,
    };
    rs_tokio_console_instrument_instrument_routes(
        r, &ops, tokio, &(edo_grpc_opts){ .recv_max = EDOI_CONSOLE_RECV_MAX });
}
