"""The people of the account tests: An (commune), Bình (her district), Chi (province), Dung (far)."""

import datetime

from danvan.accounts.models import Role, User
from danvan.units.models import AdministrativeUnit

PASSWORD = "mot cau dai ma toi nho 7"
START = datetime.date(2004, 1, 1)


def make_unit(code, kind, name, level, parent=None, **more):
    return AdministrativeUnit.objects.create(
        code=code, kind=kind, name=name, level=level, parent=parent, valid_from=START, **more
    )


def make_cast() -> dict:
    """Create four units and five people; return them by name."""
    tinh = make_unit("35", "tinh", "Hà Nam", "province")
    huyen = make_unit("349", "thi_xa", "Duy Tiên", "district", tinh)
    khac = make_unit("350", "huyen", "Kim Bảng", "district", tinh)
    xa = make_unit("13369", "xa", "Tiên Sơn", "commune", huyen)
    xa_khac = make_unit("13400", "xa", "Thanh Sơn", "commune", khac)
    people = {
        "an": make_user("xa-13369", xa, Role.CLERK, full_name="Nguyễn Thị An"),
        "binh": make_user("huyen-349", huyen, Role.OFFICER, full_name="Trần Bình"),
        "chi": make_user("tinh", tinh, Role.OFFICER, full_name="Lê Thị Chi"),
        "dung": make_user("xa-13400", xa_khac, Role.CLERK, full_name="Phạm Đình Dũng"),
        "lan": make_user("lanhdao", tinh, Role.VIEWER, full_name="Vũ Lan"),
        "quan": make_user("quantri", None, Role.OFFICER, is_superuser=True),
    }
    return {**people, "tinh": tinh, "huyen": huyen, "xa": xa, "xa_khac": xa_khac, "khac": khac}


def make_user(username, unit, role, **more):
    return User.objects.create_user(username, password=PASSWORD, unit=unit, role=role, **more)
