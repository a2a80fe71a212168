/* SPDX-License-Identifier: MIT */
/* runtime/debug/system_calls.h: names of the system calls in which a thread may wait. */
#ifndef EDOI_RUNTIME_DEBUG_SYSTEM_CALLS_H
#define EDOI_RUNTIME_DEBUG_SYSTEM_CALLS_H

#include <stdbool.h>
#include <stdint.h>

/* The name of system call `number` on the machine this was compiled for; NULL: not in the table. */
const char *edoi_system_call_name(int64_t number);

/* Is there a system call instruction of this machine just before `pc`? If not, the number from the
 * kernel may be another machine's: a processor emulator makes its own calls for the program. */
bool edoi_is_after_system_call(uintptr_t pc);

#endif
