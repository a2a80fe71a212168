/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/binding.c: see binding.h. The option is an extension of MethodOptions, which has
 * it among what it does not know (google/api/http.proto). */
#include "binding.h"

#include "literal.h"

typedef struct http_custom {
    edo_str kind, path;
} http_custom;
EDO_DESCRIBE(http_custom, EDO_FIELD(http_custom, kind, .number = 1, .optional = true),
             EDO_FIELD(http_custom, path, .number = 2, .optional = true))

typedef struct http_rule http_rule;
struct http_rule {
    edo_str get, put, post, delete_, patch;
    edo_str body;
    http_custom *custom;
    http_rule *more;
    size_t more_n;
    edo_str response_body;
};
EDO_DESCRIBED_LATER(http_rule)
EDO_DESCRIBE(http_rule, EDO_FIELD(http_rule, get, .number = 2, .optional = true),
             EDO_FIELD(http_rule, put, .number = 3, .optional = true),
             EDO_FIELD(http_rule, post, .number = 4, .optional = true),
             EDO_FIELD(http_rule, delete_, .number = 5, .optional = true),
             EDO_FIELD(http_rule, patch, .number = 6, .optional = true),
             EDO_FIELD(http_rule, body, .number = 7, .optional = true),
             EDO_FIELD_PTR_OF(http_rule, custom, http_custom_desc, .number = 8, .optional = true),
             EDO_FIELD_LIST_OF(http_rule, more, more_n, http_rule_desc, .number = 11,
                               .optional = true),
             EDO_FIELD(http_rule, response_body, .number = 12, .optional = true))

typedef struct http_options {
    http_rule *http;
} http_options;
EDO_DESCRIBE(http_options, EDO_FIELD_PTR_OF(http_options, http, http_rule_desc, .number = 72295728,
                                            .optional = true))

/* The option of a method, or NULL where the method has no such option. */
static const http_rule *binding_of(gen *g, const google_protobuf_method_descriptor_proto *m) {
    http_options all;
    if (!m->options || m->options->unknown.len == 0) return NULL;
    int err = edo_protobuf_decode(&all, &http_options_desc, m->options->unknown, g->arena);
    if (err < 0) return (const http_rule *)gen_fails(g, err);
    return all.http;
}

static void put_text(gen *g, edo_str text) {
    gen_put(g, text.len > 0 ? ", \"" : ", NULL");
    if (text.len == 0) return;
    gen_put_literal(g, text);
    gen_put(g, "\"");
}

/* One binding, of the first of its verbs that has a path. */
static size_t put_binding(gen *g, size_t method, const http_rule *rule) {
    const struct {
        edo_str verb, path;
    } all[] = {
        { EDO_STR("GET"), rule->get },
        { EDO_STR("PUT"), rule->put },
        { EDO_STR("POST"), rule->post },
        { EDO_STR("DELETE"), rule->delete_ },
        { EDO_STR("PATCH"), rule->patch },
        { rule->custom ? rule->custom->kind : EDO_STR(""),
          rule->custom ? rule->custom->path : EDO_STR("") },
    };
    for (size_t i = 0; i < EDO_COUNT(all); i++) {
        if (all[i].path.len == 0) continue;
        gen_put(g, "    { %zu", method);
        put_text(g, all[i].verb);
        put_text(g, all[i].path);
        put_text(g, rule->body);
        put_text(g, rule->response_body);
        gen_put(g, " },\n");
        return 1;
    }
    return 0;
}

size_t gen_put_bindings(gen *g, const google_protobuf_service_descriptor_proto *service) {
    size_t n = 0;
    for (size_t i = 0; i < service->method_n && g->err == 0; i++) {
        const http_rule *rule = binding_of(g, &service->method[i]);
        if (!rule) continue;
        n += put_binding(g, i, rule);
        for (size_t k = 0; k < rule->more_n; k++) n += put_binding(g, i, &rule->more[k]);
    }
    return n;
}

bool gen_has_bindings(gen *g, const google_protobuf_service_descriptor_proto *service) {
    for (size_t i = 0; i < service->method_n; i++)
        if (binding_of(g, &service->method[i])) return true;
    return false;
}
