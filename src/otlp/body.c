/* SPDX-License-Identifier: MIT */
/* otlp/body.c: see body.h. Items are few and their scopes fewer: so the list is sorted by scope
 * first, by a linear search for the items of each scope. */
#include "otlp/body.h"

#define OF_RESOURCE   1u /* of a request */
#define RESOURCE      1u
#define OF_SCOPE      2u /* of what is of a resource */
#define SCOPE         1u
#define ITEM          2u /* of what is of a scope */
#define SCOPE_NAME    1u
#define SCOPE_VERSION 2u

/* Moves all items of the first item's scope to the front. Returns the first item of another scope;
 * NULL: there is none. */
static edoi_otlp_item *gather(edoi_otlp_item *first) {
    edo_str scope = edoi_otlp_item_scope(first);
    edoi_otlp_item *last = first, *before = first;
    while (before->next) {
        edoi_otlp_item *at = before->next;
        if (!edo_str_equal(edoi_otlp_item_scope(at), scope)) {
            before = at;
            continue;
        }
        if (before != last) { // else it stands where it is to be
            before->next = at->next;
            at->next = last->next;
            last->next = at;
        } else {
            before = at;
        }
        last = at;
    }
    return last->next;
}

/* The items of one scope: from the first to before the next. */
typedef struct scope_items {
    edoi_otlp_item *first, *end;
} scope_items;

static void put_scope(edoi_otlp_out *out, const void *arg) {
    edo_str version = EDO_STR(EDOI_TEXT(EDO_VERSION_MAJOR) "." EDOI_TEXT(
        EDO_VERSION_MINOR) "." EDOI_TEXT(EDO_VERSION_PATCH));
    edo_str name = *(const edo_str *)arg;
    edoi_otlp_put_text(out, SCOPE_NAME, name);
    if (edo_str_equal(name, EDO_STR("edo"))) edoi_otlp_put_text(out, SCOPE_VERSION, version);
}

static void put_of_scope(edoi_otlp_out *out, const void *arg) {
    const scope_items *items = arg;
    edo_str name = edoi_otlp_item_scope(items->first);
    edoi_otlp_put_part(out, SCOPE, put_scope, &name);
    for (const edoi_otlp_item *at = items->first; at != items->end; at = at->next) {
        edo_str message = edoi_otlp_item_message(at);
        edoi_otlp_put_bytes(out, ITEM, message.ptr, message.len);
    }
}

typedef struct request_of {
    edo_str resource;
    edoi_otlp_item *items;
} request_of;

static void put_of_resource(edoi_otlp_out *out, const void *arg) {
    const request_of *w = arg;
    edoi_otlp_put_bytes(out, RESOURCE, w->resource.ptr, w->resource.len);
    for (edoi_otlp_item *at = w->items; at;) {
        const scope_items items = { at, gather(at) };
        edoi_otlp_put_part(out, OF_SCOPE, put_of_scope, &items);
        at = items.end;
    }
}

static void put_request(edoi_otlp_out *out, const void *arg) {
    edoi_otlp_put_part(out, OF_RESOURCE, put_of_resource, arg);
}

int edoi_otlp_body(edo_buf *out, edo_str resource, edoi_otlp_item *items) {
    const request_of w = { resource, items };
    size_t n = edoi_otlp_count(put_request, &w);
    int err = edo_buf_reserve(out, n);
    if (err < 0) return err;
    put_request(&(edoi_otlp_out){ .to = out->ptr + out->len }, &w);
    out->len += n;
    return 0;
}
