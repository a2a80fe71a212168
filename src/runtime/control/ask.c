/* SPDX-License-Identifier: MIT */
/* runtime/control/ask.c: see ask.h. */
#include "runtime/control/ask.h"

#include "base/atomic.h"
#include "base/fork.h"
#include "driver/clock.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ASKS_MAX    8u
#define ANSWERS_MAX 8u
#define KEPT_NS     INT64_C(10000000000) /* an answer that nobody says to have read */

static edo_atomic_u64 asks[ASKS_MAX]; /* atomic, relaxed: the wake orders; 0: free */

/* The thread's: in the order in which they came. */
static edoi_answer answers[ANSWERS_MAX];
static uint32_t answers_n;

void edoi_ask_put(uint64_t value) {
    for (uint32_t i = 0; i < ASKS_MAX; i++) {
        uint64_t none = 0;
        if (edoi_cas_rlx_u64(&asks[i], &none, value)) return;
    }
}

static void answer_remove(uint32_t i) {
    (void)close(answers[i].fd);
    memmove(&answers[i], &answers[i + 1], (--answers_n - i) * sizeof answers[0]);
}

void edoi_answers_close(void) {
    while (answers_n > 0) answer_remove(answers_n - 1);
}

static void asks_begin_child(void) {
    edoi_answers_close(); // they are the parent's
    for (uint32_t i = 0; i < ASKS_MAX; i++) edoi_store_rlx_u64(&asks[i], 0);
}

EDOI_ON_FORK(.child = asks_begin_child);

static void asked_open(uint64_t value) {
    char name[EDOI_ASK_NAME_MAX];
    for (uint32_t i = 0; i < answers_n; i++)
        if (answers[i].value == value) return; // asked again
    if (answers_n == ANSWERS_MAX) return;
    edoi_ask_name(name, value);
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0) answers[answers_n++] = (edoi_answer){ .value = value, .fd = fd };
}

static void answer_was_read(uint64_t value) {
    for (uint32_t i = answers_n; i-- > 0;)
        if ((uint32_t)answers[i].value == (uint32_t)value && answers[i].until_ns != 0)
            answer_remove(i);
}

void edoi_asks_take(int64_t now_ns) {
    for (uint32_t i = answers_n; i-- > 0;)
        if (answers[i].until_ns != 0 && answers[i].until_ns <= now_ns) answer_remove(i);
    for (uint32_t i = 0; i < ASKS_MAX; i++) {
        const uint64_t value = edoi_swap_rlx_u64(&asks[i], 0);
        if (value == 0) continue;
        if (edoi_ask_wait_ms(value) == 0) {
            answer_was_read(value);
        } else {
            asked_open(value);
        }
    }
}

static edoi_answer *answer_oldest(void) {
    for (uint32_t i = 0; i < answers_n; i++)
        if (answers[i].until_ns == 0) return &answers[i];
    return NULL;
}

const edoi_answer *edoi_answer_next(void) {
    return answer_oldest();
}

void edoi_answer_end(int64_t now_ns, bool is_whole) {
    const int whole = F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;
    edoi_answer *a = answer_oldest();
    if (is_whole && fcntl(a->fd, F_ADD_SEALS, whole) == 0) {
        a->until_ns = edoi_time_after(now_ns, KEPT_NS);
    } else {
        answer_remove((uint32_t)(a - answers));
    }
}

int64_t edoi_answers_until_ns(void) {
    int64_t until_ns = INT64_MAX;
    for (uint32_t i = 0; i < answers_n; i++)
        if (answers[i].until_ns != 0 && answers[i].until_ns < until_ns)
            until_ns = answers[i].until_ns;
    return until_ns;
}
