/* SPDX-License-Identifier: MIT */
/* apps/console/live.c: see live.h. All tasks run on one thread. */
#include "live.h"

#include "console/own/recording.h"

#include <edo/error.h>
#include <edo/task.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_MIN_MS 500
#define PAUSE_MAX_MS 5000

int live_init(live *l, const options *opts, app *a, live_changed_fn *changed, void *arg) {
    *l = (live){ .opts = opts, .app = a, .changed = changed, .arg = arg };
    if (opts->token) {
        const int n = snprintf(l->bearer, sizeof l->bearer, "Bearer %s", opts->token);
        if (n < 0 || (size_t)n >= sizeof l->bearer) return edo_fail(-EINVAL, "the token");
        l->token = (edo_grpc_entry){ "authorization", edo_str_of(l->bearer) };
    }
    return edo_grpc_channel_new(&l->channel, edo_str_of(opts->target),
                                &(edo_grpc_channel_opts){ .recv_max = EDOI_LOOKS_ONE_MAX });
}

void live_deinit(live *l) {
    (void)live_record(l, NULL);
    edo_grpc_channel_unref(l->channel);
    l->channel = NULL;
}

static edo_grpc_call_opts call_opts(const live *l) {
    return (edo_grpc_call_opts){ .metadata = &l->token, .metadata_n = l->token.key != NULL };
}

/* Why a call has failed, for people; the trail is read and cleared. */
static void live_say(live *l, const char *what, int err) {
    char why[160];
    (void)edo_trail_print_text(why, sizeof why, err, 0);
    edo_trail_clear();
    app_say(l->app, "%s: %s", what, why);
    l->changed(l->arg);
}

/* ---- Recording ------------------------------------------------------------------------------- */

int live_record(live *l, const char *path) {
    if (l->file) (void)fclose(l->file);
    l->file = NULL;
    l->app->mode[0] = '\0';
    if (!path) return 0;
    l->file = fopen(path, "we");
    if (!l->file) return -errno;
    (void)snprintf(l->app->mode, sizeof l->app->mode, "recording");
    return fputs(EDOI_LOOKS_HEAD, l->file) < 0 || fflush(l->file) != 0 ? -EIO : 0;
}

/* A look is written as a whole, so that a recording that is ended ends with one. */
static void record_look(live *l, edo_str message) {
    edo_buf out = { 0 };
    if (!l->file) return;
    int err = edoi_looks_put(&out, message);
    if (err == 0 && (fwrite(out.ptr, 1, out.len, l->file) != out.len || fflush(l->file) != 0))
        err = -EIO;
    edo_buf_deinit(&out);
    if (err == 0) return;
    (void)live_record(l, NULL);
    app_say(l->app, "the recording has ended: %s", edo_strerror(err));
}

/* ---- Watching -------------------------------------------------------------------------------- */

static int watch_messages(live *l, edo_grpc_call *call, bool *has_come) {
    edo_str message;
    int got;
    while ((got = edo_grpc_recv_bytes(call, &message)) == 1) {
        if (!*has_come) l->app->status[0] = '\0';
        *has_come = true;
        record_look(l, message);
        int err = app_take(l->app, message);
        if (err < 0) return err;
        l->changed(l->arg);
    }
    return got < 0 ? got : -EDO_ECLOSED; // a program never ends it by itself
}

static int watch_once(live *l, bool *has_come) {
    const edoi_look_request in = { .every_ms = (uint32_t)(l->opts->every.ns / 1000000),
                                   .tasks_max = l->opts->tasks,
                                   .site = edo_str_of(l->opts->site) };
    const edo_grpc_call_opts opts = call_opts(l);
    edo_grpc_call *call;
    int err = edo_console_v1_look__watch(l->channel, &call, &in, &opts);
    if (err < 0) return err;
    err = watch_messages(l, call, has_come);
    edo_grpc_call_free(call);
    return err;
}

int live_run(void *self) {
    live *l = self;
    int pause_ms = PAUSE_MIN_MS;
    for (;;) {
        bool has_come = false;
        int err = watch_once(l, &has_come);
        if (err == -ECANCELED && edo_yield() < 0) return err; // this task, and not its server's
        l->err = err;
        live_say(l, l->opts->target, err);
        if (l->is_once) return err;
        if (has_come) pause_ms = PAUSE_MIN_MS;
        err = edo_sleep(edo_ms(pause_ms));
        if (err < 0) return err;
        pause_ms = pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms * 2;
    }
}

/* ---- What is asked for ----------------------------------------------------------------------- */

typedef struct asked {
    live *live;
    uint64_t task;
    char site[192];
    app_page page; /* that was there; another one wants no reply */
} asked;

static int stacks_ask_run(void *arg) {
    asked *ask = arg;
    live *l = ask->live;
    const edoi_look_stacks_request in = { .task = ask->task, .site = edo_str_of(ask->site) };
    const edo_grpc_call_opts opts = call_opts(l);
    edo_arena arena = { 0 };
    edoi_look_stacks_reply out;
    int err = edo_console_v1_look__stacks(l->channel, &out, &in, &arena, &opts);
    const bool is_wanted = l->app->page == ask->page;
    if (err < 0)
        live_say(l, "no stacks", err);
    else if (is_wanted)
        app_take_stacks(l->app, arena, &out);
    if (err < 0 || !is_wanted) edo_arena_deinit(&arena);
    free(ask);
    l->changed(l->arg);
    return 0;
}

static int faults_ask_run(void *arg) {
    asked *ask = arg;
    live *l = ask->live;
    const edoi_look_faults_request in = { .between_ms = 0 };
    const edo_grpc_call_opts opts = call_opts(l);
    edo_arena arena = { 0 };
    edoi_look_faults_reply out;
    int err = edo_console_v1_look__faults(l->channel, &out, &in, &arena, &opts);
    const bool is_wanted = l->app->page == ask->page;
    if (err < 0)
        live_say(l, "no look for faults", err);
    else if (is_wanted)
        app_take_faults(l->app, arena, &out);
    if (err < 0 || !is_wanted) edo_arena_deinit(&arena);
    free(ask);
    l->changed(l->arg);
    return 0;
}

static void ask_start(live *l, edo_task_fn *fn, uint64_t task, edo_str site) {
    asked *ask = calloc(1, sizeof *ask);
    int err = ask ? 0 : -ENOMEM;
    if (ask) {
        *ask = (asked){ .live = l, .task = task, .page = l->app->page };
        if (site.len > 0 && site.len < sizeof ask->site) memcpy(ask->site, site.ptr, site.len);
        err = edo_scope_spawn(l->scope, fn, ask);
    }
    if (err == 0) return;
    free(ask);
    live_say(l, "it cannot be asked", err);
}

void live_ask_stacks(void *arg, uint64_t task, edo_str site) {
    ask_start(arg, stacks_ask_run, task, site);
}

void live_ask_faults(void *arg) {
    ask_start(arg, faults_ask_run, 0, (edo_str){ NULL, 0 });
}
