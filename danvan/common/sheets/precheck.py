"""What is asked of an uploaded office file before anything opens it: cheap, in-process, bounded.

Only the zip directory and the first bytes of each part are read here, so a hostile file costs nothing.
What a kind of file may be is told by its FileRules; those of workbooks stand here.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MB = 1024 * 1024
MAX_FILE = 20 * MB
MAX_MEMBERS = 200
MAX_STYLES = 2 * MB
MAX_RATIO = 100
_HEAD = 4096


class FileRefused(ValueError):  # noqa: N818 - a sentence for the person, not a programming error
    """Why a file is not taken and what to do about it, in Vietnamese."""


@dataclass(frozen=True)
class FileRules:
    """What a kind of office file may be. `forbidden` are fragments of names of parts with what is said.

    `most` limits single parts by the end of their name: (bytes, what is said).
    """

    ending: str
    program: str
    save_as: str
    other_endings: Mapping[str, str]
    required: tuple[str, ...]
    forbidden: tuple[tuple[str, str], ...]
    most: Mapping[str, tuple[int, str]]
    max_file: int
    too_large: str
    max_unpacked: int

    def check(self, path: str | os.PathLike[str], name: str) -> None:
        """Raise FileRefused when the file at `path`, called `name` by its owner, must not be opened."""
        ending = Path(name).suffix.lower()
        if ending != self.ending:
            usual = f"Chỉ nhận tệp {self.program} có đuôi {self.ending}."
            raise FileRefused(f"{self.other_endings.get(ending, usual)} {self.save_as}")
        try:
            size = Path(path).stat().st_size
        except FileNotFoundError as error:
            raise FileRefused("Tệp không còn trên máy chủ. Vui lòng tải tệp lên lại.") from error
        if size == 0:
            raise FileRefused("Tệp rỗng (0 byte). Vui lòng chọn lại tệp.")
        if size > self.max_file:
            raise FileRefused(f"Tệp quá lớn (tối đa {self.max_file // MB} MB). {self.too_large}")
        self._check_magic(path)
        try:
            with zipfile.ZipFile(path) as archive:
                self._check_directory(archive.infolist())
                self._check_heads(archive)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise FileRefused(f"Tệp bị hỏng hoặc tải lên chưa trọn vẹn. {self.save_as}") from error
        except (ValueError, OverflowError, KeyError, zlib.error) as error:
            if isinstance(error, FileRefused):
                raise
            raise FileRefused(f"Tệp bị hỏng. {self.save_as}") from error

    def _check_magic(self, path: str | os.PathLike[str]) -> None:
        with open(path, "rb") as file:
            magic = file.read(8)
        if magic.startswith(b"\xd0\xcf\x11\xe0"):
            old = next(iter(self.other_endings))
            raise FileRefused(
                f"Tệp đang đặt mật khẩu hoặc là tệp {old} cũ đổi đuôi. Vui lòng bỏ mật khẩu "
                f"(Tệp → Thông tin → Bảo vệ) rồi lưu lại dạng {self.ending}."
            )
        if not magic.startswith(b"PK\x03\x04"):
            raise FileRefused(
                f"Nội dung tệp không phải là {self.program} dù có đuôi {self.ending}. {self.save_as}"
            )

    def _check_directory(self, members: list[zipfile.ZipInfo]) -> None:
        """Check names, number, sizes and places of the members as the zip directory tells them."""
        names = [member.filename for member in members]
        if len(names) > MAX_MEMBERS:
            raise FileRefused(
                f"Tệp có quá nhiều thành phần bên trong nên không được nhận. {self.save_as}"
            )
        if len({name.lower() for name in names}) != len(names) or any(map(_is_odd, names)):
            raise FileRefused(f"Cấu trúc bên trong tệp chưa đúng. {self.save_as}")
        for part in self.required:
            if part not in names:
                raise FileRefused(f"Tệp không phải là tệp {self.program}. {self.save_as}")
        for name in names:
            for fragment, message in self.forbidden:
                if fragment in name.lower():
                    raise FileRefused(message)
        self._check_sizes(members)
        self._check_places(members)

    def _check_sizes(self, members: list[zipfile.ZipInfo]) -> None:
        """Python never unpacks more than the declared size, so the declared sizes can be trusted."""
        too_big = f"Nội dung giải nén của tệp lớn bất thường nên không được nhận. {self.save_as}"
        packed = sum(member.compress_size for member in members)
        unpacked = sum(member.file_size for member in members)
        if unpacked > self.max_unpacked or unpacked > MAX_RATIO * max(packed, MB // 10):
            raise FileRefused(too_big)
        for member in members:
            if member.flag_bits & 0x1:
                raise FileRefused("Tệp đang đặt mật khẩu. Vui lòng bỏ mật khẩu rồi lưu lại.")
            name, size = member.filename.lower(), member.file_size
            if size > MB and size > MAX_RATIO * max(member.compress_size, 1):
                raise FileRefused(too_big)
            for end, (most, message) in self.most.items():
                if name.endswith(end) and size > most:
                    raise FileRefused(message or too_big)

    def _check_places(self, members: list[zipfile.ZipInfo]) -> None:
        """Refuse members that overlap in the file: a bomb with one body and many names."""
        end = 0
        for member in sorted(members, key=lambda member: member.header_offset):
            if member.header_offset < end:
                raise FileRefused(f"Cấu trúc bên trong tệp chưa đúng. {self.save_as}")
            end = member.header_offset + 30 + member.compress_size

    def _check_heads(self, archive: zipfile.ZipFile) -> None:
        """Refuse a DOCTYPE: no office program writes one, every XML attack begins with one."""
        for member in archive.infolist():
            if not member.filename.lower().endswith((".xml", ".rels")):
                continue
            with archive.open(member) as part:
                head = part.read(_HEAD).replace(b"\x00", b"").lower()
            if b"<!doctype" in head or b"<!entity" in head:
                raise FileRefused(
                    f"Tệp có nội dung XML không an toàn nên không được nhận. {self.save_as}"
                )


def _is_odd(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.split("/") or "\\" in name or ":" in name


_SAVE_AS = "Vui lòng mở tệp bằng Excel và lưu lại thành tệp .xlsx."
_MACRO = "Tệp có chứa macro. Vui lòng lưu lại thành tệp .xlsx không có macro."
WORKBOOKS = FileRules(
    ending=".xlsx",
    program="Excel",
    save_as=_SAVE_AS,
    other_endings={
        ".xls": "Tệp .xls là dạng Excel cũ.",
        ".xlsm": "Tệp .xlsm có thể chứa macro nên không được nhận.",
        ".xlsb": "Tệp .xlsb không được nhận.",
        ".ods": "Tệp .ods là dạng của LibreOffice.",
        ".csv": "Tệp .csv không giữ được dấu và số 0 ở đầu mã.",
    },
    required=("[Content_Types].xml", "xl/workbook.xml"),
    forbidden=(
        ("vbaproject.bin", _MACRO),
        ("macrosheets/", _MACRO),
        (
            "externallinks/",
            "Tệp có liên kết tới tệp khác. Vui lòng ngắt các liên kết (thẻ Dữ liệu) rồi lưu lại.",
        ),
        (
            "embeddings/",
            "Tệp có nhúng đối tượng khác. Vui lòng xóa đối tượng nhúng rồi lưu lại.",
        ),
        ("activex/", "Tệp có chứa điều khiển ActiveX. Vui lòng xóa rồi lưu lại."),
    ),
    most={
        "styles.xml": (
            MAX_STYLES,
            "Tệp có quá nhiều kiểu định dạng. Vui lòng chép dữ liệu (dán giá trị) sang tệp mẫu.",
        ),
        "sharedstrings.xml": (120 * MB, ""),
    },
    max_file=MAX_FILE,
    too_large="Vui lòng chia thành nhiều tệp.",
    max_unpacked=400 * MB,
)
