/* SPDX-License-Identifier: MIT */
/* apps/console/replay.c: see replay.h. */
#include "replay.h"

#include "console/own/recording.h"

#include <edo/error.h>
#include <edo/fs.h>
#include <edo/protobuf.h>
#include <edo/time.h>

#include <errno.h>
#include <stdlib.h>

#define PAUSE_MS_MAX 60000

/* Where each look lies. A second walk fills in what the first has counted. */
static size_t looks_walk(edo_str rest, edo_str *all) {
    edo_str message;
    size_t n = 0;
    for (; edoi_looks_next(&rest, &message) == 1; n++)
        if (all) all[n] = message;
    return n;
}

int replay_init(replay *r, app *a, const char *path) {
    *r = (replay){ .app = a };
    int err = edo_fs_read_all(&r->file, path);
    if (err < 0) return edo_fail(err, "reading %s", path);
    edo_str rest = r->file.str;
    err = edoi_looks_begin(&rest);
    if (err == 0) r->n = looks_walk(rest, NULL);
    if (err == 0 && r->n == 0) err = -EINVAL;
    if (err == 0 && !(r->looks = calloc(r->n, sizeof *r->looks))) err = -ENOMEM;
    if (err == 0) (void)looks_walk(rest, r->looks);
    if (err == 0) err = replay_step(r, 0);
    if (err == 0) return 0;
    replay_deinit(r);
    return edo_fail(err, "reading the recording %s", path);
}

void replay_deinit(replay *r) {
    edo_bytes_unref(&r->file);
    free(r->looks);
    *r = (replay){ .n = 0 };
}

int replay_step(replay *r, int64_t by) {
    int64_t to = (int64_t)r->at + by;
    if (to >= (int64_t)r->n) to = (int64_t)r->n - 1;
    r->at = to > 0 ? (size_t)to : 0;
    // The one before is taken, too: what has changed is told against that.
    int err = r->at > 0 ? looks_take(&r->app->looks, r->looks[r->at - 1]) : 0;
    if (err == 0) err = looks_take(&r->app->looks, r->looks[r->at]);
    (void)snprintf(r->app->mode, sizeof r->app->mode, "look %zu of %zu", r->at + 1, r->n);
    return err;
}

edo_duration replay_pause(const replay *r) {
    edo_arena arena = { 0 };
    edoi_look_update next;
    edo_duration pause = edo_ns(-1);
    if (r->at + 1 < r->n &&
        edo_protobuf_decode(&next, &EDOI_LOOK_UPDATE_DESC, r->looks[r->at + 1], &arena) == 0) {
        const int64_t ms = next.at_ms - looks_now(&r->app->looks)->at_ms;
        pause = edo_ms(ms < 0 ? 0 : ms > PAUSE_MS_MAX ? PAUSE_MS_MAX : ms);
    }
    edo_arena_deinit(&arena);
    return pause;
}
