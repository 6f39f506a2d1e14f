"""Every story file of this folder holds, played by `offhold demo --script` in a process of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.counterparts.demo import played

STORIES = sorted(Path(__file__).parent.glob("*.story"))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_the_story_holds(story: Path) -> None:
    done = played(story)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert done.stdout.endswith("The story holds.\n")
