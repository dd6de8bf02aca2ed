"""The learning loop from end to end: extract a new report, export, correct in Label Studio's format, import, train, compare, extract again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from conftest import GOLD_RECORD
from test_exchange import submit
from test_workflow import NEW_TEXT, small_config, small_set
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.model import verified_card
from pipeline.record import read_records

runner = CliRunner()
NAME = "宁州护湖哨卡"
PROBE = f"今年，{NAME}检查水面12处。"


def run(*arguments: object, code: int = 0) -> str:
    done = runner.invoke(app, [str(a) for a in arguments])
    assert done.exit_code == code, done.output
    return done.output


def agencies(path: Path) -> list[str]:
    return [e.text for record in read_records(path) for e in record.entities if e.label == "AGENCY"]


def mark_the_name(tasks: Path) -> int:
    """As a person does: every mark that touches the name is deleted, and the name is marked."""
    data = json.loads(tasks.read_text("utf-8"))
    annotation, text = data[0]["annotations"][0], data[0]["data"]["text"]
    places = [(start, start + len(NAME)) for start in range(len(text)) if text.startswith(NAME, start)]

    def is_kept(result: dict[str, Any]) -> bool:
        value = result.get("value", {})
        if value.get("labels", ["SECTION"])[0] in ("SECTION", "HEADING") or "start" not in value:
            return True
        return not any(value["start"] < end and start < value["end"] for start, end in places)

    kept = [r for r in annotation["result"] if is_kept(r)]
    ids = {r.get("id") for r in kept}
    annotation["result"] = [r for r in kept if r["type"] != "relation" or {r["from_id"], r["to_id"]} <= ids]
    for number, (start, end) in enumerate(places):
        value = {"start": start, "end": end, "text": NAME, "labels": ["AGENCY"]}
        annotation["result"].append({"id": f"drawn{number}", "from_name": "label", "to_name": "text", "type": "labels", "value": value})
    tasks.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    return len(places)


def test_a_corrected_name_is_found_after_training(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    data, config, model = small_set(tmp_path / "data"), small_config(tmp_path), tmp_path / "model"
    training = ["train", "--annotations", data, "--config", config, "-o", model, "--on", GOLD_RECORD]
    run(*training)
    new, out, probe = tmp_path / "new.txt", tmp_path / "out.jsonl", tmp_path / "probe.txt"
    new.write_text(NEW_TEXT, "utf-8")
    probe.write_text(PROBE, "utf-8")
    run("extract", probe, "-o", tmp_path / "before.jsonl", "--model", model)
    assert NAME not in agencies(tmp_path / "before.jsonl"), "the small model does not know it"

    run("extract", new, "-o", out, "--model", model)
    run("annotate", "export", out, "--to", "label-studio", "-o", tmp_path / "tasks")
    submit(tmp_path / "tasks" / "tasks.json")
    assert mark_the_name(tmp_path / "tasks" / "tasks.json") == 3
    said = run("annotate", "import", tmp_path / "tasks" / "tasks.json", "--from", "label-studio", "-o", data / "corrected.jsonl")
    assert "1 records" in said
    assert agencies(data / "corrected.jsonl").count(NAME) == 3

    shutil.copytree(model, tmp_path / "old")
    said = run(*training, "--force")
    assert "change" in said
    assert "QUANTITY item" in said
    assert "new" in verified_card(model)["data"]["sha256"], "the card names the corrected report"
    compared = runner.invoke(app, ["compare", str(tmp_path / "old"), str(model), "--on", str(data / "corrected.jsonl")])
    assert f"+ new: AGENCY: no longer missed: {NAME}" in compared.output

    run("extract", probe, "-o", tmp_path / "after.jsonl", "--model", model)
    assert NAME in agencies(tmp_path / "after.jsonl")
