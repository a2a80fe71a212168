/* SPDX-License-Identifier: MIT */
/* log/sink.h: what writes the lines of the log, or of a receiver: a form, which changes while
 * events run: when it is given another, when its descriptor leads elsewhere, and when lines may be
 * queued from now on, or may not any more. The next event finds out about the last two.
 *
 * Threads: any. `sinks.lock` guards the forms of all. A line is built by the thread that logs, and
 * goes to a queue, or is written at once, in the turn of its output. Order: a turn, then
 * `sinks.lock`. */
#ifndef EDOI_LOG_SINK_H
#define EDOI_LOG_SINK_H

#include "log/form.h"

typedef struct edoi_log_sink {
    edoi_log_form form; /* lock: sinks.lock */
} edoi_log_sink;

/* Gives the sink another form, which is open, or writes nothing. Returns the former one, for
 * edoi_log_form_leave(). */
EDO_MUST_USE edoi_log_form edoi_log_sink_swap(edoi_log_sink *sink, const edoi_log_form *form);

/* Closes the output of a former form of a sink. Lines that other threads are writing are finished
 * first, and a line with the number of lost lines is written if there is room. Waits for the
 * reader, one second at most. */
void edoi_log_form_leave(const edoi_log_form *form);

/* The same for a form that was in no sink. */
void edoi_log_form_forget(const edoi_log_form *form);

/* Does it write? */
bool edoi_log_sink_writes(edoi_log_sink *sink);

/* Goes the way of now, without waiting for an event. */
void edoi_log_sink_follow(edoi_log_sink *sink);

/* Writes how many lines were lost, if there is room: no later line may come that would do so. */
void edoi_log_sink_tell_lost(edoi_log_sink *sink);

/* Writes an event, or queues it; what is dropped is counted. Keeps errno. */
void edoi_log_sink_write(edoi_log_sink *sink, const edoi_event *event, const char *format,
                         va_list args) EDO_PRINTF(3, 0);

/* The same, of arguments. */
void edoi_log_sink_write_by(edoi_log_sink *sink, const edoi_event *event, const char *format, ...)
    EDO_PRINTF(3, 4);

#endif
