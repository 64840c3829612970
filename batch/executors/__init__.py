"""Where the work runs: a supervised child on this machine, or a cluster."""
