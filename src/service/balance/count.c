/* SPDX-License-Identifier: MIT */
/* service/balance/count.c: the metrics of a balance. */
#include "service/balance/count.h"

#include <string.h>

static int balance_counts_add(edoi_balance_counts *self, edo_metrics *m, edo_str name) {
    static const char *parts[] = { [EDOI_ENDPOINT_READY] = "ready",
                                   [EDOI_ENDPOINT_EJECTED] = "ejected",
                                   [EDOI_ENDPOINT_AWAY] = "away" };
    static const char *whys[] = { [EDOI_EJECT_FAILURES] = "failures",
                                  [EDOI_EJECT_RATE] = "success_rate",
                                  [EDOI_EJECT_SHARE] = "failure_share" };
    edo_metric *endpoints = NULL, *ejections = NULL;
    int err = edo_metrics_up_down(
        &endpoints, m, "edo.balance.endpoints",
        &(edo_metric_opts){ .help = "Endpoints of balances.", .labels = "balance state" });
    for (size_t i = 0; i < EDOI_ENDPOINT_PARTS && err == 0; i++)
        err = edo_up_down_series(&self->endpoints[i], endpoints,
                                 (edo_str[]){ name, edo_str_of(parts[i]) });
    if (err == 0)
        err = edo_metrics_counter(
            &ejections, m, "edo.balance.ejections",
            &(edo_metric_opts){ .help = "Endpoints that were ejected because their calls failed.",
                                .labels = "balance reason" });
    for (size_t i = 0; i < EDOI_EJECT_WHYS && err == 0; i++)
        err = edo_counter_series(&self->ejections[i], ejections,
                                 (edo_str[]){ name, edo_str_of(whys[i]) });
    return err;
}

int edoi_balance_counts_init(edoi_balance_counts *self, edo_metrics *m, const char *name) {
    memset(self, 0, sizeof *self);
    if (!m) return 0;
    edoi_metrics_ref(m);
    self->registry = m;
    return balance_counts_add(self, m, edo_str_of(name ? name : "unnamed"));
}

void edoi_balance_counts_deinit(edoi_balance_counts *self) {
    edoi_metrics_unref(self->registry);
}

void edoi_balance_count_endpoints(edoi_balance_counts *self,
                                  const size_t now[EDOI_ENDPOINT_PARTS]) {
    if (!self->registry) return;
    for (size_t i = 0; i < EDOI_ENDPOINT_PARTS; i++) {
        const int64_t more = (int64_t)now[i] - self->told[i];
        if (more == 0) continue;
        edo_up_down_add(self->endpoints[i], more);
        self->told[i] += more;
    }
}

void edoi_balance_count_ejection(edoi_balance_counts *self, edoi_eject_why why) {
    edo_counter_add(self->ejections[why], 1);
}
