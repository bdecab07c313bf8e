#!/usr/bin/env python3
"""Packs the program of a wheel into dist/, with completions, manual pages, licences and README.

    .ci/archive.py TARGET WHEEL [RUNNER]

RUNNER writes completions and manual pages where the program itself cannot be run, as one for another
machine; they are the same on all. The same files give the same bytes of an archive.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

SHELLS = ("bash", "zsh", "fish", "powershell", "elvish")
DOCUMENTS = ("README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE")


def program_of(wheel: Path) -> tuple[str, bytes]:
    """The name and the bytes of the program in a wheel."""
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            last = name.rsplit("/", 1)[-1]
            if last in ("runner", "runner.exe"):
                return last, packed.read(name)
    sys.exit(f"there is no program in {wheel}")


def contents(wheel: Path, runner: str | None) -> dict[str, bytes]:
    """What an archive holds, by name."""
    name, program = program_of(wheel)
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / name
        own.write_bytes(program)
        own.chmod(0o755)
        ask = runner or str(own)
        files = {name: program}
        for shell in SHELLS:
            files[f"completions/runner.{shell}"] = subprocess.check_output([ask, "completions", shell])
        subprocess.run([ask, "man", "--out", f"{folder}/man"], check=True, stdout=subprocess.DEVNULL)
        for page in sorted(Path(folder, "man").iterdir()):
            files[f"man/{page.name}"] = page.read_bytes()
    for document in DOCUMENTS:
        files[document] = Path(document).read_bytes()
    return files


def moment() -> int:
    """That of the commit, for all files of an archive."""
    set_by_hand = os.environ.get("SOURCE_DATE_EPOCH")
    if set_by_hand:
        return int(set_by_hand)
    return int(subprocess.check_output(["git", "log", "-1", "--format=%ct"]))


def pack_tar(archive: Path, folder: str, files: dict[str, bytes]) -> None:
    """A gzipped tar, which holds no moment and no name of this machine."""
    import gzip

    with open(archive, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name, data in files.items():
                entry = tarfile.TarInfo(f"{folder}/{name}")
                entry.size, entry.mtime = len(data), moment()
                entry.mode = 0o755 if name == "runner" else 0o644
                tar.addfile(entry, io.BytesIO(data))


def pack_zip(archive: Path, folder: str, files: dict[str, bytes]) -> None:
    """A zip, of the same files."""
    import time

    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(
                zipfile.ZipInfo(f"{folder}/{name}", time.gmtime(moment())[:6]), data, zipfile.ZIP_DEFLATED
            )


def main() -> None:
    target, wheel, *runner = sys.argv[1:]
    wheel_path = Path(wheel).resolve()
    ask = str(Path(runner[0]).resolve()) if runner else None
    os.chdir(Path(__file__).parent.parent)
    version = wheel_path.name.split("-")[1]
    folder = f"samebits-{version}-{target}"
    windows = "-windows-" in target
    archive = Path("dist", folder + (".zip" if windows else ".tar.gz"))
    archive.parent.mkdir(exist_ok=True)
    (pack_zip if windows else pack_tar)(archive, folder, contents(wheel_path, ask))
    print(f"{archive}: {archive.stat().st_size} bytes")


main()
