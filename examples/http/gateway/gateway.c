/* SPDX-License-Identifier: MIT */
/* gateway.c: the plan of a gateway that runs, and how it changes. */
#include "gateway.h"

#include <edo/fs.h>
#include <edo/fs_watch.h>
#include <edo/json.h>
#include <edo/signal.h>

#define EDO_TARGET "gateway"
#include <edo/log.h>

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

int config_read(config *out, const char *file) {
    edo_bytes text;
    int err = edo_fs_read_all(&text, file);
    if (err < 0) return edo_fail(err, "%s", file);
    err = edo_json_decode_with(out, &config_desc, text.str,
                               &(edo_json_opts){ .refuses_unknown = true });
    edo_bytes_unref(&text);
    return err < 0 ? edo_fail(err, "%s", file) : 0;
}

plan *gateway_plan(gateway *g) {
    return edo_snapshot_get(&g->now);
}

int gateway_load(gateway *g) {
    config c = { 0 };
    plan *next = NULL;
    int err = edo_mutex_lock(&g->loads);
    if (err < 0) return err;
    plan *now = gateway_plan(g); // only a load changes it
    err = config_read(&c, g->file);
    if (err == 0) err = plan_new(&next, &c, now, &g->means);
    if (err == 0) {
        edo_snapshot_set(&g->now, next); // and stays, until another load replaces it
        edo_info("plan %u: %zu routes", next->number, next->routes_n);
    }
    edo_rc_unref(now);
    edo_value_deinit(&c, &config_desc);
    edo_mutex_unlock(&g->loads);
    return err;
}

/* The request keeps its plan until its response has ended, however long that takes. */
int gateway_handle(edo_request *req, edo_response *res, void *arg) {
    static const edo_ext_tag plan_tag = { .name = "plan", .drop = edo_rc_unref };
    plan *p = gateway_plan(arg);
    int err = edo_ext_set(&req->ext, &plan_tag, p);
    if (err == 0) return edo_router_handle(p->router, req, res, NULL);
    edo_rc_unref(p);
    return err;
}

static int gateway_load_again(gateway *g) {
    char why[512];
    int err = gateway_load(g);
    if (err == 0 || err == -ECANCELED) return err;
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    edo_warn("the plan stays as it was: %s", why);
    return 0;
}

/* An editor may write another file, and rename it: so it is the directory that is watched. */
int gateway_follow_file(void *arg) {
    gateway *g = arg;
    edo_fs_watch *w = NULL;
    edo_fs_event e;
    const char *slash = strrchr(g->file, '/'), *name = slash ? slash + 1 : g->file;
    char *file = strdup(g->file);
    if (!file) return -ENOMEM;
    int err = edo_fs_watch_open(&w);
    if (err == 0) err = edo_fs_watch_add(w, dirname(file), EDO_FS_CLOSED_WRITE | EDO_FS_MOVED_TO);
    free(file);
    while (err >= 0 && (err = edo_fs_watch_next(w, &e)) == 1)
        if (strcmp(e.name, name) == 0 || e.what == EDO_FS_OVERFLOW) err = gateway_load_again(g);
    edo_fs_watch_close(w);
    return err;
}

int gateway_follow_signal(void *arg) {
    edo_signal *hangup;
    int err = edo_signal_listen(&hangup, SIGHUP);
    if (err < 0) return err;
    while (err >= 0 && (err = edo_signal_recv(hangup)) == 0) err = gateway_load_again(arg);
    edo_signal_close(hangup);
    return err;
}
