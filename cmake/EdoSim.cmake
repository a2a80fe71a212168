# SPDX-License-Identifier: MIT
# libedo-sim.a and libedo-sim.so: hosts and a network in one process, under a clock that jumps.
file(GLOB edo_sim_sources CONFIGURE_DEPENDS src/sim/*.c src/sim/*/*.c src/sim/*/*/*.c)
list(FILTER edo_sim_sources EXCLUDE REGEX "_test\\.c$")
edo_group(sim ${edo_sim_sources})
