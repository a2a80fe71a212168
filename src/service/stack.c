/* SPDX-License-Identifier: MIT */
/* service/stack.c: layers as values, and stacks of them. */
#include <edo/service.h>

#include "base/memory/alloc.h"
#include "service/kind.h"

#include <errno.h>
#include <string.h>

edo_layer edo_layer_make(edo_layer_fn *wrap, const void *opts, size_t bytes) {
    edo_layer layer = { .wrap = wrap };
    if (EDO_MISUSE(bytes > EDO_LAYER_BYTES, "the options of a layer are longer than "
                                            "EDO_LAYER_BYTES: pass a pointer to them")) {
        layer.failure = -EDO_EMISUSE;
    } else if (opts) {
        memcpy(&layer.opts, opts, bytes);
    }
    return layer;
}

/* May `outer`, which was made of the layer, be around `inner`? It has the layer's kind then, unless
 * it has one of its own. */
static int stack_check_kind(edo_service *outer, const edo_service *inner, const edo_layer *layer) {
    if (outer == inner || edoi_kind_is_any(layer->kind)) return 0;
    int err = edoi_kind_check(outer->ops->name, layer->kind, inner);
    if (err == 0 && !outer->ops->kind) outer->kind = layer->kind;
    return err;
}

int edo_layer_wrap(edo_service **self, const edo_layer *layer, edo_service *inner) {
    int err = layer->failure;
    edo_service *outer = inner;
    if (err == 0 && layer->wrap) err = layer->wrap(&outer, inner, layer);
    if (err < 0) {
        edo_service_unref(inner);
        return err;
    }
    err = stack_check_kind(outer, inner, layer);
    if (err < 0) {
        edo_service_unref(outer); // with the one inside
        return err;
    }
    *self = outer;
    return 0;
}

/* ---- Layers that are functions --------------------------------------------------------------- */

typedef struct around_opts {
    edo_around_fn *fn;
    void *arg;
} around_opts;

typedef struct around {
    edo_service base;
    around_opts opts;
} around;

static int stack_around_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    around *self = (around *)(void *)base;
    edo_next next = { base->inner, permit };
    return self->opts.fn(self->opts.arg, &next, request, response);
}

static int stack_around_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_layer_from_fn",
                                         .call = stack_around_call,
                                         .kind = "" };
    edo_service *base;
    int err = edo_service_new(&base, sizeof(around), &ops, inner);
    if (err < 0) return err;
    memcpy(&((around *)(void *)base)->opts, &layer->opts, sizeof(around_opts));
    *out = base;
    return 0;
}

edo_layer edo_layer_from_fn(edo_around_fn *fn, void *arg) {
    around_opts opts = { fn, arg };
    return edo_layer_make(stack_around_wrap, &opts, sizeof opts);
}

/* ---- Stacks ---------------------------------------------------------------------------------- */

typedef struct edoi_stacked {
    struct edoi_stacked *outer; /* pushed before */
    edo_layer layer;
} edoi_stacked;

void edo_stack_init(edo_stack *stack) {
    *stack = (edo_stack){ .last = NULL };
}

void edo_stack_push(edo_stack *stack, edo_layer layer) {
    if (stack->failure < 0) return;
    edoi_stacked *node = layer.failure < 0 ? NULL : edoi_alloc(sizeof *node);
    if (!node) {
        stack->failure = layer.failure < 0 ? layer.failure : -ENOMEM;
        return;
    }
    *node = (edoi_stacked){ stack->last, layer };
    stack->last = node;
}

int edo_stack_build(edo_service **self, const edo_stack *stack, edo_service *inner) {
    if (stack->failure < 0) {
        edo_service_unref(inner);
        return stack->failure;
    }
    for (const edoi_stacked *node = stack->last; node; node = node->outer) {
        int err = edo_layer_wrap(&inner, &node->layer, inner);
        if (err < 0) return err;
    }
    *self = inner;
    return 0;
}

void edo_stack_deinit(edo_stack *stack) {
    for (edoi_stacked *node = stack->last, *outer; node; node = outer) {
        outer = node->outer;
        edoi_free(node);
    }
    *stack = (edo_stack){ .last = NULL };
}
