/* SPDX-License-Identifier: MIT */
/* log/recorder_report.c: see recorder_report.h. */
#include "log/recorder_report.h"

#include "log/out/thread.h"
#include "log/tell.h"
#include "recorder/write.h"

#include <edo/error.h>

void edoi_recorder_tell_unwritten(const char *path, int err) {
    static edo_atomic_u32 told; // atomic, relaxed: the error that was told last
    if (edoi_swap_rlx_u32(&told, (uint32_t)-err) != (uint32_t)-err)
        edoi_tell("edo: the last events cannot be written to %s: %s\n", path, edo_strerror(err));
}

static void report_write(const char *path, const char *why) {
    int err = edoi_recorder_write(path, why);
    if (err < 0) {
        edoi_recorder_tell_unwritten(path, err);
    } else {
        edoi_tell("edo: the last events are in %s\n", path);
    }
}

static void *write_aside(void *why) {
    const char *path = edoi_recorder_report_path();
    if (path) report_write(path, why);
    return NULL;
}

void edoi_recorder_report(const char *why) {
    const char *path = edoi_recorder_report_due(why);
    if (path) report_write(path, why);
}

void edoi_recorder_report_aside(const char *why) {
    if (!edoi_recorder_report_due(why)) return;
    (void)edoi_log_thread(write_aside, (void *)(uintptr_t)why, "edo-recorder"); // or not at all
}
