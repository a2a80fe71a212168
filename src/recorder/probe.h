/* SPDX-License-Identifier: MIT */
/* recorder/probe.h: static probes (USDT) for perf, bpftrace and SystemTap, in builds for which
 * sys/sdt.h is there (EDO_USDT of CMake). A probe is a no-operation, and a note in the binary that
 * says where it is and where its arguments are; so what is an argument has to be at hand already.
 * Which there are: docs/probes.md. */
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
