"""The pictures of the handbook: which page each shows, to whom, and how much of it.

`python -m tests.handbook_pictures` makes them anew from the demonstration data, as static/handbook/<name>.webp.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Screenshot:
    """One picture: of the page at `path`, as `account` of the demonstration sees it.

    `open` is the link to follow from there (its words), `show` the "?" whose sentence is shown, `part` what
    of the page is seen (selectors) in a window so many pixels wide; a wider part is made smaller.
    """

    name: str
    account: str
    path: str
    height: int
    open: str = ""
    show: str = ""
    part: str = "main"
    window: int = 1008
    width: int = 760


PICTURES = {
    picture.name: picture
    for picture in (
        Screenshot("ban-lam-viec", "xa-13369", "/", 420),
        Screenshot(
            "ghi-ho-so", "xa-13369", "/ho-so/hoi-nghi-doi-thoai/ghi-moi/", 440,
            show="summary.ask >> nth=2",
        ),
        Screenshot(
            "nhap-bao-cao", "xa-13369", "/", 330, "Sửa báo cáo", "a.ask >> nth=2",
            part=".dv-entries", window=1200,
        ),
        Screenshot("nhap-tu-excel", "xa-13369", "/nhap-excel/", 380),
        Screenshot("xet-duyet", "huyen-350", "/bao-cao/xet-duyet/", 330, part=".dv-table", window=1200),
        Screenshot("tong-hop", "tinh", "/bao-cao/tong-hop/", 400, window=1366),
        Screenshot("ky-bao-cao", "tinh", "/bao-cao/ky/", 300),
    )
}  # fmt: skip
