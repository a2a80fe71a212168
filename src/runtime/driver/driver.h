/* SPDX-License-Identifier: MIT */
/* runtime/driver/driver.h: the narrow interface between workers, descriptors and the kernel.
 *
 * A driver belongs to one worker, whose thread alone calls turn(); kick() is for anybody. A source is
 * a descriptor known to a driver: readiness for each direction, and the futures that wait for it.
 *
 * inv. 1: readiness is a hint that the operation may succeed; who finds EAGAIN clears it, and only
 *         if no event came meanwhile (the tick tells).
 * inv. 2: an event of a descriptor that was closed never reaches the next owner of its number (the
 *         generation tells).
 * inv. 3: closing a source wakes all who wait on it; their operation answers -EDO_ECLOSED. */
#ifndef EDOI_RUNTIME_DRIVER_H
#define EDOI_RUNTIME_DRIVER_H

#include "future/wait_list.h"

typedef struct edoi_driver edoi_driver;
typedef struct edoi_source edoi_source;

/* Errors: -ENOMEM, -EMFILE, -ENFILE. `events_max` is how many are taken in one turn. */
EDO_MUST_USE int edoi_driver_new(edoi_driver **out, uint32_t events_max);
void edoi_driver_free(edoi_driver *d);

/* Takes events and wakes who waits for them. Waits for at most `timeout_ns` (0: only looks; negative:
 * until an event or a kick). Answers the number of events, 0 on a kick or the end of the time. */
int edoi_driver_turn(edoi_driver *d, int64_t timeout_ns);

/* Any thread: the present or next waiting turn returns at once. Many kicks may count as one. */
void edoi_driver_kick(edoi_driver *d);

/* Directions. Error and hang-up wake both. */
typedef enum edoi_dir { EDOI_READ = 0, EDOI_WRITE = 1 } edoi_dir;

/* Takes a non-blocking, close-on-exec descriptor. It is registered with the driver of the worker that
 * first waits for it. Errors: -ENOMEM (the descriptor stays the caller's). */
EDO_MUST_USE int edoi_source_new(edoi_source **out, int fd);

/* The descriptor; -1 after the close. */
int edoi_source_fd(const edoi_source *s);

/* References: a source is closed once, by close(), and freed by the last unref. Any thread. */
void edoi_source_close(edoi_source *s); /* inv. 3; closes the descriptor */
void edoi_source_ref(edoi_source *s);
void edoi_source_unref(edoi_source *s);

/* The tick of a direction if it may be ready (or the source is closed), else 0. Any thread. */
uint32_t edoi_source_ready(edoi_source *s, edoi_dir dir);

/* After EAGAIN, or a short read or write that shows that the kernel's buffer is empty or full: not
 * ready any more, unless an event came since `tick` was read. */
void edoi_source_clear(edoi_source *s, edoi_dir dir, uint32_t tick);

/* Puts `node` in the list of the direction with the waker of `cx`, registering the descriptor with
 * the driver of cx's worker if need be. Answers 1 if it waits now, 0 if the direction became ready
 * meanwhile (nothing is linked), or a negative code: -EDO_ENORUNTIME, -EDO_ECLOSED, or the kernel's
 * refusal of the registration. A node that waits already only renews its waker. */
int edoi_source_wait(edoi_source *s, edoi_dir dir, edo_wait_node *node, bool linked, edo_cx *cx);

/* Takes `node` out if it is still linked (a wake unlinks it). Answers whether it was. */
bool edoi_source_unwait(edoi_source *s, edoi_dir dir, edo_wait_node *node);

#endif
