/* SPDX-License-Identifier: MIT */
/* A program outside of the tree that links libedo-sim: an hour of a host passes at once. */
#include <edo/error.h>
#include <edo/sim.h>

#include <stdio.h>

static int sleeps(void *arg) {
    (void)arg;
    return edo_sleep(edo_minutes(60));
}

int main(void) {
    edo_sim *sim = edo_sim_new(NULL);
    if (!sim) return 1;
    int err = edo_sim_client(sim, "sleeper", sleeps, NULL);
    if (err == 0) err = edo_sim_run(sim, edo_minutes(120));
    printf("%s after %d minutes\n", err == 0 ? "ok" : edo_error_name(err),
           (int)(edo_sim_now(sim).ns / edo_minutes(1).ns));
    edo_sim_free(sim);
    return err != 0;
}
