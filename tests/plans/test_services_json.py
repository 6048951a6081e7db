"""schemas/services.json, by which the PWA names contents and tasks, says what the catalogue says."""

import json
from pathlib import Path

from doorstep.plans import catalogue

FILE = Path(__file__).parents[2] / "schemas" / "services.json"


def test_the_file_is_the_catalogue():
    expected = {
        "contents": {
            content.code: {
                "service_type": content.service_type,
                "zh": content.zh,
                "en": content.en,
                "at_home": content.at_home,
                "tasks": [{"code": task.code, "zh": task.zh, "en": task.en} for task in content.tasks],
            }
            for content in catalogue.CONTENTS.values()
        }
    }
    assert json.loads(FILE.read_text("utf-8")) == expected
