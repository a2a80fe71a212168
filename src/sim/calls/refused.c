/* SPDX-License-Identifier: MIT */
/* sim/calls/refused.c: threads and processes, which a world does not have. */
#include "sim/calls/calls.h"
#include "stacks/own_threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

EDOI_SIM_CALLS(refused);

/* ---- Threads --------------------------------------------------------------------------------- */

int pthread_create(pthread_t *restrict out, const pthread_attr_t *restrict attributes,
                   void *(*fn)(void *), void *restrict arg) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h || edoi_own_thread_is_made())
        return EDOI_SIM_NEXT(pthread_create)(out, attributes, fn, arg);
    edoi_sim_refuse(h, "pthread_create()");
    return EAGAIN;
}

/* libc makes a thread without a call of pthread_create(), and so with a timer. */
int thrd_create(thrd_t *out, thrd_start_t fn, void *arg) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(thrd_create)(out, fn, arg);
    edoi_sim_refuse(h, "thrd_create()");
    return thrd_error;
}

int timer_create(clockid_t clock, struct sigevent *restrict event, timer_t *restrict out) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(timer_create)(clock, event, out);
    edoi_sim_refuse(h, "timer_create()");
    return edoi_sim_return(-ENOTSUP);
}

/* ---- Processes ------------------------------------------------------------------------------- */

pid_t fork(void) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(fork)();
    edoi_sim_refuse(h, "fork()");
    return edoi_sim_return(-ENOTSUP);
}

/* Elsewhere it is a fork(), as it may be: its child cannot return through a function of ours and
 * leave the parent its frame. */
pid_t vfork(void) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(fork)();
    edoi_sim_refuse(h, "vfork()");
    return edoi_sim_return(-ENOTSUP);
}

/* What follows `arg`, if the caller has it: the kernel looks by the flags. */
typedef struct clone_rest {
    pid_t *parent;
    void *thread;
    pid_t *child;
} clone_rest;

static clone_rest clone_rest_of(va_list args) {
    clone_rest r;
    r.parent = va_arg(args, pid_t *);
    r.thread = va_arg(args, void *);
    r.child = va_arg(args, pid_t *);
    return r;
}

static const char cloned[] = "clone(), or edo_process_spawn()";

int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...) {
    edoi_sim_host *h = edoi_sim_here();
    va_list args;
    va_start(args, arg);
    clone_rest r = clone_rest_of(args);
    va_end(args);
    if (!h) return EDOI_SIM_NEXT(clone)(fn, stack, flags, arg, r.parent, r.thread, r.child);
    edoi_sim_refuse(h, cloned);
    return edoi_sim_return(-ENOTSUP);
}

/* clone() under its other name, which src/process calls under the thread sanitizer. */
int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);
int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...) {
    edoi_sim_host *h = edoi_sim_here();
    va_list args;
    va_start(args, arg);
    clone_rest r = clone_rest_of(args);
    va_end(args);
    if (!h) return EDOI_SIM_NEXT(__clone)(fn, stack, flags, arg, r.parent, r.thread, r.child);
    edoi_sim_refuse(h, cloned);
    return edoi_sim_return(-ENOTSUP);
}

int posix_spawn(pid_t *restrict pid, const char *restrict path,
                const posix_spawn_file_actions_t *restrict actions,
                const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
                char *const envp[restrict]) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(posix_spawn)(pid, path, actions, attributes, argv, envp);
    edoi_sim_refuse(h, "posix_spawn()");
    return ENOTSUP;
}

int posix_spawnp(pid_t *restrict pid, const char *restrict file,
                 const posix_spawn_file_actions_t *restrict actions,
                 const posix_spawnattr_t *restrict attributes, char *const argv[restrict],
                 char *const envp[restrict]) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(posix_spawnp)(pid, file, actions, attributes, argv, envp);
    edoi_sim_refuse(h, "posix_spawnp()");
    return ENOTSUP;
}

int system(const char *command) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(system)(command);
    edoi_sim_refuse(h, "system()");
    return edoi_sim_return(-ENOTSUP);
}

FILE *popen(const char *command, const char *mode) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(popen)(command, mode);
    edoi_sim_refuse(h, "popen()");
    errno = ENOTSUP;
    return NULL;
}

/* ---- Another program in the place of this one ------------------------------------------------ */

int execve(const char *path, char *const argv[], char *const envp[]) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(execve)(path, argv, envp);
    edoi_sim_refuse(h, "execve()");
    return edoi_sim_return(-ENOTSUP);
}

int execv(const char *path, char *const argv[]) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(execv)(path, argv);
    edoi_sim_refuse(h, "execv()");
    return edoi_sim_return(-ENOTSUP);
}

int execvp(const char *file, char *const argv[]) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(execvp)(file, argv);
    edoi_sim_refuse(h, "execvp()");
    return edoi_sim_return(-ENOTSUP);
}

/* A host's number names no process of the machine, and what it could end is this one. */
int kill(pid_t pid, int signo) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h || signo == 0) return EDOI_SIM_NEXT(kill)(pid, signo);
    edoi_sim_refuse(h, "kill()");
    return edoi_sim_return(-ENOTSUP);
}
