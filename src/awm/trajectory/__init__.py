"""The versioned record of what an agent did."""
