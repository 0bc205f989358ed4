"""Compilation in process, in the place of the reference, and its cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.chain.artifacts import compile_contract, vyper_compiler
from simulator.errors import CompileError, InputError
from simulator.resources import contracts_folder

TOKEN = "tokens/Token.vy"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder of this test alone."""
    monkeypatch.setenv("UNDERWATER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vyper"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the token far away from its interfaces."""
    path = tmp_path / "elsewhere" / "Copy.vy"
    path.parent.mkdir()
    path.write_text((contracts_folder() / TOKEN).read_text(encoding="utf-8"), encoding="utf-8")
    return path


def test_an_artifact_has_code_layout_and_the_hash_of_its_text(cache: Path) -> None:
    artifact = compile_contract(TOKEN)
    assert artifact.name == "Token"
    assert 0 < artifact.runtime_size < len(artifact.bytecode)
    assert artifact.storage_layout["balanceOf"].slots == 1
    assert len(artifact.source_hash) == 64


def test_a_copy_anywhere_compiles_in_the_place_of_the_reference(cache: Path, copy: Path) -> None:
    ours, theirs = compile_contract(TOKEN), compile_contract(TOKEN, copy)
    assert theirs.bytecode == ours.bytecode
    assert theirs.path == copy and theirs.name == "Copy"
    assert theirs.source_hash == ours.source_hash


def test_the_second_compilation_is_read_from_the_cache(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = compile_contract(TOKEN)
    monkeypatch.setattr(vyper_compiler, "_compile", lambda *_: pytest.fail("compiled again"))
    assert compile_contract(TOKEN) == first
    assert [path.suffix for path in cache.iterdir()] == [".json"]


def test_a_changed_text_is_compiled_again(cache: Path, copy: Path) -> None:
    before = compile_contract(TOKEN, copy)
    copy.write_text(copy.read_text().replace('"owner"', '"not the owner"'), encoding="utf-8")
    after = compile_contract(TOKEN, copy)
    assert after.bytecode != before.bytecode
    assert after.source_hash != before.source_hash


def test_a_damaged_cache_entry_is_replaced(cache: Path) -> None:
    good = compile_contract(TOKEN)
    (entry,) = cache.iterdir()
    entry.write_text("{", encoding="utf-8")
    assert compile_contract(TOKEN) == good
    assert compile_contract(TOKEN) == good


def test_a_cache_that_cannot_be_written_only_costs_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("UNDERWATER_CACHE", str(tmp_path / "file"))
    assert compile_contract(TOKEN).name == "Token"


def test_a_broken_source_is_refused_in_the_words_of_the_compiler(cache: Path, copy: Path) -> None:
    copy.write_text("# pragma version 0.4.3\n\ncount: uint257\n", encoding="utf-8")
    with pytest.raises(CompileError, match=r"Copy\.vy does not compile.*uint257"):
        compile_contract(TOKEN, copy)
    assert not cache.exists() or not list(cache.iterdir())


def test_a_source_for_another_compiler_is_refused(cache: Path, copy: Path) -> None:
    copy.write_text("# pragma version 0.3.10\n", encoding="utf-8")
    with pytest.raises(CompileError, match=r"0\.3\.10"):
        compile_contract(TOKEN, copy)


def test_a_missing_file_is_bad_input(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        compile_contract(TOKEN, tmp_path / "none.vy")
