"""Small systems with two variants, `one` and `two`, whose comparison is known."""

# A counter with a guard; what a variant does with it is left open.
COUNTER = """\
param MAX: 1..7 = 5

const start: 0..1
state n: 0..MAX
state done: bool = false
ghost seen: 0..MAX = 0
terminal done
rule early, late
enum Answer {{ GO, STOP }}
init begins {{ n == start }}

handler decide() -> Answer {{
    seen = n
    if n == MAX {{
        return STOP @late
    }}
    return GO
}}

fn advance() {{
    n += 1
}}

step act() by guest when !done {{
    if decide() == GO {{
        advance()
    }} else {{
        done = true
    }}
}}

step reset() by env when !done {{
    n = start
}}

event stopped {{ done' }}
progress ends {{ recurs taken(act) never stopped }}
progress ends_soon within 4 {{ recurs taken(act) never stopped }}
invariant small {{ n < 4 }}
step property grows {{ taken(act) => n' >= n }}
cover stops {{ decide.decides(STOP) }}

config noisy {{
    enable act weakly fair
    enable reset
}}
config from_one {{ assume begins_at_one {{ start == 1 }} }}

variant one {{ }}
variant two of one {{
{overrides}
}}
"""


def counter(*overrides: str) -> str:
    return COUNTER.format(overrides="\n".join(overrides))


def deciding(body: str) -> str:
    return "override handler decide() -> Answer { seen = n " + body + " }"


SAME = "if n == MAX { return STOP @late } return GO"
REWRITTEN = "if n < MAX { return GO } return STOP @late"
WHEN_FIVE = "if n == MAX { return GO } return GO"  # overflows at the end
OTHER_LABEL = "if n == MAX { return STOP @early } return GO"
STOPS_AT_THREE = "if n >= 3 { return STOP @late } return GO"
STARTS_OVER = "if n == MAX { n = start return GO } return GO"
NEVER_FROM_ONE = "if n == MAX { if start == 1 { n = 0 } else { return STOP @late } } return GO"
NEVER_FROM_ZERO = "if n == MAX { if start == 0 { n = 0 } else { return STOP @late } } return GO"

# Stages whose verdicts hide what they do: `two` violates `ends` as `one` does, but in another scenario.
STAGES = (
    counter(deciding(NEVER_FROM_ZERO)).replace("variant one { }", "variant one { " + deciding(NEVER_FROM_ONE) + " }")
    + """
config calm { }
variant three of two { }
variant four of three { """
    + deciding(STARTS_OVER)
    + """ }
variant five of four { """
    + deciding(STOPS_AT_THREE)
    + """ }
variant apart { state more: bool = false """
    + deciding(STARTS_OVER)
    + """ }
/// What the stages do.
matrix stages {
    rows one, two, three, four, five
    columns calm, noisy, from_one
    properties ends, small, stops
}
"""
)
