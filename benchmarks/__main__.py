"""`make bench`: `python -m benchmarks measure`, in the repository."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import cnn, machine, own, pages, peers, show
from benchmarks.measure import changes
from benchmarks.run import ACCEPTED, Run
from pipeline.cli.common import clear_errors
from pipeline.errors import GongwenError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_QUICK_PEERS = "jieba,rjieba"


@app.command()
def measure(
    names: Annotated[str, typer.Option("--peers", help="Peers to measure, by commas; all or none.")] = "all",
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for bench.json and bench.png.")] = Path("out/bench"),
    quick: Annotated[bool, typer.Option("--quick", help="A try of a minute: few texts, two repetitions, peers of the own environment.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Keep the run as the accepted one and renew README.md, docs/cost.md and the plot.")
    ] = False,
    cnn_minutes: Annotated[float, typer.Option(min=1, help="Processor time for training spaCy's CNN, once.", metavar="MINUTES")] = 12,
) -> None:
    """Measure the pipeline and its peers beside `jieba.cut`, and say what became worse.

    Exit status: 0 nothing did, 1 something did, 2 wrong use.
    """
    with clear_errors("nothing was accepted"):
        if accept and (quick or names != "all"):
            raise GongwenError("only a full run with all peers can be accepted: leave out --quick and --peers")
        settings = own.QUICK if quick else own.FULL
        chosen = peers.chosen(_QUICK_PEERS if quick and names == "all" else names)
        run = _measured(settings, chosen, cnn_minutes, output / "bench.json")
        show.plot(run, output / "bench.png")
        for line in show.table(run):
            typer.echo(line)
        worse = _compare(run)
        if accept:
            run.save(ACCEPTED)
            show.plot(run, show.PLOT)
            pages.renew(run)
            _say(f"accepted: {ACCEPTED}, {', '.join(map(str, pages.PAGES))}, {show.PLOT}")
    if worse and not accept:
        raise typer.Exit(1)


@app.command("pages")
def renew_pages() -> None:
    """Renew README.md, docs/cost.md and the plot from the accepted run."""
    with clear_errors():
        run = Run.load(ACCEPTED)
        pages.renew(run)
        show.plot(run, show.PLOT)


def _measured(settings: own.Settings, names: list[str], cnn_minutes: float, output: Path) -> Run:
    """A run; what there is of it is written to `output` part by part, so that a fault in one part loses no other."""
    started = time.perf_counter()
    run = Run(machine.today(), machine.commit(), machine.machine(), machine.packages(), asdict(settings))
    for name, part in own.ALL.items():
        _say(name)
        run.measures += part(settings)
        run.save(output)
    found = peers.run(names, settings.peer_repetitions, settings.peer_seconds, _say, cnn_minutes)
    run.measures += found.measures
    run.accuracy, run.missing = found.accuracy, found.missing
    run.packages |= found.packages
    if "spacy-cnn" in found.accuracy:
        run.cnn = json.loads((cnn.FOLDER / cnn.ABOUT).read_text("utf-8"))
    run.seconds = round(time.perf_counter() - started, 1)
    run.save(output)
    return run


def _compare(run: Run) -> bool:
    """Say what moved against the accepted run; whether something became worse."""
    if not ACCEPTED.exists():
        _say(f"no accepted run yet ({ACCEPTED}): make bench ACCEPT=1")
        return False
    accepted = Run.load(ACCEPTED)
    if accepted.settings != run.settings:
        _say(f"not compared with {ACCEPTED}: measured with other settings")
        return False
    found = list(changes(accepted.measures, run.measures))
    typer.echo(f"\nagainst the accepted run of {accepted.date} ({accepted.machine['cpu']}, commit {accepted.commit}):")
    for line in show.change_lines(found):
        typer.echo(line)
    if not found:
        typer.echo("nothing moved beyond its noise")
    return any(change.share < 0 for change in found)


def _say(line: str) -> None:
    typer.echo(line, err=True)


if __name__ == "__main__":
    app()
