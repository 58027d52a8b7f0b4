"""The page in headless Chromium, from the disk: errors, links, pictures, keyboard, narrow, dark and light,
paper, axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any

from neusoc.base.errors import UserError
from neusoc.flow.npm import AXE, Absent

BESIDE = ("results/index.html", "results/datasheet.html")  # pages beside it that are looked at too
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser")
WIDE, NARROW = (1280, 900), (360, 740)
# what a window is called, its size, light or dark
WINDOWS = (
    ("light", WIDE, "light"),
    ("dark", WIDE, "dark"),
    ("narrow", NARROW, "light"),
    ("narrow-dark", NARROW, "dark"),
)
MOST_MS = 60_000  # longest wait for anything
VIEWER_MS = 10_000  # for the first tiles
MOST_TABS = 600  # until the keyboard has gone through the page
LINKS = """() => [...document.querySelectorAll('a[href], link[href]')].map(a => a.getAttribute('href'))"""
IDS = """() => [...document.querySelectorAll('[id]')].map(e => e.id)"""
PICTURES = """() => [...document.images].filter(i => !(i.complete && i.naturalWidth))
  .map(i => i.getAttribute('src'))"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
AXE_RUN = """rules => axe.run(document, {preload: false, runOnly: rules}).then(r =>
   r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).slice(0, 3).join(', ')
   + ' (' + v.nodes.length + ')'))"""
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 &&
    !e.parentElement.closest('.scroll, svg, .picture'))
  .map(e => e.tagName.toLowerCase() + '.' + e.className).slice(0, 5)"""
CLOSED = """() => [...document.querySelectorAll('details')].filter(d => d.children.length > 1 &&
  d.children[1].getBoundingClientRect().height === 0).map(d => d.id || d.textContent.trim().slice(0, 40))"""
STOPS = """() => [...document.querySelectorAll('a[href], button, input, summary, [tabindex="0"]')]
  .filter(e => e.checkVisibility() && !(e.closest('details:not([open])') && (e.tagName !== 'SUMMARY' ||
    e.parentElement.parentElement.closest('details:not([open])')))).length"""
FOCUSED = """() => { const e = document.activeElement; return e === document.body ? '' :
  e.tagName.toLowerCase() + ' ' + (e.getAttribute('href') || e.getAttribute('aria-label') ||
  e.textContent.trim().slice(0, 40)) }"""


@dataclass
class Found:
    """What a browser finds, each a list of what is wrong; `absent`: why a check was not run."""

    errors: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    keyboard: list[str] = field(default_factory=list)
    narrow: list[str] = field(default_factory=list)
    viewer: list[str] = field(default_factory=list)
    paper: list[str] = field(default_factory=list)
    axe: list[str] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


@contextmanager
def browser(index: Path) -> Iterator[Any]:
    """A headless Chromium for a page, closed at the end.

    Raises:
        Absent: playwright or Chromium is missing.
        UserError: there is no page.
    """
    if not index.is_file():
        raise UserError(f"{index.name}: no page is there; run `make page` first")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Absent("playwright is missing; run `make setup`") from None
    program = next(filter(None, map(which, PROGRAMS)), None)
    if program is None:
        raise Absent("Chromium is missing; `apt-get install chromium-headless-shell`")
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=program, timeout=MOST_MS, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()


def opened_page(
    opened: Any, index: Path, size: tuple[int, int], scheme: str, found: Found, before: str | None = None
) -> Any:
    """The page in a window; what it says on the console and what it asks for in vain is kept.

    Args:
        before: script that runs before the page's own.
    """
    context = opened.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        reduced_motion="reduce",
        offline=True,
    )
    context.set_default_timeout(MOST_MS)
    page = context.new_page()
    if before:
        page.add_init_script(before)
    page.on(
        "console",
        lambda m: found.errors.append(f"{m.type}: {m.text}") if m.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda e: found.errors.append(f"exception: {e}"))
    page.on("requestfailed", lambda r: found.errors.append(f"not loaded: {r.url.rpartition('/page/')[2]}"))
    page.on(
        "request",
        lambda r: found.errors.append(f"asks the network: {r.url}") if r.url.startswith("http") else None,
    )
    page.goto(index.resolve().as_uri(), wait_until="load")
    return page


def _open_all(page: Any) -> None:
    page.evaluate("() => document.querySelectorAll('details').forEach(d => { d.open = true; })")
    page.wait_for_load_state("networkidle")


def _links(page: Any, index: Path) -> list[str]:
    """Links that lead nowhere: to an absent file, or to a place that the page or that file has not."""
    ids, bad = set(page.evaluate(IDS)), []
    for link in page.evaluate(LINKS):
        if link.startswith("#"):
            bad += [] if link[1:] in ids else [link]
        elif not link.startswith(("data:", "http:", "https:")):
            file, _, place = link.partition("#")
            there = index.parent / file
            if not there.is_file() or (place and f'id="{place}"' not in there.read_text(errors="replace")):
                bad.append(link)
    return sorted(set(bad))


def _keyboard(page: Any) -> list[str]:
    """Whether Tab goes through the page to its end, the skip link works, and Enter opens a part."""
    bad, seen, last = [], [], ""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if not here or (len(seen) > 2 and here == seen[0]):
            break
        seen.append(here)
        last = here
    else:
        bad.append(f"Tab does not come to the end of the page within {MOST_TABS} steps; it is at {last}")
    if not seen or "#main" not in seen[0]:
        bad.append(f"the first stop is {seen[:1]}, not the link that skips the head")
    stops = page.evaluate(STOPS)
    if len(seen) < stops:
        bad.append(f"Tab reaches {len(seen)} of {stops} stops")
    part = page.locator("details.part").first
    if part.count():
        part.locator("summary").focus()
        page.keyboard.press("Enter")
        bad += [] if part.evaluate("e => e.open") else ["Enter does not open a part"]
        page.keyboard.press("Enter")
    link = page.locator(".legend a").first
    if link.count():
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(200)
        name = link.get_attribute("href")
        bad += [] if page.locator(name).evaluate("e => e.open") else [f"Enter on {name} does not open it"]
    return bad


def _viewer(page: Any) -> list[str]:
    """Whether each layout opens its tiles, and shows more of them when it is zoomed."""
    bad = []
    for button in page.locator("button.zoom").all():
        name = button.get_attribute("data-sheet")
        loaded: list[str] = []
        page.on("requestfinished", lambda r, to=loaded: to.append(r.url) if "/tiles/" in r.url else None)
        button.focus()
        page.keyboard.press("Enter")
        place = page.locator(f"#viewer-{name}")
        try:
            page.wait_for_function(
                f"() => document.getElementById('viewer-{name}').dataset.open === 'true'", timeout=VIEWER_MS
            )
        except Exception as error:  # playwright's own class is there only with playwright
            bad.append(f"{name}: the layout does not open ({str(error).splitlines()[0]})")
            continue
        page.wait_for_timeout(1000)
        before = len(set(loaded))
        place.locator(".openseadragon-canvas").first.focus()
        for _ in range(VIEWER_MS // 250):
            page.keyboard.press("Shift+ArrowUp")
            page.wait_for_timeout(250)
            if len(set(loaded)) > before:
                break
        if not before or len(set(loaded)) <= before:
            bad.append(f"{name}: {before} tiles at first, {len(set(loaded))} when zoomed")
        if place.get_attribute("data-failed"):
            bad.append(f"{name}: a tile did not load")
        button.focus()
        page.keyboard.press("Enter")
    return bad


def _axe(page: Any, script: Path, says: str) -> list[str]:
    page.add_script_tag(path=str(script))
    return [f"{says}: {line}" for line in page.evaluate(AXE_RUN, RULES)]


def _shoot(page: Any, place: Path, says: str) -> None:
    """Screenshots of the head, an open part, and the list of parts."""
    place.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=place / f"{says}.png")
    page.evaluate(
        "() => { const p = document.getElementById('part-synapse'); if (p) { p.open = true;"
        " p.scrollIntoView(); } }"
    )
    page.wait_for_timeout(500)
    page.screenshot(path=place / f"{says}_part.png")
    page.evaluate("() => document.getElementById('parts').scrollIntoView()")
    page.wait_for_timeout(200)
    page.screenshot(path=place / f"{says}_parts.png")


def _look(page: Any, place: Path, says: str, script: Path | None, found: Found) -> None:
    """What every page is held to, in one window, dark or light; says: which."""
    _open_all(page)
    over = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    found.narrow += (
        [f"{says}: {over} pixels too wide: {', '.join(page.evaluate(TOO_WIDE))}"] if over > 0 else []
    )
    if says.endswith("light"):
        found.links += _links(page, place)
        page.evaluate("() => document.querySelectorAll('img').forEach(i => { i.loading = 'eager'; })")
        found.pictures += page.evaluate(PICTURES)
    if script:
        found.axe += _axe(page, script, says)


def check(index: Path, shots: Path | None = None) -> Found:
    """Look at a page.

    Args:
        index: its index.html.
        shots: folder for screenshots; none without.

    Raises:
        Absent, UserError: as of browser().
    """
    found = Found()
    try:
        script = AXE.place() / "axe.min.js"
    except Absent as error:
        script, found.absent["axe"] = None, str(error)
    with browser(index) as opened:
        found.versions["chromium"] = opened.version
        page = opened_page(opened, index, WIDE, "light", found)
        found.keyboard = _keyboard(page)
        found.viewer = _viewer(page)
        page.close()
        for says, size, scheme in WINDOWS:
            page = opened_page(opened, index, size, scheme, found)
            if shots:
                _shoot(page, shots, says)
            _look(page, index, says, script, found)
            page.close()
            for beside in filter(Path.is_file, map(index.parent.joinpath, BESIDE)):
                page = opened_page(opened, beside, size, scheme, found)
                _look(page, beside, f"{beside.name}, {says}", script, found)
                page.close()
        page = opened_page(opened, index, WIDE, "light", found)
        paper = page.pdf(format="A4", print_background=True)
        found.paper += (
            [] if paper.startswith(b"%PDF") and len(paper) > 20_000 else [f"{len(paper)} bytes of paper"]
        )
        page.emulate_media(media="print")
        closed = page.evaluate(CLOSED)
        found.paper += [f"closed on paper: {name}" for name in closed]
        if shots:
            (shots / "paper.pdf").write_bytes(paper)
    return found
