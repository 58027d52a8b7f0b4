"""Plots of the page, of figures.json alone, as SVG text inside the page: their ink is the page's, dark or light."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from neusoc.base.results import Results
from neusoc.software.network.encoding import EVENTS

# colours that stand in the drawing for those of the page
INK = {
    "#010101": "currentColor", "#020202": "var(--accent)", "#030303": "var(--second)", "#040404": "var(--miss)", "#050505": "var(--line)",
}  # fmt: skip
BLACK, FIRST, SECOND, RED, GREY = INK
AGES = ("programmed", "1 s", "1 day")
BASE = "64-30 everything on"
BY_EVENTS = f"64-30 by {EVENTS} events"
SPLITS = {"stratified": "writers known", "last360": "unknown writers"}


@dataclass(frozen=True)
class Plot:
    """A drawing, or why there is none.

    Attributes:
        title: heading: what it shows.
        svg: the drawing; empty if its figures are not there.
        says: description of what a reader sees, in words.
    """

    title: str
    svg: str
    says: str


def _values(results: Results, step: str) -> dict[str, tuple[float, float | None]]:
    """Figure -> value and least that is asked, of those that were obtained."""
    report = results.report(step)
    return {f.name: (f.value, f.min) for f in report.figures if f.value is not None} if report else {}


def _svg(figure: object, title: str) -> str:
    """A matplotlib figure as an element of the page, the same for the same figures."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)  # type: ignore[attr-defined]
    text = out.getvalue()[out.getvalue().index("<svg") :]
    for drawn, shown in INK.items():
        text = text.replace(drawn, shown)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    name = re.sub(r"\W+", "-", title.lower())
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{name}-", text)
    return re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"|<svg height="[^"]*" (.*?)width="[^"]*"', r"<svg \1\2", text, count=1)


def _axes(width: float, height: float) -> tuple[object, object]:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({
        "svg.fonttype": "none", "svg.hashsalt": "neusoc", "font.family": "sans-serif", "font.size": 10, "text.color": BLACK,
        "axes.edgecolor": GREY, "axes.labelcolor": BLACK, "xtick.color": BLACK, "ytick.color": BLACK, "axes.spines.top": False,
        "axes.spines.right": False, "grid.color": GREY, "grid.linewidth": 0.6, "legend.frameon": False,
    })  # fmt: skip
    return plt.subplots(figsize=(width, height), layout="constrained")


def _close(figure: object, title: str) -> str:
    import matplotlib.pyplot as plt

    svg = _svg(figure, title)
    plt.close(figure)  # type: ignore[arg-type]
    return svg


def ages(results: Results, step: str, case: str, title: str, says: str) -> Plot:
    """Accuracy of the sampled chips just programmed, after a second and after a day: mean, worst chip, least mean that is asked."""
    known = _values(results, step)
    if not any(f"{case} stratified {age}: mean" in known for age in AGES):
        return Plot(title, "", f"not run: make {step}")
    figure, axes = _axes(6.2, 3.4)
    for (split, writers), colour in zip(SPLITS.items(), (FIRST, SECOND), strict=True):
        at = [i for i, age in enumerate(AGES) if f"{case} {split} {age}: mean" in known]
        mean = [known[f"{case} {split} {AGES[i]}: mean"] for i in at]
        worst = [known.get(f"{case} {split} {AGES[i]}: worst chip", (float("nan"), None))[0] for i in at]
        axes.plot(at, [v for v, _ in mean], "o-", color=colour, label=f"{writers}: mean of the chips")  # type: ignore[attr-defined]
        if any(value == value for value in worst):                                       # not of the study
            axes.plot(at, worst, "v:", color=colour, label=f"{writers}: worst chip")  # type: ignore[attr-defined]
        asked = [(i, least) for i, (_, least) in zip(at, mean, strict=True) if least is not None]
        label = "least mean that is asked" if colour == FIRST else None
        if asked:
            axes.plot(*zip(*asked, strict=True), "_", color=RED, markersize=22, label=label)  # type: ignore[attr-defined]
    axes.set_xticks(range(len(AGES)), AGES)  # type: ignore[attr-defined]
    axes.set_xlim(-0.3, 2.3)  # type: ignore[attr-defined]
    axes.set_ylabel("digits classified correctly, %")  # type: ignore[attr-defined]
    axes.grid(axis="y")  # type: ignore[attr-defined]
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)  # type: ignore[attr-defined]
    return Plot(title, _close(figure, title), f"The 64-30 network on sampled chips, every imperfection on, {says}.")


def _rows(title: str, rows: Sequence[tuple[str, Sequence[float]]], labels: Sequence[str], axis: str, zero: float) -> str:
    """Points on a line for each row, one for each label."""
    figure, axes = _axes(6.2, 1.2 + 0.27 * len(rows))
    for number, (label, colour, mark) in enumerate(zip(labels, (FIRST, SECOND), ("o", "D"), strict=False)):
        values = [points[number] for _, points in rows]
        axes.plot(values, range(len(rows)), mark, color=colour, label=label, markersize=6)  # type: ignore[attr-defined]
    axes.axvline(zero, color=BLACK, linewidth=0.9)  # type: ignore[attr-defined]
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])  # type: ignore[attr-defined]
    axes.invert_yaxis()  # type: ignore[attr-defined]
    axes.set_xlabel(axis)  # type: ignore[attr-defined]
    axes.grid(axis="both")  # type: ignore[attr-defined]
    figure.legend(loc="outside lower center", ncols=2, fontsize=9)  # type: ignore[attr-defined]
    return _close(figure, title)


def _changes(results: Results, wanted: re.Pattern[str]) -> list[tuple[str, list[float]]]:
    """Case of the study -> what it changes of the accuracy just programmed and after a day, points; greatest change after a day first."""
    known, rows = _values(results, "study"), []
    base = [known.get(f"{BASE} stratified {age}: mean") for age in ("programmed", "1 day")]
    for name in known:
        found = re.fullmatch(r"64-30 (.*) stratified programmed: mean", name)
        day = known.get(name.replace("programmed", "1 day"))
        if found and day and base[0] and base[1] and wanted.fullmatch(found[1]):
            rows.append((found[1], [known[name][0] - base[0][0], day[0] - base[1][0]]))
    return sorted(rows, key=lambda row: -abs(row[1][1]))


def _study(results: Results, title: str, cases: str, says: str) -> Plot:
    rows = _changes(results, re.compile(cases))
    if not rows:
        return Plot(title, "", "not run: make study")
    return Plot(title, _rows(title, rows, ("just programmed", "a day later"), "change of the accuracy, points", 0.0), says)


def ablation(results: Results) -> Plot:
    """What each imperfection costs: accuracy with it off, beside all on."""
    says = "Right of the line the chip is better without it. The same chips, the same network."
    return _study(results, "Each imperfection off in turn", r"without (?!any).*", says)


def changes(results: Results) -> Plot:
    """What is gained and lost just programmed by a circuit that is another: as extracted, not trimmed."""
    title, known, rows = "The circuit as extracted, not trimmed", _values(results, "digits"), []
    whole = [known.get(f"{BASE} {split} programmed: mean") for split in SPLITS]
    for name in known:
        found = re.fullmatch(r"64-30 (?!everything on)(.*) stratified programmed: mean", name)
        other = known.get(name.replace("stratified", "last360"))
        if found and other and whole[0] and whole[1]:
            rows.append((found[1], [known[name][0] - whole[0][0], other[0] - whole[1][0]]))
    if not rows:
        return Plot(title, "", "not run: make digits")
    rows.sort(key=lambda row: -max(map(abs, row[1])))
    svg = _rows(title, rows, tuple(SPLITS.values()), "change of the accuracy, points", 0.0)
    return Plot(title, svg, "Right of the line the chip is better so. Just programmed; the same chips, the same network.")


def conditions(results: Results) -> Plot:
    """What temperature and stuck cells cost."""
    says = "Cells and their transistors at that temperature; neurons and converters as at 27 C."
    return _study(results, "Hot, cold, stuck", r"at .* C|.*cells stuck", says)


def plots(results: Results) -> list[Plot]:
    """All of them."""
    whole = ages(results, "digits", BASE, "Accuracy with age, whole images", "trimmed")
    events = ages(results, "study", BY_EVENTS, "Accuracy with age, event by event", "calibrated")
    return [whole, events, ablation(results), changes(results), conditions(results)]
