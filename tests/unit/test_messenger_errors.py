"""The platform's error table, row by row (Meta, "Common Error Codes"; field reports)."""

from __future__ import annotations

import pytest

from offhold.channels.messenger.errors import meaning
from offhold.channels.port import SendResult as R


@pytest.mark.parametrize(
    ("code", "subcode", "result"),
    [
        (1, 0, R.retry),
        (2, 0, R.retry),
        (1200, 0, R.retry),
        (66, 0, R.retry),
        (1, 1357046, R.sent),
        (506, 0, R.sent),
        (2, 2018344, R.paused),
        (3, 0, R.paused),
        (5, 0, R.paused),
        *((code, 0, R.wait) for code in (4, 17, 32, 341, 613, 80006)),
        (613, 2534040, R.wait),
        (4, 2018354, R.rejected),
        (9, 2018352, R.rejected),
        (10, 0, R.paused),
        *((10, subcode, R.window_closed) for subcode in (2018278, 2534022, 2018065)),
        (10, 2018108, R.unreachable),
        (10, 1893063, R.paused),
        (10, 1893015, R.unreachable),
        (10, 1404170, R.unreachable),
        (10, 2018336, R.rejected),
        (100, 0, R.rejected),
        (100, 33, R.paused),
        (100, 2018001, R.unreachable),
        *((100, subcode, R.rejected) for subcode in (2018014, 2018008, 2018047, 2018074, 2018109, 2018294, 2534015)),
        (100, 2018164, R.paused),
        (100, 2534037, R.not_owner),
        (102, 0, R.paused),
        *((190, subcode, R.paused) for subcode in (0, 458, 459, 460, 463, 464, 467, 492)),
        *((200, subcode, R.paused) for subcode in (0, 2018028, 2018027, 2018021)),
        (200, 1545041, R.unreachable),
        (551, 0, R.unreachable),
        (551, 1545041, R.unreachable),
        (230, 0, R.paused),
        (368, 0, R.paused),
        (613, 2018338, R.paused),
        (613, 1893016, R.rejected),
        *((code, 0, R.not_owner) for code in (2018300, 2018321, 2018171, 2018234)),
        *((100, subcode, R.not_owner) for subcode in (2018300, 2018321, 2018171, 2018234)),
        (2022, 0, R.paused),
        (9000001, 0, R.rejected),
        (36103, 0, R.rejected),
        (0, 0, R.rejected),
    ],
)
def test_a_code_means_what_the_platform_says(code: int, subcode: int, result: R) -> None:
    assert meaning(code, subcode, transient=False) is result


def test_an_unlisted_code_that_calls_itself_transient_is_tried_again() -> None:
    assert meaning(424242, 0, transient=True) is R.retry
    assert meaning(10, 2018278, transient=True) is R.window_closed
