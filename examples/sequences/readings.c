/* SPDX-License-Identifier: MIT */
/* readings.c: exercise of chapter 15: count, least, greatest and mean of readings, in one pass that
 * stores none of them. A fold is a loop. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct summary {
    uint64_t count;
    double least, greatest, mean;
} summary;

static void add(summary *s, double reading) {
    if (s->count == 0 || reading < s->least) s->least = reading;
    if (s->count == 0 || reading > s->greatest) s->greatest = reading;
    s->count++;
    s->mean += (reading - s->mean) / (double)s->count;
}

/* Takes the sequence. */
static int summarize(edo_seq *readings, summary *out) {
    double reading;
    int rc;
    *out = (summary){ .count = 0 };
    while ((rc = edo_seq_next(readings, &reading)) == 1) add(out, reading);
    edo_seq_free(readings);
    return rc;
}

static int show(const char *what, edo_seq *readings) {
    summary s;
    int err = summarize(readings, &s);
    if (err < 0) return err;
    if (s.count == 0) {
        printf("%s: no readings\n", what); // there is no least of none
    } else {
        printf("%s: %d readings, %g to %g, mean %g\n", what, (int)s.count, s.least, s.greatest,
               s.mean);
    }
    return 0;
}

/* Warmer from reading to reading, without end. */
static int warmer(void *state, void *reading) {
    double *degrees = state;
    *(double *)reading = *degrees += 0.5;
    return 1;
}

static int root(void *arg) {
    (void)arg;
    static const double few[] = { 3, -2, 5 };
    double degrees = 20;
    int err = show("an array", edo_seq_array(few, EDO_COUNT(few), sizeof few[0]));
    if (err < 0) return err;
    err = show("a sensor", edo_seq_take(edo_seq_unfold(sizeof degrees, warmer, &degrees), 1000));
    if (err < 0) return err;
    return show("nothing", edo_seq_empty(sizeof(double)));
}

int main(void) {
    return edo_main(root, NULL);
}
