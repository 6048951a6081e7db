"""The office looks: the queue, decisions, entries by hand, samples, figures, the register, the trail of all that."""
