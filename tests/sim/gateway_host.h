/* SPDX-License-Identifier: MIT */
/* sim/gateway_host.h: the example `gateway` as a function of a host. */
#ifndef EDO_TESTS_SIM_GATEWAY_HOST_H
#define EDO_TESTS_SIM_GATEWAY_HOST_H

/* `options` is the name of its file. */
int gateway_run(void *options);

#endif
