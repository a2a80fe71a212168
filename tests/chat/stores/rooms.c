/* SPDX-License-Identifier: MIT */
/* stores/rooms.c: the sources of rooms that keep what is said, over the store of odd.c, and what
 * their tests need: a clock of the machine that shows what it is told, and a log that can be read.
 * It is included first. */
#include "../../../apps/chat/store/store.c" // first: its parameters have names of our types

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static time_t clock_s; /* what the clock of the machine shows; 0: the time that it is */

static int clock_of_test(clockid_t id, struct timespec *out) {
    if (clock_s == 0) return clock_gettime(id, out);
    *out = (struct timespec){ .tv_sec = clock_s };
    return 0;
}

#define clock_gettime clock_of_test
#include "../../../apps/chat/message.c"
#undef clock_gettime
#include "../../../apps/chat/person/past.c"
#include "../../../apps/chat/room/directory.c"
#include "../../../apps/chat/room/kept.c"
#include "../../../apps/chat/room/known.c"
#include "../../../apps/chat/room/lines.c"
#include "../../../apps/chat/room/page_socket.c"
#include "../../../apps/chat/room/reach.c"
#include "../../../apps/chat/room/room.c"
#include "../../../apps/chat/room/token.c"
#include "../../../apps/chat/room/turns.c"
#include "../../../apps/chat/room/unseen.c"
#include "../../../apps/chat/storage/backlog.c"
#include "../../../apps/chat/storage/faults.c"
#include "../../../apps/chat/storage/health.c"
#include "../../../apps/chat/storage/names.c"
#include "../../../apps/chat/storage/reads.c"
#include "../../../apps/chat/storage/storage.c"
#include "../../../apps/chat/storage/syncs.c"
#include "../../../apps/chat/storage/writes.c"
#include "../../../apps/chat/text.c"

#include "odd.c"

/* Lets the tasks that can go on do so. */
static inline void pass_a_moment(void) {
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
}

/* How often the log has that text. */
static inline int logged_n(int log, const char *text) {
    char all[8192];
    ssize_t n = pread(log, all, sizeof all - 1, 0);
    CHECK(n >= 0 && (size_t)n <= sizeof all - 2);
    all[n] = '\0';
    int found = 0;
    for (const char *at = all; (at = strstr(at, text)); at++) found++;
    return found;
}

/* As run(), with a descriptor of the log, in which warnings are. */
static inline void run_with_log(int (*fn)(void *)) {
    FILE *file = tmpfile();
    assert_non_null(file);
    int log = fileno(file);
    const edo_trace_opts opts = { .filter = "warn", .fd = log, .ignore_env = true };
    assert_int_equal(edo_trace_start(&opts), 0);
    run_with(fn, &log);
    edo_trace_stop();
    assert_int_equal(fclose(file), 0);
}

/* Whether the health says so. */
static inline bool health_says(const storage *self, const char *text) {
    int err = storage_check(self);
    const edo_trail_entry *last = err < 0 ? edo_trail_find(err) : NULL;
    bool says_so = last && strstr(last->text, text);
    if (!says_so) fprintf(stderr, "health: %d %s\n", err, last ? last->text : "");
    edo_trail_clear();
    return says_so;
}
