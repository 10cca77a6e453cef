"""Event records: one file per kind, the shared base, the rules of a row, attachments.

Imports the locks, whose days are answered for, and danvan.accounts; nothing else of records.
"""

from records.models.attachment import Attachment
from records.models.base import EventRecord, RecordQuerySet
from records.models.citizen_reception import CitizenReception
from records.models.democracy_conference import DemocracyConference
from records.models.dialogue_conference import DialogueConference
from records.models.emerging_issue import EmergingIssue, IssueStatus
from records.models.field_guidance import FieldGuidance
from records.models.friendly_government import FriendlyGovAssessment
from records.models.mobilisation_model import Recognition, SkilledMobilisationModel
from records.models.oversight import Oversight
from records.models.study_conference import StudyConference
from records.models.training_course import TrainingCourse
