/* SPDX-License-Identifier: MIT */
/* overflow.c: the handler that distinguishes a stack overflow from other faults.
 *
 * inv. 1: the handler calls only async-signal-safe functions, plus backtrace(3), whose unwinder was
 *         loaded when the handler was installed; the message is written before that call. An alarm
 *         aborts if either takes too long.
 * inv. 2: a fault inside the report kills by the default action: so there is no loop.
 * inv. 1 and 2 are not asserted: a report is what the handler makes already.
 *
 * Threads: the handler runs on the faulting thread; a second faulting thread waits for the
 *          abort. */
#include "overflow.h"

#include <errno.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/atomic.h"
#include "base/error/end_soon.h"
#include "base/fork.h"
#include "base/held.h"
#include "base/text/decimal.h"
#include "machine.h"
#include "stack.h"
#include "stack_os.h"

#define ALT_BYTES  ((size_t)64 * 1024) /* the unwinder takes about 10 KiB */
#define FRAMES_MAX 64
#define FRAME_MOST ((uintptr_t)1024 * 1024) /* how far a frame may extend beyond the stack's end */

static struct sigaction before_segv, before_bus; /* const after install */
static pthread_mutex_t install_mu = PTHREAD_MUTEX_INITIALIZER;

EDOI_ON_FORK(.mutex = &install_mu);
static bool installed;                /* lock: install_mu */
static edo_atomic_u32 report_running; /* 1 once a report has begun */

/* The calling thread's alternate stack, if it is ours. */
static EDOI_THREAD_LOCAL struct {
    void *at;
    stack_t before;
    unsigned depth;
} alt;

typedef struct report_line {
    char text[256];
    size_t n;
} report_line;

static void report_line_add_text(report_line *l, const char *text) {
    while (*text && l->n < sizeof l->text) l->text[l->n++] = *text++;
}

static void add_number(report_line *l, size_t value) {
    char digits[EDOI_DECIMAL_ROOM];
    *edoi_decimal_print(digits, value) = '\0';
    report_line_add_text(l, digits);
}

/* The stack that overflowed; NULL if the fault is of another kind. */
static const edoi_stack *overflow_find(const siginfo_t *info, const ucontext_t *uc) {
    uintptr_t sp = edoi_machine_sp(uc);
    if (info->si_code == SI_KERNEL) {
        // Without an address: the kernel sends this too when a signal frame did not fit on the
        // stack.
        const edoi_stack *s = edoi_stack_find((const char *)sp);
        size_t need = edoi_stack_os_signal_frame() + edoi_stack_os_page();
        return s && sp < (uintptr_t)s->lo + need ? s : NULL;
    }
    const char *fault = info->si_addr;
    const edoi_stack *s = edoi_stack_find(fault);
    if (!s || fault >= s->lo) return NULL;
    if (sp == 0) return s;
    // A wild pointer may hit a guard too; in an overflow the stack pointer is near. A frame that
    // did not fit may have moved it past the guard.
    bool near = sp <= (uintptr_t)s->hi && sp + FRAME_MOST >= (uintptr_t)fault;
    return near ? s : NULL;
}

/* Prints frames from the interrupted one on; the handler's frames are left out if they can be
 * identified. */
static void print_frames(const ucontext_t *uc) {
    static void *pcs[FRAMES_MAX]; // static: one report per process
    int n = backtrace(pcs, FRAMES_MAX);
    int from = 0;
    for (int i = 0; i < n; i++)
        if ((uintptr_t)pcs[i] == edoi_machine_pc(uc)) from = i;
    if (n > from) backtrace_symbols_fd(pcs + from, n - from, STDERR_FILENO);
}

EDOI_NORETURN static void report(const edoi_stack *s, const ucontext_t *uc) {
    uint32_t none = 0; // OV1: pairs with OV1 of other threads: only the order matters
    if (!edoi_cas_acq_u32(&report_running, &none, 1))
        for (;;) (void)pause();
    edoi_end_soon(); // nobody may read standard error, or the fault may have kept a lock

    struct sigaction deflt = { .sa_handler = SIG_DFL };
    (void)sigaction(SIGSEGV, &deflt, NULL); // inv. 2
    (void)sigaction(SIGBUS, &deflt, NULL);
    sigset_t faults;
    (void)sigemptyset(&faults);
    (void)sigaddset(&faults, SIGSEGV);
    (void)sigaddset(&faults, SIGBUS);
    (void)pthread_sigmask(SIG_UNBLOCK, &faults, NULL);

    report_line l = { .n = 0 };
    report_line_add_text(&l, "edo: stack overflow in task ");
    report_line_add_text(&l, s->name ? s->name : "(unnamed)");
    if (l.n > sizeof l.text - 48) l.n = sizeof l.text - 48; // leaves room for the rest
    report_line_add_text(&l, ", stack of ");
    add_number(&l, edoi_stack_size(s) / 1024);
    report_line_add_text(&l, " KiB\n");
    ssize_t wrote = write(STDERR_FILENO, l.text, l.n);
    (void)wrote; // an error cannot be reported
    print_frames(uc);
    abort();
}

static void chain(int sig, siginfo_t *info, void *context) {
    const struct sigaction *before = sig == SIGBUS ? &before_bus : &before_segv;
    if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(sig, info, context);
    } else if (before->sa_handler == SIG_DFL || before->sa_handler == SIG_IGN) {
        if (before->sa_handler == SIG_IGN && info->si_code <= 0) return; // sent by kill()
        // The default action at the place of the fault: after the return the instruction runs
        // again.
        struct sigaction deflt = { .sa_handler = SIG_DFL };
        (void)sigaction(sig, &deflt, NULL);
        if (info->si_code <= 0) (void)raise(sig); // no instruction would repeat it
    } else {
        before->sa_handler(sig);
    }
}

static void on_fault(int sig, siginfo_t *info, void *context) {
    int err = errno;
    const edoi_stack *s = info->si_code > 0 ? overflow_find(info, context) : NULL;
    if (s) report(s, context);
    chain(sig, info, context);
    errno = err;
}

int edoi_overflow_install(void) {
    int err = 0;
    edoi_mutex_acquire(&install_mu);
    if (!installed) {
        void *one[1];
        (void)backtrace(one, 1); // loads the unwinder, which allocates: inv. 1
        struct sigaction mine = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
        (void)sigemptyset(&mine.sa_mask);
        // Saved before our handler is installed: it may be called at once.
        if (sigaction(SIGSEGV, NULL, &before_segv) != 0 ||
            sigaction(SIGBUS, NULL, &before_bus) != 0 || sigaction(SIGSEGV, &mine, NULL) != 0 ||
            sigaction(SIGBUS, &mine, NULL) != 0)
            err = -errno;
        installed = err == 0;
    }
    edoi_mutex_release(&install_mu);
    return err;
}

int edoi_overflow_thread_enter(void) {
    if (alt.depth++ > 0) return 0;
    stack_t has;
    if (sigaltstack(NULL, &has) == 0 && !(has.ss_flags & SS_DISABLE) &&
        has.ss_size >= ALT_BYTES / 2)
        return 0; // another one (a sanitizer's, a language runtime's) serves as well

    size_t bytes = ALT_BYTES + edoi_stack_os_signal_frame();
    size_t page = edoi_stack_os_page();
    bytes = (bytes + page - 1) / page * page;
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        alt.depth = 0;
        return -ENOMEM;
    }
    stack_t mine = { .ss_sp = at, .ss_size = bytes };
    if (sigaltstack(&mine, &alt.before) != 0) {
        (void)munmap(at, bytes);
        alt.depth = 0;
        return -ENOMEM;
    }
    alt.at = at;
    return 0;
}

void edoi_overflow_thread_leave(void) {
    if (alt.depth == 0 || --alt.depth > 0 || !alt.at) return;
    stack_t has;
    if (sigaltstack(NULL, &has) == 0 && has.ss_sp == alt.at) {
        (void)sigaltstack(&alt.before, NULL);
        (void)munmap(alt.at, has.ss_size);
    }
    alt.at = NULL;
}
