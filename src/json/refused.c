/* SPDX-License-Identifier: MIT */
/* json/refused.c: the story of a text that is refused. */
#include "json/refused.h"

#include "base/opts.h"

#define DEPTH_DEFAULT 512u

int edoi_json_refused(const edoi_json_scan *s, const edoi_json_gone *gone, edo_json_error *error,
                      int err) {
    edo_json_error own;
    const char *reason = s->reason;
    if (!error) error = &own;
    edoi_json_position(s, &error->line, &error->column);
    error->offset = (uint64_t)(s->at - s->begin);
    if (gone) {
        if (error->line == 1) error->column += gone->columns;
        error->line += gone->lines;
        error->offset += gone->bytes;
    }
    if (error->offset == 0 && s->at < s->end && *s->at == '\xef')
        reason = "a byte order mark must not begin the text";
    (void)snprintf(error->text, sizeof error->text, "%s", reason);
    return edo_fail(err, "line %llu, column %llu: %s", (unsigned long long)error->line,
                    (unsigned long long)error->column, reason);
}

int edoi_json_takes_too_much(void) {
    return edo_fail(-EMSGSIZE, "what the JSON says takes more memory than allowed for its length");
}

int edoi_json_opts_take(edo_json_opts *out, const edo_json_opts *given) {
    *out = given ? *given : (edo_json_opts){ 0 };
    if (!edoi_all_zero(out->reserved, EDO_COUNT(out->reserved))) return -EINVAL;
    if (out->reserved_word != 0) return -EINVAL;
    if (out->depth_max > EDO_JSON_DEPTH_MAX) return -EINVAL;
    if (out->depth_max == 0) out->depth_max = DEPTH_DEFAULT;
    return 0;
}
