# SPDX-License-Identifier: MIT
"""Steps through some switches, one instruction at a time, and unwinds at each: the outermost frame
must always be main or a fiber's first one, with the floor's C frame below it once that runs."""

import gdb

SWITCHES = ("edoi_switch_swap", "edoi_switch_swap_known", "edoi_switch_leave")
OUTERMOST = ("main", "_start", "__libc_start_main", "__libc_start_main_impl")


def names():
    frame, found = gdb.newest_frame(), []
    while frame:
        found.append(frame.name())
        frame = frame.older()
    return found


def is_exact(chain):
    if chain[-1] == "edoi_switch_begin":
        # A fresh fiber, before its first frame has called anything; else the floor's C frame.
        return len(chain) <= 3 or chain[-2] == "fiber_main"
    return chain[-1] in OUTERMOST and "main" in chain


for switch in SWITCHES:
    gdb.execute(f"break {switch}", to_string=True)
gdb.execute("run", to_string=True)
steps, wrong = 0, 0
for _ in range(5):  # the program makes twice as many
    while gdb.newest_frame().name() in SWITCHES:
        chain = names()
        steps += 1
        if not is_exact(chain):
            wrong += 1
            print(f"{gdb.newest_frame().pc():#x}: {chain}")
        gdb.execute("stepi", to_string=True)
    gdb.execute("continue", to_string=True)
print(f"unwound at {steps} instructions, {wrong} wrong")
