/* SPDX-License-Identifier: MIT */
/* Goal: a look at what is open meets no object that was freed, and each that is there all the time
 * once, however many are made and freed meanwhile. (Here a look leaves the lock after each.) */
#include "runtime/watch/open.h"

#include "model.h"

#include <stdlib.h>

typedef struct thing {
    edoi_open_thing open;
    int looks_n; /* plain: the lock of the list orders looks and the end */
} thing;

static edoi_open_table table;

static void look(edoi_open_thing *self, edoi_open_table *to) {
    thing *t = EDO_CONTAINER_OF(self, thing, open);
    MODEL_CHECK(to == &table);
    t->looks_n++;
}

static thing *make(void) {
    thing *t = calloc(1, sizeof *t);
    MODEL_CHECK(t);
    edoi_open_enlist(&t->open, look, NULL);
    return t;
}

static void end(thing *t) {
    edoi_open_strike(&t->open);
    free(t);
}

static void end_given(void *arg) {
    end(arg);
}

static void make_and_end(void *arg) {
    (void)arg;
    end(make());
}

static thing *made;

static void make_another(void *arg) {
    (void)arg;
    made = make();
}

/* One that was there before ends, beside one that stays. */
static void end_beside(thing *ends, thing *stays) {
    edoi_model_start(end_given, ends);
    edoi_open_look_over(&table);
    edoi_model_wait();
    MODEL_CHECK(stays->looks_n == 1);
    end(stays);
}

static void the_first_ends(void) {
    thing *stays = make();
    end_beside(make(), stays);
}

static void the_last_ends(void) {
    thing *ends = make();
    end_beside(ends, make());
}

static void one_that_comes_and_goes(void) {
    thing *stays = make();
    edoi_model_start(make_and_end, NULL);
    edoi_open_look_over(&table);
    edoi_model_wait();
    MODEL_CHECK(stays->looks_n == 1);
    end(stays);
}

static void one_comes_and_one_ends(void) {
    thing *first = make(), *stays = make(), *last = make();
    edoi_model_start(make_another, NULL);
    edoi_model_start(end_given, MODEL_CHOOSE(2) == 0 ? first : last);
    edoi_open_look_over(&table);
    edoi_model_wait();
    MODEL_CHECK(stays->looks_n == 1 && made->looks_n <= 1);
    edoi_open_look_over(&table);
    MODEL_CHECK(stays->looks_n == 2 && made->looks_n >= 1);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(the_first_ends),
        MODEL(the_last_ends),
        MODEL(one_that_comes_and_goes),
        MODEL(one_comes_and_one_ends),
    };
    return edoi_model_main(argc, argv, models, EDO_COUNT(models));
}
