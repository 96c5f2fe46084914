"""Files made to harm, and files of the wrong shape: each is refused in one line that names it."""

from __future__ import annotations

import bz2
import io
import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from benchmark_files import write_tfrecords

from otnas.nested import NestingError, parse_json, parse_toml
from otnas.tables import cli
from otnas.tables.readers import analog, nasbench101, nasbench201, nats, restricted_pickle
from otnas.tables.readers.restricted_pickle import PLAIN_DATA, RefusedPickleError
from otnas_fast.formats import check_pickle

DEEP = b")" + b"\x85" * 1_000_000
DEEP_KEY = b"\x80\x02}" + DEEP + b"Ns."
DEEP_DTYPE = b"\x80\x02cnumpy\ndtype\n" + DEEP + b"\x85R."
CHOICE = {"dataset": "cifar10", "epochs": 200, "seeds": "mean"}


def loads(data: bytes) -> object:
    return restricted_pickle.loads(data, PLAIN_DATA, "the file")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (DEEP_KEY, "nested deeper than 64"),
        (DEEP_DTYPE, "nested deeper than 64"),
        (b"\x80\x02]r\xff\xff\xff\x7f.", "memo number larger"),
        (b"\x80\x04\x8e" + (2**40).to_bytes(8, "little") + b"x.", "ends early"),
        (b"\x80\x04\x95" + (2**62).to_bytes(8, "little") + b"N.", "ends early"),
        (b"\x80\x02\x82\x01.", "opcode that plain data does not need"),
        (b"(icollections\nOrderedDict\n.", "opcode that plain data does not need"),
        (b"\x80\x05\x97.", "opcode that plain data does not need"),
        (b"\x80\x02a.", "takes more from the stack"),
        (b"\x80\x02t.", "mark that is not there"),
        (b"\x80\x02h\x07.", "memo number that is not there"),
    ],
)
def test_pickles_that_crash_loaders_are_refused(data: bytes, problem: str) -> None:
    with pytest.raises(RefusedPickleError, match=f"the file.*{problem}"):
        loads(data)


def test_tuples_built_through_the_memo_count_as_deep() -> None:
    step = b"0h\x00\x85q\x00"
    with pytest.raises(ValueError, match="deeper than 64"):
        check_pickle(b"\x80\x02)q\x00" + step * 100 + b".")
    assert check_pickle(b"\x80\x02)q\x00" + step * 60 + b".rest") == 5 + 60 * 6 + 1


@pytest.mark.parametrize("protocol", range(6))
def test_honest_pickles_pass(protocol: int) -> None:
    data = pickle.dumps(
        {"a": [(1, (2.5, "x" * 300)), None, {1, 2}, 2**80], "b": (True, b"y" * 300), (1, 2): -1},
        protocol=protocol,
    )
    assert check_pickle(data) == len(data)


@pytest.mark.parametrize(
    "name", [b"cnumpy.core.multiarray\nscalar\n", b"c_codecs\nencode\n", b"cnumpy\ndtype\n"]
)
@pytest.mark.parametrize(
    "state", [b"}X\x0c\x00\x00\x00__defaults__)sb.", b"N}X\x01\x00\x00\x00xNs\x86b."]
)
def test_a_pickle_cannot_change_its_loader(name: bytes, state: bytes) -> None:
    before = {key: dict(getattr(value, "__dict__", {})) for key, value in PLAIN_DATA.items()}
    with pytest.raises(RefusedPickleError):
        loads(b"\x80\x02" + name + state)
    assert before == {key: dict(getattr(v, "__dict__", {})) for key, v in PLAIN_DATA.items()}


def test_attributes_of_an_ordered_dictionary_are_not_taken_over() -> None:
    data = b"\x80\x02ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsNsb."
    got = loads(data)
    assert isinstance(got, dict)
    assert list(got.items()) == []


def torch_zip(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", data)
    return file.getvalue()


def torch_old(data: bytes) -> bytes:
    magic = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
    return magic + b"\x80\x02M\xe9\x03." + b"\x80\x02}q\x00." + data


@pytest.mark.parametrize("container", [torch_zip, torch_old])
def test_deep_tuples_in_torch_files(tmp_path: Path, container: object) -> None:
    path = tmp_path / "file.pth"
    path.write_bytes(container(DEEP_KEY))  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"file\.pth.*deeper than 64"):
        nasbench201.read(path, **CHOICE)


def test_deep_tuples_in_nats_files(tmp_path: Path) -> None:
    path = tmp_path / "file.pickle.pbz2"
    path.write_bytes(bz2.compress(DEEP_KEY))
    with pytest.raises(ValueError, match=r"file\.pickle.*deeper than 64"):
        nats.read(path, **CHOICE)


def test_what_expands_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pickle.pbz2"
    path.write_bytes(bz2.compress(bytes(2**27)))
    with pytest.raises(ValueError, match=r"bomb.*expected at most 67108864 bytes"):
        nats.read(path, **CHOICE)


@pytest.mark.parametrize(
    "content",
    [
        {"meta_archs": ["x"], "arch2infos": {0: {"200": 3}}},
        {"meta_archs": ["x"], "arch2infos": {0: {1: 2, "x": 3}}},
        {"meta_archs": ["x"], "arch2infos": {True: {}}},
        {"meta_archs": ["x"], "arch2infos": {0: {"200": {"arch_str": "x", "dataset_seed": 5}}}},
        {"meta_archs": ["x"], "arch2infos": []},
        {"meta_archs": "x"},
        [],
        {"meta_archs": ["|a~0|"], "arch2infos": {0: {"full": 3, "200": {"arch_str": "|a~0|"}}}},
    ],
)
def test_pickles_of_other_shapes(tmp_path: Path, content: object) -> None:
    path = tmp_path / "file.pickle.pbz2"
    path.write_bytes(bz2.compress(pickle.dumps(content)))
    with pytest.raises(ValueError, match=r"file\.pickle"):
        nats.read(path, **CHOICE)
    path.write_bytes(torch_zip(pickle.dumps(content)))
    with pytest.raises(ValueError, match=r"file\.pickle"):
        nasbench201.read(path, **CHOICE)
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(ValueError, match=r"file\.pickle"):
        analog.load(path)


@pytest.mark.parametrize(
    "record",
    [
        b'["0", Infinity, "0", "a", ""]',
        b'["0", 108.0, "0", "a", ""]',
        b'["0", true, "0", "a", ""]',
        b'["00000000000000000000000000000000", 108, "0", 5, ""]',
        b'["00000000000000000000000000000000", 108, 7, "input,output", ""]',
        b'[null, 108, "0", "a", "Cg=="]',
        b"[" * 100_000 + b"]" * 100_000,
        b"\xff",
        b"{}",
    ],
)
def test_records_of_other_shapes(tmp_path: Path, record: bytes) -> None:
    path = write_tfrecords(tmp_path / "file.tfrecord", [record])
    with pytest.raises(ValueError, match=r"file\.tfrecord: record 1 is not one of NAS-Bench-101"):
        nasbench101.read(path)


CSV = "arch,error,seconds\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,{error},{seconds}\n"


def import_csv(path: Path, *more: str) -> int:
    path.write_text(CSV.format(error="5", seconds="1"), encoding="utf-8")
    arguments = ["--space", "nasbench201", "--arch", "arch", "--valid", "error"]
    arguments += ["--unit", "percent", "--metric", "error", "--seconds", "seconds"]
    return run_cli(["import", "csv", str(path), *arguments, *more])


def run_cli(arguments: list[str]) -> int:
    import argparse

    parser = argparse.ArgumentParser()
    cli.add_parser(parser.add_subparsers())
    args = parser.parse_args(["table", *arguments])
    return int(args.run(args))


@pytest.mark.usefixtures("data_folder")
def test_an_empty_name_is_no_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_csv(tmp_path / "file.csv", "--name", "") == 1
    assert "name: expected" in capsys.readouterr().err
    assert import_csv(tmp_path / "file.csv", "--name", "mine", "--epochs", "-3") == 1
    assert "epochs: expected an integer >= 1, got -3" in capsys.readouterr().err
    assert import_csv(tmp_path / "file.csv", "--name", "mine") == 0


@pytest.mark.parametrize(
    ("error", "seconds", "problem"),
    [
        ("1_0", "1", "expected a number, got '1_0'"),
        ("\u0661", "1", "expected a number"),
        ("1", "-1", "expected numbers of at least 0, got 1 below; the first is -1 on line 2"),
    ],
)
def test_numbers_that_nobody_writes(tmp_path: Path, error: str, seconds: str, problem: str) -> None:
    from otnas.tables.readers.delimited import Columns, Meaning, read_csv

    path = tmp_path / "file.csv"
    path.write_text(CSV.format(error=error, seconds=seconds), encoding="utf-8")
    columns = Columns("arch", valid="error", seconds="seconds")
    with pytest.raises(ValueError, match=f"file.csv.*{problem}"):
        read_csv(path, "nasbench201", columns, Meaning("percent", "error"), name="mine")


def test_nesting_is_limited() -> None:
    for text in ("[" * 100_000, "[" * 100 + "]" * 100):
        with pytest.raises(NestingError, match="at most 64 levels"):
            parse_json(text)
    with pytest.raises(NestingError, match="at most 64 levels"):
        parse_toml("a = " + "[" * 5000 + "]" * 5000)
    assert parse_json(json.dumps({"a": [1, {"b": None}]})) == {"a": [1, {"b": None}]}
    assert parse_toml("[a]\nb = [1]") == {"a": {"b": [1]}}


def test_who_reads_our_output_may_stop(data_folder: Path) -> None:
    script = "from otnas.cli import main; import sys; sys.exit(main(['table', 'list']))"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait() == 0
