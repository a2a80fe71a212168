# SPDX-License-Identifier: MIT
"""Shows the tasks and fibers of an edo program in gdb, live or from a core dump.

    (gdb) source tools/edo-gdb.py
    (gdb) edo tasks                  all tasks of every runtime, with their state and what they wait for
    (gdb) edo fibers                 all fibers, with their state and place
    (gdb) edo bt 0x7ffff7dbff00      backtrace of one of them, by its address or its task's
    (gdb) edo bt all

A suspended fiber has its registers at the saved stack pointer (layout: src/fiber/switch_*.S). gdb is
told by an unwinder that the selected thread's innermost frame was called from there; its own
unwinding does the rest. Nothing in the program is changed, so a core dump will do; one by the kernel:
gdb's own generate-core-file gives up on a mapping at the first guard. Needs gdb 11 and a library with
debug information; not for the portable switch.
"""

import gdb
import gdb.unwinder

# Register -> offset from the saved stack pointer; "sp" is the offset itself.
LAYOUTS = {
    "i386:x86-64": {
        "sp": ("rsp", 64),
        "pc": ("rip", 56),
        "saved": {"r15": 8, "r14": 16, "r13": 24, "r12": 32, "rbx": 40, "rbp": 48},
    },
    "aarch64": {
        "sp": ("sp", 176),
        "pc": ("pc", 88),
        "saved": dict([(f"x{19 + i}", 8 * i) for i in range(10)] + [("x29", 80), ("x30", 88)]),
    },
}


def word(address):
    kind = gdb.lookup_type("unsigned long")
    return int(gdb.Value(address).cast(kind.pointer()).dereference())


def layout():
    name = gdb.newest_frame().architecture().name()
    if name not in LAYOUTS:
        raise gdb.GdbError(f"the layout of a fiber's registers on {name} is not known")
    try:
        gdb.parse_and_eval("&edoi_switch_begin")
    except gdb.error as error:
        raise gdb.GdbError("built with the portable switch: no look inside fibers") from error
    return LAYOUTS[name]


class FrameId:
    """Below every real frame, so that gdb does not think the stack went the wrong way."""

    def __init__(self, pc):
        self.sp = gdb.Value(0)
        self.pc = pc


class FiberUnwinder(gdb.unwinder.Unwinder):
    """Answers for the innermost frame of the thread while `registers` is set."""

    def __init__(self):
        super().__init__("edo-fiber")
        self.registers = None
        self.thread_sp = 0

    def __call__(self, frame):
        if self.registers is None or int(frame.read_register("sp")) != self.thread_sp:
            return None
        info = frame.create_unwind_info(FrameId(frame.read_register("pc")))
        kind = gdb.lookup_type("unsigned long")
        for name, value in self.registers.items():
            info.add_saved_register(name, gdb.Value(value).cast(kind))
        return info


UNWINDER = FiberUnwinder()
gdb.unwinder.register_unwinder(None, UNWINDER, replace=True)


def frames_of(saved_sp):
    """Lines of a backtrace from the saved stack pointer of a suspended fiber."""
    machine = layout()
    sp_name, sp_offset = machine["sp"]
    pc_name, pc_offset = machine["pc"]
    registers = {name: word(saved_sp + at) for name, at in machine["saved"].items()}
    registers[sp_name] = saved_sp + sp_offset
    registers[pc_name] = word(saved_sp + pc_offset)

    UNWINDER.thread_sp = int(gdb.newest_frame().read_register("sp"))
    UNWINDER.registers = registers
    gdb.invalidate_cached_frames()
    lines = []
    try:
        frame = gdb.newest_frame()
        while frame and int(frame.read_register("sp")) == UNWINDER.thread_sp:
            frame = frame.older()
        while frame:
            place = frame.find_sal()
            where = f" at {place.symtab.filename}:{place.line}" if place and place.symtab else ""
            lines.append(f"#{len(lines):<3} {frame.pc():#x} in {frame.name() or '??'}{where}")
            frame = frame.older()
    finally:
        UNWINDER.registers = None
        gdb.invalidate_cached_frames()
    return lines


def fibers():
    """(fiber, stack) of every stack that a fiber lives on."""
    head = gdb.lookup_symbol("edoi_stack_slabs")[0]
    if head is None:
        raise gdb.GdbError("this program has no edo, or none with debug information")
    slab_type = gdb.lookup_type("edoi_stack_slab").pointer()
    slab = head.value()["edoi_value"].cast(slab_type)
    while int(slab):
        for i in range(int(slab["carved"]["edoi_value"])):
            stack = slab["stacks"][i]
            if int(stack["fiber"]):
                yield stack["fiber"].dereference(), stack
        slab = slab["next"]


def text_at(pointer):
    try:
        return pointer.string() if int(pointer) else "(unnamed)"
    except gdb.error:
        return "(name unreadable)"


def headline(fiber, stack):
    state = "parked" if int(fiber["sp"]) else "running"
    size = (int(stack["hi"]) - int(stack["lo"])) // 1024
    return f"{int(fiber.address):#x} {state:7} {text_at(stack['name'])} ({size} KiB usable)"


# As in src/runtime/task/task.h and slab.c, which assert them.
TASK_BUSY, TASK_CANCEL, TASK_DONE, TASK_ABANDONED, TASK_FREED = 1, 4, 8, 32, 64
OWN_RUN, OWN_DEFERRED = 2, 8
PAGE_HEADER_BYTES = 64


def runtimes():
    head = gdb.lookup_symbol("edoi_runtimes")[0]
    runtime = head.value() if head else None
    while runtime is not None and int(runtime):
        yield runtime
        runtime = runtime["listed"]["next"]


def slabs_of(runtime):
    """A task lies with the worker that spawned it, or with all that were spawned by no worker."""
    for i in range(int(runtime["workers_n"])):
        yield runtime["workers"][i]["slab"]
    yield runtime["spawn"]["slab"]


def tasks_of(runtime):
    """Pointers to the tasks in the runtime's slabs, ended ones that are still referred to included."""
    task_type = gdb.lookup_type("struct edo_task").pointer()
    for slab in slabs_of(runtime):
        page = slab["pages"]
        while int(page):
            for i in range(int(page["slots_n"]["edoi_value"])):
                at = int(page) + PAGE_HEADER_BYTES + i * int(page["slot_bytes"])
                task = gdb.Value(at).cast(task_type)
                state = int(task["word"]["edoi_value"])
                if state != 0 and not state & TASK_FREED:
                    yield task
            page = page["next"]


def state_of(task):
    state, own = int(task["word"]["edoi_value"]), int(task["own"])
    if state & TASK_DONE:
        return "abandoned" if state & TASK_ABANDONED else "done"
    if not state & TASK_BUSY or own & OWN_DEFERRED:
        return "idle"
    return "running" if own & OWN_RUN else "queued"


def fiber_task_of(task):
    """The task's future if that is a fiber, else None."""
    future = gdb.Value(int(task) + task.dereference().type.sizeof)
    base = future.cast(gdb.lookup_type("struct edo_future").pointer())
    if int(base["ops"]) != int(gdb.parse_and_eval("&edoi_fiber_ops")):
        return base, None
    return base, future.cast(gdb.lookup_type("struct edoi_fiber_task").pointer())


def machine_in(base):
    """What a task's future runs, as edoi_wrapped_inner() returns it; None: that is over."""
    if int(base["ops"]) != int(gdb.parse_and_eval("&'runtime/scope/wrapped.c'::wrapped_ops")):
        return base
    inner = base.cast(gdb.lookup_type("edoi_wrapped_future").pointer())["inner"]
    return None if int(inner) == int(base) else inner


def kind_of(task, is_done):
    base, fiber_task = fiber_task_of(task)
    if fiber_task is None:
        machine = machine_in(base)
        return "machine" if machine is None else f"machine {text_at(machine['ops']['name'])}"
    if is_done:
        return "fiber"
    if not int(fiber_task["ctx"]):
        return "fiber that has not begun"
    waits = fiber_task["awaiting"]
    why = f", waits for {text_at(waits['ops']['name'])}" if int(waits) else ""
    return f"fiber {int(fiber_task['ctx']['fiber'].address):#x}{why}"


def task_line(task):
    state = state_of(task)
    is_done = state in ("done", "abandoned")
    cancelled = int(task["word"]["edoi_value"]) & TASK_CANCEL and not is_done
    told = ", cancelled" if cancelled else ""
    name = text_at(task["site"])
    return f"{int(task):#x} {state:9} {name} ({kind_of(task, is_done)}{told})"


def fiber_of_task_at(address):
    """Address of the fiber of the task at `address`; None if there is no such task."""
    for runtime in runtimes():
        for task in tasks_of(runtime):
            if int(task) != address:
                continue
            fiber_task = fiber_task_of(task)[1]
            if fiber_task is None or not int(fiber_task["ctx"]):
                raise gdb.GdbError("this task has no stack")
            return int(fiber_task["ctx"]["fiber"].address)
    return None


class Edo(gdb.Command):
    """Commands for programs that use edo: edo tasks, edo fibers, edo bt ADDRESS|all."""

    def __init__(self):
        super().__init__("edo", gdb.COMMAND_STACK, prefix=True)


class EdoFibers(gdb.Command):
    """Lists all fibers: address, state, name of the task, innermost function of its own."""

    def __init__(self):
        super().__init__("edo fibers", gdb.COMMAND_STACK)

    def invoke(self, _argument, _from_tty):
        for fiber, stack in fibers():
            print(headline(fiber, stack))


class EdoTasks(gdb.Command):
    """Lists all tasks of every runtime: address, state, name, and what a fiber waits for."""

    def __init__(self):
        super().__init__("edo tasks", gdb.COMMAND_STACK)

    def invoke(self, _argument, _from_tty):
        for runtime in runtimes():
            lines = [task_line(task) for task in tasks_of(runtime)]
            print(f"runtime {int(runtime['id'])} ({text_at(runtime['opts']['name'])}):"
                  f" {len(lines)} task{'' if len(lines) == 1 else 's'}")
            for line in lines:
                print(f"  {line}")


class EdoBt(gdb.Command):
    """Prints the backtrace of a suspended fiber: edo bt ADDRESS (its own, of its task, or in its
    stack), or edo bt all."""

    def __init__(self):
        super().__init__("edo bt", gdb.COMMAND_STACK)

    def invoke(self, argument, _from_tty):
        if not argument:
            raise gdb.GdbError("edo bt ADDRESS|all; edo tasks lists the addresses")
        wanted = None if argument == "all" else int(gdb.parse_and_eval(argument))
        if wanted is not None:
            wanted = fiber_of_task_at(wanted) or wanted
        found = False
        for fiber, stack in fibers():
            inside = wanted is not None and int(stack["lo"]) <= wanted < int(stack["hi"])
            if wanted is not None and not inside and int(fiber.address) != wanted:
                continue
            found = True
            print(headline(fiber, stack))
            if int(fiber["sp"]):
                print("\n".join(frames_of(int(fiber["sp"]))))
            else:
                print("runs on a thread: see thread apply all bt")
        if wanted is not None and not found:
            raise gdb.GdbError(f"no fiber at {argument}")


Edo()
EdoTasks()
EdoFibers()
EdoBt()
