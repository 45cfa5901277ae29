"""What a person's two models did: samples of the same seeds, compared seed by seed and cause by cause."""
