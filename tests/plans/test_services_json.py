"""schemas/services.json, by which the PWA names contents, tasks and procedures, says what the catalogue says."""

import json
from pathlib import Path

from doorstep.plans import catalogue

FILE = Path(__file__).parents[2] / "schemas" / "services.json"


def test_the_file_is_the_catalogue():
    expected = {
        "emergency_procedure": catalogue.emergency_procedure().id,
        "procedures": {
            procedure.id: {
                "id": procedure.id,
                "version": procedure.version,
                "zh": list(procedure.zh),
                "en": list(procedure.en),
            }
            for procedure in catalogue.PROCEDURES.values()
        },
        "contents": {
            content.code: {
                "service_type": content.service_type,
                "zh": content.zh,
                "en": content.en,
                "at_home": content.at_home,
                "safety_procedure": content.safety_procedure,
                "tasks": [{"code": task.code, "zh": task.zh, "en": task.en} for task in content.tasks],
            }
            for content in catalogue.CONTENTS.values()
        },
    }
    assert json.loads(FILE.read_text("utf-8")) == expected


def test_every_procedure_that_is_asked_for_is_in_the_file():
    file = json.loads(FILE.read_text("utf-8"))
    for code, content in file["contents"].items():
        asked = catalogue.safety_procedure(content["service_type"], code)
        assert content["safety_procedure"] == (asked.id if asked else None), code
        assert asked is None or asked.acknowledgement == f"{asked.id}@{file['procedures'][asked.id]['version']}"
    assert file["emergency_procedure"] in file["procedures"]
