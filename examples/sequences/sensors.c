/* SPDX-License-Identifier: MIT */
/* sensors.c: two sensors read as one. What belongs to one sensor is in its own chain, below the
 * merge: there is no loop that could do it. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct line {
    int after_ms;
    const char *text;
} line;

typedef struct sensor {
    const char *name;
    const line *lines;
    size_t lines_n;
    int readings_n;
} sensor;

typedef struct reading {
    const char *from;
    long degrees;
} reading;

static int speaks(void *arg, edo_emitter *e) {
    const sensor *self = arg;
    int err = 0;
    for (size_t i = 0; i < self->lines_n && err == 0; i++) {
        err = edo_sleep(edo_ms(self->lines[i].after_ms));
        if (err == 0) err = edo_emit(e, &self->lines[i].text);
    }
    return err;
}

/* Of a comment nothing comes. */
static int parse(void *arg, const void *in, void *out) {
    const char *text = *(const char *const *)in;
    char *end;
    long degrees = strtol(text, &end, 10);
    if (*text == '#') return 0;
    if (end == text || *end) return -EINVAL;
    *(reading *)out = (reading){ .from = ((sensor *)arg)->name, .degrees = degrees };
    return 1;
}

static int is_cold(void *arg, const void *item) {
    (void)arg;
    return ((const reading *)item)->degrees < 10; // it has just been switched on
}

/* Behind the merge nobody knows whose failure it is. */
static void count(void *arg, int result, const void *item) {
    sensor *self = arg;
    if (item) self->readings_n++;
    if (result == -ETIMEDOUT) printf("%s: silent for 50 ms\n", self->name);
    if (result == -EINVAL) printf("%s: no number\n", self->name);
    if (result == 0) printf("%s: %d readings\n", self->name, self->readings_n);
}

static edo_seq *readings_of(sensor *self) {
    edo_seq *s = edo_seq_generate(sizeof(const char *), speaks, self);
    s = edo_seq_filter_map(s, parse, self, sizeof(reading));
    s = edo_seq_skip_while(s, is_cold, NULL);
    s = edo_seq_timeout(s, edo_ms(50)); // a late one is told once, and comes all the same
    return edo_seq_inspect(s, count, self);
}

static int show(sensor *roof, sensor *cellar) {
    edo_seq *s = edo_seq_merge(readings_of(roof), readings_of(cellar));
    s = edo_seq_throttle(s, edo_ms(20)); // the display is not quicker
    const edo_instant began = edo_now();
    reading r;
    int rc;
    while ((rc = edo_seq_next(s, &r)) != 0) {
        int ms = (int)(edo_instant_since(edo_now(), began).ns / 1000000);
        if (rc == 1) printf("%3d ms: %s %ld\n", ms, r.from, r.degrees);
        if (rc == -ECANCELED || rc == -ENOMEM) break;
    }
    edo_seq_free(s);
    return rc;
}

/* What was kept of a day: a sequence itself, made when its turn has come. */
static int day(void *arg, const void *in, void *out) {
    static const int kept[][3] = { { 11, 12, 13 }, { 0 }, { 14, 15, 16 } };
    static const size_t kept_n[] = { 3, 0, 3 };
    const int i = *(const int *)in;
    (void)arg;
    *(edo_seq **)out = edo_seq_array(kept[i], kept_n[i], sizeof kept[i][0]);
    return 0;
}

static int show_days(void) {
    static const int days[] = { 0, 1, 2 };
    edo_seq *s = edo_seq_map(edo_seq_array(days, 3, sizeof(int)), day, NULL, sizeof(edo_seq *));
    s = edo_seq_flatten(s, sizeof(int));
    int degrees, rc;
    printf("kept:");
    while ((rc = edo_seq_next(s, &degrees)) == 1) printf(" %d", degrees);
    printf("\n");
    edo_seq_free(s);
    return rc;
}

static int root(void *arg) {
    static const line of_roof[] = { { 5, "3" }, { 10, "21" }, { 90, "22" }, { 5, "#calibrated" } };
    static const line of_cellar[] = { { 16, "12" }, { 1, "11" }, { 10, "12,5" }, { 10, "13" } };
    sensor roof = { .name = "roof", .lines = of_roof, .lines_n = EDO_COUNT(of_roof) };
    sensor cellar = { .name = "cellar", .lines = of_cellar, .lines_n = EDO_COUNT(of_cellar) };
    (void)arg;
    int err = show(&roof, &cellar);
    return err < 0 ? err : show_days();
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
