/* SPDX-License-Identifier: MIT */
/* base/files/limit.h: the soft limit of descriptors, which edo_main() raises for this process, but
 * not for the programs that it starts: select(2) fails beyond 1,024. */
#ifndef EDOI_BASE_FILES_LIMIT_H
#define EDOI_BASE_FILES_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Raises the soft limit to the hard one. One thread, before others are made. */
void edoi_file_limit_raise(void);

/* What a new program's limits are to be, soft and hard, if that differs from ours: as before the
 * raise, unless the program has set another limit since. Any thread. */
bool edoi_file_limit_before(uint64_t pair[2]);

#endif
