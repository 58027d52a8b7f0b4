"""The page's circuits, run in headless Chromium: seconds to the end, figures beside the published ones, and what a browser that
cannot, or an input that is not possible, is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neusoc.base.report import Figure, Report
from neusoc.base.text import must_match
from neusoc.flow.npm import SIMULATOR
from neusoc.flow.page.browser import WIDE, Found, browser, opened_page
from neusoc.flow.page.circuits import ASKED
from neusoc.flow.page.simulator import SCRIPT
from neusoc.flow.page.try_it import CIRCUITS

MOST_S, MOST_DEVIATION = 10.0, 1.0              # s, %: promises of the page
RUN_MS = 240_000                                # longest wait for a run: other work may want the processor
WITHOUT = "delete globalThis.WebAssembly;"
CHECKS = {
    "faults": "errors of the browser, and runs that do not come to their end",
    "input": "inputs that are not possible and not told",
    "without": "faults in a browser without WebAssembly",
}
_ROWS = """article => [...article.querySelectorAll('tr[data-figure]')].map(row =>
  [row.dataset.figure, row.dataset.published, row.dataset.deviation ?? '', row.querySelector('.here').textContent])"""


@dataclass
class Tried:
    """What a browser finds.

    Attributes:
        seconds: circuit -> seconds on the clock from the button to the end; None: not reached.
        processor: circuit -> seconds of processor time, of all of the browser's processes, until then.
        deviations: "circuit: figure" -> percent of the published value; None: no value.
        faults, input, without: sentences on what is wrong, as CHECKS has it.
        versions: versions of browser and simulator.
    """

    seconds: dict[str, float | None] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    deviations: dict[str, float | None] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    input: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)


def _number(text: str | None) -> float | None:
    return float(text) if text else None


def _processor(opened: Any) -> float:
    """Seconds of processor time that the browser has taken so far."""
    session = opened.new_browser_cdp_session()
    try:
        return float(sum(one["cpuTime"] for one in session.send("SystemInfo.getProcessInfo")["processInfo"]))
    finally:
        session.detach()


def _until(page: Any, name: str, condition: str) -> bool:
    """Whether a circuit's article comes to a state, or fails before."""
    try:
        page.wait_for_function(f"name => (a => {condition} || a.dataset.state === 'failed')(document.getElementById('try-' + name))",
                               arg=name, timeout=RUN_MS)  # fmt: skip
    except Exception:                       # playwright's own class is there only with playwright
        return False
    return bool(page.evaluate(f"name => (a => {condition})(document.getElementById('try-' + name))", name))


def _run(opened: Any, page: Any, name: str, tried: Tried) -> None:
    """Run one circuit with its inputs as they stand."""
    article = page.locator(f"#try-{name}")
    if article.locator("button.run").is_disabled():
        tried.seconds[name] = None
        tried.faults.append(f"{name}: {article.locator('.told').inner_text()}")
        return
    before = _processor(opened)
    article.locator("button.run").focus()
    page.keyboard.press("Enter")
    ended = _until(page, name, "a.dataset.state === 'done'")
    tried.processor[name] = round(_processor(opened) - before, 2)
    tried.seconds[name] = _number(article.get_attribute("data-seconds"))
    if not ended:
        tried.faults.append(f"{name}: {article.locator('.told').inner_text()}")
    elif not article.locator(".waves svg polyline").count():
        tried.faults.append(f"{name}: no waveform is drawn")
    for figure, published, deviation, _ in article.evaluate(_ROWS):
        tried.deviations[f"{name}: {figure}"] = _number(deviation) if published else None
    tried.versions["ngspice of the page"] = article.get_attribute("data-version") or tried.versions.get("ngspice of the page", "unknown")


def _bad_input(page: Any, name: str) -> list[str]:
    """Whether a value that is not possible is told by name and range, and nothing runs."""
    bad = []
    article = page.locator(f"#try-{name}")
    for place in range(article.locator("input").count()):
        one = article.locator("input").nth(place)
        kept = one.input_value()
        for value in ("1e9", ""):
            one.fill(value)
            page.keyboard.press("Enter")
            _until(page, name, "false")
            told = article.locator(".told").inner_text()
            wanted = must_match(r"^(.*) \(", one.locator("xpath=..").locator("span").inner_text(), "page: a field without its unit")[1]
            right = wanted in told and "choose" in told and ("no number" in told) == (not value)
            if not right or article.get_attribute("data-state") != "failed":
                bad.append(f"{name}, {wanted} = {value or 'nothing'}: {told}")
        one.fill(kept)
    return bad


def _without(opened: Any, index: Path) -> list[str]:
    """What the page says to a browser that has no WebAssembly."""
    found = Found()
    page = opened_page(opened, index, WIDE, "light", found, before=WITHOUT)
    told = page.locator("#try-cannot")
    bad = list(found.errors)
    if not told.is_visible() or "no WebAssembly" not in told.inner_text():
        bad.append("nothing says that WebAssembly is missing")
    for article in page.locator("article.try").all():
        name = article.get_attribute("data-circuit")
        bad += [] if article.locator("button.run").is_disabled() else [f"{name}: can be run"]
        blank = article.evaluate("a => [...a.querySelectorAll('td, .told, .waves')].filter(e => !e.textContent.trim()).length")
        bad += [f"{name}: {blank} places are blank"] if blank else []
    page.close()
    return bad


def check_try(index: Path, shots: Path | None = None) -> Tried:
    """Run the circuits of a page.

    Args:
        index: its index.html.
        shots: folder for screenshots; none without.

    Raises:
        Absent, UserError: as of browser().
    """
    tried, found = Tried(), Found()
    with browser(index) as opened:
        tried.versions["chromium"] = opened.version
        page = opened_page(opened, index, WIDE, "light", found)
        names = [article.get_attribute("data-circuit") for article in page.locator("article.try").all()]
        for name in names:
            if page.locator(f"#try-{name} button.run").is_enabled():
                tried.input += _bad_input(page, name)
            _run(opened, page, name, tried)
        tried.faults += found.errors + ([] if names else ["the page has no circuit to run"])
        for says, size in (("wide", WIDE), ("narrow", (360, 740))) if shots else ():
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": size[0], "height": size[1]})
                for name in names:
                    page.locator(f"#try-{name}").screenshot(path=shots / f"try_{name}_{says}_{scheme}.png")
        page.close()
        tried.without = _without(opened, index)
    return tried


def try_report(index: Path, tried: Tried | str, seconds: float) -> Report:
    """Verdict on the circuits of a page.

    Args:
        index: its index.html.
        tried: findings of a browser; or why there is none.
        seconds: time that it all took, s.
    """
    weight = sum(path.stat().st_size for name in (SCRIPT, CIRCUITS) if (path := index.parent / name).is_file())
    figures = [Figure(name="weight of simulator and circuits", value=round(weight / 1e6, 2), unit="MB", source="measured")]
    texts, tools = {}, {"eecircuit-engine": SIMULATOR.name.partition("@")[2]}
    ran = tried if isinstance(tried, Tried) else Tried()
    if isinstance(tried, str):
        texts = {says: f"not run: {tried}" for says in CHECKS.values()}
    figures += [
        Figure(name=f"{name}: seconds to its end", value=ran.seconds.get(name), unit="s", max=MOST_S, source="measured") for name in ASKED
    ]
    figures += [Figure(name=f"{name}: processor time", value=value, unit="s", source="measured") for name, value in ran.processor.items()]
    for name in (f"{circuit}: {figure}" for circuit, asked in ASKED.items() for figure in asked):
        share = None if (value := ran.deviations.get(name)) is None else round(value, 4)
        figures.append(Figure(name=f"{name} beside the published", value=share, unit="%", max=MOST_DEVIATION, source="measured"))
    for key, says in CHECKS.items():
        value = None if isinstance(tried, str) else len(getattr(ran, key))
        figures.append(Figure(name=says, value=value, max=0, source="measured"))
    return Report(step="page_try", figures=figures, texts=texts, tools=tools | ran.versions, seconds=seconds)
