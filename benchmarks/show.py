"""A run for people: the table on the terminal, the part of the README, the plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import peers
from benchmarks.measure import Change, Measure
from benchmarks.run import Run

PLOT = Path("docs/bench.png")
_REPORTS = "gold"
_AS_ASKED = {None: "", True: "reached", False: "not reached"}


def table(run: Run) -> Iterator[str]:
    """Aligned lines: every figure with its quartiles, what is asked, characters a second."""
    yield f"{'':50} {'median':>8} {'quartiles':>17} {'unit':24} {'asked':>7}  {'':12}{'characters/s':>13}"
    group = ""
    for m in run.measures:
        if m.group != group:
            group = m.group
            yield group
        low, high = m.quartiles
        asked = "" if m.asked is None else f"{'≥' if m.better == 'higher' else '≤'} {m.asked:g}"
        speed = f"{median(m.speed):13,.0f}" if m.speed else ""
        spread = f"{_figure(low)}–{_figure(high)}" if len(m.values) > 1 else ""
        yield f"  {m.name:48} {_figure(m.median):>8} {spread:>17} {m.unit[:24]:24} {asked:>7}  {_AS_ASKED[m.is_met]:12}{speed}".rstrip()
    yield from _accuracy_table(run)


def _figure(value: float) -> str:
    """Three figures, without an exponent."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _accuracy_table(run: Run) -> Iterator[str]:
    yield ""
    yield f"{'Accuracy: right of gold (predicted), F1':42} {'figure':18} " + " ".join(f"{reports:>30}" for reports in peers.GOLD)
    for peer, by_reports in run.accuracy.items():
        for figure in next(iter(by_reports.values())):
            cells = []
            for reports in peers.GOLD:
                counts = by_reports[reports].get(figure)
                cells.append(f"{counts['right']:.0f} of {counts['gold']:.0f} ({counts['predicted']:.0f}), {counts['f1']:.3f}" if counts else "—")
            yield f"  {peer:40} {figure:18} " + " ".join(f"{cell:>30}" for cell in cells)
    for peer, why in run.missing.items():
        yield f"  {peer} is missing: {why}"


def change_lines(changes: Sequence[Change]) -> Iterator[str]:
    """What moved against the accepted run, what became worse first."""
    for change in sorted(changes, key=lambda c: c.share):
        word = "worse" if change.share < 0 else "better"
        m = change.measure
        yield f"{word}: {m.group}: {m.name}: {_figure(change.before)} → {_figure(change.now)} {m.unit} ({abs(change.share):.0%})"


def markdown(run: Run) -> Iterator[str]:
    """The README's tables."""
    machine = run.machine
    yield f"Measured on {run.date} with `make bench`: {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']:g} GB, Python"
    yield f"{machine['python']}, commit {run.commit}. Speeds are multiples of what `jieba.cut` does with the same text in the same run, on one core"
    yield "(medians of repetitions that take turns); characters a second hold for this machine alone."
    yield ""
    yield "| | × `jieba.cut` | characters a second | asked |"
    yield "|---|---:|---:|---:|"
    for group, name, words in (
        ("Pipeline", "whole, files to records", "**the whole pipeline**: files to records, one core"),
        ("Grammar", "quantities of a text", "grammar of quantities alone"),
        ("Stage", "entities", "taggers of laws, agencies and measures alone"),
    ):
        yield _speed_row(run.find(group, name), words)
    yield ""
    yield "| | measured | asked |"
    yield "|---|---:|---:|"
    for group in ("Start", "Size", "Memory", "Workers", "Length", "One line"):
        for m in run.measures:
            if m.group == group and (m.asked is not None or group == "Workers"):
                yield f"| {_NAMES.get(m.key, m.name)} | {_figure(m.median)} {m.unit} | {_asked(m)} |"
    yield ""
    yield "Peers, and what both they and Gongwen find in the gold report, counted by the same scorer: agencies by exact span (F1), figures"
    yield f"with right value and unit (of {_gold_figures(run)}; a figure counts wherever it is said to begin)."
    yield ""
    yield "| | what it does | × `jieba.cut` | characters a second | agencies | value and unit |"
    yield "|---|---|---:|---:|---:|---:|"
    whole = run.find("Pipeline", "whole, files to records")
    yield f"| **Gongwen** | everything | {_figure(whole.median)} | {median(whole.speed):,.0f} | {_accuracy(run, peers.OURS)} |"
    for m in run.measures:
        if m.group == "Peer":
            does = peers.known()[m.name]["does"]
            yield f"| {m.name} | {does} | {_figure(m.median)} | {median(m.speed):,.0f} | {_accuracy(run, m.name)} |"
    if run.missing:
        yield ""
        yield "Missing in this run: " + "; ".join(f"{peer} ({why})" for peer, why in run.missing.items()) + "."
    if run.cnn:
        yield ""
        yield _about_cnn(run)
    yield ""
    yield f"![Speeds beside jieba.cut, the stages' shares of the time, time a character by length]({PLOT})"


_NAMES = {
    ("Length", "farthest from the median"): "reports of 500 to 500,000 characters: time a character, farthest from the median",
    ("One line", "farthest from the median"): "the grammar on one line of 500 to 500,000 characters: the same",
    ("Workers", "two, against one"): "two workers, against one",
    ("Memory", "report of 500,000 characters"): "peak memory of a worker, report of 500,000 characters",
}


def _asked(m: Measure) -> str:
    return "" if m.asked is None else f"{'≥' if m.better == 'higher' else '≤'} {m.asked:g}"


def _speed_row(m: Measure, words: str) -> str:
    return f"| {words} | {_figure(m.median)} | {median(m.speed):,.0f} | {_asked(m)} |"


def _gold_figures(run: Run) -> str:
    return f"{run.accuracy[peers.OURS][_REPORTS]['value and unit']['gold']:.0f}"


def _accuracy(run: Run, peer: str) -> str:
    counts = run.accuracy.get(peer, {}).get(_REPORTS, {})
    agencies = f"{counts['AGENCY']['f1']:.3f}" if "AGENCY" in counts else ""
    return f"{agencies} | {counts['value and unit']['right']:.0f}" if "value and unit" in counts else f"{agencies} | "


def _about_cnn(run: Run) -> str:
    about = run.cnn or {}
    both = run.accuracy.get("spacy-cnn", {}).get("gold and development", {})
    ours = run.accuracy[peers.OURS]["gold and development"]
    scores = ", ".join(f"{label} {both[label]['f1']:.3f} ({ours[label]['f1']:.3f})" for label in ("LAW", "AGENCY", "MEASURE") if label in both)
    text, time = f"{about['training characters']:,} characters by {about['pens']} pens", f"{about['training minutes (processor)']:g} minutes"
    return (
        f"spaCy's CNN was trained on {text} of our training set, {about['epochs']} passes in {time} of one core; "
        f"its F1 on gold and development reports (Gongwen's): {scores}."
    )


def plot(run: Run, path: Path) -> None:
    """Speeds as bars on a logarithmic scale, the stages' shares of the time, and time a character by length."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(14, 4.6), dpi=110, width_ratios=[1.2, 1, 1])
    _draw_speeds(left, run.measures)
    _draw_stages(middle, run.measures)
    _draw_lengths(right, run.measures)
    figure.suptitle(f"{run.date}, {run.machine['cpu']}, commit {run.commit}", fontsize=9)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    pyplot.close(figure)


def _draw_speeds(axes: Any, measures: Sequence[Measure]) -> None:
    bars = [m for m in measures if m.group in {"Pipeline", "Grammar", "Peer"} and m.name not in {"jieba", "jieba.cut itself"}]
    bars.sort(key=lambda m: m.median)
    colours = ["tab:gray" if m.group == "Peer" else "tab:red" for m in bars]
    axes.barh([m.name for m in bars], [m.median for m in bars], color=colours, xerr=_whiskers(bars))
    axes.set_xscale("log")
    axes.set_xlim(left=bars[0].median / 3)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlabel("speed, × jieba.cut on the same text (gray: peers)")


def _draw_stages(axes: Any, measures: Sequence[Measure]) -> None:
    stages = [m for m in measures if m.group == "Stage"]
    costs = [1 / m.median for m in stages]
    axes.barh([m.name for m in stages], [100 * cost / sum(costs) for cost in costs], color="tab:red")
    axes.invert_yaxis()
    axes.set_xlabel("% of the pipeline's time")


def _draw_lengths(axes: Any, measures: Sequence[Measure]) -> None:
    for group, label in (("Length", "pipeline, reports"), ("One line", "grammar, one line")):
        points = [m for m in measures if m.group == group and m.speed]
        costs = [1 / m.median for m in points]
        sizes = [int(m.name.split()[2].replace(",", "")) for m in points]
        axes.plot(sizes, [cost / median(costs) for cost in costs], marker="o", label=label)
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set_ylim(0, None)
    axes.axhspan(0.8, 1.2, color="tab:green", alpha=0.12)
    axes.set_xlabel("characters")
    axes.set_ylabel("time a character, 1 = median")
    axes.legend(loc="lower right")


def _whiskers(bars: Sequence[Measure]) -> list[list[float]]:
    """Distances of the quartiles from the medians."""
    quartiles = [m.quartiles for m in bars]
    return [
        [m.median - low for m, (low, _) in zip(bars, quartiles, strict=True)],
        [high - m.median for m, (_, high) in zip(bars, quartiles, strict=True)],
    ]
