/* SPDX-License-Identifier: MIT */
/* runtime/debug/dump.h: a dump of some tasks. */
#ifndef EDOI_RUNTIME_DEBUG_DUMP_H
#define EDOI_RUNTIME_DEBUG_DUMP_H

#include <edo/dump.h>
#include <edo/task.h>

/* As edo_dump_tasks(), of those of `tasks` alone that are alive; they may be gone. */
void edoi_dump_of(FILE *out, const edo_task *const *tasks, size_t n);

#endif
