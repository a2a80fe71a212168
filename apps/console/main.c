/* SPDX-License-Identifier: MIT */
/* edo console: shows what a running program of edo does, in the terminal: see options.h. */
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
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/stat.h>

#define LOOK_MAX_S 10 /* for which --print waits for a look, beside the time between two */

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
    FILE *file = file_new(name, sizeof name, "json");
    int err = file ? looks_export(&c->app.looks, file) : -errno;
    const int end = file ? file_end(file) : 0;
    if (err == 0) err = end;
    if (err < 0)
        app_say(&c->app, "no export: %s", edo_strerror(err));
    else
        app_say(&c->app, "the look is in %s", name);
}

static void ask_record(void *arg) {
    console *c = arg;
    char name[64];
    if (c->live.file) {
        const int end = live_record(&c->live, NULL);
        app_say(&c->app, "the recording has ended%s%s", end < 0 ? ": " : "",
                end < 0 ? edo_strerror(end) : "");
        return;
    }
    FILE *file = file_new(name, sizeof name, "looks");
    int err = file ? live_record(&c->live, file) : -errno;
    if (err < 0) (void)live_record(&c->live, NULL);
    if (err < 0)
        app_say(&c->app, "no recording: %s", edo_strerror(err));
    else
        app_say(&c->app, "records to %s", name);
}

static void ask_step(void *arg, int by) {
    console *c = arg;
    c->app.is_paused = true;
    (void)replay_step(&c->replay, by); // the app's mode says what is wrong
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
    return file_put(stdout, EDO_STR(""));
}

static int printed_put(console *c) {
    return c->opts.is_json ? looks_export(&c->app.looks, stdout) : look_print(c);
}

/* Waits for a look, or a failure. A program that says nothing is not waited for without a bound,
 * though nobody has given one. */
static int look_await(console *c) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ns(edo_s(LOOK_MAX_S).ns + c->opts.every.ns));
    return edo_deadline_end(&d, edo_notify_wait(&c->looked));
}

/* Two looks, for what happens in a second; one if no other comes in time. */
static int live_print(console *c) {
    edo_scope s;
    int err = 0;
    c->live.is_once = true;
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, live_run, &c->live);
    while (err == 0 && c->app.looks.n < 2 && c->live.err == 0) err = look_await(c);
    edo_scope_cancel(&s);
    const int end = edo_scope_end(&s, 0);
    edo_trail_clear();
    if (c->live.record_err < 0)
        return edo_fail(c->live.record_err, "recording to %s", c->opts.record);
    if (c->app.looks.n < 2 && c->live.err < 0) return edo_fail(c->live.err, "%s", c->app.status);
    return c->app.looks.n > 0 ? printed_put(c) : err < 0 ? err : end;
}

/* ---- With one -------------------------------------------------------------------------------- */

/* Shows look after look, as they came, while it is not stopped. */
static int replay_run(void *arg) {
    console *c = arg;
    int err = 0;
    while (err == 0) {
        const edo_duration pause = replay_pause(&c->replay);
        err = edo_sleep(pause.ns < 0 ? edo_ms(200) : pause);
        if (err < 0 || c->app.is_paused || pause.ns < 0) continue;
        (void)replay_step(&c->replay, 1); // it goes on behind a damaged one
        terminal_draw(&c->app);
    }
    return err;
}

/* Says how old the look is that is shown, once the next one is late. */
static int silence_run(void *arg) {
    console *c = arg;
    int err;
    while ((err = edo_sleep(edo_s(1))) == 0) {
        const uint32_t s = live_silent_s(&c->live);
        if (s == c->app.silent_s) continue;
        c->app.silent_s = s;
        terminal_draw(&c->app);
    }
    return err;
}

static int shown_run(console *c, edo_task_fn *source, void *arg) {
    edo_scope s;
    int err = terminal_begin(c->opts.no_colors);
    edo_scope_begin(&s, NULL);
    c->live.scope = &s;
    if (err == 0) edo_scope_spawn(&s, source, arg);
    if (err == 0 && c->live.channel) edo_scope_spawn(&s, silence_run, c);
    if (err == 0) err = terminal_run(&c->app);
    edo_scope_cancel(&s);
    int end = edo_scope_end(&s, 0);
    c->live.scope = NULL;
    terminal_end();
    return err < 0 ? err : end;
}

/* ---- The program ----------------------------------------------------------------------------- */

/* Its last look. */
static int replay_print(console *c) {
    const int err = replay_step(&c->replay, INT32_MAX);
    if (err < 0) return edo_fail(err, "%s: %s", c->opts.replay, c->app.mode);
    if (c->replay.end == REPLAY_DAMAGED)
        (void)fprintf(stderr, "edo console: %s: %s\n", c->opts.replay, c->app.mode);
    return printed_put(c);
}

static int replay_main(console *c) {
    c->app.ops = &replay_ops;
    int err = replay_init(&c->replay, &c->app, c->opts.replay);
    if (err < 0) return err;
    if (c->opts.print >= 0 || c->opts.is_json)
        err = replay_print(c);
    else
        err = shown_run(c, replay_run, c);
    replay_deinit(&c->replay);
    return err;
}

/* A recording that is there is kept; what is no file, as /dev/null or a pipe, has nothing to keep.
 */
static int record_begin(console *c) {
    struct stat st;
    const bool is_other = stat(c->opts.record, &st) == 0 && !S_ISREG(st.st_mode);
    FILE *file = fopen(c->opts.record, is_other ? "we" : "wxe");
    int err = file ? live_record(&c->live, file) : -errno;
    return err < 0 ? edo_fail(err, "recording to %s", c->opts.record) : 0;
}

static int record_unseen(console *c) {
    c->live.is_unseen = true;
    return live_run(&c->live);
}

static int live_main(console *c) {
    c->app.ops = &live_ops;
    int err = live_init(&c->live, &c->opts, &c->app, on_changed, c);
    if (err == 0 && c->opts.record) err = record_begin(c);
    if (err == 0 && (c->opts.print >= 0 || c->opts.is_json))
        err = live_print(c);
    else if (err == 0 && c->opts.record && !terminal_is_there())
        err = record_unseen(c);
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
    const bool has_shown = c->app.looks.n > 0;
    app_deinit(&c->app);
    if (err == -ETIMEDOUT && !has_shown)
        return edo_fail(err, "no look of %s has come", c->opts.target);
    return err == -ETIMEDOUT && c->opts.length.ns > 0 ? 0 : err;
}

int main(int argc, char **argv) {
    static console c;
    c.looked = (edo_notify)EDO_NOTIFY_INIT;
    c.app.arg = &c;
    if (options_read(&c.opts, argc, argv) < 0) return 2;
    (void)setlocale(LC_CTYPE, "");
    c.app.is_ascii = c.opts.is_ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    if (c.opts.is_help) return fputs(options_usage, stdout) < 0 ? 1 : 0;
    return edo_main_with(console_main, &c, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
