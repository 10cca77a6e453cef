"""Models of the yearly report: the catalogue, the period, the report with its values and its log.

Imports danvan.accounts, danvan.units and the expressions of catalogue/; no other room of reports.
"""

from reports.models.answering import ReportUnit
from reports.models.catalogue import Catalogue, Section
from reports.models.choices import Aggregation, Severity, ValueType
from reports.models.gathered import GatheredText
from reports.models.headline import HeadlineChoice
from reports.models.indicator import Indicator, Rule
from reports.models.issue import DocumentKind, FileKind, IssuedReport, IssueFile, PublishedIssue
from reports.models.kept import KeptFacts, KeptFile
from reports.models.letterhead import Authority, DocumentStyle, OfficeLetterhead, Spelling
from reports.models.notice import MAIL_KINDS, MailChoice, MailState, NoticeKind, SentReminder
from reports.models.period import DeadlineExtension, PeriodKind, PeriodLog, ReportingPeriod
from reports.models.report import (
    FigureChange,
    Qualifier,
    Remark,
    Report,
    Source,
    State,
    Transition,
    Value,
)
from reports.models.template import TemplateUse, WordTemplate
from reports.models.unit_change import ChangeState, UnitChange
