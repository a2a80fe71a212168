/* SPDX-License-Identifier: MIT */
/* otlp/numbers.c: see numbers.h. The points of a metric are gathered while the registry is looked
 * at, and become one item of the request with the metric that follows. */
#include "otlp/numbers.h"
#include "otlp/body.h"
#include "otlp/encode/point.h"

#include "base/memory/alloc.h"

#include <errno.h>
#include <time.h>

#define POINT 1u /* of a gauge, a sum and a histogram */

typedef struct numbers {
    uint64_t began_ns, at_ns;
    const edo_metric *metric; /* that the points are of; NULL: none so far */
    edo_buf points;
    edo_buf exemplars; /* of the point that is written */
    edoi_otlp_item *first, **last;
    uint64_t n;
} numbers;

static uint64_t numbers_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); // this cannot fail
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Makes an item of the points that were gathered. */
static int numbers_end_metric(numbers *self) {
    const edoi_otlp_metric m = { self->metric, { self->points.ptr, self->points.len } };
    if (self->points.len == 0) return 0;
    edoi_otlp_item *item = edoi_otlp_item_new(EDO_STR("edo"), edoi_otlp_put_metric, &m,
                                              edoi_otlp_count(edoi_otlp_put_metric, &m));
    if (!item) return -ENOMEM;
    item->next = NULL;
    *self->last = item;
    self->last = &item->next;
    self->points.len = 0;
    self->n++;
    return 0;
}

static int numbers_metric(void *arg, const edo_metric *metric) {
    numbers *self = arg;
    int err = self->metric ? numbers_end_metric(self) : 0;
    self->metric = metric;
    return err;
}

/* Copies the exemplars: what is counted and what is written has to be the same. */
static int take_exemplars(numbers *self, const edoi_metric_seen *seen, edoi_otlp_point *p) {
    uint32_t slots = seen->bounds ? seen->bounds->n + 1 : 1;
    self->exemplars.len = 0;
    for (uint32_t i = 0; seen->exemplars && i < slots; i++) {
        edoi_exemplar_kept e;
        if (!edoi_exemplar_read(&seen->exemplars[i], &e)) continue;
        int err = edo_buf_append(&self->exemplars, &e, sizeof e);
        if (err < 0) return err;
        p->exemplars_n++;
    }
    p->exemplars = (const edoi_exemplar_kept *)(void *)self->exemplars.ptr;
    return 0;
}

static int numbers_value(void *arg, const edoi_metric_seen *seen) {
    numbers *self = arg;
    edoi_otlp_point p = { .seen = seen,
                          .began_ns = self->began_ns,
                          .at_ns = self->at_ns,
                          .is_sum = self->metric->type != EDOI_GAUGE };
    int err = take_exemplars(self, seen, &p);
    if (err == 0)
        err = edo_buf_reserve(&self->points,
                              EDOI_VARINT_MAX + 1 + edoi_otlp_count(edoi_otlp_put_point, &p));
    if (err < 0) return err;
    edoi_otlp_out out = { .to = self->points.ptr + self->points.len };
    edoi_otlp_put_part(&out, POINT, edoi_otlp_put_point, &p);
    self->points.len += out.n;
    return 0;
}

int edoi_otlp_numbers(edo_buf *out, edo_str resource, edo_metrics *m, int64_t began_ns,
                      uint64_t *n) {
    static const edoi_metrics_eye eye = { .metric = numbers_metric, .value = numbers_value };
    numbers self = { .began_ns = (uint64_t)began_ns, .at_ns = numbers_now_ns() };
    self.last = &self.first;
    int err = edoi_metrics_look(m, &eye, &self);
    if (err == 0 && self.first) err = edoi_otlp_body(out, resource, self.first);
    while (self.first) {
        edoi_otlp_item *next = self.first->next;
        edoi_free(self.first);
        self.first = next;
    }
    edo_buf_deinit(&self.points);
    edo_buf_deinit(&self.exemplars);
    *n = self.n;
    return err;
}
