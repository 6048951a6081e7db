"""The fleet: simulated phones with every fault we know against the real server; its end must equal the known truth."""
