/* SPDX-License-Identifier: MIT */
/* edo-console: shows what a running program of edo does, in the terminal: see options.h. */
#include "live.h"
#include "options.h"
#include "replay.h"
#include "terminal.h"

#include <edo/error.h>
#include <edo/notify.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>
#include <time.h>

typedef struct console {
    options opts;
    app app;
    live live;
    replay replay;
    edo_notify looked; /* a look has come, or it has failed */
} console;

static void on_changed(void *arg) {
    console *c = arg;
    terminal_draw(&c->app);
    edo_notify_one(&c->looked);
}

/* ---- What the app asks for ------------------------------------------------------------------- */

static void ask_stacks(void *arg, uint64_t task, edo_str site) {
    console *c = arg;
    live_ask_stacks(&c->live, task, site);
}

static void ask_faults(void *arg) {
    console *c = arg;
    live_ask_faults(&c->live);
}

/* A file that is not there yet, in the working directory. */
static FILE *file_new(char *name, size_t bytes, const char *ending) {
    for (int i = 1; i < 1000; i++) {
        (void)snprintf(name, bytes, "edo-console-%d.%s", i, ending);
        FILE *file = fopen(name, "wxe");
        if (file || errno != EEXIST) return file;
    }
    return NULL;
}

static void ask_export(void *arg) {
    console *c = arg;
    char name[64];
    edo_buf out = { 0 };
    FILE *file = file_new(name, sizeof name, "json");
    int err = file ? looks_export(&c->app.looks, &out) : -errno;
    if (err == 0 && fwrite(out.ptr, 1, out.len, file) != out.len) err = -EIO;
    if (file && fclose(file) != 0 && err == 0) err = -EIO;
    edo_buf_deinit(&out);
    if (err < 0)
        app_say(&c->app, "no export: %s", edo_strerror(err));
    else
        app_say(&c->app, "the look is in %s", name);
}

static void ask_record(void *arg) {
    console *c = arg;
    char name[64];
    if (c->live.file) {
        (void)live_record(&c->live, NULL);
        app_say(&c->app, "the recording has ended");
        return;
    }
    FILE *file = file_new(name, sizeof name, "looks");
    int err = file ? 0 : -errno;
    if (file) (void)fclose(file);
    if (err == 0) err = live_record(&c->live, name);
    if (err < 0)
        app_say(&c->app, "no recording: %s", edo_strerror(err));
    else
        app_say(&c->app, "records to %s", name);
}

static void ask_step(void *arg, int by) {
    console *c = arg;
    c->app.is_paused = true;
    if (replay_step(&c->replay, by) < 0) app_say(&c->app, "a look that cannot be read");
}

static const app_ops live_ops = {
    .stacks = ask_stacks, .faults = ask_faults, .record = ask_record, .export = ask_export
};
static const app_ops replay_ops = { .step = ask_step, .export = ask_export };

/* ---- Without a terminal ---------------------------------------------------------------------- */

static int look_print(console *c) {
    screen s = { .cells = NULL };
    int err = screen_resize(&s, c->opts.rows, c->opts.cols);
    if (err < 0) return err;
    c->app.view = (view)c->opts.print;
    app_draw(&c->app, &s);
    screen_write(&s, stdout);
    screen_deinit(&s);
    return 0;
}

static int look_print_json(console *c) {
    edo_buf out = { 0 };
    int err = looks_export(&c->app.looks, &out);
    if (err == 0 && fwrite(out.ptr, 1, out.len, stdout) != out.len) err = -EIO;
    edo_buf_deinit(&out);
    return err;
}

static int printed_put(console *c) {
    int err = c->opts.is_json ? look_print_json(c) : look_print(c);
    return err == 0 && fflush(stdout) != 0 ? -EIO : err;
}

/* Two looks, for what happens in a second. */
static int live_print(console *c) {
    c->live.is_once = true;
    edo_task *t = edo_spawn(live_run, &c->live);
    int err = t ? 0 : -ENOMEM;
    while (err == 0 && c->app.looks.n < 2 && c->live.err == 0) err = edo_notify_wait(&c->looked);
    if (t) edo_task_cancel(t);
    if (t) (void)edo_task_join(t);
    edo_trail_clear();
    if (err == 0 && c->live.err < 0) return edo_fail(c->live.err, "%s", c->app.status);
    return err < 0 ? err : printed_put(c);
}

/* ---- With one -------------------------------------------------------------------------------- */

/* Shows look after look, as they came, while it is not stopped. */
static int replay_run(void *arg) {
    console *c = arg;
    int err = 0;
    while (err == 0) {
        const edo_duration pause = replay_pause(&c->replay);
        err = edo_sleep(pause.ns < 0 ? edo_ms(200) : pause);
        if (err == 0 && !c->app.is_paused && pause.ns >= 0) {
            err = replay_step(&c->replay, 1);
            terminal_draw(&c->app);
        }
    }
    return err;
}

static int shown_run(console *c, edo_task_fn *source, void *arg) {
    edo_scope s;
    int err = terminal_begin(&c->app, c->opts.no_colors);
    edo_scope_begin(&s, NULL);
    c->live.scope = &s;
    if (err == 0) edo_scope_spawn(&s, source, arg);
    if (err == 0) err = terminal_run(&c->app);
    edo_scope_cancel(&s);
    int end = edo_scope_end(&s, 0);
    c->live.scope = NULL;
    terminal_end();
    return err < 0 ? err : end;
}

/* ---- The program ----------------------------------------------------------------------------- */

static int replay_main(console *c) {
    c->app.ops = &replay_ops;
    int err = replay_init(&c->replay, &c->app, c->opts.replay);
    if (err < 0) return err;
    if (c->opts.print >= 0 || c->opts.is_json)
        err = replay_step(&c->replay, INT32_MAX) < 0 ? -EBADMSG : printed_put(c);
    else
        err = shown_run(c, replay_run, c);
    replay_deinit(&c->replay);
    return err;
}

static int live_main(console *c) {
    c->app.ops = &live_ops;
    int err = live_init(&c->live, &c->opts, &c->app, on_changed, c);
    if (err == 0 && c->opts.record) {
        err = live_record(&c->live, c->opts.record);
        if (err < 0) (void)edo_fail(err, "recording to %s", c->opts.record);
    }
    if (err == 0 && (c->opts.print >= 0 || c->opts.is_json))
        err = live_print(c);
    else if (err == 0 && c->opts.record && !terminal_is_there())
        err = live_run(&c->live);
    else if (err == 0)
        err = shown_run(c, live_run, &c->live);
    live_deinit(&c->live);
    return err;
}

static int console_main(void *arg) {
    console *c = arg;
    edo_deadline d;
    edo_deadline_begin(&d, c->opts.length.ns > 0 ? c->opts.length : edo_ns(-1));
    int err = c->opts.replay ? replay_main(c) : live_main(c);
    err = edo_deadline_end(&d, err);
    app_deinit(&c->app);
    return err == -ETIMEDOUT && c->opts.length.ns > 0 ? 0 : err;
}

int main(int argc, char **argv) {
    static console c;
    c.looked = (edo_notify)EDO_NOTIFY_INIT;
    c.app.arg = &c;
    if (options_read(&c.opts, argc, argv) < 0) return 2;
    c.app.is_ascii = c.opts.is_ascii;
    if (c.opts.is_help) return fputs(options_usage, stdout) < 0 ? 1 : 0;
    return edo_main_with(console_main, &c, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
