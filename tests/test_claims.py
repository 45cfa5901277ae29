"""A benchmark that falls below what README claims fails, and every claim is measured."""

import re
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
from _claims import Claims  # noqa: E402
from population import complex_nodes, sampling_map  # noqa: E402


@pytest.fixture
def claims(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(
        "| name | what | at least |\n|---|---|---|\n| `kappa` | speed | 10 |\n| `dit-small` | speed | 1.1 |\n"
    )
    return Claims(readme)


def test_claims_that_hold_let_the_benchmark_end_well(claims):
    claims.check("kappa", 10.0)
    claims.check("dit-small", 2)
    claims.settle()


@pytest.mark.parametrize("ratio", [1.09, float("nan")])
def test_a_claim_that_is_missed_ends_with_an_exit_code_and_both_numbers(claims, ratio):
    claims.check("kappa", 11)
    claims.check("dit-small", ratio)
    with pytest.raises(SystemExit, match=rf"dit-small: {ratio}, README claims at least 1\.1$"):
        claims.settle()


def test_what_readme_does_not_claim_is_refused(claims):
    with pytest.raises(KeyError, match="unet"):
        claims.check("unet", 1)


def test_readme_has_the_claims_and_benchmarks_check_them():
    source = "".join(path.read_text() for path in BENCHMARKS.glob("[!_]*.py"))
    checked = set(re.findall(r'\.check\("([\w-]+)"', source))
    networks = set(re.findall(r'\("([\w-]+)", diffusers_\w+\(\)\)', source))
    assert checked | networks == set(Claims().least) != set()
    assert source.count("= Claims()") == source.count("claims.settle()") == 3


def test_the_benchmark_of_the_population_law_runs_on_few_images(capsys):
    sampling_map(4, 20, n_images=60)
    complex_nodes(4, 20, n_images=60)
    assert re.findall(r"(\d+) modes", capsys.readouterr().out) == ["16", "16"]
