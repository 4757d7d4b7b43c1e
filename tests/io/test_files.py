import gzip
import stat
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mslens.core.errors import ImageError, InputError, OutputError
from mslens.io.files import compress, decompress, read_bytes, read_start, write_atomically


@given(st.binary(max_size=5000))
def test_what_was_compressed_is_read_by_ourselves_and_by_gzip(content: bytes) -> None:
    assert decompress(compress(content), where=Path("x")) == content
    assert gzip.decompress(compress(content)) == content


def test_compressed_bytes_hold_no_time_and_no_name() -> None:
    packed = compress(b"abc")
    assert packed[3] == 0  # no flags: no name, no comment
    assert packed[4:8] == bytes(4)  # no time


def test_several_gzip_members_are_joined() -> None:
    assert decompress(gzip.compress(b"ab") + gzip.compress(b"cd"), where=Path("x")) == b"abcd"


def test_plain_content_is_returned_as_it_is() -> None:
    assert decompress(b"plain", where=Path("x")) == b"plain"


@pytest.mark.parametrize("keep", [1, 12, -20, -4])
def test_a_truncated_stream_is_an_error(keep: int) -> None:
    packed = gzip.compress(bytes(range(256)) * 50)
    with pytest.raises(ImageError, match="truncated or damaged"):
        decompress(packed[: keep if keep < 0 else 2 + keep], where=Path("x"))


def test_a_flipped_bit_is_found_by_the_checksum() -> None:
    packed = bytearray(gzip.compress(bytes(1000)))
    packed[-6] ^= 1
    with pytest.raises(ImageError, match="truncated or damaged"):
        decompress(bytes(packed), where=Path("x"))


def test_the_start_is_read_from_plain_and_gzipped_files(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"0123456789")
    (tmp_path / "packed").write_bytes(gzip.compress(b"0123456789"))
    assert read_start(tmp_path / "plain", 4) == b"0123"
    assert read_start(tmp_path / "packed", 4) == b"0123"


def test_the_start_of_a_damaged_stream_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(gzip.compress(b"0123456789")[:11])
    with pytest.raises(InputError, match="truncated or damaged"):
        read_start(tmp_path / "packed", 4)


def test_reasons_why_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "lfs").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\n")
    (tmp_path / "annex").write_text("/annex/objects/SHA256E-s1--0.nii.gz\n")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    reasons = {
        "none": "no such file",
        "empty": "is empty",
        "lfs": "pointer",
        "annex": "pointer",
        "link": "link to something that is not here",
        "loop": "cannot be read",
        ".": "a folder",
    }
    for name, reason in reasons.items():
        with pytest.raises(InputError, match=reason) as caught:
            read_bytes(tmp_path / name)
        assert caught.value.where == str(tmp_path / name)
        assert str(tmp_path) not in caught.value.what


def test_a_file_without_permission_says_so(run_unprivileged, open_folder: Path) -> None:
    path = open_folder / "secret.nii"
    path.write_bytes(b"x")
    path.chmod(0)
    answer = run_unprivileged(
        "from pathlib import Path\nfrom mslens.io.files import read_bytes\n"
        "from mslens.core.errors import InputError",
        f"try:\n    read_bytes(Path({str(path)!r}))\n"
        "except InputError as error:\n    print(error.what, '|', error.cure)",
    )
    assert answer.startswith("the file may not be read |")
    assert "chmod" in answer


def test_a_folder_without_permission_says_so(run_unprivileged, open_folder: Path) -> None:
    open_folder.chmod(0o555)
    answer = run_unprivileged(
        "from pathlib import Path\nfrom mslens.io.files import write_atomically\n"
        "from mslens.core.errors import OutputError",
        f"try:\n    write_atomically(Path({str(open_folder / 'out' / 'a.txt')!r}), b'x')\n"
        "except OutputError as error:\n    print(error.what)",
    )
    assert answer == "the file cannot be written (Permission denied)"


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.bin"
    path.write_bytes(b"old")
    # A limit on the size of files fails the write as a full disk does.
    code = (
        "import resource\nfrom pathlib import Path\nfrom mslens.io.files import write_atomically\n"
        "from mslens.core.errors import OutputError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"try:\n    write_atomically(Path({str(path)!r}), bytes(5000))\n"
        "except OutputError as error:\n    print(error.what)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "the disk is full"
    assert [p.name for p in tmp_path.iterdir()] == ["out.bin"]
    assert path.read_bytes() == b"old"


def test_a_write_replaces_makes_folders_and_respects_the_umask(tmp_path: Path) -> None:
    path = tmp_path / "ä b" / "out.txt"
    write_atomically(path, "first")
    write_atomically(path, "zweite ü\n")
    assert path.read_text(encoding="utf-8") == "zweite ü\n"
    (tmp_path / "plain").touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    assert [p.name for p in path.parent.iterdir()] == ["out.txt"]


def test_a_file_in_place_of_the_folder_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(OutputError, match="cannot be written"):
        write_atomically(tmp_path / "out" / "a.txt", b"x")


def test_compression_is_worth_it() -> None:
    assert len(compress(bytes(100_000))) < 1000
    assert zlib.decompress(compress(b"abc"), 31) == b"abc"
