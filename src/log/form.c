/* SPDX-License-Identifier: MIT */
/* log/form.c: see form.h. */
#include "log/form.h"

#include "base/opts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What the environment says, if the program leaves it to that. Read here, since a program that sets
 * variables while its threads run may do so later. */
static edo_log_colour wanted_colour(edo_log_colour asked) {
    const char *no = getenv("NO_COLOR"), *force = getenv("CLICOLOR_FORCE"), *term = getenv("TERM");
    if (asked != EDO_LOG_COLOUR_AUTO) return asked;
    if (no && no[0]) return EDO_LOG_COLOUR_NEVER;
    if (force && force[0] && strcmp(force, "0") != 0) return EDO_LOG_COLOUR_ALWAYS;
    bool is_dumb = !term || !term[0] || !strcmp(term, "dumb");
    return is_dumb ? EDO_LOG_COLOUR_NEVER : EDO_LOG_COLOUR_AUTO;
}

int edoi_log_form_of(edoi_log_form *form, const edo_log_opts *opts) {
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)) ||
        opts->level > EDO_LEVEL_TRACE || opts->format > EDO_LOG_COMPACT ||
        opts->colour > EDO_LOG_COLOUR_ALWAYS || opts->fd < 0)
        return -EINVAL;
    *form = (edoi_log_form){ .fd = opts->fd == 0 ? STDERR_FILENO : opts->fd,
                             .at_once = opts->at_once,
                             .colour = wanted_colour(opts->colour),
                             .look = { .format = opts->format, .with_time = !opts->no_time } };
    return 0;
}

/* ---- A line ---------------------------------------------------------------------------------- */

/* The message, in `room` only if something has to be printed. */
EDO_PRINTF(3, 0)
static edo_str print_message(char *room, size_t room_n, const char *format, va_list args) {
    if (!strcmp(format, "%s")) { // the macros with fields use this format
        const char *text = va_arg(args, const char *);
        return edo_str_of(text ? text : "(null)");
    }
    if (!strchr(format, '%')) return edo_str_of(format);
    int length = vsnprintf(room, room_n, format, args);
    return (edo_str){ room, length < 0 ? 0 : (size_t)length }; // the line cuts it
}

edo_str edoi_log_build(edoi_log_scratch *scratch, const edoi_log_look *look, edoi_event event,
                       const char *format, va_list args) {
    struct timespec now;
    if (look->with_time && clock_gettime(CLOCK_REALTIME, &now) == 0) event.time = &now;
    edo_str message = print_message(scratch->message, sizeof scratch->message, format, args);
    event.message = message.ptr;
    event.message_n = message.len;
    edoi_log_line_write(&scratch->line, &event, look);
    return (edo_str){ scratch->line.bytes, scratch->line.n };
}

EDO_PRINTF(4, 5)
static edo_str build_by(edoi_log_scratch *scratch, const edoi_log_look *look,
                        const edoi_event *event, const char *format, ...) {
    va_list args;
    va_start(args, format);
    edo_str line = edoi_log_build(scratch, look, *event, format, args);
    va_end(args);
    return line;
}

/* ---- What was lost --------------------------------------------------------------------------- */

edo_str edoi_log_build_lost(edoi_log_scratch *scratch, const edoi_log_look *look,
                            const edo_kv *fields, size_t fields_n) {
    static const edo_callsite site = { "edo.log",      __FILE__, __func__, __LINE__,
                                       EDO_LEVEL_WARN, { 0 },    NULL };
    const edoi_event event = { .site = &site, .fields = fields, .fields_n = fields_n };
    return build_by(scratch, look, &event, "lines were dropped: they were not read");
}

/* By the writer of a queue. */
static edo_str print_lost(const edoi_log_lost *lost, const edoi_log_look *look, char *at,
                          size_t room) {
    static const char *const names[EDOI_LOG_LEVELS] = { "off",  "error", "warn",
                                                        "info", "debug", "trace" };
    edo_kv fields[EDOI_LOG_LEVELS + 1];
    size_t fields_n = 1;
    uint64_t all = 0;
    for (size_t level = EDO_LEVEL_ERROR; level < EDOI_LOG_LEVELS; level++) {
        all += lost->n[level];
        if (lost->n[level] > 0) fields[fields_n++] = EDO_KV(names[level], lost->n[level]);
    }
    fields[0] = EDO_KV("lines", all);
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    if (!scratch) return (edo_str){ at, 0 };
    edo_str line = edoi_log_build_lost(scratch, look, fields, fields_n);
    if (line.len > room) line.len = 0;
    memcpy(at, line.ptr, line.len);
    edoi_log_scratch_give(scratch);
    return (edo_str){ at, line.len };
}

/* ---- Where to -------------------------------------------------------------------------------- */

static bool shows_colour(const edoi_log_form *form) {
    if (form->look.format == EDO_LOG_JSON || form->colour == EDO_LOG_COLOUR_NEVER) return false;
    return form->colour == EDO_LOG_COLOUR_ALWAYS || isatty(form->fd);
}

bool edoi_log_form_open(edoi_log_form *form) {
    form->look.has_colour = shows_colour(form);
    form->way = edoi_log_queues_way(); // first: if it changes meanwhile, this is done once more
    form->queue = form->at_once ? NULL : edoi_log_queue_use(form->fd);
    form->output = form->queue ? NULL : edoi_log_output_of(form->fd);
    if (form->queue) edoi_log_queue_tells(form->queue, print_lost, &form->look);
    return edoi_log_form_writes(form);
}
