/* SPDX-License-Identifier: MIT */
/* service/balance/member.h: the task of an endpoint. */
#ifndef EDOI_SERVICE_BALANCE_MEMBER_H
#define EDOI_SERVICE_BALANCE_MEMBER_H

#include "service/balance/set.h"

/* Keeps the endpoint connected, until the task is cancelled. `arg` is an edoi_member: takes the
 * reference. */
int edoi_member_task(void *arg);

#endif
