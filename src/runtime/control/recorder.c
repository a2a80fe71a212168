/* SPDX-License-Identifier: MIT */
/* runtime/control/recorder.c: starts the flight recorder, by a call or by the environment. The
 * rings themselves lie below all that records: src/recorder. */
#include "runtime/control/recorder.h"

#include "base/fork.h"
#include "base/held.h"
#include "base/opts.h"
#include "log/out/crash.h"
#include "log/recorder_report.h"
#include "log/tell.h"
#include "recorder/note.h"
#include "recorder/old.h"
#include "recorder/region.h"
#include "recorder/write.h"
#include "records/misuse.h"
#include "runtime/control/cpu_count.h"
#include "runtime/task/task.h"
#include "runtime/worker/here.h"
#include "stacks/layout.h"

#include <edo/error.h>
#include <edo/recorder.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const edoi_layout edoi_layout_recorder; /* used by tools/edo-gdb.py alone */

EDOI_LAYOUT const edoi_layout edoi_layout_recorder = {
    .magic = "edo-gdb events\n",
    .roots = { &edoi_recorder_region_of },
    .n = 2,
    .at = { EDOI_AT(edoi_recorder_region, head), EDOI_AT(edoi_recorder_region, bytes) },
};

#define EVENTS    32768u
#define RINGS_MIN 8u

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the start */

/* lock: mutex, all four */
static bool names_pid;            /* reports go to a file that is named by the process */
static bool is_begun;             /* by the program, which has said where reports go */
static bool is_tapped;            /* by a console */
static edo_recorder_depth wanted; /* by the program */

/* lock: mutex; where the reports of this process go, or its rings are: those of a child of a fork
 * go to OF_PARENT.PID; "": nowhere, or names_pid */
static char of_parent[EDOI_RECORDER_PATH_BYTES];

static void report_by_pid(void) {
    char name[64];
    (void)snprintf(name, sizeof name, "edo-%ld.rec", (long)edoi_recorder_pid());
    edoi_recorder_report_to(name);
}

/* The handler that finds the file cut ends the record, whatever is wanted. Called with the mutex
 * held, before `wanted` or `is_tapped` change. */
static void notice_cut(void) {
    if (edo_recorder_get() == EDO_RECORDER_OFF) wanted = EDO_RECORDER_OFF;
}

/* Called with the mutex held. */
static void set_depth(void) {
    const edo_recorder_depth depth = is_tapped ? EDO_RECORDER_ALL : wanted;
    edoi_store_rel_u32(&edoi_recorder_depth, depth); // RS2: pairs with RS2 in recorded_turn, note.c
}

/* Called with the mutex held. */
static void recorder_untap(void) {
    notice_cut();
    is_tapped = false;
    set_depth();
}

/* The child of a fork must not overwrite its parent's report, and its rings are no file. */
static void name_reports_of_child(void) {
    char name[EDOI_RECORDER_PATH_BYTES];
    if (names_pid) report_by_pid();
    if (!of_parent[0]) return;
    int n = snprintf(name, sizeof name, "%s.%ld", of_parent, (long)edoi_recorder_pid());
    edoi_recorder_report_to((size_t)n < sizeof name ? name : NULL);
}

/* The child has no console. */
static void recorder_begin_child(void) {
    name_reports_of_child();
    if (is_tapped) recorder_untap();
}

EDOI_ON_FORK(.mutex = &mutex, .child = recorder_begin_child);

static const void *task_of_here(void) {
    return edoi_task_here();
}

/* ---- By a call ------------------------------------------------------------------------------- */

static bool recorder_has_begun(void) {
    return edoi_recorder_head_now();
}

/* The memory that a console has taken is that of the program, whatever sizes it wants later. */
static bool is_of_console(void) {
    return recorder_has_begun() && !is_begun;
}

static uint32_t rings_of(const edo_recorder_opts *o) {
    if (is_of_console()) return 0;
    if (o->rings > 0 || recorder_has_begun()) return o->rings;
    uint32_t n = edoi_cpu_count() + 2;
    return n > RINGS_MIN ? n : RINGS_MIN;
}

static uint32_t events_of(const edo_recorder_opts *o) {
    if (is_of_console()) return 0;
    return o->events > 0 || recorder_has_begun() ? o->events : EVENTS;
}

static void set_reports(const edo_recorder_opts *o) {
    names_pid = !o->no_reports && !o->report_file && !o->file;
    if (names_pid) {
        report_by_pid();
    } else {
        edoi_recorder_report_to(o->no_reports ? NULL : o->report_file);
    }
    const char *file = o->no_reports ? NULL : o->report_file ? o->report_file : o->file;
    bool has_room = file && strnlen(file, sizeof of_parent) < sizeof of_parent;
    (void)snprintf(of_parent, sizeof of_parent, "%s", has_room ? file : "");
}

/* Nobody should learn by the first crash that there can be no report. */
static void tell_if_unwritable(void) {
    const char *path = edoi_recorder_report_path();
    char folder[EDOI_RECORDER_PATH_BYTES] = ".";
    const char *slash = path ? strrchr(path, '/') : NULL;
    if (slash) (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    if (path && faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) < 0)
        edoi_recorder_tell_unwritten(path, -errno);
}

/* FILE.PID and FILE.PID.before of processes before this one. */
static EDOI_NOINLINE void recorder_remove_old_of(const char *file) {
    char name[EDOI_RECORDER_PATH_BYTES];
    int n = snprintf(name, sizeof name, "%s.", file);
    if (n < 0 || (size_t)n >= sizeof name) return;
    edoi_recorder_old_remove(name, "");
    edoi_recorder_old_remove(name, ".before");
}

static void recorder_remove_old(const edo_recorder_opts *o) {
    if (o->file) recorder_remove_old_of(o->file);
    if (o->report_file) recorder_remove_old_of(o->report_file);
    if (!o->file && !o->report_file && !o->no_reports) edoi_recorder_old_remove("edo-", ".rec");
}

/* What may wait, once it has started. */
static void recorder_started(const edo_recorder_opts *o) {
    tell_if_unwritable();
    recorder_remove_old(o);
}

/* The events that led to a misuse are of use in a release build, too. */
static void misuse_record(const char *text) {
    if (!EDOI_RECORDS(EDO_RECORDER_TURNS)) return;
    edoi_recorder_note_site(EDOI_REC_REPORT, edoi_recorder_task(), 0, text);
#ifndef EDO_DEBUG
    edoi_recorder_report_aside(text); // a debug build aborts, and writes then
#endif
}

/* Called with the mutex held. */
static int recorder_make(const edo_recorder_opts *o) {
    int err = edoi_recorder_region_make(rings_of(o), events_of(o), o->file);
    if (err < 0) return err;
    edoi_recorder_task_by(task_of_here);
    edoi_misuse_tell(misuse_record);
    edoi_log_crash_begin();
    return 0;
}

/* Called with the mutex held. */
static int recorder_start(const edo_recorder_opts *o) {
    int err = recorder_make(o);
    if (err < 0) return err;
    set_reports(o);
    is_begun = true;
    wanted = o->depth ? o->depth : EDO_RECORDER_TURNS;
    set_depth();
    return 0;
}

/* A path that was cut would be another file's. */
static bool recorder_path_is_too_long(const char *path) {
    return path && strnlen(path, EDOI_RECORDER_PATH_BYTES) == EDOI_RECORDER_PATH_BYTES;
}

int edo_recorder_start(const edo_recorder_opts *opts) {
    static const edo_recorder_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    bool is_bad =
        opts->depth > EDO_RECORDER_ALL || !edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
    if (is_bad || recorder_path_is_too_long(opts->report_file)) return -EINVAL;
    edoi_mutex_acquire(&mutex);
    int err = recorder_start(opts);
    edoi_mutex_release(&mutex);
    if (err == 0) recorder_started(opts);
    return err;
}

int edo_recorder_set(edo_recorder_depth depth) {
    if (depth > EDO_RECORDER_ALL) return -EINVAL;
    const edo_recorder_opts opts = { .depth = depth };
    int err = 0;
    edoi_mutex_acquire(&mutex);
    const bool begins = !is_begun && depth != EDO_RECORDER_OFF;
    if (begins) {
        err = recorder_start(&opts);
    } else {
        wanted = depth;
        set_depth();
    }
    edoi_mutex_release(&mutex);
    if (begins && err == 0) recorder_started(&opts);
    return err;
}

edo_recorder_depth edo_recorder_get(void) {
    return (edo_recorder_depth)edoi_load_rlx_u32(&edoi_recorder_depth); // relaxed: a number
}

/* ---- By a console ---------------------------------------------------------------------------- */

int edoi_recorder_tap_begin(void) {
    int err = 0;
    edoi_mutex_acquire(&mutex);
    if (!recorder_has_begun()) err = recorder_make(&(edo_recorder_opts){ .events = 0 });
    if (err == 0) {
        notice_cut();
        is_tapped = true;
        set_depth();
    }
    edoi_mutex_release(&mutex);
    return err;
}

void edoi_recorder_tap_end(void) {
    edoi_mutex_acquire(&mutex);
    recorder_untap();
    edoi_mutex_release(&mutex);
}

/* ---- What is asked now ----------------------------------------------------------------------- */

int edo_recorder_write(const char *path) {
    return edoi_recorder_write(path, "a call");
}

void edo_recorder_note(const char *text, uint64_t number) {
    if (!EDOI_RECORDS(EDO_RECORDER_TURNS)) return;
    const edo_task *t = edoi_task_here();
    edoi_recorder_note_site(EDOI_REC_NOTE, t, 0, text);
    edoi_recorder_note(EDOI_REC_NUMBER, t, 0, number);
}

/* ---- By the environment ---------------------------------------------------------------------- */

/* "turns", "all", each perhaps with ":FILE". False: it is neither. */
static bool read_wish(const char *text, edo_recorder_opts *o) {
    size_t n = strcspn(text, ":");
    if (n == 5 && strncmp(text, "turns", n) == 0) {
        o->depth = EDO_RECORDER_TURNS;
    } else if (n == 3 && strncmp(text, "all", n) == 0) {
        o->depth = EDO_RECORDER_ALL;
    } else {
        return false;
    }
    o->file = text[n] == ':' && text[n + 1] ? text + n + 1 : NULL;
    return true;
}

/* Programs that are started by one another have one environment: the file is that of the first. */
static int start_beside(const edo_recorder_opts *o) {
    char file[EDOI_RECORDER_PATH_BYTES + 32];
    int n = snprintf(file, sizeof file, "%s.%ld", o->file, (long)edoi_recorder_pid());
    if (n < 0 || (size_t)n >= sizeof file) return -ENAMETOOLONG;
    recorder_remove_old_of(o->file);
    edo_recorder_opts beside = *o;
    beside.file = file;
    int err = edo_recorder_start(&beside);
    if (err == 0)
        edoi_tell("edo: another process records to the file of EDO_RECORDER: this one "
                  "records to %s\n",
                  file);
    return err;
}

static void begin_as_environment_says(void) {
    const char *text = secure_getenv("EDO_RECORDER"); // who runs a set-uid program names no file
    edo_recorder_opts opts = { 0 };
    if (!text || !*text || recorder_has_begun() || strcmp(text, "off") == 0) return;
    if (!read_wish(text, &opts)) {
        edoi_tell("edo: EDO_RECORDER=%.64s is none of turns, all, turns:FILE and all:FILE: nothing "
                  "is recorded\n",
                  text);
        return;
    }
    int err = edo_recorder_start(&opts);
    if (err == -EBUSY && opts.file) err = start_beside(&opts);
    if (err < 0)
        edoi_tell("edo: EDO_RECORDER=%.256s: %s: nothing is recorded\n", text, edo_strerror(err));
}

void edoi_recorder_begin(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, begin_as_environment_says); // this cannot fail
}
