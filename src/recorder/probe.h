/* SPDX-License-Identifier: MIT */
/* recorder/probe.h: static probes (USDT) for perf, bpftrace and SystemTap, in builds that have
 * sys/sdt.h (EDO_USDT of CMake). A probe is a NOP instruction, and a note in the binary with its
 * address and where its arguments are: so an argument must be a value that the code has anyway.
 * docs/probes.md lists all probes. */
#ifndef EDOI_RECORDER_PROBE_H
#define EDOI_RECORDER_PROBE_H

#if defined(EDOI_USDT) && !defined(EDOI_MODEL)
#    include <sys/sdt.h>
#    define EDOI_PROBE1(name, a)    STAP_PROBE1(edo, name, a)
#    define EDOI_PROBE2(name, a, b) STAP_PROBE2(edo, name, a, b)
#else
#    define EDOI_PROBE1(name, a)    ((void)0)
#    define EDOI_PROBE2(name, a, b) ((void)0)
#endif

#endif
