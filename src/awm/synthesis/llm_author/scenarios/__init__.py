"""The first stage: kinds of applications after seeds, as many as are wanted and no two alike."""
