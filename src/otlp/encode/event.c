/* SPDX-License-Identifier: MIT */
/* otlp/encode/event.c: an event of the log as a message, see span.h. */
#include "otlp/encode/span.h"

/* Fields of LogRecord. */
enum {
    LOG_TIME = 1,
    LOG_SEVERITY = 2,
    LOG_SEVERITY_TEXT = 3,
    LOG_BODY = 5,
    LOG_ATTR = 6,
    LOG_ATTRS_DROPPED = 7,
    LOG_FLAGS = 8,
    LOG_TRACE = 9,
    LOG_SPAN = 10,
    LOG_OBSERVED = 11,
};

void edoi_otlp_tell_event(edoi_otlp_told *t, const edo_event *e) {
    *t = (edoi_otlp_told){ .span = e->span, .event = e };
    for (size_t i = 0; i < e->fields_n; i++) edoi_otlp_attrs_add(&t->attrs, &e->fields[i]);
}

static void put_severity(edoi_otlp_out *out, edo_level level) {
    static const struct {
        uint32_t number;
        const char *text;
    } of[] = { { 0, "" },     { 17, "ERROR" }, { 13, "WARN" },
               { 9, "INFO" }, { 5, "DEBUG" },  { 1, "TRACE" } };
    edoi_otlp_put_number(out, LOG_SEVERITY, of[level].number);
    edoi_otlp_put_text(out, LOG_SEVERITY_TEXT, edo_str_of(of[level].text));
}

static void put_place(edoi_otlp_out *out, const edo_callsite *site) {
    const edo_kv file = EDO_KV("code.file.path", site->file),
                 line = EDO_KV("code.line.number", site->line);
    edoi_otlp_put_attr(out, LOG_ATTR, &file);
    edoi_otlp_put_attr(out, LOG_ATTR, &line);
}

void edoi_otlp_put_event(edoi_otlp_out *out, const void *arg) {
    const edoi_otlp_told *t = arg;
    const edo_event *e = t->event;
    uint64_t at = (uint64_t)e->at.s * 1000000000 + (uint64_t)e->at.ns;
    edoi_otlp_put_64(out, LOG_TIME, at);
    put_severity(out, e->site->level);
    edoi_otlp_put_text_value(out, LOG_BODY, e->message);
    for (uint32_t i = 0; i < t->attrs.n; i++) edoi_otlp_put_attr(out, LOG_ATTR, t->attrs.at[i]);
    put_place(out, e->site);
    if (t->attrs.dropped > 0) edoi_otlp_put_number(out, LOG_ATTRS_DROPPED, t->attrs.dropped);
    if (t->span) {
        const edoi_span_id *id = &t->span->self;
        edoi_otlp_put_32(out, LOG_FLAGS, id->is_sampled);
        edoi_otlp_put_bytes(out, LOG_TRACE, id->trace, sizeof id->trace);
        edoi_otlp_put_bytes(out, LOG_SPAN, id->id, sizeof id->id);
    }
    edoi_otlp_put_64(out, LOG_OBSERVED, at);
}
