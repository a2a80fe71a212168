/* SPDX-License-Identifier: MIT */
/* otlp/encode/span.c: a span as a message, see span.h. */
#include "otlp/encode/span.h"

#include <edo/error.h>

/* Fields of Span. */
enum {
    SPAN_TRACE = 1,
    SPAN_ID = 2,
    SPAN_PARENT = 4,
    SPAN_NAME = 5,
    SPAN_KIND = 6,
    SPAN_BEGAN = 7,
    SPAN_ENDED = 8,
    SPAN_ATTR = 9,
    SPAN_ATTRS_DROPPED = 10,
    SPAN_LINK = 13,
    SPAN_STATUS = 15,
    SPAN_FLAGS = 16,
};
#define STATUS_MESSAGE    2u
#define STATUS_CODE       3u
#define STATUS_IS_ERROR   2u
#define LINK_TRACE        1u
#define LINK_ID           2u
#define LINK_FLAGS        6u
#define FLAG_SAMPLED      1u
#define FLAG_KNOWS_REMOTE 0x100u /* the next one says something */
#define FLAG_IS_REMOTE    0x200u /* the parent is another program's */

static int told_take_field(void *arg, const edo_kv *kv) {
    edoi_otlp_told *t = arg;
    if (!kv->key) return 0;
    if (strcmp(kv->key, "otel.kind") == 0) t->kind = kv;
    if (strcmp(kv->key, "otel.name") == 0) t->name = kv;
    edoi_otlp_attrs_add(&t->attrs, kv);
    return 0;
}

void edoi_otlp_tell_span(edoi_otlp_told *t, const edo_span *ended) {
    *t = (edoi_otlp_told){ .span = ended };
    int result = edo_span_result(ended);
    (void)edo_span_each_field(ended, told_take_field, t);
    t->attrs.dropped += edoi_span_left_out(ended);
    t->links_n = edoi_span_get_links(ended, t->links);
    if (result >= 0 || edoi_otlp_attrs_text(&t->attrs, "error.type").ptr) return;
    t->error = EDO_KV("error.type", edo_error_name(result));
    edoi_otlp_attrs_add(&t->attrs, &t->error);
}

/* ---- Its name and kind ----------------------------------------------------------------------- */

typedef struct shown_name {
    edo_str first, second; /* no bytes: there is none */
    char between;
} shown_name;

static bool name_of(shown_name *name, const edoi_otlp_attrs *attrs, const char *first,
                    const char *second, char between) {
    name->first = edoi_otlp_attrs_text(attrs, first);
    name->second = edoi_otlp_attrs_text(attrs, second);
    name->between = between;
    return name->first.len > 0;
}

/* By the conventions: what is called, not with which values. */
static shown_name told_name(const edoi_otlp_told *t) {
    shown_name name = { { NULL, 0 }, { NULL, 0 }, ' ' };
    const edo_kv *own = t->name;
    if (own && own->kind == EDO_KV_TEXT && own->value.text) {
        name.first = (edo_str){ own->value.text, own->text_n };
        return name;
    }
    if (name_of(&name, &t->attrs, "http.request.method", "http.route", ' ')) {
        if (edo_str_equal(name.first, EDO_STR("_OTHER"))) name.first = EDO_STR("HTTP");
        return name;
    }
    if (name_of(&name, &t->attrs, "rpc.service", "rpc.method", '/') ||
        name_of(&name, &t->attrs, "db.operation.name", "db.namespace", ' '))
        return name;
    return (shown_name){ .first = edo_str_of(edo_span_name(t->span)) };
}

static void put_name(edoi_otlp_out *out, const edoi_otlp_told *t) {
    char text[256];
    shown_name name = told_name(t);
    size_t n = name.first.len < sizeof text ? name.first.len : sizeof text;
    memcpy(text, name.first.ptr, n);
    if (name.second.len > 0 && n + 1 + name.second.len <= sizeof text) {
        text[n++] = name.between;
        memcpy(text + n, name.second.ptr, name.second.len);
        n += name.second.len;
    }
    edoi_otlp_put_text(out, SPAN_NAME, (edo_str){ text, n });
}

/* Internal, server, client, producer, consumer are 1 to 5. */
static uint32_t span_kind(const edoi_otlp_told *t) {
    static const char *const names[] = { "internal", "server", "client", "producer", "consumer" };
    const edo_kv *kv = t->kind;
    if (!kv || kv->kind != EDO_KV_TEXT || !kv->value.text) return 1;
    for (uint32_t i = 0; i < EDO_COUNT(names); i++)
        if (edo_str_equal((edo_str){ kv->value.text, kv->text_n }, edo_str_of(names[i])))
            return i + 1;
    return 1;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static uint64_t wall_as_ns(edo_wall at) {
    return (uint64_t)at.s * 1000000000 + (uint64_t)at.ns;
}

static void put_link(edoi_otlp_out *out, const void *arg) {
    const edoi_span_id *id = arg;
    edoi_otlp_put_bytes(out, LINK_TRACE, id->trace, sizeof id->trace);
    edoi_otlp_put_bytes(out, LINK_ID, id->id, sizeof id->id);
    edoi_otlp_put_32(out, LINK_FLAGS, id->is_sampled ? FLAG_SAMPLED : 0);
}

static void put_status(edoi_otlp_out *out, const void *arg) {
    const edo_str *why = arg;
    edoi_otlp_put_text(out, STATUS_MESSAGE, *why);
    edoi_otlp_put_number(out, STATUS_CODE, STATUS_IS_ERROR);
}

static void put_times(edoi_otlp_out *out, const edo_span *s) {
    uint64_t began = wall_as_ns(edo_span_began(s));
    int64_t took = edo_span_took(s).ns;
    edoi_otlp_put_64(out, SPAN_BEGAN, began);
    edoi_otlp_put_64(out, SPAN_ENDED, began + (uint64_t)(took > 0 ? took : 0));
}

static uint32_t span_flags(const edo_span *s) {
    uint32_t flags = s->self.is_sampled ? FLAG_SAMPLED : 0;
    bool is_remote = s->parent && !s->parent->site && !s->parent->is_far;
    if (s->parent) flags |= FLAG_KNOWS_REMOTE | (is_remote ? FLAG_IS_REMOTE : 0);
    return flags;
}

void edoi_otlp_put_span(edoi_otlp_out *out, const void *arg) {
    const edoi_otlp_told *t = arg;
    const edo_span *s = t->span;
    edo_str why = edoi_otlp_attrs_text(&t->attrs, "error.type");
    edoi_otlp_put_bytes(out, SPAN_TRACE, s->self.trace, sizeof s->self.trace);
    edoi_otlp_put_bytes(out, SPAN_ID, s->self.id, sizeof s->self.id);
    if (s->parent) edoi_otlp_put_bytes(out, SPAN_PARENT, s->parent->self.id, sizeof s->self.id);
    put_name(out, t);
    edoi_otlp_put_number(out, SPAN_KIND, span_kind(t));
    put_times(out, s);
    for (uint32_t i = 0; i < t->attrs.n; i++) edoi_otlp_put_attr(out, SPAN_ATTR, t->attrs.at[i]);
    if (t->attrs.dropped > 0) edoi_otlp_put_number(out, SPAN_ATTRS_DROPPED, t->attrs.dropped);
    for (uint32_t i = 0; i < t->links_n; i++)
        edoi_otlp_put_part(out, SPAN_LINK, put_link, &t->links[i]);
    if (why.ptr) edoi_otlp_put_part(out, SPAN_STATUS, put_status, &why);
    edoi_otlp_put_32(out, SPAN_FLAGS, span_flags(s));
}
