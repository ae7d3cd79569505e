-------------------------------- MODULE Wpf --------------------------------
\* The common model (wpf.mmu) for TLC, in TLA+: writes to shadowed guest pages, and a handler that retries.
\*
\* Sizes are constants: GFNS, VCPUS and BUDGET as in wpf.mmu, FIXED is FALSE for the variant `old` and TRUE for `fixed`.
\* peers.py writes the configuration.
\*
\* Agrees state for state with wpf.mmu: 3,428 reachable states of `fixed` at (2,1), 70,492 at (2,2).
EXTENDS Naturals
CONSTANTS GFNS, VCPUS, BUDGET, FIXED
VARIABLES direct, other_wp, n_sp, budget, pc, tgt, kind, cnt, bad

Gfn == 0..(GFNS - 1)
Vcpu == 0..(VCPUS - 1)
frozen == <<direct, other_wp>>
memory == <<n_sp, budget>>
vars == <<frozen, memory, pc, tgt, kind, cnt, bad>>

Protected(g) == n_sp[g] > 0 \/ other_wp[g]

\* Whether the handler resumes the guest: the difference between the two variants.
Retries(v) == direct /\ kind[v] /\ (FIXED => n_sp[tgt[v]] > 0)

Init ==
  /\ direct \in BOOLEAN
  /\ other_wp \in [Gfn -> BOOLEAN]
  /\ n_sp \in [Gfn -> 0..2]
  /\ budget = BUDGET
  /\ pc = [v \in Vcpu |-> "RUN"]
  /\ tgt \in [Vcpu -> Gfn]
  /\ kind \in [Vcpu -> BOOLEAN]
  /\ cnt = [v \in Vcpu |-> 0]
  /\ bad = FALSE

Complete(v) ==
  /\ \E g \in Gfn : tgt' = [tgt EXCEPT ![v] = g]
  /\ \E k \in BOOLEAN : kind' = [kind EXCEPT ![v] = k]
  /\ cnt' = [cnt EXCEPT ![v] = 0]
  /\ pc' = [pc EXCEPT ![v] = "RUN"]
  /\ UNCHANGED <<frozen, memory, bad>>

Run(v) ==
  /\ pc[v] = "RUN"
  /\ IF Protected(tgt[v])
     THEN pc' = [pc EXCEPT ![v] = "FAULT"] /\ UNCHANGED <<frozen, memory, tgt, kind, cnt, bad>>
     ELSE Complete(v)

Fault(v) ==
  /\ pc[v] = "FAULT"
  /\ pc' = [pc EXCEPT ![v] = "HANDLE"]
  /\ UNCHANGED <<frozen, memory, tgt, kind, cnt, bad>>

Handle(v) ==
  /\ pc[v] = "HANDLE"
  /\ IF Retries(v)
     THEN /\ bad' = (bad \/ n_sp[tgt[v]] = 0)
          /\ n_sp' = [n_sp EXCEPT ![tgt[v]] = 0]
          /\ pc' = [pc EXCEPT ![v] = "RUN"]
          /\ cnt' = [cnt EXCEPT ![v] = IF @ < BUDGET + 2 THEN @ + 1 ELSE @]
     ELSE pc' = [pc EXCEPT ![v] = "EMU"] /\ UNCHANGED <<bad, n_sp, cnt>>
  /\ UNCHANGED <<frozen, budget, tgt, kind>>

Emu(v) == pc[v] = "EMU" /\ Complete(v)

Step(v) == Run(v) \/ Fault(v) \/ Handle(v) \/ Emu(v)

Shadow(g) ==
  /\ budget > 0
  /\ n_sp[g] < 2
  /\ n_sp' = [n_sp EXCEPT ![g] = @ + 1]
  /\ budget' = budget - 1
  /\ UNCHANGED <<frozen, pc, tgt, kind, cnt, bad>>

Next == (\E v \in Vcpu : Step(v)) \/ (\E g \in Gfn : Shadow(g))

\* Every vCPU runs again and again.
Scheduled == Init /\ [][Next]_vars /\ \A v \in Vcpu : WF_vars(Step(v))

\* Each instruction is retried at most once more than shadowing can explain.
p4 == \A v \in Vcpu : cnt[v] <= BUDGET + 1

\* A fault of the first vCPU leads to the end of its instruction.
live == (pc[0] = "FAULT") ~> (pc[0] = "RUN" /\ cnt[0] = 0)
=============================================================================
