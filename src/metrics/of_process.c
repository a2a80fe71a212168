/* SPDX-License-Identifier: MIT */
/* metrics/of_process.c: the numbers of this process, by the names that Prometheus's own clients
 * use. What cannot be read (no /proc) is left out. */
#include "base/memory/alloc.h"
#include "base/memory/heap.h"
#include "memory/slabs.h"
#include "metrics/print.h"
#include "runtime/look/growth.h"
#include "runtime/watch/named.h"

#include <edo/locks.h>
#include <edo/log.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STAT_BYTES    1024 /* of /proc/self/stat; a line is half as long */
#define FIELD_FAULTS  10
#define FIELD_THREADS 20 /* in /proc/self/stat, from 1: proc(5) */
#define FIELD_START   22 /* in clock ticks after the boot */

/* Each reads one number; false: it is not known. */
typedef bool read_fn(double *value);

static double of_process_seconds_of(clockid_t clock) {
    struct timespec t = { 0 };
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Reads a small file, and ends it by a NUL. */
static bool of_process_read_file(char *text, size_t bytes, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, text, bytes - 1);
    (void)close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* Field `wanted` of /proc/self/stat, above 2. The second is the name, which may hold anything. */
static bool stat_field(double *value, int wanted) {
    char text[STAT_BYTES];
    if (!of_process_read_file(text, sizeof text, "/proc/self/stat")) return false;
    const char *at = strrchr(text, ')');
    for (int field = 2; at && field < wanted; field++) at = strchr(at + 1, ' ');
    if (at) *value = (double)strtoull(at + 1, NULL, 10);
    return at != NULL;
}

static bool statm_pages(double *value, int which) {
    char text[128];
    if (!of_process_read_file(text, sizeof text, "/proc/self/statm")) return false;
    char *at = text;
    for (int i = 0; i <= which; i++) *value = (double)strtoull(at, &at, 10);
    *value *= (double)sysconf(_SC_PAGESIZE);
    return true;
}

static bool cpu_seconds(double *value) {
    *value = of_process_seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    return true;
}

static bool virtual_bytes(double *value) {
    return statm_pages(value, 0);
}

static bool resident_bytes(double *value) {
    return statm_pages(value, 1);
}

static double of_process_number_of(rlim_t limit) {
    return limit == RLIM_INFINITY ? -1 : (double)limit;
}

static bool virtual_bytes_max(double *value) {
    struct rlimit most;
    if (getrlimit(RLIMIT_AS, &most) < 0) return false;
    *value = of_process_number_of(most.rlim_cur);
    return true;
}

/* The kernel tells the number since Linux 6.2. To list them takes a worker 0.1 s with 20000. */
static bool open_fds(double *value) {
    struct stat fds;
    if (stat("/proc/self/fd", &fds) == 0 && fds.st_size > 0) {
        *value = (double)fds.st_size;
        return true;
    }
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) return false;
    *value = -1; // that of the directory itself
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) *value += e->d_name[0] != '.';
    (void)closedir(dir);
    return true;
}

static bool max_fds(double *value) {
    struct rlimit most;
    if (getrlimit(RLIMIT_NOFILE, &most) < 0) return false;
    *value = of_process_number_of(most.rlim_cur);
    return true;
}

static bool threads(double *value) {
    return stat_field(value, FIELD_THREADS);
}

static bool start_seconds(double *value) {
    double ticks = 0;
    if (!stat_field(&ticks, FIELD_START)) return false;
    double age = of_process_seconds_of(CLOCK_BOOTTIME) - ticks / (double)sysconf(_SC_CLK_TCK);
    *value = of_process_seconds_of(CLOCK_REALTIME) - age;
    return true;
}

static bool growth_reports(double *value) {
    *value = (double)edoi_load_rlx_u64(&edoi_growth_told_n); // relaxed: a count
    return true;
}

static bool page_faults(double *value) {
    return stat_field(value, FIELD_FAULTS);
}

static bool heap_used(double *value) {
    edoi_heap_numbers now;
    bool is_there = edoi_heap_read(&now);
    *value = (double)now.used;
    return is_there;
}

static bool heap_free(double *value) {
    edoi_heap_numbers now;
    bool is_there = edoi_heap_read(&now);
    *value = (double)now.free;
    return is_there;
}

static bool dropped_lines(double *value) {
    *value = (double)edo_log_dropped();
    return true;
}

typedef struct process_number {
    edoi_metric_type type;
    const char *name, *unit, *help;
    read_fn *read;
} process_number;

static process_number numbers[] = {
    { EDOI_COUNTER, "process_cpu", "s", "CPU time of the process, user and system.", cpu_seconds },
    { EDOI_GAUGE, "process_resident_memory", "By", "Memory that is resident.", resident_bytes },
    { EDOI_GAUGE, "process_virtual_memory", "By", "Address space.", virtual_bytes },
    { EDOI_GAUGE, "process_virtual_memory_max", "By",
      "Address space that it may have; -1: no limit.", virtual_bytes_max },
    { EDOI_GAUGE, "process_open_fds", NULL, "Open descriptors.", open_fds },
    { EDOI_GAUGE, "process_max_fds", NULL, "Descriptors that may be open.", max_fds },
    { EDOI_GAUGE, "process_threads", NULL, "Threads.", threads },
    { EDOI_GAUGE, "process_start_time", "s", "When it started, since 1970.", start_seconds },
    { EDOI_COUNTER, "edo.growth.reports", NULL,
      "Numbers of what is open that only grew, and were told.", growth_reports },
    { EDOI_COUNTER, "edo.process.page_faults", NULL,
      "Pages that the process was given: what memory costs that comes and goes.", page_faults },
    { EDOI_GAUGE, "edo.malloc.used", "By", "What malloc() has given out.", heap_used },
    { EDOI_GAUGE, "edo.malloc.free", "By", "What malloc() keeps for later.", heap_free },
    { EDOI_COUNTER, "edo.log.dropped_lines", NULL,
      "Lines of the log that were dropped, since nobody has read them.", dropped_lines },
};

static void of_process_ask(void *arg, edo_metrics_sink *to) {
    const process_number *n = (const process_number *)arg;
    double value = 0;
    if (n->read(&value)) edo_metrics_emit(to, value, NULL);
}

/* ---- Locks ----------------------------------------------------------------------------------- */

typedef struct lock_count {
    const char *name, *help;
    size_t at; /* a uint64_t of edo_locks_stats */
} lock_count;

static lock_count lock_counts[] = {
    { "edo.locks.deadlocks", "Cycles of tasks that wait for each other.",
      offsetof(edo_locks_stats, deadlocks) },
    { "edo.locks.abandoned", "Locks whose task has ended.", offsetof(edo_locks_stats, abandoned) },
    { "edo.locks.unnoted", "Waits that have found no place in the table of waits.",
      offsetof(edo_locks_stats, unnoted) },
    { "edo.locks.lasting", "Reports of waits for locks that last.",
      offsetof(edo_locks_stats, lasting) },
    { "edo.locks.standing", "Cycles of tasks that stand, probably.",
      offsetof(edo_locks_stats, standing) },
    { "edo.locks.turned", "Reports of two locks that are taken in both orders.",
      offsetof(edo_locks_stats, turned) },
};

static void of_locks_ask(void *arg, edo_metrics_sink *to) {
    const lock_count *count = arg;
    edo_locks_stats s;
    uint64_t n;
    edo_locks_get_stats(&s);
    memcpy(&n, (const char *)&s + count->at, sizeof n);
    edo_metrics_emit(to, (double)n, NULL);
}

/* ---- Slabs ----------------------------------------------------------------------------------- */

#define SLABS_MAX 64u

typedef void emit_slab_fn(const edoi_slabs_row *row, edo_metrics_sink *to);

static void emit_slab_objects(const edoi_slabs_row *row, edo_metrics_sink *to) {
    const edo_str name = edo_str_of(row->name);
    edo_metrics_emit(to, (double)row->used, (const edo_str[]){ name, EDO_STR("used") });
    edo_metrics_emit(to, (double)row->kept, (const edo_str[]){ name, EDO_STR("kept") });
}

static void emit_slab_bytes(const edoi_slabs_row *row, edo_metrics_sink *to) {
    edo_metrics_emit(to, (double)row->bytes, (const edo_str[]){ edo_str_of(row->name) });
}

static void of_slabs_ask(edo_metrics_sink *to, emit_slab_fn *emit) {
    edoi_slabs_row *rows = edoi_calloc(SLABS_MAX, sizeof *rows);
    if (!rows) {
        to->err = -ENOMEM;
        return;
    }
    size_t n = edoi_slabs_read(rows, SLABS_MAX);
    for (size_t i = 0; i < n; i++) emit(&rows[i], to);
    edoi_free(rows);
}

static void ask_slab_objects(void *arg, edo_metrics_sink *to) {
    (void)arg;
    of_slabs_ask(to, emit_slab_objects);
}

static void ask_slab_bytes(void *arg, edo_metrics_sink *to) {
    (void)arg;
    of_slabs_ask(to, emit_slab_bytes);
}

/* ---- Channels with a name -------------------------------------------------------------------- */

#define NAMED_MAX 256u

static void emit_channel_depth(const edoi_named_row *row, edo_metrics_sink *to) {
    edo_metrics_emit(to, (double)row->depth, (const edo_str[]){ edo_str_of(row->name) });
}

static void emit_channel_limit(const edoi_named_row *row, edo_metrics_sink *to) {
    if (row->bounded_n == 0) return;
    edo_metrics_emit(to, (double)row->limit, (const edo_str[]){ edo_str_of(row->name) });
}

static void emit_channel_open(const edoi_named_row *row, edo_metrics_sink *to) {
    edo_metrics_emit(to, (double)row->n, (const edo_str[]){ edo_str_of(row->name) });
}

static void of_channels_ask(edo_metrics_sink *to,
                            void (*emit)(const edoi_named_row *row, edo_metrics_sink *to)) {
    edoi_named_row *rows = edoi_calloc(NAMED_MAX, sizeof *rows);
    if (!rows) {
        to->err = -ENOMEM;
        return;
    }
    size_t n = edoi_named_read(rows, NAMED_MAX);
    for (size_t i = 0; i < n; i++) emit(&rows[i], to);
    edoi_free(rows);
}

static void ask_channel_depth(void *arg, edo_metrics_sink *to) {
    (void)arg;
    of_channels_ask(to, emit_channel_depth);
}

static void ask_channel_limit(void *arg, edo_metrics_sink *to) {
    (void)arg;
    of_channels_ask(to, emit_channel_limit);
}

static void ask_channel_open(void *arg, edo_metrics_sink *to) {
    (void)arg;
    of_channels_ask(to, emit_channel_open);
}

/* ---- Added ----------------------------------------------------------------------------------- */

/* Numbers that several things of this process have. */
static const struct {
    const char *name, *unit, *labels, *help;
    edoi_asked_fn *ask;
} lists[] = {
    { "edo.slab.objects", NULL, "slab state", "Objects of pools, by the name of their pool.",
      ask_slab_objects },
    { "edo.slab.memory", "By", "slab", "Memory of the objects of pools.", ask_slab_bytes },
    { "edo.channel.depth", NULL, "channel", "Values in channels that have a name.",
      ask_channel_depth },
    { "edo.channel.limit", NULL, "channel", "Values that there may be; of those with a limit.",
      ask_channel_limit },
    { "edo.channel.open", NULL, "channel", "Channels that have this name.", ask_channel_open },
};

static int process_add_list(edo_metrics *m, size_t i) {
    const edo_metric_opts opts = { .help = lists[i].help,
                                   .unit = lists[i].unit,
                                   .labels = lists[i].labels };
    const edoi_metric_wanted wanted = { .type = EDOI_GAUGE,
                                        .is_asked = true,
                                        .is_single = true,
                                        .name = lists[i].name,
                                        .opts = &opts };
    return edoi_metric_ask(m, &wanted, lists[i].ask, NULL);
}

static int process_add_number(edo_metrics *m, process_number *n) {
    const edo_metric_opts opts = { .help = n->help, .unit = n->unit };
    const edoi_metric_wanted wanted = {
        .type = n->type, .is_asked = true, .is_single = true, .name = n->name, .opts = &opts
    };
    return edoi_metric_ask(m, &wanted, of_process_ask, n);
}

static int process_add_lock_count(edo_metrics *m, lock_count *count) {
    const edo_metric_opts opts = { .help = count->help };
    const edoi_metric_wanted wanted = { .type = EDOI_COUNTER,
                                        .is_asked = true,
                                        .is_single = true,
                                        .name = count->name,
                                        .opts = &opts };
    return edoi_metric_ask(m, &wanted, of_locks_ask, count);
}

int edo_metrics_add_process(edo_metrics *m) {
    int err = 0;
    for (size_t i = 0; i < EDO_COUNT(numbers) && err == 0; i++)
        err = process_add_number(m, &numbers[i]);
    for (size_t i = 0; i < EDO_COUNT(lock_counts) && err == 0; i++)
        err = process_add_lock_count(m, &lock_counts[i]);
    for (size_t i = 0; i < EDO_COUNT(lists) && err == 0; i++) err = process_add_list(m, i);
    return err;
}
