/* SPDX-License-Identifier: MIT */
/* sim/net/watch.h: epoll sets, which learn when a socket's readiness changes.
 *
 * As in the kernel a change only queues the interests in events of its kind; epoll_wait() reports
 * the readiness at the time of the wait. An edge-triggered interest then leaves the queue; a
 * level-triggered one stays while it is ready. */
#ifndef EDOI_SIM_NET_WATCH_H
#define EDOI_SIM_NET_WATCH_H

#include "sim/net/sock.h"

/* Which interests a change concerns. */
#define EDOI_SIM_WAKE_ALL 0u
#define EDOI_SIM_READABLE ((uint32_t)(EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLRDBAND))
#define EDOI_SIM_WRITABLE ((uint32_t)(EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND))
#define EDOI_SIM_FAILED   ((uint32_t)EPOLLERR)

/* epoll_ctl() of a socket that has the descriptor. */
EDO_MUST_USE int edoi_simwatch_change(edoi_simsock *s, int epfd, int op, int fd,
                                      const struct epoll_event *event);

/* The readiness of a socket has changed. */
void edoi_simwatch_wake(edoi_simsock *s, uint32_t what);

/* The open file is closed: ends all interests in it. */
void edoi_simwatch_forget(edoi_simsock *s);

/* Frees the sets of a node, whose descriptors are all closed. */
void edoi_simwatch_free_all(edoi_simnode *node);

#endif
