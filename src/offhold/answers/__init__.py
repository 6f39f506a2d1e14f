"""Ask × rows → Answer with evidence. Pure arithmetic: no clock, no network, no float."""
