/* SPDX-License-Identifier: MIT */
/* fault.h: why the program could not start, for the one who started it. */
#ifndef CHAT_FAULT_H
#define CHAT_FAULT_H

/* Why nothing can listen at an address, or be connected to. */
const char *fault_of_address(int err);

/* Prints "edo-chat: " and the trail of an error whose lines say why, so without the text of its
 * code. */
void fault_print(int err);

#endif
