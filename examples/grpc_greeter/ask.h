/* SPDX-License-Identifier: MIT */
/* ask.h: the client of the example. */
#ifndef EXAMPLE_GRPC_GREETER_ASK_H
#define EXAMPLE_GRPC_GREETER_ASK_H

/* Asks the service at `target` for `name`, and prints what it says. Returns 0 or a code. */
int ask(const char *target, const char *name);

#endif
