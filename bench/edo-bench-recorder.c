/* SPDX-License-Identifier: MIT */
/* Question: what does an event of the flight recorder cost a worker, on and off?
 * Guards: an event is three stores and a read of the counter; off it is a load and a branch.
 *
 *     edo-bench-recorder BENCH [-n N]     BENCH: empty; event, event_off: as the runtime records;
 *                                         note, note_off: edo_recorder_note(), which is two events
 *
 * Beside LTTng-UST: peers/recorder/lttng.c. */
#include "peers/recorder/bench.h"
#include "recorder/note.h"

#include <edo/edo.h>
#include <edo/recorder.h>

LOOP(loop_event,
     if (EDOI_RECORDS(EDO_RECORDER_ALL)) edoi_recorder_note(EDOI_REC_WAKE, the_task, 1, i))
LOOP(loop_note, edo_recorder_note("a bench", i))

static const struct {
    const char *name;
    event_fn *loop;
    edo_recorder_depth depth;
} benches[] = {
    { "empty", loop_empty, EDO_RECORDER_OFF },     { "event", loop_event, EDO_RECORDER_ALL },
    { "event_off", loop_event, EDO_RECORDER_OFF }, { "note", loop_note, EDO_RECORDER_TURNS },
    { "note_off", loop_note, EDO_RECORDER_OFF },
};

typedef struct wanted {
    size_t at; /* in benches */
    uint64_t n;
} wanted;

/* In a task: the worker has a ring of its own. Once the recorder is on, a worker takes notice when
 * it begins a turn. */
static int run(void *arg) {
    const wanted *w = arg;
    int err = edo_recorder_set(benches[w->at].depth);
    if (err == 0) err = edo_sleep(edo_ms(1));
    return err < 0 ? err : bench_run("edo", benches[w->at].name, benches[w->at].loop, w->n);
}

int main(int argc, char **argv) {
    wanted w = { .n = bench_n(argc, argv) };
    while (w.at < EDO_COUNT(benches) && (argc < 2 || strcmp(argv[1], benches[w.at].name) != 0))
        w.at++;
    if (w.at == EDO_COUNT(benches)) return NO_SUCH_BENCH;
    return edo_main(run, &w);
}
