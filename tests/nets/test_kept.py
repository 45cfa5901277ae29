"""Numbers that are kept come back, and damage is named."""

import numpy as np
import pytest

from rmt_utils.nets import kept, mixtures

STUDY = mixtures.quick()[0]


def test_numbers_are_read_back_and_damage_is_named(tmp_path):
    with pytest.raises(FileNotFoundError):
        kept.read(STUDY, tmp_path)
    numbers = {"difference": np.random.default_rng(0).random((2, 3)), "refit": np.arange(4.0)}
    kept.write(STUDY, tmp_path, numbers, 1.0)
    found = kept.read(STUDY, tmp_path)
    assert {*found} == {*numbers}
    for name, values in found.items():
        np.testing.assert_allclose(values, numbers[name], rtol=1e-6)
    path = kept.paths(STUDY, tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(RuntimeError, match="damaged"):
        kept.read(STUDY, tmp_path)


def test_what_is_there_is_not_made_again(tmp_path):
    made, studies = [], mixtures.quick()

    def carry_out(study):
        made.append(study)
        return {"refit": np.full(2, study.n_components)}

    kept.make(studies[:1], tmp_path, carry_out)
    kept.make(studies, tmp_path, carry_out)
    assert made == studies
    assert [kept.read(study, tmp_path)["refit"][0] for study in studies] == [1, 4]
