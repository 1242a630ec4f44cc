"""What it was worth: state diffs, verifier programs, the judge, rewards."""
