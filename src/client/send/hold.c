/* SPDX-License-Identifier: MIT */
/* client/send/hold.c: places that are kept until a response has ended. */
#include "base/memory/alloc.h"
#include "client/client.h"
#include "service/kind.h"

#include <edo/http_client.h>

/* One response may keep several: of a balance, and of a limit around it. */
typedef struct hold {
    edo_held held;
    struct hold *next;
} hold;

static void hold_drop(void *value) {
    for (hold *h = value, *next; h; h = next) {
        next = h->next;
        h->held.fn(h->held.arg);
        edoi_free(h);
    }
}

static const edo_ext_tag hold_tag = { .name = "hold", .drop = hold_drop };

bool edo_http_hold(void *arg, void *request, void *response, edo_held held) {
    edo_http_response *res = *(edo_http_response **)response;
    hold *h = edoi_alloc(sizeof *h), *first = edo_ext_get(&res->ext, &hold_tag);
    (void)arg, (void)request;
    if (!h) return false;
    *h = (hold){ .held = held, .next = first ? first->next : NULL };
    if (first) {
        first->next = h;
        return true;
    }
    if (edo_ext_set(&res->ext, &hold_tag, h) == 0) return true;
    edoi_free(h);
    return false;
}

EDOI_KIND_OF(edo_http_hold, EDOI_CLIENT_KIND);
