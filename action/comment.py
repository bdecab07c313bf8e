"""Writes what the gate said below a pull request, in one comment that later runs write anew.

    comment.py FOLDER    with gate.md and gate.json of `runner check`

GATE_NAME tells the comments of several gates apart, GATE_PULL_REQUEST is the number, GATE_TOKEN writes.
Where that cannot be done, as on a pull request from a fork, it says so and ends well: the gate has decided.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

# GitHub takes no longer comment.
LONGEST = 65_000
# As many bars as a screen has place for.
BARS = 20


def body(folder: Path, name: str) -> str:
    """The comment: a mark to find it by, the table, a chart, and where the rest is."""
    # A name in it calls no one.
    text = (folder / "gate.md").read_text(encoding="utf-8").replace("@", "@<!-- -->")
    place = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}".format(**os.environ)
    end = f"\n\n{chart(folder)}Charts over past baselines and JUnit are in the artifact of [this run]({place}).\n"
    if len(text) > LONGEST - len(end):
        text = text[: LONGEST - len(end)] + "\n\n… and more, on the page of the run.\n"
    return f"{mark(name)}\n{text}{end}"


def mark(name: str) -> str:
    return f"<!-- samebits gate: {re.sub('[^A-Za-z0-9_. -]', '_', name)} -->"


def chart(folder: Path) -> str:
    """By how much each metric is worse, as Mermaid, which GitHub draws; nothing if none was compared."""
    try:
        outcomes = json.loads((folder / "gate.json").read_text(encoding="utf-8"))["experiments"]
    except (OSError, ValueError, KeyError):
        return ""
    worse = []
    for outcome in outcomes:
        change = outcome.get("change")
        if change is not None:
            worse.append((100 * change * (1 if outcome["lower_is_better"] else -1), outcome["name"]))
    worse = sorted(worse, reverse=True)[:BARS]
    if not worse:
        return ""
    # A name is text of a person: nothing of it ends a string or a line.
    names = ", ".join('"' + re.sub(r"[^\w .,=/+-]", "_", name)[:40] + '"' for _, name in worse)
    bars = ", ".join(f"{change:.4f}" for change, _ in worse)
    return (
        "```mermaid\nxychart-beta\n"
        '    title "Worse by, in percent of the baseline; below zero: better"\n'
        f"    x-axis [{names}]\n    bar [{bars}]\n```\n\n"
    )


class GitHub:
    """The part of GitHub's interface that is needed here."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.api = os.environ.get("GITHUB_API_URL", "https://api.github.com")

    def ask(self, method: str, path: str, content: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.api}{path}",
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Accept": "application/vnd.github+json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def own_name(self) -> str:
        """Who writes: a person's token may ask, that of a workflow may not."""
        try:
            return str(self.ask("GET", "/user")["login"])
        except urllib.error.HTTPError:
            return "github-actions[bot]"

    def earlier(self, comments: str, start: str) -> int | None:
        """The number of our own comment that begins so."""
        own = self.own_name()
        for page in range(1, 100):
            some = self.ask("GET", f"{comments}?per_page=100&page={page}")
            for comment in some:
                if comment["user"]["login"] == own and comment["body"].startswith(start):
                    return int(comment["id"])
            if len(some) < 100:
                break
        return None


def main() -> int:
    folder = Path(sys.argv[1])
    if not (folder / "gate.md").is_file():
        print("::warning::the gate has written no table, so there is no comment")
        return 0
    repository, name = os.environ["GITHUB_REPOSITORY"], os.environ.get("GATE_NAME", "gate")
    number = int(os.environ["GATE_PULL_REQUEST"])
    issues = f"/repos/{repository}/issues"
    github = GitHub(os.environ["GATE_TOKEN"])
    try:
        before = github.earlier(f"{issues}/{number}/comments", mark(name))
        method, path = (
            ("POST", f"{issues}/{number}/comments")
            if before is None
            else ("PATCH", f"{issues}/comments/{before}")
        )
        written = github.ask(method, path, {"body": body(folder, name)})
    except urllib.error.URLError as error:
        print(f"::warning::no comment was written ({error}); a workflow needs `pull-requests: write` for it")
        return 0
    print(written["html_url"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
