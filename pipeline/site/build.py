"""A static site of records that opens from the disk: a list, a page a report, pages for names and indicators across reports."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline import knowledge
from pipeline.errors import GongwenError
from pipeline.fingerprint import Duplicates
from pipeline.language import tr
from pipeline.record import TOPICS, Record
from pipeline.site import plots
from pipeline.site.marks import LOW, blocks_of, section_tree, shown_number
from pipeline.site.mentions import KINDS, Listed, Mentions, Name, report_file
from pipeline.site.panel import PanelRow
from pipeline.site.words import LANGUAGES, Speaker, words
from pipeline.summary import shown_value
from pipeline.tables.places import place_of
from pipeline.tables.rows import Located, fingerprint_of, year_of

_LEVELS = ("central", "province", "city", "county", "town")
_FOLDERS = {"law": "laws", "agency": "agencies", "measure": "measures"}
_ASSETS = ("site.css", "common.js", "list.js", "names.js", "report.js")
_SHARD = 1_000_000  # characters of text in one file of the full-text search
_SINGLES_BELOW = 50  # in a larger site a name of one report only has no page of its own but leads to the report


class _Site:
    """The folder that a site grows in, and the templates it grows from."""

    def __init__(self, folder: Path, language: str, panel: Sequence[PanelRow]) -> None:
        self.folder = folder
        self.reports: list[Listed] = []
        self.panel: dict[str, list[PanelRow]] = defaultdict(list)
        for row in panel:
            self.panel[row.report or ""].append(row)
        self.anchors: dict[PanelRow, str] = {}
        self.indicators: dict[str, list[PanelRow]] = defaultdict(list)
        for row in panel:
            self.indicators[row.code].append(row)
        loader = PackageLoader("pipeline.site")
        self.templates = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined)
        speak = self.speak = Speaker(language)
        self.templates.tests["word"] = words()[language].__contains__
        self.templates.globals.update(
            t=speak, w=speak.word, lang=language, number=plots.number, shown_value=shown_value, TOPICS=TOPICS, LEVELS=_LEVELS, KINDS=KINDS,
            FOLDERS=_FOLDERS, LOW=LOW, has_panel=bool(panel), report_file=report_file, indicator_file=_indicator_file, shown_number=shown_number,
        )  # fmt: skip

    def write(self, where: str, template: str, **values: Any) -> None:
        """Render one page; `up` in a template is the way back to the site's folder."""
        path = self.folder / where
        path.parent.mkdir(parents=True, exist_ok=True)
        page = self.templates.get_template(template).render(up="../" * where.count("/"), **values)
        path.write_text(page, "utf-8")


def build_site(records: Iterable[Record], folder: Path, *, language: str = "zh", panel: Sequence[PanelRow] = ()) -> int:
    """Write the site of records into a folder, over what an earlier run left there; returns the number of reports.

    Args:
        language: `zh` or `en`: what pages say before the reader chooses; both are in every page.
        panel: rows of a comparable panel, for the indicator pages and the indicator tables of reports.

    Raises:
        GongwenError: the folder cannot be written, or it holds something else than a site.
    """
    _check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gongwen-site").write_text("made by gongwen view; made anew by each run\n", "utf-8")
        for old in ("reports", "indicators", "data", *_FOLDERS.values()):
            shutil.rmtree(folder / old, ignore_errors=True)
        site = _Site(folder, language, panel)
        _assets(folder)
        with tempfile.TemporaryDirectory(prefix="gongwen-") as scratch:
            mentions = Mentions(Path(scratch))
            _report_pages(site, records, mentions)
            mentions.index()
            _name_pages(site, mentions)
            mentions.close()
        _indicator_pages(site)
        site.write("index.html", "index.html", reports=site.reports, places=_places(site.reports))
    except OSError as error:
        raise GongwenError(tr("cannot write the site to {folder}: {reason}", folder=folder, reason=error.strerror or error)) from error
    return len(site.reports)


def _check_folder(folder: Path) -> None:
    if folder.is_file():
        raise GongwenError(tr("{folder} is a file; give a folder for the site", folder=folder))
    if folder.is_dir() and any(folder.iterdir()) and not (folder / ".gongwen-site").exists():
        raise GongwenError(tr("{folder} is not empty and holds no site of gongwen; give a new or empty folder", folder=folder))


def _assets(folder: Path) -> None:
    target = folder / "assets"
    target.mkdir(exist_ok=True)
    for name in _ASSETS:
        with as_file(files("pipeline.site") / "assets" / name) as path:
            shutil.copyfile(path, target / name)
    (target / "words.js").write_text(f"window.WORDS = {_script_json(words())};\n", "utf-8")


def _script_json(value: object) -> str:
    """JSON that stays data inside a script: no tag, comment or line separator of a text can end it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _report_pages(site: _Site, records: Iterable[Record], mentions: Mentions) -> None:
    duplicates = Duplicates()
    shards = _Shards(site.folder / "data")
    for position, record in enumerate(records):
        located = Located(record)
        place = place_of(record.metadata.region, year_of(record))
        site.reports.append(Listed.of(record, place.province))
        mentions.add(record, located, position)
        shards.add(position, _searchable(record, located))
        rows = site.panel.get(record.id, [])
        figures = {q.start: q.id for q in record.quantities}
        site.anchors.update({row: figures[row.start] for row in rows if row.start in figures})
        site.write(
            f"reports/{report_file(record.id)}",
            "report.html",
            record=record,
            blocks=blocks_of(record, located.view),
            tree=list(section_tree(record)),
            topics={section.id: section.topic for section in record.sections},
            duplicate_of=duplicates.first_like(record.id, fingerprint_of(record)),
            indicators=[(row, site.anchors.get(row)) for row in rows],
            names={kind: _distinct(record, label) for kind, label in KINDS.items()},
        )
    shards.close()


def _distinct(record: Record, label: str) -> list[tuple[str, list[Any]]]:
    """Canonical names of a kind in a report with their mentions, most mentions first."""
    found: dict[str, list[Any]] = defaultdict(list)
    for entity in record.entities:
        if entity.label == label:
            found[entity.canonical or entity.text].append(entity)
    return sorted(found.items(), key=lambda pair: -len(pair[1]))


def _searchable(record: Record, located: Located) -> list[tuple[str, str, str]]:
    """(section id, topic, text) of each section's own text, without the sections below it."""
    parts: list[tuple[str, str, str]] = []
    for section, after in zip(record.sections, [*record.sections[1:], None], strict=True):
        end = min(section.end, after.start) if after else section.end
        if end > section.start:
            parts.append((section.id, section.topic, located.reading(section.start, end)))
    return parts


class _Shards:
    """The texts for the full-text search, in scripts of a bounded size that the list loads when someone searches."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[int, list[tuple[str, str, str]]] = {}
        self._size = 0
        self._count = 0
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, position: int, parts: list[tuple[str, str, str]]) -> None:
        """Take in the parts of a report."""
        self._held[position] = parts
        self._size += sum(len(text) for *_, text in parts)
        if self._size >= _SHARD:
            self._flush()

    def close(self) -> None:
        """Write what is left, and how many files there are."""
        if self._held:
            self._flush()
        (self._folder / "texts.js").write_text(f"window.SHARDS = {self._count};\n", "utf-8")

    def _flush(self) -> None:
        (self._folder / f"text-{self._count}.js").write_text(f"window.addTexts({_script_json(self._held)});\n", "utf-8")
        self._count += 1
        self._held, self._size = {}, 0


@dataclass(frozen=True)
class _Totals:
    """All reports of a site by what the plots of a name tell its own ones by."""

    by_id: dict[str, Listed]
    years: Counter[int]
    provinces: Counter[str]
    levels: dict[str, int]

    @classmethod
    def of(cls, site: _Site) -> _Totals:
        levels = Counter(report.level for report in site.reports if report.level)
        return cls(
            {report.id: report for report in site.reports},
            Counter(report.year for report in site.reports if report.year),
            Counter(_short(report.province) for report in site.reports),
            {f"level.{level}": levels[level] for level in _LEVELS if levels[level]},
        )


def _name_pages(site: _Site, mentions: Mentions) -> None:
    totals = _Totals.of(site)
    least = 1 if len(site.reports) < _SINGLES_BELOW else 2
    for kind, folder in _FOLDERS.items():
        listed = []
        for name in mentions.names(kind):
            own_page = name.reports >= least
            listed.append((name, f"{folder}/{name.file}" if own_page else f"reports/{report_file(name.report)}#{name.anchor}"))
            if own_page:
                _name_page(site, f"{folder}/{name.file}", name, mentions, totals)
        site.write(f"{folder}.html", "names.html", kind=kind, names=listed)


def _name_page(site: _Site, where: str, name: Name, mentions: Mentions, totals: _Totals) -> None:
    cited = [(totals.by_id[cited.report], cited) for cited in mentions.cited(name)]
    here = [report for report, _ in cited]
    levels_here = Counter(report.level for report in here if report.level)
    site.write(
        where,
        "name.html",
        name=name,
        cited=sorted(cited, key=lambda pair: (-(pair[0].year or 0), pair[0].region)),
        years=plots.columns(Counter(r.year for r in here if r.year), totals.years),
        provinces=plots.rows(Counter(_short(r.province) for r in here), totals.provinces),
        levels=plots.rows({f"level.{level}": count for level, count in levels_here.items()}, totals.levels, share=True),
    )


def _short(province: str) -> str:
    """A province's short name for a plot, or the key of the words for the rest."""
    known = knowledge.regions().get(province)
    return known[0].short or province if known else "other_place"


def _indicator_file(code: str) -> str:
    return report_file(code)


def _indicator_pages(site: _Site) -> None:
    if not site.indicators:
        return
    by_id = {report.id: report for report in site.reports}
    for code, rows in site.indicators.items():
        ordered = sorted(rows, key=lambda row: (row.region, row.year))
        site.write(
            f"indicators/{_indicator_file(code)}",
            "indicator.html",
            first=ordered[0],
            rows=ordered,
            over_years=plots.lines(ordered),
            latest=plots.latest(ordered),
            by_id=by_id,
            anchors=site.anchors,
        )
    site.write("indicators.html", "indicators.html", indicators=sorted(site.indicators.items()))


def _places(reports: Sequence[Listed]) -> Iterator[tuple[str, list[str]]]:
    """Provinces with their regions, for the filter; regions of no known province come last."""
    found: dict[str, set[str]] = defaultdict(set)
    for report in reports:
        if report.region:
            found[report.province].add(report.region)
    for province in sorted(found, key=lambda name: (name == "", name)):
        yield province, sorted(found[province])


__all__ = ["LANGUAGES", "build_site"]
