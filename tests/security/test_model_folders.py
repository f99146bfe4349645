"""A model is data: whatever stands in its folder, none of it is run, and what is wrong with it is one sentence."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from index.embedding.encoders import choose, sentence_transformers
from index.model.errors import ModelError

pytestmark = [pytest.mark.model, pytest.mark.slow]

SAFE = "model.safetensors"
Plant = Callable[[Path, Path], None]


class Payload:
    """Touches a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.mark),)


def change(path: Path, changes: dict[str, Any]) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def weights_with_a_payload(folder: Path, mark: Path) -> None:
    (folder / SAFE).unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Payload(mark)))


def honest_weights(folder: Path, mark: Path) -> None:
    import torch

    torch.save(load_file(folder / SAFE), folder / "pytorch_model.bin")
    (folder / SAFE).unlink()


def an_adapter(folder: Path, mark: Path) -> None:
    (folder / "adapter_model.bin").write_bytes(pickle.dumps(Payload(mark)))
    change(folder / "config.json", {"transformers_weights": "adapter_model.bin"})


def an_index_of_parts(folder: Path, mark: Path) -> None:
    names = dict.fromkeys(load_file(folder / SAFE), "part.bin")
    (folder / SAFE).unlink()
    (folder / "part.bin").write_bytes(pickle.dumps(Payload(mark)))
    (folder / f"{SAFE}.index.json").write_text(json.dumps({"metadata": {}, "weight_map": names}), encoding="utf-8")


def a_further_module(kind: str, config: dict[str, Any]) -> Plant:
    def plant(folder: Path, mark: Path) -> None:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        modules.append({"idx": len(modules), "name": "added", "path": "added", "type": f"sentence_transformers.models.{kind}"})
        (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")
        (folder / "added").mkdir()
        (folder / "added" / "config.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "added" / "pytorch_model.bin").write_bytes(pickle.dumps(Payload(mark)))

    plant.__name__ = f"a_further_module_{kind}"
    return plant


PICKLES: list[Plant] = [
    weights_with_a_payload,
    honest_weights,
    an_adapter,
    an_index_of_parts,
    a_further_module("Dense", {"in_features": 32, "out_features": 32, "activation_function": "torch.nn.modules.linear.Identity"}),
    a_further_module("LayerNorm", {"dimension": 32}),
]


def a_module_of_its_own(folder: Path, mark: Path) -> None:
    (folder / "own.py").write_text(f"import os\nos.mkdir({str(mark)!r})\nclass Own: ...\n", encoding="utf-8")
    modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    modules[0]["type"] = "own.Own"
    (folder / "modules.json").write_text(json.dumps(modules), encoding="utf-8")


def a_model_class_of_its_own(folder: Path, mark: Path) -> None:
    (folder / "own.py").write_text(f"import os\nos.mkdir({str(mark)!r})\nclass Own: ...\n", encoding="utf-8")
    change(folder / "config.json", {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.Own"}})


@pytest.fixture
def variant(small: Path, tmp_path: Path) -> Path:
    """A model's folder, to be changed."""
    folder = tmp_path / "variant"
    shutil.copytree(small, folder)
    return folder


def sentence(folder: Path) -> str:
    """What is said of a model that is refused."""
    with pytest.raises(ModelError) as refused:
        sentence_transformers.load(str(folder), str(folder))
    said = str(refused.value)
    assert str(folder) in said
    assert "EMBEDDING_MODEL" in said
    assert "\n" not in said
    return said


@pytest.mark.parametrize("plant", PICKLES, ids=lambda plant: plant.__name__)
def test_pickled_weights_are_never_read(plant: Plant, variant: Path, tmp_path: Path) -> None:
    """A pickle in a model's folder runs any code of its author's when it is loaded."""
    plant(variant, tmp_path / "mark")
    assert "safetensors" in sentence(variant)
    assert not (tmp_path / "mark").exists()


def test_a_pickle_beside_the_weights_is_no_obstacle(variant: Path, tmp_path: Path) -> None:
    """Many models on the hub have both."""
    (variant / "pytorch_model.bin").write_bytes(pickle.dumps(Payload(tmp_path / "mark")))
    assert sentence_transformers.load(str(variant), str(variant)).encode_queries(["When?"]).shape == (1, 32)
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("plant", [a_module_of_its_own, a_model_class_of_its_own], ids=lambda plant: plant.__name__)
def test_code_in_a_model_folder_is_never_run(plant: Plant, variant: Path, tmp_path: Path) -> None:
    plant(variant, tmp_path / "mark")
    sentence(variant)
    assert not (tmp_path / "mark").exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("a/.", max_size=4), lambda one: st.lists(one, max_size=2), max_leaves=3
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_whatever_a_models_settings_say_it_loads_or_is_refused_in_one_sentence(variant: Path, tmp_path: Path, data: st.DataObject) -> None:
    files = sorted(path.relative_to(variant) for path in variant.rglob("*.json") if path.name != "tokenizer.json")
    name = data.draw(st.sampled_from(files))
    changed = tmp_path / "changed"
    shutil.rmtree(changed, ignore_errors=True)
    shutil.copytree(variant, changed)
    said = json.loads((variant / name).read_text(encoding="utf-8"))
    at: Any = said
    while True:
        key = data.draw(st.sampled_from(range(len(at)) if isinstance(at, list) else sorted(at)))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            break
        at = at[key]
    at[key] = data.draw(JSON)
    (changed / name).write_text(json.dumps(said), encoding="utf-8")
    try:
        sentence_transformers.load(str(changed), str(changed))
    except ModelError as error:
        assert "\n" not in str(error)


def test_a_pickle_is_refused_by_the_way_that_all_models_take(variant: Path, tmp_path: Path) -> None:
    honest_weights(variant, tmp_path)
    with pytest.raises(ModelError, match="pickle"):
        choose.load(str(variant), str(variant), tmp_path / "cache")
