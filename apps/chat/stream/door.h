/* SPDX-License-Identifier: MIT */
/* door.h: the chat by gRPC: the service of chat.proto. Of stream/ and no_grpc.c one is compiled. */
#ifndef CHAT_DOOR_H
#define CHAT_DOOR_H

#include <edo/net.h>

/* Listens there. Errors: as edo_tcp_listen(), with a trail that says why. */
EDO_MUST_USE int door_listen(edo_listener **out, const char *address);

/* Serves gRPC, if it is to be served, until the task is cancelled; then ends the conversations, of
 * which each client learns why. `arg` is the server; a task's function. Returns also -ETIMEDOUT, as
 * web_run(): then the server keeps its `streams`. */
int door_run(void *arg);

#endif
