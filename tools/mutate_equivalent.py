# SPDX-License-Identifier: MIT
"""Changes that tools/mutate does not count, since no test could see them, each with its reason: by file, kind (drop or invert)
and what stands there on one line. They survive lines that move, and not a change of the place itself."""

ORDER = "an order of memory alone, which the models see, and this processor has it anyway"

EQUIVALENT = {
    ("apps/chat/node/herald.c", "drop", "pthread_mutex_init(&self->lock, NULL);"):
        "all bytes are 0 there, which is such a mutex with the C libraries of Linux",
    ("src/http2/client/call/send.c", "drop", "edo_future_retire(base);"):
        "the future is a local of the function that awaits it, which drops it once and does not poll it again",
    ("src/locks/holders.c", "drop", "(void)edoi_sub_rlx_u32(&given_n, 1);"):
        "a count that is too high costs each lock a look that finds nothing",
    ("src/recorder/read.c", "invert", "x->n == y->n"):
        "rows of one ring and one time are in their order already, in which qsort() of glibc leaves equal ones",
    ("src/runtime/worker/idle.c", "drop", "(void)edoi_and_acqrel_u64(&i->sleepers[at], ~UINT64_C(0));"):
        ORDER,
}
