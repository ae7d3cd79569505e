"""A system whose recurring event leaves behind what keeps it from happening again, and some where that fails."""

from __future__ import annotations

MARKING = """\
const address: 1..2
const chosen: 0..1
state tracked: [0..1]bool
state odd: bool = false
state mark: 0..3 = 0
state done: bool = false
terminal done
step attempt() by guest when !done {
    if odd && tracked[chosen] {
        if mark == address {
            done = true
        } else {
            mark = 0
            yield "marking"
            tracked[chosen] = false
            mark = address
        }
    }
    odd = !odd
}
step track(i: 0..1) by env { tracked[i] = true }
config busy { enable track(i) when i == chosen }
event untracks { tracked[chosen] && !tracked'[chosen] }
progress p {
    recurs untracks
    never done'
}
"""
"""Between two events there may be as many transitions as one likes, and `mark` moves both ways until the event has happened once."""

FORGETTING = MARKING.replace("    odd = !odd\n", "    if !odd { mark = 0 }\n    odd = !odd\n")
"""What is left behind does not stay."""

TAKEN_AWAY = MARKING.replace("enable track(i)", "enable forget\n    enable track(i)") + "step forget() by env { mark = 0 }\n"
"""What is left behind is taken away."""

BROKEN = (
    MARKING.replace("mark = address", "mark = 3 - address"),  # it leaves something else behind
    FORGETTING,
    TAKEN_AWAY,
    MARKING.replace("mark == address", "mark == 3"),  # it prevents nothing
)
