/* SPDX-License-Identifier: MIT */
/* tests/otlp/messages.h: the messages of OTLP that a collector under test decodes, by edo's own
 * protobuf: what these fields do not have is skipped. */
#ifndef EDO_TESTS_OTLP_MESSAGES_H
#define EDO_TESTS_OTLP_MESSAGES_H

#include <edo/protobuf.h>

typedef struct any_value {
    edo_str text;
    bool boolean;
    int64_t whole;
    double number;
} any_value;
EDO_DESCRIBE(any_value, EDO_FIELD(any_value, text, .number = 1, .optional = true),
             EDO_FIELD(any_value, boolean, .number = 2, .optional = true),
             EDO_FIELD(any_value, whole, .number = 3, .optional = true),
             EDO_FIELD(any_value, number, .number = 4, .optional = true))

typedef struct attribute {
    edo_str key;
    any_value value;
} attribute;
EDO_DESCRIBE(attribute, EDO_FIELD(attribute, key, .number = 1, .optional = true),
             EDO_FIELD_OF(attribute, value, any_value_desc, .number = 2, .optional = true))

typedef struct outcome {
    edo_str message;
    int32_t code;
} outcome;
EDO_DESCRIBE(outcome, EDO_FIELD(outcome, message, .number = 2, .optional = true),
             EDO_FIELD(outcome, code, .number = 3, .optional = true))

typedef struct link_to {
    edo_bytes trace, id;
    uint32_t flags;
} link_to;
EDO_DESCRIBE(link_to, EDO_FIELD(link_to, trace, .number = 1, .optional = true),
             EDO_FIELD(link_to, id, .number = 2, .optional = true),
             EDO_FIELD(link_to, flags, .number = 6, .optional = true, .wire = EDO_WIRE_FIXED))

typedef struct span {
    edo_bytes trace, id, parent;
    edo_str name;
    int32_t kind;
    uint64_t began_ns, ended_ns;
    attribute *attrs;
    size_t attrs_n;
    link_to *links;
    size_t links_n;
    outcome status;
    uint32_t flags;
} span;
EDO_DESCRIBE(span, EDO_FIELD(span, trace, .number = 1, .optional = true),
             EDO_FIELD(span, id, .number = 2, .optional = true),
             EDO_FIELD(span, parent, .number = 4, .optional = true),
             EDO_FIELD(span, name, .number = 5, .optional = true),
             EDO_FIELD(span, kind, .number = 6, .optional = true),
             EDO_FIELD(span, began_ns, .number = 7, .optional = true, .wire = EDO_WIRE_FIXED),
             EDO_FIELD(span, ended_ns, .number = 8, .optional = true, .wire = EDO_WIRE_FIXED),
             EDO_FIELD_LIST_OF(span, attrs, attrs_n, attribute_desc, .number = 9, .optional = true),
             EDO_FIELD_LIST_OF(span, links, links_n, link_to_desc, .number = 13, .optional = true),
             EDO_FIELD_OF(span, status, outcome_desc, .number = 15, .optional = true),
             EDO_FIELD(span, flags, .number = 16, .optional = true, .wire = EDO_WIRE_FIXED))

typedef struct scope_of {
    edo_str name;
} scope_of;
EDO_DESCRIBE(scope_of, EDO_FIELD(scope_of, name, .number = 1, .optional = true))

typedef struct resource_of {
    attribute *attrs;
    size_t attrs_n;
} resource_of;
EDO_DESCRIBE(resource_of, EDO_FIELD_LIST_OF(resource_of, attrs, attrs_n, attribute_desc,
                                            .number = 1, .optional = true))

/* The three requests have one form. */
#define EDO_TESTS_OTLP_REQUEST(item)                                                               \
    typedef struct item##s_of_scope {                                                              \
        scope_of scope;                                                                            \
        item *items;                                                                               \
        size_t items_n;                                                                            \
    } item##s_of_scope;                                                                            \
    EDO_DESCRIBE(                                                                                  \
        item##s_of_scope,                                                                          \
        EDO_FIELD_OF(item##s_of_scope, scope, scope_of_desc, .number = 1, .optional = true),       \
        EDO_FIELD_LIST_OF(item##s_of_scope, items, items_n, item##_desc, .number = 2,              \
                          .optional = true))                                                       \
    typedef struct item##s_of_resource {                                                           \
        resource_of resource;                                                                      \
        item##s_of_scope *scopes;                                                                  \
        size_t scopes_n;                                                                           \
    } item##s_of_resource;                                                                         \
    EDO_DESCRIBE(item##s_of_resource,                                                              \
                 EDO_FIELD_OF(item##s_of_resource, resource, resource_of_desc, .number = 1,        \
                              .optional = true),                                                   \
                 EDO_FIELD_LIST_OF(item##s_of_resource, scopes, scopes_n, item##s_of_scope_desc,   \
                                   .number = 2, .optional = true))                                 \
    typedef struct item##s_request {                                                               \
        item##s_of_resource *resources;                                                            \
        size_t resources_n;                                                                        \
    } item##s_request;                                                                             \
    EDO_DESCRIBE(item##s_request,                                                                  \
                 EDO_FIELD_LIST_OF(item##s_request, resources, resources_n,                        \
                                   item##s_of_resource_desc, .number = 1, .optional = true))

EDO_TESTS_OTLP_REQUEST(span)

typedef struct record {
    uint64_t at_ns;
    int32_t severity;
    edo_str severity_text;
    any_value body;
    attribute *attrs;
    size_t attrs_n;
    uint32_t flags;
    edo_bytes trace, span;
} record;
EDO_DESCRIBE(record,
             EDO_FIELD(record, at_ns, .number = 1, .optional = true, .wire = EDO_WIRE_FIXED),
             EDO_FIELD(record, severity, .number = 2, .optional = true),
             EDO_FIELD(record, severity_text, .number = 3, .optional = true),
             EDO_FIELD_OF(record, body, any_value_desc, .number = 5, .optional = true),
             EDO_FIELD_LIST_OF(record, attrs, attrs_n, attribute_desc, .number = 6,
                               .optional = true),
             EDO_FIELD(record, flags, .number = 8, .optional = true, .wire = EDO_WIRE_FIXED),
             EDO_FIELD(record, trace, .number = 9, .optional = true),
             EDO_FIELD(record, span, .number = 10, .optional = true))
EDO_TESTS_OTLP_REQUEST(record)

typedef struct exemplar {
    uint64_t at_ns;
    double number;
    edo_bytes span, trace;
} exemplar;
EDO_DESCRIBE(exemplar,
             EDO_FIELD(exemplar, at_ns, .number = 2, .optional = true, .wire = EDO_WIRE_FIXED),
             EDO_FIELD(exemplar, number, .number = 3, .optional = true),
             EDO_FIELD(exemplar, span, .number = 4, .optional = true),
             EDO_FIELD(exemplar, trace, .number = 5, .optional = true))

typedef struct number_point {
    uint64_t began_ns, at_ns;
    double number;
    exemplar *exemplars;
    size_t exemplars_n;
    int64_t whole;
    attribute *attrs;
    size_t attrs_n;
} number_point;
EDO_DESCRIBE(number_point,
             EDO_FIELD(number_point, began_ns, .number = 2, .optional = true,
                       .wire = EDO_WIRE_FIXED),
             EDO_FIELD(number_point, at_ns, .number = 3, .optional = true, .wire = EDO_WIRE_FIXED),
             EDO_FIELD(number_point, number, .number = 4, .optional = true),
             EDO_FIELD_LIST_OF(number_point, exemplars, exemplars_n, exemplar_desc, .number = 5,
                               .optional = true),
             EDO_FIELD(number_point, whole, .number = 6, .optional = true, .wire = EDO_WIRE_FIXED),
             EDO_FIELD_LIST_OF(number_point, attrs, attrs_n, attribute_desc, .number = 7,
                               .optional = true))

typedef struct hist_point {
    uint64_t began_ns, at_ns, count;
    double sum;
    uint64_t *counts;
    size_t counts_n;
    double *bounds;
    size_t bounds_n;
    exemplar *exemplars;
    size_t exemplars_n;
    attribute *attrs;
    size_t attrs_n;
} hist_point;
EDO_DESCRIBE(hist_point,
             EDO_FIELD(hist_point, began_ns, .number = 2, .optional = true, .wire = EDO_WIRE_FIXED),
             EDO_FIELD(hist_point, at_ns, .number = 3, .optional = true, .wire = EDO_WIRE_FIXED),
             EDO_FIELD(hist_point, count, .number = 4, .optional = true, .wire = EDO_WIRE_FIXED),
             EDO_FIELD(hist_point, sum, .number = 5, .optional = true),
             EDO_FIELD_LIST(hist_point, counts, counts_n, .number = 6, .optional = true,
                            .wire = EDO_WIRE_FIXED),
             EDO_FIELD_LIST(hist_point, bounds, bounds_n, .number = 7, .optional = true),
             EDO_FIELD_LIST_OF(hist_point, exemplars, exemplars_n, exemplar_desc, .number = 8,
                               .optional = true),
             EDO_FIELD_LIST_OF(hist_point, attrs, attrs_n, attribute_desc, .number = 9,
                               .optional = true))

typedef struct numbers_of {
    number_point *points;
    size_t points_n;
    int32_t temporality;
    bool only_grows;
} numbers_of;
EDO_DESCRIBE(numbers_of,
             EDO_FIELD_LIST_OF(numbers_of, points, points_n, number_point_desc, .number = 1,
                               .optional = true),
             EDO_FIELD(numbers_of, temporality, .number = 2, .optional = true),
             EDO_FIELD(numbers_of, only_grows, .number = 3, .optional = true))

typedef struct hists_of {
    hist_point *points;
    size_t points_n;
    int32_t temporality;
} hists_of;
EDO_DESCRIBE(hists_of,
             EDO_FIELD_LIST_OF(hists_of, points, points_n, hist_point_desc, .number = 1,
                               .optional = true),
             EDO_FIELD(hists_of, temporality, .number = 2, .optional = true))

typedef struct metric {
    edo_str name, help, unit;
    numbers_of *gauge, *sum;
    hists_of *hist;
} metric;
EDO_DESCRIBE(metric, EDO_FIELD(metric, name, .number = 1, .optional = true),
             EDO_FIELD(metric, help, .number = 2, .optional = true),
             EDO_FIELD(metric, unit, .number = 3, .optional = true),
             EDO_FIELD_PTR_OF(metric, gauge, numbers_of_desc, .number = 5, .optional = true),
             EDO_FIELD_PTR_OF(metric, sum, numbers_of_desc, .number = 7, .optional = true),
             EDO_FIELD_PTR_OF(metric, hist, hists_of_desc, .number = 9, .optional = true))
EDO_TESTS_OTLP_REQUEST(metric)

#endif
