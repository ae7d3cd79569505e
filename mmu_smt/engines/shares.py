"""What each kind of question may spend, in solver units (see docs/adr/0007-proofs-follow-the-search.md); to be tuned by measurement."""

from __future__ import annotations

INDUCTION_ALLOWANCE = 3_000_000
"""Solver units that induction may spend beyond twice what the search has spent. A share, so that neither starves the other, and in units,
not in seconds, so that the course of a run does not depend on the machine."""

RELY_ALLOWANCE = 30_000_000
"""The same for rely-guarantee induction, which may spend twice what the search has spent: with it every safety query may be settled."""

RELY_PATIENCE = 10_000_000
"""Units of the search after which ranking no longer waits for invariants to be proved."""

RANKING_ALLOWANCE = 1_000_000
"""The same for arguments that exclude loops, for each progress query; together they may spend three times what the search has spent."""

RANKING_LENGTHS = 16
"""Lengths of runs looked at for each depth of the search: runs of a few variables are cheap."""

RECURRENCE_ALLOWANCE = 1_000_000
"""The same for questions about simple paths."""

LASSO_ALLOWANCE = 1_000_000
"""The same for lassos, beyond half of what everything else has spent: where runs end after all, each lasso looked for was in vain."""

IDLE_LASSO_ALLOWANCE = 100_000
"""The same where only `within least` wants them, beyond one part in 32: as a rule such a count is bounded."""

LASSO_LAG = 8
"""Lassos never lag behind by more transitions than this."""

IDLE_LASSO_LAG = 32
"""The same where only `within least` wants them."""

UNINTERRUPTED_ALLOWANCE = 5_000_000
"""Units that the search among uninterrupted runs may spend beyond what the search for the shortest ones has spent."""

UNINTERRUPTED_PATIENCE = 20_000_000
"""Units for which a shorter run is still looked for when one without interruptions has been found."""

LEMMA_DEPTH = 2
"""Nobody asks for lemmas, so that no longer run is searched for one; what is proved of them by then, or along flights, helps others."""

SUMS_ALLOWANCE = 8_000_000
"""Units that looking for sums from which a bound follows may cost beyond twice the search: few queries are bounds, and that ends most."""

SUMS_PATIENCE = 1_500_000
"""Units of the search before which no sums are looked for: what a short run violates needs none, and they would cost twice as much."""

SUMS_DEPTH = 16
"""They are from this depth on, where transitions cost so little that the search does not get to that."""
