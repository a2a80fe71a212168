/* SPDX-License-Identifier: MIT */
/* process/output.c: programs that are started and awaited in one call. */
#include <edo/bytes.h>
#include <edo/process.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <signal.h>

int edo_process_run(const char *const *argv, const edo_process_opts *opts) {
    edo_process_opts own = opts ? *opts : (edo_process_opts){ 0 };
    edo_process *p = NULL;
    if (own.in == EDO_STDIO_PIPE || own.out == EDO_STDIO_PIPE || own.err == EDO_STDIO_PIPE ||
        own.pty)
        return -EINVAL;
    own.kill_on_unref = true;
    int err = edo_budget_consume();
    if (err == 0) err = edo_process_spawn(&p, argv, &own);
    if (err < 0) return err;
    int status = edo_process_wait(p);
    edo_process_unref(p);
    return status;
}

/* ---- Output ---------------------------------------------------------------------------------- */

#define PIECE ((size_t)4096) /* read at once */

typedef struct collection {
    edo_process *process;
    edo_stream *out, *err; /* `err` may be NULL */
    edo_buf from_out, from_err;
    edo_str input;
    size_t max;
    edo_duration held_max; /* 0: no bound */
    bool is_held;          /* the outputs were held for longer */
} collection;

/* Reads by edo_read() or edo_try_read() to the end, or to one byte beyond the limit, which tells
 * that there is more. */
static int collect_to_end(edo_buf *to, edo_stream *from, size_t max,
                          int (*read)(edo_stream *s, void *buf, size_t n)) {
    int n;
    do {
        size_t room = max - to->len < PIECE ? max - to->len + 1 : PIECE;
        n = edo_buf_reserve(to, room);
        if (n == 0) n = read(from, to->ptr + to->len, room);
        if (n > 0) to->len += (size_t)n;
    } while (n > 0 && to->len <= max);
    if (to->len <= max) return n;
    to->len = max;
    return -EDO_ETOOLONG;
}

/* A program that writes too much is killed, as it may wait for us to read on. */
static int read_or_kill(const collection *o, edo_buf *to, edo_stream *from) {
    int err = collect_to_end(to, from, o->max, edo_read);
    if (err < 0) (void)edo_process_signal(o->process, SIGKILL);
    return err;
}

static int collect_out(void *arg) {
    collection *o = (collection *)arg;
    return read_or_kill(o, &o->from_out, o->out);
}

static int collect_err(void *arg) {
    collection *o = (collection *)arg;
    return read_or_kill(o, &o->from_err, o->err);
}

/* A program need not read all of its input. */
static int feed(void *arg) {
    const collection *o = (const collection *)arg;
    edo_stream *to = edo_process_stdin(o->process);
    int n = 0;
    for (size_t done = 0; done < o->input.len && n >= 0; done += n > 0 ? (size_t)n : 0)
        n = edo_write(to, o->input.ptr + done, o->input.len - done);
    edo_close(to);
    return n == -EPIPE || n > 0 ? 0 : n;
}

/* Ends the scope in which the outputs are read, within `held_max` of the end of the program if that
 * is set. Returns as edo_scope_end(), and 0 if the outputs are held for longer. */
static int end_outputs(collection *o, edo_scope *s) {
    bool is_bounded = o->held_max.ns > 0;
    if (is_bounded) (void)edo_process_wait(o->process); // a failure is that of the scope, or later
    EDO_DEADLINE(d, is_bounded ? o->held_max : edo_ns(-1));
    int err = edo_scope_end(s, 0);
    err = edo_deadline_end(&d, err);
    if (!is_bounded || err != -ETIMEDOUT) return err;
    o->is_held = true;
    return 0;
}

/* Feeds and reads until all ends; then the status. A call that is cut short keeps what waits in the
 * pipes, also in that of a collector that was cancelled before it began. */
static int attend(collection *o) {
    EDO_SCOPE(s, NULL);
    if (o->input.len > 0) (void)edo_scope_spawn(&s, feed, o);
    (void)edo_scope_spawn(&s, collect_out, o);
    if (o->err) (void)edo_scope_spawn(&s, collect_err, o);
    int err = end_outputs(o, &s); // also of a child that could not be spawned
    bool is_cut = err < 0 || o->is_held;
    if (is_cut) (void)collect_to_end(&o->from_out, o->out, o->max, edo_try_read);
    if (is_cut && o->err) (void)collect_to_end(&o->from_err, o->err, o->max, edo_try_read);
    return err < 0 ? err : edo_process_wait(o->process);
}

/* Hands a collected text over. */
static edo_bytes take(edo_buf *from) {
    edo_bytes text = edo_buf_freeze(from);
    edo_buf_deinit(from);
    return text;
}

int edo_process_output(edo_process_result *result, const char *const *argv,
                       const edo_process_opts *opts, edo_str input, size_t max) {
    edo_process_opts own = opts ? *opts : (edo_process_opts){ 0 };
    bool err_goes_out = own.err == EDO_STDIO_OUT;
    *result = (edo_process_result){ 0 };
    if (own.in || own.out || own.pty || (own.err && !err_goes_out)) return -EINVAL;
    own.in = input.len > 0 ? EDO_STDIO_PIPE : EDO_STDIO_NULL;
    own.out = EDO_STDIO_PIPE;
    if (!err_goes_out) own.err = EDO_STDIO_PIPE;
    own.kill_on_unref = true;
    collection o = { .input = input,
                     .max = max ? max : EDO_PROCESS_OUTPUT_MAX,
                     .held_max = own.held_max };
    int err = edo_budget_consume();
    if (err == 0) err = edo_process_spawn(&o.process, argv, &own);
    if (err < 0) return err;
    o.out = edo_process_stdout(o.process);
    o.err = edo_process_stderr(o.process);
    int status = attend(&o);
    result->out = take(&o.from_out);
    result->err = take(&o.from_err);
    edo_close(o.out);
    edo_close(o.err);
    edo_process_unref(o.process);
    return status;
}
