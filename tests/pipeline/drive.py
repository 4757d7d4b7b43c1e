"""A driver as the command line is one: plan, run, exit with the code of the run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mslens.pipeline.engine import EngineSettings, run_chains
from pipeline.fake_steps import FakeSettings, make_chain


def drive() -> None:
    plan = json.loads(sys.argv[1])
    raw, out = Path(plan["raw"]), Path(plan["out"])
    settings = FakeSettings.model_validate(plan["settings"])
    chains = [
        make_chain(raw, out, subject, middle=plan["middle"], settings=settings)
        for subject in plan["subjects"]
    ]
    result = run_chains(
        chains, out, settings=EngineSettings(**plan["engine"]), datasets={"raw": raw}
    )
    summary = {
        subject: {outcome.step: [outcome.state, outcome.attempts] for outcome in outcomes}
        for subject, outcomes in result.outcomes.items()
    }
    print(json.dumps({"outcomes": summary, "modules": sorted(sys.modules)}))
    sys.exit(result.exit_code)
