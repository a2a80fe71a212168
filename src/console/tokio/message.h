/* SPDX-License-Identifier: MIT */
/* console/tokio/message.h: what is shown, as messages of tokio-console's protocol. */
#ifndef EDOI_CONSOLE_TOKIO_MESSAGE_H
#define EDOI_CONSOLE_TOKIO_MESSAGE_H

#include "console/live/live.h"

#include "console/made/rs/tokio/console/instrument.edo.h"

typedef rs_tokio_console_instrument_update edoi_tokio_update;
typedef rs_tokio_console_tasks_task_details edoi_tokio_details;

/* Fills in what the watcher has not been told, in `arena`. Errors: -ENOMEM */
EDO_MUST_USE int edoi_tokio_update_make(edoi_tokio_update *out, const edoi_live *l,
                                        const edoi_live_watcher *w, edo_arena *arena);

/* Fills in the times of a task that keeps them. Errors: -ENOMEM */
EDO_MUST_USE int edoi_tokio_details_make(edoi_tokio_details *out, const edoi_live *l,
                                         const edoi_live_task *t, edo_arena *arena);

#endif
