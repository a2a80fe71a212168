/* SPDX-License-Identifier: MIT */
/* daily.c: a report for each day, which ends at 2:15 of local time, also where clocks are changed
 * then. On a paused clock. */
#include <edo/edo.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define AT_MINUTE (2 * 60 + 15)

/* The first moment of `day` at which its clocks show `minute` of the day, or more. A time that they
 * skip has that moment behind the gap; of one that they show twice it is the first. */
static time_t first_moment(struct tm day, int minute) {
    day.tm_hour = 12;
    day.tm_min = day.tm_sec = 0;
    day.tm_isdst = -1;
    for (time_t at = mktime(&day) - 15 * 3600;; at += 60) { // from the evening before
        struct tm now;
        (void)localtime_r(&at, &now);
        int days = (now.tm_year - day.tm_year) * 366 + now.tm_yday - day.tm_yday;
        if (days > 0 || (days == 0 && now.tm_hour * 60 + now.tm_min >= minute)) return at;
    }
}

/* The first such moment after `last`, at which the last report has ended. */
static edo_wall daily_after(edo_wall last, int minute) {
    time_t from = (time_t)last.s;
    struct tm day;
    (void)localtime_r(&from, &day);
    time_t at = first_moment(day, minute);
    while (at <= from) { // today's is over, or the next day is one that clocks skip or show again
        day.tm_mday++;
        at = first_moment(day, minute);
    }
    return (edo_wall){ .s = at };
}

typedef struct report {
    int orders;
} report;

static int take_orders(void *arg) {
    report *r = arg;
    for (;;) {
        int err = edo_sleep(edo_hours(1));
        if (err < 0) return err;
        r->orders++;
    }
}

/* Ends the report, and begins the next one. */
static void rotate(report *r, edo_wall at) {
    char when[40];
    time_t s = (time_t)at.s;
    struct tm local;
    (void)localtime_r(&s, &local);
    (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M %Z", &local);
    printf("  %s: %2d orders\n", when, r->orders);
    r->orders = 0;
}

static int keep_reports(report *r, int days) {
    edo_wall last = edo_wall_now();
    for (int i = 0; i < days; i++) {
        edo_wall due = daily_after(last, AT_MINUTE);
        int err = edo_sleep_wall_at(due);
        if (err < 0) return err;
        edo_wall now = edo_wall_now();
        rotate(r, now);
        last = edo_wall_compare(now, due) > 0 ? now : due; // also if the clock is set back now
    }
    return 0;
}

static const struct place {
    const char *what, *zone;
    int64_t start_s; /* 12:10, some days before its clocks are changed */
} places[] = {
    { "Prague, in March: from 2:00 to 3:00", "CET-1CEST,M3.5.0,M10.5.0/3", 1806059400 },
    { "Prague, in October: from 3:00 to 2:00", "CET-1CEST,M3.5.0,M10.5.0/3", 1824804600 },
    { "Lord Howe, in October: from 2:00 to 2:30", "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
      1822354800 },
};

static int root(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(places); i++) {
        report r = { 0 };
        (void)setenv("TZ", places[i].zone, 1); // no other thread looks at it
        tzset();
        int err = edo_time_set_wall((edo_wall){ .s = places[i].start_s });
        if (err < 0) return err;
        printf("%s\n", places[i].what);
        edo_task *orders = edo_spawn(take_orders, &r);
        err = keep_reports(&r, 4);
        edo_task_cancel(orders);
        (void)edo_task_join(orders);
        if (err < 0) return err;
    }
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
