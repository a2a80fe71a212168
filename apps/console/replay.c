/* SPDX-License-Identifier: MIT */
/* apps/console/replay.c: see replay.h. */
#include "replay.h"

#include "console/own/recording.h"

#include <edo/error.h>
#include <edo/fs.h>
#include <edo/protobuf.h>
#include <edo/time.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAUSE_MS_MAX     60000
#define PAUSE_MS_DAMAGED 1000 /* before a look that cannot be read */

/* ---- The file -------------------------------------------------------------------------------- */

static int recording_map(edo_str *out, const char *path, size_t bytes) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    void *at = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    const int err = at == MAP_FAILED ? -errno : 0;
    (void)close(fd);
    if (err == 0) *out = (edo_str){ at, bytes };
    return err;
}

/* A file is mapped, so that one of many hours takes no memory; nobody may cut it meanwhile. Of
 * anything else, as a pipe, the bytes are read. */
static int recording_open(replay *r, const char *path) {
    struct stat st;
    if (stat(path, &st) < 0) return -errno;
    if (S_ISREG(st.st_mode) && st.st_size > 0)
        return recording_map(&r->mapped, path, (size_t)st.st_size);
    return edo_fs_read_all(&r->read, path);
}

static void recording_close(replay *r) {
    if (r->mapped.len > 0) (void)munmap((void *)(uintptr_t)r->mapped.ptr, r->mapped.len);
    edo_bytes_unref(&r->read);
}

/* Where each look lies, and how they end. A second walk fills in what the first has counted. */
static void looks_walk(replay *r, edo_str rest) {
    edo_str message;
    int got;
    r->n = 0;
    // No writer has made a look of no bytes: zeros are what a machine without power leaves.
    for (; (got = edoi_looks_next(&rest, &message)) == 1 && message.len > 0; r->n++)
        if (r->looks) r->looks[r->n] = message;
    r->end = got == 0 && rest.len == 0 ? REPLAY_WHOLE : got == 0 ? REPLAY_CUT : REPLAY_DAMAGED;
}

int replay_init(replay *r, app *a, const char *path) {
    *r = (replay){ .app = a };
    int err = recording_open(r, path);
    if (err < 0) return edo_fail(err, "reading %s", path);
    edo_str rest = r->mapped.len > 0 ? r->mapped : r->read.str;
    err = edoi_looks_begin(&rest);
    if (err == 0) looks_walk(r, rest);
    if (err == 0 && r->n == 0) err = -EINVAL;
    if (err == 0 && !(r->looks = calloc(r->n, sizeof *r->looks))) err = -ENOMEM;
    if (err == 0) {
        looks_walk(r, rest);
        err = replay_step(r, 0);
        while (err < 0 && r->at + 1 < r->n) err = replay_step(r, 1);
    }
    if (err == 0) return 0;
    replay_deinit(r);
    return edo_fail(err, "reading the recording %s", path);
}

void replay_deinit(replay *r) {
    recording_close(r);
    free(r->looks);
    *r = (replay){ .n = 0 };
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static void replay_say(const replay *r, int err) {
    char *to = r->app->mode;
    const size_t bytes = sizeof r->app->mode;
    if (err < 0)
        (void)snprintf(to, bytes, "damaged at look %zu of %zu", r->at + 1, r->n);
    else if (r->end == REPLAY_DAMAGED)
        (void)snprintf(to, bytes, "look %zu of %zu, damaged at look %zu", r->at + 1, r->n,
                       r->n + 1);
    else
        (void)snprintf(to, bytes, "look %zu of %zu%s", r->at + 1, r->n,
                       r->end == REPLAY_CUT ? ", cut off" : "");
}

int replay_step(replay *r, int64_t by) {
    int64_t to = (int64_t)r->at + by;
    if (to >= (int64_t)r->n) to = (int64_t)r->n - 1;
    r->at = to > 0 ? (size_t)to : 0;
    // The one before is taken, too: what has changed is told against that alone.
    const int before = r->at > 0 ? app_show(r->app, r->looks[r->at - 1]) : -ENODATA;
    const int err = app_show(r->app, r->looks[r->at]);
    if (err == 0 && before < 0) looks_forget_before(&r->app->looks);
    replay_say(r, err);
    return err;
}

edo_duration replay_pause(const replay *r) {
    edo_arena arena = { 0 };
    edoi_look_update next;
    int64_t ms = PAUSE_MS_DAMAGED;
    if (r->at + 1 == r->n) return edo_ns(-1);
    if (edo_protobuf_decode(&next, &EDOI_LOOK_UPDATE_DESC, r->looks[r->at + 1], &arena) == 0)
        ms = next.at_ms - looks_now(&r->app->looks)->at_ms;
    edo_arena_deinit(&arena);
    return edo_ms(ms < 0 ? 0 : ms > PAUSE_MS_MAX ? PAUSE_MS_MAX : ms);
}
