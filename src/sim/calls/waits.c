/* SPDX-License-Identifier: MIT */
/* sim/calls/waits.c: epoll, poll(), and calls that sleep.
 *
 * A host's turn never waits: the world goes on to the next time when none can run. Only while a
 * host ends does its own time pass here. */
#include "sim/calls/calls.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

EDOI_SIM_CALLS(waits);

#define ENDLESS_NS INT64_C(1000000000) /* that pass in a wait without an end, while a host ends */

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event) {
    edoi_sim_host *h = edoi_sim_of_fd(fd);
    if (!h) return EDOI_SIM_NEXT(epoll_ctl)(epfd, op, fd, event);
    return edoi_sim_return(edoi_simwatch_ctl(h->node, epfd, op, fd, event));
}

/* Returns events of simulated sockets first, then pending ones of real descriptors, as pipes. */
static int sim_epoll(edoi_sim_host *h, int epfd, struct epoll_event *events, int max,
                     int64_t timeout_ns) {
    int n = edoi_simwatch_wait(h->node, epfd, events, max);
    if (n < 0) return edoi_sim_return(n);
    int real_n = n < max ? EDOI_SIM_NEXT(epoll_wait)(epfd, events + n, max - n, 0) : 0;
    if (real_n < 0) return real_n;
    n += real_n;
    if (n == 0 && h->is_ending) h->ahead_ns += timeout_ns < 0 ? ENDLESS_NS : timeout_ns;
    return n;
}

int epoll_wait(int epfd, struct epoll_event *events, int max, int timeout_ms) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(epoll_wait)(epfd, events, max, timeout_ms);
    return sim_epoll(h, epfd, events, max, timeout_ms < 0 ? -1 : timeout_ms * INT64_C(1000000));
}

int epoll_pwait(int epfd, struct epoll_event *events, int max, int timeout_ms,
                const sigset_t *mask) {
    if (!edoi_sim_here()) return EDOI_SIM_NEXT(epoll_pwait)(epfd, events, max, timeout_ms, mask);
    return epoll_wait(epfd, events, max, timeout_ms);
}

static int64_t ns_of_timespec(const struct timespec *t) {
    return t ? (int64_t)t->tv_sec * 1000000000 + t->tv_nsec : -1;
}

int epoll_pwait2(int epfd, struct epoll_event *events, int max, const struct timespec *timeout,
                 const sigset_t *mask) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(epoll_pwait2)(epfd, events, max, timeout, mask);
    return sim_epoll(h, epfd, events, max, ns_of_timespec(timeout));
}

/* Polls the simulated sockets; real descriptors are polled elsewhere. `took`: how many have events.
 */
static bool poll_world(const edoi_sim_host *h, struct pollfd *fds, nfds_t n, int *took) {
    bool is_any = false;
    *took = 0;
    for (nfds_t i = 0; i < n; i++) {
        if (!edoi_simnet_is_fd(fds[i].fd)) continue;
        uint32_t wanted = (uint32_t)(uint16_t)fds[i].events | POLLERR | POLLHUP | POLLNVAL;
        fds[i].revents = (short)(edoi_simnet_poll_mask(h->node, fds[i].fd) & wanted);
        *took += fds[i].revents != 0;
        is_any = true;
    }
    return is_any;
}

/* A wait for no file at all is a sleep. */
static bool poll_sleeps(const struct pollfd *fds, nfds_t n, bool waits) {
    bool has_none = true;
    for (nfds_t i = 0; i < n; i++) has_none = has_none && fds[i].fd < 0;
    return has_none && waits;
}

/* One that is asked for sockets of the world is not asked for others in the same call. */
int poll(struct pollfd *fds, nfds_t n, int timeout_ms) {
    edoi_sim_host *h = edoi_sim_here();
    int took;
    bool is_sleep = h && poll_sleeps(fds, n, timeout_ms != 0);
    if (!h || (!poll_world(h, fds, n, &took) && !is_sleep))
        return EDOI_SIM_NEXT(poll)(fds, n, timeout_ms);
    if (took == 0 && timeout_ms != 0) edoi_sim_refuse(h, "poll() with a wait");
    return took;
}

int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *mask) {
    edoi_sim_host *h = edoi_sim_here();
    int took;
    bool waits = ns_of_timespec(timeout) != 0, is_sleep = h && poll_sleeps(fds, n, waits);
    if (!h || (!poll_world(h, fds, n, &took) && !is_sleep))
        return EDOI_SIM_NEXT(ppoll)(fds, n, timeout, mask);
    if (took == 0 && waits) edoi_sim_refuse(h, "ppoll() with a wait");
    return took;
}

/* The numbers of a world's sockets are too large for these: what they ask for is the machine's. */
int select(int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict others,
           struct timeval *restrict timeout) {
    edoi_sim_host *h = edoi_sim_here();
    bool is_sleep = n == 0 && (!timeout || timeout->tv_sec != 0 || timeout->tv_usec != 0);
    if (!h || !is_sleep) return EDOI_SIM_NEXT(select)(n, in, out, others, timeout);
    edoi_sim_refuse(h, "select() with a wait");
    return 0;
}

int pselect(int n, fd_set *restrict in, fd_set *restrict out, fd_set *restrict others,
            const struct timespec *restrict timeout, const sigset_t *restrict mask) {
    edoi_sim_host *h = edoi_sim_here();
    bool is_sleep = n == 0 && ns_of_timespec(timeout) != 0;
    if (!h || !is_sleep) return EDOI_SIM_NEXT(pselect)(n, in, out, others, timeout, mask);
    edoi_sim_refuse(h, "pselect() with a wait");
    return 0;
}

/* ---- Sleep ----------------------------------------------------------------------------------- */

int nanosleep(const struct timespec *t, struct timespec *left) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(nanosleep)(t, left);
    edoi_sim_refuse(h, "nanosleep()");
    return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *t, struct timespec *left) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(clock_nanosleep)(clock, flags, t, left);
    edoi_sim_refuse(h, "clock_nanosleep()");
    return 0;
}

unsigned sleep(unsigned seconds) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(sleep)(seconds);
    edoi_sim_refuse(h, "sleep()");
    return 0;
}

int usleep(useconds_t us) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(usleep)(us);
    edoi_sim_refuse(h, "usleep()");
    return 0;
}

/* libc's does not call nanosleep(). */
int thrd_sleep(const struct timespec *t, struct timespec *left) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h) return EDOI_SIM_NEXT(thrd_sleep)(t, left);
    edoi_sim_refuse(h, "thrd_sleep()");
    return 0;
}

/* ---- Alarms ---------------------------------------------------------------------------------- */

/* One that is taken back is nothing. */
unsigned alarm(unsigned seconds) {
    edoi_sim_host *h = edoi_sim_here();
    if (!h || seconds == 0) return EDOI_SIM_NEXT(alarm)(seconds);
    edoi_sim_refuse(h, "alarm()");
    return 0;
}

int setitimer(__itimer_which_t which, const struct itimerval *restrict t,
              struct itimerval *restrict before) {
    edoi_sim_host *h = edoi_sim_here();
    bool is_set = t && (t->it_value.tv_sec != 0 || t->it_value.tv_usec != 0);
    if (!h || !is_set) return EDOI_SIM_NEXT(setitimer)(which, t, before);
    edoi_sim_refuse(h, "setitimer()");
    return edoi_sim_return(-ENOTSUP);
}

/* A timer that only reports steps of the wall clock, as edo's own does, never fires: a simulated
 * wall clock is not stepped. */
int timerfd_settime(int fd, int flags, const struct itimerspec *t, struct itimerspec *before) {
    edoi_sim_host *h = edoi_sim_here();
    bool is_set =
        (t->it_value.tv_sec != 0 || t->it_value.tv_nsec != 0) && !(flags & TFD_TIMER_CANCEL_ON_SET);
    if (!h || !is_set) return EDOI_SIM_NEXT(timerfd_settime)(fd, flags, t, before);
    edoi_sim_refuse(h, "timerfd_settime()");
    return edoi_sim_return(-ENOTSUP);
}
