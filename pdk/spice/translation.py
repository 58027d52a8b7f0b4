"""A deck's circuit for VACASK: in its own language, and in what it reads of ngspice's.

Models, subcircuits and most devices stay in ngspice's language, which VACASK reads. Written anew are: each
transistor's bin (bins.py), the sources with their waves, and the ReRAM's wrapper, for what VACASK does not
read of them it leaves out without a word. That is why a statement of a kind that was not tried is refused
here and never passed on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from neusoc.pdk.spice.bins import Library, chosen, library, with_bin
from neusoc.pdk.spice.control import NUMBER, SUFFIX, Analysis, Deck, NotTakenOverError, constant, number

_AS_THEY_ARE = "xrcldqefh"  # devices that VACASK reads in ngspice's language, tried against ngspice
_PLACE = re.compile(r"v\(([^()]+)\)=([^\s=]+)")
STEP = 1e-3  # V: what is a jump in ngspice takes so much of its argument here; a jump has no derivative
_CHOICE = re.compile(r"\(?([^?>]+)>([^?]+?)\)?\?([^:]+):(.+)")
_INITIAL = re.compile(r"\sic=")  # of a device: VACASK leaves it out
# V in series with each drain: at no voltage at all between drain and source most transistors of VACASK's have
# no conductance (verification/tools/cross/tests/test_cross_reasons.py). Not in transients, where no voltage
# stays at 0 and each further node costs time.
DRAIN = 1e-9
_IN_LIBRARY = re.compile(r"(?im)^(m\S+)\s+d\s+g\s+s\s+b\b")
_FLOW = ":flow(br)"
_SUFFIXED = re.compile(rf"([\s=(*/+-])({NUMBER}{SUFFIX})(?![\w.])")
# a node within a subcircuit that a device outside of it looks at: it becomes a pin
_WITHIN, _LIFTED = re.compile(r"\b(x\w+)\.(\w+)\b"), re.compile(r"\b(x\w+?)_within_(\w+)\b")
# VACASK's own language has no brackets in names
_BRACKETS, _INSTEAD = re.compile(r"\[(\d+)\]"), re.compile(r"_of(\d+)_")


def ngspice_name(name: str) -> str:
    """How ngspice calls a vector: x1:n is v(x1.n), vdd:flow(br) is i(vdd), x1:ncell:x, of a device within,
    v(n.x1.ncell#x)."""
    name = _INSTEAD.sub(r"[\1]", _LIFTED.sub(r"\1:\2", name))
    if name.endswith(_FLOW):
        *path, source = name.removesuffix(_FLOW).split(":")
        return f"i({'.'.join([source[0], *path, source] if path else [source])})"
    *path, last = name.split(":")
    if path and not path[-1].startswith("x"):
        return f"v({'.'.join([path[-1][0], *path])}#{last})" if len(path) > 1 else f"v({path[0]}#{last})"
    return f"v({'.'.join([*path, last])})"


def _strictly_later(name: str, points: Sequence[float]) -> list[float]:
    """Times and levels without points that stand twice.

    Raises:
        NotTakenOverError: two levels at one time.
    """
    kept: list[float] = []
    for time, level in zip(points[::2], points[1::2], strict=True):
        if kept and time <= kept[-2]:
            if (time, level) != (kept[-2], kept[-1]):
                raise NotTakenOverError(f"source {name}: two levels at {time:g} s")
            continue
        kept += [time, level]
    return kept


def _wave(name: str, text: str) -> dict[str, str]:
    """Parameters of a wave: pulse(...) or pwl(...)."""
    kind, _, inside = text.partition("(")
    given = [constant(word) for word in re.split(r"[\s,]+", inside.rstrip(") ").strip())]
    if kind == "pwl":
        given = _strictly_later(name, given)
        return {"type": '"pwl"', "wave": f"[{', '.join(map(repr, given))}]", "dc": repr(given[1])}
    if kind != "pulse" or len(given) < 6:
        raise NotTakenOverError(f"source {name}: wave {kind} with {len(given)} numbers")
    low, high, delay, rise, fall, width = given[:6]
    # without a period ngspice's pulse is not repeated before the end of the analysis
    period = given[6] if len(given) > 6 else delay + 10 * (rise + width + fall) + 1.0
    values = {
        "val0": low,
        "val1": high,
        "delay": delay,
        "rise": rise,
        "fall": fall,
        "width": width,
        "period": period,
    }
    return {"type": '"pulse"', "dc": repr(low)} | {key: repr(part) for key, part in values.items()}


def _levels(name: str, text: str) -> dict[str, str]:
    """Words of a source's constants by parameter: a bare number or `dc` gives dc, `ac` gives mag, 1 without a
    number.

    Raises:
        NotTakenOverError: a constant stands twice, or a number stands behind another, as the phase behind
            `ac`.
    """
    words = re.sub(r"\{[^}]*\}", lambda found: "".join(found[0].split()), text.replace("=", " ")).split()
    found: dict[str, str] = {}
    while words:
        word = words.pop(0)
        bare = word not in ("dc", "ac")
        part = "mag" if word == "ac" else "dc"
        if part in found or (bare and found):
            raise NotTakenOverError(f"source {name}: {word!r} behind {' '.join(found.values())!r}")
        found[part] = word if bare else words.pop(0) if words else "1"
    return found


def source(line: str, changes: dict[tuple[str, str], float], moving: bool = False) -> str:
    """A voltage or current source of the highest level.

    Args:
        line: the statement.
        changes: altered values, as in Analysis.
        moving: choice of following its wave; else it stands at its own constant, or where its wave begins.

    Raises:
        NotTakenOverError: a wave that is not known here, or constants that are not.
    """
    name, plus, minus, *rest = line.split(None, 3)
    text = rest[0] if rest else "0"
    wave = re.search(r"\b(pwl|pulse|sin|exp|sffm|am)\s*\([^)]*\)", text)
    parameters = _wave(name, re.sub(r"\s*\(\s*", "(", wave[0], count=1)) if wave else {}
    parameters |= {
        part: repr(constant(word))
        for part, word in _levels(name, text.replace(wave[0], " ") if wave else text).items()
    }
    for (device, part), altered in changes.items():
        if device == name:
            if part == "dc" and wave and moving:
                raise NotTakenOverError(f"alter of {name}, which has a wave")
            parameters["dc" if part == "dc" else "mag"] = repr(altered)
    parameters.setdefault("dc", "0.0")
    if not moving:
        parameters = {key: parameters[key] for key in ("dc", "mag") if key in parameters}
    kind = {"v": "vsource", "i": "isource"}[name[0]]
    return f"{name} ({plus} {minus}) {kind} {' '.join(f'{key}={text}' for key, text in parameters.items())}"


def _plain(line: str) -> str:
    """A device's line with its numbers written out: VACASK knows other suffixes than ngspice (of `1g` it
    makes nothing)."""
    return _SUFFIXED.sub(lambda found: f"{found[1]}{number(found[2])!r}", line)


def lifted(circuit: Sequence[str]) -> list[str]:
    """A circuit in which each node within a subcircuit that a device of the highest level looks at is a pin
    of the subcircuit.

    VACASK has no way to name such a node outside. Node n of xdut becomes xdut_within_n.
    """
    inside, top = False, []
    for line in circuit:
        inside = line.startswith(".subckt") or (inside and not line.startswith(".ends"))
        top += [] if inside or line.startswith(".ends") else [line]
    devices = [line for line in top if not line.startswith((".", "x"))]
    wanted = list(dict.fromkeys(found for line in devices for found in _WITHIN.findall(line)))
    cells = {line.split()[0]: _cell(line) for line in top if line.startswith("x")}
    pins: dict[str, list[str]] = {}
    for instance, node in wanted:
        if instance not in cells:
            raise NotTakenOverError(f"node {instance}.{node} within more than one subcircuit")
        names = pins.setdefault(cells[instance], [])
        names += [] if node in names else [node]
    found = []
    for line in circuit:
        words = line.split()
        if words[0] == ".subckt" and words[1] in pins:
            line = " ".join([*words[:2], *pins[words[1]], *words[2:]])
        elif words[0].startswith("x") and _cell(line) in pins:
            line = " ".join(
                [words[0], *(f"{words[0]}_within_{node}" for node in pins[_cell(line)]), *words[1:]]
            )
        if not line.startswith("x"):
            line = _WITHIN.sub(lambda m: "_within_".join(m.groups()) if m.groups() in wanted else m[0], line)
        found.append(line)
    return found


def _cell(line: str) -> str:
    """Subcircuit of an instance."""
    return [word for word in line.split() if "=" not in word][-1]


def _behavioural(line: str) -> str:
    """A source whose value is an expression; the step function u(), and the choice `a>b?c:d`, take STEP from
    one end to the other."""
    head, _, expression = line.partition("=")
    if re.search(r"\bi\(|\bv\([^()]*,", expression):
        raise NotTakenOverError("behavioural source of a current or of a difference")
    expression = expression.strip("{} ")
    if "?" in expression:
        found = _CHOICE.fullmatch(expression)
        if not found or re.search(r"[<>&|?]", "".join(found.groups())):
            raise NotTakenOverError("behavioural source with more than one condition")
        # no jump either
        left, right, above, below = found.groups()
        expression = f"({below})+(({above})-({below}))*(0.5+0.5*tanh((({left})-({right}))/{STEP!r}))"
    step = re.compile(r"\bu(\((?:[^()]|\([^()]*\))*\))")
    return f"{head}={step.sub(rf'(0.5+0.5*tanh(\1/{STEP!r}))', expression)}"


def _line(line: str) -> str:
    """A transmission line."""
    name, *nodes = line.split()[:5]
    given = line.split()[5:]
    if {word.partition("=")[0] for word in given} != {"z0", "td"}:
        raise NotTakenOverError("transmission line without z0 and td")
    return f"{name} ({' '.join(nodes)}) tline_ideal {_plain(' ' + ' '.join(given)).strip()}"


def _switched(line: str, models: dict[str, dict[str, str]]) -> str:
    """A switch without hysteresis, as a source of current: its conductance goes from one end to the other
    within STEP of its control."""
    name, plus, minus, high, low, model = line.split()[:6]
    card = models.get(model, {})
    if number(card.get("vh", "0")) != 0:
        raise NotTakenOverError("switch with hysteresis")
    opened, closed = (float(np.log(1 / number(card[key]))) for key in ("roff", "ron"))
    share = f"(0.5+0.5*tanh((v({high})-v({low})-{number(card.get('vt', '0'))!r})/{STEP!r}))"
    return f"b{name} {plus} {minus} i=(v({plus})-v({minus}))*exp({opened!r}+{closed - opened!r}*{share})"


class Netlist:
    """A deck's circuit, in VACASK's language and in what it reads of ngspice's.

    Attributes:
        own: statements in VACASK's language.
        spice: statements in ngspice's.
    """

    def __init__(self, deck: Deck, analysis: Analysis) -> None:
        self.models: Library = library(deck.models)
        self.analysis = analysis
        self.own: list[str] = []
        self.spice: list[str] = []
        self.conditions: dict[str, dict[str, float]] = {".ic": {}, ".nodeset": {}}
        self._at_rest = analysis.words[0] != "tran"
        self._used: dict[str, str] = {}
        self._cards: dict[str, dict[str, str]] = {}
        self._transistors: set[str] = set()  # cards that stand in the deck itself, one a size (cards.py)
        for line in deck.circuit:
            words = line.split()
            if words[0] == ".model" and (found := re.fullmatch(r"sw\s*\((.*)\)", " ".join(words[2:]))):
                self._cards[words[1]] = dict(pair.split("=") for pair in found[1].split())
            elif words[0] == ".model" and words[2] in ("nmos", "pmos"):
                self._transistors.add(words[1])
        lines = iter(_BRACKETS.sub(r"_of\1_", line) for line in lifted(deck.circuit))
        for line in lines:
            if line.startswith(".subckt"):
                body = []
                while not (inner := next(lines)).startswith(".ends"):
                    body.append(inner)
                self._subcircuit(line, body)
            else:
                self._statement(line)
        self._library()

    def _subcircuit(self, head: str, body: Sequence[str]) -> None:
        if any(line.startswith("n") for line in body):
            self._compiled(head, body)
            return
        inner = [line if line.startswith((".param", ".model")) else self._device(line) for line in body]
        self.spice += [head, *inner, f".ends {head.split()[1]}"]

    def _compiled(self, head: str, body: Sequence[str]) -> None:
        """A subcircuit of compiled models alone: VACASK reads it in its own language only."""
        _, name, *rest = head.split()
        ports, given = [w for w in rest if "=" not in w], [w for w in rest if "=" in w]
        self.own += [f"subckt {name}({' '.join(ports)})", f"  parameters {' '.join([*given, '$mfactor=1'])}"]
        for line in body:
            words = [w for w in line.split() if "=" not in w]
            if not line.startswith("n"):
                raise NotTakenOverError(f"subcircuit {name}: compiled models beside others")
            own = [re.sub(r"[{}]", "", w) for w in line.split() if "=" in w]
            self.own.append(
                f"  {words[0]} ({' '.join(words[1:-1])}) {words[-1]} {' '.join(own)} $mfactor=$mfactor"
            )
        self.own.append("ends")

    def _statement(self, line: str) -> None:
        """A statement of the highest level."""
        word = line.split()[0]
        if word in self.conditions:
            pairs = _PLACE.findall(line)
            if re.sub(r"[\s,]", "", _PLACE.sub("", line)) != word:
                raise NotTakenOverError(f"statement {line!r}")
            self.conditions[word] |= {node.replace(".", ":"): constant(text) for node, text in pairs}
        elif word == ".model":
            self._model(line)
        elif word == ".param":
            self.spice.append(line)
        elif word.startswith("t"):
            self.own.append(_line(line))
        elif word.startswith(("v", "i")):
            self.own.append(source(line, self.analysis.changes, self.analysis.words[0] == "tran"))
        else:
            self.spice.append(self._device(line))

    def _model(self, line: str) -> None:
        _, name, kind, *given = line.split()
        if kind == "reram":
            self.own.append(f"model {name} {kind} {' '.join(given)}")
        elif name in self._transistors:
            self.spice.append(line)
        elif name not in self._cards:
            raise NotTakenOverError(f"model of kind {kind.partition('(')[0]}")

    def _device(self, line: str) -> str:
        letter = line[0]
        if letter != ".":
            line = _plain(line)
        if letter == "b":
            return _behavioural(line)
        if letter == "s":
            return _behavioural(_switched(line, self._cards))
        if letter in "vi" and not re.search(r"\(", line):
            _levels(line.split()[0], " ".join(line.split()[3:]))
            return line  # within a subcircuit: a constant, with or without `ac`
        if letter == "m" and line.split()[5] in self._transistors:
            name, drain, rest = line.split(maxsplit=2)
            if not self._at_rest:
                return line
            return f"v{name}_drain {drain} {name}_d_own {DRAIN!r}\n{name} {name}_d_own {rest}"
        if letter not in _AS_THEY_ARE:
            raise NotTakenOverError(
                f"device {line.split()[0]!r}" if letter != "." else f"statement {line.split()[0]}"
            )
        if letter != "x":
            if _INITIAL.search(line):
                raise NotTakenOverError(f"initial condition of {line.split()[0]}")
            return line
        words = line.split()
        place = max(k for k, word in enumerate(words) if "=" not in word)
        if (device := words[place]) in self.models.cards:
            words[place] = self._binned(device, dict(word.split("=", 1) for word in words if "=" in word))
        elif device in self.models.whole:
            self._used[device] = self.models.whole[device]
        return " ".join(words)

    def _binned(self, device: str, given: dict[str, str]) -> str:
        fingers = number(given.get("nf", "1"))
        card = chosen(self.models, device, number(given["l"]), number(given["w"]) / fingers)
        name, text = with_bin(self.models, device, card)
        self._used[name] = (
            _IN_LIBRARY.sub(rf"vdrain d d_own {DRAIN!r}\n\1 d_own g s b", text) if self._at_rest else text
        )
        return name

    def _library(self) -> None:
        """Subcircuits of the library that those in use call."""
        left = list(self._used.values())
        while left:
            for line in re.sub(r"\n\+", " ", left.pop().lower()).splitlines():
                words = [w for w in line.replace(" = ", "=").split() if "=" not in w]
                if (
                    words
                    and words[0].startswith("x")
                    and (called := words[-1]) in self.models.whole
                    and called not in self._used
                ):
                    self._used[called] = self.models.whole[called]
                    left.append(self._used[called])

    def library_text(self) -> str:
        """What of the corner's models the circuit uses."""
        return "* models\n" + self.models.parameters + "".join(self._used.values())
