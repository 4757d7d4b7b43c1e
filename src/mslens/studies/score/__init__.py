"""Compare the estimates of a run with what is true of simulated people."""
