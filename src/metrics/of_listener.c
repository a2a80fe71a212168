/* SPDX-License-Identifier: MIT */
/* metrics/of_listener.c: the numbers of a listener as metrics. */
#include "base/memory/alloc.h"
#include "metrics/print.h"

#include <errno.h>

typedef enum listener_number { QUEUED, QUEUE_MAX, DROPPED, LISTENER_NUMBERS } listener_number;

static const struct {
    edoi_metric_type type;
    const char *name, *help;
} numbers[LISTENER_NUMBERS] = {
    [QUEUED] = { EDOI_GAUGE, "edo.listener.queued", "Connections that wait to be accepted." },
    [QUEUE_MAX] = { EDOI_GAUGE, "edo.listener.queue_max", "As many connections may wait." },
    [DROPPED] = { EDOI_COUNTER, "edo.listener.dropped",
                  "Connections refused or dropped, mostly as the queue was full." },
};

struct seen_listener;

/* The argument of one source. */
typedef struct seen_part {
    const struct seen_listener *of;
    listener_number number;
} seen_part;

typedef struct seen_listener {
    edoi_kept kept; /* first */
    edo_listener *l;
    seen_part parts[LISTENER_NUMBERS];
    size_t name_bytes;
    char name[];
} seen_listener;

static void of_listener_ask(void *arg, edo_metrics_sink *to) {
    const seen_part *part = (const seen_part *)arg;
    edo_listener_stats s;
    if (edo_listener_get_stats(part->of->l, &s) < 0) return; // it was closed
    const uint32_t values[] = {
        [QUEUED] = s.queued, [QUEUE_MAX] = s.queue_max, [DROPPED] = s.dropped
    };
    edo_metrics_emit(to, values[part->number],
                     (const edo_str[]){ { part->of->name, part->of->name_bytes } });
}

static void of_listener_give_back(edoi_kept *kept) {
    seen_listener *s = (seen_listener *)(void *)kept;
    edo_listener_unref(s->l);
    edoi_free(s);
}

int edo_metrics_add_listener(edo_metrics *m, edo_listener *l, const char *name) {
    edo_str text = edo_str_of(name);
    if (text.len > EDO_METRIC_VALUE_BYTES_MAX) return -EDO_ETOOLONG;
    if (!edo_str_is_utf8(text)) return -EILSEQ;
    seen_listener *s = edoi_calloc(1, sizeof *s + text.len);
    if (!s) return -ENOMEM;
    s->kept.give_back = of_listener_give_back;
    s->l = edo_listener_ref(l);
    s->name_bytes = text.len;
    memcpy(s->name, text.ptr, text.len);
    edoi_metrics_keep(m, &s->kept); // before the sources that point to it, which stay on failure
    int err = 0;
    for (listener_number i = 0; i < LISTENER_NUMBERS && err == 0; i++) {
        s->parts[i] = (seen_part){ s, i };
        const edo_metric_opts opts = { .help = numbers[i].help, .labels = "listener" };
        const edoi_metric_wanted wanted = {
            .type = numbers[i].type, .is_asked = true, .name = numbers[i].name, .opts = &opts
        };
        err = edoi_metric_ask(m, &wanted, of_listener_ask, &s->parts[i]);
    }
    return err;
}
