/* SPDX-License-Identifier: MIT */
/* service/pool/metrics.c: see metrics.h. The names are from OpenTelemetry's semantic conventions
 * for pools of database clients, so its dashboards find them. The present numbers of a pool are
 * read when the registry is printed, so that a get and a put need not count them. */
#include "service/pool/metrics.h"

#include "base/lock.h"
#include "base/memory/alloc.h"
#include "memory/rc.h"
#include "metrics/registry.h"

#include <errno.h>
#include <string.h>

typedef enum view_number { COUNT, MAX, PENDING, TIMEOUTS, VIEW_NUMBERS } view_number;

#define POOL_LABEL "db_client_connection_pool_name"

static const struct {
    edoi_metric_type type;
    const char *name, *unit, *help, *labels;
} numbers[VIEW_NUMBERS] = {
    [COUNT] = { EDOI_GAUGE, "db.client.connection.count", "{connection}",
                "Objects of the pool, by what they do.", POOL_LABEL " db_client_connection_state" },
    [MAX] = { EDOI_GAUGE, "db.client.connection.max", "{connection}", "So many may there be.",
              POOL_LABEL },
    [PENDING] = { EDOI_GAUGE, "db.client.connection.pending_requests", "{request}",
                  "Tasks that wait for an object.", POOL_LABEL },
    [TIMEOUTS] = { EDOI_COUNTER, "db.client.connection.timeouts", "{timeout}",
                   "Tasks that have waited in vain.", POOL_LABEL },
};

/* The argument of one source. */
typedef struct view_part {
    struct edoi_pool_view *of;
    view_number number;
} view_part;

struct edoi_pool_view {
    edoi_kept kept;        /* first */
    edoi_lock lock;        /* before that of the pool */
    edo_pool *pool;        /* NULL: it has ended; lock: lock */
    edo_metrics *registry; /* a reference of the pool's, for the times; const */
    view_part parts[VIEW_NUMBERS];
    size_t name_bytes;
    char name[];
};

static void view_emit(const view_part *part, const edo_pool_stats *s, edo_metrics_sink *to) {
    edo_str values[2] = { { part->of->name, part->of->name_bytes }, EDO_STR("idle") };
    switch (part->number) {
    case COUNT:
        edo_metrics_emit(to, s->idle, values);
        values[1] = EDO_STR("used");
        edo_metrics_emit(to, s->lent, values);
        break;
    case MAX: edo_metrics_emit(to, s->max, values); break;
    case PENDING: edo_metrics_emit(to, s->waiting, values); break;
    case TIMEOUTS: edo_metrics_emit(to, (double)s->timeouts_n, values); break;
    case VIEW_NUMBERS: break;
    }
}

static void view_ask(void *arg, edo_metrics_sink *to) {
    const view_part *part = arg;
    edoi_pool_view *view = part->of;
    edoi_lock_acquire(&view->lock);
    bool is_there = view->pool != NULL;
    const edo_pool_stats s = is_there ? edo_pool_get_stats(view->pool) : (edo_pool_stats){ 0 };
    edoi_lock_release(&view->lock);
    if (is_there) view_emit(part, &s, to);
}

static void view_give_back(edoi_kept *kept) {
    edoi_rc_unref(EDOI_COUNTED, kept); // the first member of the view
}

static edoi_pool_view *view_make(edo_metrics *m, const char *name) {
    size_t n = strlen(name);
    edoi_pool_view *view = edoi_rc_new(sizeof *view + n, NULL);
    if (!view) return NULL;
    memset(view, 0, sizeof *view);
    view->kept.give_back = view_give_back;
    view->name_bytes = n;
    memcpy(view->name, name, n);
    edoi_metrics_keep(m, edoi_rc_ref(&view->kept)); // before the sources, which point to it
    return view;
}

static int view_add_numbers(edoi_pool_view *view, edo_metrics *m) {
    int err = 0;
    for (view_number i = 0; i < VIEW_NUMBERS && err == 0; i++) {
        view->parts[i] = (view_part){ view, i };
        const edo_metric_opts opts = { .help = numbers[i].help,
                                       .unit = numbers[i].unit,
                                       .labels = numbers[i].labels };
        const edoi_metric_wanted wanted = {
            .type = numbers[i].type, .is_asked = true, .name = numbers[i].name, .opts = &opts
        };
        err = edoi_metric_ask(m, &wanted, view_ask, &view->parts[i]);
    }
    return err;
}

static int times_add(edo_hist **out, edo_metrics *m, const char *name, const char *help,
                     const char *pool_name) {
    edo_metric *metric;
    const edo_str values[] = { edo_str_of(pool_name) };
    const edo_metric_opts opts = { .help = help, .unit = "s", .labels = POOL_LABEL };
    static const double bounds[] = { 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10 };
    const edo_hist_opts hist = { .bounds = bounds, .bounds_n = EDO_COUNT(bounds) };
    int err = edo_metrics_hist(&metric, m, name, &hist, &opts);
    return err < 0 ? err : edo_hist_series(out, metric, values);
}

int edoi_pool_view_new(edoi_pool_view **out, edoi_pool_times *times, edo_metrics *m, edo_pool *pool,
                       const char *name) {
    edo_str text = edo_str_of(name);
    if (text.len > EDO_METRIC_VALUE_BYTES_MAX) return -EDO_ETOOLONG;
    if (!edo_str_is_utf8(text)) return -EILSEQ;
    edoi_pool_view *view = view_make(m, name);
    if (!view) return -ENOMEM;
    int err = view_add_numbers(view, m);
    if (err == 0)
        err = times_add(&times->create, m, "db.client.connection.create_time",
                        "How long it took to make an object.", name);
    if (err == 0)
        err = times_add(&times->wait, m, "db.client.connection.wait_time",
                        "How long it took to get an object.", name);
    if (err == 0)
        err = times_add(&times->use, m, "db.client.connection.use_time",
                        "How long objects were lent.", name);
    if (err < 0) {
        edoi_rc_unref(EDOI_COUNTED, view); // the registry has it still
        return err;
    }
    edoi_metrics_ref(m);
    view->registry = m;
    edoi_lock_acquire(&view->lock); // the sources are asked already
    view->pool = pool;
    edoi_lock_release(&view->lock);
    *out = view;
    return 0;
}

void edoi_pool_view_end(edoi_pool_view *view) {
    if (!view) return;
    edoi_lock_acquire(&view->lock);
    view->pool = NULL;
    edoi_lock_release(&view->lock);
    edoi_metrics_unref(view->registry);
    edoi_rc_unref(EDOI_COUNTED, view);
}
