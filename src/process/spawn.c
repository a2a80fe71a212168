/* SPDX-License-Identifier: MIT */
/* process/spawn.c: starts a program: pipes, terminal, environment. */
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "fd/fd_stream.h"
#include "process/exec.h"
#include "process/process.h"
#include "records/handles.h"

#include <edo/error.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

extern char **environ;

/* ---- Environment ----------------------------------------------------------------------------- */

static size_t spawn_count(const char *const *list) {
    size_t n = 0;
    while (list && list[n]) n++;
    return n;
}

static size_t name_length(const char *entry) {
    return strcspn(entry, "=");
}

static bool is_changed(const char *entry, const char *const *changes) {
    size_t n = name_length(entry);
    for (; *changes; changes++)
        if (name_length(*changes) == n && strncmp(entry, *changes, n) == 0) return true;
    return false;
}

/* A list for edoi_free(), whose entries are borrowed; NULL without memory. */
static const char **spawn_change(const char *const *env, const char *const *changes) {
    const char **out =
        (const char **)edoi_calloc(spawn_count(env) + spawn_count(changes) + 1, sizeof *out);
    if (!out) return NULL;
    size_t n = 0;
    for (; env && *env; env++)
        if (!is_changed(*env, changes)) out[n++] = *env;
    for (; *changes; changes++)
        if (strchr(*changes, '=') && !is_changed(*changes, changes + 1)) out[n++] = *changes;
    return out;
}

/* ---- Standard streams ------------------------------------------------------------------------ */

/* Takes `fd`, or an error as it is; returns one of 3 or more. */
static int above_stdio(int fd) {
    if (fd < 0 || fd > STDERR_FILENO) return fd < 0 ? -errno : fd;
    int other = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), err = errno;
    (void)close(fd);
    return other < 0 ? -err : other;
}

/* Makes our end a stream in `*ours`, and returns the program's. */
static int spawn_open_pipe(edo_stream **ours, bool is_input) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0) return -errno;
    int our_end = fds[is_input], their_end = fds[!is_input];
    int err =
        fcntl(our_end, F_SETFL, is_input ? O_WRONLY | O_NONBLOCK : O_NONBLOCK) < 0 ? -errno : 0;
    if (err == 0) err = edoi_fd_stream_new(ours, our_end, NULL);
    if (err == 0) return above_stdio(their_end);
    (void)close(our_end);
    (void)close(their_end);
    return err;
}

static int open_one(edo_process *p, int i, edo_stdio how, int fd) {
    switch (how) {
    case EDO_STDIO_NULL: return above_stdio(open("/dev/null", O_RDWR | O_CLOEXEC));
    case EDO_STDIO_PIPE: return spawn_open_pipe(&p->pipes[i], i == STDIN_FILENO);
    case EDO_STDIO_FD: {
        int copy = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        return copy < 0 ? -errno : copy;
    }
    case EDO_STDIO_INHERIT:
    case EDO_STDIO_OUT: break;
    }
    return -EINVAL;
}

static int open_stdio(edo_process *p, edoi_exec *e, const edo_process_opts *opts) {
    const edo_stdio how[3] = { opts->in, opts->out, opts->err };
    const int fds[3] = { opts->in_fd, opts->out_fd, opts->err_fd };
    for (int i = 0; i < 3; i++) {
        if (how[i] == EDO_STDIO_INHERIT || how[i] == EDO_STDIO_OUT) continue;
        int fd = open_one(p, i, how[i], fds[i]);
        if (fd < 0) return fd;
        e->stdio[i] = fd;
    }
    e->err_goes_out = opts->err == EDO_STDIO_OUT;
    return 0;
}

static int open_terminal(edo_process *p, edoi_exec *e, const edo_process_opts *opts) {
    struct winsize size = { .ws_row = opts->pty_rows ? opts->pty_rows : 24,
                            .ws_col = opts->pty_columns ? opts->pty_columns : 80 };
    int unlock = 0, slave = -1, err = 0;
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (master < 0) return -errno;
    if (ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCSWINSZ, &size) < 0 ||
        (slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
        err = -errno;
    if (err == 0 && (slave = above_stdio(slave)) < 0) err = slave;
    if (err == 0) err = edoi_fd_stream_new(&p->pipes[EDOI_PROCESS_PTY], master, NULL);
    if (err < 0) {
        if (slave >= 0) (void)close(slave);
        (void)close(master);
        return err;
    }
    for (int i = 0; i < 3; i++) e->stdio[i] = slave;
    e->session = e->terminal = true;
    return 0;
}

static void close_theirs(const edoi_exec *e) {
    for (int i = 0; i < 3; i++) {
        bool is_copy = i > 0 && e->stdio[i] == e->stdio[i - 1]; // a terminal is all three
        if (e->stdio[i] >= 0 && !is_copy) (void)close(e->stdio[i]);
    }
}

/* ---- Start ----------------------------------------------------------------------------------- */

/* Says somebody something that would be passed over: a descriptor without EDO_STDIO_FD, a size
 * without a terminal? */
static bool spawn_says_in_vain(const edo_process_opts *o) {
    return (o->in_fd > 0 && o->in != EDO_STDIO_FD) || (o->out_fd > 0 && o->out != EDO_STDIO_FD) ||
           (o->err_fd > 0 && o->err != EDO_STDIO_FD) ||
           (!o->pty && (o->pty_rows != 0 || o->pty_columns != 0));
}

static int spawn_check(const char *const *argv, const edo_process_opts *opts) {
    if (!argv || !argv[0]) return -EINVAL;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    if ((uint32_t)opts->in > EDO_STDIO_FD || (uint32_t)opts->out > EDO_STDIO_FD) return -EINVAL;
    if ((uint32_t)opts->err > EDO_STDIO_OUT) return -EINVAL;
    if (opts->limits_n > 0 && !opts->limits) return -EINVAL;
    if (spawn_says_in_vain(opts))
        return edo_fail(-EINVAL, "a descriptor without EDO_STDIO_FD, or a size without `pty`");
    return opts->pty && (opts->in || opts->out || opts->err) ? -EINVAL : 0;
}

static int process_start(edo_process *p, const edoi_exec *e) {
    int pidfd, err = edoi_source_reserve(&p->source);
    if (err < 0) return err;
    p->pid = edoi_exec_start(e, &pidfd);
    if (p->pid >= 0) {
        edoi_source_open(p->source, pidfd);
        return 0;
    }
    edoi_source_free(p->source);
    return p->pid;
}

static void exec_fill(edoi_exec *e, const char *const *argv, const edo_process_opts *opts) {
    const char *path = getenv("PATH");
    *e = (edoi_exec){ .program = opts->program ? opts->program : argv[0],
                      .path = path ? path : DEFAULT_PATH,
                      .argv = argv,
                      .env = opts->env ? opts->env : (const char *const *)environ,
                      .dir = opts->dir,
                      .stdio = { -1, -1, -1 },
                      .group = opts->group,
                      .session = opts->session,
                      .cgroup = opts->cgroup,
                      .limits = opts->limits,
                      .limits_n = opts->limits_n,
                      .user = opts->user,
                      .before_exec = opts->before_exec,
                      .before_exec_arg = opts->before_exec_arg };
}

int edo_process_spawn(edo_process **out, const char *const *argv, const edo_process_opts *opts) {
    static const edo_process_opts defaults;
    if (!opts) opts = &defaults;
    edoi_exec e;
    const char **changed = NULL;
    int err = spawn_check(argv, opts);
    if (err < 0) return err;
    edoi_reap_orphans();
    edo_process *p = (edo_process *)edoi_cache_get(sizeof *p);
    if (!p) return -ENOMEM;
    *p = (edo_process){ .refs = { 1 }, .status = -EAGAIN, .kill_on_unref = opts->kill_on_unref };
    exec_fill(&e, argv, opts);
    p->orphan = (edoi_orphan *)edoi_alloc(sizeof *p->orphan);
    err = !p->orphan ? -ENOMEM : opts->pty ? open_terminal(p, &e, opts) : open_stdio(p, &e, opts);
    if (err == 0 && opts->env_change && !(changed = spawn_change(e.env, opts->env_change)))
        err = -ENOMEM;
    if (changed) e.env = changed;
    p->own_group = e.group || e.session;
    if (err == 0) err = process_start(p, &e);
    edoi_free(changed);
    close_theirs(&e);
    if (err < 0) {
        for (size_t i = 0; i < EDO_COUNT(p->pipes); i++) edo_close(p->pipes[i]);
        edoi_free(p->orphan);
        edoi_cache_put(p, sizeof *p);
        return err;
    }
    *out = edoi_handle_made_here(EDOI_PROCESS, p, EDOI_CALLER());
    return 0;
}
