"""`gongwen explain`: why each part of a report has its topic."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cli.common import clear_errors, console
from pipeline.errors import GongwenError
from pipeline.language import later, tr
from pipeline.readers import DOCUMENTS

if TYPE_CHECKING:
    from pipeline.layers import Layers
    from pipeline.stages.topics.explain import Explanation, Term


def explain(
    report: Annotated[Path, typer.Argument(help=f"A report ({' '.join(DOCUMENTS)}).", metavar="REPORT")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a section, a line each.")] = False,
    section: Annotated[str | None, typer.Option(help="Only this section, by its id in the record (s5).")] = None,
    top: Annotated[int, typer.Option(min=1, help="How many words to show.")] = 6,
    model: Annotated[Path | None, typer.Option(help="A model folder that `gongwen train` wrote; default: the shipped one.")] = None,
) -> None:
    """Show each section's topic and score, the words that spoke for it, and those that decided against the runner-up."""
    with clear_errors():
        rows = _explanations(report, model, top)
        if section is not None:
            known = [row["id"] for row in rows]
            rows = [row for row in rows if row["id"] == section]
            if not rows:
                raise GongwenError(
                    tr(
                        "{report} has no section {section!r}: they run from {first} to {last}",
                        report=report,
                        section=section,
                        first=known[0],
                        last=known[-1],
                    )
                )
        if as_json:
            for row in rows:
                typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            _print_table(rows)


def _explanations(report: Path, model: Path | None, top: int) -> list[dict[str, Any]]:
    from pipeline.extractor import load
    from pipeline.layers import layers_of
    from pipeline.readers import read_report
    from pipeline.stages.topics.explain import explain_topics
    from pipeline.stages.topics.factory import Topics

    extractor = load(model)
    topics = next((component for _, component in extractor.nlp.pipeline if isinstance(component, Topics)), None)
    if topics is None or topics.models is None:
        raise GongwenError(tr("this model has no topic classifier: give one whose configuration has the component gongwen_topics"))
    layers = layers_of(extractor.nlp(read_report(report).text))
    return [_row(layers, explanation) for explanation in explain_topics(layers, topics.models, top)]


def _row(layers: Layers, explanation: Explanation) -> dict[str, Any]:
    """A section's explanation in the words of the record: ids and offsets of the raw text."""
    section = layers.sections[explanation.section]
    start, end = layers.view.raw_span(section.start, section.end)
    return {
        "id": f"s{explanation.section + 1}",
        "level": section.level,
        "number": section.number,
        "title": section.title,
        "start": start,
        "end": end,
        "text": layers.view.surface(section.start, section.end)[:40],
        "topic": explanation.topic,
        "score": round(explanation.score, 4),
        "source": explanation.source,
        "runner_up": explanation.runner_up,
        "runner_up_score": None if explanation.runner_up_score is None else round(explanation.runner_up_score, 4),
        "terms": _shown(explanation.terms),
        "against": _shown(explanation.against),
        "for_runner_up": _shown(explanation.for_runner_up),
    }


def _shown(terms: list[Term]) -> list[dict[str, Any]]:
    return [{"text": term.text, "weight": term.weight, "where": term.where} for term in terms]


_SOURCES = {"layout": later("by its place and form"), "following": later("a heading alone: the topic of what follows")}


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, caption=tr("† in the section's heading, ‡ a heading above it"), caption_justify="left")
    table.add_column(tr("section"), overflow="fold", max_width=40)
    for name in (tr("topic"), tr("spoke for it"), tr("runner-up"), tr("decided against it"), tr("spoke for the runner-up")):
        table.add_column(name, overflow="fold")
    for row in rows:
        name = f"{row['number'] or ''} {row['title']}".strip() if row["title"] else f"{row['text'][:24]}…"
        indent = "  " * (row["level"] - 1)
        cells = [f"{indent}{row['id']} {name}", f"{row['topic']} {row['score']:.2f}"]
        if row["source"] == "layout":
            cells += [tr(_SOURCES["layout"]), "", "", ""]
        elif row["source"] == "following":
            cells += [tr(_SOURCES["following"]), "", "", ""]
        else:
            runner_up = f"{row['runner_up']} {row['runner_up_score']:.2f}"
            cells += [_words(row["terms"]), runner_up, _words(row["against"]), _words(row["for_runner_up"])]
        table.add_row(*cells)
    console().print(table, markup=False)


_MAX_TERM = 14


def _words(terms: list[dict[str, Any]]) -> str:
    marks = {"text": "", "heading": "†", "above": "‡"}
    shown = (term["text"] if len(term["text"]) <= _MAX_TERM else f"{term['text'][: _MAX_TERM - 1]}…" for term in terms)
    return " ".join(f"{text}{marks[term['where']]}" for text, term in zip(shown, terms, strict=True))
