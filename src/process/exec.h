/* SPDX-License-Identifier: MIT */
/* process/exec.h: makes a process and replaces it by a program, as posix_spawn() does, but returns
 * a descriptor of the process, and sets more: user, limits, control
 * group, folder, terminal, a hook. */
#ifndef EDOI_PROCESS_EXEC_H
#define EDOI_PROCESS_EXEC_H

#include <edo/process.h>

/* What the new process does. All is borrowed. */
typedef struct edoi_exec {
    const char *program;
    const char *path; /* where to search a program without a slash; NULL: nowhere */
    const char *const *argv, *const *env;
    const char *dir;     /* NULL: stays */
    int stdio[3];        /* all 3 or more, so that they do not meet; -1: stays */
    bool err_goes_out;   /* standard error is a copy of the standard output */
    bool group, session; /* of its own */
    bool terminal;       /* stdio[0] is to control its session */
    const char *cgroup;  /* directory of a control group; NULL: stays */
    const edo_process_limit *limits;
    size_t limits_n;
    const edo_process_user *user;  /* NULL: stays */
    int (*before_exec)(void *arg); /* may be NULL */
    void *before_exec_arg;
} edoi_exec;

/* Starts the program: its number, and in `*pidfd` its descriptor, which is the caller's; or an
 * error, and nothing is left. */
EDO_MUST_USE int edoi_exec_start(const edoi_exec *e, int *pidfd);

#endif
