/* SPDX-License-Identifier: MIT */
/* server.h: the accept loop. */
#ifndef CHAT_SERVER_H
#define CHAT_SERVER_H

/* Serves until SIGINT or SIGTERM; then ends in order, and a second signal kills. `arg` is the
 * options; the root task of the program. */
int server_run(void *arg);

#endif
