/* SPDX-License-Identifier: MIT */
/* console/own/update.c: a whole look. */
#include "console/own/looks.h"
#include "console/settings/clock.h"

#include <errno.h>
#include <unistd.h>

#define MS_NS INT64_C(1000000)

int edoi_look_at_all(edoi_look_tasks *tasks, edoi_look_update *out, edo_arena *arena,
                     edo_str site) {
    const int64_t began_ns = edoi_console_clock_ns(CLOCK_MONOTONIC);
    *out = (edoi_look_update){ .pid = getpid(),
                               .program = edoi_look_text(arena, program_invocation_short_name),
                               .at_ms = began_ns / MS_NS,
                               .wall_ms = edoi_console_clock_ns(CLOCK_REALTIME) / MS_NS };
    edoi_look_at_runtimes(out, arena);
    edoi_look_at_tasks(tasks, out, arena, site);
    int err = edoi_look_at_locks(out, arena);
    if (err == 0) err = edoi_look_at_open(out, arena);
    out->look_us = (uint32_t)((edoi_console_clock_ns(CLOCK_MONOTONIC) - began_ns) / 1000);
    return err;
}
