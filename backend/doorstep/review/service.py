"""What review offers: the queue, one visit, decisions and words to them, entries by hand."""

from doorstep.review.deciding import decide, of_caregiver, say
from doorstep.review.entering import edits, enter
from doorstep.review.one_visit import of as visit
from doorstep.review.waiting import page as queue

__all__ = ["decide", "edits", "enter", "of_caregiver", "queue", "say", "visit"]
