"""Gauss rules of many bins against the moments of what they stand for."""

import numpy as np
import pytest

from rmt_utils import Spectrum
from rmt_utils.theory.quadrature import CHUNK, NODES, gauss_rules


@pytest.fixture
def parts():
    """Nodes, weights and bins of parts with many nodes, few, one, and many that differ by no more than rounding."""
    rng = np.random.default_rng(0)
    shapes = [(0, 500, 0.5), (2, 3, 0.5), (3, 1, 0.5), (7, NODES, 0.5), (8, 40, 1e-14), (9, 2000, 0.1)]
    nodes = np.concatenate([1 + part + np.sort(width * rng.random(size)) for part, size, width in shapes])
    return nodes, rng.uniform(1, 5, nodes.size), np.repeat(*np.transpose([shape[:2] for shape in shapes]))


def test_rules_have_the_moments_of_every_bin(parts):
    nodes, weights, bins = parts
    rule_nodes, rule_weights, rule_bins = gauss_rules(nodes, weights, bins, NODES)
    assert (np.diff(rule_nodes) > 0).all()
    np.testing.assert_array_equal(np.unique(rule_bins), np.unique(bins))
    for part in np.unique(bins):
        inside, found = bins == part, rule_bins == part
        assert np.count_nonzero(found) <= NODES
        centre, radius = nodes[inside].mean(), np.ptp(nodes[inside]) + 1e-12
        for degree in range(2 * NODES):
            moment = weights[inside] @ ((nodes[inside] - centre) / radius) ** degree
            error = rule_weights[found] @ ((rule_nodes[found] - centre) / radius) ** degree - moment
            # rounding of the sums, and of the nodes, which are at most 10
            assert abs(error) <= (1e-14 + degree * 2e-15 / radius) * weights[inside].sum()


def test_few_nodes_are_kept(parts):
    nodes, weights, bins = parts
    few = np.isin(bins, [2, 3, 7])
    rule_nodes, rule_weights, rule_bins = gauss_rules(nodes, weights, bins, NODES)
    kept = np.isin(rule_bins, [2, 3, 7])
    np.testing.assert_allclose(rule_nodes[kept], nodes[few], rtol=1e-14)
    np.testing.assert_allclose(rule_weights[kept], weights[few], rtol=1e-9)  # rounding over the square of close gaps


def test_pieces_give_the_rules_of_the_whole():
    values = np.random.default_rng(1).exponential(size=3 * CHUNK)
    compressed = Spectrum(values).compressed
    assert compressed.nodes.size < 400
    assert compressed.rank == values.size
    for shift in (1e-6, 1e-2, 1.0):
        whole = np.sum(values / (values + shift))
        assert compressed.weights @ (compressed.nodes / (compressed.nodes + shift)) == pytest.approx(whole, rel=1e-13)
