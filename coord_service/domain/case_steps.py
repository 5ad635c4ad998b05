"""The steps of a case that start and end its statutory clocks, each with the day on which it happened."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from coord_service.domain.children import PlanStatus


class CaseStep(StrEnum):
    """Something that happened in a case, or (a move, a transfer between phases) is going to."""

    ASSESSMENT_REQUESTED = "assessment_requested"
    ASSESSMENT_DECIDED = "assessment_decided"
    ASSESSMENT_REFUSED = "assessment_refused"
    DRAFT_SERVED = "draft_served"
    DRAFT_VIEWS = "draft_views"
    PLAN_REFUSED = "plan_refused"
    PLAN_ISSUED = "plan_issued"
    REVIEWED = "reviewed"
    REVIEW_NOTICE = "review_notice"
    REVIEW_PAPERS = "review_papers"
    REVIEW_HELD = "review_held"
    REVIEW_REPORT = "review_report"
    REVIEW_DECIDED = "review_decided"
    AMENDMENT_NOTICE = "amendment_notice"
    AMENDMENT_VIEWS = "amendment_views"
    AMENDED_PLAN = "amended_plan"
    REASSESSMENT_NOTICE = "reassessment_notice"
    MOVE_KNOWN = "move_known"
    MOVED = "moved"
    PLAN_TRANSFERRED = "plan_transferred"
    TRANSFER_TOLD = "transfer_told"
    PHASE_TRANSFER = "phase_transfer"
    PHASE_TO_POST16 = "phase_to_post16"
    PHASE_BETWEEN_POST16 = "phase_between_post16"


STEP_NAMES = {
    CaseStep.ASSESSMENT_REQUESTED: "Assessment requested",
    CaseStep.ASSESSMENT_DECIDED: "Family told that there will be an assessment",
    CaseStep.ASSESSMENT_REFUSED: "Family told that there will be no assessment",
    CaseStep.DRAFT_SERVED: "Draft plan served",
    CaseStep.DRAFT_VIEWS: "Family’s views on the draft received",
    CaseStep.PLAN_REFUSED: "Family told that there will be no plan",
    CaseStep.PLAN_ISSUED: "Final plan issued",
    CaseStep.REVIEWED: "Last review, or the day the plan was made",
    CaseStep.REVIEW_NOTICE: "Notice of the review meeting given",
    CaseStep.REVIEW_PAPERS: "Papers for the review circulated",
    CaseStep.REVIEW_HELD: "Review meeting held",
    CaseStep.REVIEW_REPORT: "Report of the review sent",
    CaseStep.REVIEW_DECIDED: "Decision after the review sent: no change, or the plan ends",
    CaseStep.AMENDMENT_NOTICE: "Decision after the review sent, with the proposed amendments",
    CaseStep.AMENDMENT_VIEWS: "Family’s views on the amendments received",
    CaseStep.AMENDED_PLAN: "Amended plan issued, or the family told that it stays as it is",
    CaseStep.REASSESSMENT_NOTICE: "Notice of reassessment given",
    CaseStep.MOVE_KNOWN: "We learnt that the child moves away",
    CaseStep.MOVED: "The child moves away",
    CaseStep.PLAN_TRANSFERRED: "Plan passed from one authority to the other",
    CaseStep.TRANSFER_TOLD: "Family told about the transfer",
    CaseStep.PHASE_TRANSFER: "Moves to the next phase of education",
    CaseStep.PHASE_TO_POST16: "Moves from secondary school to post-16",
    CaseStep.PHASE_BETWEEN_POST16: "Moves from one post-16 institution to another",
}

# What may still be to come when it is put on record.
AHEAD = frozenset({CaseStep.MOVED, CaseStep.PHASE_TRANSFER, CaseStep.PHASE_TO_POST16, CaseStep.PHASE_BETWEEN_POST16})

# Where a case stands after a step.
STATUS_AFTER = {
    CaseStep.ASSESSMENT_REQUESTED: PlanStatus.ASSESSMENT,
    CaseStep.ASSESSMENT_REFUSED: PlanStatus.SUPPORT,
    CaseStep.PLAN_REFUSED: PlanStatus.SUPPORT,
    CaseStep.PLAN_ISSUED: PlanStatus.PLAN,
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step and its day in London."""

    what: CaseStep
    on: date
