"""Which passage of the handbook belongs to which page: what “Hướng dẫn” beside a title leads to."""

from danvan.common.handbook.chapters import Passage, book

# View name → anchor; below it, by the first part of the name, what holds for all other pages of that part.
PASSAGES = {
    "home": "ban-lam-viec",
    "offline": "mat-mang",
    "accounts:audit": "nhat-ky",
    "accounts:bodies": "khoi-truc-thuoc",
    "accounts:body_end": "khoi-truc-thuoc",
    "accounts:security_log": "nhat-ky-bao-mat",
    "accounts:second_factor": "hai-lop",
    "accounts:tokens": "ma-truy-cap",
    "accounts:unit_life": "sap-xep",
    "accounts:units_load": "don-vi",
    "accounts:user_history": "nhat-ky",
    "records:list": "tim-ho-so",
    "records:edit": "sua-ho-so",
    "records:detail": "sua-ho-so",
    "records:delete": "sua-ho-so",
    "records:history": "sua-ho-so",
    "records:guidance": "cau-huong-dan",
    "records:guidance_edit": "cau-huong-dan",
    "reports:guidance": "cau-huong-dan",
    "reports:guidance_section": "cau-huong-dan",
    "reports:take": "lay-so-tu-ho-so",
    "reports:review": "xet-duyet",
    "reports:detail": "xet-duyet",
    "reports:extend": "gia-han",
    "reports:consolidation": "tong-hop",
    "reports:overview": "toan-canh",
    "reports:headlines": "toan-canh",
    "reports:drill": "xem-sau",
    "reports:texts": "loi-van",
    "reports:text_piece": "loi-van",
    "reports:periods": "mo-ky",
    "reports:period": "mo-ky",
    "reports:period_open": "mo-ky",
    "reports:period_split": "quy-doi",
    "reports:period_close": "khoa-ky",
    "reports:catalogues": "danh-muc",
    "reports:catalogue": "danh-muc",
    "reports:catalogue_add": "danh-muc",
    "reports:catalogue_edit": "danh-muc",
    "accounts": "bao-mat",
    "api-guide": "ma-truy-cap",
    "documents": "the-thuc",
    "imports": "nhap-tu-excel",
    "issues": "ban-hanh",
    "ledger": "nhat-ky",
    "notices": "thong-bao",
    "records": "ghi-ho-so",
    "reports": "nhap-bao-cao",
    "restructuring": "sap-xep",
}


def passage_of(view_name: str) -> Passage | None:
    """Return the passage about a page, None where there is none (the handbook itself, Django's admin)."""
    anchor = PASSAGES.get(view_name) or PASSAGES.get(view_name.partition(":")[0])
    return book()[anchor] if anchor else None
