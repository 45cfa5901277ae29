"""The laws: what n samples make of a covariance, of functions of it, and of the linear denoiser."""
