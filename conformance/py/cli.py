"""Runs commands of the AWS CLI: one JSON command a line in, one JSON outcome a line out."""

import contextlib
import io
import json
import sys
import unittest.mock

import awscli.clidriver

# The descriptions of the services, which take most of a command's time to read.
models = awscli.clidriver.create_clidriver().session.get_component("data_loader")


def outcome(command):
    """Runs a command as the program aws would, in a session of its own."""
    calls, stdout, stderr = [], io.StringIO(), io.StringIO()

    def note(model, **_):
        calls.append(f"{model.service_model.service_name}:{model.name}")

    with (
        unittest.mock.patch.dict("os.environ", command["environment"]),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        driver = awscli.clidriver.create_clidriver()
        driver.session.register_component("data_loader", models)
        driver.session.register("before-call", note)
        try:
            code = driver.main(command["arguments"])
        except SystemExit as end:
            code = end.code
    return {"code": code or 0, "output": stdout.getvalue(), "errors": stderr.getvalue(), "calls": calls}


for line in sys.stdin:
    print(json.dumps(outcome(json.loads(line))), flush=True)
