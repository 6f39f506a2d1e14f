"""A bank's colours: read as they are, refused where text in them could not be read."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from offhold.config import InstitutionSettings, contrast

_BANK = {
    "name": "N",
    "base_url": "https://b.example",
    "issuer": "https://b.example",
    "client_id": "c",
    "client_secret_file": __file__,
}


@pytest.mark.parametrize(("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48)])
def test_contrast_is_that_of_the_standard(one: str, other: str, ratio: float) -> None:
    assert round(contrast(one, other), 2) == round(contrast(other, one), 2) == ratio


def test_a_legible_brand_is_taken() -> None:
    entry = InstitutionSettings.model_validate({**_BANK, "brand": "#1b4079", "brand_dark": "#9dc1f5"})
    assert (entry.brand, entry.brand_dark) == ("#1b4079", "#9dc1f5")


@pytest.mark.parametrize(
    "colours",
    [{"brand": "#ffcc00"}, {"brand_dark": "#1b4079"}, {"brand": "red"}, {"brand": "#12345"}, {"brand": "#1b4079;}x{"}],
)
def test_an_illegible_or_broken_brand_is_refused(colours: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        InstitutionSettings.model_validate({**_BANK, **colours})
    assert {entry["loc"][0] for entry in refused.value.errors()} == set(colours)
