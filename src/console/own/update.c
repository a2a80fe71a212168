/* SPDX-License-Identifier: MIT */
/* console/own/update.c: a whole look. */
#include "console/own/looks.h"
#include "driver/clock.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#define MS_NS INT64_C(1000000)

static int64_t wall_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); // this cannot fail
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / MS_NS;
}

int edoi_look_at_all(edoi_look_tasks *tasks, edoi_look_update *out, edo_arena *arena,
                     const char *site) {
    const int64_t began_ns = edoi_clock_monotonic();
    *out = (edoi_look_update){ .pid = getpid(),
                               .program = edoi_look_text(arena, program_invocation_short_name),
                               .at_ms = began_ns / MS_NS,
                               .wall_ms = wall_ms() };
    edoi_look_at_runtimes(out, arena);
    edoi_look_at_tasks(tasks, out, arena, site);
    edoi_look_at_locks(out, arena);
    int err = edoi_look_at_open(out, arena);
    out->look_us = (uint32_t)((edoi_clock_monotonic() - began_ns) / 1000);
    return err;
}
