# SPDX-License-Identifier: MIT
"""Shows the tasks and fibers of an edo program in gdb, live or from a core dump.

    (gdb) source tools/edo-gdb.py
    (gdb) edo tasks                  all tasks of every runtime, with their state and what they wait for
    (gdb) edo fibers                 all fibers, with their state and place
    (gdb) edo locks                  locks that are held, by whom, since when, who waits; deadlocks
    (gdb) edo bt 0x7ffff7dbff00      backtrace of one of them, by its address or its task's
    (gdb) edo bt all
    (gdb) edo recorder FILE          what the flight recorder has, to a file for edo trace

It is installed as PREFIX/share/edo/edo-gdb.py, and works with release builds, stripped ones too: where
fields lie is said by two tables in the library (src/stacks/layout.h); names of functions are what the
program has left of them.

A suspended fiber has its registers at the saved stack pointer (layout: src/fiber/switch_*.S). gdb is
told by an unwinder that the selected thread's innermost frame was called from there; its own
unwinding does the rest. Nothing in the program is changed, so a core dump will do; one by the kernel:
gdb's own generate-core-file gives up on a mapping at the first guard. Needs gdb 11; no stacks with the
portable switch.
"""

import os
import struct
import time

import gdb
import gdb.unwinder

# Register -> offset from the saved stack pointer; "sp" is the offset itself.
MACHINES = {
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


# ---- Memory of the program, by numbers alone -------------------------------------------------------


def read(address, code):
    bytes_n = struct.calcsize(code)
    return struct.unpack(code, bytes(gdb.selected_inferior().read_memory(address, bytes_n)))[0]


def word(address):
    return read(address, "=Q")


def number(address):
    return read(address, "=I")


def text_at(address):
    if not address:
        return "(unnamed)"
    try:
        return gdb.Value(address).cast(gdb.lookup_type("char").pointer()).string()
    except (gdb.error, UnicodeDecodeError):
        return "(name unreadable)"


# ---- The tables of src/stacks/layout.h ---------------------------------------------------------------

ROOTS_N = 4  # of a table
FIBERS = ("edoi_layout_fibers", b"edo-gdb fibers\n\0", ("slabs",), (
    "portable", "slab_next", "slab_carved", "slab_stacks", "stack_bytes", "stack_lo", "stack_hi",
    "stack_name", "stack_fiber"))
TASKS = ("edoi_layout_tasks", b"edo-gdb  tasks\n\0", ("runtimes", "fiber_ops", "wrapped_ops"), (
    "runtime_next", "runtime_id", "runtime_name", "runtime_workers", "runtime_workers_n",
    "runtime_slab", "worker_slab", "slab_pages", "page_next", "page_slots_n", "page_slot_bytes",
    "page_header_bytes", "task_bytes", "task_word", "task_own", "task_site", "BUSY", "CANCEL", "DONE",
    "ABANDONED", "FREED", "OWN_RUN", "OWN_DEFERRED", "future_ops", "ops_name", "wrapped_inner",
    "fiber_task_ctx", "fiber_task_awaiting", "ctx_fiber"))
LOCKS = ("edoi_layout_locks", b"edo-gdb  locks\n\0", ("slots",), (
    "slots_n", "slot_bytes", "slot_lock", "slot_who", "slot_name", "slot_site", "slot_since", "slot_how",
    "READS"))
WAITS = ("edoi_layout_waits", b"edo-gdb  waits\n\0", ("nodes", "used_n"), (
    "node_bytes", "node_who", "node_name", "node_what", "node_kind", "node_object", "node_of_scope",
    "node_since", "node_children_n", "node_number", "LOCK", "BEHIND", "TASK", "SCOPE",
    "node_may_end", "node_is_shared"))
FAULTS = ("deadlock", "abandoned", "lasting", "standing", "turned")
FOUND = ("edoi_layout_found", b"edo-gdb  found\n\0", ("counts",), FAULTS)
RECORDER = ("edoi_layout_recorder", b"edo-gdb events\n\0", ("region",), ("region_head", "region_bytes"))
COPY_BYTES = 1 << 20


def data_sections():
    """(begin, length) of each section in which a constant table may lie."""
    for line in gdb.execute("info files", to_string=True).splitlines():
        words = line.split()
        if len(words) >= 5 and words[1] == "-" and words[4] in (".data.rel.ro", ".data", ".rodata"):
            begin = int(words[0], 16)
            yield begin, int(words[2], 16) - begin


def place_of(name, magic):
    """The address of a table: by its symbol, or by its first bytes in a stripped program."""
    try:
        return int(gdb.parse_and_eval(f"(unsigned long)&{name}"))
    except gdb.error:
        pass
    for begin, length in data_sections():
        try:
            found = gdb.selected_inferior().search_memory(begin, length, magic)
        except gdb.error:
            found = None
        if found is not None:
            return found
    raise gdb.GdbError("this program has no edo, or has not been started")


class Layout:
    """A table's numbers as attributes. Each command reads them anew: the program may have been
    started again, at another place."""

    def __init__(self, table):
        name, magic, roots, fields = table
        at = place_of(name, magic)
        try:
            self.take(at, magic, roots, fields)
        except gdb.MemoryError as error:
            raise gdb.GdbError("the program has not been started") from error

    def take(self, at, magic, roots, fields):
        if bytes(gdb.selected_inferior().read_memory(at, len(magic))) != magic:
            raise gdb.GdbError("the program has not been started, or its edo is of another version")
        at += len(magic)
        for i, root in enumerate(roots):
            setattr(self, root, word(at + 8 * i))
        at += 8 * ROOTS_N
        if number(at) != len(fields):
            raise gdb.GdbError("edo-gdb.py is of another version than the program's edo")
        for i, field in enumerate(fields):
            setattr(self, field, number(at + 4 + 4 * i))


# ---- Stacks ----------------------------------------------------------------------------------------


def machine_layout():
    name = gdb.newest_frame().architecture().name()
    if name not in MACHINES:
        raise gdb.GdbError(f"the layout of a fiber's registers on {name} is not known")
    return MACHINES[name]


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


def frame_line(at, frame):
    place = frame.find_sal()
    where = f" at {place.symtab.filename}:{place.line}" if place and place.symtab else ""
    name, library = frame.name(), gdb.solib_name(frame.pc())
    if not name:
        name = f"?? ({os.path.basename(library)})" if library else "??"
    return f"#{at:<3} {frame.pc():#x} in {name}{where}"


def frames_of(saved_sp):
    """Lines of a backtrace from the saved stack pointer of a suspended fiber."""
    machine = machine_layout()
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
            lines.append(frame_line(len(lines), frame))
            frame = frame.older()
    finally:
        UNWINDER.registers = None
        gdb.invalidate_cached_frames()
    return lines


class Fiber:
    """A fiber, at `at`, and the stack that it lives on."""

    def __init__(self, layout, stack):
        self.at = word(stack + layout.stack_fiber)
        self.lo = word(stack + layout.stack_lo)
        self.hi = word(stack + layout.stack_hi)
        self.name = text_at(word(stack + layout.stack_name))
        self.sp = word(self.at) if self.at else 0  # 0: it runs

    def headline(self):
        state = "parked" if self.sp else "running"
        return f"{self.at:#x} {state:7} {self.name} ({(self.hi - self.lo) // 1024} KiB usable)"


def fibers():
    layout = Layout(FIBERS)
    if layout.portable:
        raise gdb.GdbError("built with the portable switch: no look inside fibers")
    slab = word(layout.slabs)
    while slab:
        for i in range(number(slab + layout.slab_carved)):
            fiber = Fiber(layout, slab + layout.slab_stacks + i * layout.stack_bytes)
            if fiber.at:
                yield fiber
        slab = word(slab + layout.slab_next)


# ---- Tasks -----------------------------------------------------------------------------------------


def runtimes(layout):
    runtime = word(layout.runtimes)
    while runtime:
        yield runtime
        runtime = word(runtime + layout.runtime_next)


def slabs_of(layout, runtime):
    """A task lies with the worker that spawned it, or with all that were spawned by no worker."""
    workers = word(runtime + layout.runtime_workers)
    for i in range(number(runtime + layout.runtime_workers_n)):
        yield word(workers + 8 * i) + layout.worker_slab
    yield runtime + layout.runtime_slab


class Task:
    """A task, at `at`."""

    def __init__(self, layout, at):
        self.layout = layout
        self.at = at
        self.word = number(at + layout.task_word)
        self.future = at + layout.task_bytes

    def is_there(self):
        """Ended tasks that are still referred to are."""
        return self.word != 0 and not self.word & self.layout.FREED

    def state(self):
        layout, own = self.layout, read(self.at + self.layout.task_own, "=B")
        if self.word & layout.DONE:
            return "abandoned" if self.word & layout.ABANDONED else "done"
        if not self.word & layout.BUSY or own & layout.OWN_DEFERRED:
            return "idle"
        return "running" if own & layout.OWN_RUN else "queued"

    def ops(self, future):
        return word(future + self.layout.future_ops)

    def name_of(self, future):
        return text_at(word(self.ops(future) + self.layout.ops_name))

    def is_fiber(self):
        return self.ops(self.future) == self.layout.fiber_ops

    def fiber(self):
        """The address of its fiber; 0: it has none, or that has not begun or is over."""
        ctx = word(self.future + self.layout.fiber_task_ctx) if self.is_fiber() else 0
        return ctx + self.layout.ctx_fiber if ctx and not self.word & self.layout.DONE else 0

    def machine(self):
        """What its future runs, as edoi_wrapped_inner() returns it; 0: that is over."""
        if self.ops(self.future) != self.layout.wrapped_ops:
            return self.future
        inner = word(self.future + self.layout.wrapped_inner)
        return 0 if inner == self.future else inner

    def kind(self):
        if not self.is_fiber():
            machine = self.machine()
            return f"machine {self.name_of(machine)}" if machine else "machine"
        if self.word & self.layout.DONE:
            return "fiber"
        if not self.fiber():
            return "fiber that has not begun"
        waits = word(self.future + self.layout.fiber_task_awaiting)
        why = f", waits for {self.name_of(waits)}" if waits else ""
        return f"fiber {self.fiber():#x}{why}"

    def line(self):
        is_cancelled = self.word & self.layout.CANCEL and not self.word & self.layout.DONE
        name = text_at(word(self.at + self.layout.task_site))
        told = ", cancelled" if is_cancelled else ""
        return f"{self.at:#x} {self.state():9} {name} ({self.kind()}{told})"


def tasks_of(layout, runtime):
    for slab in slabs_of(layout, runtime):
        page = word(slab + layout.slab_pages)
        while page:
            bytes_n = number(page + layout.page_slot_bytes)
            for i in range(number(page + layout.page_slots_n)):
                task = Task(layout, page + layout.page_header_bytes + i * bytes_n)
                if task.is_there():
                    yield task
            page = word(page + layout.page_next)


def fiber_of_task_at(address):
    """Address of the fiber of the task at `address`; None if there is no such task."""
    try:
        layout = Layout(TASKS)
    except gdb.GdbError:
        return None  # a program of the fiber layer alone
    for runtime in runtimes(layout):
        for task in tasks_of(layout, runtime):
            if task.at != address:
                continue
            if not task.fiber():
                raise gdb.GdbError("this task has no stack")
            return task.fiber()
    return None


# ---- Locks -----------------------------------------------------------------------------------------


def now_tenths():
    """Of this machine's clock; None: this is a core."""
    if "core dump file" in gdb.execute("info files", to_string=True):
        return None
    return int(time.clock_gettime(time.CLOCK_MONOTONIC) * 10)


def age(since, now):
    if not since or now is None or now < since:
        return ""
    return f" for {(now - since) / 10:.1f} s"


def place_in_program(site):
    """Where the call is that returns to `site`."""
    if not site:
        return ""
    line = gdb.find_pc_line(site - 1)
    if line.symtab:
        return f", taken at {line.symtab.filename}:{line.line}"
    return f", taken at {gdb.execute(f'info symbol {site - 1:#x}', to_string=True).strip()}"


def with_task(name, who):
    """Tasks have odd numbers."""
    return f"{name} (task {who - 1:#x})" if who & 1 else name


class Holder:
    """One that holds a lock."""

    def __init__(self, layout, at):
        self.lock = word(at + layout.slot_lock)
        self.who = word(at + layout.slot_who)
        self.name = text_at(word(at + layout.slot_name))
        self.site = word(at + layout.slot_site)
        self.since = number(at + layout.slot_since)
        self.reads = number(at + layout.slot_how) & layout.READS != 0

    def line(self, now):
        name = self.name + (", which has ended," if self.who == 2 else "")
        return f"{self.lock:#x}: held by {with_task(name, self.who)}{age(self.since, now)}{place_in_program(self.site)}"


class Wait:
    """One that waits for a lock, a task or a scope, and nothing else."""

    def __init__(self, layout, at):
        self.who = word(at + layout.node_who)
        self.name = text_at(word(at + layout.node_name))
        self.what = text_at(word(at + layout.node_what))
        self.kind = number(at + layout.node_kind)
        self.object = word(at + layout.node_object)
        self.of_scope = word(at + layout.node_of_scope)
        self.since = number(at + layout.node_since)
        self.children_n = number(at + layout.node_children_n)
        self.number = word(at + layout.node_number)
        self.may_end = read(at + layout.node_may_end, "=B")
        self.is_shared = read(at + layout.node_is_shared, "=B")

    def line(self, now):
        return f"{self.object:#x}: awaited by {with_task(self.name, self.who)}{age(self.since, now)}"


class Graph:
    """Who holds what, and who waits for whom."""

    def __init__(self):
        locks = Layout(LOCKS)
        self.layout = Layout(WAITS)
        places = (locks.slots + i * locks.slot_bytes for i in range(locks.slots_n))
        # all at once: a read of gdb takes a while
        memory = bytes(gdb.selected_inferior().read_memory(locks.slots, locks.slots_n * locks.slot_bytes))
        used = struct.unpack_from
        self.holders = [Holder(locks, at) for i, at in enumerate(places)
                        if self.is_lock(used("=Q", memory, i * locks.slot_bytes + locks.slot_lock)[0])]
        layout = self.layout
        nodes = (layout.nodes + i * layout.node_bytes for i in range(1, number(layout.used_n)))
        self.waits = {w.who: w for w in (Wait(layout, at) for at in nodes) if w.who}

    @staticmethod
    def is_lock(at):
        """0: the place is free; 1: it is being written."""
        return at > 1

    def waits_for_locks(self):
        return [w for w in self.waits.values() if w.kind in (self.layout.LOCK, self.layout.BEHIND)]

    def awaiting(self, lock):
        return [w for w in self.waits_for_locks() if w.object == lock]

    def locks(self):
        """Those that are held or waited for, those with most waiters first."""
        held = {h.lock for h in self.holders}
        return sorted(held | {w.object for w in self.waits_for_locks()},
                      key=lambda lock: -len(self.awaiting(lock)))

    def next_of(self, wait):
        """Those that wait, and for which `wait` waits. Its way out, if any of them has one."""
        layout = self.layout
        by_who = {w.who: w for w in self.waits.values() if not w.may_end}
        waits = by_who.values()
        if wait.kind in (layout.LOCK, layout.BEHIND):
            found = [by_who[h.who] for h in self.holders if h.lock == wait.object and h.who in by_who
                     and not (wait.is_shared and h.reads)]
            if wait.is_shared:
                found += [w for w in waits if w.kind in (layout.LOCK, layout.BEHIND)
                          and w.object == wait.object and w.number < wait.number
                          and not w.is_shared]
            return found
        if wait.kind == layout.TASK:
            return [by_who[wait.object]] if wait.object in by_who else []
        children = [w for w in waits if w.of_scope == wait.object]
        return children if len(children) >= wait.children_n else []

    def cycle_from(self, start):
        """A shortest one: the waits, each for the next one, the last for the first; or nothing."""
        came_from, line = {start.who: None}, [start]
        for wait in line:
            for other in self.next_of(wait):
                if other.who == start.who:
                    path = [wait]
                    while came_from[path[0].who] is not None:
                        path.insert(0, came_from[path[0].who])
                    return path
                if other.who not in came_from:
                    came_from[other.who] = wait
                    line.append(other)
        return []

    def cycles(self):
        """Each once, from the wait that closed it."""
        seen = set()
        for wait in sorted(self.waits.values(), key=lambda w: -w.number):
            if wait.who in seen or wait.may_end:
                continue
            cycle = self.cycle_from(wait)
            seen.update(w.who for w in cycle)
            if cycle:
                yield cycle


def found_so_far():
    """What the program has reported of locks, in its log and on standard error; "": nothing."""
    found = Layout(FOUND)
    words = ("deadlocks", "tasks that ended with a lock", "waits that last", "tasks that stand",
             "locks in both orders")
    counts = (word(found.counts + getattr(found, fault)) for fault in FAULTS)
    return ", ".join(f"{what} {n}" for what, n in zip(words, counts) if n)


class EdoLocks(gdb.Command):
    """Lists the locks that are held, by whom, since when and where taken, who waits for them, the
    cycles of tasks that wait for each other, and how many faults of locks the program has reported.
    Where locks are watched: in debug builds, and with EDO_WATCH=locks."""

    def __init__(self):
        super().__init__("edo locks", gdb.COMMAND_STACK)

    def invoke(self, _argument, _from_tty):
        graph, now = Graph(), now_tenths()
        locks = graph.locks()
        for lock in locks:
            holders = [h for h in graph.holders if h.lock == lock]
            for holder in holders:
                print(holder.line(now))
            if not holders:
                print(f"{lock:#x}: its holder is not known")
            for wait in graph.awaiting(lock):
                print(wait.line(now))
        if not locks:
            print("no lock is known to be held")
        for cycle in graph.cycles():
            print(f"deadlock: {len(cycle)} task{'s wait for each other' if len(cycle) > 1 else ' waits for itself'}")
            for wait in cycle:
                print(f"  {with_task(wait.name, wait.who)} waits for {wait.what} of {wait.object & ~1:#x}")
        reported = found_so_far()
        if reported:
            print(f"reported so far: {reported}")


class Edo(gdb.Command):
    """Commands for programs that use edo: edo tasks, edo fibers, edo locks, edo bt ADDRESS|all, edo
    recorder FILE."""

    def __init__(self):
        super().__init__("edo", gdb.COMMAND_STACK, prefix=True)


class EdoFibers(gdb.Command):
    """Lists all fibers: address, state, name of the task, innermost function of its own."""

    def __init__(self):
        super().__init__("edo fibers", gdb.COMMAND_STACK)

    def invoke(self, _argument, _from_tty):
        for fiber in fibers():
            print(fiber.headline())


class EdoTasks(gdb.Command):
    """Lists all tasks of every runtime: address, state, name, and what a fiber waits for."""

    def __init__(self):
        super().__init__("edo tasks", gdb.COMMAND_STACK)

    def invoke(self, _argument, _from_tty):
        layout = Layout(TASKS)
        for runtime in runtimes(layout):
            lines = [task.line() for task in tasks_of(layout, runtime)]
            name = text_at(word(runtime + layout.runtime_name))
            print(f"runtime {word(runtime + layout.runtime_id)} ({name}):"
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
        for fiber in fibers():
            if wanted is not None and fiber.at != wanted and not fiber.lo <= wanted < fiber.hi:
                continue
            found = True
            print(fiber.headline())
            if fiber.sp:
                print("\n".join(frames_of(fiber.sp)))
            else:
                print("runs on a thread: see thread apply all bt")
        if wanted is not None and not found:
            raise gdb.GdbError(f"no fiber at {argument}")


class EdoRecorder(gdb.Command):
    """Writes what the flight recorder has to a file that edo trace reads: edo recorder FILE."""

    def __init__(self):
        super().__init__("edo recorder", gdb.COMMAND_DATA, gdb.COMPLETE_FILENAME)

    def invoke(self, argument, _from_tty):
        if not argument:
            raise gdb.GdbError("edo recorder FILE; edo trace shows what is in it")
        layout = Layout(RECORDER)
        at, left = word(layout.region + layout.region_head), word(layout.region + layout.region_bytes)
        if not at:
            raise gdb.GdbError("the program has not started its recorder")
        inferior = gdb.selected_inferior()
        try:
            with open(os.path.expanduser(argument), "wb") as out:
                while left:
                    bytes_n = min(left, COPY_BYTES)
                    out.write(inferior.read_memory(at, bytes_n))
                    at, left = at + bytes_n, left - bytes_n
        except gdb.MemoryError as error:
            raise gdb.GdbError("the core does not have it: it was recorded to a file, which is there") from error
        except OSError as error:
            raise gdb.GdbError(str(error)) from error
        print(f"the recorder's memory is in {argument}: edo trace --about {argument}")


Edo()
EdoRecorder()
EdoTasks()
EdoFibers()
EdoLocks()
EdoBt()
