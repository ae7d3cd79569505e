"""One incremental conversation with the solver.

Engines see integers only. A *variable* is a positive number; a Boolean variable is at the same time a *literal*, whose negative is its
negation. What an engine asserts is clauses over literals, equalities of tuples of variables, and instances of term templates. No Z3 object
leaves this module.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import wraps
from types import MappingProxyType
from typing import Any, Concatenate, ParamSpec, TypeVar

import z3
from z3 import z3core

from mmu_smt.model.term import Term
from mmu_smt.solve.budget import Meter, OutOfMemory
from mmu_smt.solve.encode import Encoder, out_of_memory
from mmu_smt.solve.profiles import FINITE_DOMAIN, Profile
from mmu_smt.witness.verdicts import UnknownReason


class Status(StrEnum):
    SAT = "sat"
    UNSAT = "unsat"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """`reason` is set with UNKNOWN."""

    status: Status
    reason: UnknownReason | None = None

    @property
    def sat(self) -> bool:
        return self.status is Status.SAT

    @property
    def unsat(self) -> bool:
        return self.status is Status.UNSAT


CLAUSE_UNITS = 500
LITERAL_UNITS = 100
"""Ten times what it takes to translate a clause, and each of its literals."""

UNKNOWN_UNITS = 1 << 60
"""What the translation of any other expression may take, for all that is known before."""

SAT = Answer(Status.SAT)
UNSAT = Answer(Status.UNSAT)


@dataclass(frozen=True, slots=True)
class Template:
    """Terms over named parameters, translated once. An instance equates the i-th term with the i-th variable given, or asserts it."""

    parameters: tuple[str, ...]
    results: int
    body: Any = field(repr=False)


P = ParamSpec("P")
R = TypeVar("R")


def _guarded(method: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Session, P], R]:
    """The method, raising OutOfMemory where Z3 raises for want of memory; any call that makes an expression can."""

    @wraps(method)
    def guarded(self: Session, /, *args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(self, *args, **kwargs)
        except z3.Z3Exception as error:
            if not out_of_memory(error):
                raise
            raise OutOfMemory from error

    return guarded


class Session:
    """A solver in a context of its own, so that the same queries take the same course in every process.

    Everything but `check` raises OutOfMemory where Z3 gets no more memory, or as much as the budget allows; `check` answers UNKNOWN then.
    Nothing is to be asked of a session that has raised.
    """

    @_guarded
    def __init__(self, meter: Meter, *, seed: int = 0, profile: Profile = FINITE_DOMAIN) -> None:
        self._meter = meter
        self._seed = seed
        self._profile = profile
        self._context = z3.Context()
        self._ref = self._context.ref()
        self._encoder = Encoder(self._context)
        # `z3.SolverFor` would make the name of the logic in z3's main context, which is otherwise never created.
        logic = z3core.Z3_mk_string_symbol(self._ref, profile.logic)
        self._solver = z3.Solver(z3core.Z3_mk_solver_for_logic(self._ref, logic), self._context)
        self._known_parameters = _parameter_names(self._solver)
        for name, value in {"random_seed": seed, **profile.parameters}.items():
            self._set(name, value)
        if meter.budget.memory is not None:
            self._set("max_memory", meter.budget.memory)
        self._variables: list[Any] = [None]  # index 0 is no variable: 0 has no negative
        self._widths: list[int] = [-1]
        self._negations: dict[int, z3.Ast] = {}
        self._declarations: dict[int, Any] = {}  # of variables that have been looked up; these live as long as the variables do
        self._model: z3.ModelRef | None = None
        self._assumed: tuple[int, ...] | None = None  # of the last check, if it was unsatisfiable and nothing has been asserted since
        self._ended: UnknownReason | None = None
        self._late = profile.late  # parameters still to be set
        for name in self._late:
            self._known_parameter(name)
        self._pending = 0  # upper bound, in units, of what it takes to translate what has been asserted since the last check
        self._known = 0  # variables made before the last check
        self._units = 0
        self.checks = 0
        self.seconds = 0.0
        self.effort = 0  # rlimit units spent by this session's checks
        self.true = self.variable("true")
        """A literal that holds."""
        self.clause((self.true,))

    def renewed(self) -> Session:
        """A new session with nothing asserted, of the same kind; its counts go on from this one's, which is not to be asked any more."""
        session = Session(self._meter, seed=self._seed, profile=self._profile)
        session.checks, session.seconds, session.effort = self.checks, self.seconds, self.effort
        return session

    @property
    def exhausted(self) -> bool:
        """True iff the run's budget leaves nothing for a further question."""
        return self._meter.exhausted() is not None

    # ------------------------------------------------------------------------------------------ variables and assertions

    @_guarded
    def variable(self, name: str, width: int = 0) -> int:
        """A new variable of that many bits (0: Boolean). Its name is for reading dumps only: a number makes it unique."""
        index = len(self._variables)
        self._variables.append(self._encoder.fresh(f"{name}#{index}", width))
        self._widths.append(width)
        return index

    def width(self, variable: int) -> int:
        """Bits of a variable; 0 for a literal."""
        return self._widths[abs(variable)]

    @_guarded
    def clause(self, literals: Iterable[int]) -> None:
        """Assert a disjunction of literals."""
        expressions = [self._literal(lit) for lit in literals]
        if not expressions:
            raise ValueError("an empty clause is a contradiction; no engine means that")
        self._assert(self._encoder.disjunction(expressions), CLAUSE_UNITS + LITERAL_UNITS * len(expressions))

    def implication(self, condition: int, literals: Iterable[int]) -> None:
        """Assert that the condition implies each of the literals."""
        for literal in literals:
            self.clause((-condition, literal))

    def define_or(self, name: str, literals: Sequence[int]) -> int:
        """A new literal equivalent to the disjunction of these (at least one)."""
        result = self.variable(name)
        for literal in literals:
            self.clause((-literal, result))
        self.clause((-result, *literals))
        return result

    def define_and(self, name: str, literals: Sequence[int]) -> int:
        """A new literal equivalent to the conjunction of these (at least one)."""
        return -self.define_or(name, [-lit for lit in literals])

    @_guarded
    def define_equal(self, name: str, left: Sequence[int], right: Sequence[int]) -> int:
        """A new literal equivalent to the equality of two tuples of variables, of the same widths in the same order.

        Elements of Boolean width may be negative literals. The empty tuples are equal.
        """
        if len(left) != len(right):
            raise ValueError("tuples of different lengths")
        result = self.variable(name)
        pairs = [self._encoder.equality(self._expression(a), self._expression(b)) for a, b in zip(left, right, strict=True)]
        if not pairs:
            self.clause((result,))
        else:
            self._assert(self._encoder.equality(self._literal(result), self._encoder.conjunction(pairs)))
        return result

    @_guarded
    def template(
        self,
        parameters: Mapping[str, int],
        terms: Sequence[Term],
        *,
        rigid: Mapping[str, int] = MappingProxyType({}),
        named: Mapping[int, int] = MappingProxyType({}),
        defines: bool = True,
    ) -> Template:
        """Translate terms over these parameters (name -> width) once. What is the same in every instance is given by its session variable:
        `rigid` variables by name, and whole terms by id (`named`).

        `defines`: an instance names each term by a variable; otherwise it asserts the (Boolean) terms.
        """
        formals = {name: self._encoder.parameter(i, width) for i, (name, width) in enumerate(parameters.items())}
        meanings = {**{name: self._variables[v] for name, v in rigid.items()}, **formals}
        bodies = self._encoder.encode(terms, meanings, {term: self._variables[v] for term, v in named.items()})
        if defines:
            first = len(formals)
            bodies = [
                self._encoder.equality(self._encoder.parameter(first + i, t.width), b)
                for i, (t, b) in enumerate(zip(terms, bodies, strict=True))
            ]
        return Template(tuple(formals), len(terms) if defines else 0, self._encoder.conjunction(bodies) if bodies else None)

    @_guarded
    def instantiate(self, template: Template, actuals: Mapping[str, int], results: Sequence[int] = ()) -> None:
        """Assert the template for these variables: `actuals` by parameter name, `results` for its terms in order."""
        if len(results) != template.results:
            raise ValueError("one variable for each defined term")
        if template.body is not None:
            arguments = [self._variables[actuals[name]] for name in template.parameters]
            arguments += [self._variables[r] for r in results]
            self._assert(self._encoder.instance(template.body, arguments))

    # ------------------------------------------------------------------------------------------ questions

    def check(self, assumptions: Iterable[int] = (), *, rlimit: int | None = None, model: bool = True) -> Answer:
        """Is everything asserted satisfiable together with these literals? `rlimit`: at most that many units for this question. `model`: it
        will be looked at if there is one (to build it costs more than many a question).

        Never raises on Ctrl-C during the solver's work: the answer is then UNKNOWN for INTERRUPTED. After an UNKNOWN that is not due to the
        question's own limit every further answer is the same, since a solver that was stopped at an arbitrary point is not asked again.
        """
        self._model = None
        self._assumed = None
        self._known = len(self._variables)
        exhausted = self._ended or self._meter.exhausted()
        if exhausted is not None:
            return Answer(Status.UNKNOWN, exhausted)
        assumed = tuple(assumptions)
        literals = [self._literal(lit) for lit in assumed]
        try:
            result = self._ask(literals, rlimit, model=model)
            reason = self._reason(self._solver.reason_unknown(), rlimit) if result == z3.Z3_L_UNDEF else None
        except z3.Z3Exception as error:
            # Limits usually end in an answer, but not where Z3 meets them while it translates: then they are an exception.
            reason = self._reason(str(error), rlimit)
            if reason is UnknownReason.SOLVER:
                raise
            self._model = None
            self._ended = reason
            return Answer(Status.UNKNOWN, reason)
        if result == z3.Z3_L_FALSE:
            self._assumed = assumed
        if reason is None:
            return SAT if result == z3.Z3_L_TRUE else UNSAT
        if reason is not UnknownReason.RLIMIT or rlimit is None or self.exhausted:
            self._ended = reason
        return Answer(Status.UNKNOWN, reason)

    @_guarded
    def value(self, variable: int) -> int:
        """The variable's (or literal's) value in the model of the last check, which must have been SAT. Unconstrained ones are 0."""
        if self._model is None:
            raise ValueError("there is a model only right after a satisfiable check")
        index = abs(variable)
        if index >= self._known:
            raise ValueError(f"variable {index} was made after the check, so the model says nothing about it")
        declaration = self._declarations.get(index)
        if declaration is None:
            declaration = z3core.Z3_get_app_decl(self._ref, z3core.Z3_to_app(self._ref, self._variables[index]))
            self._declarations[index] = declaration
        interpretation = z3core.Z3_model_get_const_interp(self._ref, self._model.model, declaration)
        if interpretation is None or not interpretation:
            found = 0
        elif self._widths[index] == 0:
            found = int(z3core.Z3_get_bool_value(self._ref, interpretation) == z3.Z3_L_TRUE)
        else:
            found = int(z3core.Z3_get_numeral_string(self._ref, interpretation))
        return found if variable > 0 else 1 - found

    def values(self, variables: Iterable[int]) -> tuple[int, ...]:
        return tuple(self.value(v) for v in variables)

    @_guarded
    def unsat_core(self) -> frozenset[int]:
        """Assumptions of the last check, which must have been UNSAT, that contradict by themselves what is asserted: often few, seldom the
        fewest. To be asked for before anything else is asserted.
        """
        if self._assumed is None:
            raise ValueError("there is a core only right after an unsatisfiable check")
        number = {z3core.Z3_get_ast_id(self._ref, self._literal(literal)): literal for literal in self._assumed}
        core = z3core.Z3_solver_get_unsat_core(self._ref, self._solver.solver)
        z3core.Z3_ast_vector_inc_ref(self._ref, core)
        try:
            size = z3core.Z3_ast_vector_size(self._ref, core)
            return frozenset(number[z3core.Z3_get_ast_id(self._ref, z3core.Z3_ast_vector_get(self._ref, core, i))] for i in range(size))
        finally:
            z3core.Z3_ast_vector_dec_ref(self._ref, core)

    # ------------------------------------------------------------------------------------------ inside

    def _ask(self, literals: Sequence[z3.Ast], rlimit: int | None, *, model: bool) -> int:
        """Z3's answer; its model is kept where there is one and it is wanted."""
        if rlimit is not None and self._pending > rlimit // 2:
            self._flush()
        if self._late and self.effort >= self._profile.patience:
            for name, value in self._late.items():
                self._set(name, value)
            self._late = {}
        self._limit(rlimit)
        array = (z3.Ast * len(literals))(*literals)
        started = time.perf_counter()
        try:
            result = z3core.Z3_solver_check_assumptions(self._ref, self._solver.solver, len(literals), array)
        finally:
            self.seconds += time.perf_counter() - started
            self.checks += 1
        self._pending = 0
        self._count_units()
        if result == z3.Z3_L_TRUE and model:
            self._model = self._solver.model()
        return result

    def _flush(self) -> None:
        """Make the solver translate what is pending. A translation cut short by a limit loses assertions, and later answers with them (Z3
        5.4.1).
        """
        self._limit(None)
        array = (z3.Ast * 2)(self._literal(self.true), self._literal(-self.true))
        z3core.Z3_solver_check_assumptions(self._ref, self._solver.solver, 2, array)
        self._pending = 0

    def _assert(self, expression: z3.Ast, units: int = UNKNOWN_UNITS) -> None:
        self._pending += units
        self._assumed = None
        z3core.Z3_solver_assert(self._ref, self._solver.solver, expression)

    def _expression(self, variable: int) -> z3.Ast:
        return self._literal(variable) if variable < 0 else self._variables[variable]

    def _literal(self, literal: int) -> z3.Ast:
        index = abs(literal)
        if self._widths[index] != 0:
            raise ValueError(f"variable {index} is no literal")
        if literal > 0:
            return self._variables[index]
        if index not in self._negations:
            self._negations[index] = self._encoder.negation(self._variables[index])
        return self._negations[index]

    def _set(self, name: str, value: int | bool | str) -> None:
        """Z3 takes unknown parameters silently and fails at the next assertion, so the name is checked first."""
        self._known_parameter(name)
        self._solver.set(name, value)

    def _known_parameter(self, name: str) -> None:
        if name not in self._known_parameters:
            raise ValueError(f"this solver has no parameter {name}")

    def _limit(self, rlimit: int | None) -> None:
        seconds = self._meter.remaining_seconds()
        if seconds is not None:
            self._set("timeout", max(1, int(seconds * 1000)))
        limits = [x for x in (rlimit, self._meter.remaining_rlimit()) if x is not None]
        if limits or rlimit is not None or self._meter.budget.rlimit is not None:
            self._set("rlimit", max(1, min(limits)))
        else:
            self._set("rlimit", 0)

    def _count_units(self) -> None:
        """The statistic counts the context's whole life; a check's cost is the difference."""
        statistics = self._solver.statistics()
        total = next((statistics.get_key_value(k) for k in statistics.keys() if k == "rlimit count"), self._units)  # noqa: SIM118 (no mapping)
        cost = max(0, int(total) - self._units)
        self._units = int(total)
        self.effort += cost
        self._meter.spend(cost)

    def _reason(self, text: str, rlimit: int | None) -> UnknownReason:
        """Why there is no answer, from Z3's words for it."""
        if "interrupted" in text:
            return UnknownReason.INTERRUPTED
        if "memory" in text:
            return UnknownReason.MEMORY
        exhausted = self._meter.exhausted()
        if exhausted is not None:
            return exhausted
        if "timeout" in text:
            return UnknownReason.TIME
        if "resource" in text or ("canceled" in text and (rlimit is not None or self._meter.budget.rlimit is not None)):
            return UnknownReason.RLIMIT
        if "canceled" in text and self._meter.budget.seconds is not None:
            return UnknownReason.TIME
        return UnknownReason.SOLVER


def _parameter_names(solver: z3.Solver) -> frozenset[str]:
    described = solver.param_descrs()
    return frozenset(str(described.get_name(i)) for i in range(described.size()))
