"""Mutants of the hand-written RTL: every operator, condition, literal, state and assignment that can be wrong, all in one set of sources.

The sources hold every chosen mutant behind a comparison with `mutant_select::sel`, which the plusarg +mutant=K sets at the start of a
simulation (0: none). So one build serves all mutants. The generated registers and the packages are left alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from neusoc.base.chip import Chip
from neusoc.base.report import write_atomic
from neusoc.digital.rtl.files import FOLDER, TOP, rtl_sources
from pyslang import syntax

SELECT = "mutant_select"
OPERATORS = {
    "&": "|", "|": "&", "^": "&", "&&": "||", "||": "&&", "==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">",
    "+": "-", "-": "+", "*": "+", ">>": "<<", "<<": ">>",
}
UNARY = {"~": "", "!": "", "&": "|", "|": "&", "~|": "|", "~&": "&"}
# What holds behaviour, and what inside it must stay constant or is not an expression.
_BEHAVIOUR = {"AlwaysCombBlock", "AlwaysFFBlock", "AlwaysLatchBlock", "ContinuousAssign", "NamedPortConnection"}
_CONSTANT = {
    "SimpleRangeSelect", "AscendingRangeSelect", "DescendingRangeSelect", "EventControlWithExpression", "ForLoopStatement",
    "MultipleConcatenationExpression", "CastExpression", "VariableDimension", "DataDeclaration", "InvocationExpression",
}  # fmt: skip
# Their faults are planted and seen in verification/cocotb/test_clock_loss.py and digital/harden/tests/test_harden_clock_watch.py.
_TIMED = ("clock_copy", "delay_line", "clock_watch", "clock_flag")


@dataclass(frozen=True, order=True)
class Mutant:
    """One fault: text[begin:end] of the file becomes `new`. Kinds: operator, unary, condition, literal, state, assignment."""

    file: str
    line: int
    kind: str
    begin: int
    end: int
    old: str
    new: str

    @property
    def name(self) -> str:
        """Place and change, on one line."""
        return f"{self.file}:{self.line}: {self.kind}: `{' '.join(self.old.split())}` -> `{' '.join(self.new.split())}`"


@dataclass(frozen=True)
class _Place:
    """A node of the tree that mutants may change: parts are the offsets of what is inside and may be changed too."""

    mutant: Mutant
    template: str  # {new} and {old} are made of the parts
    parts: tuple[tuple[int, int], ...]


def mutable_sources(chip: Chip) -> list[Path]:
    """The hand-written modules, the top last, but for those of the clock's loss: the campaign's simulator has no delays."""
    return [path for path in rtl_sources(chip) if path.parent == FOLDER and not path.stem.endswith("_pkg") and path.stem not in _TIMED]


def _enums(tree: syntax.SyntaxTree, scope: str = "") -> dict[str, str]:
    """Label of an enumeration -> the next label of the same."""
    found: dict[str, str] = {}

    def visit(node: object) -> None:
        if isinstance(node, syntax.SyntaxNode) and node.kind.name == "EnumType":
            labels = [scope + m.name.valueText for m in node.members if hasattr(m, "name")]
            found.update(zip(labels, labels[1:] + labels[:1], strict=True))

    tree.root.visit(visit)
    return found


class _Finder:
    """Walks one file."""

    def __init__(self, path: Path, labels: dict[str, str]) -> None:
        self.text = path.read_text()
        self.file = path.name
        tree = syntax.SyntaxTree.fromFile(str(path))
        self.labels = labels | _enums(tree)
        self.places: list[_Place] = []
        self._walk(tree.root, False)

    def _span(self, node: syntax.SyntaxNode) -> tuple[int, int]:
        return node.sourceRange.start.offset, node.sourceRange.end.offset

    def _add(self, kind: str, span: tuple[int, int], new: str, template: str, *parts: tuple[int, int]) -> None:
        begin, end = span
        line = self.text.count("\n", 0, begin) + 1
        self.places.append(_Place(Mutant(self.file, line, kind, begin, end, self.text[begin:end], new), template, parts))

    def _walk(self, node: object, inside: bool) -> None:
        if not isinstance(node, syntax.SyntaxNode):
            return
        kind = node.kind.name
        if kind in _CONSTANT:
            return
        inside = inside or kind in _BEHAVIOUR
        if inside:
            self._look(node, kind)
        for child in self._children(node, kind):
            self._walk(child, inside)

    def _children(self, node: syntax.SyntaxNode, kind: str) -> Iterator[object]:
        for child in node:
            # The left side of an assignment, the label of a case item and the names of ports stay.
            if kind in ("AssignmentExpression", "NonblockingAssignmentExpression") and child is node.left:
                continue
            if kind == "StandardCaseItem" and child is not node.clause:
                continue
            yield child

    def _look(self, node: syntax.SyntaxNode, kind: str) -> None:
        span = self._span(node)
        if kind == "ExpressionStatement" and node.expr.kind.name.endswith("AssignmentExpression"):
            self._add("assignment", span, ";", "begin if (!({on})) {old} end", span)
            return
        if kind == "ConditionalPredicate":
            text = self.text[span[0] : span[1]]
            self._add("condition", span, f"!({text})", "(({on}) ^ (|({old})))", span)
            return
        if kind in ("IdentifierName", "ScopedName") and self._value(node):
            text = self.text[span[0] : span[1]].strip()
            if text in self.labels:
                self._add("state", span, self.labels[text], f"(({{on}}) ? {self.labels[text]} : {text})")
            return
        if kind in ("UnbasedUnsizedLiteralExpression", "IntegerVectorExpression"):
            self._literal(span)
            return
        operator = getattr(node, "operatorToken", None)
        if operator is None:
            return
        sign = operator.valueText or operator.rawText
        if kind.startswith("Unary") and sign in UNARY:
            inner = self._span(node.operand)
            text = self.text[inner[0] : inner[1]]
            self._add("unary", span, f"{UNARY[sign]}{text}", f"(({{on}}) ? {UNARY[sign]}({{0}}) : {sign}({{0}}))", inner)
        elif kind.endswith("Expression") and not kind.endswith("AssignmentExpression") and sign in OPERATORS:
            left, right = self._span(node.left), self._span(node.right)
            new = OPERATORS[sign]
            changed = f"{self.text[left[0] : left[1]]} {new} {self.text[right[0] : right[1]]}"
            # Operands are there twice, so a chain of n operators is 2**n long: on one line it is more than Verilator takes.
            self._add("operator", span, changed, f"(({{on}}) ? (({{0}}) {new} ({{1}}))\n : (({{0}}) {sign} ({{1}})))", left, right)

    def _value(self, node: syntax.SyntaxNode) -> bool:
        """Whether a name is the right side of an assignment."""
        parent = node.parent
        assigns = parent.kind.name in ("AssignmentExpression", "NonblockingAssignmentExpression")
        return assigns and self._span(parent.right) == self._span(node)

    def _literal(self, span: tuple[int, int]) -> None:
        text = self.text[span[0] : span[1]].strip()
        if text in ("'0", "'1"):
            new = "'1" if text == "'0" else "'0"
        else:
            size, _, digits = text.partition("'")
            base, value = digits[0].lower(), digits[1:].replace("_", "")
            if not size.isdigit() or base not in "bdh" or not value.isalnum():
                return
            number = int(value, {"b": 2, "d": 10, "h": 16}[base])
            new = f"{size}'d{(number + 1) % (1 << int(size))}"
        self._add("literal", span, new, f"(({{on}}) ? {new} : {text})")


def find_mutants(chip: Chip) -> list[Mutant]:
    """All mutants, in the order of the files and of their text."""
    return [place.mutant for path in mutable_sources(chip) for place in _places(path)]


def _places(path: Path) -> list[_Place]:
    package = syntax.SyntaxTree.fromFile(str(FOLDER / "controller_pkg.sv"))
    return _Finder(path, _enums(package, "controller_pkg::")).places


def choose(chip: Chip, count: int, seed: int) -> list[Mutant]:
    """A random sample of the mutants: those with the lowest hash of seed and text, so that a change elsewhere leaves it as it is."""
    found = find_mutants(chip)
    seen: dict[str, int] = {}

    def rank(mutant: Mutant) -> str:
        text = f"{seed} {mutant.file} {mutant.kind} {mutant.old} {mutant.new}"
        seen[text] = seen.get(text, 0) + 1
        return hashlib.sha256(f"{text} {seen[text]}".encode()).hexdigest()

    return [mutant for _, mutant in sorted((rank(m), m) for m in found)[:count]]


def alone(chip: Chip, mutant: Mutant, folder: Path) -> list[Path]:
    """The controller's sources with this one mutant in their text, the changed file in folder."""
    (path,) = [path for path in mutable_sources(chip) if path.name == mutant.file]
    text = path.read_text()
    changed = write_atomic(folder / mutant.file, text[: mutant.begin] + mutant.new + text[mutant.end :])
    return [changed if source == path else source for source in rtl_sources(chip)]


def _render(text: str, begin: int, end: int, chosen: list[tuple[int, _Place]]) -> str:
    """text[begin:end] with the chosen places in it, the outermost first."""
    out, at = [], begin
    todo = sorted(
        ((number, p) for number, p in chosen if begin <= p.mutant.begin and p.mutant.end <= end),
        key=lambda item: (item[1].mutant.begin, -item[1].mutant.end),
    )
    while todo:
        number, place = todo[0]
        m = place.mutant
        inner = [item for item in todo[1:] if item[1].mutant.end <= m.end]
        todo = [item for item in todo[1:] if item[1].mutant.begin >= m.end]
        parts = [_render(text, b, e, inner) for b, e in place.parts]
        words = {"on": f"{SELECT}::sel == {number}", "old": parts[0] if parts else ""}
        out += [text[at : m.begin], place.template.format(*parts, **words)]
        at = m.end
    return "".join([*out, text[at:end]])


def write_sources(chip: Chip, mutants: list[Mutant], folder: Path) -> list[Path]:
    """The controller's sources with all mutants in them, mutant k of the list (from 1) behind +mutant=k."""
    numbers = {mutant: number for number, mutant in enumerate(mutants, 1)}
    package = f"package {SELECT};\n  int sel;\nendpackage\n"
    found = [write_atomic(folder / f"{SELECT}.sv", package)]
    changed = {path.name for path in mutable_sources(chip)}
    for path in rtl_sources(chip):
        if path.name not in changed:
            found.append(path)
            continue
        chosen = [(numbers[place.mutant], place) for place in _places(path) if place.mutant in numbers]
        text = path.read_text()
        made = _render(text, 0, len(text), chosen)
        if path.stem == TOP:
            head, tail = made.rsplit("endmodule", 1)
            start = f'  initial if (!$value$plusargs("mutant=%d", {SELECT}::sel)) {SELECT}::sel = 0;\n\n'
            made = f"{head}{start}endmodule{tail}"
        found.append(write_atomic(folder / path.name, made))
    return found
