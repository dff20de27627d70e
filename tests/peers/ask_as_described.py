#!/usr/bin/env python3
"""Asks a running node whatever its description lets ask, by PyPI `schemathesis`.

Nothing here comes from the Rust code: the description is all that is read. Good and bad
requests are made of it; no answer may be a fault, have a status, a media type or a form
that the description does not name for that route.

With a credential, everything is asked first but ending a credential, and that last: its
own is among those that can be ended.

Negative control: the test gives an altered description, which must be found not to hold.

Usage: ask_as_described.py NODE DESCRIPTION CASES_OF_EACH_ROUTE [TOKEN]
"""

import json
import os
import sys
import tempfile

import schemathesis
from schemathesis.cli import schemathesis as command

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]
# TRACE is refused before there is a route, with 501 (RFC 9110, section 15.6.2).
CONFIGURATION = """
[phases.coverage]
unexpected-methods = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"]
"""
SEED = "19"
ENDING = "post_access_id_revoke"


@schemathesis.serializer("application/escale-request+jwt")
def a_compact_document(ctx, value):
    """A document in compact form is sent as it is."""
    return {"data": value if isinstance(value, str) else json.dumps(value)}


@schemathesis.deserializer(
    "application/entity-statement+jwt",
    "application/escale-anchor+jwt",
    "application/escale-answer+jwt",
)
def as_it_came(ctx, response):
    """And read as it is."""
    return response.content.decode("ascii")


def ask(node, description, cases, more):
    """One run; gives its report."""
    report = "report.json"
    words = [
        *("--config-file", "judge.toml", "--no-color", "run", description, "--url", node),
        *("--phases", "coverage,fuzzing", "--checks", ",".join(CHECKS)),
        *("--seed", SEED, "--max-examples", str(cases), "--generation-database", "none"),
        *("--no-shrink", "--continue-on-failure", "--warnings", "off"),
        *("--suppress-health-check", "all", "--request-timeout", "30"),
        *("--report", "json", "--report-json-path", report, *more),
    ]
    try:
        command(words, standalone_mode=False)
    except SystemExit:
        # What it found is in the report.
        pass
    with open(report, encoding="utf-8") as file:
        return json.load(file)


def main() -> None:
    node, description, cases, *token = sys.argv[1:]
    description = os.path.abspath(description)
    by = ["--header", f"Authorization: Bearer {token[0]}"] if token else []
    turns = [["--exclude-operation-id", ENDING], ["--include-operation-id", ENDING]]
    asked = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with open("judge.toml", "w", encoding="utf-8") as file:
            file.write(CONFIGURATION)
        for turn in turns if token else [[]]:
            report = ask(node, description, cases, by + turn)
            for failure in report["failures"]:
                routes = ", ".join(failure["operations"])
                print(f"does not hold: {failure['title']}: {routes}", file=sys.stderr)
            for error in report["errors"]:
                print(f"does not hold: {error['title']}", file=sys.stderr)
            if report["failures"] or report["errors"] or report["exit_code"] != 0:
                sys.exit(1)
            operations = report["operations"]
            if not report["complete"] or operations["tested"] != operations["selected"]:
                sys.exit(f"does not hold: every route is asked: {operations}")
            asked += report["test_cases"]["generated"]
        os.chdir("/")
    name = "asked_as_described" if token else "asked_by_nobody"
    print(f"count: {name} {asked}")


if __name__ == "__main__":
    main()
