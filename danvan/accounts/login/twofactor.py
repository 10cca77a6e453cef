"""The second factor: codes of a phone app (TOTP) and one-time recovery codes, kept by django-otp."""

import base64
import io
import secrets

import qrcode
import qrcode.image.svg
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django_otp import match_token
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp.util import random_hex

from danvan.accounts.login.proofs import person_of, proof_of
from danvan.accounts.models import User
from danvan.common.db.locks import locked

RECOVERY_CODES = 10
_PENDING, _PENDING_SECONDS = "pending_app", 600  # key in the session: the app that is being set up
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def confirmed_device(user: User) -> TOTPDevice | None:
    """Return the phone app `user` has set up, None without one."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).first()


def begin(session: SessionBase, user: User) -> None:
    """Let `session`, whose person just gave the password, set up a phone app: a new secret, there alone."""
    session[_PENDING] = {"proof": proof_of(user), "secret": random_hex(20)}


def pending_device(session: SessionBase, user: User) -> TOTPDevice | None:
    """Return the app that `session` is setting up for `user`, unsaved; None when it is to begin (again)."""
    pending = session.get(_PENDING) or {}
    if person_of(pending.get("proof"), _PENDING_SECONDS) != user:
        return None
    return TOTPDevice(user=user, name="app", confirmed=True, key=pending["secret"])


def confirm_code(session: SessionBase, user: User, code: str) -> list[str] | None:
    """Keep the app of `session` if `code` is one of it; return new recovery codes, None for a wrong code."""
    device = pending_device(session, user)
    if device is None:
        return None
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits)
    with transaction.atomic():
        locked(User.objects.filter(pk=user.pk)).get()  # of two sessions one sets it up
        if confirmed_device(user) or not totp.verify(int(_digits(code)), device.tolerance):
            return None
        device.last_t, device.drift = totp.t(), totp.drift  # this code is used
        device.save()
        codes = new_recovery_codes(user)
    del session[_PENDING]
    return codes


def new_recovery_codes(user: User) -> list[str]:
    """Replace the recovery codes of `user`; each works once."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery", confirmed=True)
        StaticToken.objects.bulk_create([StaticToken(device=device, token=code) for code in codes])
    return codes


def codes_left(user: User) -> int:
    return StaticToken.objects.filter(device__user=user).count()


def verify(user: User, code: str) -> bool:
    """Return whether `code` is the app's of this moment or an unused recovery code (which is then used)."""
    cleaned = "".join(code.split()).replace("-", "").lower()
    return bool(cleaned) and match_token(user, cleaned) is not None


def remove(user: User) -> None:
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
    return "".join(c for c in code if c in "0123456789")[:8] or "0"
