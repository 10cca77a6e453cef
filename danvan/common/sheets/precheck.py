"""What is asked of an uploaded workbook before anything opens it: cheap, in-process, bounded.

Only the zip directory and the first bytes of each part are read here, so a hostile file costs nothing.
"""

import zipfile
import zlib
from pathlib import Path

MB = 1024 * 1024
MAX_FILE = 20 * MB
MAX_MEMBERS = 200
MAX_UNPACKED = 400 * MB
MAX_STRINGS = 120 * MB
MAX_STYLES = 2 * MB
MAX_RATIO = 100
_HEAD = 4096
_SAVE_AS = "Vui lòng mở tệp bằng Excel và lưu lại dạng “Excel Workbook (*.xlsx)”."
_OTHER_ENDINGS = {
    ".xls": "Tệp .xls là dạng Excel cũ.",
    ".xlsm": "Tệp .xlsm có thể chứa macro nên không được nhận.",
    ".xlsb": "Tệp .xlsb không được nhận.",
    ".ods": "Tệp .ods là dạng của LibreOffice.",
    ".csv": "Tệp .csv không giữ được dấu và số 0 ở đầu mã.",
}
_REQUIRED = ("[Content_Types].xml", "xl/workbook.xml")
_FORBIDDEN = (
    ("vbaproject.bin", "Tệp có chứa macro. Vui lòng lưu lại dạng “Excel Workbook (*.xlsx)”."),
    ("macrosheets/", "Tệp có chứa macro. Vui lòng lưu lại dạng “Excel Workbook (*.xlsx)”."),
    (
        "externallinks/",
        "Tệp có liên kết tới tệp khác. Vui lòng vào Data > Edit Links > Break Link rồi lưu lại.",
    ),
    ("embeddings/", "Tệp có nhúng đối tượng khác. Vui lòng xóa đối tượng nhúng rồi lưu lại."),
    ("activex/", "Tệp có chứa điều khiển ActiveX. Vui lòng xóa rồi lưu lại."),
)


class FileRefused(ValueError):  # noqa: N818 - a sentence for the person, not a programming error
    """Why a file is not taken and what to do about it, in Vietnamese."""


def check_file(path: str | Path, name: str) -> None:
    """Raise FileRefused when the file at `path`, called `name` by its owner, must not be opened."""
    ending = Path(name).suffix.lower()
    if ending != ".xlsx":
        reason = _OTHER_ENDINGS.get(ending, "Chỉ nhận tệp Excel có đuôi .xlsx.")
        raise FileRefused(f"{reason} {_SAVE_AS}")
    try:
        size = Path(path).stat().st_size
    except FileNotFoundError as error:
        raise FileRefused("Tệp không còn trên máy chủ. Vui lòng tải tệp lên lại.") from error
    if size == 0:
        raise FileRefused("Tệp rỗng (0 byte). Vui lòng chọn lại tệp.")
    if size > MAX_FILE:
        raise FileRefused(
            f"Tệp quá lớn (tối đa {MAX_FILE // MB} MB). Vui lòng chia thành nhiều tệp."
        )
    _check_magic(str(path))
    try:
        with zipfile.ZipFile(path) as archive:
            _check_directory(archive.infolist())
            _check_heads(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise FileRefused(f"Tệp bị hỏng hoặc tải lên chưa trọn vẹn. {_SAVE_AS}") from error
    except (ValueError, OverflowError, KeyError, zlib.error) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused(f"Tệp bị hỏng. {_SAVE_AS}") from error


def _check_magic(path: str) -> None:
    with open(path, "rb") as file:
        magic = file.read(8)
    if magic.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(
            "Tệp đang đặt mật khẩu hoặc là tệp .xls cũ đổi đuôi. Vui lòng bỏ mật khẩu "
            "(File > Info > Protect Workbook) rồi lưu lại dạng .xlsx."
        )
    if not magic.startswith(b"PK\x03\x04"):
        raise FileRefused(f"Nội dung tệp không phải là Excel dù có đuôi .xlsx. {_SAVE_AS}")


def _check_directory(members: list[zipfile.ZipInfo]) -> None:
    """Check names, number, sizes and places of the members as the zip directory tells them."""
    names = [member.filename for member in members]
    if len(names) > MAX_MEMBERS:
        raise FileRefused(f"Tệp có quá nhiều thành phần bên trong nên không được nhận. {_SAVE_AS}")
    if len({name.lower() for name in names}) != len(names) or any(map(_is_odd, names)):
        raise FileRefused(f"Cấu trúc bên trong tệp không hợp lệ. {_SAVE_AS}")
    for part in _REQUIRED:
        if part not in names:
            raise FileRefused(f"Tệp không phải là bảng tính Excel. {_SAVE_AS}")
    for name in names:
        for fragment, message in _FORBIDDEN:
            if fragment in name.lower():
                raise FileRefused(message)
    _check_sizes(members)
    _check_places(members)


def _is_odd(name: str) -> bool:
    return name.startswith(("/", "\\")) or ".." in name.split("/") or "\\" in name or ":" in name


def _check_sizes(members: list[zipfile.ZipInfo]) -> None:
    """Python never unpacks more than the declared size, so the declared sizes can be trusted."""
    too_big = f"Nội dung giải nén của tệp lớn bất thường nên không được nhận. {_SAVE_AS}"
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, MB // 10):
        raise FileRefused(too_big)
    for member in members:
        if member.flag_bits & 0x1:
            raise FileRefused("Tệp đang đặt mật khẩu. Vui lòng bỏ mật khẩu rồi lưu lại.")
        name, size = member.filename.lower(), member.file_size
        if size > MB and size > MAX_RATIO * max(member.compress_size, 1):
            raise FileRefused(too_big)
        if name.endswith("styles.xml") and size > MAX_STYLES:
            raise FileRefused(
                "Tệp có quá nhiều kiểu định dạng. Vui lòng chép dữ liệu (dán giá trị) sang tệp mẫu."
            )
        if name.endswith("sharedstrings.xml") and size > MAX_STRINGS:
            raise FileRefused(too_big)


def _check_places(members: list[zipfile.ZipInfo]) -> None:
    """Refuse members that overlap in the file: a bomb with one body and many names."""
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise FileRefused(f"Cấu trúc bên trong tệp không hợp lệ. {_SAVE_AS}")
        end = member.header_offset + 30 + member.compress_size


def _check_heads(archive: zipfile.ZipFile) -> None:
    """Refuse a DOCTYPE: no office program writes one, every XML attack begins with one."""
    for member in archive.infolist():
        if not member.filename.lower().endswith((".xml", ".rels")):
            continue
        with archive.open(member) as part:
            head = part.read(_HEAD).replace(b"\x00", b"").lower()
        if b"<!doctype" in head or b"<!entity" in head:
            raise FileRefused(f"Tệp có nội dung XML không an toàn nên không được nhận. {_SAVE_AS}")
