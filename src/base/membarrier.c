/* SPDX-License-Identifier: MIT */
/* base/membarrier.c: see membarrier.h. */
#include "base/membarrier.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool membarrier_call(int command) {
    return syscall(SYS_membarrier, command, 0, 0) == 0;
}

bool edoi_membarrier_register(void) {
    return membarrier_call(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
}

bool edoi_membarrier(void) {
    return membarrier_call(MEMBARRIER_CMD_PRIVATE_EXPEDITED);
}
