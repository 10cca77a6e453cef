"""The rows of the app: people, and the trail of what they did. audit/ and login/ write the trail.

Imports scope, rights and the context of audit/.
"""

from danvan.accounts.models.job import Job, WorkState
from danvan.accounts.models.saved_list import SavedList
from danvan.accounts.models.slips import SlipSheet
from danvan.accounts.models.token import ApiToken
from danvan.accounts.models.trail import (
    AuditEntry,
    LoginFailure,
    LoginSession,
    SecurityEvent,
    SecurityKind,
)
from danvan.accounts.models.user import (
    AccountSearchField,
    LastSuperuserError,
    Role,
    ScopedUserManager,
    User,
)
