/* SPDX-License-Identifier: MIT */
/* sim/world/host.c: a host's program begins, runs in turns, and ends in one of several ways.
 *
 * The runtime is an ordinary one, which a foreign loop turns: edo_runtime_turn(). Its clock and its
 * epoll set are the world's, since those are system calls.
 *
 * A program that ends is cancelled as by SIGTERM, if it has not returned, and then the tasks beside
 * its root. No other host runs meanwhile, so the host has a time of its own for that: each wait of
 * its epoll set passes at once (src/sim/calls/waits.c), and a job runs in the next turn. */
#include "base/memory/alloc.h"
#include "sim/disk/disk.h"
#include "sim/world/world.h"

#include <edo/error.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>

static const edo_duration end_max = EDO_MINUTES(1); /* of its own time, for tasks that end */

/* ---- The root -------------------------------------------------------------------------------- */

static void note_end(edoi_sim_host *self, int result) {
    bool is_obedient = result == -ECANCELED && (self->is_told_to_end || !self->is_client);
    bool is_fault = !is_obedient && (self->is_client ? result != 0 : result < 0);
    char why[EDOI_SIM_WHY_BYTES / 2];
    self->result = result;
    self->is_over = true;
    if (!is_fault || self->is_ending) return; // of a crash it is of no account
    (void)edo_trail_print_text(why, sizeof why, result, EDO_TRAIL_LINE);
    edoi_sim_fail(self->in, result < 0 ? result : -EPROTO, "host %s has ended with %d: %s",
                  self->name, result, why);
}

/* `arg` is the host; the function of its root. */
static int host_root(void *arg) {
    edoi_sim_host *self = arg;
    note_end(self, self->fn(self->arg));
    return self->result;
}

/* Where its disk has crashed, the machine has. */
static void crash_with_disk(edoi_sim_host *self) {
    bool is_due = self->state == EDOI_SIM_RUNS && self->disk && self->disk->is_dead;
    if (is_due) edoi_sim_host_crash(self);
}

/* ---- Jobs ------------------------------------------------------------------------------------ */

static void deed_run_job(edo_sim *sim, const edoi_sim_deed *deed) {
    edoi_sim_host *self = deed->a;
    if (self->life != deed->number || !self->rt) return;
    if (self->paused_n > 0) {
        self->jobs_n++;
        return;
    }
    edoi_sim_host *before = edoi_sim_switch(self);
    edoi_sim_event(sim, self, EDOI_SIM_JOB, 0);
    (void)edoi_world_run_job(self->rt);
    (void)edoi_sim_switch(before);
    self->is_poked = true;
    crash_with_disk(self);
}

void edoi_sim_host_go_on(edoi_sim_host *self) {
    const edoi_sim_deed job = { .fn = deed_run_job, .a = self, .number = self->life };
    for (; self->paused_n == 0 && self->jobs_n > 0; self->jobs_n--)
        if (edoi_sim_plan(self->in, &job) < 0)
            edoi_sim_fail(self->in, -ENOMEM, "no memory for a job");
}

/* As of an edoi_world. Without memory for the deed the job waits for the next one. */
static void host_on_job(edoi_world *world) {
    edoi_sim_host *self = (edoi_sim_host *)(void *)world;
    edo_sim *sim = self->in;
    int64_t most_ns = sim->job_max_ns;
    int64_t wait_ns =
        most_ns > 0 ? (int64_t)(edoi_simnet_random(sim->net) % (uint64_t)(most_ns + 1)) : 0;
    const edoi_sim_deed job = { .at_ns = edoi_simnet_now(sim->net) + wait_ns + self->slow_ns,
                                .fn = deed_run_job,
                                .a = self,
                                .number = self->life };
    if (edoi_sim_plan(sim, &job) < 0) edoi_sim_fail(sim, -ENOMEM, "no memory for a job");
}

/* ---- Its life -------------------------------------------------------------------------------- */

/* Adds the runtime's epoll set to the world's. When the runtime closes its set, it leaves the
 * world's by itself. */
static int watch_machine(edoi_sim_host *self) {
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = self };
    int fd = edo_runtime_fd(self->rt);
    if (fd < 0) return fd;
    return epoll_ctl(self->in->machine, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int begin_program(edoi_sim_host *self) {
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT,
                                    .seed = edoi_simnet_random(self->in->net) | 1,
                                    .watchdog = edo_ns(-1),
                                    .shutdown = end_max,
                                    .name = self->name };
    int err = edo_runtime_new(&self->rt, &opts);
    if (err < 0) return err;
    err = edoi_world_enter(&self->world, self->rt);
    edo_task *root = err == 0 ? edo_spawn_on(self->rt, host_root, self) : NULL;
    if (!root) {
        edo_runtime_free(self->rt);
        self->rt = NULL;
        edoi_world_leave(&self->world);
        return -ENOMEM;
    }
    edoi_world_set_root(self->rt, root);
    edo_task_detach(root);
    return watch_machine(self);
}

/* -ENOSYS: libc comes before libedo-sim, so no call would reach the world. */
int edoi_sim_host_begin(edoi_sim_host *self) {
    self->world.on_job = host_on_job;
    self->world.chance = edoi_simnet_random(self->in->net);
    self->is_over = self->is_ending = self->is_late = self->has_more = false;
    self->is_told_to_end = false;
    self->moment = (edoi_sim_moment){ .at_ns = -1 };
    self->ahead_ns = 0;
    self->due_ns = INT64_MAX;
    self->life++;
    if (self->disk) edoi_simdisk_restart(self->disk);
    edoi_sim_event(self->in, self, EDOI_SIM_BEGINS, self->life);
    edoi_sim_host *before = edoi_sim_switch(self);
    bool is_seen = edo_now().ns == edoi_sim_host_now(self);
    int err = is_seen ? begin_program(self) : -ENOSYS;
    (void)edoi_sim_switch(before);
    if (err < 0) return err;
    self->state = EDOI_SIM_RUNS;
    self->is_poked = true;
    return 0;
}

bool edoi_sim_host_is_ready(const edoi_sim_host *self) {
    if (self->state != EDOI_SIM_RUNS || self->paused_n > 0) return false;
    return self->has_more || self->is_poked || self->due_ns <= edoi_simnet_now(self->in->net) ||
           edoi_simnode_has_events(self->node);
}

void edoi_sim_host_turn(edoi_sim_host *self) {
    edoi_sim_host *before = edoi_sim_switch(self);
    self->is_poked = false;
    (void)edoi_sim_count_turn(self); // the run ends behind the turn
    int more = edo_runtime_turn(self->rt, edo_ns(0));
    if (more < 0) edoi_sim_fail(self->in, more, "the runtime of host %s does not run", self->name);
    self->has_more = more > 0;
    edoi_sim_event(self->in, self, EDOI_SIM_TURN, edoi_world_progress(self->rt));
    edo_instant due = edo_runtime_next_deadline(self->rt);
    int64_t now_ns = edoi_sim_host_now(self);
    self->due_ns = due.ns == INT64_MAX
                       ? INT64_MAX
                       : edoi_simnet_now(self->in->net) +
                             edoi_sim_host_wait(self, due.ns > now_ns ? due.ns - now_ns : 0);
    (void)edoi_sim_switch(before);
    crash_with_disk(self);
    if (self->is_over) edoi_sim_host_exit(self);
}

/* A turn in the host's own time. False: that is over. */
static bool take_last_turn(edoi_sim_host *self) {
    bool has_job = edoi_world_run_job(self->rt);
    int more = edo_runtime_turn(self->rt, edo_ns(has_job ? 0 : -1));
    return more >= 0 && self->ahead_ns < end_max.ns && edoi_sim_count_turn(self);
}

/* Runs all of its tasks to their end. What runs then may still spawn, as at a program's end. */
static void run_to_end(edoi_sim_host *self) {
    bool has_time = true;
    if (!self->is_over) edoi_world_cancel_root(self->rt);
    while (has_time && !self->is_over) has_time = take_last_turn(self);
    edoi_world_cancel_tasks(self->rt);
    while (has_time && edoi_world_has_tasks(self->rt)) has_time = take_last_turn(self);
}

bool edo_sim_is_gone(void) {
    const edoi_sim_host *self = edoi_sim_here();
    return self && self->is_ending;
}

static void end_program(edoi_sim_host *self) {
    if (!self->rt) return;
    edoi_sim_host *before = edoi_sim_switch(self);
    self->is_ending = true;
    run_to_end(self);
    edoi_world_set_root(self->rt, NULL);
    int left_n = edo_runtime_shutdown(self->rt, edo_ns(0));
    if (left_n != 0)
        edoi_sim_fail(self->in, -ETIMEDOUT, "%d tasks or jobs of host %s do not end", left_n,
                      self->name);
    edo_runtime_free(self->rt);
    self->rt = NULL;
    edoi_sim_close_lists(self);
    edoi_world_leave(&self->world);
    self->is_ending = false;
    self->ahead_ns = 0;
    (void)edoi_sim_switch(before);
}

void edoi_sim_host_exit(edoi_sim_host *self) {
    if (self->state != EDOI_SIM_RUNS) return;
    edoi_sim_event(self->in, self, EDOI_SIM_ENDS, (uint64_t)(int64_t)self->result);
    self->paused_n = self->jobs_n = 0; // the next program does not stand still
    end_program(self);
    edoi_simnode_exit(self->node);
    bool has_obeyed = self->is_told_to_end && self->result == -ECANCELED;
    self->state = has_obeyed ? EDOI_SIM_KILLED : EDOI_SIM_ENDED; // it has not come to its end
}

/* Nothing that its tasks do at their end comes to its disk, or to another host, as a killed program
 * does no more; but what it has written before is there, synced or not, and what it has sent goes
 * out. */
static void kill_program(edoi_sim_host *self) {
    if (self->disk) self->disk->is_stopped = true;
    edoi_simnode_kill(self->node);
    edoi_sim_host_exit(self);
    if (self->disk) self->disk->is_stopped = false;
    self->state = EDOI_SIM_KILLED;
}

void edoi_sim_host_signal(edoi_sim_host *self, int signo) {
    if (self->state != EDOI_SIM_RUNS) return;
    edoi_sim_host *before = edoi_sim_switch(self);
    self->is_told_to_end |= signo == SIGTERM || signo == SIGINT || signo == SIGKILL;
    bool goes_on = signo != SIGKILL && edoi_world_signal(self->rt, signo);
    (void)edoi_sim_switch(before);
    self->is_poked = true;
    if (!goes_on) kill_program(self);
}

/* What is not on the disk yet is lost before its tasks end. */
static void crash_disk(edoi_sim_host *self) {
    int err = self->disk ? edoi_simdisk_crash(self->disk) : 0;
    if (err < 0)
        edoi_sim_fail(self->in, err, "the disk of %s has no copy: %s", self->name,
                      edo_strerror(err));
}

void edoi_sim_host_crash(edoi_sim_host *self) {
    edoi_sim_event(self->in, self, EDOI_SIM_CRASH, self->life);
    edoi_simnode_crash(self->node);
    crash_disk(self);
    self->is_crash_due = false;
    self->paused_n = self->jobs_n = 0; // as above
    end_program(self);
    edoi_simnode_exit(self->node); // closes what the program had open; no peer notices
    self->state = EDOI_SIM_CRASHED;
}

void edoi_sim_host_stop(edoi_sim_host *self) {
    if (self->state == EDOI_SIM_RUNS) edoi_sim_host_crash(self); // else the disk has what was left
}

void edoi_sim_host_free(edoi_sim_host *self) {
    edoi_simdisk_free(self->disk);
    for (edoi_sim_var *v = self->vars, *next; v; v = next) {
        next = v->next;
        edoi_free(v);
    }
    edoi_free(self);
}
