/* SPDX-License-Identifier: MIT */
/* terminal.h: edo-chat --connect: a client for the terminal. It speaks the lines that nc would. */
#ifndef CHAT_TERMINAL_H
#define CHAT_TERMINAL_H

/* Connects to the address of the options and chats until the user leaves. `arg` is the options; a
 * task's function. Returns 0, or why the first connection could not be made. */
int terminal_run(void *arg);

#endif
