"""What families offer: consent and links, joining, what happened, what is said. Others find here what they use."""

from doorstep.families.consents import (
    elder_family,
    end_lapsed,
    end_link,
    invite,
    record_consent,
    revoke_invite,
    withdraw_consent,
)
from doorstep.families.feedback import about as feedback_about
from doorstep.families.feedback import answer as answer_feedback
from doorstep.families.feedback import give as give_feedback
from doorstep.families.feedback import page as feedback_page
from doorstep.families.feedback import take_back as take_back_feedback
from doorstep.families.history import days, month
from doorstep.families.history import one as visit
from doorstep.families.joining import leave, me, redeem, set_large_type

__all__ = [
    "answer_feedback",
    "days",
    "elder_family",
    "end_lapsed",
    "end_link",
    "feedback_about",
    "feedback_page",
    "give_feedback",
    "invite",
    "leave",
    "me",
    "month",
    "record_consent",
    "redeem",
    "revoke_invite",
    "set_large_type",
    "take_back_feedback",
    "visit",
    "withdraw_consent",
]
