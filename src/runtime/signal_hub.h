/* SPDX-License-Identifier: MIT */
/* runtime/signal_hub.h: the process' signal handler, and who listens: below edo/signal.h, so that
 * edo_main() can ask too.
 *
 * The handler counts and writes to one descriptor; everybody who waits for any signal waits for that
 * one and then looks at the count of his own. */
#ifndef EDOI_RUNTIME_SIGNAL_HUB_H
#define EDOI_RUNTIME_SIGNAL_HUB_H

#include "runtime/driver/driver.h"

/* Installs the handler for `signo` (it stays), and counts a listener. Errors: -EINVAL, -ENOMEM,
 * -EMFILE. */
EDO_MUST_USE int edoi_signal_hub_open(int signo);

/* One listener less. */
void edoi_signal_hub_close(int signo);

/* Whether anybody listens to `signo` now. Any thread. */
bool edoi_signal_is_listened(int signo);

/* How often the signal came since its handler was installed. Any thread. */
uint32_t edoi_signal_hub_count(int signo);

/* Ready to be read after each signal. Only after a successful open(). */
edoi_source *edoi_signal_hub_source(void);

#endif
