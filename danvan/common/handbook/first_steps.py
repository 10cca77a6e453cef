"""Three things to do first, for each chapter's readers: shown once after the first login, kept for later."""

from dataclasses import dataclass
from typing import Any

from danvan.common.handbook.chapters import Passage, book


@dataclass(frozen=True)
class FirstStep:
    """One step: what to do, why, the page it is done on, the passage that tells more."""

    title: str
    text: str
    page: str
    anchor: str

    @property
    def passage(self) -> Passage:
        return book()[self.anchor]


_LOOK = FirstStep(
    "Mở Bàn làm việc",
    "Xem báo cáo đang ở bước nào, hạn nộp và việc nên làm tiếp.",
    "home",
    "ban-lam-viec",
)
_TOTAL = FirstStep(
    "Mở Tổng hợp", "Bấm vào một con số để xem gồm những đơn vị nào.", "reports:consolidation", "tong-hop"
)  # fmt: skip
FIRST_STEPS: dict[str, tuple[FirstStep, FirstStep, FirstStep]] = {
    "can-bo": (
        _LOOK,
        FirstStep(
            "Ghi một việc đã làm", "Ghi thử hội nghị, buổi tiếp dân gần đây; cuối năm hệ thống tự đếm.",
            "records:start", "ghi-ho-so",
        ),
        FirstStep(
            "Mở báo cáo năm", "Lấy số từ hồ sơ, điền số còn lại; bấm “?” khi chưa rõ tính gì.",
            "reports:list", "nhap-bao-cao",
        ),
    ),
    "ban-dan-van": (
        FirstStep(
            "Xem đơn vị nào đã gửi", "Báo cáo đang chờ duyệt xếp lên đầu, số lệch được đánh dấu.",
            "reports:review", "xet-duyet",
        ),
        _TOTAL,
        FirstStep(
            "Nhập chỉ số của cơ quan mình", "Chỉ nhập việc của cấp mình; số của cấp dưới được cộng tự động.",
            "reports:list", "nhap-bao-cao",
        ),
    ),
    "lanh-dao": (
        FirstStep("Mở Bàn làm việc", "Xem các số chính và tiến độ của các đơn vị.", "home", "xem-nhanh"),
        _TOTAL,
        FirstStep(
            "Xem một loại hồ sơ", "Lọc theo đơn vị, thời gian để thấy việc cụ thể phía sau con số.",
            "records:start", "xem-ho-so",
        ),
    ),
    "quan-tri": (
        FirstStep(
            "Bật xác thực hai lớp", "Tài khoản quản trị thay đổi được mọi thứ, nên cần thêm một lớp khóa.",
            "accounts:second_factor", "hai-lop",
        ),
        FirstStep(
            "Xem các tài khoản", "Mỗi người một tài khoản, đúng đơn vị, đúng vai trò.",
            "admin:accounts_user_changelist", "tai-khoan",
        ),
        FirstStep("Xem nhật ký", "Ai đã làm gì, lúc nào.", "accounts:audit", "nhat-ky"),
    ),
}  # fmt: skip


def own_chapter(user: Any) -> str:
    """Return the chapter that is written for `user`."""
    if user.is_superuser:
        return "quan-tri"
    if user.can("review"):
        return "ban-dan-van"
    return "can-bo" if user.can("enter_report") else "lanh-dao"
