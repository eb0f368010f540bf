"""Who is at the other end."""

from __future__ import annotations

from monailabel.config import settings
from monailabel.endpoints.user.auth import User


def known(user: User) -> dict[str, str]:
    """What a request's parameters say of who asks, where the server knows; without a login upstream calls everybody admin."""
    return {"user": user.username} if settings.MONAI_LABEL_AUTH_ENABLE else {}
