import shutil
import struct

import pytest
from click.testing import CliRunner

import layers.build
from layers.build import LIMIT, BuildError, Layer, build, check_budget, main
from layers.functions import CORE, LAYERS
from layers.target import local_target
from tests.layers.elf import machine, needed

# What Amazon Linux has, and every wheel of the platform may rely on (PEP 600).
SYSTEM = {
    *("libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libz.so.1"),
    *("libgcc_s.so.1", "libstdc++.so.6", "ld-linux-aarch64.so.1"),
}
ARM64 = 183
UNCHECKED_HASH = 1


def layer(name, **packages):
    return Layer(name, "", sum(packages.values()), True, packages)


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A copy of the layers' folder that a test may change."""
    copy = shutil.copytree(layers.build.HERE, tmp_path / "layers")
    monkeypatch.setattr(layers.build, "HERE", copy)
    return copy


def test_the_layers_for_lambda_stay_below_its_limit(lambda_layers):
    built = [build(name, layers.build.lambda_target()) for name in LAYERS]
    check_budget(built)
    sizes = {
        one.name: sum(
            f.stat().st_size for f in (lambda_layers / one.name).rglob("*") if f.is_file()
        )
        for one in built
    }
    assert sizes == {one.name: one.size for one in built}
    assert max(sizes.values()) + sizes[CORE] < 262_144_000


def test_every_library_for_lambda_finds_what_it_links_to(lambda_layers):
    for name in LAYERS:
        libraries = [path for path in (lambda_layers / name).rglob("*.so*") if path.is_file()]
        there = {path.name for path in libraries} | SYSTEM
        assert {machine(path) for path in libraries} <= {ARM64}
        assert {lib for path in libraries for lib in needed(path)} <= there


def test_layers_above_the_limit_are_refused_by_naming_the_biggest_packages():
    mib = 2**20
    learning = layer("learning", scipy=150 * mib, numpy=60 * mib, sklearn=50 * mib, tqdm=mib)
    with pytest.raises(BuildError) as refused:
        check_budget([layer(CORE, msgspec=2 * mib), learning])
    assert str(refused.value) == (
        "The layers core and learning are 263.0 MiB unzipped, 14.0 MiB more than Lambda leaves "
        "beside a function; the biggest packages are scipy (150.0 MiB), numpy (60.0 MiB), "
        "sklearn (50.0 MiB)."
    )


def test_two_layers_that_no_function_has_together_may_exceed_the_limit_together():
    half = LIMIT // 2
    check_budget([layer(CORE, a=1000), layer("columnar", b=half), layer("learning", c=half)])


def test_the_command_fails_above_the_limit(monkeypatch):
    monkeypatch.setattr(layers.build, "LIMIT", 2**21)
    ran = CliRunner().invoke(main, [CORE])
    assert ran.exit_code == 1
    assert "more than Lambda leaves beside a function" in ran.output


def test_a_layer_is_built_again_only_when_what_it_is_made_of_changed(sources, tmp_path):
    target, output = local_target(), tmp_path / "built"
    first = build(CORE, target, output)
    witness = output / CORE / "python/witness"
    witness.touch()
    assert build(CORE, target, output) == first
    assert witness.exists()

    errors = sources / "core/python/evergreen/errors.py"
    errors.write_text(errors.read_text() + "CHANGED = True\n")
    assert build(CORE, target, output).digest != first.digest
    assert not witness.exists()
    assert "CHANGED" in (output / CORE / "python/evergreen/errors.py").read_text()


def test_a_build_that_was_broken_off_is_not_taken_for_a_layer(tmp_path, monkeypatch):
    def break_off(_folder):
        raise KeyboardInterrupt

    target = local_target()
    monkeypatch.setattr(layers.build, "prune", break_off)
    with pytest.raises(KeyboardInterrupt):
        build(CORE, target, tmp_path)
    monkeypatch.undo()
    build(CORE, target, tmp_path)
    assert not list((tmp_path / CORE / "python").rglob("*.pyi"))


def test_a_lock_that_does_not_hold_what_was_downloaded_is_refused(sources, tmp_path):
    lock = sources / "core/requirements.lock"
    digits = "0" * 64
    lock.write_text(f"jmespath==1.1.0 --hash=sha256:{digits}\n")
    with pytest.raises(BuildError, match=r"(?i)hash mismatch"):
        build(CORE, local_target(), tmp_path / "built")


def test_every_module_has_bytecode_that_no_time_stamp_makes_stale(tmp_path):
    build(CORE, local_target(), tmp_path)
    python = tmp_path / CORE / "python"
    compiled = list(python.rglob("*.pyc"))
    assert len(compiled) == len(list(python.rglob("*.py")))
    assert {struct.unpack("<I", path.read_bytes()[4:8])[0] for path in compiled} == {UNCHECKED_HASH}
