/* SPDX-License-Identifier: MIT */
/* supervised.c: a feed breaks, and is started again, with the index that reads it; and one that
 * breaks each time ends the program. On a paused clock. */
#include <edo/edo.h>
#include <edo/supervise.h>

#include <errno.h>
#include <stdio.h>

typedef struct site {
    uint32_t good_from; /* the feed works from this start on */
    edo_instant start;
} site;

static void tell(const site *s, const char *what) {
    int ms = (int)(edo_instant_since(edo_now(), s->start).ns / 1000000);
    printf("%5d ms  %s\n", ms, what);
}

static int read_feed(void *arg) {
    const site *s = arg;
    char what[40];
    (void)snprintf(what, sizeof what, "feed: start %u", edo_supervised_starts());
    tell(s, what);
    bool is_good = edo_supervised_starts() >= s->good_from;
    int err = edo_sleep(is_good ? edo_hours(1) : edo_ms(300));
    return err < 0 ? err : edo_fail(-EPIPE, "the feed broke off");
}

static int keep_index(void *arg) {
    tell(arg, "index: begins anew");
    int err = edo_sleep(edo_hours(1));
    tell(arg, "index: told to stop");
    return err;
}

static int run_site(void *arg) {
    const edo_supervised children[] = {
        { .name = "feed", .run = read_feed, .arg = arg },
        { .name = "index", .run = keep_index, .arg = arg }, // reads what the feed keeps
    };
    return edo_supervise(children, EDO_COUNT(children),
                         &(edo_supervise_opts){ .name = "site",
                                                .group = EDO_RESTART_REST,
                                                .restarts_max = 2,
                                                .within = edo_s(10),
                                                .backoff = { .no_jitter = true } });
}

static int root(void *arg) {
    site days[] = { { .good_from = 3 }, { .good_from = 1000 } };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(days); i++) {
        days[i].start = edo_now();
        edo_task *program = edo_spawn(run_site, &days[i]);
        int err = edo_sleep(edo_s(5));
        if (err < 0) return err;
        edo_task_cancel(program);
        int ended = edo_task_join(program);
        printf("         it ended: ");
        edo_trail_print(stdout, ended, EDO_TRAIL_LINE);
    }
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
