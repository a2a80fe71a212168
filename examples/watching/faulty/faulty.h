/* SPDX-License-Identifier: MIT */
/* faulty.h: programs with one fault each, as they happen. Each stands, or crawls, until a signal
 * ends it. */
#ifndef FAULTY_H
#define FAULTY_H

int blocked(void *arg);
int busy(void *arg);
int lost_wake(void *arg);
int two_locks(void *arg);
int five_locks(void *arg);
int held(void *arg);
int tasks(void *arg);
int queue(void *arg);
int starved(void *arg);
int slow(void *arg);
int sockets(void *arg);

#endif
