/* SPDX-License-Identifier: MIT */
/* apps/edo/running.h: the programs of edo that run. */
#ifndef EDO_RUNNING_H
#define EDO_RUNNING_H

/* Prints this user's programs that can be asked what they do. Returns 0 or -errno. */
int running_print(void);

#endif
