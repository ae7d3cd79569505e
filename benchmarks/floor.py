"""The floor: the model of `benchmarks/small/` under `quiet_one_access`, encoded by hand in Z3Py for exactly two questions.

    python benchmarks/floor.py lasso       --variant v2_03     length of the shortest lasso that violates `retry_progress`
    python benchmarks/floor.py termination --variant v2_04     the most VM-entries that an attempt makes without completing

It answers what the tool answers, without a language, a check of types, a replay or a report, and imports nothing of the
package: what a skilled person would write who has only these questions. Used here and not by the tool: the environment is
quiet, so nothing cuts an attempt and its locals are no state; the instruction can be decoded and emulated, so the paths
after a failed emulation do not exist; an access that is not made is not modelled (`--accesses 3` models it); rigid guest
frames are one-hot, so that no frame of the unrolling decodes them; state outside the cone of both questions is left out.

Relational unrolling in one incremental QF_FD solver: the step is written once over template variables and instantiated by
substitution; every refuted bound is learnt.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce

import z3

OFFSETS = 2
VARIANTS = ("v2_03", "v2_04")


def one_of(prefix: str, count: int) -> list[z3.BoolRef]:
    return [z3.Bool(f"{prefix}.{index}") for index in range(count)]


def exactly_one(bits: Sequence[z3.BoolRef]) -> z3.BoolRef:
    return z3.And(z3.Or(*bits), *(z3.Not(z3.And(p, q)) for i, p in enumerate(bits) for q in bits[:i]))


def pick(selectors: Iterable[z3.BoolRef], values: Iterable[z3.BoolRef]) -> z3.BoolRef:
    """The value at the selected place; false where nothing is selected."""
    return z3.Or(*(z3.And(s, v) for s, v in zip(selectors, values, strict=True)))


def same(left: Sequence[z3.ExprRef], right: Sequence[z3.ExprRef]) -> z3.BoolRef:
    return z3.And(*(p == q for p, q in zip(left, right, strict=True)))


@dataclass(frozen=True, slots=True)
class Sizes:
    gfns: int = 4
    levels: int = 3
    accesses: int = 2

    @property
    def address_bits(self) -> int:
        return max(1, (self.gfns * OFFSETS - 1).bit_length())


class Constants:
    """What is chosen once: the kind of MMU, memslots, third-party trackers, the instruction and its walks."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        gfns, levels, accesses = range(sizes.gfns), range(sizes.levels), range(sizes.accesses)
        self.direct = z3.Bool("direct")
        self.page_table_writing = z3.Bool("page_table_writing")
        self.rip = z3.Bool("rip")
        self.external = one_of("external", sizes.gfns)
        self.no_slot = one_of("no_slot", sizes.gfns)
        self.read_only_slot = one_of("read_only_slot", sizes.gfns)
        self.used = one_of("used", sizes.accesses)
        self.write = one_of("write", sizes.accesses)
        # All accesses walk from one root.
        root = one_of("root", sizes.gfns)
        self.walk = [[one_of(f"walk.{a}.{lv}", sizes.gfns) if lv < sizes.levels - 1 else root for lv in levels] for a in accesses]
        self.page = [one_of(f"page.{a}", sizes.gfns) for a in accesses]  # none set: no translation
        self.entry_addr = [[z3.BitVec(f"entry_addr.{a}.{lv}", sizes.address_bits) for lv in levels] for a in accesses]
        self.page_addr = [z3.BitVec(f"page_addr.{a}", sizes.address_bits) for a in accesses]  # under an indirect MMU the GVA
        self.through = [[z3.Or(*(self.walk[a][lv][g] for lv in levels[1:])) for g in gfns] for a in accesses]
        self.has_page = [z3.Or(*self.page[a]) for a in accesses]

    def assumptions(self) -> list[z3.BoolRef]:
        c, sizes = self, self.sizes
        gfns, levels, accesses = range(sizes.gfns), range(sizes.levels), range(sizes.accesses)
        facts = [c.used[0], z3.Not(c.write[0])]
        facts += [z3.Implies(c.used[a], c.used[a - 1]) for a in accesses if a >= 1]
        facts += [z3.Not(c.used[a]) for a in accesses if a >= 2]  # one_access
        facts += [exactly_one(c.walk[0][sizes.levels - 1])]
        facts += [exactly_one(c.walk[a][lv]) for a in accesses for lv in levels[:-1]]
        facts += [z3.Not(z3.And(p, q)) for a in accesses for i, p in enumerate(c.page[a]) for q in c.page[a][:i]]
        facts += [z3.Not(z3.And(c.no_slot[g], z3.Or(c.read_only_slot[g], c.external[g]))) for g in gfns]
        # A direct MMU reports frame * OFFSETS + offset; an indirect one a virtual address, which has one translation.
        for a in accesses:
            for lv in levels:
                facts.append(c.on_frame(c.entry_addr[a][lv], c.walk[a][lv]))
            facts.append(z3.Implies(z3.And(c.direct, c.has_page[a]), c.on_frame(c.page_addr[a], c.page[a])))
            if sizes.gfns * OFFSETS < 1 << sizes.address_bits:
                facts.append(z3.ULT(c.page_addr[a], sizes.gfns * OFFSETS))
            for b in accesses[:a]:
                equal = [same(c.page[a], c.page[b]), *(same(c.walk[a][lv], c.walk[b][lv]) for lv in levels[:-1])]
                facts.append(z3.Or(c.direct, z3.Not(z3.And(c.used[a], c.used[b], c.page_addr[a] == c.page_addr[b])), z3.And(*equal)))
        walked = [z3.Not(z3.And(root, none)) for root, none in zip(c.walk[0][-1], c.no_slot, strict=True)]
        for a in accesses:
            for table in c.walk[a][:-1]:
                walked += [z3.Implies(c.has_page[a], z3.Not(z3.And(here, none))) for here, none in zip(table, c.no_slot, strict=True)]
        return [*facts, z3.Or(c.direct, z3.And(*walked))]

    def on_frame(self, addr: z3.BitVecRef, frame: Sequence[z3.BoolRef]) -> z3.BoolRef:
        """The address lies in the frame. OFFSETS is 2, so all bits but the last are the frame's number."""
        width = self.sizes.address_bits
        bits = [z3.Extract(b, b, addr) == 1 for b in range(1, width)]
        numbered = [
            z3.Implies(here, z3.And(*(bit if g >> i & 1 else z3.Not(bit) for i, bit in enumerate(bits)))) for g, here in enumerate(frame)
        ]
        return z3.And(*numbered)


@dataclass(frozen=True, slots=True)
class State:
    """State variables at one time. A mapping is two bits: present, and writable (which implies present)."""

    shadow: list[z3.BoolRef]
    present: list[z3.BoolRef]
    writable: list[z3.BoolRef]
    translated: list[z3.BoolRef]
    translated_writable: list[z3.BoolRef]
    guard_rip: z3.BoolRef
    guard_addr: z3.BitVecRef
    done: z3.BoolRef

    @classmethod
    def at(cls, sizes: Sizes, time: str) -> State:
        return cls(
            shadow=one_of(f"shadow@{time}", sizes.gfns),
            present=one_of(f"present@{time}", sizes.gfns),
            writable=one_of(f"writable@{time}", sizes.gfns),
            translated=one_of(f"translated@{time}", sizes.accesses),
            translated_writable=one_of(f"translated_writable@{time}", sizes.accesses),
            guard_rip=z3.Bool(f"guard_rip@{time}"),
            guard_addr=z3.BitVec(f"guard_addr@{time}", sizes.address_bits),
            done=z3.Bool(f"done@{time}"),
        )

    def variables(self) -> list[z3.ExprRef]:
        return [*self.shadow, *self.present, *self.writable, *self.translated, *self.translated_writable,
                self.guard_rip, self.guard_addr, self.done]  # fmt: skip


def initial(c: Constants, s: State) -> list[z3.BoolRef]:
    gfns, accesses = range(c.sizes.gfns), range(c.sizes.accesses)
    facts = [z3.Not(s.done)]
    for g in gfns:
        tracked = z3.Or(s.shadow[g], c.external[g])
        facts += [
            z3.Implies(s.writable[g], s.present[g]),
            z3.Not(z3.And(tracked, s.writable[g])),
            z3.Not(z3.And(c.no_slot[g], s.present[g])),
            z3.Not(z3.And(c.read_only_slot[g], s.writable[g])),
            z3.Not(z3.And(s.shadow[g], c.no_slot[g])),
            z3.Or(c.direct, z3.Not(s.present[g])),
        ]
    for a in accesses:
        mapped, writable = s.translated[a], s.translated_writable[a]
        facts += [z3.Implies(writable, mapped), z3.Implies(mapped, z3.And(z3.Not(c.direct), c.used[a], c.has_page[a]))]
        for g in gfns:
            page = c.page[a][g]
            tracked = z3.Or(s.shadow[g], c.external[g])
            facts += [
                z3.Not(z3.And(writable, page, z3.Or(tracked, c.read_only_slot[g]))),
                z3.Not(z3.And(mapped, page, c.no_slot[g])),
                z3.Implies(z3.And(mapped, c.through[a][g]), s.shadow[g]),
            ]
    # The guard is empty (0/0), or left by an earlier fault at this RIP and an address of this attempt.
    addr = s.guard_addr
    known = []
    for a in accesses:
        entries = [addr == entry for entry in c.entry_addr[a]]
        final = addr == c.page_addr[a]
        known.append(z3.And(c.used[a], z3.If(c.direct, z3.Or(*entries, z3.And(c.has_page[a], final)), final)))
    facts.append(z3.Or(z3.And(z3.Not(s.guard_rip), addr == 0), z3.And(s.guard_rip == c.rip, z3.Or(*known))))
    return facts


@dataclass(slots=True)
class Fault:
    """The first access that is refused: where it may be, one condition a place, and what KVM is told of it."""

    places: list[z3.BoolRef] = field(default_factory=list)
    writes: list[z3.BoolRef] = field(default_factory=list)
    frames: list[list[z3.BoolRef]] = field(default_factory=list)
    addrs: list[z3.BitVecRef] = field(default_factory=list)

    def add(self, place: z3.BoolRef, write: z3.BoolRef, frame: list[z3.BoolRef], addr: z3.BitVecRef) -> None:
        self.places.append(place)
        self.writes.append(write)
        self.frames.append(frame)
        self.addrs.append(addr)

    def frame(self) -> list[z3.BoolRef]:
        return [z3.Or(*(z3.And(p, f[g]) for p, f in zip(self.places, self.frames, strict=True))) for g in range(len(self.frames[0]))]

    def addr(self) -> z3.BitVecRef:
        pairs = list(zip(self.places, self.addrs, strict=True))
        return reduce(lambda rest, pair: z3.If(pair[0], pair[1], rest), reversed(pairs[:-1]), pairs[-1][1])


class Step:
    """One attempt, from VM-entry to resume or completion, as equations between `now` and `after`; `retry` says that KVM decided RETRY.

    Intermediate results are named variables, local to the frame, so that substitution and the clausifier see small terms.
    """

    def __init__(self, c: Constants, now: State, after: State, variant: str) -> None:
        self.c, self.now, self.after, self.variant = c, now, after, variant
        self.locals: list[z3.ExprRef] = []
        self.equations: list[z3.BoolRef] = []
        self.retry = z3.Bool("retry")
        self.locals.append(self.retry)
        self._write()

    def name(self, label: str, value: z3.ExprRef) -> z3.ExprRef:
        variable = z3.Const(label, value.sort())
        self.locals.append(variable)
        self.equations.append(variable == value)
        return variable

    def names(self, label: str, values: Iterable[z3.ExprRef]) -> list[z3.ExprRef]:
        return [self.name(f"{label}.{index}", value) for index, value in enumerate(values)]

    def _write(self) -> None:
        c, now, after = self.c, self.now, self.after
        gfns, accesses = range(c.sizes.gfns), range(c.sizes.accesses)
        indirect = z3.Not(c.direct)
        root = c.walk[0][-1]

        # VM-entry: an indirect MMU's root is loaded, and a mapping of the frame that it shadows becomes read-only.
        shadow = self.names("shadow_at_entry", (z3.Or(now.shadow[g], z3.And(indirect, root[g])) for g in gfns))
        writable = self.names(
            "translated_writable_at_entry",
            (z3.And(now.translated_writable[a], z3.Not(z3.And(indirect, self._fresh(root, a)))) for a in accesses),
        )
        tracked = [z3.And(z3.Not(c.no_slot[g]), z3.Or(shadow[g], c.external[g])) for g in gfns]

        # The first access that is refused.
        fault_direct, table_fault = self._direct_fault()
        fault_indirect, mapped = self._indirect_fault(writable)
        by_table = self.name("by_table", z3.And(c.direct, table_fault))
        frame_direct, frame_indirect = fault_direct.frame(), fault_indirect.frame()
        frame = self.names("frame", (z3.If(c.direct, frame_direct[g], frame_indirect[g]) for g in gfns))
        addr = self.name("addr", z3.If(c.direct, fault_direct.addr(), fault_indirect.addr()))
        writes = self.name(
            "writes", z3.If(c.direct, pick(fault_direct.places, fault_direct.writes), pick(fault_indirect.places, fault_indirect.writes))
        )
        present = self.name("present", z3.If(c.direct, pick(frame, now.present), mapped))
        # Without a translation of its own the guest takes the fault (direct: seen by no place; indirect: KVM injects it).
        handled = self.name("handled", z3.Or(*frame))
        injected = z3.And(indirect, z3.Or(*fault_indirect.places), z3.Not(handled))

        # The page-fault handler.
        is_tracked = self.name("is_tracked", pick(frame, tracked))
        early = self.name("early", z3.And(writes, present, is_tracked))
        device = z3.Or(pick(frame, c.no_slot), z3.And(writes, pick(frame, c.read_only_slot)))
        install = self.name("install", z3.And(handled, z3.Not(early), z3.Not(device)))
        walked = [self.name(f"walked.{a}", z3.And(install, indirect, fault_indirect.places[a])) for a in accesses]
        shadow_walked = self.names(
            "shadow_walked", (z3.Or(shadow[g], *(z3.And(walked[a], c.through[a][g]) for a in accesses)) for g in gfns)
        )
        still_tracked = self.name("still_tracked", pick(frame, [z3.Or(shadow_walked[g], c.external[g]) for g in gfns]))
        as_writable = self.name("as_writable", z3.And(z3.Not(still_tracked), z3.Not(pick(frame, c.read_only_slot))))
        protected = self.name("protected", z3.Or(early, z3.And(install, writes, still_tracked)))

        # The decision.
        zappable = pick(frame, shadow_walked)
        walk_rule = z3.And(early, by_table)
        if self.variant == "v2_04":
            walk_rule = z3.And(walk_rule, zappable)
        walk_rule = self.name("walk_rule", walk_rule)
        hit = z3.And(now.guard_rip == c.rip, now.guard_addr == addr)
        to_emulator = self.name("to_emulator", z3.Or(z3.And(protected, z3.Not(walk_rule)), z3.And(handled, z3.Not(install), z3.Not(early))))
        emulator_rule = self.name("emulator_rule", z3.And(to_emulator, protected, z3.Not(c.page_table_writing), z3.Not(hit)))
        unprotect = self.name("unprotect", z3.Or(walk_rule, emulator_rule))
        zapped = self.names("zapped", (z3.And(unprotect, frame[g], shadow_walked[g]) for g in gfns))
        resumed = z3.Or(walk_rule, emulator_rule, z3.And(install, z3.Not(protected)))
        self.equations += [self.retry == z3.Or(walk_rule, emulator_rule, injected), after.done == z3.Not(resumed)]

        # The state afterwards.
        guard_rip = z3.If(to_emulator, z3.And(emulator_rule, c.rip), now.guard_rip)
        guard_addr = z3.If(to_emulator, z3.If(emulator_rule, addr, z3.BitVecVal(0, addr.size())), now.guard_addr)
        self.equations += [after.guard_rip == guard_rip, after.guard_addr == guard_addr]
        for g in gfns:
            mapped_here = z3.And(install, c.direct, frame[g])
            self.equations += [
                after.shadow[g] == z3.And(shadow_walked[g], z3.Not(zapped[g])),
                after.present[g] == z3.Or(now.present[g], mapped_here),
                after.writable[g] == z3.If(mapped_here, as_writable, now.writable[g]),
            ]
        for a in accesses:
            newly = [z3.And(shadow_walked[g], z3.Not(shadow[g])) for g in gfns]
            kept = z3.And(writable[a], z3.Not(pick(c.page[a], newly)))
            gone = z3.And(indirect, pick(c.through[a], zapped))
            self.equations += [
                after.translated[a] == z3.And(z3.Or(now.translated[a], walked[a]), z3.Not(gone)),
                after.translated_writable[a] == z3.And(z3.If(walked[a], as_writable, kept), z3.Not(gone)),
            ]

    def _fresh(self, root: Sequence[z3.BoolRef], access: int) -> z3.BoolRef:
        """The access's page is the root's frame, which was not shadowed before."""
        frames = range(self.c.sizes.gfns)
        return z3.Or(*(z3.And(root[g], self.c.page[access][g], z3.Not(self.now.shadow[g])) for g in frames))

    def _direct_fault(self) -> tuple[Fault, z3.BoolRef]:
        """The first refused access of a direct MMU, and whether it is to a table. Tables are accessed as writes, from the root down."""
        c, now = self.c, self.now
        fault, tables = Fault(), []
        so_far: z3.BoolRef = z3.BoolVal(True)
        for a in range(c.sizes.accesses):
            for lv in reversed(range(c.sizes.levels)):
                passes = self.name(f"passes.{a}.{lv}", pick(c.walk[a][lv], now.writable))
                place = self.name(f"table.{a}.{lv}", z3.And(so_far, c.used[a], z3.Not(passes)))
                so_far = z3.And(so_far, z3.Or(z3.Not(c.used[a]), passes))
                so_far = self.name(f"walked_to.{a}.{lv}", so_far)
                fault.add(place, z3.BoolVal(True), c.walk[a][lv], c.entry_addr[a][lv])
                tables.append(place)
            mapped = pick(c.page[a], now.present)
            passes = self.name(f"passes.{a}", z3.And(mapped, z3.Or(z3.Not(c.write[a]), pick(c.page[a], now.writable))))
            place = self.name(f"final.{a}", z3.And(so_far, c.used[a], c.has_page[a], z3.Not(passes)))
            so_far = self.name(f"made.{a}", z3.And(so_far, z3.Or(z3.Not(c.used[a]), passes)))
            fault.add(place, c.write[a], c.page[a], c.page_addr[a])
        return fault, z3.Or(*tables)

    def _indirect_fault(self, writable: Sequence[z3.BoolRef]) -> tuple[Fault, z3.BoolRef]:
        """The first access without a sufficient shadow translation, and whether it has an insufficient one."""
        c, now = self.c, self.now
        fault = Fault()
        so_far: z3.BoolRef = z3.BoolVal(True)
        for a in range(c.sizes.accesses):
            passes = z3.Or(z3.Not(c.used[a]), z3.And(now.translated[a], z3.Or(z3.Not(c.write[a]), writable[a])))
            fault.add(self.name(f"refused.{a}", z3.And(so_far, z3.Not(passes))), c.write[a], c.page[a], c.page_addr[a])
            so_far = z3.And(so_far, passes)
        return fault, pick(fault.places, now.translated)


class Unrolling:
    """Frames of the step in one incremental solver."""

    def __init__(self, sizes: Sizes, variant: str) -> None:
        self.sizes = sizes
        self.constants = Constants(sizes)
        self.now, self.after = State.at(sizes, "now"), State.at(sizes, "after")
        self.step = Step(self.constants, self.now, self.after, variant)
        self.relation = z3.And(*self.step.equations)
        self.solver = z3.SolverFor("QF_FD")
        self.states = [State.at(sizes, "0")]
        self.retries: list[z3.BoolRef] = []
        self.solver.add(*self.constants.assumptions(), *initial(self.constants, self.states[0]))

    def extend(self) -> State:
        """One more transition; it requires that the attempt was not complete before it."""
        time = len(self.retries)
        before, after = self.states[-1], State.at(self.sizes, str(time + 1))
        renaming = [
            *zip(self.now.variables(), before.variables(), strict=True),
            *zip(self.after.variables(), after.variables(), strict=True),
        ]
        renaming += [(v, z3.Const(f"{v.decl().name()}@{time}", v.sort())) for v in self.step.locals]
        self.solver.add(z3.Not(before.done), z3.substitute(self.relation, renaming))
        self.states.append(after)
        self.retries.append(z3.Bool(f"retry@{time}"))
        return after


def shortest_lasso(unrolling: Unrolling, limit: int) -> int | None:
    """Length (stem and loop) of the shortest run that repeats a state, not complete, with a RETRY in between."""
    for length in range(1, limit + 1):
        last = unrolling.extend()
        closing = []
        for start in reversed(range(length)):
            retry = z3.Or(*unrolling.retries[start:])
            closing.append(z3.And(retry, same(unrolling.states[start].variables(), last.variables())))
        closes = z3.Or(*closing)
        unrolling.solver.push()
        unrolling.solver.add(closes)
        answer = unrolling.solver.check()
        unrolling.solver.pop()
        if answer == z3.sat:
            return length
        assert answer == z3.unsat, answer
        unrolling.solver.add(z3.Not(closes))
        if unrolling.solver.check(z3.Not(last.done)) == z3.unsat:
            return None
    return None


def longest_run(unrolling: Unrolling, limit: int) -> int | None:
    """The most VM-entries that end without completion; None if the limit can be reached."""
    for length in range(1, limit + 1):
        last = unrolling.extend()
        if unrolling.solver.check(z3.Not(last.done)) == z3.unsat:
            return length - 1
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question", choices=("lasso", "termination"))
    parser.add_argument("--variant", choices=VARIANTS, required=True)
    parser.add_argument("--gfns", type=int, default=4)
    parser.add_argument("--levels", type=int, default=3)
    parser.add_argument("--accesses", type=int, default=2, choices=(2, 3))
    parser.add_argument("--bound", type=int, default=40, help="give up after so many VM-entries")
    arguments = parser.parse_args()
    started = time.perf_counter()
    unrolling = Unrolling(Sizes(arguments.gfns, arguments.levels, arguments.accesses), arguments.variant)
    built = time.perf_counter()
    ask = shortest_lasso if arguments.question == "lasso" else longest_run
    answer = ask(unrolling, arguments.bound)
    finished = time.perf_counter()
    print(json.dumps({"answer": answer, "build": round(built - started, 4), "solve": round(finished - built, 4)}))


if __name__ == "__main__":
    main()
