"""What the Send API's error codes mean for a message (Meta, "Common Error Codes", June 2026; field reports)."""

from __future__ import annotations

from offhold.channels.port import SendResult

_R = SendResult

_BY_SUBCODE: dict[tuple[int, int], SendResult] = {
    (1, 1357046): _R.sent,  # "invalid JSON reply", though the message was shown
    (2, 2018344): _R.paused,
    (4, 2018354): _R.rejected,
    (9, 2018352): _R.rejected,
    (10, 2018278): _R.window_closed,
    (10, 2534022): _R.window_closed,
    (10, 2018065): _R.window_closed,
    (10, 2018108): _R.unreachable,
    (10, 1893063): _R.paused,
    (10, 1893015): _R.unreachable,
    (10, 1404170): _R.unreachable,
    (10, 2018336): _R.rejected,
    (100, 33): _R.paused,
    (100, 2018001): _R.unreachable,
    (100, 2018164): _R.paused,
    (100, 2534037): _R.not_owner,
    (200, 1545041): _R.unreachable,
    (613, 2534040): _R.wait,
    (613, 2018338): _R.paused,
    (613, 1893016): _R.rejected,
}

_NOT_OWNER = frozenset({2018300, 2018321, 2018171, 2018234})
"""The platform's pages write these as codes, its answers as subcodes too."""

_BY_CODE: dict[int, SendResult] = {
    **dict.fromkeys((1, 2, 1200), _R.retry),
    **dict.fromkeys((4, 17, 32, 341, 613, 80006), _R.wait),
    **dict.fromkeys((3, 5, 10, 102, 190, 200, 230, 368, 2022), _R.paused),
    100: _R.rejected,
    506: _R.sent,  # "duplicate post": the platform has it already
    551: _R.unreachable,
    9000001: _R.rejected,
}


def meaning(code: int, subcode: int, transient: bool) -> SendResult:
    """What to do after an error envelope. An unlisted code below 100 is the platform's trouble, any other ours."""
    if (code, subcode) in _BY_SUBCODE:
        return _BY_SUBCODE[code, subcode]
    if code in _NOT_OWNER or subcode in _NOT_OWNER:
        return _R.not_owner
    if code in _BY_CODE:
        return _BY_CODE[code]
    return _R.retry if transient or 0 < code < 100 else _R.rejected
