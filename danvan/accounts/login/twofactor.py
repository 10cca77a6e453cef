"""The second factor: codes of a phone app (TOTP) and one-time recovery codes, kept by django-otp."""

from __future__ import annotations

import base64
import io
import secrets

import qrcode
import qrcode.image.svg
from django.db import transaction
from django_otp import match_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def confirmed_device(user) -> TOTPDevice | None:
    """Return the phone app `user` has set up, None without one."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def pending_device(user) -> TOTPDevice:
    """Return the app that is being set up: its secret stays the same until a code confirms it."""
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return device or TOTPDevice.objects.create(user=user, name="app", confirmed=False)


def confirm(user, code: str) -> list[str] | None:
    """Confirm the pending app with a code of it; return new recovery codes, None for a wrong code."""
    with transaction.atomic():
        device = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False).first()
        if device is None or not device.verify_token(_digits(code)):
            return None
        device.confirmed = True
        device.save()
        return new_recovery_codes(user)


def new_recovery_codes(user) -> list[str]:
    """Replace the recovery codes of `user`; each works once."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery", confirmed=True)
        StaticToken.objects.bulk_create([StaticToken(device=device, token=code) for code in codes])
    return codes


def codes_left(user) -> int:
    """Return how many recovery codes are unused."""
    return StaticToken.objects.filter(device__user=user).count()


def verify(user, code: str) -> bool:
    """Tell whether `code` is the app's of this moment or an unused recovery code (which is then used)."""
    cleaned = "".join(code.split()).replace("-", "").lower()
    return bool(cleaned) and match_token(user, cleaned) is not None


def remove(user) -> None:
    """Take the second factor away (own page, or a superuser for somebody who lost the phone)."""
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()


def qr_picture(device: TOTPDevice) -> str:
    """Return the code to scan as a data: URL (the policy lets images come from data:)."""
    picture = qrcode.make(
        device.config_url, image_factory=qrcode.image.svg.SvgPathImage, box_size=12
    )
    buffer = io.BytesIO()
    picture.save(buffer)
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode()


def typed_secret(device: TOTPDevice) -> str:
    """Return the secret in groups of four, for people who cannot scan."""
    text = base64.b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _digits(code: str) -> str:
    return "".join(c for c in code if c.isdigit()) or "0"
