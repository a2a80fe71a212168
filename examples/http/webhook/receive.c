/* SPDX-License-Identifier: MIT */
/* receive.c: see receive.h. An event may come again, as its sender does not know whether a response
 * that was lost said yes: so the ids of the last ones are kept. A service would keep them where it
 * keeps what the event has changed. */
#include "receive.h"
#include "event.h"
#include "signature.h"

#include <edo/web.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define IDS_MAX  1000u
#define ID_BYTES 64u

typedef struct receiver {
    edo_str key;
    char ids[IDS_MAX][ID_BYTES]; // the program has one thread
    size_t next;
} receiver;

static bool was_here(const receiver *r, edo_str id) {
    for (size_t i = 0; i < IDS_MAX; i++)
        if (edo_str_equal(edo_str_of(r->ids[i]), id)) return true;
    return false;
}

static void remember(receiver *r, edo_str id) {
    (void)snprintf(r->ids[r->next], ID_BYTES, "%.*s", (int)id.len, id.ptr);
    r->next = (r->next + 1) % IDS_MAX;
}

/* The signature is of the bytes that came, so these are checked before anything is read in them. */
static int take(edo_web *w) {
    receiver *r = edo_web_state(w);
    edo_str body, id = edo_web_header(w, "webhook-id");
    event e = { 0 };
    int err = edo_web_body(w, &body);
    if (err < 0) return err;
    err = signature_check(edo_web_header(w, "webhook-signature"), r->key, id,
                          edo_web_header(w, "webhook-timestamp"), body, time(NULL));
    if (err == -EACCES)
        return edo_web_reply_problem(w, EDO_STATUS_UNAUTHORIZED, "the signature does not hold");
    if (err < 0) return err;
    if (id.len >= ID_BYTES)
        return edo_web_reply_problem(w, EDO_STATUS_BAD_REQUEST, "the id is too long");
    if (was_here(r, id)) return edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
    err = edo_web_json(w, &e, &event_desc);
    if (err < 0) return err; // a response has been made
    remember(r, id);
    printf("%.*s %" PRId64 "\n", (int)e.kind.len, e.kind.ptr, e.number);
    (void)fflush(stdout);
    return edo_web_reply_status(w, EDO_STATUS_NO_CONTENT);
}

int receive_events(const char *address, edo_str key) {
    static receiver r; // which a request of a server that did not end may still use
    r.key = key;
    edo_router *routes = edo_router_new();
    edo_router_post(routes, "/hook", take);
    return edo_web_serve(routes,
                         &(edo_web_opts){ .listen = address, .state = &r, .announce = true });
}
