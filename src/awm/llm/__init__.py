"""Language models: one question in, one typed answer out."""
