"""The pages as a reader meets them, in headless Chromium from the disk: search, filters, jumps, lines, keys, languages, print, small screens."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from conftest import GOLD_REPORT, ROOT
from test_site import hostile

from pipeline.extractor import Extractor
from pipeline.record import Record
from pipeline.site import PanelRow, build_site

pytestmark = [pytest.mark.slow, pytest.mark.foreign]
__all__ = ["hostile"]  # the fixture

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDTHS = [(1400, 900), (390, 844)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium here: make system-deps installs it")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install 'gongwen[dev]'")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def records(extractor: Extractor) -> list[Record]:
    texts = sorted(path for path in (ROOT / "annotations" / "train").rglob("*") if path.suffix in {".md", ".txt"})
    return [extractor.read(path) for path in (GOLD_REPORT, *islice(texts, 11))]


@pytest.fixture(scope="module")
def site(records: list[Record], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    panel = [
        PanelRow(
            record.metadata.region or "某市",
            int(record.metadata.year or 2021),
            "enforcement.inspections",
            "第一个数",
            10.0 * number,
            "件",
            "exact",
            record.id,
            q.start,
            q.end,
        )
        for number, record in enumerate(records)
        for q in record.quantities[:1]
    ]
    build_site(records, folder, panel=panel)
    return folder


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that may not speak to the network and must not complain."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="zh-CN", offline=True)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def shown_ids(page: Any) -> list[str]:
    return [
        str(x)
        for x in page.evaluate(
            "[...document.querySelectorAll('table.reports tbody tr:not([hidden]) a')].map(a => a.getAttribute('href').slice(8, -5))"
        )
        if x
    ]


def visible(page: Any, selector: str) -> bool:
    return bool(
        page.evaluate(
            "(s) => { const r = document.querySelector(s).getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight && r.height > 0 }",
            selector,
        )
    )


def test_search_finds_words_of_the_texts_and_leads_to_their_section(page: Any, site: Path, records: list[Record]) -> None:
    page.goto(f"{site.as_uri()}/index.html")
    page.fill("input[name=q]", "农民工")
    page.wait_for_function("() => document.querySelector('a.hit mark')")
    expected = [record.id for record in records if "农民工" in "".join(record.text.split())]
    assert 0 < len(expected) < len(records)
    assert page.evaluate("[...document.querySelectorAll('table.reports tbody tr:not([hidden]) th > a:first-child')].length") == len(expected)
    assert page.inner_text("#shown") == str(len(expected))
    hit = page.locator("a.hit").first
    assert hit.locator("mark").inner_text() == "农民工"
    hit.click()
    page.wait_for_selector("#text")
    section = page.evaluate("location.hash.slice(1)")
    page.wait_for_function("(id) => document.getElementById(id).getBoundingClientRect().top < innerHeight", arg=section)
    page.go_back()
    page.wait_for_function("() => document.querySelector('a.hit mark')")
    assert page.input_value("input[name=q]") == "农民工", "the address keeps the search"
    page.fill("input[name=q]", "没有这样的词句")
    page.wait_for_selector("#none:not([hidden])")
    page.click("button[type=reset]")
    page.wait_for_function(f"() => document.getElementById('shown').textContent === '{len(records)}'")


@pytest.mark.parametrize(("field", "attribute"), [("level", "region_level"), ("year", "year")])
def test_filters(page: Any, site: Path, records: list[Record], field: str, attribute: str) -> None:
    page.goto(f"{site.as_uri()}/index.html")
    for value in {getattr(record.metadata, attribute) for record in records} - {None}:
        page.select_option(f"select[name={field}]", value)
        expected = [record.id for record in records if getattr(record.metadata, attribute) == value]
        page.wait_for_function(f"() => new URLSearchParams(location.hash.slice(1)).get('{field}') === '{value}'")
        assert shown_ids(page) == expected
        assert page.inner_text("#shown") == str(len(expected))


def test_region_and_topic_filters(page: Any, site: Path, records: list[Record]) -> None:
    page.goto(f"{site.as_uri()}/index.html")
    page.select_option("select[name=region]", "p:江苏省")
    page.wait_for_function("() => document.getElementById('shown').textContent !== '12'")
    assert "lianyungang-2021" in shown_ids(page)
    page.select_option("select[name=region]", "r:连云港市")
    page.wait_for_function("() => document.getElementById('shown').textContent === '1'")
    page.select_option("select[name=region]", "")
    page.select_option("select[name=topic]", "emergency")
    expected = [record.id for record in records if any(section.topic == "emergency" for section in record.sections)]
    assert 0 < len(expected) < len(records)
    page.wait_for_function(f"() => document.getElementById('shown').textContent === '{len(expected)}'")
    assert shown_ids(page) == expected


def test_a_row_jumps_to_its_figure(page: Any, site: Path, records: list[Record]) -> None:
    page.goto(f"{site.as_uri()}/reports/lianyungang-2021.html")
    last = records[0].quantities[-1].id
    assert not visible(page, f"[data-figure={last}]")
    page.click(f"#row-{last} a")
    page.wait_for_function(
        "(s) => { const r = document.querySelector(s).getBoundingClientRect(); return r.top > 0 && r.bottom < innerHeight }",
        arg=f"[data-figure={last}]",
    )
    assert "lit" in page.get_attribute(f"[data-figure={last}]", "class")
    assert page.evaluate("document.activeElement.dataset.figure") == last


def test_pointing_at_a_figure_draws_lines_to_item_and_action(page: Any, site: Path, records: list[Record]) -> None:
    page.goto(f"{site.as_uri()}/reports/lianyungang-2021.html")
    for q in records[0].quantities[:12]:
        page.locator(f"[data-figure={q.id}]").scroll_into_view_if_needed()
        page.locator(f"[data-figure={q.id}]").hover()
        page.wait_for_function("(q) => document.querySelector(`#row-${q}`).classList.contains('lit')", arg=q.id)
        assert page.locator(".wires path.item").count() == (q.item is not None)
        assert page.locator(".wires path.action").count() == (q.action is not None)
        lit = page.evaluate("[...new Set([...document.querySelectorAll('#text .lit')].flatMap(p => p.dataset.m.split(' ')))]")
        assert {q.id, *(q.id + role for role, part in (("i", q.item), ("a", q.action)) if part)} <= set(lit)
        card = page.inner_text("#card")
        assert q.text in card
        assert not q.item or q.item.text in card
    page.mouse.move(2, 2)
    page.wait_for_function("() => document.querySelectorAll('.wires path').length === 0")


def test_lines_end_where_the_item_is(page: Any, site: Path, records: list[Record]) -> None:
    page.goto(f"{site.as_uri()}/reports/lianyungang-2021.html")
    q = next(q for q in records[0].quantities if q.item)
    page.locator(f"[data-figure={q.id}]").hover()
    inside = page.evaluate(
        """(id) => { const dot = document.querySelector('.wires circle.item').getBoundingClientRect();
        const item = document.querySelector(`[data-m~=${id}]`).getClientRects()[0]; const x = dot.left + dot.width / 2, y = dot.top + dot.height / 2;
        return x >= item.left && x <= item.right && y >= item.top - 4 && y <= item.bottom + 4 }""",
        f"{q.id}i",
    )
    assert inside


def test_the_keyboard_alone_is_enough(page: Any, site: Path, records: list[Record]) -> None:
    page.goto(f"{site.as_uri()}/reports/lianyungang-2021.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.focus("[data-figure=q1]")
    for number in (2, 3):
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.activeElement.dataset.figure") == f"q{number}"
        assert "lit" in page.get_attribute(f"#row-q{number}", "class")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('tr').id") == "row-q2"
    page.keyboard.press("Escape")
    assert page.locator(".lit").count() == 0
    page.focus("#tab-figures")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#tab-names", "aria-selected") == "true"
    assert page.is_visible("#namesof")
    assert not page.is_visible("#figures")


def test_a_screen_reader_hears_what_a_figure_counts(page: Any, site: Path, records: list[Record]) -> None:
    page.goto(f"{site.as_uri()}/reports/lianyungang-2021.html")
    q = next(q for q in records[0].quantities if q.item)
    described = page.evaluate(
        "(q) => document.getElementById(document.querySelector(`[data-figure=${q}]`).getAttribute('aria-describedby')).textContent", q.id
    )
    assert q.item is not None
    assert q.item.text in described
    for name in ("index.html", "laws.html", f"reports/{records[0].id}.html"):
        page.goto(f"{site.as_uri()}/{name}")
        nameless = page.evaluate(
            """[...document.querySelectorAll('input, select, button, a[href], nav')].filter(e => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).length"""
        )
        assert nameless == 0
        assert page.locator("main").count() == 1
        assert page.locator("h1").count() == 1


def test_marks_can_be_put_aside_and_doubtful_figures_picked_out(page: Any, site: Path, records: list[Record]) -> None:
    page.goto(f"{site.as_uri()}/reports/lianyungang-2021.html")
    ground = "getComputedStyle(document.querySelector('#text .law')).backgroundColor"
    before = page.evaluate(ground)
    page.uncheck("input[name=law]")
    assert page.evaluate(ground) != before
    page.check("#only-low")
    low = [q.id for q in records[0].quantities if q.score is not None and q.score < 0.7]
    assert low
    assert page.evaluate("[...document.querySelectorAll('#figures tbody tr:not([hidden])')].map(r => r.dataset.q)") == low
    page.uncheck("#only-low")
    page.fill("#figure-filter", "农民工")
    assert page.locator("#figures tbody tr:not([hidden])").count() == sum("农民工" in (q.item.text if q.item else "") for q in records[0].quantities)


def test_the_language_changes_and_is_kept(page: Any, site: Path) -> None:
    page.goto(f"{site.as_uri()}/index.html")
    assert page.inner_text("h1") == "报告"
    page.click("#language")
    assert page.inner_text("h1") == "Reports"
    assert page.get_attribute("html", "lang") == "en"
    page.goto(f"{site.as_uri()}/laws.html")
    assert page.inner_text("h1") == "Laws"
    page.click("#language")
    assert page.inner_text("h1") == "法规文件"


def test_plots_say_their_labels_in_the_language_of_the_reader(browser: Any, site: Path) -> None:
    where = max((site / "agencies").iterdir(), key=lambda path: path.stat().st_size)
    said = {}
    for locale in ("zh-CN", "en-GB"):
        context = browser.new_context(locale=locale)
        page = context.new_page()
        page.goto(where.as_uri())
        said[locale] = page.locator("table.bars").first.inner_text()
        context.close()
    assert "市级" in said["zh-CN"]
    assert "city" in said["en-GB"]
    assert "市级" not in said["en-GB"]


def test_names_and_indicators_lead_to_their_sentences(page: Any, site: Path) -> None:
    page.goto(f"{site.as_uri()}/laws.html")
    total = int(page.inner_text("#shown"))
    page.fill("#filter", "行政处罚法")
    assert 0 < int(page.inner_text("#shown")) < total
    page.click("table.namelist tr:not([hidden]) th a")
    page.wait_for_selector(".plot svg")
    assert page.locator(".plot .bar").count() > 2
    page.click(".quote a.m >> nth=0")
    page.wait_for_selector("#text .law.lit")
    page.goto(f"{site.as_uri()}/indicators/enforcement.inspections.html")
    page.click("table.values a >> nth=0")
    page.wait_for_selector("#text .quantity.lit")


def test_a_hostile_report_stays_text(page: Any, hostile: Record, tmp_path: Path) -> None:
    build_site([hostile], tmp_path)
    for path in sorted(tmp_path.rglob("*.html")):
        page.goto(path.as_uri())
        assert page.evaluate("window.hacked") is None, path
    page.goto(f"{tmp_path.as_uri()}/index.html")
    page.fill("input[name=q]", "script")
    page.wait_for_selector("a.hit mark")
    assert "<script>" in page.inner_text("a.hit")
    page.locator("a.hit").click()
    page.wait_for_selector("#text")
    assert "<script>window.hacked=1</script>" in page.inner_text("#text")
    page.locator("[data-figure]").first.hover()
    assert "<script>" in page.inner_text("#card")
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize(("width", "height"), WIDTHS)
@pytest.mark.parametrize("name", ["index", "report", "laws", "law", "agency", "measure", "indicators", "indicator"])
def test_no_page_is_wider_than_its_screen(browser: Any, site: Path, name: str, width: int, height: int) -> None:
    where = {"report": "reports/lianyungang-2021.html", "indicator": "indicators/enforcement.inspections.html"}.get(name, f"{name}.html")
    if name in {"law", "agency", "measure"}:
        folder = {"law": "laws", "agency": "agencies", "measure": "measures"}[name]
        where = f"{folder}/{max((site / folder).iterdir(), key=lambda path: path.stat().st_size).name}"
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="dark")
    page = context.new_page()
    page.goto(f"{site.as_uri()}/{where}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 23, 26)", "dark where the reader wants it dark"
    context.close()


def test_pages_print_and_read_without_scripts(browser: Any, site: Path, records: list[Record]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.as_uri()}/index.html")
    assert page.locator("table.reports tbody tr").count() == len(records)
    page.goto(f"{site.as_uri()}/reports/lianyungang-2021.html")
    assert "农民工" in page.inner_text("#text")
    page.emulate_media(media="print")
    assert page.is_visible("#figures")
    assert page.is_visible("#namesof")
    assert not page.is_visible("header.site")
    assert len(page.pdf()) > 20_000
    context.close()


ANSWERED = """(text) => new Promise((done) => {
  const started = performance.now(); const field = document.querySelector('input[name=q]');
  const settle = () => requestAnimationFrame(() => setTimeout(() => document.getElementById('state').hidden ? done(performance.now() - started) : settle()));
  field.value = text; field.dispatchEvent(new Event('input', {bubbles: true})); setTimeout(settle);
})"""
CHOSEN = """([name, index]) => new Promise((done) => {
  const started = performance.now(); const field = document.querySelector(`select[name=${name}]`);
  field.selectedIndex = index; field.dispatchEvent(new Event('input', {bubbles: true}));
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(performance.now() - started))));
})"""
ELEMENTS = "document.querySelectorAll('*').length"
LAID_OUT = "[...document.querySelectorAll('table.long tbody th')].filter((cell) => cell.checkVisibility({contentVisibilityAuto: true})).length"


def many(records: list[Record], count: int) -> Iterator[Record]:
    """So many reports of other years and places, each with an id and a title of its own."""
    regions = [record.metadata.region for record in records]
    for number in range(count):
        record, turn = records[number % len(records)], number // len(records)
        changed = {"title": f"第{number}号报告", "year": str(2023 - turn % 10), "region": regions[(number + turn) % len(regions)]}
        yield record.model_copy(update={"id": f"report-{number}", "metadata": record.metadata.model_copy(update=changed)})


def answers(page: Any, site: Path) -> dict[str, float]:
    """Milliseconds of what a reader does with the list: open it, search, search on, clear, filter; each the median of five."""
    runs: dict[str, list[float]] = {}
    for _ in range(5):
        started = time.perf_counter()
        page.goto("about:blank")
        page.goto(f"{site.as_uri()}/index.html")
        runs.setdefault("opened", []).append(1000 * (time.perf_counter() - started))
        for name, text in (("first search", "行政复议"), ("next search", "行政复议 调解"), ("every report", "的"), ("cleared", "")):
            runs.setdefault(name, []).append(page.evaluate(ANSWERED, text))
        for field in ("region", "level", "year", "topic"):
            runs.setdefault(field, []).append(page.evaluate(CHOSEN, [field, 2]))
            page.evaluate(CHOSEN, [field, 0])
    return {name: median(times) for name, times in runs.items()}


def test_500_reports_without_a_visible_wait(page: Any, records: list[Record], tmp_path: Path) -> None:
    """Times are printed (pytest -s) and held to those of 50 reports, not to a clock: what grows with the reports grows no faster than they do."""
    few, all_ = tmp_path / "few", tmp_path / "all"
    build_site(many(records, 50), few)
    started = time.perf_counter()
    build_site(many(records, 500), all_)
    built = time.perf_counter() - started
    ten_times_less, times = answers(page, few), answers(page, all_)
    print(f"\n500 reports: built in {built:.1f} s; milliseconds (of 50 reports): ", end="")
    print(", ".join(f"{name} {taken:.0f} ({ten_times_less[name]:.0f})" for name, taken in times.items()))
    assert {name for name, taken in times.items() if taken > 15 * ten_times_less[name]} == set()

    page.goto(f"{all_.as_uri()}/index.html")
    before = page.evaluate(ELEMENTS)
    assert before < 15 * 500
    page.evaluate(ANSWERED, "的")
    assert page.locator("table.reports tbody tr:not([hidden])").count() == 500
    assert page.evaluate(ELEMENTS) <= before + 2 * 300 + 10, "300 excerpts at most"
    assert 0 < page.evaluate(LAID_OUT) <= 100, "rows out of sight are not laid out"
    page.goto(f"{all_.as_uri()}/agencies.html")
    assert 0 < page.evaluate(LAID_OUT) <= 100
    assert page.locator("table.namelist tbody tr").count() > 200


def test_the_screenshot_of_the_readme(browser: Any, site: Path, records: list[Record], tmp_path: Path) -> None:
    """`GONGWEN_SCREENSHOT=docs/report-page.png make test-slow` renews the picture."""
    from PIL import Image

    target = Path(os.environ.get("GONGWEN_SCREENSHOT", tmp_path / "report-page.png"))
    context = browser.new_context(viewport={"width": 1280, "height": 760}, locale="zh-CN", color_scheme="light")
    page = context.new_page()
    figure = next(q for q in records[0].quantities if q.text == "3938名")
    page.goto(f"{site.as_uri()}/reports/lianyungang-2021.html#{figure.id}")
    page.wait_for_timeout(600)
    page.locator(f"#text [data-figure={figure.id}]").hover()
    page.wait_for_selector("#card:not([hidden])")
    page.screenshot(path=str(target))
    context.close()
    Image.open(target).convert("RGB").quantize(255, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(target, optimize=True)
    assert 40_000 < target.stat().st_size < 300_000
