/* SPDX-License-Identifier: MIT */
/* hedge.c: a service that is slow once in twenty calls. A second attempt is sent when the first one
 * takes longer than nine of ten do, and the first response is taken. */
#include <edo/edo.h>
#include <edo/hedge_layer.h>

#include <stdio.h>

#define CALLS 200

/* Each twentieth attempt meets a server that is busy with something else. */
static int serve(void *arg, void *request, void *response) {
    int *attempts_n = arg;
    int err = edo_sleep(edo_ms(++*attempts_n % 20 ? 10 : 1000));
    if (err < 0) return err; // the other attempt was faster
    *(int *)response = 2 * *(const int *)request;
    return 0;
}

/* Calls it often, and tells of the slow calls. */
static int call_all(edo_service *svc, const char *when) {
    int err = 0, slow_n = 0;
    for (int i = 0; err == 0 && i < CALLS; i++) {
        int doubled;
        edo_instant began = edo_now();
        err = edo_service_oneshot(svc, &i, &doubled);
        slow_n += edo_instant_since(edo_now(), began).ns > edo_ms(50).ns;
    }
    printf("%s: %d of %d calls took longer than 50 ms\n", when, slow_n, CALLS);
    return err;
}

static int root(void *arg) {
    int attempts_n = 0;
    edo_service *svc;
    edo_retry_budget *budget;
    (void)arg;
    int err = edo_retry_budget_new(&budget, NULL); // of all calls a fifth, and ten a second
    if (err < 0) return err;
    edo_layer layer = edo_hedge_layer(&(edo_hedge_opts){ .response_bytes = sizeof(int),
                                                         .quantile = 0.9,
                                                         .points_min = 50,
                                                         .period = edo_s(5),
                                                         .budget = budget });
    err = edo_service_from_fn(&svc, serve, &attempts_n, NULL);
    if (err == 0) err = edo_layer_wrap(&svc, &layer, svc);
    edo_retry_budget_unref(budget);
    if (err < 0) return err;
    err = call_all(svc, "at first"); // it learns
    if (err == 0) err = call_all(svc, "later");
    edo_service_unref(svc);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
