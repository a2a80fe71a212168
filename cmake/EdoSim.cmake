# SPDX-License-Identifier: MIT
# libedo-sim.a and libedo-sim.so: worlds of hosts in one thread. It has functions in the place of libc's, so a program that
# links it names it before others.
file(GLOB edo_sim_sources CONFIGURE_DEPENDS src/sim/*/*.c src/sim/*/*/*.c)
list(FILTER edo_sim_sources EXCLUDE REGEX "_test\\.c$")
edo_group(sim ${edo_sim_sources})
