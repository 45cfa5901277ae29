"""The engine for Gaussian samples: the population's spectrum is all that it needs."""
