/* SPDX-License-Identifier: MIT */
/* apps/console/live.c: see live.h. All tasks run on one thread. */
#include "live.h"

#include "console/own/recording.h"
#include "tokio/watch.h"

#include <edo/error.h>
#include <edo/http2.h>
#include <edo/task.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_MIN_MS 500
#define PAUSE_MAX_MS 5000
#define LATE_S       3 /* so much later than its time a look is late */

int live_init(live *l, const options *opts, app *a, live_changed_fn *changed, void *arg) {
    // A host that has gone says nothing, and neither does a program that was stopped.
    static const edo_http2_opts pings = { .ping_interval = { 10000000000 },
                                          .ping_timeout = { 10000000000 } };
    *l = (live){ .opts = opts, .app = a, .changed = changed, .arg = arg };
    if (opts->token) {
        const int n = snprintf(l->bearer, sizeof l->bearer, "Bearer %s", opts->token);
        if (n < 0 || (size_t)n >= sizeof l->bearer) return edo_fail(-EINVAL, "the token");
        l->token = (edo_grpc_entry){ "authorization", edo_str_of(l->bearer) };
    }
    app_say(a, "asks %s", opts->target);
    // The channel would wait for two minutes once it has failed for long, and live_run() with it.
    return edo_grpc_channel_new(&l->channel, edo_str_of(opts->target),
                                &(edo_grpc_channel_opts){ .recv_max = EDOI_LOOKS_ONE_MAX,
                                                          .pause_min = edo_ms(PAUSE_MIN_MS),
                                                          .pause_max = edo_ms(PAUSE_MAX_MS),
                                                          .http2 = &pings });
}

void live_deinit(live *l) {
    (void)live_record(l, NULL);
    edo_grpc_channel_unref(l->channel);
    l->channel = NULL;
}

static edo_grpc_call_opts call_opts(const live *l) {
    return (edo_grpc_call_opts){ .metadata = &l->token, .metadata_n = l->token.key != NULL };
}

/* On stderr, once, however often it happens in a row. */
static void live_tell(live *l) {
    if (strcmp(l->told, l->app->status) == 0) return;
    memcpy(l->told, l->app->status, sizeof l->told);
    (void)fprintf(stderr, "edo console: %s\n", l->told);
}

/* Why a call has failed, for people; the trail is read and cleared. */
static void live_say(live *l, const char *what, int err) {
    char why[240];
    (void)edo_trail_print_text(why, sizeof why, err, 0);
    edo_trail_clear();
    app_say(l->app, "%s: %s", what, why);
    if (l->is_unseen) live_tell(l);
    l->changed(l->arg);
}

/* ---- Recording ------------------------------------------------------------------------------- */

int live_record(live *l, FILE *file) {
    const int err = l->file ? file_end(l->file) : 0;
    l->file = file;
    l->app->mode[0] = '\0';
    if (!file) return err;
    (void)snprintf(l->app->mode, sizeof l->app->mode, "recording");
    return file_put(file, EDO_STR(EDOI_LOOKS_HEAD));
}

/* A look is written as a whole, so that a recording that is ended ends with one. An error ends it.
 */
static int record_look(live *l, edo_str message) {
    edo_buf out = { 0 };
    if (!l->file) return 0;
    int err = edoi_looks_put(&out, message);
    if (err == 0) err = file_put(l->file, (edo_str){ out.ptr, out.len });
    edo_buf_deinit(&out);
    if (err == 0) return 0;
    (void)live_record(l, NULL);
    app_say(l->app, "the recording has ended: %s", edo_strerror(err));
    return err;
}

/* ---- Watching -------------------------------------------------------------------------------- */

static int take_look(void *arg, edo_str message) {
    live *l = arg;
    if (!l->has_come) l->app->status[0] = l->told[0] = '\0';
    l->has_come = true;
    l->looked = edo_now();
    l->app->silent_s = 0;
    const int record_err = record_look(l, message);
    int err = app_take(l->app, message);
    if (record_err < 0 && (l->is_unseen || l->is_once)) l->record_err = err = record_err;
    if (err == 0) l->changed(l->arg);
    return err;
}

static int watch_messages(live *l, edo_grpc_call *call) {
    edo_str message;
    int got;
    while ((got = edo_grpc_recv_bytes(call, &message)) == 1) {
        int err = take_look(l, message);
        if (err < 0) return err;
    }
    return got < 0 ? got : -EDO_ECLOSED; // a program never ends it by itself
}

static int watch_edo(live *l) {
    const int64_t every_ms = l->opts->every.ns / 1000000;
    const edoi_look_request in = { .every_ms = every_ms > 0 ? (uint32_t)every_ms : 1,
                                   .tasks_max = l->opts->tasks,
                                   .site = edo_str_of(l->opts->site) };
    const edo_grpc_call_opts opts = call_opts(l);
    edo_grpc_call *call;
    int err = edo_console_v1_look__watch(l->channel, &call, &in, &opts);
    if (err < 0) return err;
    err = watch_messages(l, call);
    l->is_tokio = err < 0 && edo_grpc_get_status(call) == EDO_GRPC_UNIMPLEMENTED;
    edo_grpc_call_free(call);
    return err;
}

static int watch_tokio(live *l) {
    const tokio_watch_opts opts = { .call = call_opts(l),
                                    .site = edo_str_of(l->opts->site),
                                    .tasks_max = l->opts->tasks,
                                    .take = take_look,
                                    .arg = l };
    return tokio_watch(l->channel, &opts);
}

static int watch_once(live *l) {
    l->has_come = false;
    l->is_tokio = l->opts->is_tokio;
    int err = l->is_tokio ? 0 : watch_edo(l);
    if (!l->is_tokio) return err;
    edo_trail_clear(); // a program of Tokio does not know the other service
    return watch_tokio(l);
}

int live_run(void *self) {
    live *l = self;
    int pause_ms = PAUSE_MIN_MS;
    for (;;) {
        int err = watch_once(l);
        if (err == -ECANCELED && edo_yield() < 0) return err; // this task, and not its server's
        if (l->record_err < 0) return edo_fail(err, "recording to %s", l->opts->record);
        l->err = err;
        live_say(l, l->opts->target, err);
        if (l->is_once) return err;
        if (l->has_come) pause_ms = PAUSE_MIN_MS;
        err = edo_sleep(edo_ms(pause_ms));
        if (err < 0) return err;
        pause_ms = pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms * 2;
    }
}

uint32_t live_silent_s(const live *l) {
    const edoi_look_update *u = looks_now(&l->app->looks);
    if (!u) return 0;
    // A look that takes long is followed by a pause that is ten times as long.
    const int64_t every_ms = l->opts->every.ns / 1000000, pause_ms = u->look_us / 100;
    const int64_t s = edo_instant_since(edo_now(), l->looked).ns / 1000000000;
    return s > LATE_S + (every_ms > pause_ms ? every_ms : pause_ms) / 1000 ? (uint32_t)s : 0;
}

/* ---- What is asked for ----------------------------------------------------------------------- */

typedef struct asked {
    live *live;
    uint64_t task;
    char site[192];
    uint64_t page_serial; /* that was there; another one wants no reply */
} asked;

static int stacks_ask_run(void *arg) {
    asked *ask = arg;
    live *l = ask->live;
    const edoi_look_stacks_request in = { .task = ask->task, .site = edo_str_of(ask->site) };
    const edo_grpc_call_opts opts = call_opts(l);
    edo_arena arena = { 0 };
    edoi_look_stacks_reply out;
    int err = edo_console_v1_look__stacks(l->channel, &out, &in, &arena, &opts);
    const bool is_wanted = l->app->page_serial == ask->page_serial;
    if (err < 0 && is_wanted)
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
    const bool is_wanted = l->app->page_serial == ask->page_serial;
    if (err < 0 && is_wanted)
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
        *ask = (asked){ .live = l, .task = task, .page_serial = l->app->page_serial };
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
