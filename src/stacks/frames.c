/* SPDX-License-Identifier: MIT */
/* stacks/frames.c: see frames.h.
 *
 * libdw allocates memory. A report may be about a thread that hangs in malloc() or dlopen(), with a
 * lock that libdw needs; so a thread of our own calls it, and a report waits for that thread no
 * longer than PATIENCE_NS. If it takes longer, this report and all following ones have program and
 * offset, until it is done. A watchdog keeps the thread from its own start on, as a new thread
 * needs malloc(), too; without one the thread is there during a report, but not while another
 * thread loads a library.
 *
 *     phase    NONE    IDLE     ASKED              ANSWERED
 *     begin    IDLE    -        -                  (never)
 *     ask      -       ASKED    -, it hangs        (never)
 *     answer   (never) (never)  ANSWERED; IDLE if  (never)
 *                               nobody waits
 *     take     (never) (never)  -                  IDLE
 *     end      -       NONE     NONE, later        (never)
 *
 * inv. 1: nothing that may wait for malloc() or dlopen() is called with `mutex` held.
 * inv. 1 is not asserted: whether a call may wait cannot be asked. */
#include "stacks/frames.h"

#include "base/assert.h"
#include "base/cond.h"
#include "base/fork.h"
#include "base/held.h"
#include "stacks/libdw.h"
#include "stacks/objects.h"
#include "stacks/own_threads.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define PATIENCE_NS INT64_C(5000000000)
#define KNOWN_MAX   128u

/* ---- The thread that uses libdw -------------------------------------------------------------- */

typedef enum phase { NONE, IDLE, ASKED, ANSWERED } phase;
typedef enum question { FIND, UNWIND, CLOSE } question;

static pthread_mutex_t load_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the next two */
static bool is_tried, is_loaded;

static pthread_mutex_t life = PTHREAD_MUTEX_INITIALIZER; /* guards the next five */
static bool is_changed_made;                             /* `changed` */
static uint32_t users_n;                                 /* of the thread */
static uint32_t reports_n; /* of them, between edoi_frames_begin() and end */
static pthread_t thread;
static bool is_joinable; /* it is there, and was not given up */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the next four */
static pthread_cond_t changed;
static phase now;
static bool is_awaited; /* the answer */
static bool stops;

static pthread_mutex_t ask_mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the rest */

/* While the phase is ASKED only the thread may touch it. */
static struct {
    question what;
    void *pcs[EDOI_FRAMES_MAX];         /* FIND: instructions; UNWIND: the answer */
    size_t n;                           /* of pcs */
    uintptr_t pc, sp;                   /* UNWIND */
    edoi_frame frames[EDOI_FRAMES_MAX]; /* FIND: the answer */
    edoi_frame own;                     /* FIND: where edo's own code is */
} asked;

/* The stacks of many tasks contain the same places. */
static struct {
    uintptr_t at;
    edoi_frame frame;
} known[KNOWN_MAX];
static bool is_any_known;

static char own_sources[EDOI_FILE_MAX]; /* the directory of edo's sources; "": unknown */

/* Called with ask_mutex held. */
static void forget_known(void) {
    if (is_any_known) memset(known, 0, sizeof known);
    is_any_known = false;
}

static void frames_begin_child(void) {
    load_mutex = life = mutex = ask_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    users_n = reports_n = 0;
    is_joinable = false;
    is_changed_made = false;
    now = NONE;
    forget_known(); // partial results
    edoi_libdw_forget();
}

EDOI_ON_FORK(.child = frames_begin_child);

/* Called with load_mutex held. */
static void frames_load(void) {
    if (!is_tried) is_loaded = edoi_libdw_load();
    is_tried = true;
}

void edoi_frames_load(void) {
    if (pthread_mutex_trylock(&load_mutex) != 0) return; // another thread is at it
    frames_load();
    (void)pthread_mutex_unlock(&load_mutex);
}

static void answer(void) {
    edoi_mutex_acquire(&load_mutex);
    frames_load();
    bool can = is_loaded;
    edoi_mutex_release(&load_mutex);
    if (asked.what == CLOSE) {
        edoi_libdw_close();
    } else if (!can || !edoi_libdw_open()) {
        asked.n = 0;
    } else if (asked.what == UNWIND) {
        asked.n = edoi_libdw_unwind(asked.pc, asked.sp, asked.pcs, asked.n);
    } else {
        for (size_t i = 0; i < asked.n; i++)
            edoi_libdw_find(&asked.frames[i], (uintptr_t)asked.pcs[i]);
        edoi_libdw_find(&asked.own, (uintptr_t)&edoi_frames_find);
    }
}

static void *frames_serve(void *arg) {
    (void)arg;
    edoi_own_thread_begin();
    edoi_mutex_acquire(&mutex);
    for (;;) {
        while (!stops && now != ASKED) (void)pthread_cond_wait(&changed, &mutex);
        if (now != ASKED) break;
        edoi_mutex_release(&mutex);
        answer();
        edoi_mutex_acquire(&mutex);
        now = is_awaited ? ANSWERED : IDLE;
        (void)pthread_cond_broadcast(&changed);
    }
    now = NONE;
    edoi_mutex_release(&mutex);
    edoi_own_thread_end();
    return NULL;
}

/* Called with `life` held, in phase NONE. Without a thread there are no names. */
static void frames_start(void) {
    sigset_t all, old;
    if (!is_changed_made) edoi_cond_init(&changed);
    is_changed_made = true;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old); // keeps the program's signals out
    is_joinable = edoi_own_thread_create(&thread, frames_serve, NULL) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!is_joinable) return;
    (void)pthread_setname_np(thread, "edo-frames");
    edoi_mutex_acquire(&mutex);
    now = IDLE;
    edoi_mutex_release(&mutex);
}

static phase phase_now(void) {
    edoi_mutex_acquire(&mutex);
    phase s = now;
    edoi_mutex_release(&mutex);
    return s;
}

/* Makes the thread end; one that hangs ends later, or goes on for the next report. */
static void set_stops(bool does) {
    edoi_mutex_acquire(&mutex);
    stops = does;
    if (does) (void)pthread_cond_broadcast(&changed);
    edoi_mutex_release(&mutex);
}

/* Called with `life` held. */
static void frames_use(void) {
    if (users_n++ == 0) set_stops(false);
    if (phase_now() == NONE && !edoi_loader_waits()) frames_start();
}

void edoi_frames_keep_begin(void) {
    edoi_mutex_acquire(&life);
    frames_use();
    edoi_mutex_release(&life);
}

void edoi_frames_begin(void) {
    edoi_mutex_acquire(&life);
    frames_use();
    reports_n++;
    edoi_mutex_release(&life);
}

/* Puts the question and waits; false: there is no answer. Called with ask_mutex held, in phase
 * IDLE or NONE. */
static bool frames_ask(question what) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    int64_t until_ns = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec + PATIENCE_NS;
    edoi_mutex_acquire(&mutex);
    if (now == IDLE) {
        asked.what = what;
        is_awaited = true;
        now = ASKED;
        (void)pthread_cond_broadcast(&changed);
        while (now == ASKED && edoi_cond_wait(&changed, &mutex, until_ns)) continue;
        is_awaited = false;
    }
    bool is_answered = now == ANSWERED;
    if (is_answered) now = IDLE;
    edoi_mutex_release(&mutex);
    return is_answered;
}

void edoi_frames_keep_end(void) {
    edoi_mutex_acquire(&life);
    if (users_n > 0 && --users_n == 0) {
        phase s = phase_now();
        set_stops(true);
        if (is_joinable) (void)(s == IDLE ? pthread_join(thread, NULL) : pthread_detach(thread));
        is_joinable = false;
    }
    edoi_mutex_release(&life);
}

/* Other libraries may be loaded before the next report. A report that begins meanwhile opens what
 * it needs again. */
static void frames_close(void) {
    edoi_mutex_acquire(&ask_mutex);
    forget_known();
    if (phase_now() == IDLE) (void)frames_ask(CLOSE);
    edoi_mutex_release(&ask_mutex);
}

void edoi_frames_end(void) {
    edoi_mutex_acquire(&life);
    bool is_last = reports_n > 0 && --reports_n == 0;
    edoi_mutex_release(&life);
    if (is_last) frames_close();
    edoi_frames_keep_end();
}

/* ---- Places ---------------------------------------------------------------------------------- */

/* Finds the object, and whether it is a library of edo. Called with ask_mutex held. */
static void locate(edoi_frame *f, uintptr_t at) {
    static edoi_object o;
    *f = (edoi_frame){ .offset = at };
    if (!edoi_object_at(&o, at)) return;
    (void)snprintf(f->object, sizeof f->object, "%.*s", (int)sizeof f->object - 1,
                   edoi_object_name(&o));
    f->offset = at - o.base;
    f->is_ours = edoi_object_is_ours(&o);
}

/* Finds the directory of edo's sources, from the path of this file. */
static void find_own_sources(void) {
    static const char tail[] = "stacks/frames.c";
    size_t n = strlen(asked.own.file), tail_n = sizeof tail - 1;
    if (n <= tail_n || strcmp(asked.own.file + n - tail_n, tail) != 0) return;
    memcpy(own_sources, asked.own.file, n - tail_n);
    own_sources[n - tail_n] = '\0';
}

/* Is it a source of edo, other than a test next to it? */
static bool is_source_of_edo(const char *file) {
    static const char test[] = "_test.c";
    size_t n = strlen(file), test_n = sizeof test - 1;
    if (own_sources[0] == '\0' || strncmp(file, own_sources, strlen(own_sources)) != 0)
        return false;
    return n < test_n || strcmp(file + n - test_n, test) != 0;
}

/* By its library, by name, or by its source. */
static bool frame_is_ours(const edoi_frame *f) {
    return f->is_ours || strncmp(f->function, "edo_", 4) == 0 ||
           strncmp(f->function, "edoi_", 5) == 0 || is_source_of_edo(f->file);
}

bool edoi_frames_find(edoi_frame *out, void *const *pcs, size_t n, bool first_is_exact) {
    static uint8_t asked_for[EDOI_FRAMES_MAX]; // index in `out`
    EDO_ASSERT(n <= EDOI_FRAMES_MAX);
    if (n == 0) return true;
    edoi_mutex_acquire(&ask_mutex);
    bool can_ask = phase_now() == IDLE;
    size_t asked_n = 0;
    bool is_complete = true;
    for (size_t i = 0; i < n; i++) {
        // The call, not the return address: that may belong to the next line, or function.
        uintptr_t at = (uintptr_t)pcs[i] - (i > 0 || !first_is_exact);
        size_t slot = at / 4 % KNOWN_MAX;
        if (known[slot].at == at) {
            out[i] = known[slot].frame;
            continue;
        }
        locate(&out[i], at);
        if (!can_ask) {
            is_complete = false;
            continue;
        }
        asked_for[asked_n] = (uint8_t)i;
        asked.pcs[asked_n] = (void *)at;
        asked.frames[asked_n++] = out[i];
    }
    if (asked_n > 0) {
        asked.n = asked_n;
        asked.own = (edoi_frame){ .line = 0 };
        is_complete = frames_ask(FIND);
        asked_n = is_complete ? asked.n : 0; // 0: without libdw
    }
    if (asked_n > 0) find_own_sources();
    is_any_known = is_any_known || asked_n > 0;
    for (size_t k = 0; k < asked_n; k++) {
        size_t slot = (uintptr_t)asked.pcs[k] / 4 % KNOWN_MAX;
        known[slot].at = (uintptr_t)asked.pcs[k];
        known[slot].frame = asked.frames[k];
        known[slot].frame.is_ours = frame_is_ours(&asked.frames[k]);
        out[asked_for[k]] = known[slot].frame;
    }
    edoi_mutex_release(&ask_mutex);
    return is_complete;
}

size_t edoi_frames_unwind(uintptr_t pc, uintptr_t sp, void **pcs, size_t max) {
    size_t n = 0;
    if (pc == 0 || max == 0) return 0;
    pcs[0] = (void *)pc; // without libdw there is no more
    edoi_mutex_acquire(&ask_mutex);
    if (phase_now() == IDLE) {
        asked.pc = pc;
        asked.sp = sp;
        asked.n = max < EDOI_FRAMES_MAX ? max : EDOI_FRAMES_MAX;
        n = frames_ask(UNWIND) ? asked.n : 0;
        memcpy(pcs, asked.pcs, n * sizeof *pcs);
    }
    edoi_mutex_release(&ask_mutex);
    return n > 0 ? n : 1;
}

/* ---- Text ------------------------------------------------------------------------------------ */

/* By one call, so that other threads cannot write into the line. */
static void print_frame(FILE *out, size_t at, const edoi_frame *f) {
    char offset[24] = "", line[EDOI_FILE_MAX + 24] = "";
    if (f->function[0]) (void)snprintf(offset, sizeof offset, "+%#zx ", (size_t)f->function_offset);
    if (f->file[0])
        (void)snprintf(line, sizeof line, "at %s:%u ", f->file + f->shown, (unsigned)f->line);
    (void)fprintf(out, "      #%-2zu %s%s%s(%s%s%#zx)\n", at, f->function, offset, line, f->object,
                  f->object[0] ? "+" : "", (size_t)f->offset);
}

/* Prints a command for the frames of the first one's object, the first such frame of it. */
static void print_command(FILE *out, const edoi_frame *frames, size_t n, size_t first) {
    for (size_t i = 0; i < first; i++)
        if (strcmp(frames[i].object, frames[first].object) == 0) return;
    (void)fprintf(out, "      addr2line -Cfpe %s", frames[first].object);
    for (size_t i = first; i < n; i++)
        if (strcmp(frames[i].object, frames[first].object) == 0)
            (void)fprintf(out, " %#zx", (size_t)frames[i].offset);
    (void)fprintf(out, "\n");
}

static bool is_any_named(const edoi_frame *frames, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (frames[i].function[0]) return true;
    return false;
}

void edoi_frames_print(FILE *out, const edoi_frame *frames, size_t n) {
    for (size_t i = 0; i < n; i++) print_frame(out, i, &frames[i]);
    for (size_t i = 0; i < n && !is_any_named(frames, n); i++)
        if (frames[i].object[0]) print_command(out, frames, n, i);
}

static bool is_any_theirs(const edoi_frame *frames, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!frames[i].is_ours) return true;
    return false;
}

void edoi_frames_print_folded(FILE *out, const edoi_frame *frames, size_t n) {
    if (!is_any_named(frames, n) || !is_any_theirs(frames, n)) {
        edoi_frames_print(out, frames, n);
        return;
    }
    for (size_t i = 0, ours_n; i<n; i += ours_n> 0 ? ours_n : 1) {
        for (ours_n = 0; i + ours_n < n && frames[i + ours_n].is_ours; ours_n++) continue;
        if (ours_n == 0 || i == 0) {
            size_t at = ours_n > 0 ? ours_n - 1 : i;
            print_frame(out, at, &frames[at]);
        } else {
            (void)fprintf(out, "      ... %zu of edo\n", ours_n);
        }
    }
}

void edoi_frame_tell_place(char *to, size_t bytes, const edoi_frame *f) {
    if (f->file[0]) {
        (void)snprintf(to, bytes, "%s:%u", f->file + f->shown, (unsigned)f->line);
    } else if (f->function[0]) {
        (void)snprintf(to, bytes, "%s+%#zx", f->function, (size_t)f->function_offset);
    } else {
        (void)snprintf(to, bytes, "%s+%#zx", f->object, (size_t)f->offset);
    }
}

void edoi_place_tell(char *to, size_t bytes, const void *return_address) {
    edoi_frame f;
    if (!return_address) {
        (void)snprintf(to, bytes, "an unknown place");
        return;
    }
    void *pc = (void *)(uintptr_t)return_address;
    edoi_frames_begin();
    edoi_frames_find(&f, &pc, 1, false);
    edoi_frames_end();
    edoi_frame_tell_place(to, bytes, &f);
}
