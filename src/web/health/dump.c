/* SPDX-License-Identifier: MIT */
/* web/health/dump.c: serves dumps of tasks, and of what is open, as routes.
 *
 * A dump may take a second, and waits for others, so it is made on a thread that may block; on the
 * worker only if all these are busy, which is what it may be about to tell. */
#include "base/atomic.h"
#include "web/request/web.h"

#include <edo/blocking.h>
#include <edo/dump.h>
#include <edo/http_fields.h>
#include <edo/notify.h>
#include <edo/openapi.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef void dump_fn(FILE *out);

/* ---- Making one ------------------------------------------------------------------------------ */

/* Shared by the handler, which may be cancelled, and the thread. */
typedef struct dump_job {
    dump_fn *fn; /* const */
    char *text;  /* it and its bytes: written before `is_over` is told */
    size_t n;
    int err; /* as `text` */
    edo_notify is_over;
} dump_job;

/* The process that makes one; 0: none. What a child of fork() finds here is its parent's. */
static edo_atomic_u32 dump_maker; /* atomic, relaxed: a flag, no data */

static void dump_job_deinit(void *self) {
    free(((dump_job *)self)->text);
}

static int dump_write(dump_job *job) {
    FILE *out = open_memstream(&job->text, &job->n);
    if (!out) return -ENOMEM;
    job->fn(out);
    bool is_whole = !ferror(out);
    if (fclose(out) != 0) is_whole = false;
    return is_whole ? 0 : -ENOMEM;
}

static int dump_run(void *arg) {
    dump_job *job = arg;
    job->err = dump_write(job);
    edoi_store_rlx_u32(&dump_maker, 0);
    edo_notify_one(&job->is_over);
    edo_rc_unref(job);
    return 0;
}

/* Makes a dump, for `dump_maker`, which is reset when that has ended. */
static int dump_make(dump_job **out, dump_fn *fn) {
    dump_job *job = edo_rc_new(sizeof *job, dump_job_deinit);
    if (!job) {
        edoi_store_rlx_u32(&dump_maker, 0);
        return -ENOMEM;
    }
    *job = (dump_job){ .fn = fn, .is_over = EDO_NOTIFY_INIT };
    if (edo_blocking_start(dump_run, edo_rc_ref(job)) < 0) (void)dump_run(job);
    int err = edo_notify_wait(&job->is_over);
    if (err == 0) err = job->err;
    if (err < 0) {
        edo_rc_unref(job);
        return err;
    }
    *out = job;
    return 0;
}

/* ---- Routes ---------------------------------------------------------------------------------- */

static int reply_busy(edo_web *w) {
    int err = edo_web_set_header(w, "retry-after", "1");
    if (err < 0) return err;
    return edo_web_reply_problem(w, EDO_STATUS_SERVICE_UNAVAILABLE, "another dump is being made");
}

static int reply_dump(edo_web *w, dump_fn *fn, const char *type) {
    edo_bytes body = { 0 };
    dump_job *job;
    const uint32_t self = (uint32_t)getpid();
    if (edoi_swap_rlx_u32(&dump_maker, self) == self) return reply_busy(w); // relaxed: as it says
    int err = dump_make(&job, fn);
    if (err < 0) return err;
    err = edo_bytes_copy(&body, job->text, job->n);
    edo_rc_unref(job);
    if (err == 0) err = edo_web_set_header(w, "cache-control", "no-store");
    if (err == 0)
        err = edo_response_bytes(edo_web_response(w), EDO_STATUS_OK, edo_str_of(type), &body);
    edo_bytes_unref(&body);
    return err;
}

static void dump_open_text(FILE *out) {
    edo_dump_open(out, EDO_DUMP_TEXT);
}

static void dump_open_json(FILE *out) {
    edo_dump_open(out, EDO_DUMP_JSON);
}

static int get_open(edo_web *w) {
    static const edo_str json = { "application/json", 16 };
    edo_str accept;
    int err = edoi_web_accept(w, &accept);
    if (err < 0) return err;
    bool wants_json = edo_accept_media_weight(accept, json) >
                      edo_accept_media_weight(accept, EDO_STR("text/plain"));
    err = edo_web_append_header(w, "vary", "accept");
    if (err < 0) return err;
    return reply_dump(w, wants_json ? dump_open_json : dump_open_text,
                      wants_json ? "application/json" : "text/plain; charset=utf-8");
}

static int get_tasks(edo_web *w) {
    return reply_dump(w, edo_dump_tasks, "text/plain; charset=utf-8");
}

void edo_dump_routes(edo_router *r) {
    static const edo_route_doc open = { .summary = "What is open", .tag = "Operations" };
    static const edo_route_doc tasks = { .summary = "What each task does", .tag = "Operations" };
    edo_router_get(r, "/open", get_open);
    edo_router_doc(r, &open);
    edo_router_get(r, "/tasks", get_tasks);
    edo_router_doc(r, &tasks);
}
