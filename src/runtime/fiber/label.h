/* SPDX-License-Identifier: MIT */
/* runtime/fiber/label.h: names of fibers while they do something for others, as the route that a
 * server's task serves.
 *
 * Whatever shows a task's name then shows this one: dumps, log lines, trails, the watchdog, numbers
 * of runtimes, which keep the pointer. So a label stays until the process ends. */
#ifndef EDOI_RUNTIME_FIBER_LABEL_H
#define EDOI_RUNTIME_FIBER_LABEL_H

#include <edo/bytes.h>

/* The label "`verb` `object`", the same for the same words; NULL: there is no memory, or there are
 * 4,096 others. Any thread; takes a lock. */
EDO_API const char *edoi_label_of(edo_str verb, edo_str object);

/* Names the running fiber `label`, until edoi_label_end(), which gets what this has returned. NULL
 * as `label`, and outside of fibers: nothing is named. */
EDO_MUST_USE EDO_API const char *edoi_label_begin(const char *label);
EDO_API void edoi_label_end(const char *before);

#endif
