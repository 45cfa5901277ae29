"""Both rules integrate what they are for, and only as far as they can."""

import numpy as np
import pytest

from rmt_utils import Spectrum
from rmt_utils.book import log_rule, tan_rule


def root(spectrum, u2, weights):
    """Square roots of the eigenvalues as sums of denoisers."""
    assert u2.shape == weights.shape
    s = spectrum.eigenvalues[:, None]
    return (s / (s + u2)) @ weights


@pytest.mark.parametrize(("rule", "n_nodes", "off"), [("log", 100, 1e-8), ("tan", 40, 1e-12)])
def test_a_single_scale_is_within_reach_of_both(rule, n_nodes, off):
    spectrum = Spectrum([2.0, 1.0, 0.5])
    u2, weights = tan_rule(n_nodes) if rule == "tan" else log_rule(spectrum, n_nodes)
    assert u2.shape == (n_nodes,)
    np.testing.assert_allclose(root(spectrum, u2, weights), np.sqrt(spectrum.eigenvalues), rtol=off)


def test_many_decades_are_within_reach_of_the_rule_without_a_scale():
    spectrum = Spectrum(np.geomspace(1e2, 1e-7, 50))
    truth = np.sqrt(spectrum.eigenvalues)
    np.testing.assert_allclose(root(spectrum, *log_rule(spectrum, 200)), truth, rtol=1e-6)
    assert np.abs(root(spectrum, *tan_rule(200)) / truth - 1).max() > 1e-3


def test_the_error_falls_like_the_exponential_of_the_root_of_the_nodes():
    spectrum, nodes = Spectrum([1.0]), np.arange(4, 11) ** 2
    off = [abs(root(spectrum, *log_rule(spectrum, n))[0] - 1) for n in nodes]
    assert np.polyfit(np.sqrt(nodes), np.log(off), 1)[0] == pytest.approx(-2.2, abs=0.15)


def test_eigenvalues_of_zero_have_no_logarithm():
    with pytest.raises(ValueError, match="eigenvalues must be > 0"):
        log_rule(Spectrum([1.0, 0.0]), 10)
