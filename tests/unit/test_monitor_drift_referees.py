"""Beside Evidently and NannyML on the same rows, as benchmarks/monitoring/peers wrote them down."""

import json
from pathlib import Path

import numpy as np
import pytest
from evergreen.contracts.columns import is_text
from evergreen.monitor.drift import find_drift
from evergreen.monitor.drift.effects import jensen_shannon
from scipy import stats

from benchmarks.monitoring import referee_data
from tests.fakes.served import baseline_of, file_of, frame_of, served_from

REFEREES = Path(__file__).parent / "referees"
EVIDENTLY = json.loads((REFEREES / "evidently.json").read_text())["columns"]
NANNYML = json.loads((REFEREES / "nannyml.json").read_text())["drift"]
BEFORE, NOW = referee_data.drift()
NUMBERS = [name for name, values in BEFORE.items() if not is_text(values)]
TEXTS = [name for name, values in BEFORE.items() if is_text(values)]


@pytest.fixture(scope="module")
def found():
    file = file_of(BEFORE)
    baseline = baseline_of(file, frame_of(BEFORE))
    drifts = find_drift(file, baseline, served_from(baseline, frame_of(NOW)))
    return {column.column: column for column in drifts.columns}


def test_what_the_referees_rows_moved_is_found_and_nothing_else(found):
    moved = {name for name, column in found.items() if column.level != "none"}
    assert moved == {"shifted", "spread", "skewed", "tied", "kind"}


@pytest.mark.parametrize("name", NUMBERS + TEXTS)
def test_evidentlys_jensen_shannon_is_ours_in_its_bins_and_its_unit(name):
    """It states the distance in natural units, ours is in base 2; its bins have equal widths."""
    its = EVIDENTLY[name]
    shares = np.array(its["js_before"]), np.array(its["js_now"])
    assert jensen_shannon(*shares) * np.sqrt(np.log(2)) == pytest.approx(its["js"], abs=1e-9)


@pytest.mark.parametrize("name", TEXTS)
def test_evidentlys_indices_of_categories_are_ours(found, name):
    """Without bins in between, all that differs is half a row in each category."""
    its, ours = EVIDENTLY[name], found[name]
    assert ours.psi == pytest.approx(its["psi"], rel=0.01)
    assert ours.js * np.sqrt(np.log(2)) == pytest.approx(its["js"], rel=1e-6)


@pytest.mark.parametrize("name", TEXTS)
def test_nannymls_values_of_categories_are_ours(found, name):
    """Its chi-squared is Yates's with two categories, which ours is not."""
    its, ours = NANNYML[name], found[name]
    assert ours.js == pytest.approx(its["jensen_shannon"], rel=1e-6)
    assert ours.chi2 == pytest.approx(its["chi2"], rel=1e-6 if name == "kind" else 0.05)


@pytest.mark.parametrize("name", NUMBERS)
def test_kolmogorov_and_smirnovs_is_nannymls_but_for_the_bins(found, name):
    """A hundredth of the rows lies in a bin, so we are at most that much below the values' own."""
    ours, its = found[name].ks, NANNYML[name]["kolmogorov_smirnov"]
    assert ours == pytest.approx(its, abs=0.011)
    assert ours <= stats.ks_2samp(BEFORE[name], NOW[name]).statistic + 1e-9


@pytest.mark.parametrize("name", ["shifted", "spread", "skewed", "tied"])
def test_indices_of_numbers_are_of_the_referees_size_though_bins_differ(found, name):
    assert 0.3 < found[name].psi / EVIDENTLY[name]["psi"] < 1.5
    assert 0.6 < found[name].js / NANNYML[name]["jensen_shannon"] < 1.2
