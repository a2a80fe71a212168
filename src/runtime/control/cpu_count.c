/* SPDX-License-Identifier: MIT */
/* runtime/control/cpu_count.c: see cpu_count.h.
 *
 * A control group is limited by its own quota and by those of all enclosing groups.
 * /proc/self/cgroup names the process's group as a path below where the groups are mounted:
 *
 *     0::/a/b             version 2: /sys/fs/cgroup/a/b/cpu.max is "QUOTA PERIOD", or "max PERIOD"
 *     4:cpu,cpuacct:/a/b  version 1: /sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us, -1 for none, and
 *                         cpu.cfs_period_us
 *
 * In a container the path may be a host path that does not exist: then the group's files are at the
 * mount point itself. */
#include "runtime/control/cpu_count.h"

#include "base/atomic.h"
#include "log/tell.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS     "/sys/fs/cgroup"
#define LINE_BYTES 64   /* in a file of a group */
#define OWN_BYTES  1024 /* in /proc/self/cgroup; the rest of a longer path is ignored */
#define PATH_BYTES (OWN_BYTES + 256)

/* The directory of a control group. */
typedef struct group {
    const char *root, *mount, *path; /* joined in this order */
    int path_n;                      /* bytes of `path` that are used */
} group;

typedef uint32_t quota_fn(const group *g);

/* ---- Numbers --------------------------------------------------------------------------------- */

/* Reads digits and returns the position after them; NULL: there are none, or too many. */
static const char *cpu_count_digits(const char *at, uint64_t *out) {
    if (*at < '0' || *at > '9') return NULL;
    char *end;
    errno = 0;
    unsigned long long n = strtoull(at, &end, 10);
    if (errno != 0) return NULL;
    *out = n;
    return end;
}

uint32_t edoi_cpu_count_number(const char *text, uint32_t most) {
    uint64_t n = 0;
    const char *end = text ? cpu_count_digits(text, &n) : NULL;
    return end && *end == '\0' && n <= most ? (uint32_t)n : 0;
}

static uint32_t cpus(uint64_t granted, uint64_t period) {
    if (period == 0) return 0;
    uint64_t n = granted / period + (granted % period != 0);
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* The tighter of two quotas; 0: no limit. */
static uint32_t tighter(uint32_t a, uint32_t b) {
    if (a == 0 || b == 0) return a | b;
    return a < b ? a : b;
}

/* ---- Control groups -------------------------------------------------------------------------- */

static EDOI_NOINLINE bool read_line(const group *g, const char *name, char line[LINE_BYTES]) {
    char path[PATH_BYTES];
    int n = snprintf(path, sizeof path, "%s%s%.*s/%s", g->root, g->mount, g->path_n, g->path, name);
    FILE *file = n > 0 && (size_t)n < sizeof path ? fopen(path, "re") : NULL;
    if (!file) return false;
    bool read = fgets(line, LINE_BYTES, file) != NULL;
    (void)fclose(file);
    return read;
}

static uint32_t quota_v2(const group *g) {
    char line[LINE_BYTES];
    uint64_t granted = 0, period = 0;
    if (!read_line(g, "cpu.max", line)) return 0;
    const char *at = cpu_count_digits(line, &granted);
    bool known = at && *at == ' ' && cpu_count_digits(at + 1, &period);
    return known ? cpus(granted, period) : 0;
}

static uint32_t quota_v1(const group *g) {
    char granted_line[LINE_BYTES], period_line[LINE_BYTES];
    uint64_t granted = 0, period = 0;
    bool known = read_line(g, "cpu.cfs_quota_us", granted_line) &&
                 read_line(g, "cpu.cfs_period_us", period_line) &&
                 cpu_count_digits(granted_line, &granted) && cpu_count_digits(period_line, &period);
    return known ? cpus(granted, period) : 0;
}

/* The tightest quota from the group `path` up to its mount `g`. */
static uint32_t quota_up(quota_fn *quota, group g, const char *path) {
    uint32_t least = 0;
    g.path = path;
    for (g.path_n = (int)strlen(path); g.path_n > 0; g.path_n--)
        if (path[g.path_n] == '/' || path[g.path_n] == '\0') least = tighter(least, quota(&g));
    return tighter(least, quota(&g));
}

/* Does the list that ends at `end` contain "cpu"? */
static bool has_cpu(const char *list, const char *end) {
    for (const char *at = list; at < end;) {
        size_t n = strcspn(at, ",:");
        if (n == 3 && memcmp(at, "cpu", 3) == 0) return true;
        at += n + 1;
    }
    return false;
}

static uint32_t quota_of_line(char *line, const group *v2, const group *v1) {
    const char *list = strchr(line, ':');
    char *path = list ? strchr(list + 1, ':') : NULL;
    if (!path || path[1] != '/') return 0;
    path++;
    path[strcspn(path, "\n")] = '\0';
    if (list + 2 == path) return quota_up(quota_v2, *v2, path);
    return has_cpu(list + 1, path - 1) ? quota_up(quota_v1, *v1, path) : 0;
}

uint32_t edoi_cpu_count_quota(const char *root) {
    const group v2 = { .root = root, .mount = GROUPS, .path = "" };
    const group v1 = { .root = root, .mount = GROUPS "/cpu", .path = "" };
    char line[OWN_BYTES];
    uint32_t least = tighter(quota_v2(&v2), quota_v1(&v1));
    (void)snprintf(line, sizeof line, "%s/proc/self/cgroup", root);
    FILE *file = fopen(line, "re");
    if (!file) return least;
    while (fgets(line, sizeof line, file)) least = tighter(least, quota_of_line(line, &v2, &v1));
    (void)fclose(file);
    return least;
}

/* ---- How many -------------------------------------------------------------------------------- */

static uint32_t cpu_set(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) < 0) return 1; // more than 1,024: set EDO_WORKERS
    return (uint32_t)CPU_COUNT(&set);
}

uint32_t edoi_cpu_count(void) {
    return tighter(cpu_set(), edoi_cpu_count_quota(""));
}

uint32_t edoi_cpu_count_wanted(const char *name, uint32_t most, edo_atomic_u32 *told) {
    const char *text = getenv(name);
    uint32_t n = edoi_cpu_count_number(text, most);
    if (n > 0) return n;
    n = edoi_cpu_count();
    if (n > most) n = most;
    if (text && *text && edoi_swap_rlx_u32(told, 1) == 0) // relaxed: a flag, no data
        edoi_tell("edo: %s=%.32s is no number from 1 to %u, so it is %u\n", name, text,
                  (unsigned)most, (unsigned)n);
    return n;
}
