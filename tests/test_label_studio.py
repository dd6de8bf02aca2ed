"""The real Label Studio: tasks imported through its API, one span corrected, exported, compiled and trained on.

It is installed from the package index into an environment of its own, runs on loopback, and sends nothing anywhere.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_exchange import HARD, layers
from test_workflow import small_config, small_set
from typer.testing import CliRunner

from pipeline.annotation.exchange import export_records, import_records
from pipeline.annotation.folder import compile_folder
from pipeline.cli import app
from pipeline.extractor import Extractor
from pipeline.record import Record, write_records

pytestmark = [pytest.mark.slow, pytest.mark.foreign]
MEASURE = "“𣲙一件事”改革"
INSTALL_SECONDS, START_SECONDS = 300, 300
TOKEN = "0123456789abcdef0123456789abcdef01234567"
QUIET = {
    "COLLECT_ANALYTICS": "0", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "", "LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true", "DISABLE_SIGNUP_WITHOUT_LINK": "true",
}  # fmt: skip


class Server:
    """A running Label Studio and its API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, path: str, data: Any = None) -> Any:
        body = None if data is None else json.dumps(data).encode()
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", method=method, headers=headers, data=body)
        with urllib.request.urlopen(request, timeout=120) as answer:
            content = answer.read()
        return json.loads(content) if content else None


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("label-studio")
    binaries = folder / "env" / "bin"
    try:
        subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True, capture_output=True, timeout=120)
        install = [binaries / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        install += ["--timeout", "30", "--retries", "2"]
        subprocess.run([*install, "label-studio"], check=True, capture_output=True, timeout=INSTALL_SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        said = (getattr(error, "stderr", None) or b"").decode("utf-8", "replace").splitlines()
        pytest.skip(f"label-studio cannot be installed here: {error} {said[-1:]}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = ["--no-browser", "--internal-host", "127.0.0.1", "--port", str(port), "--username", "a@example.org"]
    arguments += ["--password", "only-for-this-test", "--user-token", TOKEN]
    log = (folder / "log.txt").open("wb")
    environment = {**os.environ, **QUIET, "LABEL_STUDIO_BASE_DATA_DIR": str(folder / "data")}
    process = subprocess.Popen([binaries / "label-studio", "start", *arguments], stdout=log, stderr=log, env=environment, cwd=folder)
    try:
        _wait(f"http://127.0.0.1:{port}/health", process, folder / "log.txt")
        yield Server(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server answers; its first start builds a database and can take minutes."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(2)
    pytest.skip(f"label-studio does not start here: {log.read_text('utf-8', 'replace')[-400:]}")


def test_one_span_is_corrected_in_the_real_tool(server: Server, extractor: Extractor, tmp_path: Path) -> None:
    record = extractor(HARD, id="hard")
    tasks = tmp_path / "tasks"
    export_records([record], "label-studio", tasks, lambda line: None)
    project = server.call("POST", "/api/projects/", {"title": "gongwen", "label_config": (tasks / "labelling-config.xml").read_text("utf-8")})
    done = server.call("POST", f"/api/projects/{project['id']}/import", json.loads((tasks / "tasks.json").read_text("utf-8")))
    assert done["prediction_count"] == 1

    (task,) = server.call("GET", f"/api/tasks/?project={project['id']}&fields=all")["tasks"]
    (prediction,) = task["predictions"]
    assert record.pipeline
    assert prediction["model_version"] == record.pipeline.model
    untouched = server.call("POST", f"/api/tasks/{task['id']}/annotations/", {"result": prediction["result"]})
    assert layers(_exported(server, project["id"], tmp_path)) == layers(record), "what is submitted as it was comes back as it was"

    agency = next(e for e in record.entities if e.label == "AGENCY")
    server.call("PATCH", f"/api/annotations/{untouched['id']}/", {"result": list(_corrected(prediction["result"], record, agency.id))})
    corrected = _exported(server, project["id"], tmp_path)
    assert [(e.text, e.canonical) for e in corrected.entities if e.label == "MEASURE"] == [(MEASURE, MEASURE)]
    assert (agency.start, agency.end) not in [(e.start, e.end) for e in corrected.entities]

    (tmp_path / "data").mkdir()
    data = small_set(tmp_path / "data")
    write_records(data / "corrected.jsonl", [corrected])
    assert "hard" in {piece.record.id for piece in compile_folder(data)}
    arguments = ["train", "--annotations", str(data), "--config", str(small_config(tmp_path)), "-o", str(tmp_path / "model")]
    trained = CliRunner().invoke(app, arguments)
    assert trained.exit_code == 0, trained.output
    card = json.loads((tmp_path / "model" / "card.json").read_text("utf-8"))
    assert "hard" in card["data"]["sha256"]


def _corrected(results: list[dict[str, Any]], record: Record, mark: str) -> Iterator[dict[str, Any]]:
    """The results with one agency's mark moved on to a measure, whatever else marked that deleted."""
    start = HARD.index(MEASURE)
    deleted = {e.id for e in record.entities if e.label == "MEASURE"}
    for result in results:
        if result.get("id") in deleted or (result.get("id") == mark and result["from_name"] not in ("label", "canonical")):
            continue
        if result.get("id") == mark:
            value = {"start": start, "end": start + len(MEASURE)}
            value |= {"text": MEASURE, "labels": ["MEASURE"]} if result["type"] == "labels" else {"text": [MEASURE]}
            result = {**result, "value": value}
        yield result


def _exported(server: Server, project: int, folder: Path) -> Record:
    path = folder / "export.json"
    path.write_text(json.dumps(server.call("GET", f"/api/projects/{project}/export?exportType=JSON")), "utf-8")
    (record,) = import_records(path, "label-studio", lambda line: None)
    return record
