/* SPDX-License-Identifier: MIT */
/* baggage.c: for which tenant something is done: said once, known to all tasks, and to the services
 * that are named. */
#include <edo/baggage.h>
#include <edo/edo.h>

#include <stdio.h>

static int send_mail(void *arg) {
    const edo_str tenant = edo_baggage_get(EDO_STR("tenant"));
    (void)arg;
    return printf("a mail for %.*s\n", (int)tenant.len, tenant.ptr) < 0 ? -1 : 0;
}

static int place_order(void) {
    edo_context_block b;
    const edo_baggage_member tenant = { .key = EDO_STR("tenant"), .value = EDO_STR("Blue, Ltd.") };
    int err = edo_baggage_begin(&b, &tenant, 1);
    if (err < 0) return err;
    const edo_str field = edo_baggage_text();
    printf("baggage: %.*s\n", (int)field.len, field.ptr); // as a service gets it that is named
    return edo_context_end(&b, edo_task_join(edo_spawn(send_mail, NULL)));
}

static int root(void *arg) {
    edo_context_block came;
    (void)arg; // what edo_traceparent_layer() does with a request
    int err =
        edo_baggage_begin_text(&came, EDO_STR("experiment=7;public, tenant=none, not a member"));
    if (err < 0) return err;
    return edo_context_end(&came, place_order());
}

int main(void) {
    return edo_main(root, NULL);
}
