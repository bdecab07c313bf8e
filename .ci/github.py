"""The part of GitHub's interface that action/comment.py speaks to, for tests: comments of one pull request.

    github.py LOG    prints its port; LOG always has the comments as they stand, as JSON

The first comment is someone else's, and begins like one of ours.
"""

from __future__ import annotations

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

LOG = Path(sys.argv[1])
COMMENTS: list[dict[str, Any]] = [
    {"id": 1, "user": {"login": "someone"}, "body": "<!-- samebits gate: gate -->\nnot yours", "written": 1}
]


class Handler(BaseHTTPRequestHandler):
    """Answers a request, if it has the token."""

    def do_GET(self) -> None:
        if self.path == "/user":
            # As to the token of a workflow.
            self.answer(403, {"message": "Resource not accessible by integration"})
        elif re.fullmatch(r"/repos/[^/]+/[^/]+/issues/7/comments\?per_page=100&page=1", self.path):
            self.answer(200, COMMENTS)
        else:
            self.answer(404, {"message": "Not Found"})

    def do_POST(self) -> None:
        if not re.fullmatch(r"/repos/[^/]+/[^/]+/issues/7/comments", self.path):
            return self.answer(404, {"message": "Not Found"})
        comment = {
            "id": len(COMMENTS) + 1,
            "user": {"login": "github-actions[bot]"},
            "written": 1,
            **self.content(),
        }
        COMMENTS.append(comment)
        self.answer(201, {**comment, "html_url": "http://localhost/new"})

    def do_PATCH(self) -> None:
        found = re.fullmatch(r"/repos/[^/]+/[^/]+/issues/comments/([0-9]+)", self.path)
        if not found:
            return self.answer(404, {"message": "Not Found"})
        comment = COMMENTS[int(found[1]) - 1]
        comment.update(self.content(), written=comment["written"] + 1)
        self.answer(200, {**comment, "html_url": "http://localhost/anew"})

    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        return content

    def answer(self, code: int, content: object) -> None:
        if self.headers["Authorization"] != "Bearer secret":
            code, content = 401, {"message": "Bad credentials"}
        LOG.write_text(json.dumps(COMMENTS), encoding="utf-8")
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
