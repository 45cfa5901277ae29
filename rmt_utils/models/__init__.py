"""Models that are computed, not trained, draws of them with standard errors, and what is measured on samples."""
