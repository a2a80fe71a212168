/* SPDX-License-Identifier: MIT */
/* sim/calls/refused.c: threads and processes, which a world does not have. */
#include "sim/calls/calls.h"
#include "stacks/own_threads.h"

#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <unistd.h>

int pthread_create(pthread_t *restrict out, const pthread_attr_t *restrict attributes,
                   void *(*fn)(void *), void *restrict arg) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h || edoi_own_thread_is_made())
        return EDOI_SIM_NEXT(pthread_create)(out, attributes, fn, arg);
    edoi_sim_refuse(h, "pthread_create()");
    return EAGAIN;
}

pid_t fork(void) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(fork)();
    edoi_sim_refuse(h, "fork()");
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

int system(const char *command) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(system)(command);
    edoi_sim_refuse(h, "system()");
    return edoi_sim_return(-ENOTSUP);
}
