/* SPDX-License-Identifier: MIT */
/* base/error/trail.c: the lines of an error's trail, oldest first, at most eight; trails of a task
 * are in chain.h.
 *
 * A trail is a small header and one object for each line, sized by its text; both come from the
 * thread's cache, so a failure costs no malloc once the cache is warm. Without memory lines are
 * dropped: the caller has the code itself, which needs no memory.
 *
 * inv. 1: all lines of a trail carry the same code; another code begins a new trail.
 * inv. 2: a trail belongs to one fiber or thread; no other touches it, so no lock is needed.
 * inv. 2 is not asserted: a trail does not say whose it is. */
#include "base/error/trail.h"

#include "base/assert.h"
#include "base/memory/cache.h"
#include "base/text/utf8.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>

#define PAYLOAD_MAX 256

/* A thread's own trail, freed when the thread ends. */
typedef struct trail_home {
    edoi_trail *trail;
    bool is_known; /* registered with the key, whose destructor frees the trail */
} trail_home;

edoi_trail_slot_fn *edoi_trail_slot_hook;
edoi_task_name_fn *edoi_task_name_hook;

static EDOI_THREAD_LOCAL trail_home home;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_is_made;

void edoi_task_hooks_set(edoi_trail_slot_fn *slot, edoi_task_name_fn *name) {
    // relaxed: they point to code; no other writes must be visible before them
    EDOI_ATOMIC_STORE(&edoi_trail_slot_hook, slot, EDOI_RELAXED);
    EDOI_ATOMIC_STORE(&edoi_task_name_hook, name, EDOI_RELAXED);
}

const char *edoi_task_name(void) {
    edoi_task_name_fn *hook = EDOI_ATOMIC_LOAD(&edoi_task_name_hook, EDOI_RELAXED);
    return hook ? hook() : NULL;
}

static edoi_span_name_fn *span_name_hook; /* accessed as an atomic */

void edoi_span_name_by(edoi_span_name_fn *fn) {
    EDOI_ATOMIC_STORE(&span_name_hook, fn, EDOI_RELAXED); // relaxed: it points to code
}

static const char *span_name(void) {
    edoi_span_name_fn *hook = EDOI_ATOMIC_LOAD(&span_name_hook, EDOI_RELAXED);
    return hook ? hook() : NULL;
}

static void trail_end_thread(void *arg) {
    trail_home *self = (trail_home *)arg;
    self->is_known = false; // a destructor that runs later may fail again
    edoi_trail_free(self->trail);
    self->trail = NULL;
}

static void trail_make_key(void) {
    key_is_made = pthread_key_create(&key, trail_end_thread) == 0;
}

/* The calling thread's slot. Opaque: the address must not be kept across a fiber switch. */
static EDOI_OPAQUE edoi_trail **thread_slot(void) {
    EDOI_COMPILER_BARRIER();
    if (!home.is_known) {
        pthread_once(&key_once, trail_make_key);
        home.is_known = key_is_made && pthread_setspecific(key, &home) == 0;
    }
    return &home.trail;
}

edoi_trail **edoi_trail_slot(void) {
    edoi_trail_slot_fn *hook = EDOI_ATOMIC_LOAD(&edoi_trail_slot_hook, EDOI_RELAXED);
    edoi_trail **slot = hook ? hook() : NULL;
    return slot ? slot : thread_slot();
}

const edoi_trail *edoi_trail_look(int err) {
    return err != 0 ? edoi_chain_find(*edoi_trail_slot(), err) : NULL;
}

const edoi_trail *edoi_trail_look_open(int err) {
    return edoi_chain_open(*edoi_trail_slot(), err);
}

edoi_trail *edoi_trail_take(int err) {
    edoi_trail **slot = edoi_trail_slot();
    edoi_trail *trail = edoi_chain_open(*slot, err);
    if (trail) edoi_chain_unlink(slot, trail);
    return trail;
}

void edoi_trail_give(edoi_trail *trail) {
    if (trail) edoi_chain_push(edoi_trail_slot(), trail);
}

void edoi_trail_drop(int err) {
    edoi_trail_free(edoi_trail_take(err));
}

void edo_trail_clear(void) {
    edoi_trail **slot = edoi_trail_slot();
    edoi_chain_cut(slot, edoi_chain_kept(*slot));
}

edoi_trail_kept edoi_trail_keep(void) {
    edoi_trail *trail = *edoi_trail_slot();
    if (trail) trail->kept_n++;
    return (edoi_trail_kept){ trail };
}

int edoi_trail_kept_end(edoi_trail_kept kept, int result) {
    edoi_chain_keep_end(edoi_trail_slot(), kept.trail, result);
    return result;
}

void edoi_trail_kept_end_cleanup(edoi_trail_kept kept) {
    edoi_chain_cleanup_end(edoi_trail_slot(), kept.trail);
}

static size_t rounded(size_t bytes) {
    return (bytes + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
}

/* Makes a line of `entry`, whose text and payload are copied; NULL without memory. */
static edoi_trail_line *line_new(const edo_trail_entry *entry) {
    size_t text_bytes = strlen(entry->text) + 1;
    size_t payload_room = rounded(entry->payload_bytes);
    size_t bytes = sizeof(edoi_trail_line) + payload_room + text_bytes;
    edoi_trail_line *line = (edoi_trail_line *)edoi_cache_get(bytes);
    if (!line) return NULL;
    line->entry = *entry;
    line->bytes = bytes;
    char *text = (char *)line->behind + payload_room;
    memcpy(text, entry->text, text_bytes);
    line->entry.text = text;
    if (entry->payload_bytes > 0) {
        memcpy(line->behind, entry->payload, entry->payload_bytes);
        line->entry.payload = line->behind;
    }
    return line;
}

/* Appends a line; in a full trail it replaces the second oldest. */
static void trail_append(edoi_trail *trail, edoi_trail_line *line) {
    if (trail->lines_n == EDO_TRAIL_LINES_MAX) {
        edoi_trail_line_free(trail->lines[1]);
        memmove(&trail->lines[1], &trail->lines[2],
                (EDO_TRAIL_LINES_MAX - 2) * sizeof trail->lines[0]);
        trail->lines_n--;
        trail->left_out++;
    }
    EDO_ASSERT(trail->lines_n < EDO_TRAIL_LINES_MAX);
    EDO_INV("chain inv. 1", trail->kept_n == 0);
    EDO_INV("trail inv. 1", trail->code == line->entry.code);
    trail->lines[trail->lines_n++] = line;
}

/* Adds a trail without lines; NULL without memory. */
static edoi_trail *trail_new(edoi_trail **slot, int code) {
    edoi_trail *trail = edoi_trail_bare(code);
    if (trail) edoi_chain_push(slot, trail);
    return trail;
}

static void trail_entry_add(const edo_trail_entry *entry) {
    edoi_trail **slot = edoi_trail_slot();
    edoi_trail_line *line = line_new(entry); // first: its text may quote the old trail
    edoi_trail *trail = edoi_chain_open(*slot, entry->code);
    // This error is on its way up: those that came after it were not returned.
    if (trail) edoi_chain_cut(slot, trail);
    if (line && !trail) trail = trail_new(slot, entry->code);
    if (line && trail) {
        trail_append(trail, line);
    } else if (line) {
        edoi_trail_line_free(line);
    }
}

/* Changes the code of all lines to `err`; the first line is not a cause any more. */
static void retell(edoi_trail *trail, int err) {
    for (uint32_t i = 0; i < trail->lines_n; i++) trail->lines[i]->entry.code = err; // inv. 1
    trail->code = err;
    trail->has_cause = false;
}

/* Puts a cause before all lines. In a full trail it replaces the first line: the gap follows it. */
static void put_below(edoi_trail *trail, edoi_trail_line *line) {
    if (trail->lines_n == EDO_TRAIL_LINES_MAX) {
        edoi_trail_line_free(trail->lines[0]);
        trail->left_out++;
    } else {
        memmove(&trail->lines[1], &trail->lines[0], trail->lines_n * sizeof trail->lines[0]);
        trail->lines_n++;
    }
    trail->lines[0] = line;
    trail->has_cause = true;
}

/* Makes `entry` the cause of the trail for `cut`, whose lines get the entry's code; without such a
 * trail it begins a new one. */
static void add_cause(const edo_trail_entry *entry, int cut) {
    edoi_trail **slot = edoi_trail_slot();
    edoi_trail_line *line = line_new(entry);
    edoi_trail *trail = cut != 0 ? edoi_chain_open(*slot, cut) : NULL;
    if (trail) edoi_chain_unlink(slot, trail);
    edoi_trail_drop(entry->code); // of a limit before
    if (trail) {
        retell(trail, entry->code);
        edoi_chain_push(slot, trail);
    } else if (line) {
        trail = trail_new(slot, entry->code);
    }
    if (line && trail) {
        put_below(trail, line);
    } else if (line) {
        edoi_trail_line_free(line);
    }
}

/* "limit of 700 ms passed", with a suitable unit. */
static void tell_limit(char *text, size_t bytes, int64_t length_ns) {
    static const struct {
        int64_t below_ns;
        double unit_ns;
        const char *name;
    } units[] = {
        { 1000, 1, "ns" },
        { 1000000, 1e3, "us" },
        { 1000000000, 1e6, "ms" },
        { INT64_C(120000000000), 1e9, "s" },
        { INT64_C(7200000000000), 60e9, "min" },
        { INT64_C(172800000000000), 3600e9, "h" },
        { INT64_MAX, 86400e9, "days" },
    };
    size_t i = 0;
    while (length_ns > units[i].below_ns - 1 && i + 1 < EDO_COUNT(units)) i++;
    if (length_ns > 0) {
        (void)snprintf(text, bytes, "limit of %.4g %s passed", (double)length_ns / units[i].unit_ns,
                       units[i].name);
    } else {
        (void)snprintf(text, bytes, "limit of 0 ms passed");
    }
}

/* Ends a text that did not fit with an ellipsis, which stands behind a whole character. */
static void mark_cut(char text[EDO_TRAIL_TEXT_MAX]) {
    static const char mark[] = "\u2026";
    size_t n = edoi_utf8_cut(text, EDO_TRAIL_TEXT_MAX - sizeof mark);
    memcpy(text + n, mark, sizeof mark);
}

static void tell_cause(int err, uint32_t line, const char *text, int cut) {
    const edo_trail_entry entry = { .code = err,
                                    .line = line,
                                    .file = __FILE__,
                                    .task = edoi_task_name(),
                                    .span = span_name(),
                                    .text = text };
    add_cause(&entry, cut);
}

int edoi_trail_limit_passed(int64_t length_ns, int cut, const char *where) {
    char text[EDO_TRAIL_TEXT_MAX];
    tell_limit(text, sizeof text, length_ns);
    size_t n = strlen(text);
    if (snprintf(text + n, sizeof text - n, "%s", where) >= (int)(sizeof text - n)) mark_cut(text);
    tell_cause(-ETIMEDOUT, __LINE__, text, cut);
    return -ETIMEDOUT;
}

int edoi_trail_begin(int err, const char *cause) {
    if (err < 0) tell_cause(err, __LINE__, cause, 0);
    return err;
}

int edo_fail_at(int err, const char *file, uint32_t line, const void *payload, size_t payload_bytes,
                const char *format, ...) {
    if (err >= 0) return err;
    int errno_before = errno;
    char text[EDO_TRAIL_TEXT_MAX];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0) text[0] = '\0';
    if (n >= (int)sizeof text) mark_cut(text);
    if (payload_bytes > PAYLOAD_MAX || !payload) {
        payload = NULL;
        payload_bytes = 0;
    }
    const edo_trail_entry entry = {
        .code = err,
        .line = line,
        .file = file,
        .task = edoi_task_name(),
        .span = span_name(),
        .payload = payload,
        .payload_bytes = payload_bytes,
        .text = text,
    };
    trail_entry_add(&entry);
    errno = errno_before;
    return err;
}

const edo_trail_entry *edo_trail_find(int code) {
    const edoi_trail *trail = edoi_trail_look(code);
    if (!trail || trail->lines_n == 0) return NULL;
    uint32_t found = trail->lines_n - 1;
    for (uint32_t i = trail->lines_n; i-- > 0;) { // a payload was attached deeper than its context
        if (!trail->lines[i]->entry.payload) continue;
        found = i;
        break;
    }
    return &trail->lines[found]->entry;
}

int edo_trail_each(edo_trail_fn *fn, void *arg) {
    const edoi_trail *trail = *edoi_trail_slot();
    for (uint32_t i = trail ? trail->lines_n : 0; i-- > 0;) {
        int answer = fn(arg, &trail->lines[i]->entry);
        if (answer != 0) return answer;
    }
    return 0;
}
