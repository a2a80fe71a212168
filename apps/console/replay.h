/* SPDX-License-Identifier: MIT */
/* apps/console/replay.h: looks of a recording. */
#ifndef CONSOLE_REPLAY_H
#define CONSOLE_REPLAY_H

#include "app.h"

typedef enum replay_end {
    REPLAY_WHOLE,
    REPLAY_CUT,    /* in a look, as its writer was killed */
    REPLAY_DAMAGED /* what comes behind its looks is none, so more may be lost */
} replay_end;

typedef struct replay {
    app *app;
    edo_str mapped; /* the file; without bytes: it is in `read` */
    edo_bytes read;
    edo_str *looks; /* in the file */
    size_t n, at;   /* `at`: the one that is shown */
    replay_end end;
} replay;

/* Opens a recording, as far as it is whole, and shows its first look that can be read. Errors:
 * those of the file; -EINVAL  it is no recording, or has no look; of looks that cannot be read. */
int replay_init(replay *r, app *a, const char *path);
void replay_deinit(replay *r);

/* Goes to another look, `by` further on, and shows it, with where it is as the app's mode. Errors:
 * as looks_take(): the look is damaged, an earlier one is shown, and a later step goes on. */
int replay_step(replay *r, int64_t by);

/* How long it was from this look to the next one, a minute at most; negative: there is none. */
edo_duration replay_pause(const replay *r);

#endif
