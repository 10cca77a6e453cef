"""How issued passwords are stored: quickly, for they are random and live for days."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class IssuedPasswordHasher(Argon2PasswordHasher):
    """Argon2 at a hundredth of the usual cost, for passwords of 63 random bits that open only their own change.

    A slow hash protects what people choose; these nobody guesses at any speed. A sheet of 500 slips takes
    seconds instead of outlasting the proxy. At the first login Django stores the usual hash instead.
    """

    algorithm = "argon2_issued"
    time_cost, memory_cost, parallelism = 1, 1024, 1
