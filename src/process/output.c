/* SPDX-License-Identifier: MIT */
/* process/output.c: programs that are started and awaited in one call. */
#include <edo/process.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <signal.h>

int edo_process_run(const char *const *argv, const edo_process_opts *opts) {
    edo_process_opts own = opts ? *opts : (edo_process_opts){ 0 };
    edo_process *p;
    if (own.in == EDO_STDIO_PIPE || own.out == EDO_STDIO_PIPE || own.err == EDO_STDIO_PIPE ||
        own.pty)
        return -EINVAL;
    own.kill_on_unref = true;
    int err = edo_process_spawn(&p, argv, &own);
    if (err < 0) return err;
    int status = edo_process_wait(p);
    edo_process_unref(p);
    return status;
}

/* ---- Output ---------------------------------------------------------------------------------- */

typedef struct collection {
    edo_process *process;
    edo_stream *out, *err; /* `err` may be NULL */
    edo_process_result *result;
    edo_str input;
    size_t max;
} collection;

/* A program that writes too much is killed, as it may wait for us to read on. */
static int read_or_kill(const collection *o, edo_bytes *to, edo_stream *from) {
    int err = edo_read_all(to, from, o->max);
    if (err < 0) (void)edo_process_signal(o->process, SIGKILL);
    return err;
}

static int collect_out(void *arg) {
    const collection *o = (const collection *)arg;
    return read_or_kill(o, &o->result->out, o->out);
}

static int collect_err(void *arg) {
    const collection *o = (const collection *)arg;
    return read_or_kill(o, &o->result->err, o->err);
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

/* Feeds and reads until all ends; then the status. */
static int attend(collection *o) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    if (o->input.len > 0) (void)edo_scope_spawn(&s, feed, o);
    (void)edo_scope_spawn(&s, collect_out, o);
    if (o->err) (void)edo_scope_spawn(&s, collect_err, o);
    int err = edo_scope_end(&s); // also of a child that could not be spawned
    return err < 0 ? err : edo_process_wait(o->process);
}

int edo_process_output(edo_process_result *result, const char *const *argv,
                       const edo_process_opts *opts, edo_str input, size_t max) {
    edo_process_opts own = opts ? *opts : (edo_process_opts){ 0 };
    bool err_goes_out = own.err == EDO_STDIO_OUT;
    if (own.in || own.out || own.pty || (own.err && !err_goes_out)) return -EINVAL;
    own.in = input.len > 0 ? EDO_STDIO_PIPE : EDO_STDIO_NULL;
    own.out = EDO_STDIO_PIPE;
    if (!err_goes_out) own.err = EDO_STDIO_PIPE;
    own.kill_on_unref = true;
    *result = (edo_process_result){ 0 };
    collection o = { .result = result, .input = input, .max = max ? max : EDO_PROCESS_OUTPUT_MAX };
    int err = edo_process_spawn(&o.process, argv, &own);
    if (err < 0) return err;
    o.out = edo_process_stdout(o.process);
    o.err = edo_process_stderr(o.process);
    int status = attend(&o);
    edo_close(o.out);
    edo_close(o.err);
    edo_process_unref(o.process);
    if (status >= 0) return status;
    edo_bytes_unref(&result->out);
    edo_bytes_unref(&result->err);
    *result = (edo_process_result){ 0 };
    return status;
}
