/* SPDX-License-Identifier: MIT */
/* apps/console/replay.h: looks of a recording. */
#ifndef CONSOLE_REPLAY_H
#define CONSOLE_REPLAY_H

#include "app.h"

typedef struct replay {
    app *app;
    edo_bytes file;
    edo_str *looks; /* in `file` */
    size_t n, at;   /* `at`: the one that is shown */
} replay;

/* Reads a recording, as far as it is whole, and shows its first look. Errors: those of the file;
 * -EINVAL  it is no recording, or has no look; of a look that cannot be read. */
int replay_init(replay *r, app *a, const char *path);
void replay_deinit(replay *r);

/* Shows another look, `by` further on. Errors: as looks_take(). */
int replay_step(replay *r, int64_t by);

/* How long it was from this look to the next one, a minute at most; negative: there is none. */
edo_duration replay_pause(const replay *r);

#endif
