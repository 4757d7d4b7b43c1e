"""Size of the core install: a fresh virtual environment, no extras, versions of the lock.

Run: python benchmarks/bench_install.py [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
#: Packages of less than this are summed up.
LEAST_MB = 1.0


def install(folder: Path) -> None:
    """Make a virtual environment and install the core into it."""
    venv.create(folder, with_pip=True)
    command = ["pip", "install", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    constraint = ["-c", str(REPOSITORY / "requirements.lock"), str(REPOSITORY)]
    subprocess.run([folder / "bin" / "python", "-m", *command, *constraint], check=True)


def site_packages(folder: Path) -> Path:
    """Return the folder that packages were installed into."""
    return next(folder.glob("lib/python*/site-packages"))


def size_bytes(paths: Iterator[Path]) -> int:
    """Add up what files take, each rounded up to blocks of 4096 bytes as on disk."""
    return sum(-(-path.lstat().st_size // 4096) * 4096 for path in paths if path.is_file())


def size_by_package(folder: Path) -> dict[str, int]:
    """Return the bytes of every distribution, without the byte code that it makes itself."""
    return {
        f"{found.name} {found.version}": size_bytes(
            Path(str(found.locate_file(file)))
            for file in found.files or ()
            if file.suffix != ".pyc"
        )
        for found in metadata.distributions(path=[str(site_packages(folder))])
    }


def main() -> None:
    """Install, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="use and keep this environment")
    kept = parser.parse_args().keep
    with tempfile.TemporaryDirectory() as temporary:
        folder = kept or Path(temporary) / "venv"
        if not folder.exists():
            install(folder)
        sizes = size_by_package(folder)
        whole = size_bytes(site_packages(folder).rglob("*"))
    print(f"Python {sys.version.split()[0]}, {sys.platform}; sizes on disk in MB")
    large = {name: size for name, size in sizes.items() if size >= LEAST_MB * 1e6}
    for name, size in sorted(large.items(), key=lambda item: -item[1]):
        print(f"{size / 1e6:8.1f}  {name}")
    rest = sum(sizes.values()) - sum(large.values())
    print(f"{rest / 1e6:8.1f}  {len(sizes) - len(large)} others")
    print(f"{sum(sizes.values()) / 1e6:8.1f}  all packages")
    print(f"{whole / 1e6:8.1f}  the environment, with byte code")


if __name__ == "__main__":
    main()
