"""`make bench`: ratios in one run, ours against the database's own limit; raw figures beside them."""
