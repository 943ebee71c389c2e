#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the loader and the JSON Schema it prints against each other, with an independent YAML reader
(YAML 1.2, duplicate keys refused) and an independent validator.

usage: schema_agreement_test.py SCENARIO_CHECK TESTDATA SUITE
good/ and SUITE must be accepted by both, bad/ refused by both. bad_semantic/ must be refused by the
loader; a schema cannot say what is wrong there."""

import json
import pathlib
import subprocess
import sys

try:
    import jsonschema
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
except ImportError as missing:
    print(f"SKIPPED: {missing}; install python3-jsonschema and python3-ruamel.yaml")
    sys.exit(77)


def loader_accepts(tool, paths):
    """{path: True or False}, and the whole output for messages."""
    run = subprocess.run([tool, *map(str, paths)], capture_output=True, text=True, check=False)
    answers = {}
    for line in run.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word == "ok":
            answers[rest.rsplit(" ", 1)[0]] = True
        elif word == "bad":
            answers[rest] = False
    return answers, run.stdout


def schema_problem(validator, path):
    """None where the validator accepts the file, else the reason."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    # JSON has no dates: they are texts.
    yaml.constructor.add_constructor(
        "tag:yaml.org,2002:timestamp", lambda self, node: self.construct_scalar(node))
    try:
        document = yaml.load(path.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as problem:
        return f"not YAML: {problem}"
    error = jsonschema.exceptions.best_match(validator.iter_errors(document))
    return error.message if error else None


def main():
    tool, testdata, suite = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    schema = json.loads(subprocess.run([tool, "--schema"], capture_output=True, check=True).stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)

    files = {kind: sorted((testdata / kind).glob("*.yaml")) for kind in ("good", "bad", "bad_semantic")}
    files["suite"] = sorted(suite.rglob("*.yaml"))
    failures = []
    for kind, least in (("good", 15), ("bad", 40), ("bad_semantic", 30)):
        if len(files[kind]) < least:
            failures.append(f"{kind}: only {len(files[kind])} files, at least {least} expected")

    answers, output = loader_accepts(tool, [path for paths in files.values() for path in paths])
    for kind, paths in files.items():
        wanted = kind in ("good", "suite")
        for path in paths:
            if answers.get(str(path)) is not wanted:
                failures.append(f"{path}: the loader says {answers.get(str(path))}, wanted {wanted}")
            if kind == "bad_semantic":
                continue
            problem = schema_problem(validator, path)
            if (problem is None) is not wanted:
                failures.append(f"{path}: the schema says {problem or 'valid'}, wanted {wanted}")
    for failure in failures:
        print(failure)
    if failures:
        print(output)
    print(f"{sum(map(len, files.values()))} files, {len(failures)} disagreements")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
