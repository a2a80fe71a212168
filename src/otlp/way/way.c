/* SPDX-License-Identifier: MIT */
/* otlp/way/way.c: see way.h. */
#include "otlp/way/way.h"

#include <edo/error.h>
#include <edo/grpc.h>
#include <edo/http_client.h>

#include <errno.h>

int edoi_otlp_way_open(edoi_otlp_way *w, const edoi_otlp_aim *aim, edo_otlp_kind kind) {
    *w = (edoi_otlp_way){ .aim = aim, .kind = kind };
    return aim->protocol == EDO_OTLP_GRPC ? edoi_otlp_grpc_open(w) : edoi_otlp_http_open(w);
}

void edoi_otlp_way_close(edoi_otlp_way *w) {
    edo_http_client_unref(w->client);
    if (w->channel) edo_grpc_channel_close(w->channel);
    edo_grpc_channel_unref(w->channel);
}

/* What no other attempt would mend. */
static bool is_final(int err) {
    return err == -EINVAL || err == -ENOTSUP || err == -EMSGSIZE;
}

/* What the trail says of a failure: of a certificate, what is wrong with it. */
static void way_say_failure(edoi_otlp_answer *a, int err) {
    char why[EDOI_OTLP_WHY_MAX];
    (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
    edoi_otlp_answer_say(a, edo_str_of(why));
}

int edoi_otlp_send(edoi_otlp_way *w, edo_str body, edoi_otlp_answer *a) {
    *a = (edoi_otlp_answer){ .after = edo_ns(-1) };
    int err = w->channel ? edoi_otlp_grpc_send(w, body, a) : edoi_otlp_http_send(w, body, a);
    if (err == -ECANCELED) return err;
    if (err < 0) {
        a->verdict = is_final(err) ? EDOI_OTLP_REFUSED : EDOI_OTLP_LATER;
        way_say_failure(a, err);
    }
    edo_trail_clear();
    return 0;
}
