/* SPDX-License-Identifier: MIT */
/* runtime/look/rows.c: see open.h. Tasks are those of tasks.h, descriptors lie in the pool of
 * sources, as one thread of any kind sees them: no worker takes part. Each number is of its own
 * moment. */
#include "runtime/look/rows.h"

#include "driver/driver.h"
#include "runtime/look/tasks.h"
#include "runtime/watch/named.h"
#include "runtime/watch/registry.h"
#include "runtime/worker/core.h"
#include "stacks/numbers.h"

#include <edo/blocking.h>
#include <edo/stats.h>

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define NAMED_MAX 64u

edoi_open_table edoi_open_shown;

/* ---- Tasks ----------------------------------------------------------------------------------- */

/* One that is queued or runs is in no row of waits. */
static void open_add_task(void *arg, const edoi_task_sight *s) {
    edoi_open_row task = { .kind = "task", .name = s->site, .n = 1 };
    edoi_open_row wait = { .kind = "wait", .by = " of", .name = s->site, .n = 1 };
    if (s->state == EDOI_TASK_ENDED) task.state = "ended, not joined";
    edoi_open_add(arg, &task);
    if (!s->is_pinned || !s->awaits) return;
    wait.is_total = true; // that of the tasks is told
    wait.state = s->awaits;
    if (s->now_ns >= 0 && s->wait_ns >= 0) wait.since_ns = s->now_ns - s->wait_ns;
    edoi_open_add(arg, &wait);
}

static void open_add_number(edoi_open_table *to, const edo_runtime *rt, const char *kind,
                            const char *state, uint64_t n) {
    edoi_open_row row = { .kind = kind, .by = " of runtime", .state = state, .n = n };
    row.is_total = true;
    edoi_open_text(&row, "%s", rt->opts.name);
    if (n > 0) edoi_open_add(to, &row);
}

static void open_add_runtime(edoi_open_table *to, edo_runtime *rt, edoi_open_how how) {
    edo_blocking_stats jobs = { 0 };
    edo_runtime_stats numbers = { 0 };
    const edoi_tasks_look tasks = { .every = how == EDOI_OPEN_BRIEFLY ? EDOI_PIN_NONE : 1 };
    if (how != EDOI_OPEN_BESIDE_TASKS) edoi_tasks_look_at(rt, &tasks, open_add_task, to);
    edo_runtime_get_stats(rt, &numbers);
    open_add_number(to, rt, "timer", NULL, numbers.timers);
    edo_blocking_get_stats(rt, &jobs);
    open_add_number(to, rt, "blocking thread", "busy", jobs.threads - jobs.idle);
    open_add_number(to, rt, "blocking job", "queued", jobs.queue);
}

/* ---- Descriptors ----------------------------------------------------------------------------- */

static const char *kind_of_socket(int fd, int domain) {
    int type = 0, listens = 0;
    socklen_t bytes = sizeof type;
    (void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes);
    bytes = sizeof listens;
    (void)getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &bytes);
    if (domain == AF_UNIX) return listens ? "Unix, listens" : "Unix";
    if (domain != AF_INET && domain != AF_INET6) return "another socket";
    if (listens) return "TCP, listens";
    return type == SOCK_STREAM ? "TCP" : "UDP";
}

/* What a descriptor is. Its number may be another's by now: then the kind is that one's. */
static const char *kind_of_fd(int fd) {
    int domain = 0;
    socklen_t bytes = sizeof domain;
    struct stat is;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &bytes) == 0)
        return kind_of_socket(fd, domain);
    if (fstat(fd, &is) < 0) return NULL;
    return S_ISFIFO(is.st_mode) ? "pipe" : S_ISCHR(is.st_mode) ? "device" : "another";
}

typedef struct source_look {
    edoi_open_table *to;
    edoi_open_how how;
    uint64_t n; /* found so far */
} source_look;

static void open_add_source(void *arg, int fd, const char *maker) {
    source_look *l = arg;
    edoi_open_row row = { .kind = "descriptor", .by = " opened by", .name = maker, .n = 1 };
    l->n++;
    if (l->how != EDOI_OPEN_BRIEFLY) row.state = kind_of_fd(fd);
    edoi_open_add(l->to, &row);
}

static bool fd_count(void *arg, uint32_t fd) {
    (void)fd;
    ++*(uint64_t *)arg;
    return true;
}

/* The number of the process; 0: it cannot be told. */
static uint64_t count_fds(void) {
    struct stat is;
    struct rlimit most;
    uint64_t n = 0;
    if (stat("/proc/self/fd", &is) == 0 && is.st_size > 0) // the kernel counts since Linux 6.2
        return (uint64_t)is.st_size;
    int err = edoi_numbers_in("/proc/self/fd", fd_count, &n);
    if (err < 0) // with EMFILE there are as many as there may be
        return err == -EMFILE && getrlimit(RLIMIT_NOFILE, &most) == 0 ? most.rlim_cur : 0;
    return n > 0 ? n - 1 : 0; // that of the folder
}

/* Those that have no row: those of workers, and of the program's own calls. */
static void open_add_other_fds(edoi_open_table *to, uint64_t sources_n) {
    edoi_open_row row = { .kind = "other descriptor", .n = count_fds() };
    uint64_t told_n = sources_n;
    for (uint32_t i = 0; i < to->rows_n; i++)
        if (to->rows[i].state && strcmp(to->rows[i].state, EDOI_OPEN_FILE) == 0)
            told_n += to->rows[i].n;
    row.n -= told_n < row.n ? told_n : row.n;
    if (row.n > 0) edoi_open_add(to, &row);
}

/* ---- Channels with a name -------------------------------------------------------------------- */

static void open_add_named(edoi_open_table *to) {
    static edoi_named_row named[NAMED_MAX]; // lock: that of registry.h
    size_t n = edoi_named_read(named, NAMED_MAX);
    for (size_t i = 0; i < n; i++) {
        edoi_open_row row = { .kind = named[i].kind, .n = named[i].n, .values = named[i].depth };
        if (named[i].n == 1) row.limit = named[i].limit;
        edoi_open_text(&row, "%s", named[i].name);
        edoi_open_add(to, &row);
    }
}

/* ---- All ------------------------------------------------------------------------------------- */

/* Is `a` shown before `b`? Kinds in the order of their letters. */
static bool open_is_before(const edoi_open_row *a, const edoi_open_row *b) {
    int order = strcmp(a->kind, b->kind);
    return order != 0 ? order < 0 : a->n > b->n;
}

/* By insertion: there are few rows. The index is of no use any more. */
static void open_sort(edoi_open_table *t) {
    for (uint32_t i = 1; i < t->rows_n; i++) {
        const edoi_open_row row = t->rows[i];
        uint32_t at = i;
        for (; at > 0 && open_is_before(&row, &t->rows[at - 1]); at--)
            t->rows[at] = t->rows[at - 1];
        t->rows[at] = row;
    }
}

void edoi_open_look(edoi_open_table *to, edoi_open_how how) {
    EDO_ASSERT(edoi_held_any());
    source_look sources = { .to = to, .how = how };
    memset(to, 0, sizeof *to);
    for (edo_runtime *rt = edoi_registry_next(NULL); rt; rt = edoi_registry_next(rt))
        open_add_runtime(to, rt, how);
    edoi_sources_look_over(open_add_source, &sources);
    open_add_named(to);
    edoi_open_look_over(to);
    open_add_other_fds(to, sources.n);
    open_sort(to);
}
