"""Compose files as people could write them: styles, comments, anchors and line ends mixed by chance."""

from __future__ import annotations

from hypothesis import strategies as st

# What may stand behind a key in block style; {i} indents what is below the key, {d} the dashes of its list.
BLOCK = {
    "image": [" a", " 'a'  # why", ' "a"', " >-\n{i}a", " |-\n{i}a", " &{n}-image a"],
    "command": [
        " serve",
        " serve # it\n{k}# why",
        " serve\n{i}more",
        " [serve, '# it', \"a\\\n{i}b\"]",
        "\n{d}- serve\n\n{d}- it  # why",
        "\n{d}- |\n{d}  a\n{d}  # no comment\n{d}- b",
        " |\n{i}a\n{i}# no comment\n\n{i}b",
        " >\n{i}a\n\n{i}b\n\n",
        " |+\n{i}a\n\n",
        "",
        " ~",
    ],
    "environment": [
        "\n{i}A: '1'\n{i}B:\n{i}# why\n{i}C: x",
        "\n{d}- A=1\n{d}# why\n{d}- B",
        " {{A: 1, B: }}",
        " [A=1, 'B=# no']  # why",
        "\n{i}<<: *shared-environment\n{i}A: 1",
        " *shared-environment",
    ],
    "tmpfs": [
        " /run",
        " '/run'  # why",
        " [/run]",
        " [\n{i}/run,  # why\n{i}/var,\n{i}]",
        "\n{d}- /run",
        "\n{d}- /run  # why\n{i}# more\n\n{d}-   /var",
        " []",
        " *shared-tmpfs",
        " &{n}-tmpfs\n{d}- /run",
    ],
    "cap_drop": ["\n{d}- NET_RAW", " [NET_RAW]", " [ALL]", "\n{d}- ALL  # why"],
    "volumes": [
        " ['a:/a']",
        "\n{d}- a:/a  # why\n{d}- type: volume\n{d}  source: a\n{d}  # why\n{d}  target: /b",
    ],
    "user": [' "1"', " me", " '1:1' # why"],
    "read_only": [" false", " true", ' "false"'],
    "x-note": [" ~", "", " {{}}", " a: b"],
}
BLOCK["x-note"][-1] = "\n{i}a: b"
FLOW = [
    "image: a",
    "command: [a, b]",
    "tmpfs: /run",
    "tmpfs: [/run]",
    "cap_drop: [ALL]",
    "user: '1'",
    "init: true",
]
BETWEEN = ["", "", "", "", "\n", "{k}# of the service\n", "# at the margin\n", "\n{i}# deeper\n\n"]
SHARED = """\
x-shared: &shared
  environment: &shared-environment {Z: "1"}
  tmpfs: &shared-tmpfs [/shared, "/a b:size=1"]
"""
HEADS = ["", "\ufeff", "---\n", "# ünïcode 🐍\n", "version: '3'\n\n", "%YAML 1.1\n---\n"]
TAILS = ["", "# the end\n", "...\n", "\n\n", "volumes:\n  a:\n", "---\nvolumes: {a: }\n"]


@st.composite
def services(draw: st.DrawFn, name: str, step: int, dash: int, above: list[str]) -> str:
    """The lines of one service; *above* are those with anchors of their names that it may merge or extend."""
    outer, keys = " " * step, " " * 2 * step
    places = {"k": keys, "i": keys + " " * step, "d": keys + " " * dash, "n": name}
    between = st.sampled_from(BETWEEN).map(lambda text: text.format(**places))
    anchor = draw(st.sampled_from(["", f" &{name}"]))
    if draw(st.integers(0, 4)) == 0:
        entries = draw(
            st.lists(st.sampled_from(FLOW), min_size=1, unique_by=lambda entry: entry.split(":")[0])
        )
        comma = draw(st.sampled_from([", ", f",\n{keys}", f",  # why\n{keys}"]))
        return f"{outer}{name}:{anchor} {{{comma.join(entries)}}}\n" + draw(between)
    lines = [f"{outer}{name}:{anchor}\n"]
    parents = ["shared", *above]
    heritage = [
        *(f"{keys}<<: *{parent}\n" for parent in parents),
        *(f"{keys}<<: [*{parent}, *shared]\n" for parent in parents[1:]),
        *(f"{keys}extends: {parent}\n" for parent in parents[1:]),
        *[""] * 4,
    ]
    lines.append(draw(st.sampled_from(heritage)))
    for key in draw(st.lists(st.sampled_from(list(BLOCK)), min_size=1, max_size=5, unique=True)):
        value = draw(st.sampled_from(BLOCK[key])).format(**places)
        lines += [f"{keys}{key}:{value}\n", draw(between)]
    return "".join(lines)


@st.composite
def compose_files(draw: st.DrawFn) -> tuple[bytes, list[str]]:
    """A compose file, and the names of its services."""
    step = draw(st.sampled_from([2, 4]))
    dash = draw(st.sampled_from([0, 2, step]))
    names: list[str] = []
    text = draw(st.sampled_from(HEADS)) + SHARED + "services:\n"
    for name in ["web", "worker", "db"][: draw(st.integers(1, 3))]:
        text += draw(services(name, step, dash, [other for other in names if f"{other}: &{other}" in text]))
        names.append(name)
    text += draw(st.sampled_from(TAILS))
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return text.encode(), names
