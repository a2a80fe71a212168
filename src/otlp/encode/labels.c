/* SPDX-License-Identifier: MIT */
/* otlp/encode/labels.c: see labels.h. */
#include "otlp/encode/labels.h"
#include "otlp/encode/attr.h"

#include <edo/metrics.h>
#include <edo/str.h>

typedef struct convention {
    const char *name;
    bool is_number;
} convention;

static const convention conventions[] = {
    { "http.request.method", false },
    { "http.response.status_code", true },
    { "http.route", false },
    { "http.connection.state", false },
    { "url.scheme", false },
    { "url.template", false },
    { "server.address", false },
    { "server.port", true },
    { "network.protocol.name", false },
    { "network.protocol.version", false },
    { "network.peer.address", false },
    { "network.peer.port", true },
    { "error.type", false },
    { "rpc.system.name", false },
    { "rpc.system", false },
    { "rpc.method", false },
    { "rpc.service", false },
    { "rpc.status_code", false },
    { "rpc.response.status_code", false },
    { "rpc.grpc.status_code", true },
    { "db.system.name", false },
    { "db.namespace", false },
    { "db.operation.name", false },
    { "db.collection.name", false },
    { "db.response.status_code", false },
    { "db.client.connection.pool.name", false },
    { "db.client.connection.state", false },
    { "tls.protocol.version", false },
};

/* Is `label` this name, with underscores for its dots? */
static bool is_spelled(edo_str label, const char *name) {
    if (strlen(name) != label.len) return false;
    for (size_t i = 0; i < label.len; i++)
        if (label.ptr[i] != (name[i] == '.' ? '_' : name[i])) return false;
    return true;
}

static const convention *convention_of(edo_str label) {
    for (size_t i = 0; i < EDO_COUNT(conventions); i++)
        if (is_spelled(label, conventions[i].name)) return &conventions[i];
    return NULL;
}

static void put_label(edoi_otlp_out *out, uint32_t field, edo_str label, edo_str value) {
    const convention *known = convention_of(label);
    int64_t number;
    if (known && known->is_number && edo_str_int(&number, value) == 0) {
        const edo_kv kv = EDO_KV(known->name, number);
        edoi_otlp_put_attr(out, field, &kv);
        return;
    }
    edoi_otlp_put_text_attr(out, field, known ? edo_str_of(known->name) : label, value);
}

/* Takes a value off the front, up to the quote that ends it, without its escapes. */
static edo_str label_take_value(edo_str *rest, char text[EDO_METRIC_VALUE_BYTES_MAX]) {
    size_t at = 0, n = 0;
    for (; at < rest->len && rest->ptr[at] != '"'; at++) {
        char c = rest->ptr[at];
        if (c == '\\' && at + 1 < rest->len) c = rest->ptr[++at] == 'n' ? '\n' : rest->ptr[at];
        if (n < EDO_METRIC_VALUE_BYTES_MAX) text[n++] = c;
    }
    at += at < rest->len; // the quote
    *rest = (edo_str){ rest->ptr + at, rest->len - at };
    return (edo_str){ text, n };
}

void edoi_otlp_put_labels(edoi_otlp_out *out, uint32_t field, edo_str labels) {
    char text[EDO_METRIC_VALUE_BYTES_MAX];
    edo_str rest = labels;
    while (rest.len > 0) {
        edo_str label = edo_str_cut(&rest, '=');
        (void)edo_str_skip(&rest, EDO_STR("\""));
        edo_str value = label_take_value(&rest, text);
        put_label(out, field, label, value);
        (void)edo_str_skip(&rest, EDO_STR(","));
    }
}
