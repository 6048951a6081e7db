"""What review offers: the queue, one visit, decisions and words to them, entries by hand, figures, the register."""

from doorstep.review.deciding import decide, of_caregiver, say
from doorstep.review.entering import edits, enter
from doorstep.review.figures import figures, top_codes
from doorstep.review.late import follow as follow_notices
from doorstep.review.one_visit import of as visit
from doorstep.review.register import page as register
from doorstep.review.register import sheet as register_sheet
from doorstep.review.samples import again as redraw_sample
from doorstep.review.samples import draw as draw_sample
from doorstep.review.samples import inspect
from doorstep.review.samples import one as sample
from doorstep.review.samples import page as samples
from doorstep.review.samples import population as sample_population
from doorstep.review.trail import page as audit
from doorstep.review.waiting import page as queue

__all__ = [
    "audit",
    "decide",
    "draw_sample",
    "edits",
    "enter",
    "figures",
    "follow_notices",
    "inspect",
    "of_caregiver",
    "queue",
    "redraw_sample",
    "register",
    "register_sheet",
    "sample",
    "sample_population",
    "samples",
    "say",
    "top_codes",
    "visit",
]
